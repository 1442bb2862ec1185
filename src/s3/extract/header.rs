//! Headers that have one value.
//!
//! Owns: refusing what could be read in two ways. Not here: lists (`conditions`), metadata.

use crate::auth::RequestView;
use crate::s3::error::{S3Error, S3ErrorCode};

/// The only value of a header. For those that change what is kept or destroyed: of two values the
/// client may mean the other one, and so may a proxy before us.
///
/// # Errors
/// `InvalidRequest` when the header is there twice, `InvalidArgument` when it is not UTF-8.
pub fn only<'a>(request: &RequestView<'a>, name: &str) -> Result<Option<&'a str>, S3Error> {
    if request.header_values(name).nth(1).is_some() {
        let text = format!("The header {name} must not occur more than once.");
        return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text));
    }
    let text = request.header(name).map(std::str::from_utf8).transpose();
    text.map_err(|_utf8| S3Error::argument(name, "", "The value of the header is not UTF-8."))
}

/// A header that says `true` or `false`, `false` without it.
///
/// # Errors
/// As `only`; `InvalidArgument` for another value.
pub fn flag(request: &RequestView<'_>, name: &str) -> Result<bool, S3Error> {
    match only(request, name)? {
        None => Ok(false),
        Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(text) => {
            let message = "The value of the header must be true or false.";
            Err(S3Error::argument(name, text, message))
        }
    }
}
