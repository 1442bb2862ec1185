//! The view of a request that verification needs, free of HTTP crate types.
//!
//! Owns: `RequestView` and the one parser of query strings. Routing and handlers use this parser
//! too: a second one that reads `+` or an escape differently would act on something other than what
//! was signed (attacks.md, rule 5).
//! Not here: filling it from the HTTP server's request (`s3::authenticate`).

use crate::base::encoding::uri_decode;
use std::fmt;

/// A request line and its headers, as received.
#[derive(Clone)]
pub struct RequestView<'a> {
    /// The method, upper case.
    pub method: &'a str,
    /// The raw path, undecoded.
    pub path: &'a str,
    /// The raw query without the question mark; empty when there is none.
    pub query: &'a str,
    /// Names in lower case with their values, in order of arrival, repeated names repeated.
    pub headers: Vec<(&'a str, &'a [u8])>,
    /// Whether it came over TLS.
    pub secure: bool,
}

impl<'a> RequestView<'a> {
    /// All values of a header, in order of arrival. `name` is lower case.
    pub fn header_values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(present, _)| *present == name)
            .map(|(_, value)| *value)
    }

    /// The first value of a header without surrounding blanks. `name` is lower case.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        self.header_values(name).next().map(<[u8]>::trim_ascii)
    }
}

impl fmt::Debug for RequestView<'_> {
    /// Header values and the query stay out: they hold signatures and customer keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("RequestView")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("header_names", &names)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}

/// One query parameter, decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct QueryPair {
    /// The name.
    pub name: Vec<u8>,
    /// The value; empty when there is no equals sign.
    pub value: Vec<u8>,
}

impl fmt::Debug for QueryPair {
    /// The value stays out: it may be a signature or a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QueryPair({})", self.name.escape_ascii())
    }
}

/// Splits and decodes a raw query, in order of arrival. `+` is a space, as S3 and its signers have
/// it; empty pairs are skipped. `None` for an invalid escape.
pub fn parse_query(raw: &str) -> Option<Vec<QueryPair>> {
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some(QueryPair {
                name: decode(name)?,
                value: decode(value)?,
            })
        })
        .collect()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    uri_decode(text.replace('+', " ").as_bytes())
}
