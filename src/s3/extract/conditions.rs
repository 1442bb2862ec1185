//! Conditional headers.

use crate::auth::RequestView;
use crate::gateway::object::delete::DeleteConditions;
use crate::model::conditions::{ETagMatch, RangeCondition, ReadConditions, WriteConditions};
use crate::model::time::Timestamp;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::number::byte_count;
use crate::s3::operation::Operation;

/// Conditions of HTTP that S3 judges on reads only; the last one on writes too.
const JUDGED_ON_READS: [(&str, &str); 3] = [
    ("if-modified-since", "If-Modified-Since"),
    ("if-unmodified-since", "If-Unmodified-Since"),
    ("if-none-match", "If-None-Match"),
];

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

/// The condition on a range.
pub fn range(request: &RequestView<'_>) -> Option<RangeCondition> {
    text(request, "if-range").map(RangeCondition::parse)
}

/// Conditions of a write.
pub fn write(request: &RequestView<'_>) -> WriteConditions {
    WriteConditions {
        if_match: etags(request, "if-match"),
        if_none_match: etags(request, "if-none-match"),
    }
}

/// Refuses conditions of HTTP that this operation does not know: who sends one wants nothing to
/// happen when it fails.
///
/// # Errors
/// `NotImplemented`, AWS's answer to a header whose meaning it does not have.
pub fn refuse_unjudged(operation: Operation, request: &RequestView<'_>) -> Result<(), S3Error> {
    let unjudged = match operation {
        Operation::CompleteMultipartUpload
        | Operation::CopyObject
        | Operation::PostObject
        | Operation::PutObject => 2,
        Operation::DeleteObject => JUDGED_ON_READS.len(),
        _ => 0,
    };
    let mut unjudged = JUDGED_ON_READS.iter().take(unjudged);
    match unjudged.find(|(name, _)| request.header(name).is_some()) {
        None => Ok(()),
        Some((_, header)) => Err(S3Error::new(S3ErrorCode::NotImplemented)
            .message("A header you provided implies functionality that is not implemented".into())
            .with("Header", (*header).to_owned())),
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
