//! Why a form or its policy is not taken.
//!
//! Owns: `FormError`, `PolicyFault`, `PolicyDenial`.
//! Not here: the codes and statuses they become (`s3::error::map_post`).

/// The body is no form.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum FormError {
    /// What stands behind a boundary makes it another boundary.
    #[error("line of a boundary goes on behind it")]
    Boundary,
    /// The head of a part is none.
    #[error("head of a part cannot be read")]
    Head,
    /// The head of a part is too long.
    #[error("head of a part is too long")]
    HeadTooLong,
    /// The body has ended before its final boundary.
    #[error("form ends without its final boundary")]
    Unfinished,
}

/// The policy is no policy. The texts are those that the client gets.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PolicyFault {
    /// An operation with too few or too many arguments.
    #[error("Invalid Policy: Invalid {operation}: wrong number of arguments.")]
    ArgumentCount {
        /// The operation.
        operation: &'static str,
    },
    /// Not Base64.
    #[error("Invalid Policy: Invalid Base64 encoding.")]
    Base64,
    /// A condition that is neither a list nor an object.
    #[error("Invalid Policy: Invalid Condition: must be a List or Object.")]
    Condition,
    /// Conditions that are no list.
    #[error("Invalid Policy: Invalid 'conditions' value: must be a List.")]
    Conditions,
    /// An expiration that is no date in UTC.
    #[error("Invalid Policy: Invalid 'expiration' value: '{text}'")]
    Expiration {
        /// What it is, cut.
        text: String,
    },
    /// Not JSON, or JSON of types that a policy does not have.
    #[error("Invalid Policy: Invalid JSON.")]
    Json,
    /// A length that is negative.
    #[error("Invalid Policy: Invalid content-length-range: lengths must not be negative.")]
    NegativeLength,
    /// No conditions.
    #[error("Invalid Policy: Policy missing conditions.")]
    NoConditions,
    /// No expiration.
    #[error("Invalid Policy: Policy missing expiration.")]
    NoExpiration,
    /// An empty list as a condition.
    #[error("Invalid Policy: Invalid Condition: missing operation identifier.")]
    NoOperation,
    /// An object as a condition that has not exactly one member.
    #[error(
        "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
    )]
    SimpleCount,
    /// An object as a condition whose value is no text.
    #[error("Invalid Policy: Invalid Simple-Condition: value must be a string.")]
    SimpleValue,
    /// A member that a policy does not have.
    #[error("Invalid Policy: Unexpected: '{name}'")]
    Unexpected {
        /// Its name, cut.
        name: String,
    },
    /// An operation that there is not.
    #[error("Invalid Policy: Invalid Condition: unknown operation '{name}'.")]
    UnknownOperation {
        /// Its name, cut.
        name: String,
    },
}

/// The policy does not allow the form. The texts are those that the client gets.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PolicyDenial {
    /// A condition does not hold.
    #[error("Invalid according to Policy: Policy Condition failed: {condition}")]
    Condition {
        /// The condition, as the policy has it.
        condition: String,
    },
    /// Its time is over.
    #[error("Invalid according to Policy: Policy expired.")]
    Expired,
    /// Fields that no condition is about.
    #[error("Invalid according to Policy: Extra input fields: {names}")]
    Uncovered {
        /// Their names.
        names: String,
    },
}
