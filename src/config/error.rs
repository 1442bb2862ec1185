//! Why the configuration is refused: every text names the key and what is allowed.

use std::path::PathBuf;

/// The configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration file cannot be read path={}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file or a variable has an unknown key or a value of the wrong type.
    #[error("configuration is refused: {message}")]
    Syntax {
        /// What the parser says; it names the key, the line and what is allowed.
        message: Box<str>,
    },
    /// A variable names no key.
    #[error(
        "environment variable names no configuration key: {variable}; keys are written RIZNICA_SECTION__KEY, and config/riznica.example.toml shows them all"
    )]
    UnknownVariable {
        /// The variable.
        variable: String,
    },
    /// A value is not allowed.
    #[error("{key} = {value:?} is not allowed: {allowed}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Two keys contradict each other.
    #[error("{first} and {second} contradict each other: {rule}")]
    Contradiction {
        /// One key.
        first: &'static str,
        /// The other.
        second: &'static str,
        /// The rule that they break.
        rule: &'static str,
    },
}
