//! `ErrorKind`: the nine answers to "what should the caller do about this failure".
//!
//! Owns: the coarse classification that every error enum of the crate returns from its `kind()`.
//! Not here: what happened (the variants of each module's `error.rs`) and wire codes (`s3::error`,
//! `admin::error`).

/// What the caller of a failed operation should do; the precise fact is in the error's variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The named thing does not exist.
    Absent,
    /// The state of the thing, or a precondition, forbids it now.
    Conflict,
    /// Stored bytes failed verification; never answered as absent.
    Corrupt,
    /// Identity or policy said no.
    Denied,
    /// There is no room for more bytes.
    Full,
    /// A bug of ours.
    Internal,
    /// This request can never succeed unchanged.
    Invalid,
    /// A quota or a rate limit.
    Limited,
    /// A dependency is out; the same request may succeed later.
    Unavailable,
}
