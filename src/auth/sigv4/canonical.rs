//! The canonical request and the string to sign (step 7).
//!
//! Owns: canonical URI, query and headers, built from the raw request: S3 encodes once and never
//! normalises.
//! Not here: which headers have to be signed (`signed_headers`), the hash of the body (`payload`).

use crate::auth::error::{AuthError, SignatureEvidence};
use crate::auth::request::{QueryPair, RequestView};
use crate::auth::sigv4::parse::{Claims, SIGNATURE_PARAMETER, TOKEN_PARAMETER};
use crate::auth::sigv4::scope::RequestDate;
use crate::auth::sigv4::signed_headers::SignedHeaders;
use crate::auth::sigv4::{ALGORITHM, sha256_hex};
use crate::base::encoding::{uri_decode, uri_encode, uri_encode_path};

/// Headers whose values stay out of the evidence. SSE-C keys, cookies and session tokens are
/// secrets of the client.
const SENSITIVE: [&str; 8] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
    "x-amz-security-token",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];

/// What is signed of a request, ready to be verified.
pub(super) struct Canonical {
    pub(super) string_to_sign: String,
    /// Whether every signed header is present as a header. If not, nothing verifies (attacks.md
    /// 12).
    pub(super) is_complete: bool,
}

/// Builds the string to sign.
///
/// # Errors
/// `InvalidUri` for a path that is not absolute or has an invalid escape.
pub(super) fn canonical(
    request: &RequestView<'_>,
    query: &[QueryPair],
    claims: &Claims,
    payload_text: &str,
) -> Result<Canonical, AuthError> {
    let bytes = canonical_request(request, query, &claims.signed_headers, payload_text, false)?;
    let string_to_sign = string_to_sign(&claims.date, &claims.scope.text(), &bytes);
    let is_present = |name| request.header_values(name).next().is_some();
    Ok(Canonical {
        string_to_sign,
        is_complete: claims.signed_headers.names().all(is_present),
    })
}

/// What to show when the signature does not hold.
pub(super) fn evidence(
    request: &RequestView<'_>,
    query: &[QueryPair],
    claims: &Claims,
    payload_text: &str,
    string_to_sign: String,
) -> Result<SignatureEvidence, AuthError> {
    let bytes = canonical_request(request, query, &claims.signed_headers, payload_text, true)?;
    let canonical_request = String::from_utf8_lossy(&bytes).into_owned();
    Ok(SignatureEvidence {
        canonical_request,
        string_to_sign,
    })
}

/// What the signature is made of, over a canonical request.
pub(super) fn string_to_sign(date: &RequestDate, scope: &str, canonical_request: &[u8]) -> String {
    let hash = sha256_hex(canonical_request);
    format!("{ALGORITHM}\n{}\n{scope}\n{hash}", date.text())
}

/// The canonical request; with secrets of the client left out where it is for an error's text.
///
/// # Errors
/// As [`canonical`].
pub(super) fn canonical_request(
    request: &RequestView<'_>,
    query: &[QueryPair],
    signed_headers: &SignedHeaders,
    payload_text: &str,
    is_redacted: bool,
) -> Result<Vec<u8>, AuthError> {
    let mut bytes = Vec::with_capacity(1024);
    let mut line = |parts: &[&[u8]]| {
        for part in parts {
            bytes.extend_from_slice(part);
        }
        bytes.push(b'\n');
    };
    line(&[request.method.as_bytes()]);
    line(&[canonical_uri(request.path)?.as_bytes()]);
    line(&[canonical_query(query, is_redacted).as_bytes()]);
    for name in signed_headers.names() {
        if is_redacted && SENSITIVE.contains(&name) {
            line(&[name.as_bytes(), b":(left out)"]);
        } else {
            line(&[name.as_bytes(), b":", &canonical_values(request, name)]);
        }
    }
    line(&[]);
    line(&[signed_headers.text().as_bytes()]);
    bytes.extend_from_slice(payload_text.as_bytes());
    Ok(bytes)
}

/// The path as received, decoded once and encoded once. Dot segments and double slashes are part of
/// object keys.
fn canonical_uri(path: &str) -> Result<String, AuthError> {
    match path {
        "" => Ok("/".to_owned()),
        _ if path.starts_with('/') => {
            let decoded = uri_decode(path.as_bytes()).ok_or(AuthError::InvalidUri)?;
            Ok(uri_encode_path(&decoded).into_owned())
        }
        _ => Err(AuthError::InvalidUri),
    }
}

/// Encoded names and values, sorted by their encoded bytes, without the signature.
fn canonical_query(query: &[QueryPair], is_redacted: bool) -> String {
    let is_token = |name: &[u8]| name.eq_ignore_ascii_case(TOKEN_PARAMETER.as_bytes());
    let mut encoded: Vec<(String, String)> = query
        .iter()
        .filter(|pair| pair.name != SIGNATURE_PARAMETER.as_bytes())
        .map(|pair| {
            let value = if is_redacted && is_token(&pair.name) {
                "(left-out)".to_owned()
            } else {
                uri_encode(&pair.value)
            };
            (uri_encode(&pair.name), value)
        })
        .collect();
    encoded.sort_unstable();
    let mut text = String::new();
    for (name, value) in encoded {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&name);
        text.push('=');
        text.push_str(&value);
    }
    text
}

/// All values of a header in order of arrival, joined by commas; each trimmed, with runs of spaces
/// made one space.
fn canonical_values(request: &RequestView<'_>, name: &str) -> Vec<u8> {
    let mut joined = Vec::new();
    for (index, value) in request.header_values(name).enumerate() {
        if index > 0 {
            joined.push(b',');
        }
        let mut is_after_space = false;
        for byte in value.trim_ascii() {
            if *byte != b' ' || !is_after_space {
                joined.push(*byte);
            }
            is_after_space = *byte == b' ';
        }
    }
    joined
}
