//! `x-amz-copy-source` and `x-amz-copy-source-range`.

use crate::auth::RequestView;
use crate::base::encoding::uri_decode;
use crate::model::bucket::BucketName;
use crate::model::object_key::ObjectKey;
use crate::model::range::ByteRange;
use crate::model::versioning::VersionSelector;
use crate::s3::error::S3Error;
use crate::s3::extract::version;
use std::ops::RangeInclusive;

/// What is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySource {
    /// Its bucket.
    pub bucket: BucketName,
    /// Its object key.
    pub object_key: ObjectKey,
    /// The version that is named, unread.
    version: Option<String>,
}

impl CopySource {
    /// The version that is named, as it was written.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The version that is named. To be asked when the caller is known to be allowed to read the
    /// source.
    ///
    /// # Errors
    /// `InvalidArgument` for what is no version id.
    pub fn selector(&self) -> Result<Option<VersionSelector>, S3Error> {
        self.version.as_deref().map(version::parse).transpose()
    }
}

const HEADER: &str = "x-amz-copy-source";
const RANGE_HEADER: &str = "x-amz-copy-source-range";

/// Reads the header: a leading slash is optional, escapes are decoded exactly once, and the version
/// is split off at the literal `?versionId=` before decoding (s3-behaviour.md 41).
///
/// # Errors
/// `InvalidArgument`.
pub fn copy_source(request: &RequestView<'_>) -> Result<CopySource, S3Error> {
    let raw = request.header(HEADER).unwrap_or_default();
    let invalid = || {
        let value = String::from_utf8_lossy(raw).into_owned();
        S3Error::argument(
            HEADER,
            &value,
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
        )
    };
    let text = std::str::from_utf8(raw).map_err(|_utf8| invalid())?;
    let (path, version) = match text.rsplit_once("?versionId=") {
        Some((path, version)) => (path, Some(version)),
        None => (text, None),
    };
    let decoded = uri_decode(path.as_bytes()).ok_or_else(invalid)?;
    let decoded = decoded.strip_prefix(b"/").unwrap_or(&decoded);
    let slash = decoded
        .iter()
        .position(|byte| *byte == b'/')
        .ok_or_else(invalid)?;
    let (bucket, rest) = decoded.split_at(slash);
    let bucket = std::str::from_utf8(bucket)
        .ok()
        .and_then(|name| BucketName::parse(name).ok());
    let object_key = ObjectKey::from_bytes(rest.get(1..).unwrap_or_default().to_vec());
    match (bucket, object_key) {
        (Some(bucket), Ok(object_key)) => Ok(CopySource {
            bucket,
            object_key,
            version: version.map(str::to_owned),
        }),
        _ => Err(invalid()),
    }
}

/// Reads `x-amz-copy-source-range`: first and last byte, both there (s3-behaviour.md 53).
///
/// # Errors
/// `InvalidArgument` for every other form.
pub fn copy_source_range(
    request: &RequestView<'_>,
) -> Result<Option<RangeInclusive<u64>>, S3Error> {
    let Some(value) = request.header(RANGE_HEADER) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(value);
    let text = text.as_ref();
    // `Range` may hold white space; this header may not.
    let parsed = Some(text).filter(|text| !text.contains(char::is_whitespace));
    match parsed.and_then(ByteRange::parse) {
        Some(ByteRange::Inclusive(first, last)) => Ok(Some(first..=last)),
        Some(ByteRange::From(_) | ByteRange::Suffix(_)) | None => Err(S3Error::argument(
            RANGE_HEADER,
            text,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::error::S3ErrorCode;

    #[test]
    fn copy_source_is_decoded_once_and_split_at_literal_version() {
        let parse = |value: &str| {
            let headers = vec![(HEADER, value.as_bytes())];
            let request = RequestView {
                method: "PUT",
                path: "/",
                query: "",
                headers,
                secure: false,
            };
            copy_source(&request)
                .and_then(|source| source.selector().map(|_| source))
                .map(|s| (s.bucket.to_string(), s.object_key.as_str().to_owned()))
                .map_err(|e| e.code())
        };
        let ok = |key: &str| Ok(("bucket".to_owned(), key.to_owned()));
        assert_eq!(parse("bucket/key"), ok("key"));
        assert_eq!(parse("/bucket/a%2525.txt"), ok("a%25.txt"));
        assert_eq!(parse("%2Fbucket%2Fkey"), ok("key"));
        assert_eq!(parse("bucket/foo%3Fbar"), ok("foo?bar"));
        assert_eq!(parse("bucket/foo?bar"), ok("foo?bar"));
        assert_eq!(
            parse("bucket/%3FversionId?versionId=null"),
            ok("?versionId")
        );
        assert_eq!(parse("bucket/a+b%20"), ok("a+b "));
        for bad in [
            "",
            "bucket",
            "bucket/",
            "/",
            "bucket/%zz",
            "b/key",
            "/a/../b/k",
            "bucket/key?versionId=",
            "bucket/key?versionId=abc",
        ] {
            assert_eq!(parse(bad), Err(S3ErrorCode::InvalidArgument), "{bad}");
        }
    }
}
