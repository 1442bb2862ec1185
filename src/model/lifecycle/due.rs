//! What lifecycle rules make of an object's versions and of uploads: pure.
//!
//! Owns: when something is due (s3-behaviour.md 83, 85), and what happens to each version.
//! Not here: which clock `now` is read from (`jobs::lifecycle`: the retention clock), and doing it.

use crate::model::lifecycle::{Expiration, LifecycleConfiguration, Rule};
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;

/// Milliseconds of a real day.
const DAY_MILLIS: u64 = 86_400_000;

/// The length of a day. Only a test setting makes it another than the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayLength {
    millis: u64,
}

impl DayLength {
    /// The real day.
    pub const REAL: Self = Self { millis: DAY_MILLIS };

    /// A day of so many seconds; 0 for the real one.
    pub const fn of_seconds(seconds: u64) -> Self {
        match seconds.checked_mul(1000) {
            Some(millis) if millis > 0 => Self { millis },
            _ => Self::REAL,
        }
    }

    /// So many days after a moment, rounded up to the next midnight UTC. With another day than the
    /// real one midnights come as often as days do.
    pub fn midnight_after(self, from: Timestamp, days: u32) -> Timestamp {
        let days = u64::from(days).saturating_mul(self.millis);
        let midnights = from.millis().saturating_add(days).div_ceil(self.millis);
        Timestamp::from_millis(midnights.saturating_mul(self.millis))
    }
}

/// When a decision is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Now.
    pub now: Timestamp,
    /// How long a day is.
    pub day: DayLength,
}

impl Moment {
    fn has_come(&self, due: Timestamp) -> bool {
        due <= self.now
    }
}

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub struct VersionView<'a> {
    /// Whether it is a delete marker.
    pub is_marker: bool,
    /// When it was written.
    pub last_modified: Timestamp,
    /// Its bytes.
    pub size: u64,
    /// Its tags; empty unless [`KeyRules::needs_tags`].
    pub tags: &'a TagSet,
    /// Whether a lock keeps it from being destroyed.
    pub is_locked: bool,
}

/// What is to happen to a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is the current version and goes out of sight: a delete marker is put on top of it or,
    /// where no versions are kept, it is destroyed.
    Expire,
    /// Nothing.
    Keep,
    /// It would be destroyed, were it not locked.
    Locked,
    /// It is noncurrent and is destroyed.
    Remove,
}

/// The rules in force for one object key.
#[derive(Clone, Debug)]
pub struct KeyRules<'a> {
    rules: Vec<&'a Rule>,
}

impl<'a> KeyRules<'a> {
    /// The rules that are enabled and whose prefixes the object key has.
    pub fn of(configuration: &'a LifecycleConfiguration, object_key: &str) -> Self {
        let is_about = |rule: &&Rule| {
            rule.is_enabled && rule.scope.prefixes().all(|own| object_key.starts_with(own))
        };
        Self {
            rules: configuration.rules().iter().filter(is_about).collect(),
        }
    }

    /// Whether there are none for versions: nothing else need be looked at.
    pub fn is_idle(&self) -> bool {
        let acts = |rule: &&Rule| rule.expiration.is_some() || rule.noncurrent.is_some();
        !self.rules.iter().any(acts)
    }

    /// Whether any of them looks at tags.
    pub fn needs_tags(&self) -> bool {
        let mut rules = self.rules.iter();
        rules.any(|rule| rule.scope.tags().next().is_some())
    }

    /// Whether any of them removes noncurrent versions.
    pub fn removes_noncurrent(&self) -> bool {
        self.rules.iter().any(|rule| rule.noncurrent.is_some())
    }

    /// When an object expires, and the id of the rule that says so: the earliest of all. Only an
    /// object, never a delete marker.
    pub fn expiry(
        &self,
        version: &VersionView<'_>,
        day: DayLength,
    ) -> Option<(Timestamp, &'a str)> {
        let admitting = self.rules.iter().filter(|rule| admits(rule, version));
        let due = |rule: &&'a Rule| {
            let due = expiration_due(rule, version.last_modified, day)?;
            Some((due, rule.id.as_str()))
        };
        // Of two at the same time the first one counts.
        admitting.filter_map(due).min_by_key(|(due, _)| *due)
    }

    /// Whether an upload that was begun then is to be aborted.
    pub fn aborts(&self, initiated: Timestamp, moment: Moment) -> bool {
        let days = self
            .rules
            .iter()
            .filter_map(|rule| rule.abort_incomplete_multipart_days);
        let mut due = days.map(|days| moment.day.midnight_after(initiated, days));
        due.any(|due| moment.has_come(due))
    }

    fn removes_marker(&self, marker: &VersionView<'_>, moment: Moment) -> bool {
        let mut rules = self.rules.iter().filter(|rule| admits(rule, marker));
        rules.any(|rule| match rule.expiration {
            Some(Expiration::ExpiredObjectDeleteMarker(is_removed)) => is_removed,
            Some(Expiration::Date(_) | Expiration::Days(_)) | None => {
                let due = expiration_due(rule, marker.last_modified, moment.day);
                due.is_some_and(|due| moment.has_come(due))
            }
        })
    }

    fn removes_older(&self, version: &VersionView<'_>, since: Since, moment: Moment) -> bool {
        let mut rules = self.rules.iter().filter(|rule| admits(rule, version));
        rules.any(|rule| {
            rule.noncurrent.is_some_and(|own| {
                let due = moment.day.midnight_after(since.noncurrent_since, own.days);
                since.newer_objects >= own.newer_versions.unwrap_or(0) && moment.has_come(due)
            })
        })
    }
}

/// Whether a rule's filter lets a version through. A delete marker has neither size nor tags.
fn admits(rule: &Rule, version: &VersionView<'_>) -> bool {
    let has_tag = |name: &str, value: &str| version.tags.get(name) == Some(value);
    let is_between = |(greater, less): (Option<u64>, Option<u64>)| {
        !version.is_marker
            && greater.is_none_or(|bound| version.size > bound)
            && less.is_none_or(|bound| version.size < bound)
    };
    let mut tags = rule.scope.tags();
    tags.all(|own| !version.is_marker && has_tag(&own.name, &own.value))
        && rule.scope.sizes().all(is_between)
}

fn expiration_due(rule: &Rule, last_modified: Timestamp, day: DayLength) -> Option<Timestamp> {
    match rule.expiration? {
        Expiration::Date(date) => {
            let millis = u64::from(date).saturating_mul(DAY_MILLIS);
            Some(Timestamp::from_millis(millis))
        }
        Expiration::Days(days) => Some(day.midnight_after(last_modified, days)),
        Expiration::ExpiredObjectDeleteMarker(_) => None,
    }
}

/// Where a noncurrent version stands among the others.
#[derive(Clone, Copy, Debug)]
struct Since {
    /// When the next newer version was written.
    noncurrent_since: Timestamp,
    /// Noncurrent objects that are newer. Delete markers do not count: what a rule is to keep are
    /// versions that can be brought back.
    newer_objects: u32,
}

/// Looks at the versions of one object from new to old.
#[derive(Debug)]
pub struct VersionWalk<'a> {
    rules: &'a KeyRules<'a>,
    moment: Moment,
    since: Option<Since>,
    has_due_marker: bool,
    is_older_kept: bool,
}

impl<'a> VersionWalk<'a> {
    /// A walk that has seen no version.
    pub fn new(rules: &'a KeyRules<'a>, moment: Moment) -> Self {
        Self {
            rules,
            moment,
            since: None,
            has_due_marker: false,
            is_older_kept: false,
        }
    }

    /// What is to happen to the next version; the first one is the current version.
    pub fn judge(&mut self, version: &VersionView<'_>) -> Fate {
        let Some(since) = &mut self.since else {
            self.since = Some(Since {
                noncurrent_since: version.last_modified,
                newer_objects: 0,
            });
            return self.judge_current(version);
        };
        let own = *since;
        since.noncurrent_since = version.last_modified;
        since.newer_objects += u32::from(!version.is_marker);
        let is_due = self.rules.removes_older(version, own, self.moment);
        let fate = match (is_due, version.is_locked) {
            (true, false) => Fate::Remove,
            (true, true) => Fate::Locked,
            (false, _) => Fate::Keep,
        };
        self.is_older_kept |= fate != Fate::Remove;
        fate
    }

    fn judge_current(&mut self, version: &VersionView<'_>) -> Fate {
        if version.is_marker {
            self.has_due_marker = self.rules.removes_marker(version, self.moment);
            return Fate::Keep;
        }
        let expiry = self.rules.expiry(version, self.moment.day);
        if expiry.is_some_and(|(due, _)| self.moment.has_come(due)) {
            Fate::Expire
        } else {
            Fate::Keep
        }
    }

    /// Whether the current version is a delete marker that is to go, now that all versions were
    /// seen: nothing is left below it.
    pub fn removes_marker(&self) -> bool {
        self.has_due_marker && !self.is_older_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TAGS: fn() -> TagSet = TagSet::default;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso8601(text).unwrap()
    }

    #[test]
    fn point_83_days_end_at_the_next_midnight() {
        for (from, days, due) in [
            ("2014-01-15T10:30:00Z", 3, "2014-01-19T00:00:00Z"),
            ("2014-01-15T00:00:00Z", 3, "2014-01-18T00:00:00Z"),
            ("2014-01-15T00:00:00.001Z", 1, "2014-01-17T00:00:00Z"),
            ("2012-02-28T23:59:59.999Z", 1, "2012-03-01T00:00:00Z"),
        ] {
            assert_eq!(DayLength::REAL.midnight_after(at(from), days), at(due));
        }
        let short = DayLength::of_seconds(2);
        let due = short.midnight_after(Timestamp::from_millis(10_001), 3);
        assert_eq!(due, Timestamp::from_millis(18_000));
        for none in [0, u64::MAX] {
            assert_eq!(DayLength::of_seconds(none), DayLength::REAL);
        }
        let far = Timestamp::from_millis(u64::MAX);
        assert!(DayLength::REAL.midnight_after(far, u32::MAX) > at("9999-12-31T00:00:00Z"));
    }

    fn configuration(rules: &str) -> LifecycleConfiguration {
        serde_json::from_str(&format!("{{\"rules\":[{rules}]}}")).unwrap()
    }

    fn rule(id: &str, scope: &str, expiration: &str) -> String {
        format!(
            "{{\"id\":\"{id}\",\"is_enabled\":true,\"scope\":{scope},\"expiration\":{expiration},\
             \"noncurrent\":null,\"abort_incomplete_multipart_days\":null}}"
        )
    }

    #[test]
    fn point_83_expiry_is_the_earliest_of_the_rules_that_match() {
        let by_tag = "{\"Filter\":{\"tag\":{\"name\":\"a\",\"value\":\"1\"},\
                      \"size_greater_than\":10}}";
        let rules = [
            rule("days", "{\"Prefix\":\"a/\"}", "{\"Days\":5}"),
            rule("same", "{\"Prefix\":\"\"}", "{\"Days\":5}"),
            rule("date", "{\"Prefix\":\"b/\"}", "{\"Date\":3}"),
            rule("tag", by_tag, "{\"Days\":1}"),
        ]
        .join(",");
        let own = configuration(&rules);
        let tags = TagSet::from_stored(vec![("a".into(), "1".into())]);
        let written = at("1970-01-11T01:00:00Z");
        for (object_key, size, tags, date, id) in [
            ("a/x", 0, NO_TAGS(), "1970-01-17T00:00:00Z", "days"),
            ("c", 11, NO_TAGS(), "1970-01-17T00:00:00Z", "same"),
            ("b/x", 0, NO_TAGS(), "1970-01-04T00:00:00Z", "date"),
            ("c", 10, tags.clone(), "1970-01-17T00:00:00Z", "same"),
            ("c", 11, tags, "1970-01-13T00:00:00Z", "tag"),
        ] {
            let version = VersionView {
                is_marker: false,
                last_modified: written,
                size,
                tags: &tags,
                is_locked: false,
            };
            let rules = KeyRules::of(&own, object_key);
            let expiry = rules.expiry(&version, DayLength::REAL);
            assert_eq!(expiry, Some((at(date), id)), "{object_key} {size}");
        }
    }

    #[test]
    fn point_85_uploads_are_aborted_by_prefix_and_age() {
        let abort = "{\"id\":\"a\",\"is_enabled\":true,\"scope\":{\"Prefix\":\"a/\"},\
                     \"expiration\":null,\"noncurrent\":null,\
                     \"abort_incomplete_multipart_days\":2}";
        let own = configuration(abort);
        let begun = at("1970-01-11T01:00:00Z");
        let moment = |text: &str| Moment {
            now: at(text),
            day: DayLength::REAL,
        };
        let aborts =
            |object_key: &str, now: &str| KeyRules::of(&own, object_key).aborts(begun, moment(now));
        assert!(aborts("a/x", "1970-01-14T00:00:00Z"));
        assert!(!aborts("a/x", "1970-01-13T23:59:59Z"));
        assert!(!aborts("b/x", "1980-01-01T00:00:00Z"));
        let disabled = configuration(&abort.replace("true", "false"));
        let rules = KeyRules::of(&disabled, "a/x");
        assert!(!rules.aborts(begun, moment("1980-01-01T00:00:00Z")));
    }
}
