//! The objects of a run: their keys, sizes and contents, all of which follow from a number.
//!
//! Owns: keys below the run's prefix, requests for single objects. Not here: how a request is
//! signed and sent (`client`).

use crate::base::encoding::uri_encode;
use crate::bench::body::RequestBody;
use crate::bench::client::{Call, Expected};
use crate::bench::plan::Plan;
use crate::bench::random::{GAMMA, mix};
use std::sync::atomic::{AtomicU64, Ordering};

/// Which of a run's objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectNumber {
    /// One that the measured PUTs make.
    Fresh(u64),
    /// One that is prepared.
    Prepared(u64),
}

/// The objects of a run.
#[derive(Debug)]
pub(super) struct Objects {
    plan: Plan,
    /// What stands before every key of the run.
    prefix: String,
    /// Hashes of the ETags that the prepared objects have; zero where none is known.
    etags: Vec<AtomicU64>,
}

impl Objects {
    /// The objects of a plan under a run id.
    pub(super) fn new(plan: Plan, run_id: &str) -> Self {
        let slash = if plan.prefix.is_empty() || plan.prefix.ends_with('/') {
            ""
        } else {
            "/"
        };
        let prefix = format!("{}{slash}{run_id}/", plan.prefix);
        let count = if plan.is_prepared() { plan.objects } else { 0 };
        let etags = (0..count).map(|_| AtomicU64::new(0)).collect();
        Self {
            plan,
            prefix,
            etags,
        }
    }

    /// The plan they follow from.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What stands before every key of the run.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How many are prepared.
    pub(super) fn prepared_count(&self) -> u64 {
        self.etags.len() as u64
    }

    /// The object's key.
    pub(super) fn object_key(&self, number: ObjectNumber) -> String {
        let prefix = &self.prefix;
        match number {
            ObjectNumber::Fresh(number) => format!("{prefix}new/{number:012}"),
            ObjectNumber::Prepared(number) => format!("{prefix}objects/{number:08}"),
        }
    }

    /// The bucket's path.
    pub(super) fn bucket_path(&self) -> String {
        format!("/{}", self.plan.bucket)
    }

    fn path(&self, number: ObjectNumber) -> String {
        format!("/{}/{}", self.plan.bucket, self.object_key(number))
    }

    /// Where the object's contents start.
    fn start(&self, number: ObjectNumber) -> u64 {
        let place = match number {
            ObjectNumber::Fresh(number) => number.wrapping_mul(2).wrapping_add(1),
            ObjectNumber::Prepared(number) => number.wrapping_mul(2),
        };
        // As `random::Sequence` gets there.
        mix(self.plan.seed.wrapping_add(place.wrapping_mul(GAMMA)))
    }

    fn size(&self, number: ObjectNumber) -> u64 {
        self.plan.sizes.pick(mix(self.start(number)))
    }

    /// Remembers what ETag a prepared object has.
    pub(super) fn remember(&self, number: u64, etag: u64) {
        let index = usize::try_from(number).ok();
        if let Some(place) = index.and_then(|index| self.etags.get(index)) {
            place.store(etag, Ordering::Relaxed);
        }
    }

    fn etag(&self, number: u64) -> Option<u64> {
        let etag = self.etags.get(usize::try_from(number).ok()?)?;
        Some(etag.load(Ordering::Relaxed)).filter(|etag| *etag != 0)
    }

    /// PutObject, and its size.
    pub(super) fn put(&self, number: ObjectNumber) -> (Call, u64) {
        let size = self.size(number);
        let mut call = Call::new("PUT", self.path(number), Expected::Stored);
        call.body = RequestBody::content(self.start(number), size);
        (call, size)
    }

    /// GetObject of a prepared object.
    pub(super) fn get(&self, number: u64) -> Call {
        let object = ObjectNumber::Prepared(number);
        let expected = Expected::Content {
            status: 200,
            start: self.start(object),
            offset: 0,
            len: self.size(object),
            etag: self.etag(number),
        };
        Call::new("GET", self.path(object), expected)
    }

    /// GetObject of a range of a prepared object; `offset` takes the object's last possible offset.
    pub(super) fn range(&self, number: u64, offset: impl FnOnce(u64) -> u64) -> Call {
        let object = ObjectNumber::Prepared(number);
        let len = self.plan.range_len;
        let offset = offset(self.size(object).saturating_sub(len));
        let expected = Expected::Content {
            status: 206,
            start: self.start(object),
            offset,
            len,
            etag: self.etag(number),
        };
        let mut call = Call::new("GET", self.path(object), expected);
        let last = offset + len.saturating_sub(1);
        call.headers
            .push(("range", format!("bytes={offset}-{last}")));
        call
    }

    /// HeadObject of a prepared object.
    pub(super) fn head(&self, number: u64) -> Call {
        let etag = self.etag(number);
        self.head_of(ObjectNumber::Prepared(number), etag)
    }

    /// HeadObject; any ETag is right without one.
    pub(super) fn head_of(&self, object: ObjectNumber, etag: Option<u64>) -> Call {
        let expected = Expected::Head {
            len: self.size(object),
            etag,
        };
        Call::new("HEAD", self.path(object), expected)
    }

    /// DeleteObject.
    pub(super) fn delete(&self, number: ObjectNumber) -> Call {
        Call::new("DELETE", self.path(number), Expected::Done)
    }

    /// ListObjectsV2 of prepared objects, beginning with this one.
    pub(super) fn list(&self, from: u64) -> Call {
        let mut call = Call::new("GET", self.bucket_path(), Expected::Document);
        let prefix = uri_encode(format!("{}objects/", self.prefix).as_bytes());
        call.query = format!("list-type=2&prefix={prefix}");
        if let Some(before) = from.checked_sub(1) {
            let object_key = self.object_key(ObjectNumber::Prepared(before));
            let after = uri_encode(object_key.as_bytes());
            call.query.push_str("&start-after=");
            call.query.push_str(&after);
        }
        call
    }

    /// Whether a document is what [`Objects::list`] has to be answered with.
    pub(super) fn is_listing(&self, from: u64, document: &[u8]) -> bool {
        const PAGE: u64 = 1000;
        let left = self.prepared_count().saturating_sub(from);
        let count = |text: &[u8]| memchr::memmem::find_iter(document, text).count() as u64;
        let begins_there = || {
            let first = self.object_key(ObjectNumber::Prepared(from));
            let first = format!("<Key>{first}</Key>");
            let begin = memchr::memmem::find(document, b"<Key>");
            let keys = begin.and_then(|begin| document.get(begin..));
            keys.is_some_and(|keys| keys.starts_with(first.as_bytes()))
        };
        let is_truncated = count(b"<IsTruncated>true</IsTruncated>") == 1;
        count(b"<Key>") == left.min(PAGE)
            && is_truncated == (left > PAGE)
            && (left == 0 || begins_there())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::plan::tests::plan;
    use crate::bench::sizes::{SizeRange, Sizes};
    use std::collections::BTreeSet;

    #[test]
    fn everything_is_below_the_prefix_and_the_run_id() {
        for (given, prefix) in [("a/b", "a/b/77/"), ("a/", "a/77/"), ("", "77/")] {
            let mut plan = plan();
            plan.prefix = given.to_owned();
            let objects = Objects::new(plan, "77");
            assert_eq!(objects.prefix(), prefix);
            let (call, _) = objects.put(ObjectNumber::Fresh(3));
            assert_eq!(call.path, format!("/load/{prefix}new/000000000003"));
            assert_eq!(
                objects.get(3).path,
                format!("/load/{prefix}objects/00000003")
            );
        }
    }

    #[test]
    fn objects_differ_and_come_again_with_the_seed() {
        let objects = Objects::new(plan(), "77");
        let numbers = (0..1000).flat_map(|n| [ObjectNumber::Fresh(n), ObjectNumber::Prepared(n)]);
        let starts: BTreeSet<u64> = numbers.map(|number| objects.start(number)).collect();
        assert_eq!(starts.len(), 2000);
        let again = Objects::new(plan(), "78");
        let first = ObjectNumber::Prepared(0);
        assert_eq!(objects.start(first), again.start(first));
    }

    #[test]
    fn ranges_stay_inside_the_object() {
        let mut plan = plan();
        plan.sizes = Sizes::new(vec![SizeRange::parse("10..20").unwrap()]).unwrap();
        plan.range_len = 10;
        let objects = Objects::new(plan, "77");
        for number in 0..10 {
            let size = objects.size(ObjectNumber::Prepared(number));
            let call = objects.range(number, |last| last);
            let header = &call.headers[0].1;
            assert_eq!(header, &format!("bytes={}-{}", size - 10, size - 1));
        }
    }

    #[test]
    fn listing_has_to_be_the_whole_page() {
        let mut plan = plan();
        plan.objects = 1002;
        let objects = Objects::new(plan, "77");
        let document = |range: std::ops::Range<u64>, is_truncated: bool| {
            let keys = range.map(|number| {
                format!(
                    "<Key>{}</Key>",
                    objects.object_key(ObjectNumber::Prepared(number))
                )
            });
            let keys: String = keys.collect();
            format!("<IsTruncated>{is_truncated}</IsTruncated>{keys}").into_bytes()
        };
        assert!(objects.is_listing(1, &document(1..1001, true)));
        assert!(objects.is_listing(2, &document(2..1002, false)));
        assert!(objects.is_listing(1002, &document(0..0, false)));
        assert!(!objects.is_listing(2, &document(3..1002, false)));
        assert!(!objects.is_listing(2, &document(1..1001, false)));
        assert!(!objects.is_listing(1, &document(1..1001, false)));
    }
}
