//! Text encodings in the S3 flavour: hexadecimal, Base64, percent-encoding.
//!
//! Owns: strict decoders (a bad escape is an error, never passed through) and the two encodings of
//! SigV4. Not here: canonical requests (`auth::sigv4::canonical`), XML escaping (`s3::xml`).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use std::borrow::Cow;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// As [`RESERVED`], with the slash literal: paths and `encoding-type=url`.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// Percent-encodes all but unreserved characters (SigV4 `UriEncode(.., encodeSlash = true)`).
pub fn uri_encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// Percent-encodes all but unreserved characters and the slash (SigV4 paths, `encoding-type=url`).
pub fn uri_encode_path(bytes: &[u8]) -> Cow<'_, str> {
    percent_encode(bytes, RESERVED_IN_PATH).into()
}

/// Decodes percent-escapes once. `+` stays a plus. `None` for an incomplete or non-hexadecimal
/// escape.
pub fn uri_decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        if *byte == b'%' {
            let high = char::from(*rest.next()?).to_digit(16)?;
            let low = char::from(*rest.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(*byte);
        }
    }
    Some(decoded)
}

/// Standard Base64 with padding.
pub fn base64_encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes standard Base64 with padding; `None` when malformed.
pub fn base64_decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// URL-safe Base64 without padding.
pub fn base64_url_encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes URL-safe Base64 without padding; `None` when malformed.
pub fn base64_url_decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_decode_of_bad_escape_is_none() {
        for bad in ["%", "%4", "%zz", "a%2", "%+1"] {
            assert_eq!(uri_decode(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(
            uri_decode(b"a%20b%2Fc+d").as_deref(),
            Some(b"a b/c+d".as_slice())
        );
    }

    #[test]
    fn uri_encode_keeps_only_unreserved() {
        assert_eq!(uri_encode(b"a b+/~-_.%"), "a%20b%2B%2F~-_.%25");
        assert_eq!(uri_encode_path("\u{148}/b".as_bytes()), "%C5%88/b");
    }
}
