//! Request headers that ask for something that this server does not do yet, and must not silently
//! ignore.

use crate::auth::RequestView;
use crate::gateway::BucketRecord;
use crate::model::tenant::CanonicalId;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::conditions::{self, text};
use crate::s3::extract::{acl, encryption};
use crate::s3::operation::Operation;

/// Headers whose meaning would be lost: answering 200 would be a wrong success.
const NOT_IMPLEMENTED: &[&str] = &[
    "x-amz-mfa",
    "x-amz-write-offset-bytes",
    "x-amz-meta-snowball-auto-extract",
];

/// Canned ACLs that change nothing when the bucket owner owns everything.
const ACL_WITHOUT_EFFECT: &[&str] = &["private", "bucket-owner-full-control"];

/// Refuses headers that this server would have to ignore.
///
/// # Errors
/// `NotImplemented`, `InvalidArgument`, `InvalidRedirectLocation`, `InvalidStorageClass`.
pub fn refuse_unsupported(operation: Operation, request: &RequestView<'_>) -> Result<(), S3Error> {
    encryption::judge(operation, request)?;
    conditions::refuse_unjudged(operation, request)?;
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value);
        if NOT_IMPLEMENTED.contains(name) {
            let text = format!("This server does not implement the header {name} yet.");
            return Err(S3Error::new(S3ErrorCode::NotImplemented)
                .message(text)
                .with("Header", (*name).to_owned()));
        }
        if *name == "x-amz-website-redirect-location" {
            return Err(website_redirect(&value));
        }
        if *name == "x-amz-storage-class" && value != "STANDARD" {
            return Err(S3Error::new(S3ErrorCode::InvalidStorageClass));
        }
    }
    Ok(())
}

/// Refuses lists where the bucket's owner owns everything (s3-behaviour.md 70).
///
/// # Errors
/// `AccessControlListNotSupported`.
pub fn refuse_acl(bucket: &BucketRecord, request: &RequestView<'_>) -> Result<(), S3Error> {
    if bucket.ownership.allows_acls() {
        return Ok(());
    }
    let is_refused = |(name, value): &(&str, &[u8])| {
        let mut harmless = ACL_WITHOUT_EFFECT.iter();
        let is_harmless = harmless.any(|own| own.as_bytes() == *value);
        *name == acl::HEADER && !is_harmless || name.starts_with("x-amz-grant-")
    };
    if request.headers.iter().any(is_refused) {
        return Err(S3Error::new(S3ErrorCode::AccessControlListNotSupported));
    }
    Ok(())
}

/// A script or another scheme is refused for good (attacks.md 54), the rest until there are
/// websites.
fn website_redirect(location: &str) -> S3Error {
    let is_local = location.starts_with('/') && !location.starts_with("//");
    if is_local || location.starts_with("http://") || location.starts_with("https://") {
        let name = "x-amz-website-redirect-location";
        let text = format!("This server does not implement the header {name} yet.");
        return S3Error::new(S3ErrorCode::NotImplemented)
            .message(text)
            .with("Header", name.to_owned());
    }
    S3Error::new(S3ErrorCode::InvalidRedirectLocation)
}

/// Checks `x-amz-expected-bucket-owner` against the owner's canonical id or tenant id.
///
/// # Errors
/// `AccessDenied` when the bucket is somebody else's.
pub fn expected_owner(
    request: &RequestView<'_>,
    header: &str,
    bucket: &BucketRecord,
    canonical_id: &str,
) -> Result<(), S3Error> {
    let Some(expected) = text(request, header) else {
        return Ok(());
    };
    let is_canonical = CanonicalId::parse(expected).is_ok_and(|id| id.as_str() == canonical_id);
    if is_canonical || bucket.tenant.to_string() == expected {
        Ok(())
    } else {
        Err(S3Error::new(S3ErrorCode::AccessDenied))
    }
}
