//! The fields of a form, and what of them an upload by PUT has in its headers.
//!
//! Owns: `Fields`: each name once, `${filename}` filled in; which fields become headers.
//! Not here: how they came (`body`), what headers say (`s3::extract`).
//!
//! Source: S3 API reference, "HTML form fields".

use crate::auth::{FormSignature, RequestView};
use crate::base::limits::FORM_FIELDS_LEN_MAX;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::metadata::USER_METADATA_PREFIX;

/// What stands for the name of the file in any field.
const FILENAME: &str = "${filename}";
/// Fields that are headers of a PUT by the same name.
const HEADER_FIELDS: [&str; 11] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
];
/// Headers of other requests, whose meaning a form does not have: it has a field of its own for it,
/// or there is nothing in it that they could be about.
const FOREIGN_FIELDS: [&str; 4] = [
    "x-amz-content-sha256",
    "x-amz-decoded-content-length",
    "x-amz-tagging",
    "x-amz-trailer",
];
const FOREIGN_PREFIX: &str = "x-amz-copy-source";
/// Headers of the request itself that policies and the guard look at: none of them is about the
/// object.
const REQUEST_HEADERS: [&str; 4] = [
    "host",
    "referer",
    "user-agent",
    "x-amz-expected-bucket-owner",
];
/// Headers that are not looked at, and that a client adds to any request.
const IDLE_HEADERS: [&str; 4] = [
    "x-amz-bypass-governance-retention",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-user-agent",
];
/// Headers of HTTP on which it depends whether something is done.
const CONDITIONS: [&str; 4] = [
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
];
/// Names that may repeat, their values then joined by commas, as AWS joins them.
const LIST_PREFIXES: [&str; 2] = [USER_METADATA_PREFIX, "x-ignore-"];

/// The fields ahead of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Names in lower case.
    pairs: Vec<(String, String)>,
}

impl Fields {
    /// Takes the fields as they came, with the name of the file.
    ///
    /// # Errors
    /// `InvalidArgument` for a value that is not UTF-8; `InvalidRequest` for a name that repeats;
    /// `MaxPostPreDataLengthExceeded` when the name of the file makes them too long.
    pub fn new(raw: Vec<(String, Vec<u8>)>, filename: Option<&str>) -> Result<Self, S3Error> {
        let filename = filename.map(base_name).unwrap_or_default();
        let mut fields = Self::default();
        let mut len = 0_usize;
        for (name, value) in raw {
            let value = String::from_utf8(value)
                .map_err(|_utf8| S3Error::argument(&name, "", "The field is not UTF-8."))?;
            let growth = value
                .matches(FILENAME)
                .count()
                .saturating_mul(filename.len());
            len = len.saturating_add(value.len()).saturating_add(growth);
            if len > FORM_FIELDS_LEN_MAX {
                return Err(too_long());
            }
            fields.add(name, &value.replace(FILENAME, filename))?;
        }
        Ok(fields)
    }

    fn add(&mut self, name: String, value: &str) -> Result<(), S3Error> {
        let Some((_, known)) = self.pairs.iter_mut().find(|(own, _)| *own == name) else {
            self.pairs.push((name, value.to_owned()));
            return Ok(());
        };
        let mut lists = LIST_PREFIXES.iter();
        if !lists.any(|prefix| name.starts_with(prefix)) {
            let text = format!("The field {name} must not occur more than once.");
            return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text));
        }
        known.push(',');
        known.push_str(value);
        Ok(())
    }

    /// The value of a field, by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let found = pairs.find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(name, _)| name.as_str())
    }

    /// The request as an upload of the object has it, its headers taken from the fields. Of the
    /// request's own headers only those are left that say nothing about the object: nobody has
    /// signed them.
    ///
    /// # Errors
    /// `InvalidArgument` for a field that can be no header.
    pub fn view<'a>(&'a self, request: &RequestView<'a>) -> Result<RequestView<'a>, S3Error> {
        let mut headers: Vec<(&str, &[u8])> = Vec::new();
        for (name, value) in &self.pairs {
            if let Some(header) = header_of(name)? {
                as_header(name, value)?;
                headers.push((header, value.as_bytes()));
            }
        }
        // Behind the fields: where both are there, what was signed is what counts.
        let kept = request.headers.iter().copied();
        headers.extend(kept.filter(|(name, _)| REQUEST_HEADERS.contains(name)));
        Ok(RequestView {
            method: request.method,
            path: request.path,
            query: "",
            headers,
            secure: request.secure,
        })
    }
}

/// The header that a field is, if it is one.
fn header_of(name: &str) -> Result<Option<&str>, S3Error> {
    if name == "acl" {
        return Ok(Some("x-amz-acl"));
    }
    if FOREIGN_FIELDS.contains(&name) || name.starts_with(FOREIGN_PREFIX) {
        let text = "A form does not have this field.";
        return Err(S3Error::argument(name, "", text));
    }
    let is_own = name.starts_with("x-amz-") && !FormSignature::has(name);
    Ok((is_own || HEADER_FIELDS.contains(&name)).then_some(name))
}

/// A line break in a form's field must not become one in an answer's head (attacks.md 52).
fn as_header(name: &str, value: &str) -> Result<(), S3Error> {
    let is_value = value.chars().all(|c| c == '\t' || !c.is_ascii_control());
    let is_name = name
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    if is_value && is_name {
        return Ok(());
    }
    let text = "The field holds characters that no header can have.";
    Err(S3Error::argument(name, "", text))
}

/// Refuses headers that ask for something which a form asks for by its fields: whoever added them
/// has not signed them, and to do without would be a wrong success.
///
/// # Errors
/// `InvalidRequest`, as AWS has it.
pub fn refuse_headers(request: &RequestView<'_>) -> Result<(), S3Error> {
    let is_idle = |name: &str| IDLE_HEADERS.contains(&name) || REQUEST_HEADERS.contains(&name);
    let asks = |name: &str| name.starts_with("x-amz-") || CONDITIONS.contains(&name);
    let mut names = request.headers.iter().map(|(name, _)| *name);
    match names.find(|name| asks(name) && !is_idle(name)) {
        None => Ok(()),
        Some(name) => {
            let text = "Conflicting values provided in HTTP headers and POST form fields.";
            let error = S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned());
            Err(error.with("Header", name.to_owned()))
        }
    }
}

/// The form is longer ahead of its file than S3 takes one.
pub fn too_long() -> S3Error {
    S3Error::new(S3ErrorCode::MaxPostPreDataLengthExceeded)
        .with("MaxPostPreDataLengthBytes", FORM_FIELDS_LEN_MAX.to_string())
        .close()
}

/// The name of a file without the folders that some browsers send.
fn base_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}
