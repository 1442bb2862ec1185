//! What clients do, in terms of the model: few objects, few bodies, few dates, so that they meet.
//!
//! Owns: `Step` and its words. Not here: how steps are drawn (`strategy`), what a step does
//! (`state`), what it looks like on the wire (`request`).
//!
//! Steps that fail are printed as the Rust that makes them, for `regressions`.

/// The objects of a bucket. `0` follows the slash.
pub(crate) const OBJECTS: [&str; 5] = ["a", "a/b", "a/b/c", "a0", "b"];
/// Prefixes and markers of listings, of objects and of none.
pub(crate) const NAMES: [&str; 8] = ["", "a", "a/", "a/b", "a/b/c", "a/c", "b", "c"];
/// Delimiters of listings.
pub(crate) const DELIMITERS: [&str; 3] = ["", "/", "b"];

/// A version of an object as a client names it. Numbers count from the version that was made last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pick {
    /// No `versionId`: the newest.
    Newest,
    /// `null`
    Null,
    /// One that was made of this object, and may be gone.
    Own(usize),
    /// One that was made of any object.
    Any(usize),
    /// One that nobody ever made.
    Never,
    /// No version id at all.
    Malformed,
}

/// Retention modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// COMPLIANCE
    Compliance,
    /// GOVERNANCE
    Governance,
}

impl Mode {
    /// Its name in headers and documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Compliance => "COMPLIANCE",
            Self::Governance => "GOVERNANCE",
        }
    }
}

/// The day on which a retention ends: days after 2099-12-31; 0 is long over.
pub(crate) type Day = u8;

/// A condition of a write or a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match` with the ETag of the newest version.
    Same,
    /// `If-Match` with the ETag of another object.
    Other,
}

/// What a write says beside its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Write {
    /// Retention.
    pub(crate) retention: Option<(Mode, Day)>,
    /// Legal hold.
    pub(crate) hold: Option<bool>,
    /// Tags; 0 is none.
    pub(crate) tags: u8,
    /// Condition.
    pub(crate) condition: Option<Condition>,
}

/// One request, or a listing paged through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    CreateBucket {
        lock: bool,
    },
    DeleteBucket,
    SetVersioning {
        enabled: bool,
    },
    GetVersioning,
    SetLock {
        default: Option<(Mode, u32)>,
    },
    GetLock,
    Put {
        object: usize,
        body: usize,
        write: Write,
    },
    Read {
        object: usize,
        pick: Pick,
        head: bool,
    },
    Delete {
        object: usize,
        pick: Pick,
        bypass: bool,
        condition: Option<Condition>,
    },
    DeleteMany {
        entries: Vec<(usize, Pick)>,
        bypass: bool,
        quiet: bool,
    },
    Copy {
        from: (usize, Pick),
        to: usize,
        metadata: Option<u8>,
        new_tags: bool,
        write: Write,
    },
    CreateUpload {
        object: usize,
        write: Write,
    },
    UploadPart {
        upload: usize,
        number: u16,
        body: usize,
    },
    /// Without parts: all that there are.
    Complete {
        upload: usize,
        parts: Vec<u16>,
        wrong: bool,
        condition: Option<Condition>,
    },
    Abort {
        upload: usize,
    },
    SetRetention {
        object: usize,
        pick: Pick,
        retention: Option<(Mode, Day)>,
        bypass: bool,
    },
    GetRetention {
        object: usize,
        pick: Pick,
    },
    SetHold {
        object: usize,
        pick: Pick,
        hold: bool,
    },
    GetHold {
        object: usize,
        pick: Pick,
    },
    SetTags {
        object: usize,
        pick: Pick,
        tags: u8,
    },
    GetTags {
        object: usize,
        pick: Pick,
    },
    DeleteTags {
        object: usize,
        pick: Pick,
    },
    ListVersions {
        query: Query,
        from: Option<Pick>,
    },
    ListObjects {
        query: Query,
    },
}

/// What a listing asks for: indexes into `NAMES` and `DELIMITERS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// Prefix.
    pub(crate) prefix: usize,
    /// Delimiter.
    pub(crate) delimiter: usize,
    /// Where to begin behind.
    pub(crate) after: usize,
    /// Entries of a page.
    pub(crate) limit: usize,
}
