//! Which headers are signed, and which have to be (step 5; A2).
//!
//! Owns: the list of signed headers and the two closed lists of `x-amz-*` headers that need not be
//! in it.
//! Not here: their canonical form (`canonical`).

use crate::auth::error::{AuthError, MalformedReason};
use crate::auth::request::RequestView;
use crate::auth::sigv4::Place;

/// Names of unsigned headers that an error tells.
const TOLD_NAMES_MAX: usize = 6;
/// Characters of each; the longest name that S3 knows has 59.
const TOLD_NAME_LEN_MAX: usize = 64;

/// `x-amz-*` headers that a header-signed request need not sign. The decoded length only announces
/// what the body's own framing ends in; a wrong one makes the body incomplete.
const EXEMPT_IN_HEADER_FORM: [&str; 1] = ["x-amz-decoded-content-length"];

/// `x-amz-*` headers that a presigned request need not sign, since the client that uses the URL
/// adds them after it was made. None of them names another object or changes who may do what to the
/// one that the URL names:
/// - `x-amz-user-agent` is text for statistics;
/// - `x-amz-checksum-mode` asks for headers in the answer;
/// - `x-amz-decoded-content-length` and `x-amz-trailer` describe the framing of the body that the
///   client sends;
/// - `x-amz-checksum-algorithm` and `x-amz-sdk-checksum-algorithm` say how the client protects that
///   body;
/// - `x-amz-content-sha256`: its value is the last line of the canonical request, hence signed in
///   any case.
///
/// `x-amz-copy-source`, `-tagging`, `-acl`, `-grant-*`, `-object-lock-*`, `-meta-*`,
/// `-website-redirect-location`, `-server-side-encryption*` are never added here: each turns a URL
/// for one act into a URL for another.
const EXEMPT_IN_QUERY_FORM: [&str; 7] = [
    "x-amz-checksum-algorithm",
    "x-amz-checksum-mode",
    "x-amz-content-sha256",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// The names of the signed headers: sorted, distinct, lower case.
pub(super) struct SignedHeaders {
    text: String,
}

impl SignedHeaders {
    /// Parses a list separated by semicolons. An empty list is a list: it lacks `host` later.
    pub(super) fn parse(text: &str) -> Result<Self, MalformedReason> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b)
                })
        };
        let is_valid = text.is_empty() || (text.split(';').all(is_name) && is_ascending(text));
        if is_valid {
            Ok(Self {
                text: text.to_owned(),
            })
        } else {
            Err(MalformedReason::SignedHeaders)
        }
    }

    /// The list as the canonical request has it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The names, in order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.text.split(';').filter(|name| !name.is_empty())
    }

    /// Whether a header is signed. `name` is lower case.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.names().any(|signed| signed == name)
    }

    /// Everything that has to be signed is: `host`, and every `x-amz-*` header that the request
    /// has.
    ///
    /// # Errors
    /// `HeadersNotSigned` with the names that are missing: the first few, cut, since they come from
    /// a stranger and go into the answer and the log.
    pub(super) fn cover(&self, request: &RequestView<'_>, place: Place) -> Result<(), AuthError> {
        let exempt: &[&str] = match place {
            Place::Header => &EXEMPT_IN_HEADER_FORM,
            Place::Query => &EXEMPT_IN_QUERY_FORM,
        };
        let present = request.headers.iter().map(|(name, _)| *name);
        let names: Vec<String> = present
            .filter(|name| name.starts_with("x-amz-") && !exempt.contains(name))
            .chain(["host"])
            .filter(|name| !self.contains(name))
            .take(TOLD_NAMES_MAX)
            .map(told)
            .collect();
        if names.is_empty() {
            Ok(())
        } else {
            Err(AuthError::HeadersNotSigned { names })
        }
    }
}

/// A name as an error tells it: what cannot stand in a header's name is left out.
fn told(name: &str) -> String {
    let graphic = name.chars().filter(char::is_ascii_graphic);
    graphic.take(TOLD_NAME_LEN_MAX).collect()
}

fn is_ascending(text: &str) -> bool {
    text.split(';')
        .zip(text.split(';').skip(1))
        .all(|(name, next)| name < next)
}
