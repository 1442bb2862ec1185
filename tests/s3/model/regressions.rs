//! Steps that once did something else than the model says, shrunk.
//!
//! Owns: the cases. Not here: running them (`mod`).

use super::replay;
use super::step::Condition::*;
use super::step::Pick::*;
use super::step::Step::*;
use super::step::{Query, Write};

/// Point 39: a condition is about what is there.
#[test]
fn conditional_deletion_of_nothing_makes_no_marker() {
    replay(&[
        CreateBucket { lock: false },
        SetVersioning { enabled: false },
        Delete {
            object: 0,
            pick: Newest,
            bypass: false,
            condition: Some(Present),
        },
    ]);
}

#[test]
fn common_prefix_is_not_listed_for_a_version_that_was_passed() {
    replay(&[
        CreateBucket { lock: false },
        Put {
            object: 2,
            body: 0,
            write: Write::default(),
        },
        ListVersions {
            query: Query {
                prefix: 0,
                delimiter: 1,
                after: 4,
                limit: 1,
            },
            from: Some(Null),
        },
    ]);
}

/// A marker that names a version is about an object, also where its name is a common prefix.
#[test]
fn common_prefix_is_listed_behind_a_version_that_is_gone() {
    replay(&[
        CreateBucket { lock: false },
        SetVersioning { enabled: true },
        DeleteMany {
            entries: vec![(2, Newest)],
            bypass: false,
            quiet: false,
        },
        ListVersions {
            query: Query {
                prefix: 0,
                delimiter: 2,
                after: 3,
                limit: 1,
            },
            from: Some(Null),
        },
    ]);
}
