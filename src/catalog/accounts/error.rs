//! Why an account's users, groups and keys did not change.

use crate::base::kind::ErrorKind;
use crate::catalog::error::CatalogError;
use crate::model::iam::MemberKind;

/// Why an account's users, groups and keys did not change.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The rows fail.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// An access key of another user, or none.
    #[error("no such access key")]
    NoSuchAccessKey,
    /// There is no such user or group.
    #[error("no such {} name=`{name}`", .kind.word())]
    NoSuchMember {
        /// What it would be.
        kind: MemberKind,
        /// Its name.
        name: String,
    },
    /// The user or group has no such policy.
    #[error("no such policy name=`{name}`")]
    NoSuchPolicy {
        /// Its name.
        name: String,
    },
    /// Something else is in the way of a deletion.
    #[error("must be taken away first: {what}")]
    StillHas {
        /// What.
        what: &'static str,
    },
    /// The name is in use.
    #[error("{} exists name=`{name}`", .kind.word())]
    Taken {
        /// What it is.
        kind: MemberKind,
        /// Its name.
        name: String,
    },
    /// As many as there may be.
    #[error("no more than {max} {what}")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many there may be.
        max: usize,
    },
}

impl AccountError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Catalog(source) => source.kind(),
            Self::NoSuchAccessKey | Self::NoSuchMember { .. } | Self::NoSuchPolicy { .. } => {
                ErrorKind::Absent
            }
            Self::StillHas { .. } | Self::Taken { .. } => ErrorKind::Conflict,
            Self::TooMany { .. } => ErrorKind::Limited,
        }
    }
}
