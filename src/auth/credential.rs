//! Access key ids, credentials, and the trait by which verification finds them.
//!
//! Owns: the grammar of access key ids, what a credential consists of, the contract of
//! [`CredentialStore`].
//! Not here: how credentials are stored and sealed (`catalog`), who made them (`control`).

use crate::auth::session::{Actor, Session};
use crate::base::kind::ErrorKind;
use crate::base::secret::SecretBytes;
use crate::model::id::TenantId;
use crate::model::time::Timestamp;
use async_trait::async_trait;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Text that cannot be an access key id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("access key id is not 3 to 128 letters, digits, underscores, dots and hyphens")]
pub struct InvalidAccessKeyIdText;

/// The public half of a credential: what a request names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// Accepts 3 to 128 ASCII letters, digits, underscores, dots and hyphens. A slash would be
    /// ambiguous in a credential scope.
    ///
    /// # Errors
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, InvalidAccessKeyIdText> {
        let is_valid = (3..=128).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccessKeyIdText)
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccessKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a credential may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialStatus {
    /// It may.
    Active,
    /// An operator has switched it off.
    Disabled,
}

/// An access key with its secret and its owner.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The id that the request named.
    pub access_key_id: AccessKeyId,
    /// The shared secret: UTF-8 text, redacted in `Debug`.
    pub secret_access_key: Arc<SecretBytes>,
    /// The tenant that everything done with this credential belongs to.
    pub tenant: TenantId,
    /// Whom it acts for.
    pub actor: Actor,
    /// What bounds it, if it is a temporary one.
    pub session: Option<Arc<Session>>,
    /// When it stops working, if it does.
    pub expires: Option<Timestamp>,
    /// The owner id in S3 answers.
    pub canonical_id: Arc<str>,
    /// The owner's display name in S3 answers.
    pub display_name: Arc<str>,
    /// Whether it may be used.
    pub status: CredentialStatus,
    /// Differs from every earlier value of this access key id whenever the secret differs, also
    /// after deletion and re-creation: cached signing keys are found by it.
    pub revision: u64,
}

/// A credential could not be looked up. Never used for one that does not exist.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The stored credential does not decode or unseal.
    #[error("stored credential is corrupt")]
    Corrupt {
        /// What the store found.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store cannot answer now.
    #[error("credential store cannot answer")]
    Unavailable {
        /// What the store met.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl CredentialError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::Unavailable { .. } => ErrorKind::Unavailable,
        }
    }
}

/// Finds credentials; implemented in `catalog`.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// The credential of this access key id, whatever its status; `None` when there is none.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot answer, `Corrupt` when it holds something unreadable.
    ///
    /// # Cancel safety
    /// Reads only: a dropped future has changed nothing.
    async fn find(
        &self,
        access_key_id: &AccessKeyId,
    ) -> Result<Option<Credential>, CredentialError>;

    /// The temporary credential that a session token holds, whatever became of what it stems from;
    /// `None` when this installation did not issue the token for this access key id.
    ///
    /// # Errors
    /// As [`CredentialStore::find`].
    ///
    /// # Cancel safety
    /// As [`CredentialStore::find`].
    async fn find_session(
        &self,
        access_key_id: &AccessKeyId,
        token: &str,
    ) -> Result<Option<Credential>, CredentialError>;
}
