//! GetObjectAttributes.
//!
//! Owns: a page of a multipart object's parts.
//! Not here: which attributes the client asked for (`s3`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::objects::ObjectRecord;
use crate::catalog::parts::PartEntry;
use crate::gateway::decision::require;
use crate::gateway::error::GatewayError;
use crate::gateway::object::version::told_version;
use crate::gateway::{Gateway, spend_on};
use crate::iam::{Action, Permit};
use crate::model::object_key::ObjectKey;
use crate::model::versioning::VersionSelector;

/// An object with a page of its parts.
#[derive(Debug)]
pub struct ObjectAttributes {
    /// The record.
    pub record: ObjectRecord,
    /// Its parts; `None` for an object that came in one piece.
    pub parts: Option<PartsOfObject>,
    /// The version as answers name it; `None` in a bucket that never kept versions.
    pub version: Option<VersionSelector>,
}

/// A page of the parts of a finished object.
#[derive(Debug)]
pub struct PartsOfObject {
    /// The parts of this page, by number.
    pub parts: Vec<PartEntry>,
    /// All parts.
    pub count: usize,
    /// Whether there are more behind this page.
    pub is_truncated: bool,
}

impl Gateway {
    /// Describes an object and the parts numbered above `after`, `limit` of them at most.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `DeleteMarker`; corrupt rows.
    pub async fn object_attributes(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        (object_key, selector): (&ObjectKey, Option<VersionSelector>),
        (after, limit): (u16, usize),
    ) -> Result<ObjectAttributes, GatewayError> {
        let action = Action::GetObjectAttributes;
        let action = selector.map_or(action, |_| action.on_version());
        let sight = spend_on(permit, action, bucket)?;
        let located = self.locate(bucket, object_key, selector).await?;
        require(sight, located.record.plain.version)?;
        let version = told_version(bucket, &located.record.plain);
        let parts = located.part_table.map(|table| {
            let count = table.parts.len();
            let mut parts = table.parts;
            parts.retain(|part| part.part_number.get() > after);
            let is_truncated = limit > 0 && parts.len() > limit;
            parts.truncate(limit);
            PartsOfObject {
                parts,
                count,
                is_truncated,
            }
        });
        Ok(ObjectAttributes {
            record: located.record,
            parts,
            version,
        })
    }
}
