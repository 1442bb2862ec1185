//! Continuation tokens of pages.
//!
//! Owns: their form. A token is the last name of the page before, in URL-safe Base64: opaque to
//! clients, and worthless to forge, since every name is authorized by what is listed alone.
//! Not here: markers, which are names as they are (`s3::handlers::listing`).

use crate::s3::error::S3Error;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The parameter that carries a token.
pub const PARAMETER: &str = "continuation-token";

/// The token of the page behind a name.
pub fn encode(last_name: &str) -> String {
    URL_SAFE_NO_PAD.encode(last_name)
}

/// The name that a page continues behind. An empty token is the beginning.
///
/// # Errors
/// `InvalidArgument` for a token that is none of ours.
pub fn resumed(token: Option<&str>) -> Result<Option<String>, S3Error> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(None);
    };
    let name = URL_SAFE_NO_PAD.decode(token).ok();
    let name = name.and_then(|name| String::from_utf8(name).ok());
    let name = name.ok_or_else(|| {
        let text = "The continuation token provided is incorrect";
        S3Error::argument(PARAMETER, token, text)
    })?;
    Ok(Some(name))
}
