//! A bucket of the reference model: plain lists of versions.
//!
//! Owns: versions, their order and their locks; what a client is told of a version. Not here: the
//! operations (`state`).

use super::step::{Condition, Mode, OBJECTS, Pick};
use md5::{Digest, Md5};
use std::sync::{Arc, LazyLock};

/// The body of a part that need not be the last.
pub(crate) const LARGE: usize = 6;

/// Bytes that are uploaded, and what is known of them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Their MD5.
    pub(crate) md5: [u8; 16],
    /// Their SHA-256, in hexadecimal.
    pub(crate) sha256: String,
}

impl Body {
    /// Takes the digests.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self {
            md5: Md5::digest(&bytes).into(),
            sha256: crate::raw::sha256_hex(&bytes),
            bytes,
        }
    }
}

/// The bodies that steps name: nothing, a few bytes, more than one segment, a large part.
static BODIES: LazyLock<Vec<Arc<Body>>> = LazyLock::new(|| {
    let lens = [0, 1, 2, 3, 40, 100_000, 5 * 1024 * 1024];
    let of = |(seed, len): (u8, usize)| Arc::new(Body::new(vec![b'0' + seed; len]));
    (0_u8..).zip(lens).map(of).collect()
});

/// A body by its number.
pub(crate) fn body(number: usize) -> Arc<Body> {
    Arc::clone(&BODIES[number])
}

/// Tags by their number.
pub(crate) fn tags(number: u8) -> Vec<(String, String)> {
    let pair = |n: u8| (format!("tag{n}"), format!("of {number}"));
    (0..number).map(pair).collect()
}

/// A version's id: `null`, or one that the server made and only it knows, by the order of making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Null,
    Made(usize),
    /// An id that looks like one and that nobody made.
    Never,
}

/// What a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selector {
    Newest,
    Version(Name),
    Malformed,
}

/// A retention. The time is in milliseconds of Unix time.
pub(crate) type Retention = (Mode, u64);

/// Milliseconds of a day.
pub(crate) const DAY_MILLIS: u64 = 86_400_000;
/// Milliseconds of 2099-12-31.
const DAY_ZERO: u64 = 4_102_358_400_000;

/// The time of a day of steps.
pub(crate) fn day_millis(day: u8) -> u64 {
    match day {
        // Long over.
        0 => 1_577_836_800_000,
        day => DAY_ZERO + u64::from(day) * DAY_MILLIS,
    }
}

/// What an object or a marker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) name: Name,
    /// Place in time among all versions of the bucket.
    pub(crate) order: usize,
    pub(crate) is_marker: bool,
    pub(crate) body: Arc<Body>,
    pub(crate) etag: String,
    pub(crate) tags: u8,
    pub(crate) metadata: Option<u8>,
    pub(crate) retention: Option<Retention>,
    pub(crate) hold: bool,
}

impl Version {
    /// Whether it may be destroyed. No retention of the model ends while a test runs.
    pub(crate) fn may_go(&self, bypass: bool) -> bool {
        let is_retained = match self.retention {
            None => false,
            Some((Mode::Compliance, _)) => true,
            Some((Mode::Governance, _)) => !bypass,
        };
        !is_retained && !self.hold
    }

    /// Whether its retention may become another.
    pub(crate) fn may_become(&self, new: Option<Retention>, bypass: bool) -> bool {
        match (self.retention, new) {
            (None, _) => true,
            (Some((mode, until)), Some((new_mode, new_until)))
                if mode == new_mode && new_until >= until =>
            {
                true
            }
            (Some((mode, _)), _) => mode == Mode::Governance && bypass,
        }
    }
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Versioning {
    #[default]
    Unversioned,
    Enabled,
    Suspended,
}

/// A bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) versioning: Versioning,
    /// Object Lock, with its default retention: mode and days.
    #[expect(
        clippy::option_option,
        reason = "a lock without a default retention is one"
    )]
    pub(crate) lock: Option<Option<(Mode, u32)>>,
    /// Versions of each object, the newest last.
    pub(crate) objects: [Vec<Version>; OBJECTS.len()],
}

impl Bucket {
    /// Whether answers name versions.
    pub(crate) fn tells(&self) -> bool {
        self.versioning != Versioning::Unversioned
    }

    /// The newest version, unless it is a marker.
    pub(crate) fn newest(&self, object: usize) -> Option<&Version> {
        self.objects[object].last().filter(|own| !own.is_marker)
    }

    /// Whether a condition of a write holds; `None` when it is about an object that is not there.
    pub(crate) fn holds(&self, object: usize, condition: Option<Condition>) -> Option<bool> {
        let is_there = self.newest(object).is_some();
        match condition {
            None => Some(true),
            Some(Condition::Absent) => Some(!is_there),
            Some(Condition::Present | Condition::Same) => is_there.then_some(true),
            Some(Condition::Other) => is_there.then_some(false),
        }
    }

    /// Bytes and number of all versions and markers.
    pub(crate) fn usage(&self) -> (usize, usize) {
        let versions = self.objects.iter().flatten();
        let bytes = versions.clone().map(|own| own.body.bytes.len()).sum();
        (bytes, versions.count())
    }

    /// The place of a version in its object's list.
    pub(crate) fn place(&self, object: usize, selector: Selector) -> Option<usize> {
        let versions = &self.objects[object];
        match selector {
            Selector::Newest => versions.len().checked_sub(1),
            Selector::Version(name) => versions.iter().position(|own| own.name == name),
            Selector::Malformed => None,
        }
    }
}

/// A version that got an id of its own, whatever became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    /// Its object.
    pub(crate) object: usize,
    /// Its place in time.
    pub(crate) order: usize,
}

/// Which id a step means.
pub(crate) fn select(made: &[Made], object: usize, pick: Pick) -> Selector {
    let mut own = made.iter().enumerate().rev();
    let found = match pick {
        Pick::Newest => return Selector::Newest,
        Pick::Null => return Selector::Version(Name::Null),
        Pick::Malformed => return Selector::Malformed,
        Pick::Never => None,
        Pick::Any(n) => own.nth(n),
        Pick::Own(n) => own.filter(|(_, own)| own.object == object).nth(n),
    };
    let name = found.map_or(Name::Never, |(number, _)| Name::Made(number));
    Selector::Version(name)
}
