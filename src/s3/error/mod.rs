//! S3 errors: the table of codes, the mapping from domain errors, the XML body.
//!
//! Owns: `S3Error`, what a handler answers when it does not succeed.
//! Not here: domain errors (each module's own).

pub mod code;
pub mod facts;
pub mod map;
pub mod map_auth;
pub mod map_post;
pub mod response;

use std::error::Error;

pub use code::S3ErrorCode;

/// An error as the client gets it, with what only the operator's log gets.
#[derive(Clone, Debug)]
pub struct S3Error {
    code: S3ErrorCode,
    message: Option<String>,
    extra: Vec<(&'static str, String)>,
    headers: Vec<(&'static str, String)>,
    detail: Option<String>,
    must_close: bool,
    is_told: bool,
}

impl S3Error {
    /// An error with its code's default text.
    pub fn new(code: S3ErrorCode) -> Self {
        Self {
            code,
            message: None,
            extra: Vec::new(),
            headers: Vec::new(),
            detail: None,
            must_close: false,
            is_told: false,
        }
    }

    /// `InvalidArgument` that names the argument.
    pub fn argument(name: &str, value: &str, text: &str) -> Self {
        Self::new(S3ErrorCode::InvalidArgument)
            .message(text.to_owned())
            .with("ArgumentName", name.to_owned())
            .with("ArgumentValue", value.to_owned())
    }

    /// Replaces the default text.
    #[must_use]
    pub fn message(mut self, text: String) -> Self {
        self.message = Some(text);
        self
    }

    /// Adds an element to the XML body.
    #[must_use]
    pub fn with(mut self, element: &'static str, text: String) -> Self {
        self.extra.push((element, text));
        self
    }

    /// Adds an element, or the text of one that is there without.
    #[must_use]
    pub(in crate::s3) fn fill(mut self, element: &'static str, text: String) -> Self {
        match self.extra.iter_mut().find(|(name, _)| *name == element) {
            None => self.extra.push((element, text)),
            Some((_, empty)) if empty.is_empty() => *empty = text,
            Some(_) => {}
        }
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds what the operator's log says beyond the answer. Never a secret.
    #[must_use]
    pub fn detail(mut self, text: String) -> Self {
        self.detail = Some(text);
        self
    }

    /// Closes the connection after the answer: the rest of the body is not worth reading, or cannot
    /// be told from a request.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.must_close = true;
        self
    }

    /// The log was told already, once for many like it: the request's own line is for debugging.
    #[must_use]
    pub fn told(mut self) -> Self {
        self.is_told = true;
        self
    }

    /// Whether the log was told already.
    pub fn is_told(&self) -> bool {
        self.is_told
    }

    /// The code.
    pub fn code(&self) -> S3ErrorCode {
        self.code
    }

    /// The text that the client gets.
    pub fn text(&self) -> &str {
        self.message
            .as_deref()
            .unwrap_or_else(|| self.code.message())
    }

    /// Whether an element is there.
    pub(in crate::s3) fn has(&self, element: &str) -> bool {
        self.extra.iter().any(|(name, _)| *name == element)
    }

    /// Elements beyond the standard ones.
    pub fn extra(&self) -> &[(&'static str, String)] {
        &self.extra
    }

    /// Headers of the answer.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// What only the log gets.
    pub fn log_detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_default()
    }

    /// Whether the connection is closed.
    pub fn must_close(&self) -> bool {
        self.must_close
    }
}

/// An error with its sources, for the log.
pub(in crate::s3) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
