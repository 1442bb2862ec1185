//! How the life of a bucket is drawn.
//!
//! Owns: how often each step comes. Not here: the steps (`step`).

use super::step::{Condition, DELIMITERS, Day, Mode, NAMES, OBJECTS, Pick, Query, Step, Write};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn object() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0_usize), 4 => Just(1_usize), 2 => 0..OBJECTS.len()]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        6 => Just(Pick::Newest),
        3 => Just(Pick::Null),
        8 => (0_usize..5).prop_map(Pick::Own),
        2 => (0_usize..4).prop_map(Pick::Any),
        1 => Just(Pick::Never),
        1 => Just(Pick::Malformed),
    ]
}

fn mode() -> impl Strategy<Value = Mode> {
    select(vec![Mode::Governance, Mode::Governance, Mode::Compliance])
}

fn retention() -> impl Strategy<Value = (Mode, Day)> {
    (mode(), prop_oneof![1 => Just(0_u8), 12 => 1_u8..4])
}

fn condition() -> impl Strategy<Value = Condition> {
    select(vec![
        Condition::Absent,
        Condition::Present,
        Condition::Same,
        Condition::Other,
    ])
}

/// On deletions `If-None-Match` is not implemented.
fn delete_condition() -> impl Strategy<Value = Condition> {
    select(vec![Condition::Present, Condition::Same, Condition::Other])
}

fn write() -> impl Strategy<Value = Write> {
    (
        option::weighted(0.1, retention()),
        option::weighted(0.1, any::<bool>()),
        0_u8..4,
        option::weighted(0.15, condition()),
    )
        .prop_map(|(retention, hold, tags, condition)| Write {
            retention,
            hold,
            tags,
            condition,
        })
}

fn body() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0_usize), 20 => 1_usize..5, 1 => Just(5_usize)]
}

/// Every part but the last has at least 5 MiB: now and then one does.
fn part_body() -> impl Strategy<Value = usize> {
    prop_oneof![20 => 0_usize..6, 1 => Just(6_usize)]
}

fn query() -> impl Strategy<Value = Query> {
    (
        0..NAMES.len(),
        0..DELIMITERS.len(),
        prop_oneof![2 => Just(0_usize), 1 => 0..NAMES.len()],
        1_usize..6,
    )
        .prop_map(|(prefix, delimiter, after, limit)| Query {
            prefix,
            delimiter,
            after,
            limit,
        })
}

fn of_buckets() -> impl Strategy<Value = Step> {
    let default = option::weighted(0.6, (mode(), 1_u32..4));
    prop_oneof![
        1 => any::<bool>().prop_map(|lock| Step::CreateBucket { lock }),
        1 => Just(Step::DeleteBucket),
        8 => any::<bool>().prop_map(|enabled| Step::SetVersioning { enabled }),
        1 => Just(Step::GetVersioning),
        2 => default.prop_map(|default| Step::SetLock { default }),
        1 => Just(Step::GetLock),
    ]
}

fn of_objects() -> impl Strategy<Value = Step> {
    let delete = (
        object(),
        pick(),
        any::<bool>(),
        option::weighted(0.15, delete_condition()),
    );
    let entries = vec((object(), pick()), 1..5);
    let copy = (
        (object(), pick()),
        object(),
        option::of(0_u8..3),
        any::<bool>(),
        write(),
    );
    prop_oneof![
        10 => (object(), body(), write())
            .prop_map(|(object, body, write)| Step::Put { object, body, write }),
        5 => (object(), pick(), any::<bool>())
            .prop_map(|(object, pick, head)| Step::Read { object, pick, head }),
        10 => delete.prop_map(|(object, pick, bypass, condition)| {
            Step::Delete { object, pick, bypass, condition }
        }),
        2 => (entries, any::<bool>(), any::<bool>())
            .prop_map(|(entries, bypass, quiet)| Step::DeleteMany { entries, bypass, quiet }),
        5 => copy.prop_map(|(from, to, metadata, new_tags, write)| {
            Step::Copy { from, to, metadata, new_tags, write }
        }),
    ]
}

fn of_uploads() -> impl Strategy<Value = Step> {
    let upload = || 0_usize..3;
    let some = vec(1_u16..4, 1..4).prop_map(|mut parts| {
        parts.sort_unstable();
        parts
    });
    let parts = prop_oneof![3 => Just(Vec::new()), 1 => some];
    let complete = (
        upload(),
        parts,
        proptest::bool::weighted(0.1),
        option::weighted(0.15, condition()),
    );
    prop_oneof![
        2 => (object(), write()).prop_map(|(object, write)| Step::CreateUpload { object, write }),
        4 => (upload(), 1_u16..4, part_body())
            .prop_map(|(upload, number, body)| Step::UploadPart { upload, number, body }),
        3 => complete.prop_map(|(upload, parts, wrong, condition)| {
            Step::Complete { upload, parts, wrong, condition }
        }),
        1 => upload().prop_map(|upload| Step::Abort { upload }),
    ]
}

fn of_versions() -> impl Strategy<Value = Step> {
    let set = (
        object(),
        pick(),
        option::weighted(0.85, retention()),
        any::<bool>(),
    );
    prop_oneof![
        4 => set.prop_map(|(object, pick, retention, bypass)| {
            Step::SetRetention { object, pick, retention, bypass }
        }),
        1 => (object(), pick()).prop_map(|(object, pick)| Step::GetRetention { object, pick }),
        2 => (object(), pick(), any::<bool>())
            .prop_map(|(object, pick, hold)| Step::SetHold { object, pick, hold }),
        1 => (object(), pick()).prop_map(|(object, pick)| Step::GetHold { object, pick }),
        2 => (object(), pick(), 0_u8..4)
            .prop_map(|(object, pick, tags)| Step::SetTags { object, pick, tags }),
        1 => (object(), pick()).prop_map(|(object, pick)| Step::GetTags { object, pick }),
        1 => (object(), pick()).prop_map(|(object, pick)| Step::DeleteTags { object, pick }),
    ]
}

fn of_listings() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (query(), option::of(pick()))
            .prop_map(|(query, from)| Step::ListVersions { query, from }),
        1 => query().prop_map(|query| Step::ListObjects { query }),
    ]
}

/// The life of a bucket. It begins with versions more often than without, and with Object Lock now
/// and then.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let beginning = prop_oneof![
        1 => Just(vec![Step::CreateBucket { lock: false }]),
        2 => Just(vec![
            Step::CreateBucket { lock: false },
            Step::SetVersioning { enabled: true },
        ]),
        1 => Just(vec![Step::CreateBucket { lock: true }]),
    ];
    let step = prop_oneof![
        3 => of_buckets(),
        28 => of_objects(),
        6 => of_uploads(),
        8 => of_versions(),
        4 => of_listings(),
    ];
    (beginning, vec(step, 1..160)).prop_map(|(beginning, rest)| [beginning, rest].concat())
}
