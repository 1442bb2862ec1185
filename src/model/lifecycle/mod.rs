//! Lifecycle rules of a bucket (S3 user guide, "Managing the lifecycle of objects").
//!
//! Owns: `LifecycleConfiguration` as its owner gave it, and which ones AWS takes (s3-behaviour.md
//! 81, 82, 84). Its form in JSON is what is stored; a field that this program does not know makes
//! it unreadable, since a condition that is ignored deletes too much.
//! Not here: what is due when (`due`), XML (`s3::xml::lifecycle`), who acts (`jobs::lifecycle`).

pub mod due;
#[cfg(test)]
mod due_tests;

use crate::base::limits::OBJECT_KEY_LEN_MAX;
use crate::model::tags::{InvalidTags, OBJECT_TAGS_MAX, TagSet};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Rules of a bucket at most.
pub const RULES_MAX: usize = 1000;
/// Characters of a rule's id at most.
pub const RULE_ID_LEN_MAX: usize = 255;
/// Noncurrent versions that a rule may keep at most.
pub const NEWER_VERSIONS_MAX: u32 = 100;

/// The rules of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LifecycleConfiguration {
    rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name; empty until one was generated for a rule that came without.
    pub id: String,
    /// Whether it is in force.
    pub is_enabled: bool,
    /// What it is about.
    pub scope: Scope,
    /// When current versions expire.
    pub expiration: Option<Expiration>,
    /// When noncurrent versions are removed.
    pub noncurrent: Option<NoncurrentExpiration>,
    /// Days after which an upload that was not completed is aborted.
    pub abort_incomplete_multipart_days: Option<u32>,
}

/// What a rule is about, as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Scope {
    /// A filter.
    Filter(Filter),
    /// A prefix beside the rule's other elements, the older form.
    Prefix(String),
}

/// A filter. What it names must all hold; one that names nothing is about every object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Beginning of the object key.
    pub prefix: Option<String>,
    /// A tag.
    pub tag: Option<FilterTag>,
    /// The object has more bytes.
    pub size_greater_than: Option<u64>,
    /// The object has fewer bytes.
    pub size_less_than: Option<u64>,
    /// More of them.
    pub and: Option<AndFilter>,
}

/// The conditions of `And`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AndFilter {
    /// Beginning of the object key.
    pub prefix: Option<String>,
    /// Tags.
    pub tags: Vec<FilterTag>,
    /// The object has more bytes.
    pub size_greater_than: Option<u64>,
    /// The object has fewer bytes.
    pub size_less_than: Option<u64>,
}

/// A tag that an object must have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FilterTag {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// When current versions expire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Expiration {
    /// On this day, counted from 1970-01-01.
    Date(u32),
    /// So many days after they were written.
    Days(u32),
    /// Only delete markers with nothing below them are removed.
    ExpiredObjectDeleteMarker(bool),
}

/// When noncurrent versions are removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NoncurrentExpiration {
    /// Days after they became noncurrent.
    pub days: u32,
    /// How many of the newest are kept however old they are.
    pub newer_versions: Option<u32>,
}

/// Why AWS does not take rules; the texts are its own.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidLifecycle {
    /// Uploads have no tags.
    #[error("AbortIncompleteMultipartUpload cannot be specified with Tags.")]
    AbortWithTags,
    /// Uploads have no size.
    #[error("AbortIncompleteMultipartUpload cannot be specified with ObjectSize.")]
    AbortWithSize,
    /// A date with a time of day.
    #[error("'Date' must be at midnight GMT")]
    DateNotMidnight,
    /// One tag twice.
    #[error("Duplicate Tag Keys are not allowed.")]
    DuplicateTag,
    /// Two rules of one id.
    #[error("Rule ID must be unique. Found same ID for one or more rules")]
    IdTaken,
    /// An id that is too long.
    #[error("ID length should not exceed allowed limit of 255")]
    IdTooLong,
    /// Delete markers have no tags.
    #[error("ExpiredObjectDeleteMarker cannot be specified with Tags.")]
    MarkerWithTags,
    /// Delete markers have no size.
    #[error("ExpiredObjectDeleteMarker cannot be specified with ObjectSize.")]
    MarkerWithSize,
    /// A rule that does nothing.
    #[error("At least one action needs to be specified in a rule")]
    NoAction,
    /// A number that must be above zero.
    #[error("'{element}' for {action} action must be a positive integer")]
    NotPositive {
        /// The element.
        element: &'static str,
        /// The action that it belongs to.
        action: &'static str,
    },
    /// A prefix that no object key has.
    #[error("The maximum size of a prefix is 1024.")]
    PrefixTooLong,
    /// Bounds that nothing is between.
    #[error("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.")]
    SizeRange,
    /// Tags that no object has.
    #[error(transparent)]
    Tags(#[from] InvalidTags),
    /// More noncurrent versions to keep than a rule may.
    #[error("'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must not exceed 100")]
    TooManyNewerVersions,
    /// None, or over a thousand.
    #[error("a configuration has 1 to 1000 rules")]
    RuleCount,
}

impl LifecycleConfiguration {
    /// Takes rules that AWS would take.
    ///
    /// # Errors
    /// As [`InvalidLifecycle`] says.
    pub fn new(rules: Vec<Rule>) -> Result<Self, InvalidLifecycle> {
        if rules.is_empty() || rules.len() > RULES_MAX {
            return Err(InvalidLifecycle::RuleCount);
        }
        let mut ids = HashSet::new();
        for rule in &rules {
            rule.judge()?;
            if !rule.id.is_empty() && !ids.insert(rule.id.as_str()) {
                return Err(InvalidLifecycle::IdTaken);
            }
        }
        Ok(Self { rules })
    }

    /// The rules, in the order in which they were given.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Gives every rule without an id the next that `generate` makes.
    ///
    /// # Errors
    /// Those of `generate`.
    pub fn name_rules<E>(
        &mut self,
        mut generate: impl FnMut() -> Result<String, E>,
    ) -> Result<(), E> {
        for rule in &mut self.rules {
            if rule.id.is_empty() {
                rule.id = generate()?;
            }
        }
        Ok(())
    }
}

impl Rule {
    fn judge(&self) -> Result<(), InvalidLifecycle> {
        if self.id.chars().count() > RULE_ID_LEN_MAX {
            return Err(InvalidLifecycle::IdTooLong);
        }
        self.scope.judge()?;
        let noncurrent = "NoncurrentVersionExpiration";
        let numbers = [
            (self.expiration_days(), "Days", "Expiration"),
            (
                self.noncurrent.map(|own| own.days),
                "NoncurrentDays",
                noncurrent,
            ),
            (
                self.noncurrent.and_then(|own| own.newer_versions),
                "NewerNoncurrentVersions",
                noncurrent,
            ),
            (
                self.abort_incomplete_multipart_days,
                "DaysAfterInitiation",
                "AbortIncompleteMultipartUpload",
            ),
        ];
        for (number, element, action) in numbers {
            if number == Some(0) {
                return Err(InvalidLifecycle::NotPositive { element, action });
            }
        }
        let newer_versions = self.noncurrent.and_then(|own| own.newer_versions);
        if newer_versions.is_some_and(|number| number > NEWER_VERSIONS_MAX) {
            return Err(InvalidLifecycle::TooManyNewerVersions);
        }
        self.judge_actions()
    }

    fn judge_actions(&self) -> Result<(), InvalidLifecycle> {
        let (has_tags, has_sizes) = (
            self.scope.tags().next().is_some(),
            self.scope.sizes().next().is_some(),
        );
        let is_about_markers = matches!(
            self.expiration,
            Some(Expiration::ExpiredObjectDeleteMarker(_))
        );
        let aborts = self.abort_incomplete_multipart_days.is_some();
        if self.expiration.is_none() && self.noncurrent.is_none() && !aborts {
            return Err(InvalidLifecycle::NoAction);
        }
        match (has_tags, has_sizes) {
            (true, _) if is_about_markers => Err(InvalidLifecycle::MarkerWithTags),
            (true, _) if aborts => Err(InvalidLifecycle::AbortWithTags),
            (_, true) if is_about_markers => Err(InvalidLifecycle::MarkerWithSize),
            (_, true) if aborts => Err(InvalidLifecycle::AbortWithSize),
            _ => Ok(()),
        }
    }

    fn expiration_days(&self) -> Option<u32> {
        match self.expiration {
            Some(Expiration::Days(days)) => Some(days),
            Some(Expiration::Date(_) | Expiration::ExpiredObjectDeleteMarker(_)) | None => None,
        }
    }
}

impl Scope {
    fn filter(&self) -> Option<&Filter> {
        match self {
            Self::Filter(filter) => Some(filter),
            Self::Prefix(_) => None,
        }
    }

    fn and(&self) -> Option<&AndFilter> {
        self.filter()?.and.as_ref()
    }

    /// Beginnings that an object key must all have.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        let own = match self {
            Self::Filter(filter) => filter.prefix.as_deref(),
            Self::Prefix(prefix) => Some(prefix.as_str()),
        };
        let more = self.and().and_then(|and| and.prefix.as_deref());
        own.into_iter().chain(more)
    }

    /// Tags that an object must all have.
    pub fn tags(&self) -> impl Iterator<Item = &FilterTag> {
        let own = self.filter().and_then(|filter| filter.tag.as_ref());
        let more = self.and().into_iter().flat_map(|and| &and.tags);
        own.into_iter().chain(more)
    }

    /// Bounds that an object's size must all be between, both excluded.
    fn sizes(&self) -> impl Iterator<Item = (Option<u64>, Option<u64>)> {
        let own = self
            .filter()
            .map(|filter| (filter.size_greater_than, filter.size_less_than));
        let more = self
            .and()
            .map(|and| (and.size_greater_than, and.size_less_than));
        let has_bound =
            |(greater, less): &(Option<u64>, Option<u64>)| greater.is_some() || less.is_some();
        own.into_iter().chain(more).filter(has_bound)
    }

    fn judge(&self) -> Result<(), InvalidLifecycle> {
        if self.prefixes().any(|own| own.len() > OBJECT_KEY_LEN_MAX) {
            return Err(InvalidLifecycle::PrefixTooLong);
        }
        for bounds in self.sizes() {
            if let (Some(greater), Some(less)) = bounds
                && less <= greater
            {
                return Err(InvalidLifecycle::SizeRange);
            }
        }
        let pair = |own: &FilterTag| (own.name.clone(), own.value.clone());
        match TagSet::new(self.tags().map(pair).collect(), OBJECT_TAGS_MAX) {
            Err(InvalidTags::Duplicate) => Err(InvalidLifecycle::DuplicateTag),
            Err(source) => Err(source.into()),
            Ok(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Rule {
        Rule {
            id: "one".to_owned(),
            is_enabled: true,
            scope: Scope::Prefix(String::new()),
            expiration: Some(Expiration::Days(1)),
            noncurrent: None,
            abort_incomplete_multipart_days: None,
        }
    }

    fn tag(name: &str) -> FilterTag {
        FilterTag {
            name: name.to_owned(),
            value: String::new(),
        }
    }

    fn filtered(filter: Filter) -> Rule {
        Rule {
            scope: Scope::Filter(filter),
            ..rule()
        }
    }

    fn refusal(rule: Rule) -> Option<InvalidLifecycle> {
        LifecycleConfiguration::new(vec![rule]).err()
    }

    #[test]
    fn point_82_numbers_are_above_zero_and_ids_are_unique() {
        let noncurrent = |days, newer_versions| Rule {
            noncurrent: Some(NoncurrentExpiration {
                days,
                newer_versions,
            }),
            ..rule()
        };
        let named = |id: String| Rule { id, ..rule() };
        let not_positive = |element, action| InvalidLifecycle::NotPositive { element, action };
        let action = "NoncurrentVersionExpiration";
        for (rule, wanted) in [
            (rule(), None),
            (noncurrent(1, Some(100)), None),
            (named("x".repeat(255)), None),
            (named("x".repeat(256)), Some(InvalidLifecycle::IdTooLong)),
            (
                noncurrent(0, None),
                Some(not_positive("NoncurrentDays", action)),
            ),
            (
                noncurrent(1, Some(0)),
                Some(not_positive("NewerNoncurrentVersions", action)),
            ),
            (
                noncurrent(1, Some(101)),
                Some(InvalidLifecycle::TooManyNewerVersions),
            ),
        ] {
            assert_eq!(refusal(rule.clone()), wanted, "{rule:?}");
        }
        let twice = LifecycleConfiguration::new(vec![rule(), rule()]);
        assert_eq!(twice, Err(InvalidLifecycle::IdTaken));
        let unnamed = vec![named(String::new()), named(String::new())];
        assert!(LifecycleConfiguration::new(unnamed).is_ok());
        assert_eq!(
            LifecycleConfiguration::new(Vec::new()),
            Err(InvalidLifecycle::RuleCount)
        );
        let many = |count: usize| (0..count).map(|n| named(n.to_string())).collect();
        assert!(LifecycleConfiguration::new(many(1000)).is_ok());
        assert!(LifecycleConfiguration::new(many(1001)).is_err());
    }

    #[test]
    fn rule_has_an_action_that_its_filter_allows() {
        let idle = Rule {
            expiration: None,
            ..rule()
        };
        assert_eq!(refusal(idle), Some(InvalidLifecycle::NoAction));
        let by_tag = Filter {
            tag: Some(tag("a")),
            ..Filter::default()
        };
        let by_size = Filter {
            and: Some(AndFilter {
                size_less_than: Some(1),
                ..AndFilter::default()
            }),
            ..Filter::default()
        };
        let marker = Some(Expiration::ExpiredObjectDeleteMarker(true));
        for (filter, marker_refusal, abort_refusal) in [
            (
                by_tag,
                InvalidLifecycle::MarkerWithTags,
                InvalidLifecycle::AbortWithTags,
            ),
            (
                by_size,
                InvalidLifecycle::MarkerWithSize,
                InvalidLifecycle::AbortWithSize,
            ),
        ] {
            let own = filtered(filter);
            assert_eq!(refusal(own.clone()), None);
            let removing = Rule {
                expiration: marker,
                ..own.clone()
            };
            assert_eq!(refusal(removing), Some(marker_refusal));
            let aborting = Rule {
                abort_incomplete_multipart_days: Some(1),
                ..own
            };
            assert_eq!(refusal(aborting), Some(abort_refusal));
        }
    }

    #[test]
    fn filter_that_nothing_satisfies_is_refused() {
        let twice = AndFilter {
            tags: vec![tag("a"), tag("b"), tag("a")],
            ..AndFilter::default()
        };
        let long = Filter {
            prefix: Some("x".repeat(1025)),
            ..Filter::default()
        };
        let between = |greater, less| Filter {
            size_greater_than: Some(greater),
            size_less_than: Some(less),
            ..Filter::default()
        };
        let of_tags = Filter {
            and: Some(twice),
            ..Filter::default()
        };
        let unnamed = Filter {
            tag: Some(tag("")),
            ..Filter::default()
        };
        for (filter, wanted) in [
            (of_tags, Some(InvalidLifecycle::DuplicateTag)),
            (long, Some(InvalidLifecycle::PrefixTooLong)),
            (between(5, 5), Some(InvalidLifecycle::SizeRange)),
            (between(5, 6), None),
            (unnamed, Some(InvalidLifecycle::Tags(InvalidTags::Name))),
            (Filter::default(), None),
        ] {
            assert_eq!(refusal(filtered(filter.clone())), wanted, "{filter:?}");
        }
    }

    #[test]
    fn stored_form_is_read_back_and_nothing_unknown_is_ignored() {
        let own = filtered(Filter {
            prefix: Some("a/".to_owned()),
            tag: Some(tag("t")),
            size_greater_than: Some(0),
            size_less_than: Some(u64::MAX),
            and: Some(AndFilter {
                tags: vec![tag("u")],
                ..AndFilter::default()
            }),
        });
        let own = LifecycleConfiguration::new(vec![
            own,
            Rule {
                id: "b".into(),
                ..rule()
            },
        ]);
        let own = own.unwrap();
        let stored = serde_json::to_string(&own).unwrap();
        let read = serde_json::from_str::<LifecycleConfiguration>(&stored);
        assert_eq!(read.unwrap(), own);
        let newer = stored.replacen("\"and\"", "\"storage_class\":\"X\",\"and\"", 1);
        assert!(serde_json::from_str::<LifecycleConfiguration>(&newer).is_err());
    }

    #[test]
    fn rules_without_an_id_get_one() {
        let unnamed = Rule {
            id: String::new(),
            ..rule()
        };
        let mut own = LifecycleConfiguration::new(vec![unnamed.clone(), rule(), unnamed]).unwrap();
        let mut ids = ["x", "y"].into_iter().map(str::to_owned);
        own.name_rules(|| ids.next().ok_or(())).unwrap();
        let ids: Vec<_> = own.rules().iter().map(|own| own.id.as_str()).collect();
        assert_eq!(ids, ["x", "one", "y"]);
    }
}
