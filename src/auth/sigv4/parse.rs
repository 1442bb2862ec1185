//! The `Authorization` header and the query form, parsed once into one struct (steps 1 and 2).
//!
//! Owns: what counts as authentication data, the grammar of both forms, their dates.
//! Not here: whether scope and date are acceptable (`scope`), whether enough is signed
//! (`signed_headers`).

use crate::auth::error::{AuthError, MalformedReason};
use crate::auth::request::{QueryPair, RequestView, parse_query};
use crate::auth::sigv4::scope::{CredentialScope, RequestDate};
use crate::auth::sigv4::signed_headers::SignedHeaders;
use crate::auth::sigv4::{ALGORITHM, Place};
use crate::base::limits::PRESIGNED_SECONDS_MAX;
use std::fmt;

/// Headers whose second occurrence would let two readers of the request see different facts
/// (attacks.md 26, 27).
const SINGLE_HEADERS: [&str; 9] = [
    "authorization",
    "date",
    "host",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-security-token",
    "x-amz-trailer",
];

/// The parameters that a presigned request has, each exactly once, spelt exactly so.
const QUERY_PARAMETERS: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    SIGNATURE_PARAMETER,
    "X-Amz-SignedHeaders",
];
/// The parameter that is not part of what is signed.
pub(super) const SIGNATURE_PARAMETER: &str = "X-Amz-Signature";
/// The parameter of session tokens.
pub(super) const TOKEN_PARAMETER: &str = "X-Amz-Security-Token";
/// The header of session tokens. That it is signed is step 5, as for every x-amz-* header.
const TOKEN_HEADER: &str = "x-amz-security-token";

/// What a request says about its own authentication, of which nothing is proven yet.
pub(super) struct Claims {
    pub(super) place: Place,
    pub(super) access_key_id: String,
    pub(super) scope: CredentialScope,
    pub(super) date: RequestDate,
    /// Life of a presigned URL in seconds; zero means that it never lived.
    pub(super) expires_seconds: Option<u64>,
    pub(super) signed_headers: SignedHeaders,
    pub(super) signature: String,
    /// The session token, in the place where the signature is.
    pub(super) token: Option<String>,
}

/// Parses the claims of a request whose query is already decoded.
///
/// # Errors
/// `Anonymous` when there are none; otherwise what is wrong with them.
pub(super) fn parse(
    request: &RequestView<'_>,
    query: &[QueryPair],
    region: &str,
) -> Result<Claims, AuthError> {
    refuse_duplicate_headers(request)?;
    let authorization = request.header("authorization");
    let in_query = has_query_claims(query);
    match (authorization, in_query, has_v2_query(query)) {
        (Some(value), false, false) if !has_token_parameter(query) => {
            from_header(request, value, region)
        }
        (None, true, _) if request.header(TOKEN_HEADER).is_none() => from_query(query, region),
        // Two kinds, or the signature of one with the token of the other.
        (Some(_), _, _) | (None, true, _) => Err(AuthError::BothAuthKinds),
        (None, false, true) => Err(AuthError::SigV2),
        // A token without anything that it could belong to is not an anonymous request either.
        (None, false, false) => Err(
            if request.header(TOKEN_HEADER).is_some() || has_token_parameter(query) {
                AuthError::InvalidToken
            } else {
                AuthError::Anonymous
            },
        ),
    }
}

fn refuse_duplicate_headers(request: &RequestView<'_>) -> Result<(), AuthError> {
    match SINGLE_HEADERS
        .into_iter()
        .find(|name| request.header_values(name).count() > 1)
    {
        Some(name) => Err(AuthError::DuplicateHeader { name }),
        None => Ok(()),
    }
}

/// Any letter case counts, so that no misspelling turns a signed request into an anonymous one.
fn has_query_claims(query: &[QueryPair]) -> bool {
    query.iter().any(|pair| {
        QUERY_PARAMETERS
            .iter()
            .any(|name| pair.name.eq_ignore_ascii_case(name.as_bytes()))
    })
}

fn has_v2_query(query: &[QueryPair]) -> bool {
    query
        .iter()
        .any(|pair| pair.name.eq_ignore_ascii_case(b"AWSAccessKeyId"))
}

fn has_token_parameter(query: &[QueryPair]) -> bool {
    query
        .iter()
        .any(|pair| pair.name.eq_ignore_ascii_case(TOKEN_PARAMETER.as_bytes()))
}

fn from_header(request: &RequestView<'_>, value: &[u8], region: &str) -> Result<Claims, AuthError> {
    let malformed = |reason| malformed(Place::Header, region, reason);
    let Ok(text) = str::from_utf8(value) else {
        return Err(malformed(MalformedReason::Syntax));
    };
    let (scheme, components) = text.split_once(' ').unwrap_or((text, ""));
    match scheme {
        ALGORITHM => {}
        "AWS" => return Err(AuthError::SigV2),
        _ => return Err(AuthError::UnsupportedAlgorithm),
    }
    let [mut credential, mut signed_headers, mut signature] = [None; 3];
    for component in components.split(',') {
        let (name, value) = component
            .trim()
            .split_once('=')
            .ok_or_else(|| malformed(MalformedReason::Syntax))?;
        let (slot, name) = match name {
            "Credential" => (&mut credential, "Credential"),
            "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
            "Signature" => (&mut signature, "Signature"),
            _ => return Err(malformed(MalformedReason::Syntax)),
        };
        if slot.replace(value).is_some() {
            return Err(malformed(MalformedReason::Repeated(name)));
        }
    }
    let required = |value: Option<&str>, name| {
        value
            .map(str::to_owned)
            .ok_or_else(|| malformed(MalformedReason::Missing(name)))
    };
    let credential = required(credential, "Credential")?;
    let signed_headers = required(signed_headers, "SignedHeaders")?;
    let signature = required(signature, "Signature")?;
    let (access_key_id, scope) = CredentialScope::parse(&credential).map_err(malformed)?;
    let signed_headers = SignedHeaders::parse(&signed_headers).map_err(malformed)?;
    let date = header_date(request, &signed_headers)?;
    // What is not text is no token of ours.
    let token = request.header(TOKEN_HEADER).map(str::from_utf8);
    let token = token.transpose().map_err(|_utf8| AuthError::InvalidToken)?;
    Ok(Claims {
        place: Place::Header,
        access_key_id,
        scope,
        date,
        expires_seconds: None,
        signed_headers,
        signature,
        token: token.map(str::to_owned),
    })
}

/// Who a request says that it is from and how it says it was signed, for the text of a refusal:
/// nothing of it is proven. `None` when the request's claims cannot be read.
pub struct Claimed {
    /// The access key id.
    pub access_key_id: String,
    /// The region in its scope.
    pub region: String,
    /// The signature.
    pub signature: String,
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claimed({})", self.access_key_id.escape_debug())
    }
}

/// Reads the claims of a request once more, by the same parser.
pub fn claimed(request: &RequestView<'_>) -> Option<Claimed> {
    let query = parse_query(request.query)?;
    let claims = parse(request, &query, "").ok()?;
    Some(Claimed {
        access_key_id: claims.access_key_id,
        region: claims.scope.region().to_owned(),
        signature: claims.signature,
    })
}

/// The date that a header-signed request was signed at: `x-amz-date`, or a signed `Date`
/// (s3-behaviour.md 1).
fn header_date(
    request: &RequestView<'_>,
    signed_headers: &SignedHeaders,
) -> Result<RequestDate, AuthError> {
    let text = |name| {
        request
            .header(name)
            .and_then(|value| str::from_utf8(value).ok())
    };
    if request.header("x-amz-date").is_some() {
        // That it is signed is step 5, as for every x-amz-* header.
        return text("x-amz-date")
            .and_then(RequestDate::parse_iso)
            .ok_or(AuthError::MissingDate);
    }
    let date = text("date")
        .and_then(RequestDate::parse_any)
        .ok_or(AuthError::MissingDate)?;
    if signed_headers.contains("date") {
        Ok(date)
    } else {
        Err(AuthError::HeadersNotSigned {
            names: vec!["date".to_owned()],
        })
    }
}

fn from_query(query: &[QueryPair], region: &str) -> Result<Claims, AuthError> {
    let malformed = |reason| malformed(Place::Query, region, reason);
    let parameter = |name| query_parameter(query, name).map_err(malformed);
    if parameter("X-Amz-Algorithm")? != ALGORITHM {
        return Err(malformed(MalformedReason::Algorithm));
    }
    let credential = parameter("X-Amz-Credential")?;
    let date = parameter("X-Amz-Date")?;
    let expires = parameter("X-Amz-Expires")?;
    let signed_headers = parameter("X-Amz-SignedHeaders")?;
    let signature = parameter(SIGNATURE_PARAMETER)?.to_owned();
    let token = if has_token_parameter(query) {
        Some(parameter(TOKEN_PARAMETER)?.to_owned())
    } else {
        None
    };
    let (access_key_id, scope) = CredentialScope::parse(credential).map_err(malformed)?;
    let date =
        RequestDate::parse_iso(date).ok_or_else(|| malformed(MalformedReason::DateSyntax))?;
    let expires = parse_expires(expires).ok_or_else(|| malformed(MalformedReason::Expires))?;
    Ok(Claims {
        place: Place::Query,
        access_key_id,
        scope,
        date,
        expires_seconds: Some(expires),
        signed_headers: SignedHeaders::parse(signed_headers).map_err(malformed)?,
        signature,
        token,
    })
}

fn query_parameter<'a>(
    query: &'a [QueryPair],
    name: &'static str,
) -> Result<&'a str, MalformedReason> {
    let mut found = query
        .iter()
        .filter(|pair| pair.name.eq_ignore_ascii_case(name.as_bytes()));
    let pair = found.next().ok_or(MalformedReason::Missing(name))?;
    if found.next().is_some() {
        return Err(MalformedReason::Repeated(name));
    }
    if pair.name != name.as_bytes() {
        return Err(MalformedReason::Spelling(name));
    }
    str::from_utf8(&pair.value).map_err(|_utf8| MalformedReason::Syntax)
}

fn parse_expires(text: &str) -> Option<u64> {
    // `parse` alone would take a plus sign.
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let seconds = text.parse().ok().filter(|_| is_number)?;
    (seconds <= PRESIGNED_SECONDS_MAX).then_some(seconds)
}

/// The answer to a malformed form, which differs by where the form is.
pub(super) fn malformed(place: Place, region: &str, reason: MalformedReason) -> AuthError {
    let expected_region = region.to_owned();
    match place {
        Place::Header => AuthError::AuthorizationHeaderMalformed {
            reason,
            expected_region,
        },
        Place::Query => AuthError::AuthorizationQueryParametersError {
            reason,
            expected_region,
        },
    }
}
