//! ListObjects, ListObjectsV2, ListMultipartUploads, ListParts.

use crate::gateway::listing::ListedObject;
use crate::gateway::multipart::list::UploadHolders;
use crate::gateway::{BucketRecord, ListEntry, ListPage, ListQuery};
use crate::model::id::TenantId;
use crate::model::upload::PartNumber;
use crate::s3::error::S3Error;
use crate::s3::extract::{number, token};
use crate::s3::handlers::{Call, multipart};
use crate::s3::respond;
use crate::s3::xml::responses_list::{self, ListEcho, PartsEcho, V2Echo};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;

/// The parameters that all listings share.
pub(in crate::s3) fn echo<'a>(
    call: &'a Call<'_>,
    limit_name: &str,
) -> Result<ListEcho<'a>, S3Error> {
    let is_url_encoded = match call.query.get("encoding-type")? {
        None | Some("") => false,
        Some(text) if text.eq_ignore_ascii_case("url") => true,
        Some(other) => {
            return Err(S3Error::argument(
                "encoding-type",
                other,
                "Invalid Encoding Method specified in Request",
            ));
        }
    };
    Ok(ListEcho {
        bucket: call.target.bucket.as_deref().unwrap_or_default(),
        prefix: call.query.get("prefix")?.unwrap_or_default(),
        delimiter: call
            .query
            .get("delimiter")?
            .filter(|delimiter| !delimiter.is_empty()),
        limit: number::page_limit(limit_name, call.query.get(limit_name)?)?,
        is_url_encoded,
    })
}

pub(in crate::s3) fn list_query(echo: &ListEcho<'_>, after: Option<&str>) -> ListQuery {
    ListQuery {
        prefix: echo.prefix.to_owned(),
        delimiter: echo.delimiter.map(str::to_owned),
        after: after.filter(|after| !after.is_empty()).map(str::to_owned),
        limit: echo.limit,
    }
}

/// ListObjects.
///
/// # Errors
/// The S3 answer.
pub async fn objects(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let echo = echo(call, "max-keys")?;
    let marker = call.query.get("marker")?.unwrap_or_default();
    let query = list_query(&echo, Some(marker));
    let page = call
        .state
        .gateway
        .list_objects(permit, &bucket, query)
        .await?;
    let owners = call.owners_of(&bucket, owners_in(&page)).await?;
    let body = responses_list::list_objects(echo, marker, &page, &owners);
    Ok(respond::xml(StatusCode::OK, body))
}

/// ListObjectsV2.
///
/// # Errors
/// The S3 answer.
pub async fn objects_v2(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let echo = echo(call, "max-keys")?;
    let token = call.query.get(token::PARAMETER)?;
    let start_after = call.query.get("start-after")?;
    let resumed = token::resumed(token)?;
    let query = list_query(&echo, resumed.as_deref().or(start_after));
    let page = call
        .state
        .gateway
        .list_objects(permit, &bucket, query)
        .await?;
    let next = page.entries.last().filter(|_| page.is_truncated);
    let next = next.map(|last| token::encode(last.name()));
    let owners = match call.query.get("fetch-owner")? {
        Some("true") => Some(call.owners_of(&bucket, owners_in(&page)).await?),
        Some(_) | None => None,
    };
    let v2 = V2Echo {
        continuation_token: token,
        next_continuation_token: next.as_deref(),
        start_after,
        owners: owners.as_ref(),
    };
    Ok(respond::xml(
        StatusCode::OK,
        responses_list::list_objects_v2(echo, &v2, &page),
    ))
}

/// Who owns the objects of a page, but for the bucket's owner.
fn owners_in(page: &ListPage<ListedObject>) -> impl Iterator<Item = TenantId> {
    page.entries.iter().filter_map(|entry| match entry {
        ListEntry::Item(_, object) => object.owner,
        ListEntry::CommonPrefix(_) => None,
    })
}

/// Whom an upload tells of, but for the bucket's owner.
fn others_of_upload(
    bucket: &BucketRecord,
    holders: UploadHolders,
) -> impl Iterator<Item = TenantId> {
    let all = [holders.initiator.account(), Some(holders.owner)];
    let bucket_owner = bucket.tenant;
    let all = all.into_iter().flatten();
    all.filter(move |account| *account != bucket_owner)
}

/// ListMultipartUploads.
///
/// # Errors
/// The S3 answer.
pub async fn uploads(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let echo = echo(call, "max-uploads")?;
    let key_marker = call.query.get("key-marker")?.unwrap_or_default();
    let upload_marker = call.query.get("upload-id-marker")?.unwrap_or_default();
    // Without a key marker the upload marker is ignored (S3 API reference).
    let after_upload = if key_marker.is_empty() || upload_marker.is_empty() {
        None
    } else {
        Some(upload_marker.parse().map_err(|_id| {
            S3Error::argument("upload-id-marker", upload_marker, "Invalid uploadId marker")
        })?)
    };
    let query = list_query(&echo, Some(key_marker));
    let page = call
        .state
        .gateway
        .list_uploads(permit, &bucket, query, after_upload)
        .await?;
    let markers = (key_marker, upload_marker);
    let others = page.entries.iter().filter_map(|entry| match entry {
        ListEntry::Item(_, (_, listed)) => Some(others_of_upload(&bucket, listed.holders)),
        ListEntry::CommonPrefix(_) => None,
    });
    let owners = call.owners_of(&bucket, others.flatten()).await?;
    let body = responses_list::list_uploads(echo, markers, &page, &owners);
    Ok(respond::xml(StatusCode::OK, body))
}

/// ListParts.
///
/// # Errors
/// The S3 answer.
pub async fn parts(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let upload = multipart::upload_id(call)?;
    let object_key = call.target.object_key()?;
    let limit = number::page_limit("max-parts", call.query.get("max-parts")?)?;
    let marker_name = "part-number-marker";
    let marker = number::part_marker(marker_name, call.query.get(marker_name)?)?;
    let after = PartNumber::new(marker).ok();
    let gateway = &call.state.gateway;
    let page = gateway
        .list_parts(permit, &bucket, (object_key, upload), (after, limit))
        .await?;
    let echo = PartsEcho {
        bucket: bucket.name.as_str(),
        object_key: object_key.as_str(),
        upload,
        marker,
        limit,
        is_truncated: page.is_truncated,
        checksum: page.checksum,
    };
    let others = others_of_upload(&bucket, page.holders);
    let owners = call.owners_of(&bucket, others).await?;
    Ok(respond::xml(
        StatusCode::OK,
        responses_list::list_parts(echo, &page.parts, (&owners, page.holders)),
    ))
}
