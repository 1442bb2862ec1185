//! Why a text is no policy.

use crate::base::kind::ErrorKind;

/// Why a text is no policy. The texts go to the client behind `MalformedPolicy`.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PolicyError {
    /// Larger than the kind of policy may be.
    #[error("Policies of this kind must not exceed {max} bytes.")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// No JSON, or not the members that a policy has.
    #[error("Policies must be valid JSON with the elements of the policy language: {reason}.")]
    Syntax {
        /// What the parser says, without the document's content.
        reason: String,
    },
    /// Not one of the two versions.
    #[error("The policy must have a valid version: 2012-10-17 or 2008-10-17.")]
    Version,
    /// No statement.
    #[error("A policy must have at least one statement.")]
    NoStatement,
    /// Two statements with one Sid.
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    DuplicateSid,
    /// A Sid with other characters than letters, digits and, in bucket policies, blanks.
    #[error("Statement IDs (SID) must be alpha-numeric.")]
    InvalidSid,
    /// An element that must be there is not, or there are two that exclude each other.
    #[error("Missing or ambiguous element: a statement has exactly one of {elements}.")]
    Element {
        /// Which.
        elements: &'static str,
    },
    /// An element that this kind of policy does not have.
    #[error("Policies of this kind have no {element} element.")]
    UnexpectedElement {
        /// Which.
        element: &'static str,
    },
    /// `Allow` for everybody but somebody.
    #[error("Allow with NotPrincipal is not supported.")]
    AllowNotPrincipal,
    /// No principal.
    #[error("Invalid principal in policy.")]
    InvalidPrincipal,
    /// No action.
    #[error("Policy has invalid action.")]
    InvalidAction,
    /// No resource.
    #[error("Policy has invalid resource.")]
    InvalidResource,
    /// An operator that does not exist.
    #[error("Invalid Condition type: {operator}.")]
    InvalidOperator {
        /// As it was given.
        operator: String,
    },
    /// A key that no request has.
    #[error("Policy has an invalid condition key: {key}.")]
    InvalidConditionKey {
        /// As it was given.
        key: String,
    },
    /// A value that the operator cannot compare with.
    #[error("Invalid value for the condition operator {operator}.")]
    InvalidValue {
        /// The operator.
        operator: &'static str,
    },
    /// A policy variable that is not closed or empty.
    #[error("Policy has an invalid variable.")]
    InvalidVariable,
}

impl PolicyError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Invalid
    }
}
