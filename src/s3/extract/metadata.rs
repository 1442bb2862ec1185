//! Content headers and user metadata of a write.

use crate::auth::RequestView;
use crate::model::metadata::{CONTENT_HEADERS, ObjectMetadata};
use crate::s3::error::{S3Error, S3ErrorCode};

/// Prefix of user metadata.
pub const USER_METADATA_PREFIX: &str = "x-amz-meta-";
/// What an object is when the client does not say (S3 API reference, PutObject).
const CONTENT_TYPE_DEFAULT: &str = "binary/octet-stream";

/// Reads the headers that are kept with the object.
///
/// # Errors
/// `MetadataTooLarge`; `InvalidArgument` for a value that is not UTF-8.
pub fn metadata(request: &RequestView<'_>) -> Result<ObjectMetadata, S3Error> {
    let mut metadata = ObjectMetadata::default();
    metadata.set_content_header("content-type", CONTENT_TYPE_DEFAULT);
    for (name, value) in &request.headers {
        let user_name = name.strip_prefix(USER_METADATA_PREFIX);
        if user_name.is_none() && !CONTENT_HEADERS.contains(name) {
            continue;
        }
        let value = std::str::from_utf8(value).map_err(|_utf8| {
            S3Error::argument(name, "", "The value of the header is not UTF-8.")
        })?;
        match (user_name, *name) {
            (Some(user_name), _) => metadata.add_user_metadata(user_name, value),
            (None, "content-encoding") => match without_aws_chunked(value) {
                None => {}
                Some(encoding) => metadata.set_content_header(name, &encoding),
            },
            // As a header that is not sent: nothing else would come back as an empty type.
            (None, _) if value.is_empty() => {}
            (None, _) => metadata.set_content_header(name, value),
        }
    }
    metadata.within_limit().map_err(|large| {
        S3Error::new(S3ErrorCode::MetadataTooLarge)
            .with("Size", large.len.to_string())
            .with(
                "MaxSizeAllowed",
                crate::base::limits::USER_METADATA_LEN_MAX.to_string(),
            )
    })
}

/// Content-Encoding without every `aws-chunked`, which is framing and not content (s3-behaviour.md
/// 7).
fn without_aws_chunked(value: &str) -> Option<String> {
    let kept = value
        .split(',')
        .map(str::trim)
        .filter(|token| !token.is_empty() && !token.eq_ignore_ascii_case("aws-chunked"))
        .collect::<Vec<_>>();
    (!kept.is_empty()).then(|| kept.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_encoding_loses_aws_chunked_only() {
        for (given, kept) in [
            ("aws-chunked", None),
            ("gzip,aws-chunked", Some("gzip")),
            ("aws-chunked, gzip", Some("gzip")),
            ("AWS-Chunked,aws-chunked", None),
            ("gzip, br", Some("gzip,br")),
        ] {
            assert_eq!(without_aws_chunked(given).as_deref(), kept, "{given}");
        }
    }
}
