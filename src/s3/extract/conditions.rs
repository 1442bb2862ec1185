//! Conditional headers.

use crate::auth::RequestView;
use crate::gateway::object::delete::DeleteConditions;
use crate::model::conditions::{ETagMatch, ReadConditions, WriteConditions};
use crate::model::time::Timestamp;
use crate::s3::error::S3Error;
use crate::s3::extract::number::byte_count;

/// A header as text. Bytes that are not UTF-8 read as empty, which is no digest, no owner and no
/// condition, so that a request that asks for something is never done as if it asked for nothing.
pub fn text<'a>(request: &RequestView<'a>, name: &str) -> Option<&'a str> {
    let value = request.header(name)?;
    Some(std::str::from_utf8(value).unwrap_or_default())
}

/// A header of ETags; repeated ones are one list (RFC 9110, 5.3).
fn etags(request: &RequestView<'_>, name: &str) -> Option<ETagMatch> {
    let values = request.header_values(name);
    let values: Vec<&str> = values
        .map(|value| std::str::from_utf8(value).unwrap_or_default())
        .collect();
    (!values.is_empty()).then(|| ETagMatch::parse(&values.join(",")))
}

/// Conditions of a read. `prefix` is empty, or `x-amz-copy-source-` for those on a copy's source.
/// Unreadable dates are ignored (RFC 9110, 13.1.3).
pub fn read(request: &RequestView<'_>, prefix: &str) -> ReadConditions {
    let value = |name: &str| text(request, &format!("{prefix}{name}"));
    ReadConditions {
        if_match: etags(request, &format!("{prefix}if-match")),
        if_none_match: etags(request, &format!("{prefix}if-none-match")),
        if_modified_since: value("if-modified-since").and_then(Timestamp::parse_http),
        if_unmodified_since: value("if-unmodified-since").and_then(Timestamp::parse_http),
    }
}

/// Conditions of a write.
pub fn write(request: &RequestView<'_>) -> WriteConditions {
    WriteConditions {
        if_match: etags(request, "if-match"),
        if_none_match: etags(request, "if-none-match"),
    }
}

/// Conditions of a deletion.
///
/// # Errors
/// `InvalidArgument` for a size or a time that does not parse: a condition that cannot be read must
/// not pass.
pub fn delete(request: &RequestView<'_>) -> Result<DeleteConditions, S3Error> {
    let size_header = "x-amz-if-match-size";
    let time_header = "x-amz-if-match-last-modified-time";
    let size = text(request, size_header);
    let time = text(request, time_header);
    let invalid =
        |name: &str, value: &str| S3Error::argument(name, value, "The value does not parse.");
    Ok(DeleteConditions {
        if_match: etags(request, "if-match"),
        size: size
            .map(|v| byte_count(v).ok_or_else(|| invalid(size_header, v)))
            .transpose()?,
        last_modified: time
            .map(|v| Timestamp::parse_http(v).ok_or_else(|| invalid(time_header, v)))
            .transpose()?,
    })
}
