//! `PostObject`: an object from a browser's form (s3-behaviour.md 104 to 108).
//!
//! Owns: what is asked for, and the answer. Not here: reading the form and who has signed it
//! (`s3::post`), the write (`gateway::object::put`).

use crate::auth::RequestView;
use crate::base::encoding::uri_encode;
use crate::gateway::digests::DeclaredDigests;
use crate::gateway::object::get::ToldChecksum;
use crate::gateway::object::put::{PutObject, StoredObject};
use crate::model::tags::{OBJECT_TAGS_MAX, TagSet};
use crate::s3::body::bridge;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::{conditions, digests, metadata, version};
use crate::s3::handlers::{Call, lifecycle};
use crate::s3::policy_context::Asked;
use crate::s3::post::body::FormBody;
use crate::s3::post::fields::{Fields, refuse_headers};
use crate::s3::post::policy::LengthRange;
use crate::s3::respond;
use crate::s3::xml::{responses, tagging};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use url::Url;

/// Stores the file of a form; `request` is the request as it came, `call` what its fields make of
/// it.
///
/// # Errors
/// The S3 answer.
pub async fn post(
    call: &Call<'_>,
    request: &RequestView<'_>,
    fields: &Fields,
    (file, range): (FormBody<'_>, LengthRange),
) -> Result<HttpResponse, S3Error> {
    let tags = fields.get("tagging").map(tags_of);
    let asked = Asked {
        // Tags that cannot be read are none: the form is refused for them behind the decision.
        tags: tags.clone().map(Result::unwrap_or_default),
        is_form: true,
        ..Asked::default()
    };
    let (bucket, permit) = call.authorize_asking(&asked).await?;
    refuse_headers(request)?;
    let mut metadata = metadata::metadata(call.view)?;
    metadata.mark_encryption(call.asked_encryption(&bucket));
    let put = PutObject {
        object_key: call.target.object_key()?.clone(),
        metadata,
        declared: declared(call)?,
        conditions: conditions::write(call.view),
        tags: tags.transpose()?.unwrap_or_default(),
        lock: call.asked_lock(&bucket)?,
        acl: call.asked_acl(&bucket).await?,
    };
    let gateway = &call.state.gateway;
    let stored = bridge::moved(
        |sender| file.pump(range, sender),
        |body| gateway.put_object(permit, &bucket, put, body),
    );
    let stored = stored.await?;
    let (mut response, body) = answer(call, fields, &stored)?;
    version::tell(&mut response, version::VERSION_HEADER, stored.version);
    lifecycle::tell_expiration(call, &bucket, stored.version, &mut response).await;
    respond::encryption(&mut response, call.told_encryption(&bucket));
    let checksum = stored.checksum.as_ref().map(ToldChecksum::from);
    respond::checksum(&mut response, checksum.as_ref());
    Ok(match body {
        None => response.finish(),
        Some(body) => response
            .insert_header(("content-type", "application/xml"))
            .body(body),
    })
}

fn tags_of(document: &str) -> Result<TagSet, S3Error> {
    Ok(tagging::tagging(document.as_bytes(), OBJECT_TAGS_MAX)?)
}

/// What the form declares about its file. An algorithm that is named comes with its checksum.
fn declared(call: &Call<'_>) -> Result<DeclaredDigests, S3Error> {
    let declared = digests::declared(call.view, call.verified.payload)?;
    let named = digests::algorithm(call.view, "x-amz-checksum-algorithm")?;
    let sent = declared.checksum.as_ref().map(|own| own.algorithm);
    if named.is_some() && named != sent {
        let text = "x-amz-checksum-algorithm specified, but no corresponding x-amz-checksum-* field \
                    was found.";
        return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned()));
    }
    Ok(declared)
}

/// Status, headers and body that the form asks for (s3-behaviour.md 105).
fn answer(
    call: &Call<'_>,
    fields: &Fields,
    stored: &StoredObject,
) -> Result<(HttpResponseBuilder, Option<String>), S3Error> {
    let bucket = call.target.bucket.as_deref().unwrap_or_default();
    let object_key = call.target.object_key()?.as_str();
    let etag = stored.etag.quoted();
    let redirect = fields
        .get("success_action_redirect")
        .or_else(|| fields.get("redirect"));
    let (status, location, body) = if let Some(mut page) = redirect.and_then(page) {
        page.query_pairs_mut()
            .append_pair("bucket", bucket)
            .append_pair("key", object_key)
            .append_pair("etag", &etag);
        (StatusCode::SEE_OTHER, page.into(), None)
    } else {
        let location = location(call.view, object_key);
        match fields.get("success_action_status") {
            Some("200") => (StatusCode::OK, location, None),
            Some("201") => {
                let body = responses::post_object(&location, bucket, object_key, &etag);
                (StatusCode::CREATED, location, Some(body))
            }
            _ => (StatusCode::NO_CONTENT, location, None),
        }
    };
    let mut response = HttpResponse::build(status);
    response.insert_header(("etag", etag));
    respond::set(&mut response, "location", &location);
    Ok((response, body))
}

/// A page that a browser can be sent to; what is none is as if it were not there.
fn page(text: &str) -> Option<Url> {
    let page = Url::parse(text).ok()?;
    let is_web = matches!(page.scheme(), "http" | "https") && page.has_host();
    is_web.then_some(page)
}

/// The URL of the object: where the form was sent to, and its key as one segment, as AWS writes it.
fn location(request: &RequestView<'_>, object_key: &str) -> String {
    let scheme = if request.secure { "https" } else { "http" };
    let host = String::from_utf8_lossy(request.header("host").unwrap_or_default());
    let bucket = request.path.trim_end_matches('/');
    let object_key = uri_encode(object_key.as_bytes());
    format!("{scheme}://{host}{bucket}/{object_key}")
}
