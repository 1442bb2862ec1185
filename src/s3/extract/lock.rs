//! The headers of Object Lock (S3 API reference, PutObject, CopyObject, CreateMultipartUpload).
//!
//! Owns: what they may say. Not here: whether the bucket has Object Lock, whether a date has passed
//! (`gateway`), documents (`s3::xml::lock`).

use crate::auth::RequestView;
use crate::model::lock::{LockState, Retention, RetentionMode};
use crate::model::time::Timestamp;
use crate::s3::error::S3Error;
use crate::s3::extract::header::{flag, only};

/// The mode of a retention.
pub const MODE_HEADER: &str = "x-amz-object-lock-mode";
/// The date until which it holds.
pub const RETAIN_UNTIL_HEADER: &str = "x-amz-object-lock-retain-until-date";
/// The legal hold.
pub const LEGAL_HOLD_HEADER: &str = "x-amz-object-lock-legal-hold";
/// A caller that may bypass GOVERNANCE asks for it.
const BYPASS_HEADER: &str = "x-amz-bypass-governance-retention";
/// A bucket is created with Object Lock.
const BUCKET_HEADER: &str = "x-amz-bucket-object-lock-enabled";

/// The lock that a write asks for; `None` when it says nothing. A state without retention leaves
/// that to the bucket's default.
///
/// # Errors
/// `InvalidArgument`, `InvalidRequest`.
pub fn lock(request: &RequestView<'_>) -> Result<Option<LockState>, S3Error> {
    let mode = only(request, MODE_HEADER)?;
    let date = only(request, RETAIN_UNTIL_HEADER)?;
    let hold = only(request, LEGAL_HOLD_HEADER)?;
    let retention = match (mode, date) {
        (None, None) => None,
        (Some(mode), Some(date)) => Some(retention(mode, date)?),
        (Some(_), None) => return Err(half(RETAIN_UNTIL_HEADER)),
        (None, Some(_)) => return Err(half(MODE_HEADER)),
    };
    let legal_hold = match hold {
        None | Some("OFF") => false,
        Some("ON") => true,
        Some(other) => {
            let text = "Legal Hold must be either of 'ON' or 'OFF'";
            return Err(S3Error::argument(LEGAL_HOLD_HEADER, other, text));
        }
    };
    let is_asked = retention.is_some() || hold.is_some();
    Ok(is_asked.then_some(LockState {
        retention,
        legal_hold,
    }))
}

fn retention(mode: &str, date: &str) -> Result<Retention, S3Error> {
    let mode = RetentionMode::parse(mode)
        .ok_or_else(|| S3Error::argument(MODE_HEADER, mode, "Unknown wormMode directive."))?;
    let retain_until = Timestamp::parse_iso8601(date).ok_or_else(|| {
        let text = "The retain until date must be provided in ISO 8601 format";
        S3Error::argument(RETAIN_UNTIL_HEADER, date, text)
    })?;
    Ok(Retention { mode, retain_until })
}

fn half(missing: &str) -> S3Error {
    let text = format!("{RETAIN_UNTIL_HEADER} and {MODE_HEADER} must both be supplied");
    S3Error::argument(missing, "", &text)
}

/// Whether the caller asks for GOVERNANCE to be bypassed. That it may is another permission.
///
/// # Errors
/// `InvalidArgument`, `InvalidRequest`.
pub fn bypass_governance(request: &RequestView<'_>) -> Result<bool, S3Error> {
    flag(request, BYPASS_HEADER)
}

/// Whether the bucket is to be created with Object Lock.
///
/// # Errors
/// `InvalidArgument`, `InvalidRequest`.
pub fn bucket_object_lock(request: &RequestView<'_>) -> Result<bool, S3Error> {
    flag(request, BUCKET_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::error::S3ErrorCode;

    const DATE: &str = "2140-01-01T00:00:00Z";

    fn with<T>(
        headers: &[(&str, &[u8])],
        read: impl Fn(&RequestView<'_>) -> Result<T, S3Error>,
    ) -> Result<T, (S3ErrorCode, Option<String>)> {
        let request = RequestView {
            method: "PUT",
            path: "/bucket/key",
            query: "",
            headers: headers.to_vec(),
            secure: true,
        };
        read(&request).map_err(|error| {
            let mut extra = error.extra().iter();
            let named = extra.find(|(element, _)| *element == "ArgumentName");
            (error.code(), named.map(|(_, name)| name.clone()))
        })
    }

    fn text(
        headers: &[(&'static str, &'static str)],
    ) -> Result<Option<LockState>, (S3ErrorCode, Option<String>)> {
        let bytes = |(name, value): &(&'static str, &'static str)| (*name, value.as_bytes());
        let headers: Vec<_> = headers.iter().map(bytes).collect();
        with(&headers, lock)
    }

    #[test]
    fn lock_headers_are_read() {
        assert_eq!(text(&[]), Ok(None));
        let retain_until = Timestamp::from_millis(5_364_662_400_000);
        for mode in [RetentionMode::Compliance, RetentionMode::Governance] {
            let state = LockState {
                retention: Some(Retention { mode, retain_until }),
                legal_hold: true,
            };
            let headers = [
                (RETAIN_UNTIL_HEADER, DATE),
                (LEGAL_HOLD_HEADER, "ON"),
                (MODE_HEADER, mode.name()),
            ];
            assert_eq!(text(&headers), Ok(Some(state)));
        }
        let off = text(&[(LEGAL_HOLD_HEADER, "OFF")]);
        assert_eq!(off, Ok(Some(LockState::default())));
    }

    #[test]
    fn lock_headers_that_say_half_or_nonsense_are_refused_by_name() {
        for (headers, name) in [
            (vec![(MODE_HEADER, "COMPLIANCE")], RETAIN_UNTIL_HEADER),
            (vec![(RETAIN_UNTIL_HEADER, DATE)], MODE_HEADER),
            (
                vec![(MODE_HEADER, "compliance"), (RETAIN_UNTIL_HEADER, DATE)],
                MODE_HEADER,
            ),
            (
                vec![(MODE_HEADER, ""), (RETAIN_UNTIL_HEADER, DATE)],
                MODE_HEADER,
            ),
            (
                vec![(MODE_HEADER, "GOVERNANCE"), (RETAIN_UNTIL_HEADER, "soon")],
                RETAIN_UNTIL_HEADER,
            ),
            (vec![(LEGAL_HOLD_HEADER, "on")], LEGAL_HOLD_HEADER),
            (vec![(LEGAL_HOLD_HEADER, "")], LEGAL_HOLD_HEADER),
        ] {
            let refusal = (S3ErrorCode::InvalidArgument, Some(name.to_owned()));
            assert_eq!(text(&headers), Err(refusal), "{headers:?}");
        }
    }

    #[test]
    fn lock_headers_in_two_values_or_other_bytes_are_refused() {
        let twice = [
            (LEGAL_HOLD_HEADER, b"OFF".as_slice()),
            (LEGAL_HOLD_HEADER, b"ON"),
        ];
        assert_eq!(with(&twice, lock), Err((S3ErrorCode::InvalidRequest, None)));
        for name in [LEGAL_HOLD_HEADER, MODE_HEADER, RETAIN_UNTIL_HEADER] {
            let refusal = (S3ErrorCode::InvalidArgument, Some(name.to_owned()));
            assert_eq!(with(&[(name, b"\xff")], lock), Err(refusal));
        }
    }

    #[test]
    fn flags_are_true_or_false() {
        for (header, read) in [
            (
                BYPASS_HEADER,
                bypass_governance as fn(&RequestView<'_>) -> _,
            ),
            (BUCKET_HEADER, bucket_object_lock),
        ] {
            let value = |value: &'static [u8]| with(&[(header, value)], read);
            assert_eq!(with(&[], read), Ok(false));
            assert_eq!((value(b"true"), value(b"True")), (Ok(true), Ok(true)));
            assert_eq!(value(b"false"), Ok(false));
            for bad in [b"".as_slice(), b"1", b"yes", b"true, true", b"\xff"] {
                let refusal = (S3ErrorCode::InvalidArgument, Some(header.to_owned()));
                assert_eq!(with(&[(header, bad)], read), Err(refusal));
            }
            let twice = with(&[(header, b"false"), (header, b"true")], read);
            assert_eq!(twice, Err((S3ErrorCode::InvalidRequest, None)));
        }
    }
}
