//! From a form that is not taken to the S3 code that AWS gives for it.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::auth::{FormFieldError, MalformedReason};
use crate::s3::error::{S3Error, S3ErrorCode as Code};
use crate::s3::post::error::{FormError, PolicyDenial, PolicyFault};

impl From<FormError> for S3Error {
    fn from(error: FormError) -> Self {
        let code = match error {
            FormError::Boundary
            | FormError::Head
            | FormError::HeadTooLong
            | FormError::Unfinished => Code::MalformedPOSTRequest,
        };
        // Where the next request begins is not known to who cannot read this one.
        Self::new(code).detail(error.to_string()).close()
    }
}

impl From<PolicyFault> for S3Error {
    fn from(fault: PolicyFault) -> Self {
        Self::new(Code::InvalidPolicyDocument).message(fault.to_string())
    }
}

impl From<PolicyDenial> for S3Error {
    fn from(denial: PolicyDenial) -> Self {
        Self::new(Code::AccessDenied).message(denial.to_string())
    }
}

impl From<FormFieldError> for S3Error {
    fn from(error: FormFieldError) -> Self {
        match error {
            FormFieldError::Malformed {
                name,
                value,
                reason,
                expected_region,
            } => form_field(name, &value, reason, expected_region),
            FormFieldError::Missing { name } => Self::missing_field(name),
        }
    }
}

impl S3Error {
    /// A form lacks a field, or has it behind its file, where fields are not looked at.
    pub(in crate::s3) fn missing_field(name: &str) -> Self {
        let text = format!(
            "Bucket POST must contain a field named '{name}'.  If it is specified, please check the \
             order of the fields."
        );
        Self::argument(name, "", &text)
    }
}

/// A field of a form that says how its policy was signed.
fn form_field(name: &str, value: &str, reason: MalformedReason, region: String) -> S3Error {
    let argument = |text: &str| S3Error::argument(name, value, text);
    match reason {
        MalformedReason::ScopeRegion => {
            let own = value.split('/').nth(2).unwrap_or_default();
            argument(&format!(
                "the region '{own}' is wrong; expecting '{region}'"
            ))
            .with("Region", region)
        }
        MalformedReason::DateSyntax => {
            argument("X-Amz-Date must be formated via ISO8601 Long format")
        }
        MalformedReason::Algorithm
        | MalformedReason::CredentialSyntax
        | MalformedReason::Expires
        | MalformedReason::Missing(_)
        | MalformedReason::Repeated(_)
        | MalformedReason::ScopeDate
        | MalformedReason::ScopeService
        | MalformedReason::ScopeTerminator
        | MalformedReason::SignedHeaders
        | MalformedReason::Spelling(_)
        | MalformedReason::Syntax => argument(&format!("The field is malformed; {reason}")),
    }
}
