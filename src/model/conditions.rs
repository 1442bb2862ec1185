//! Conditional requests.
//!
//! Owns: the read conditions (RFC 9110, 13; S3 GetObject) and the two write conditions (S3
//! conditional writes), as pure functions of an ETag and a time. Not here: evaluating a write
//! condition at the moment of commit (`catalog::objects`).

use crate::model::etag::ETag;
use crate::model::time::Timestamp;

/// A list of ETags or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ETagMatch {
    /// `*`: anything that exists.
    Any,
    /// Any of these. Unparsable entries are left out: they match nothing.
    Of(Vec<ETag>),
}

impl ETagMatch {
    /// Parses `If-Match` or `If-None-Match`. A `*` among others is all that counts.
    pub fn parse(header: &str) -> Self {
        if header.split(',').any(|entry| entry.trim() == "*") {
            return Self::Any;
        }
        Self::Of(header.split(',').filter_map(ETag::parse).collect())
    }

    /// Whether an existing object with this ETag is meant.
    pub fn matches(&self, etag: &ETag) -> bool {
        match self {
            Self::Any => true,
            Self::Of(etags) => etags.contains(etag),
        }
    }
}

/// How a read goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    /// Send the object.
    Proceed,
    /// 304.
    NotModified,
    /// 412.
    PreconditionFailed,
}

/// Conditions of GET, HEAD and of a copy's source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadConditions {
    /// `If-Match`
    pub if_match: Option<ETagMatch>,
    /// `If-None-Match`
    pub if_none_match: Option<ETagMatch>,
    /// `If-Modified-Since`
    pub if_modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`
    pub if_unmodified_since: Option<Timestamp>,
}

impl ReadConditions {
    /// Evaluates in the order of RFC 9110, 13.2.2: a match on `If-Match` silences
    /// `If-Unmodified-Since`, a present `If-None-Match` silences `If-Modified-Since`.
    pub fn evaluate(&self, etag: &ETag, last_modified: Timestamp) -> ReadOutcome {
        let modified_since = |since: &Timestamp| last_modified.seconds() > since.seconds();
        match (&self.if_match, &self.if_unmodified_since) {
            (Some(wanted), _) if !wanted.matches(etag) => return ReadOutcome::PreconditionFailed,
            (None, Some(since)) if modified_since(since) => return ReadOutcome::PreconditionFailed,
            _ => {}
        }
        match (&self.if_none_match, &self.if_modified_since) {
            (Some(unwanted), _) if unwanted.matches(etag) => ReadOutcome::NotModified,
            (None, Some(since)) if !modified_since(since) => ReadOutcome::NotModified,
            _ => ReadOutcome::Proceed,
        }
    }
}

/// `If-Range` (RFC 9110, 13.1.5): a range is sent only of the object that the client has the
/// beginning of. Otherwise it gets the whole object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeCondition {
    /// The object with this ETag.
    ETag(ETag),
    /// The object that was last modified in exactly this second.
    LastModified(Timestamp),
    /// No object: a weak ETag, or what is neither an ETag nor a date.
    Never,
}

impl RangeCondition {
    /// Parses the header.
    pub fn parse(header: &str) -> Self {
        if header.trim().starts_with("W/") {
            return Self::Never;
        }
        let time = || Timestamp::parse_http(header).map(Self::LastModified);
        let etag = ETag::parse(header).map(Self::ETag);
        etag.or_else(time).unwrap_or(Self::Never)
    }

    /// Whether the range is of this object.
    pub fn holds(&self, etag: &ETag, last_modified: Timestamp) -> bool {
        match self {
            Self::ETag(wanted) => wanted == etag,
            Self::LastModified(time) => time.seconds() == last_modified.seconds(),
            Self::Never => false,
        }
    }
}

/// How a write goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// Write.
    Proceed,
    /// 404: `If-Match` on something that does not exist.
    Absent,
    /// 412.
    PreconditionFailed,
}

/// Conditions of PUT, CompleteMultipartUpload, copy destinations and DELETE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteConditions {
    /// `If-Match`
    pub if_match: Option<ETagMatch>,
    /// `If-None-Match`
    pub if_none_match: Option<ETagMatch>,
}

impl WriteConditions {
    /// Whether there is nothing to evaluate.
    pub fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    /// Evaluates against the current object, if there is one (s3-behaviour.md 34).
    pub fn evaluate(&self, current: Option<&ETag>) -> WriteOutcome {
        match (&self.if_match, current) {
            (Some(_), None) => return WriteOutcome::Absent,
            (Some(wanted), Some(etag)) if !wanted.matches(etag) => {
                return WriteOutcome::PreconditionFailed;
            }
            _ => {}
        }
        match (&self.if_none_match, current) {
            (Some(unwanted), Some(etag)) if unwanted.matches(etag) => {
                WriteOutcome::PreconditionFailed
            }
            _ => WriteOutcome::Proceed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: ETag = ETag::single([1; 16]);
    const OTHER: ETag = ETag::single([2; 16]);

    #[test]
    fn read_conditions_combine_as_rfc_9110_orders() {
        let at = Timestamp::from_millis(10_500);
        let read =
            |m: Option<ETag>, n: Option<ETag>, modified: Option<u64>, unmodified: Option<u64>| {
                let of = |etag: Option<ETag>| etag.map(|e| ETagMatch::Of(vec![e]));
                ReadConditions {
                    if_match: of(m),
                    if_none_match: of(n),
                    if_modified_since: modified.map(|s| Timestamp::from_millis(s * 1000)),
                    if_unmodified_since: unmodified.map(|s| Timestamp::from_millis(s * 1000)),
                }
                .evaluate(&ETAG, at)
            };
        assert_eq!(read(None, None, None, None), ReadOutcome::Proceed);
        assert_eq!(
            read(Some(OTHER), None, None, None),
            ReadOutcome::PreconditionFailed
        );
        assert_eq!(read(Some(ETAG), None, None, Some(1)), ReadOutcome::Proceed);
        assert_eq!(
            read(None, None, None, Some(1)),
            ReadOutcome::PreconditionFailed
        );
        assert_eq!(read(None, None, None, Some(10)), ReadOutcome::Proceed);
        assert_eq!(read(None, Some(ETAG), None, None), ReadOutcome::NotModified);
        assert_eq!(
            read(None, Some(OTHER), Some(20), None),
            ReadOutcome::Proceed
        );
        assert_eq!(read(None, None, Some(10), None), ReadOutcome::NotModified);
        assert_eq!(read(None, None, Some(9), None), ReadOutcome::Proceed);
    }

    #[test]
    fn write_conditions_follow_point_34() {
        let of = |etag| Some(ETagMatch::Of(vec![etag]));
        let write = |if_match, if_none_match, current: Option<&ETag>| {
            WriteConditions {
                if_match,
                if_none_match,
            }
            .evaluate(current)
        };
        assert_eq!(write(of(ETAG), None, Some(&ETAG)), WriteOutcome::Proceed);
        assert_eq!(
            write(of(OTHER), None, Some(&ETAG)),
            WriteOutcome::PreconditionFailed
        );
        assert_eq!(write(of(OTHER), None, None), WriteOutcome::Absent);
        assert_eq!(
            write(Some(ETagMatch::Any), None, Some(&ETAG)),
            WriteOutcome::Proceed
        );
        assert_eq!(
            write(None, Some(ETagMatch::Any), Some(&ETAG)),
            WriteOutcome::PreconditionFailed
        );
        assert_eq!(
            write(None, Some(ETagMatch::Any), None),
            WriteOutcome::Proceed
        );
        assert_eq!(write(None, of(OTHER), Some(&ETAG)), WriteOutcome::Proceed);
    }
}
