//! Errors of the admin listener, as JSON: `{"error": {"code", "message"}}`.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::auth::InvalidAccessKeyIdText;
use crate::base::kind::ErrorKind;
use crate::control::error::ControlError;
use crate::model::bucket::InvalidBucketName;
use crate::model::month::InvalidMonth;
use crate::model::protection::InvalidPattern;
use crate::model::tenant::{InvalidBucketPrefix, InvalidCanonicalId, InvalidTenantName};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use std::error::Error;

/// A command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The control plane refused or failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// No or wrong credential.
    #[error("operator or token is unknown; use the credential file that 'riznica init' wrote")]
    Denied,
    /// The access key id breaks its rule.
    #[error(transparent)]
    InvalidAccessKeyId(#[from] InvalidAccessKeyIdText),
    /// The canonical id breaks its rule.
    #[error(transparent)]
    InvalidCanonicalId(#[from] InvalidCanonicalId),
    /// The bucket name breaks its rule.
    #[error(transparent)]
    InvalidBucketName(#[from] InvalidBucketName),
    /// A pattern of deletable keys breaks its rule.
    #[error(
        "deletable pattern {pattern:?} {source}; write a prefix such as \"locks/\", or names below any folder such as \"*/locks/\""
    )]
    InvalidPattern {
        /// The pattern.
        pattern: Box<str>,
        /// Its rule.
        source: InvalidPattern,
    },
    /// A limit that only tenants have.
    #[error("the number of buckets is limited for tenants, not for buckets")]
    LimitOfTenants,
    /// An access key id without its secret, or a secret without its id.
    #[error("give both access_key_id and secret_access_key, or neither")]
    IncompleteKey,
    /// An action that no operation needs.
    #[error("there is no such action; write it as policies do, such as s3:GetObject")]
    InvalidAction,
    /// A beginning of bucket names breaks its rule.
    #[error(transparent)]
    InvalidBucketPrefix(#[from] InvalidBucketPrefix),
    /// A month that there is not.
    #[error(transparent)]
    InvalidMonth(#[from] InvalidMonth),
    /// A status that there is not.
    #[error("status is not active, read-only or suspended")]
    InvalidStatus,
    /// The tenant name breaks its rule.
    #[error(transparent)]
    InvalidTenantName(#[from] InvalidTenantName),
    /// No such route.
    #[error("no such resource")]
    NoSuchResource,
}

impl AdminError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Control(source) => source.kind(),
            Self::Denied => ErrorKind::Denied,
            Self::IncompleteKey
            | Self::InvalidAccessKeyId(_)
            | Self::InvalidBucketName(_)
            | Self::InvalidAction
            | Self::InvalidBucketPrefix(_)
            | Self::InvalidMonth(_)
            | Self::InvalidStatus
            | Self::InvalidCanonicalId(_)
            | Self::InvalidPattern { .. }
            | Self::InvalidTenantName(_)
            | Self::LimitOfTenants => ErrorKind::Invalid,
            Self::NoSuchResource => ErrorKind::Absent,
        }
    }
}

impl ResponseError for AdminError {
    fn status_code(&self) -> StatusCode {
        match self.kind() {
            ErrorKind::Absent => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Corrupt | ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Denied => StatusCode::FORBIDDEN,
            ErrorKind::Full => StatusCode::INSUFFICIENT_STORAGE,
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::Limited => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if status.is_server_error() {
            let source = self.source().map(ToString::to_string).unwrap_or_default();
            tracing::error!(error = %self, source, kind = ?self.kind(), "admin command failed");
        }
        let code = format!("{:?}", self.kind()).to_ascii_lowercase();
        HttpResponse::build(status)
            .json(json!({"error": {"code": code, "message": self.to_string()}}))
    }
}
