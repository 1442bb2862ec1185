//! What a request is counted as in usage: for whom, as which kind, with how many bytes.
//!
//! Owns: the rule of what counts, counting bytes as they move.
//! Not here: sums (`gateway::traffic`), rates (`gateway::fairness`).
//!
//! A request counts for the owner of the bucket that it is about, whoever asks; without a bucket
//! for its caller's tenant. What is refused with 403 does not count, since nobody should pay for
//! strangers, and neither does what fails with 5xx.

use crate::gateway::BucketRecord;
use crate::model::id::{BucketId, TenantId};
use crate::model::traffic::{RequestKind, Traffic};
use crate::s3::app::S3State;
use crate::s3::operation::Operation;
use actix_http::error::PayloadError;
use actix_http::{BoxedPayloadStream, Payload};
use bytes::Bytes;
use futures::StreamExt;
use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

/// What is known so far of a request.
pub struct Tally {
    state: Arc<S3State>,
    place: Cell<Option<(TenantId, Option<BucketId>)>>,
    kind: Cell<RequestKind>,
    bytes_in: Cell<u64>,
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tally({:?}, {:?})", self.place, self.kind)
    }
}

impl Tally {
    /// Of a request that nothing is known of.
    pub fn new(state: &Arc<S3State>) -> Rc<Self> {
        Rc::new(Self {
            state: Arc::clone(state),
            place: Cell::new(None),
            kind: Cell::new(RequestKind::Other),
            bytes_in: Cell::new(0),
        })
    }

    /// Notes what is asked for.
    pub fn asks(&self, operation: Operation) {
        self.kind.set(kind_of(operation));
    }

    /// Notes who asks.
    pub fn comes_from(&self, tenant: Option<TenantId>) {
        self.place.set(tenant.map(|tenant| (tenant, None)));
    }

    /// Notes the bucket that it is about.
    pub fn is_about(&self, bucket: &BucketRecord) {
        self.place.set(Some((bucket.tenant, Some(bucket.bucket))));
    }

    /// The same body; what is read of it counts.
    pub fn counted(self: &Rc<Self>, payload: Payload) -> Payload {
        if matches!(payload, Payload::None) {
            return payload;
        }
        let tally = Rc::clone(self);
        let counted = payload.inspect(move |arrival: &Result<Bytes, PayloadError>| {
            if let Ok(bytes) = arrival {
                let sum = tally.bytes_in.get().saturating_add(len(bytes));
                tally.bytes_in.set(sum);
            }
        });
        let counted: BoxedPayloadStream = Box::pin(counted);
        Payload::from(counted)
    }

    /// What counts of it, now that its answer is known: `None` for nothing.
    pub fn bill(self: &Rc<Self>, status: u16) -> Option<Bill> {
        let counts = status < 500 && status != 403 && self.place.get().is_some();
        counts.then(|| Bill {
            tally: Rc::clone(self),
            bytes_out: 0,
        })
    }
}

/// Counts a request when it is dropped: when the answer has been sent, or as much as was.
#[derive(Debug)]
pub struct Bill {
    tally: Rc<Tally>,
    bytes_out: u64,
}

impl Bill {
    /// Counts bytes of the answer's body.
    pub fn sent(&mut self, bytes: &Bytes) {
        self.bytes_out = self.bytes_out.saturating_add(len(bytes));
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        let Some((tenant, bucket)) = self.tally.place.get() else {
            return;
        };
        let bytes_in = self.tally.bytes_in.get();
        let traffic = Traffic::of(self.tally.kind.get(), bytes_in, self.bytes_out);
        let gateway = &self.tally.state.gateway;
        gateway.count_traffic(tenant, bucket, traffic);
    }
}

fn len(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// The kind that an operation counts as.
fn kind_of(operation: Operation) -> RequestKind {
    match operation {
        Operation::CompleteMultipartUpload
        | Operation::CopyObject
        | Operation::CreateMultipartUpload
        | Operation::PostObject
        | Operation::PutObject
        | Operation::UploadPart
        | Operation::UploadPartCopy => RequestKind::Put,
        Operation::GetObject | Operation::GetObjectAttributes => RequestKind::Get,
        Operation::HeadBucket | Operation::HeadObject => RequestKind::Head,
        Operation::ListBuckets
        | Operation::ListMultipartUploads
        | Operation::ListObjects
        | Operation::ListObjectsV2
        | Operation::ListObjectVersions
        | Operation::ListParts => RequestKind::List,
        Operation::AbortMultipartUpload
        | Operation::DeleteBucket
        | Operation::DeleteObject
        | Operation::DeleteObjects => RequestKind::Delete,
        _ => RequestKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kind_follows_from_the_operations_name() {
        for operation in Operation::ALL {
            let name = operation.name();
            let kind = kind_of(*operation);
            let settings = ["Acl", "Tagging", "Legal", "Retention", "Lock", "Bucket"];
            let is_setting = settings.iter().any(|own| name.contains(own));
            let expected = if name.starts_with("Head") {
                RequestKind::Head
            } else if name.starts_with("List") {
                RequestKind::List
            } else if name.starts_with("Abort") || name == "DeleteBucket" {
                RequestKind::Delete
            } else if is_setting || name.contains("Public") {
                RequestKind::Other
            } else if name.starts_with("Delete") {
                RequestKind::Delete
            } else if name.starts_with("Get") {
                RequestKind::Get
            } else {
                RequestKind::Put
            };
            assert_eq!(kind, expected, "{name}");
        }
    }
}
