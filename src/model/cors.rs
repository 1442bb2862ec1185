//! CORS rules: which pages of other origins a browser lets reach a bucket.
//!
//! Owns: what rules there may be, and which of them a request matches.
//! Not here: the document (`s3::xml::cors`), headers (`s3::cors`).
//!
//! Source: S3 User Guide, "Using cross-origin resource sharing", "Elements of a CORS
//! configuration".

use serde::{Deserialize, Serialize};

/// Rules of a bucket at most.
pub const CORS_RULES_MAX: usize = 100;
/// Characters of a rule's id at most.
const ID_LEN_MAX: usize = 255;
/// The methods that rules may allow.
const METHODS: [&str; 5] = ["DELETE", "GET", "HEAD", "POST", "PUT"];

/// What is wrong with rules.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidCors {
    /// A header that is exposed and cannot be one.
    #[error("An ExposeHeader contains an invalid character.")]
    ExposeHeader,
    /// An id that is too long.
    #[error("The ID of a rule must not be longer than 255 characters.")]
    Id,
    /// A method that there is not.
    #[error(
        "Found unsupported HTTP method in CORS config: there are DELETE, GET, HEAD, POST and PUT."
    )]
    Method,
    /// More than one wildcard.
    #[error("{element} can not have more than one wildcard.")]
    Wildcards {
        /// The element.
        element: &'static str,
    },
}

/// A text with at most one `*` for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let is_long_enough = text.len() >= before.len().saturating_add(after.len());
            is_long_enough && text.starts_with(before) && text.ends_with(after)
        }
    }
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorsRule {
    /// Its name, if it has one.
    pub id: Option<String>,
    /// Headers that a page may send.
    pub allowed_headers: Vec<String>,
    /// Methods that a page may use.
    pub allowed_methods: Vec<String>,
    /// Whose pages.
    pub allowed_origins: Vec<String>,
    /// Headers of answers that a page may read.
    pub expose_headers: Vec<String>,
    /// Seconds that a browser may remember the answer to a preflight.
    pub max_age_seconds: Option<u32>,
}

/// What a browser asks.
#[derive(Clone, Copy, Debug)]
pub struct CorsQuestion<'a> {
    /// Where the page comes from.
    pub origin: &'a str,
    /// The method that it uses.
    pub method: &'a str,
    /// The headers that it sends beyond the simple ones.
    pub headers: &'a [&'a str],
}

impl CorsRule {
    /// Checks the values.
    ///
    /// # Errors
    /// `InvalidCors`.
    pub fn check(&self) -> Result<(), InvalidCors> {
        if self
            .id
            .as_ref()
            .is_some_and(|id| id.chars().count() > ID_LEN_MAX)
        {
            return Err(InvalidCors::Id);
        }
        let is_method = |method: &String| METHODS.contains(&method.as_str());
        if !self.allowed_methods.iter().all(is_method) {
            return Err(InvalidCors::Method);
        }
        for (element, values) in [
            ("AllowedOrigin", &self.allowed_origins),
            ("AllowedHeader", &self.allowed_headers),
        ] {
            let is_wild = |value: &String| value.matches('*').nth(1).is_some();
            if values.iter().any(is_wild) {
                return Err(InvalidCors::Wildcards { element });
            }
        }
        // It goes into answers as it is (attacks.md 52).
        let is_name = |name: &String| {
            let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
            !name.is_empty() && name.bytes().all(is_allowed)
        };
        if self.expose_headers.iter().all(is_name) {
            Ok(())
        } else {
            Err(InvalidCors::ExposeHeader)
        }
    }

    fn allows(&self, question: &CorsQuestion<'_>) -> bool {
        let allows_header = |header: &&str| {
            let header = header.to_ascii_lowercase();
            let mut patterns = self.allowed_headers.iter();
            patterns.any(|pattern| matches(&pattern.to_ascii_lowercase(), &header))
        };
        self.allowed_origins
            .iter()
            .any(|pattern| matches(pattern, question.origin))
            && self
                .allowed_methods
                .iter()
                .any(|method| method == question.method)
            && question.headers.iter().all(allows_header)
    }

    /// Whether it is for the pages of everybody.
    pub fn is_for_all(&self) -> bool {
        self.allowed_origins.iter().any(|origin| origin == "*")
    }
}

/// The rules of a bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorsConfiguration {
    /// In order: the first one that matches counts.
    pub rules: Vec<CorsRule>,
}

impl CorsConfiguration {
    /// The rule that allows it.
    pub fn find(&self, question: &CorsQuestion<'_>) -> Option<&CorsRule> {
        self.rules.iter().find(|rule| rule.allows(question))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
        CorsRule {
            allowed_origins: texts(origins),
            allowed_methods: texts(methods),
            allowed_headers: texts(headers),
            ..CorsRule::default()
        }
    }

    fn finds(rule: &CorsRule, origin: &str, method: &str, headers: &[&str]) -> bool {
        let configuration = CorsConfiguration {
            rules: vec![rule.clone()],
        };
        let question = CorsQuestion {
            origin,
            method,
            headers,
        };
        configuration.find(&question).is_some()
    }

    #[test]
    fn point_110_one_star_stands_anywhere() {
        for (pattern, origin, expected) in [
            ("*", "https://a.rs", true),
            ("https://a.rs", "https://a.rs", true),
            ("https://a.rs", "https://A.rs", false),
            ("https://*.rs", "https://city.rs", true),
            ("https://*.rs", "https://.rs", true),
            ("https://*.rs", "https://city.rs.evil", false),
            ("http*", "https://x", true),
            ("*.rs", "https://a.rs", true),
            ("aa*aa", "aaa", false),
        ] {
            let rule = rule(&[pattern], &["GET"], &[]);
            assert_eq!(
                finds(&rule, origin, "GET", &[]),
                expected,
                "{pattern} {origin}"
            );
        }
    }

    #[test]
    fn method_and_every_header_have_to_be_allowed() {
        let rule = rule(&["*"], &["GET", "PUT"], &["x-amz-*", "Content-Type"]);
        assert!(finds(&rule, "o", "PUT", &["X-Amz-Date", "content-type"]));
        assert!(!finds(&rule, "o", "PUT", &["x-amz-date", "authorization"]));
        assert!(!finds(&rule, "o", "DELETE", &[]) && !finds(&rule, "o", "put", &[]));
    }

    #[test]
    fn values_that_are_none_are_refused() {
        let good = rule(&["https://*.rs"], &["GET"], &["*"]);
        good.check().unwrap();
        assert!(rule(&["*.*"], &["GET"], &[]).check().is_err());
        assert!(rule(&["*"], &["GET"], &["*-*"]).check().is_err());
        assert!(rule(&["*"], &["PATCH"], &[]).check().is_err());
        let exposes = |name: &str| CorsRule {
            expose_headers: texts(&[name]),
            ..good.clone()
        };
        exposes("x-amz-meta-a").check().unwrap();
        for bad in ["", "*", "a b", "a\r\nset-cookie: x", "a:b"] {
            assert!(exposes(bad).check().is_err(), "{bad:?}");
        }
        let long = CorsRule {
            id: Some("i".repeat(256)),
            ..good
        };
        assert_eq!(long.check(), Err(InvalidCors::Id));
    }
}
