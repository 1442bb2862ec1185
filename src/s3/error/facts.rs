//! What AWS repeats of a request in its refusal, code by code (S3 API reference, "Error
//! responses"): the name that does not exist, the range that was asked for, the key that signed.
//!
//! Owns: the elements that are read off the request. Not here: those that only the place of the
//! failure knows (`s3::error::map`, handlers).

use crate::auth::{RequestView, claimed};
use crate::base::encoding::uri_decode;
use crate::base::limits::OBJECT_KEY_LEN_MAX;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::copy_source::copy_source;
use crate::s3::route::{self, Target};

/// Headers whose condition fails with 412, those of a copy's source last.
const CONDITIONS: [(&str, &str); 7] = [
    ("if-match", "If-Match"),
    ("if-none-match", "If-None-Match"),
    ("if-unmodified-since", "If-Unmodified-Since"),
    ("x-amz-if-match-size", "x-amz-if-match-size"),
    ("x-amz-copy-source-if-match", "x-amz-copy-source-If-Match"),
    (
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-If-None-Match",
    ),
    (
        "x-amz-copy-source-if-unmodified-since",
        "x-amz-copy-source-If-Unmodified-Since",
    ),
];

/// Adds what the request itself says. What is there already stays.
pub fn complete(error: S3Error, view: &RequestView<'_>, domains: &[String]) -> S3Error {
    let request = Request { view, domains };
    let facts: Vec<(&'static str, Option<String>)> = match error.code() {
        S3ErrorCode::BadDigest if error.has("CalculatedDigest") => {
            vec![("ExpectedDigest", request.header("content-md5"))]
        }
        S3ErrorCode::BucketAlreadyExists
        | S3ErrorCode::BucketAlreadyOwnedByYou
        | S3ErrorCode::BucketNotEmpty
        | S3ErrorCode::InvalidBucketName
        | S3ErrorCode::NoSuchBucket
        | S3ErrorCode::NoSuchLifecycleConfiguration
        | S3ErrorCode::NoSuchTagSet
        | S3ErrorCode::ObjectLockConfigurationNotFoundError
        | S3ErrorCode::OwnershipControlsNotFoundError => {
            vec![("BucketName", request.bucket())]
        }
        S3ErrorCode::InvalidAccessKeyId => vec![("AWSAccessKeyId", request.access_key_id())],
        S3ErrorCode::InvalidArgument => vec![("ArgumentValue", request.argument(&error))],
        S3ErrorCode::InvalidDigest => vec![("Content-MD5", request.header("content-md5"))],
        S3ErrorCode::InvalidPart | S3ErrorCode::InvalidPartOrder | S3ErrorCode::NoSuchUpload => {
            vec![("UploadId", request.parameter("uploadId"))]
        }
        S3ErrorCode::InvalidRange => vec![("RangeRequested", request.range())],
        S3ErrorCode::InvalidStorageClass => {
            let class = request.header("x-amz-storage-class");
            vec![("StorageClassRequested", class)]
        }
        S3ErrorCode::InvalidURI => vec![("URI", Some(view.path.to_owned()))],
        S3ErrorCode::KeyTooLongError => vec![
            ("Size", request.too_long_key_len()),
            ("MaxSizeAllowed", Some(OBJECT_KEY_LEN_MAX.to_string())),
        ],
        S3ErrorCode::MethodNotAllowed => vec![
            ("Method", Some(view.method.to_owned())),
            ("ResourceType", request.resource_type()),
        ],
        S3ErrorCode::NoSuchKey | S3ErrorCode::NoSuchObjectLockConfiguration => {
            vec![("Key", request.object_key())]
        }
        S3ErrorCode::NoSuchVersion => vec![
            ("Key", request.object_key()),
            ("VersionId", request.parameter("versionId")),
        ],
        S3ErrorCode::PreconditionFailed => vec![("Condition", request.condition())],
        S3ErrorCode::SignatureDoesNotMatch => vec![
            ("AWSAccessKeyId", request.access_key_id()),
            ("SignatureProvided", request.signature()),
        ],
        S3ErrorCode::XAmzContentSHA256Mismatch => {
            let declared = request.header("x-amz-content-sha256");
            vec![("ClientComputedContentSHA256", declared)]
        }
        _ => Vec::new(),
    };
    let known = |(element, text): (&'static str, Option<String>)| Some((element, text?));
    facts
        .into_iter()
        .filter_map(known)
        .fold(error, |error, (element, text)| error.fill(element, text))
}

/// The request, asked for facts. A fact that it does not have, or that could be of another thing
/// than what failed, is left out.
struct Request<'a> {
    view: &'a RequestView<'a>,
    domains: &'a [String],
}

impl Request<'_> {
    fn target(&self) -> Option<Target> {
        route::target(self.view, self.domains).ok()
    }

    fn header(&self, name: &str) -> Option<String> {
        let value = self.view.header(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }

    fn parameter(&self, name: &str) -> Option<String> {
        let pairs = crate::auth::parse_query(self.view.query)?;
        let pair = pairs
            .into_iter()
            .find(|pair| pair.name == name.as_bytes())?;
        String::from_utf8(pair.value).ok()
    }

    /// The bucket of the target; for a copy between buckets it could be either.
    fn bucket(&self) -> Option<String> {
        let bucket = self.target()?.bucket?;
        let source = copy_source(self.view).ok();
        let is_only = source.is_none_or(|source| source.bucket.as_str() == bucket);
        is_only.then_some(bucket)
    }

    /// The object key of the target; of a copy it is the source that does not exist, unless the
    /// target has to.
    fn object_key(&self) -> Option<String> {
        if self.view.header("x-amz-copy-source").is_some() && self.view.header("if-match").is_none()
        {
            let source = copy_source(self.view).ok()?;
            return Some(source.object_key.as_str().to_owned());
        }
        Some(self.target()?.object_key?.as_str().to_owned())
    }

    /// Bytes of the key in the path, if that is the one that is too long.
    fn too_long_key_len(&self) -> Option<String> {
        let (bucket, raw_key) = route::split_path(self.view, self.domains)?;
        bucket?;
        let len = uri_decode(raw_key.as_bytes())?.len();
        (len > OBJECT_KEY_LEN_MAX).then(|| len.to_string())
    }

    fn resource_type(&self) -> Option<String> {
        let target = self.target()?;
        let name = match (target.bucket, target.object_key) {
            (None, _) => "SERVICE",
            (Some(_), None) => "BUCKET",
            (Some(_), Some(_)) => "OBJECT",
        };
        Some(name.to_owned())
    }

    fn range(&self) -> Option<String> {
        let range = self.header("x-amz-copy-source-range");
        range.or_else(|| self.header("range"))
    }

    /// The condition, when there is one only.
    fn condition(&self) -> Option<String> {
        let present = |(name, _): &&(&str, &str)| self.view.header(name).is_some();
        let mut present = CONDITIONS.iter().filter(present);
        match (present.next(), present.next()) {
            (Some((_, name)), None) => Some((*name).to_owned()),
            _ => None,
        }
    }

    /// The value of the argument that the error names, unless it is a secret of the client's.
    fn argument(&self, error: &S3Error) -> Option<String> {
        let mut extra = error.extra().iter();
        let (_, name) = extra.find(|(element, _)| *element == "ArgumentName")?;
        if name.contains("customer-key") {
            return None;
        }
        self.header(name).or_else(|| self.parameter(name))
    }

    fn access_key_id(&self) -> Option<String> {
        Some(claimed(self.view)?.access_key_id)
    }

    fn signature(&self) -> Option<String> {
        Some(claimed(self.view)?.signature)
    }
}
