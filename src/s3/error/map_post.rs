//! From a form that is not taken to the S3 code that AWS gives for it.
#![deny(clippy::wildcard_enum_match_arm)]

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
