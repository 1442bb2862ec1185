//! Errors of the admin listener, as JSON: `{"error": {"code", "message"}}`.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::auth::InvalidAccessKeyIdText;
use crate::base::kind::ErrorKind;
use crate::control::error::ControlError;
use crate::model::bucket::InvalidBucketName;
use crate::model::month::InvalidMonth;
use crate::model::operator::InvalidOperatorName;
use crate::model::protection::InvalidPattern;
use crate::model::tenant::{InvalidBucketPrefix, InvalidCanonicalId, InvalidTenantName};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use std::error::Error;

/// A command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// More than 64 KiB.
    #[error("body is longer than 64 KiB")]
    BodyTooLarge,
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
    /// The body is not what the route takes.
    #[error("body is not what is expected here: {message}")]
    InvalidBody {
        /// What is wrong.
        message: String,
    },
    /// The page's marker is none.
    #[error("marker is none; use the next_marker of a page")]
    InvalidMarker,
    /// The operator name breaks its rule.
    #[error(transparent)]
    InvalidOperatorName(#[from] InvalidOperatorName),
    /// A status that no operator has.
    #[error("status is not active or disabled")]
    InvalidOperatorStatus,
    /// More changes than a page has, or none.
    #[error("limit is not 1 to 1000")]
    InvalidPageLimit,
    /// The path cannot be read.
    #[error("path cannot be read")]
    InvalidPath,
    /// The query is not what the route takes.
    #[error("query is not what is expected here: {message}")]
    InvalidQuery {
        /// What is wrong.
        message: String,
    },
    /// No role, or one that there is not.
    #[error("roles are not one or several of operator, security-officer and auditor")]
    InvalidRoles,
    /// Text that is no time.
    #[error("time is not ISO 8601 with seconds and zone, such as 2026-11-29T10:00:00Z")]
    InvalidTime,
    /// A life that is too long or none.
    #[error("valid_days is not 1 to 36500")]
    InvalidValidDays,
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
    /// The body is no JSON.
    #[error("body is not declared as application/json")]
    MediaType,
    /// The path has no such method.
    #[error("this path has only {allow}")]
    MethodNotAllowed {
        /// The methods that it has.
        allow: String,
    },
    /// No such route.
    #[error("no such resource")]
    NoSuchResource,
    /// A body where none belongs.
    #[error("no body is expected here")]
    UnexpectedBody,
    /// A parameter that the route does not have.
    #[error("there is no parameter {name:?} here")]
    UnknownParameter {
        /// What it is called.
        name: String,
    },
}

impl AdminError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Control(source) => source.kind(),
            Self::Denied => ErrorKind::Denied,
            Self::BodyTooLarge
            | Self::IncompleteKey
            | Self::InvalidAccessKeyId(_)
            | Self::InvalidBucketName(_)
            | Self::InvalidAction
            | Self::InvalidBody { .. }
            | Self::InvalidMarker
            | Self::InvalidOperatorName(_)
            | Self::InvalidOperatorStatus
            | Self::InvalidPageLimit
            | Self::InvalidPath
            | Self::InvalidQuery { .. }
            | Self::InvalidRoles
            | Self::InvalidTime
            | Self::InvalidValidDays
            | Self::InvalidBucketPrefix(_)
            | Self::InvalidMonth(_)
            | Self::InvalidStatus
            | Self::InvalidCanonicalId(_)
            | Self::InvalidPattern { .. }
            | Self::InvalidTenantName(_)
            | Self::LimitOfTenants
            | Self::MediaType
            | Self::MethodNotAllowed { .. }
            | Self::UnexpectedBody
            | Self::UnknownParameter { .. } => ErrorKind::Invalid,
            Self::NoSuchResource => ErrorKind::Absent,
        }
    }
}

impl ResponseError for AdminError {
    fn status_code(&self) -> StatusCode {
        if matches!(self, Self::BodyTooLarge) {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        if matches!(self, Self::MediaType) {
            return StatusCode::UNSUPPORTED_MEDIA_TYPE;
        }
        if matches!(self, Self::MethodNotAllowed { .. }) {
            return StatusCode::METHOD_NOT_ALLOWED;
        }
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
        let mut answer = HttpResponse::build(status);
        if let Self::MethodNotAllowed { allow } = self {
            answer.insert_header((header::ALLOW, allow.as_str()));
        }
        answer.json(json!({"error": {"code": code, "message": self.to_string()}}))
    }
}
