//! Multipart uploads.

use crate::auth::RequestView;
use crate::base::limits::COMPLETE_BODY_LEN_MAX;
use crate::gateway::multipart::complete::{CompleteUpload, CompletedPart};
use crate::gateway::multipart::create::CreateUpload;
use crate::gateway::multipart::upload_part::UploadPart;
use crate::model::etag::ETag;
use crate::model::id::UploadId;
use crate::model::versioning::VersionSelector;
use crate::s3::body::bridge::{Framing, with_body};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::{conditions, digests, metadata, number, tagging, version};
use crate::s3::handlers::{Call, lifecycle};
use crate::s3::respond;
use crate::s3::xml::{requests, responses};
use actix_http::Payload;
use actix_web::HttpResponse;

/// The upload that a request names. An id that is none of ours names no upload.
///
/// # Errors
/// `NoSuchUpload`.
pub fn upload_id(call: &Call<'_>) -> Result<UploadId, S3Error> {
    let text = call.query.get("uploadId")?.unwrap_or_default();
    text.parse()
        .map_err(|_id| S3Error::new(S3ErrorCode::NoSuchUpload))
}

/// CreateMultipartUpload.
///
/// # Errors
/// The S3 answer.
pub async fn create(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let object_key = call.target.object_key()?;
    let checksum = digests::upload_checksum(call.view)?;
    let mut metadata = metadata::metadata(call.view)?;
    metadata.mark_encryption(call.asked_encryption(&bucket));
    let request = CreateUpload {
        object_key: object_key.clone(),
        metadata,
        tags: tagging::tags(call.view)?,
        lock: call.asked_lock(&bucket)?,
        acl: call.asked_acl(&bucket).await?,
        checksum,
    };
    let upload = call
        .state
        .gateway
        .create_upload(permit, &bucket, request)
        .await?;
    let body = responses::create_multipart_upload(
        bucket.name.as_str(),
        object_key.as_str(),
        &upload.to_string(),
    );
    let mut response = HttpResponse::Ok();
    response.insert_header(("content-type", "application/xml"));
    respond::encryption(&mut response, call.told_encryption(&bucket));
    if let Some((algorithm, checksum_type)) = checksum {
        response
            .insert_header(("x-amz-checksum-algorithm", algorithm.name()))
            .insert_header(("x-amz-checksum-type", checksum_type.name()));
    }
    Ok(response.body(body))
}

/// UploadPart.
///
/// # Errors
/// The S3 answer.
pub async fn upload_part(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let text = call.query.get("partNumber")?.unwrap_or_default();
    let request = UploadPart {
        object_key: call.target.object_key()?.clone(),
        upload: upload_id(call)?,
        part_number: number::part_number(text)?,
        declared: digests::declared(call.view, call.verified.payload)?,
    };
    let gateway = &call.state.gateway;
    let stored = with_body(payload, framing, &call.state.patience, |body| {
        gateway.upload_part(permit, &bucket, request, body)
    });
    let stored = stored.await?;
    let entry = stored.part.entry;
    let mut response = HttpResponse::Ok();
    response.insert_header(("etag", ETag::single(entry.md5).quoted()));
    let told = stored.encryption.or_else(|| call.told_encryption(&bucket));
    respond::encryption(&mut response, told);
    if let Some(checksum) = &entry.checksum {
        response.insert_header((checksum.algorithm.header(), checksum.to_base64()));
    }
    Ok(response.finish())
}

/// CompleteMultipartUpload.
///
/// # Errors
/// The S3 answer.
pub async fn complete(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let object_key = call.target.object_key()?;
    let upload = upload_id(call)?;
    let body = call.read_document(payload, framing, COMPLETE_BODY_LEN_MAX);
    let listed = requests::complete_multipart_upload(&body.await?)?;
    let parts = listed
        .into_iter()
        .map(|part| CompletedPart {
            part_number: part.part_number,
            etag: ETag::parse(&part.etag),
            checksums: part.checksums,
        })
        .collect();
    let size = conditions::text(call.view, "x-amz-mp-object-size");
    let size = size.map(|text| {
        text.parse().map_err(|_number| {
            S3Error::argument(
                "x-amz-mp-object-size",
                text,
                "The value is not a number of bytes.",
            )
        })
    });
    let request = CompleteUpload {
        object_key: object_key.clone(),
        upload,
        parts,
        conditions: conditions::write(call.view),
        checksum: digests::object_checksum(call.view)?,
        checksum_type: digests::checksum_type(call.view)?,
        size: size.transpose()?,
    };
    let finished = call
        .state
        .gateway
        .complete_upload(permit, &bucket, &request)
        .await?;
    let name = bucket.name.as_str();
    let target = (name, object_key.as_str());
    let (location, checksum) = (location(call.view), finished.checksum.as_ref());
    let body = responses::complete_multipart_upload(target, &location, &finished.etag, checksum);
    let told = finished
        .encryption
        .or_else(|| call.told_encryption(&bucket));
    let mut response = HttpResponse::Ok();
    let version = finished.version.map(VersionSelector::Id);
    version::tell(&mut response, version::VERSION_HEADER, version);
    lifecycle::tell_expiration(call, &bucket, version, &mut response).await;
    Ok(respond::written_xml(response, body, told))
}

/// The URL of the object, as the client itself wrote it: some take it from here and follow it.
fn location(request: &RequestView<'_>) -> String {
    let scheme = if request.secure { "https" } else { "http" };
    let host = String::from_utf8_lossy(request.header("host").unwrap_or_default());
    format!("{scheme}://{host}{}", request.path)
}

/// AbortMultipartUpload.
///
/// # Errors
/// The S3 answer.
pub async fn abort(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let (object_key, upload) = (call.target.object_key()?, upload_id(call)?);
    call.state
        .gateway
        .abort_upload(permit, &bucket, object_key, upload)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
