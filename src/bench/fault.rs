//! Why a request failed.
//!
//! Owns: `Fault`, the name it is counted under. Not here: why a run failed (`error`).

use std::time::Duration;

/// Characters of a code that the server says: the longest of S3's has 51.
const CODE_LEN_MAX: usize = 64;
/// Characters of a message that is shown.
const MESSAGE_LEN_MAX: usize = 300;

/// A request failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The connection ended before the answer did.
    #[error("connection ended before the answer did")]
    Closed(#[source] hyper::Error),
    /// Nobody took the connection.
    #[error("no connection")]
    Connect(#[source] std::io::Error),
    /// The answer is not what the request asks for.
    #[error("wrong answer: {0}")]
    Wrong(Wrong),
    /// Not ours to send: a request that cannot be made or signed.
    #[error("request cannot be made")]
    Request,
    /// The server refused.
    #[error("{method} answered {status} {code}: {message}")]
    Refused {
        /// The method.
        method: &'static str,
        /// The status.
        status: u16,
        /// S3's code, or `HTTP 502` when there is none.
        code: String,
        /// What the server says.
        message: String,
        /// When to come again, if the server says so.
        retry_after: Option<Duration>,
    },
    /// The request took too long.
    #[error("no answer within the patience (--timeout)")]
    Timeout,
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Other bytes than were written.
    #[error("other bytes than were written")]
    Body,
    /// An answer that is no document of S3, or not the right one.
    #[error("not the document that was asked for")]
    Document,
    /// Another ETag than the PUT told.
    #[error("another ETag than the PUT told, or none")]
    ETag,
    /// More or fewer bytes than were written.
    #[error("more or fewer bytes than were written")]
    Length,
    /// A status of success that this request does not have.
    #[error("a status that this request does not have")]
    Status,
}

impl Fault {
    /// What it is counted under.
    pub fn code(&self) -> &str {
        match self {
            Self::Closed(_) => "(connection closed)",
            Self::Connect(_) => "(no connection)",
            Self::Refused { code, .. } => code,
            Self::Request => "(request not made)",
            Self::Timeout => "(timeout)",
            Self::Wrong(Wrong::Body) => "(wrong body)",
            Self::Wrong(Wrong::Document) => "(wrong document)",
            Self::Wrong(Wrong::ETag) => "(wrong etag)",
            Self::Wrong(Wrong::Length) => "(wrong length)",
            Self::Wrong(Wrong::Status) => "(wrong status)",
        }
    }

    /// A refusal. HEAD has no body and so no code: its 503 is taken as what it is from this server,
    /// and from S3 with few exceptions.
    pub(super) fn refused(
        method: &'static str,
        status: u16,
        told: Option<(String, String)>,
        retry_after: Option<Duration>,
    ) -> Self {
        let cut = |text: String, len: usize| text.chars().take(len).collect::<String>();
        let (code, message) = told.unwrap_or_else(|| match (method, status) {
            ("HEAD", 503) => ("SlowDown".to_owned(), String::new()),
            _ => (format!("HTTP {status}"), String::new()),
        });
        Self::Refused {
            method,
            status,
            code: cut(code, CODE_LEN_MAX),
            message: cut(message, MESSAGE_LEN_MAX),
            retry_after,
        }
    }

    /// How long to wait when the server says that it is too much; `None` for every other fault.
    pub fn slow_down(&self) -> Option<Duration> {
        match self {
            Self::Refused {
                code, retry_after, ..
            } if code == "SlowDown" => {
                let wait = retry_after.unwrap_or(Duration::from_secs(1));
                Some(wait.clamp(Duration::from_millis(100), Duration::from_mins(1)))
            }
            _ => None,
        }
    }

    /// The fault with its causes, in one line.
    pub fn line(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}

impl From<Wrong> for Fault {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: &'static str, status: u16, code: Option<&str>, after: Option<u64>) -> Fault {
        let told = code.map(|code| (code.to_owned(), "told".to_owned()));
        Fault::refused(method, status, told, after.map(Duration::from_secs))
    }

    #[test]
    fn too_much_is_told_apart_from_other_refusals() {
        let seconds = |number| Some(Duration::from_secs(number));
        assert_eq!(
            refused("PUT", 503, Some("SlowDown"), Some(3)).slow_down(),
            seconds(3)
        );
        assert_eq!(
            refused("PUT", 503, Some("SlowDown"), None).slow_down(),
            seconds(1)
        );
        assert_eq!(
            refused("PUT", 503, Some("SlowDown"), Some(9999)).slow_down(),
            seconds(60)
        );
        assert_eq!(refused("HEAD", 503, None, None).slow_down(), seconds(1));
        assert_eq!(refused("GET", 503, None, None).slow_down(), None);
        assert_eq!(
            refused("PUT", 503, Some("ServiceUnavailable"), Some(1)).slow_down(),
            None
        );
        assert_eq!(Fault::Timeout.slow_down(), None);
    }

    #[test]
    fn codes_of_strangers_are_bounded() {
        let long = "x".repeat(100_000);
        let fault = refused("GET", 400, Some(&long), None);
        assert_eq!(fault.code().len(), CODE_LEN_MAX);
        assert_eq!(refused("GET", 502, None, None).code(), "HTTP 502");
    }
}
