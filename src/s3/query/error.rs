//! Errors of the query APIs: their codes and their XML.
//!
//! Source: AWS IAM API Reference, "Common errors", and the errors of each action.

use crate::gateway::account::AccountError;
use crate::gateway::bucket_policy::PolicyRefusal;
use crate::gateway::error::GatewayError;
use crate::iam::policy::{Caller, PolicyError};
use crate::iam::{Denied, Ground, Principal};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::xml::XmlWriter;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// An error as the client gets it.
#[derive(Debug)]
pub struct QueryError {
    status: u16,
    code: &'static str,
    message: String,
    detail: String,
}

impl QueryError {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            detail: String::new(),
        }
    }

    /// A form that is none.
    pub fn malformed(message: &str) -> Self {
        Self::new(400, "MalformedQueryString", message)
    }

    /// A parameter is missing.
    pub fn missing(name: &str) -> Self {
        let text = format!("The request must contain the parameter {name}.");
        Self::new(400, "ValidationError", text)
    }

    /// A parameter has a value that it must not have.
    pub fn invalid(name: &str, why: &str) -> Self {
        let text = format!("The value of the parameter {name} is not valid: {why}.");
        Self::new(400, "ValidationError", text)
    }

    /// A parameter breaks a rule of AWS's, in AWS's words.
    pub fn constraint(name: &str, value: &str, rule: &str) -> Self {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        let name: String = first.into_iter().chain(letters).collect();
        let text = format!(
            "1 validation error detected: Value '{value}' at '{name}' failed to satisfy \
             constraint: {rule}"
        );
        Self::new(400, "ValidationError", text)
    }

    /// A parameter asks for what this server does not have.
    pub fn unsupported(name: &str) -> Self {
        let text = format!(
            "This server does not support the parameter {name}: nothing was done. Leave it out."
        );
        Self::new(400, "ValidationError", text)
    }

    /// What a request asks for is not valid as a whole.
    pub fn validation(text: &str) -> Self {
        Self::new(400, "ValidationError", text)
    }

    /// There is no such action here.
    pub fn no_such_action(name: &str, version: Option<&str>) -> Self {
        let version = version.unwrap_or_default().escape_debug();
        let name = name.escape_debug();
        let text = format!("Could not find operation {name} for version {version}");
        Self::new(400, "InvalidAction", text)
    }

    /// The request is not signed.
    pub fn missing_token() -> Self {
        Self::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        )
    }

    /// Credentials that this API does not take.
    pub fn invalid_token() -> Self {
        let text = "The security token included in the request is invalid";
        Self::new(403, "InvalidClientTokenId", text)
    }

    /// Temporary credentials ask for more of their kind.
    pub fn session_asks_for_session() -> Self {
        let text = "Cannot call GetSessionToken with session credentials";
        Self::new(403, "AccessDenied", text)
    }

    /// The caller's account is suspended.
    pub fn suspended() -> Self {
        let denied = S3Error::new(S3ErrorCode::AllAccessDisabled);
        Self::new(403, "AccessDenied", denied.text())
    }

    /// The caller may not do it.
    pub fn denied(denied: &Denied, principal: &Principal) -> Self {
        Self::denied_on(denied, principal, None)
    }

    /// The caller may not do it to this.
    pub fn denied_on(denied: &Denied, principal: &Principal, arn: Option<&str>) -> Self {
        let caller = principal.caller.arn().unwrap_or_default();
        let action = denied.action.name();
        let mut text = format!("User: {caller} is not authorized to perform: {action}");
        if let Some(arn) = arn {
            text.push_str(" on resource: ");
            text.push_str(arn);
        }
        if denied.ground == Ground::RootTakesNoRole {
            "Roles may not be assumed by root accounts.".clone_into(&mut text);
        }
        Self {
            detail: denied.to_string(),
            ..Self::new(403, "AccessDenied", text)
        }
    }

    /// The code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What only the log gets.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The answer.
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let mut xml = XmlWriter::new();
        xml.open("ErrorResponse");
        xml.open("Error");
        xml.text(
            "Type",
            if self.status < 500 {
                "Sender"
            } else {
                "Receiver"
            },
        );
        xml.text("Code", self.code);
        xml.text("Message", &self.message);
        xml.close("Error");
        xml.text("RequestId", request_id);
        xml.close("ErrorResponse");
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        HttpResponse::build(status)
            .insert_header(("content-type", "text/xml"))
            .body(xml.finish())
    }
}

/// Failures of reading and verifying a request, which S3 has its own names for.
impl From<S3Error> for QueryError {
    fn from(error: S3Error) -> Self {
        let token = match error.code() {
            S3ErrorCode::InvalidToken => Some(Self::invalid_token()),
            S3ErrorCode::ExpiredToken => {
                let text = "The security token included in the request is expired";
                Some(Self::new(403, "ExpiredToken", text))
            }
            _ => None,
        };
        if let Some(token) = token {
            return Self {
                detail: error.log_detail().to_owned(),
                ..token
            };
        }
        let code = match error.code() {
            S3ErrorCode::AccessDenied => "AccessDenied",
            S3ErrorCode::InvalidAccessKeyId => "InvalidClientTokenId",
            S3ErrorCode::MaxMessageLengthExceeded => "RequestEntityTooLarge",
            S3ErrorCode::RequestTimeTooSkewed | S3ErrorCode::SignatureDoesNotMatch => {
                "SignatureDoesNotMatch"
            }
            S3ErrorCode::AuthorizationHeaderMalformed
            | S3ErrorCode::AuthorizationQueryParametersError
            | S3ErrorCode::InvalidArgument
            | S3ErrorCode::InvalidRequest => "IncompleteSignature",
            S3ErrorCode::SlowDown => "Throttling",
            S3ErrorCode::ServiceUnavailable | S3ErrorCode::InsufficientStorage => {
                "ServiceUnavailable"
            }
            _ if error.code().status() >= 500 => "ServiceFailure",
            other => other.as_str(),
        };
        Self {
            detail: error.log_detail().to_owned(),
            ..Self::new(error.code().status(), code, error.text())
        }
    }
}

impl From<GatewayError> for QueryError {
    fn from(error: GatewayError) -> Self {
        match error {
            GatewayError::Account(error) => error.into(),
            GatewayError::Policy(PolicyRefusal::Malformed(PolicyError::TooLong { max })) => {
                let text = format!("Maximum policy size of {max} bytes exceeded");
                Self::new(409, "LimitExceeded", text)
            }
            GatewayError::Policy(PolicyRefusal::Malformed(error)) => {
                Self::new(400, "MalformedPolicyDocument", error.to_string())
            }
            other => S3Error::from(other).into(),
        }
    }
}

impl From<AccountError> for QueryError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Catalog(source) => S3Error::from(GatewayError::from(source)).into(),
            AccountError::NoSuchAccessKey => {
                Self::new(404, "NoSuchEntity", "The access key cannot be found.")
            }
            AccountError::NoSuchMember { kind, name } => {
                let text = format!("The {} with name {name} cannot be found.", kind.word());
                Self::new(404, "NoSuchEntity", text)
            }
            AccountError::NoSuchPolicy { name } => {
                let text = format!("The policy with name {name} cannot be found.");
                Self::new(404, "NoSuchEntity", text)
            }
            AccountError::StillHas { what } => {
                let text = format!("Cannot delete entity, must delete {what} first.");
                Self::new(409, "DeleteConflict", text)
            }
            AccountError::Taken { kind, name } => {
                let text = format!("The {} with name {name} already exists.", kind.word());
                Self::new(409, "EntityAlreadyExists", text)
            }
            AccountError::TooMany { what, max } => {
                Self::new(409, "LimitExceeded", format!("Cannot exceed {max} {what}."))
            }
        }
    }
}

/// What kind of caller cannot leave its name out.
pub fn needs_name(caller: &Caller) -> QueryError {
    let text = match caller {
        Caller::Role { .. } | Caller::Root { .. } => {
            "Must specify userName when calling with non-User credentials"
        }
        Caller::Anonymous | Caller::User { .. } => "Must specify userName",
    };
    QueryError::new(400, "ValidationError", text)
}
