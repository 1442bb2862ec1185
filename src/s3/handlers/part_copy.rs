//! UploadPartCopy.

use crate::gateway::multipart::part_copy::UploadPartCopy;
use crate::s3::error::S3Error;
use crate::s3::extract::{conditions, copy_source, number, version};
use crate::s3::handlers::{Call, multipart, object};
use crate::s3::respond;
use crate::s3::xml::responses;
use actix_web::HttpResponse;

/// UploadPartCopy (S3 API reference, UploadPartCopy).
///
/// # Errors
/// The S3 answer.
pub async fn upload_part_copy(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let source = copy_source::copy_source(call.view)?;
    let (source_bucket, source_permit) = call.authorize_source(&source).await?;
    let text = call.query.get("partNumber")?.unwrap_or_default();
    let request = UploadPartCopy {
        source_version: source.selector()?,
        source_key: source.object_key.clone(),
        source_conditions: conditions::read(call.view, "x-amz-copy-source-"),
        source_range: copy_source::copy_source_range(call.view)?,
        object_key: call.target.object_key()?.clone(),
        upload: multipart::upload_id(call)?,
        part_number: number::part_number(text)?,
    };
    let permits = (source_permit, permit);
    let gateway = &call.state.gateway;
    let copied = gateway.upload_part_copy(permits, &source_bucket, &bucket, request);
    let copied = match copied.await {
        Ok(copied) => copied,
        Err(error) => {
            let error = object::copy_error(error);
            return Err(call
                .conceal(&source_bucket, &source.object_key, error)
                .await);
        }
    };
    let stored = copied.part;
    let body = responses::copy_part(&stored.part);
    let told = stored.encryption.or_else(|| call.told_encryption(&bucket));
    let mut response = HttpResponse::Ok();
    version::tell(
        &mut response,
        version::SOURCE_VERSION_HEADER,
        copied.source_version,
    );
    Ok(respond::written_xml(response, body, told))
}
