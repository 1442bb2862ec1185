//! Declared digests, checksum algorithms, and the framing of a body.

use crate::auth::{Payload, RequestView, Verified};
use crate::base::encoding::base64_decode;
use crate::base::limits::PUT_LEN_MAX;
use crate::gateway::digests::DeclaredDigests;
use crate::model::checksum::{Checksum, ChecksumAlgorithm, ChecksumType};
use crate::s3::body::aws_chunked::ChunkMode;
use crate::s3::body::bridge::Framing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::conditions::text;
use crate::s3::extract::number::byte_count;

/// Reads what the head declares about the body.
///
/// # Errors
/// As [`of_transfer`] and [`add_checksum`].
pub fn declared(request: &RequestView<'_>, payload: Payload) -> Result<DeclaredDigests, S3Error> {
    let mut declared = of_transfer(request, payload)?;
    add_checksum(&mut declared, request)?;
    Ok(declared)
}

/// Content-MD5 and the hash that is signed.
///
/// # Errors
/// `InvalidDigest` for a Content-MD5 that is no MD5.
pub fn of_transfer(
    request: &RequestView<'_>,
    payload: Payload,
) -> Result<DeclaredDigests, S3Error> {
    let md5 = match text(request, "content-md5") {
        None => None,
        Some(value) => {
            let bytes = base64_decode(value).and_then(|bytes| bytes.try_into().ok());
            Some(bytes.ok_or_else(|| S3Error::new(S3ErrorCode::InvalidDigest))?)
        }
    };
    let sha256 = match payload {
        Payload::Sha256(hash) => Some(hash),
        Payload::HashAbsent
        | Payload::StreamingSigned { .. }
        | Payload::StreamingUnsignedTrailer
        | Payload::Unsigned => None,
    };
    let len =
        text(request, "x-amz-decoded-content-length").or_else(|| text(request, "content-length"));
    Ok(DeclaredDigests {
        md5,
        sha256,
        len: len.and_then(byte_count),
        ..DeclaredDigests::default()
    })
}

/// Adds the checksum of a header or the algorithm of a trailer.
///
/// # Errors
/// `InvalidRequest` for a checksum header that does not parse, for two of them, or for an algorithm
/// that differs from the value's or the trailer's.
pub fn add_checksum(
    declared: &mut DeclaredDigests,
    request: &RequestView<'_>,
) -> Result<(), S3Error> {
    let checksum = checksum_header(request)?;
    let trailer = trailer_name(request)
        .as_deref()
        .and_then(ChecksumAlgorithm::from_header);
    if checksum.is_some() && trailer.is_some() {
        return Err(two_checksums());
    }
    let named = algorithm(request, "x-amz-sdk-checksum-algorithm")?;
    let checksum_algorithm = trailer.or_else(|| named.filter(|_| checksum.is_none()));
    let sent = checksum.as_ref().map(|checksum| checksum.algorithm);
    if let (Some(sent), Some(named)) = (sent.or(trailer), named)
        && sent != named
    {
        let text = "Value for x-amz-sdk-checksum-algorithm header is invalid.".to_owned();
        return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text));
    }
    declared.checksum = checksum;
    declared.checksum_algorithm = checksum_algorithm;
    Ok(())
}

fn two_checksums() -> S3Error {
    let text =
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
    S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned())
}

/// The one checksum header.
fn checksum_header(request: &RequestView<'_>) -> Result<Option<Checksum>, S3Error> {
    let mut found = None;
    for algorithm in ChecksumAlgorithm::ALL {
        let Some(value) = text(request, algorithm.header()) else {
            continue;
        };
        let invalid = |text: String| S3Error::new(S3ErrorCode::InvalidRequest).message(text);
        if found.is_some() {
            return Err(two_checksums());
        }
        let parsed = Checksum::parse(algorithm, value);
        found = Some(parsed.ok_or_else(|| {
            invalid(format!(
                "Value for {} header is invalid.",
                algorithm.header()
            ))
        })?);
    }
    Ok(found)
}

/// The checksum header of CompleteMultipartUpload, as text: composite values carry `-N`.
///
/// # Errors
/// `InvalidRequest` for two of them.
pub fn object_checksum(
    request: &RequestView<'_>,
) -> Result<Option<(ChecksumAlgorithm, String)>, S3Error> {
    let mut headers = ChecksumAlgorithm::ALL.into_iter().filter_map(|algorithm| {
        let value = text(request, algorithm.header())?;
        Some((algorithm, value.to_owned()))
    });
    let found = headers.next();
    match headers.next() {
        Some(_) => Err(two_checksums()),
        None => Ok(found),
    }
}

/// An algorithm named in a header.
///
/// # Errors
/// `InvalidRequest` for a name that is none.
pub fn algorithm(
    request: &RequestView<'_>,
    header: &str,
) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let Some(value) = text(request, header) else {
        return Ok(None);
    };
    let algorithm = ChecksumAlgorithm::parse(value).ok_or_else(|| {
        let text = format!("Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256] ({header})");
        S3Error::new(S3ErrorCode::InvalidRequest).message(text)
    })?;
    Ok(Some(algorithm))
}

/// Algorithm and type that an upload is created with.
///
/// # Errors
/// `InvalidRequest` for an unknown type, a type without algorithm, or one that the algorithm does
/// not allow.
pub fn upload_checksum(
    request: &RequestView<'_>,
) -> Result<Option<(ChecksumAlgorithm, ChecksumType)>, S3Error> {
    let algorithm = algorithm(request, "x-amz-checksum-algorithm")?;
    let declared_type = checksum_type(request)?;
    let invalid = |text: &str| S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned());
    match (algorithm, declared_type) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(invalid(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )),
        (Some(algorithm), None) => Ok(Some((algorithm, algorithm.default_multipart_type()))),
        (Some(algorithm), Some(declared)) if algorithm.allows(declared) => {
            Ok(Some((algorithm, declared)))
        }
        (Some(_), Some(_)) => Err(invalid(
            "The checksum type cannot be used with this checksum algorithm.",
        )),
    }
}

/// The declared checksum type.
///
/// # Errors
/// `InvalidRequest` for an unknown one.
pub fn checksum_type(request: &RequestView<'_>) -> Result<Option<ChecksumType>, S3Error> {
    let Some(value) = text(request, "x-amz-checksum-type") else {
        return Ok(None);
    };
    let parsed = ChecksumType::parse(value).ok_or_else(|| {
        let text = "Value for x-amz-checksum-type header is invalid.".to_owned();
        S3Error::new(S3ErrorCode::InvalidRequest).message(text)
    })?;
    Ok(Some(parsed))
}

fn trailer_name(request: &RequestView<'_>) -> Option<String> {
    text(request, "x-amz-trailer").map(|name| name.trim().to_ascii_lowercase())
}

/// The framing of a body, and a refusal of those that are too long or of unknown length.
///
/// # Errors
/// `MissingContentLength`, `EntityTooLarge`, `InvalidArgument`.
pub fn framing(request: &RequestView<'_>, verified: &mut Verified) -> Result<Framing, S3Error> {
    let number = |name: &str| -> Result<Option<u64>, S3Error> {
        let Some(value) = text(request, name) else {
            return Ok(None);
        };
        let parsed = byte_count(value)
            .ok_or_else(|| S3Error::argument(name, value, "The value is not a number of bytes."));
        parsed.map(Some)
    };
    let decoded_len = number("x-amz-decoded-content-length")?;
    let content_len = number("content-length")?;
    let is_chunked = request.header("transfer-encoding").is_some();
    let framing = Framing::of(
        verified.payload,
        ChunkMode {
            signed: verified.chunks.take(),
            trailer_expected: trailer_name(request),
            decoded_len,
        },
    );
    let len = match &framing {
        Framing::Plain => content_len,
        Framing::AwsChunked(_) => decoded_len,
    };
    let is_len_missing = match &framing {
        Framing::Plain => content_len.is_none() && !is_chunked,
        Framing::AwsChunked(_) => decoded_len.is_none(),
    };
    if is_len_missing {
        return Err(S3Error::new(S3ErrorCode::MissingContentLength).close());
    }
    match len {
        Some(len) if len > PUT_LEN_MAX => Err(S3Error::new(S3ErrorCode::EntityTooLarge)
            .with("ProposedSize", len.to_string())
            .with("MaxSizeAllowed", PUT_LEN_MAX.to_string())
            .close()),
        _ => Ok(framing),
    }
}
