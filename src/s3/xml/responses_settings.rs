//! Answer documents of versioning, Object Lock and tags.

use crate::model::lock::{ObjectLock, Retention, RetentionPeriod};
use crate::model::tags::TagSet;
use crate::model::versioning::Versioning;
use crate::s3::xml::XmlWriter;

/// GetBucketVersioning; a bucket that never kept versions has no status (s3-behaviour.md 55).
pub fn versioning(versioning: Versioning) -> String {
    let mut xml = XmlWriter::new();
    xml.root("VersioningConfiguration");
    xml.optional("Status", versioning.status());
    xml.close("VersioningConfiguration");
    xml.finish()
}

/// GetObjectLockConfiguration.
pub fn object_lock(lock: &ObjectLock) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ObjectLockConfiguration");
    xml.text("ObjectLockEnabled", "Enabled");
    if let Some(default) = lock.default_retention {
        xml.open("Rule");
        xml.open("DefaultRetention");
        xml.text("Mode", default.mode.name());
        match default.period {
            RetentionPeriod::Days(days) => xml.number("Days", days),
            RetentionPeriod::Years(years) => xml.number("Years", years),
        }
        xml.close("DefaultRetention");
        xml.close("Rule");
    }
    xml.close("ObjectLockConfiguration");
    xml.finish()
}

/// GetObjectRetention.
pub fn retention(retention: &Retention) -> String {
    let mut xml = XmlWriter::new();
    xml.root("Retention");
    xml.text("Mode", retention.mode.name());
    xml.text("RetainUntilDate", &retention.retain_until.iso8601_millis());
    xml.close("Retention");
    xml.finish()
}

/// GetObjectLegalHold.
pub fn legal_hold(is_held: bool) -> String {
    let mut xml = XmlWriter::new();
    xml.root("LegalHold");
    xml.text("Status", if is_held { "ON" } else { "OFF" });
    xml.close("LegalHold");
    xml.finish()
}

/// GetObjectTagging and GetBucketTagging.
pub fn tagging(tags: &TagSet) -> String {
    let mut xml = XmlWriter::new();
    xml.root("Tagging");
    xml.open("TagSet");
    for (name, value) in tags.iter() {
        xml.open("Tag");
        xml.text("Key", name);
        xml.text("Value", value);
        xml.close("Tag");
    }
    xml.close("TagSet");
    xml.close("Tagging");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lock::{DefaultRetention, RetentionMode};
    use crate::model::tags::OBJECT_TAGS_MAX;
    use crate::model::time::Timestamp;
    use crate::s3::xml::{lock, tagging as requests};

    #[test]
    fn what_is_told_can_be_sent_back() {
        for state in [Versioning::Enabled, Versioning::Suspended] {
            assert_eq!(lock::versioning(versioning(state).as_bytes()), Ok(state));
        }
        let with = |mode, period| ObjectLock {
            default_retention: Some(DefaultRetention { mode, period }),
        };
        for own in [
            ObjectLock::default(),
            with(RetentionMode::Compliance, RetentionPeriod::Days(36_500)),
            with(RetentionMode::Governance, RetentionPeriod::Years(1)),
        ] {
            assert_eq!(lock::object_lock(object_lock(&own).as_bytes()), Ok(own));
        }
        let own = Retention {
            mode: RetentionMode::Compliance,
            retain_until: Timestamp::from_millis(5_364_662_400_001),
        };
        assert_eq!(lock::retention(retention(&own).as_bytes()), Ok(Some(own)));
        for is_held in [true, false] {
            assert_eq!(
                lock::legal_hold(legal_hold(is_held).as_bytes()),
                Ok(is_held)
            );
        }
        let pairs = vec![
            (" a".to_owned(), "\u{17e}".to_owned()),
            ("b".to_owned(), String::new()),
        ];
        let own = TagSet::new(pairs, OBJECT_TAGS_MAX).unwrap();
        let read = requests::tagging(tagging(&own).as_bytes(), OBJECT_TAGS_MAX);
        assert_eq!(read, Ok(own));
    }

    #[test]
    fn point_55_bucket_that_never_kept_versions_has_no_status() {
        let text = versioning(Versioning::Unversioned);
        assert!(!text.contains("Status"), "{text}");
    }
}
