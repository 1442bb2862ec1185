//! `x-amz-tagging` and its directive (s3-behaviour.md 79).
//!
//! Owns: the tags in the header. Not here: what a tag may be (`model::tags`), documents
//! (`s3::xml::tagging`).

use crate::auth::{RequestView, parse_query};
use crate::model::tags::{InvalidTags, OBJECT_TAGS_MAX, TagSet};
use crate::s3::error::S3Error;
use crate::s3::extract::header::only;

/// Tags, encoded as the query of a URL.
const HEADER: &str = "x-amz-tagging";
/// Whether a copy has its source's tags or those of the request.
const DIRECTIVE_HEADER: &str = "x-amz-tagging-directive";

/// The tags that a write asks for, none without the header.
///
/// # Errors
/// `InvalidTag`; `InvalidArgument` for text that is no list of different tags.
pub fn tags(request: &RequestView<'_>) -> Result<TagSet, S3Error> {
    let Some(text) = only(request, HEADER)? else {
        return Ok(TagSet::default());
    };
    let pairs = pairs(text).ok_or_else(|| malformed(text))?;
    TagSet::new(pairs, OBJECT_TAGS_MAX).map_err(|error| match error {
        InvalidTags::Duplicate => malformed(text),
        InvalidTags::Name | InvalidTags::TooMany { .. } | InvalidTags::Value => error.into(),
    })
}

/// The tags that a copy asks for; `None` for those of its source. Without the directive, or with
/// COPY, AWS does not look at the request's tags.
///
/// # Errors
/// As `tags`; `InvalidArgument` for another directive.
pub fn tags_of_copy(request: &RequestView<'_>) -> Result<Option<TagSet>, S3Error> {
    match only(request, DIRECTIVE_HEADER)? {
        None | Some("COPY") => Ok(None),
        Some("REPLACE") => tags(request).map(Some),
        Some(other) => {
            let text = "Unknown tagging directive.";
            Err(S3Error::argument(DIRECTIVE_HEADER, other, text))
        }
    }
}

fn pairs(text: &str) -> Option<Vec<(String, String)>> {
    let own = |pair: crate::auth::QueryPair| {
        let name = String::from_utf8(pair.name).ok()?;
        Some((name, String::from_utf8(pair.value).ok()?))
    };
    parse_query(text)?.into_iter().map(own).collect()
}

fn malformed(text: &str) -> S3Error {
    let message = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
    S3Error::argument(HEADER, text, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::error::S3ErrorCode;

    fn with<T>(
        headers: &[(&str, &[u8])],
        read: impl Fn(&RequestView<'_>) -> Result<T, S3Error>,
    ) -> Result<T, S3ErrorCode> {
        let request = RequestView {
            method: "PUT",
            path: "/bucket/key",
            query: "",
            headers: headers.to_vec(),
            secure: true,
        };
        read(&request).map_err(|error| error.code())
    }

    fn set(pairs: &[(&str, &str)]) -> TagSet {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        TagSet::new(pairs.iter().map(own).collect(), OBJECT_TAGS_MAX).unwrap()
    }

    #[test]
    fn point_79_tags_of_the_header_are_decoded_once() {
        for (text, expected) in [
            ("", set(&[])),
            ("&", set(&[])),
            ("a=1&b", set(&[("a", "1"), ("b", "")])),
            ("b=&a=1=2", set(&[("a", "1=2"), ("b", "")])),
            ("x+y=a%2Bb%20c", set(&[("x y", "a+b c")])),
            ("%C5%BEup=%C5%BE", set(&[("\u{17e}up", "\u{17e}")])),
            ("\u{17e}=1", set(&[("\u{17e}", "1")])),
            ("a=b%3D%2F%3A%40", set(&[("a", "b=/:@")])),
        ] {
            let read = with(&[(HEADER, text.as_bytes())], tags);
            assert_eq!(read, Ok(expected), "{text}");
        }
        assert_eq!(with(&[], tags), Ok(TagSet::default()));
    }

    #[test]
    fn point_79_text_that_is_no_tags_is_refused() {
        let many: Vec<String> = (0..11).map(|n| format!("t{n}=v")).collect();
        let value = format!("a={}", "v".repeat(257));
        let name = format!("{}=a", "n".repeat(129));
        for (text, code) in [
            (b"a=%zz".as_slice(), S3ErrorCode::InvalidArgument),
            (b"a=%2", S3ErrorCode::InvalidArgument),
            (b"a=%FF", S3ErrorCode::InvalidArgument),
            (b"a=\xff", S3ErrorCode::InvalidArgument),
            (b"a=1&a=2", S3ErrorCode::InvalidArgument),
            (b"a=1&%61=1", S3ErrorCode::InvalidArgument),
            (b"=v", S3ErrorCode::InvalidTag),
            (b"a=b%00", S3ErrorCode::InvalidTag),
            (b"a=%2525", S3ErrorCode::InvalidTag),
            (b"aws:a=b", S3ErrorCode::InvalidTag),
            (many.join("&").as_bytes(), S3ErrorCode::InvalidTag),
            (value.as_bytes(), S3ErrorCode::InvalidTag),
            (name.as_bytes(), S3ErrorCode::InvalidTag),
        ] {
            let read = with(&[(HEADER, text)], tags);
            assert_eq!(read, Err(code), "{}", text.escape_ascii());
        }
        let twice = with(&[(HEADER, b"a=1"), (HEADER, b"b=2")], tags);
        assert_eq!(twice, Err(S3ErrorCode::InvalidRequest));
    }

    #[test]
    fn copy_has_the_tags_that_its_directive_says() {
        let tags = (HEADER, b"a=1".as_slice());
        let directive = |text: &'static [u8]| (DIRECTIVE_HEADER, text);
        let of_copy = |headers: &[(&str, &[u8])]| with(headers, tags_of_copy);
        assert_eq!(of_copy(&[tags]), Ok(None));
        assert_eq!(of_copy(&[tags, directive(b"COPY")]), Ok(None));
        let replaced = of_copy(&[tags, directive(b"REPLACE")]);
        assert_eq!(replaced, Ok(Some(set(&[("a", "1")]))));
        assert_eq!(of_copy(&[directive(b"REPLACE")]), Ok(Some(set(&[]))));
        for bad in [b"replace".as_slice(), b"", b"\xff", b"COPY,REPLACE"] {
            let read = of_copy(&[tags, directive(bad)]);
            assert_eq!(read, Err(S3ErrorCode::InvalidArgument));
        }
        let twice = of_copy(&[directive(b"COPY"), directive(b"REPLACE")]);
        assert_eq!(twice, Err(S3ErrorCode::InvalidRequest));
    }
}
