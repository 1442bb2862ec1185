//! The headers of server-side encryption: what they may ask for where (s3-behaviour.md 92 to 96).
//!
//! Owns: refusing contradictions, and keys of the client or of a key service, which this server
//! does not take. Not here: what answers tell (`s3::handlers`), the sealing (`crypto`).

use crate::auth::RequestView;
use crate::model::encryption::{SSE_HEADER, SseAlgorithm};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Operation;

/// Headers of keys that a key service keeps.
const KEY_SERVICE: [&str; 2] = [
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-context",
];

/// Headers of keys that the client keeps, of the object and of a copy's source.
const CLIENT: [&str; 6] = [
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
];

/// Those of them that name an algorithm.
const CLIENT_ALGORITHMS: [&str; 2] = [
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
];

/// Judges the headers of a request.
///
/// # Errors
/// `InvalidArgument` for what AWS refuses, `NotImplemented` for what this server does not have.
pub fn judge(operation: Operation, request: &RequestView<'_>) -> Result<(), S3Error> {
    let first_of = |names: &'static [&'static str]| {
        let mut names = names.iter();
        names.find(|name| request.header(name).is_some()).copied()
    };
    let algorithm = request.header(SSE_HEADER).map(String::from_utf8_lossy);
    let (client, service) = (first_of(&CLIENT), first_of(&KEY_SERVICE));
    match (algorithm.as_deref(), client, service) {
        (None, None, None) => Ok(()),
        (Some(_), Some(name), _) | (None, Some(name), Some(_)) => Err(S3Error::argument(
            name,
            "",
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
        )),
        (None, Some(name), None) if names_unknown_algorithm(request) => Err(S3Error::argument(
            name,
            "",
            "The encryption method specified is not supported",
        )),
        (_, Some(name), _) => Err(missing(name)),
        // An upload's encryption is settled when it is created.
        _ if matches!(operation, Operation::UploadPart | Operation::UploadPartCopy) => Ok(()),
        (algorithm, None, _) if reads(operation) => Err(S3Error::argument(
            SSE_HEADER,
            algorithm.unwrap_or_default(),
            "x-amz-server-side-encryption header is not supported for this operation.",
        )),
        (Some("aws:kms" | "aws:kms:dsse"), None, _) => Err(missing(SSE_HEADER)),
        (Some(text), None, None) if SseAlgorithm::parse(text).is_some() => Ok(()),
        (Some(text), None, None) => Err(S3Error::argument(
            SSE_HEADER,
            text,
            "The encryption method specified is not supported",
        )),
        (_, None, Some(name)) => Err(S3Error::argument(
            name,
            "",
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
        )),
    }
}

/// Whether a key of the client's is for an algorithm that no server has.
fn names_unknown_algorithm(request: &RequestView<'_>) -> bool {
    CLIENT_ALGORITHMS
        .iter()
        .filter_map(|name| request.header(name))
        .any(|value| value != SseAlgorithm::Aes256.name().as_bytes())
}

const fn reads(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::GetObject | Operation::GetObjectAttributes | Operation::HeadObject
    )
}

fn missing(header: &str) -> S3Error {
    let text = "This server encrypts everything with keys of its own (AES256). Keys of the client and of a key service are not implemented yet.";
    S3Error::new(S3ErrorCode::NotImplemented)
        .message(text.to_owned())
        .with("Header", header.to_owned())
}
