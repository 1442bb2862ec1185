//! Random rules over random versions, compared with a reference that looks at every version anew
//! and knows no walk.

use crate::model::lifecycle::due::{DayLength, Fate, KeyRules, Moment, VersionView, VersionWalk};
use crate::model::lifecycle::{
    AndFilter, Expiration, Filter, FilterTag, LifecycleConfiguration, NoncurrentExpiration, Rule,
    Scope,
};
use crate::model::tags::TagSet;
use crate::model::time::Timestamp;
use proptest::prelude::{
    ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

const OBJECT_KEY: &str = "a/b";
/// Milliseconds of the tests' day, so that every edge of it is met.
const DAY: u64 = 1000;
const NOW: u64 = 20_000;

#[derive(Clone, Debug)]
struct Version {
    is_marker: bool,
    written: u64,
    size: u64,
    tag: Option<u8>,
    is_locked: bool,
}

impl Version {
    fn tags(&self) -> TagSet {
        let pair = |tag: u8| ("t".to_owned(), tag.to_string());
        TagSet::from_stored(self.tag.into_iter().map(pair).collect())
    }
}

fn versions() -> impl Strategy<Value = Vec<Version>> {
    let written = prop_oneof![0..NOW + 2 * DAY, (0..22_u64).prop_map(|day| day * DAY)];
    let version = (
        any::<bool>(),
        written,
        0..4_u64,
        any::<Option<bool>>(),
        0..4_u8,
    );
    prop::collection::vec(version, 1..8).prop_map(|drawn| {
        let version =
            |(is_marker, written, size, tag, lock): (bool, u64, u64, Option<bool>, u8)| Version {
                is_marker,
                written,
                size: if is_marker { 0 } else { size },
                tag: tag.filter(|_| !is_marker).map(u8::from),
                is_locked: !is_marker && lock == 0,
            };
        let mut drawn: Vec<_> = drawn.into_iter().map(version).collect();
        drawn.sort_by_key(|own| std::cmp::Reverse(own.written));
        drawn
    })
}

fn prefix() -> impl Strategy<Value = Option<String>> {
    let texts = ["", "a/", "a/b", "b"].map(str::to_owned);
    prop::option::of(prop::sample::select(texts.to_vec()))
}

fn tag() -> impl Strategy<Value = Option<FilterTag>> {
    let tag = |tag: u8| FilterTag {
        name: "t".to_owned(),
        value: tag.to_string(),
    };
    prop::option::weighted(0.3, (0..2_u8).prop_map(tag))
}

fn bound() -> impl Strategy<Value = Option<u64>> {
    prop::option::weighted(0.2, 0..4_u64)
}

fn filter() -> impl Strategy<Value = Filter> {
    let and = (prefix(), tag(), bound(), bound());
    let and = and.prop_map(|(prefix, tag, greater, less)| AndFilter {
        prefix,
        tags: tag.into_iter().collect(),
        size_greater_than: greater,
        size_less_than: less,
    });
    let and = prop::option::weighted(0.3, and);
    let filter = (prefix(), tag(), bound(), bound(), and);
    filter.prop_map(|(prefix, tag, greater, less, and)| Filter {
        prefix,
        tag,
        size_greater_than: greater,
        size_less_than: less,
        and,
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    let expiration = prop_oneof![
        (1..22_u32).prop_map(Expiration::Days),
        (0..2_u32).prop_map(Expiration::Date),
        any::<bool>().prop_map(Expiration::ExpiredObjectDeleteMarker),
    ];
    let noncurrent = (1..22_u32, prop::option::of(1..4_u32));
    let noncurrent = noncurrent.prop_map(|(days, newer_versions)| NoncurrentExpiration {
        days,
        newer_versions,
    });
    let scope = prop_oneof![
        filter().prop_map(Scope::Filter),
        prefix().prop_map(|own| Scope::Prefix(own.unwrap_or_default())),
    ];
    let parts = (
        prop::bool::weighted(0.8),
        scope,
        prop::option::of(expiration),
        prop::option::of(noncurrent),
    );
    parts.prop_map(|(is_enabled, scope, expiration, noncurrent)| Rule {
        id: "r".to_owned(),
        is_enabled,
        scope,
        expiration,
        noncurrent,
        abort_incomplete_multipart_days: None,
    })
}

/// Not through `LifecycleConfiguration::new`: what happens must not depend on what is refused.
fn configuration(rules: &[Rule]) -> LifecycleConfiguration {
    let stored = serde_json::json!({ "rules": rules });
    serde_json::from_value(stored).expect("rules")
}

fn matches(rule: &Rule, version: &Version) -> bool {
    let has = |tag: &FilterTag| version.tag.is_some_and(|own| own.to_string() == tag.value);
    let holds = |prefix: &Option<String>, tags: &[FilterTag], bounds: [Option<u64>; 2]| {
        let [greater, less] = bounds;
        let fits = greater.is_none_or(|bound| version.size > bound)
            && less.is_none_or(|bound| version.size < bound);
        let is_sized = greater.is_some() || less.is_some();
        prefix
            .as_ref()
            .is_none_or(|own| OBJECT_KEY.starts_with(own))
            && tags.iter().all(has)
            && fits
            && !(version.is_marker && is_sized)
    };
    let own = match &rule.scope {
        Scope::Prefix(prefix) => OBJECT_KEY.starts_with(prefix),
        Scope::Filter(filter) => {
            let tags: Vec<_> = filter.tag.clone().into_iter().collect();
            let bounds = [filter.size_greater_than, filter.size_less_than];
            holds(&filter.prefix, &tags, bounds)
                && filter.and.as_ref().is_none_or(|and| {
                    let bounds = [and.size_greater_than, and.size_less_than];
                    holds(&and.prefix, &and.tags, bounds)
                })
        }
    };
    rule.is_enabled && own
}

/// Whether so many days after a time are over, by counting midnights.
fn is_over(from: u64, days: u32) -> bool {
    let end = from + u64::from(days) * DAY;
    let mut midnight = 0;
    while midnight < end {
        midnight += DAY;
    }
    midnight <= NOW
}

fn expires(rule: &Rule, version: &Version) -> bool {
    match rule.expiration {
        Some(Expiration::Days(days)) => is_over(version.written, days),
        // Only the first day of all is in the past of the tests' now.
        Some(Expiration::Date(day)) => day == 0,
        _ => false,
    }
}

fn expected(rules: &[Rule], versions: &[Version]) -> (Vec<Fate>, bool) {
    let mut fates = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let own: Vec<_> = rules.iter().filter(|rule| matches(rule, version)).collect();
        if index == 0 {
            let is_due = !version.is_marker && own.iter().any(|rule| expires(rule, version));
            fates.push(if is_due { Fate::Expire } else { Fate::Keep });
            continue;
        }
        let above = &versions[1..index];
        let kept = above.iter().filter(|above| !above.is_marker).count();
        let is_due = own.iter().filter_map(|rule| rule.noncurrent).any(|rule| {
            is_over(versions[index - 1].written, rule.days)
                && kept >= rule.newer_versions.unwrap_or(0) as usize
        });
        fates.push(match (is_due, version.is_locked) {
            (false, _) => Fate::Keep,
            (true, true) => Fate::Locked,
            (true, false) => Fate::Remove,
        });
    }
    let top = &versions[0];
    let mut own = rules.iter().filter(|rule| matches(rule, top));
    let is_due = own.any(|rule| {
        rule.expiration == Some(Expiration::ExpiredObjectDeleteMarker(true)) || expires(rule, top)
    });
    let is_lone = fates[1..].iter().all(|fate| *fate == Fate::Remove);
    (fates, top.is_marker && is_due && is_lone)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn walk_decides_as_the_reference_does(
        rules in prop::collection::vec(rule(), 1..4),
        versions in versions(),
    ) {
        let configuration = configuration(&rules);
        let own = KeyRules::of(&configuration, OBJECT_KEY);
        let moment = Moment {
            now: Timestamp::from_millis(NOW),
            day: DayLength::of_seconds(DAY / 1000),
        };
        let mut walk = VersionWalk::new(&own, moment);
        let mut fates = Vec::new();
        for version in &versions {
            // Who does not have to look at tags does not.
            let tags = if own.needs_tags() { version.tags() } else { TagSet::default() };
            fates.push(walk.judge(&VersionView {
                is_marker: version.is_marker,
                last_modified: Timestamp::from_millis(version.written),
                size: version.size,
                tags: &tags,
                is_locked: version.is_locked,
            }));
        }
        let (wanted, removes_marker) = expected(&rules, &versions);
        if own.is_idle() {
            prop_assert!(wanted.iter().all(|fate| *fate == Fate::Keep) && !removes_marker);
        }
        prop_assert_eq!(fates, wanted);
        prop_assert_eq!(walk.removes_marker(), removes_marker);
    }

    #[test]
    fn the_newest_versions_of_a_rule_stay(versions in versions(), newer in 1..4_u32) {
        let rule = Rule {
            id: "r".to_owned(),
            is_enabled: true,
            scope: Scope::Filter(Filter::default()),
            expiration: None,
            noncurrent: Some(NoncurrentExpiration { days: 1, newer_versions: Some(newer) }),
            abort_incomplete_multipart_days: None,
        };
        let (fates, _) = expected(std::slice::from_ref(&rule), &versions);
        let noncurrent = versions.iter().zip(fates).skip(1);
        let objects = noncurrent.filter(|(version, _)| !version.is_marker);
        let newest = objects.take(newer as usize);
        prop_assert!(newest.into_iter().all(|(_, fate)| fate == Fate::Keep));
    }
}
