//! Lifecycle rules. Input: a document.

use riznica::model::lifecycle::due::{DayLength, KeyRules, Moment, VersionView, VersionWalk};
use riznica::model::lifecycle::{LifecycleConfiguration, RULES_MAX};
use riznica::model::tags::TagSet;
use riznica::model::time::Timestamp;
use riznica::s3::xml::lifecycle;

/// 2026-11-23, in milliseconds.
const NOW: u64 = 1_795_392_000_000;

pub fn run(data: &[u8]) {
    let Ok(read) = lifecycle::lifecycle(data) else {
        return;
    };
    assert!((1..=RULES_MAX).contains(&read.rules().len()));
    let written = lifecycle::document(&read);
    assert_eq!(
        lifecycle::lifecycle(written.as_bytes()).as_ref(),
        Ok(&read),
        "{written}"
    );
    let stored = serde_json::to_vec(&read).expect("rules can be stored");
    let loaded: LifecycleConfiguration = serde_json::from_slice(&stored).expect("and loaded");
    assert_eq!(loaded, read);
    decide(&read);
}

/// Rules as they lie in a bucket's row: read from JSON, without what the document's reader judges.
pub(super) fn stored(document: &[u8]) {
    let Ok(loaded) = serde_json::from_slice::<LifecycleConfiguration>(document) else {
        return;
    };
    let stored = serde_json::to_vec(&loaded).expect("rules can be stored");
    let again: LifecycleConfiguration = serde_json::from_slice(&stored).expect("and loaded");
    assert_eq!(again, loaded);
    decide(&loaded);
}

/// Two versions and an upload, at either end of time.
fn decide(configuration: &LifecycleConfiguration) {
    let first = configuration.rules().first();
    let prefix = first.and_then(|rule| rule.scope.prefixes().next());
    let rules = KeyRules::of(configuration, prefix.unwrap_or_default());
    let tags = TagSet::default();
    for (last_modified, seconds) in [(0, 0), (NOW, 2), (u64::MAX, u64::MAX)] {
        let moment = Moment {
            now: Timestamp::from_millis(NOW),
            day: DayLength::of_seconds(seconds),
        };
        let last_modified = Timestamp::from_millis(last_modified);
        let mut walk = VersionWalk::new(&rules, moment);
        for is_marker in [true, false] {
            let view = VersionView {
                is_marker,
                last_modified,
                size: last_modified.millis(),
                tags: &tags,
                is_locked: false,
            };
            walk.judge(&view);
            if let Some((due, _)) = rules.expiry(&view, moment.day) {
                assert!(!due.http_date().is_empty());
            }
        }
        walk.removes_marker();
        rules.aborts(last_modified, moment);
    }
}
