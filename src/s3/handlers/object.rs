//! PutObject, GetObject, HeadObject, CopyObject.

use crate::gateway::BucketRecord;
use crate::gateway::error::GatewayError;
use crate::gateway::object::copy::CopyObject;
use crate::gateway::object::get::{GetObject, ObjectAnswer, Selection, ToldChecksum};
use crate::gateway::object::put::PutObject;
use crate::gateway::object::version_error::VersionError;
use crate::iam::Permit;
use crate::iam::policy::Caller;
use crate::model::encryption::{SSE_HEADER, SseAlgorithm};
use crate::model::range::ByteRange;
use crate::s3::body::bridge::{Framing, with_body};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::{conditions, copy_source, digests, metadata, number, tagging, version};
use crate::s3::handlers::{Call, lifecycle};
use crate::s3::respond;
use crate::s3::xml::responses;
use actix_http::Payload;
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures::StreamExt;

/// The class to store an object in, which `s3::extract::guard` has judged.
const STORAGE_CLASS_HEADER: &str = "x-amz-storage-class";

/// Decisions about an object that is replaced while they are made.
const ATTEMPTS_MAX: usize = 8;

/// Query parameters that replace headers of a signed GET, and the headers that they replace
/// (s3-behaviour.md 11).
const RESPONSE_OVERRIDES: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
];

/// PutObject.
///
/// # Errors
/// The S3 answer.
pub async fn put(
    call: &Call<'_>,
    payload: Payload,
    framing: Framing,
) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let mut metadata = metadata::metadata(call.view)?;
    metadata.mark_encryption(call.asked_encryption(&bucket));
    let request = PutObject {
        object_key: call.target.object_key()?.clone(),
        metadata,
        declared: digests::declared(call.view, call.verified.payload)?,
        conditions: conditions::write(call.view),
        tags: tagging::tags(call.view)?,
        lock: call.asked_lock(&bucket)?,
        acl: call.asked_acl(&bucket).await?,
    };
    let gateway = &call.state.gateway;
    let stored = with_body(payload, framing, &call.state.patience, |body| {
        gateway.put_object(permit, &bucket, request, body)
    });
    let stored = stored.await?;
    let mut response = HttpResponse::Ok();
    response.insert_header(("etag", stored.etag.quoted()));
    version::tell(&mut response, version::VERSION_HEADER, stored.version);
    lifecycle::tell_expiration(call, &bucket, stored.version, &mut response).await;
    respond::encryption(&mut response, call.told_encryption(&bucket));
    let checksum = stored.checksum.as_ref().map(ToldChecksum::from);
    respond::checksum(&mut response, checksum.as_ref());
    Ok(response.finish())
}

fn read_request(call: &Call<'_>) -> Result<GetObject, S3Error> {
    let version = version::selector(call.query)?;
    let range = conditions::text(call.view, "range").and_then(ByteRange::parse);
    let selection = match (call.query.get("partNumber")?, range) {
        (Some(_), Some(_)) => {
            let text = "Cannot specify both Range header and partNumber query parameter";
            return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned()));
        }
        (Some(text), None) => Selection::Part(number::part_number(text)?),
        (None, Some(range)) => Selection::Range(range),
        (None, None) => Selection::Whole,
    };
    Ok(GetObject {
        object_key: call.target.object_key()?.clone(),
        version,
        selection,
        range_condition: conditions::range(call.view),
        conditions: conditions::read(call.view, ""),
    })
}

/// Status and headers of GET and HEAD.
fn describe(call: &Call<'_>, answer: &ObjectAnswer) -> Result<HttpResponseBuilder, S3Error> {
    let status = if answer.is_partial {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    let mode = conditions::text(call.view, "x-amz-checksum-mode").unwrap_or_default();
    let reported = call
        .state
        .reports_encryption
        .then_some(SseAlgorithm::Aes256);
    respond::encryption(&mut response, reported);
    respond::describe(&mut response, &answer.record);
    version::tell(&mut response, version::VERSION_HEADER, answer.version);
    if mode.eq_ignore_ascii_case("ENABLED") {
        respond::checksum(&mut response, answer.checksum.as_ref());
    }
    if answer.is_partial {
        let last = answer.range.end.saturating_sub(1);
        let size = answer.record.plain.size;
        let range = format!("bytes {}-{last}/{size}", answer.range.start);
        response.insert_header(("content-range", range));
    }
    if let Some(count) = answer.parts_count {
        response.insert_header(("x-amz-mp-parts-count", count.to_string()));
    }
    for (parameter, header) in RESPONSE_OVERRIDES {
        if let Some(value) = call.query.get(parameter)? {
            // Who may not sign must not make another's page out of an object (attacks.md 53).
            if call.principal.caller == Caller::Anonymous {
                let text = "Request specific response headers cannot be used for anonymous GET \
                            requests.";
                return Err(S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned()));
            }
            if value.chars().any(char::is_control) {
                return Err(S3Error::argument(
                    parameter,
                    "",
                    "The value holds control characters.",
                ));
            }
            respond::set(&mut response, header, value);
        }
    }
    Ok(response)
}

/// Decides and reads, again while the object is replaced between the two.
async fn decided<T>(
    call: &Call<'_>,
    read: impl AsyncFn(Permit, &BucketRecord, &GetObject) -> Result<T, GatewayError>,
) -> Result<(BucketRecord, T), S3Error> {
    let mut attempts = 1;
    loop {
        let (bucket, permit) = call.authorize_target().await?;
        let request = read_request(call)?;
        match read(permit, &bucket, &request).await {
            Err(GatewayError::Overtaken) if attempts < ATTEMPTS_MAX => attempts += 1,
            outcome => return Ok((bucket, outcome?)),
        }
    }
}

/// GetObject.
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let gateway = &call.state.gateway;
    let read = async |permit, bucket: &BucketRecord, request: &GetObject| {
        gateway.get_object(permit, bucket, request).await
    };
    let (bucket, (answer, plaintext)) = decided(call, read).await?;
    let len = answer.range.end.saturating_sub(answer.range.start);
    let mut response = describe(call, &answer)?;
    lifecycle::tell_read(call, &bucket, &answer, &mut response).await;
    // An error in mid-body makes the server drop the connection: the client sees a short body,
    // never other bytes.
    let plaintext = plaintext.map(|piece| {
        piece.map_err(|error| {
            tracing::error!(error = %error, "body aborted: the rest of the object cannot be read");
            std::io::Error::other(error)
        })
    });
    Ok(response.body(SizedStream::new(len, plaintext)))
}

/// HeadObject.
///
/// # Errors
/// The S3 answer.
pub async fn head(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let gateway = &call.state.gateway;
    let read = async |permit, bucket: &BucketRecord, request: &GetObject| {
        gateway.head_object(permit, bucket, request).await
    };
    let (bucket, answer) = decided(call, read).await?;
    let len = answer.range.end.saturating_sub(answer.range.start);
    let mut response = describe(call, &answer)?;
    lifecycle::tell_read(call, &bucket, &answer, &mut response).await;
    Ok(response.body(SizedStream::new(
        len,
        futures::stream::empty::<Result<_, std::io::Error>>(),
    )))
}

/// The answer when a copy fails. AWS does not take a delete marker for a source (S3 API reference,
/// CopyObject).
pub fn copy_error(error: GatewayError) -> S3Error {
    if let GatewayError::Version(VersionError::DeleteMarker { is_named: true, .. }) = error {
        let text = "The source of a copy request may not specifically refer to a delete marker by \
                    version id.";
        return S3Error::new(S3ErrorCode::InvalidRequest).message(text.to_owned());
    }
    error.into()
}

/// CopyObject.
///
/// # Errors
/// The S3 answer.
pub async fn copy(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let source = copy_source::copy_source(call.view)?;
    let (source_bucket, source_permit) = call.authorize_source(&source).await?;
    let metadata = match conditions::text(call.view, "x-amz-metadata-directive") {
        None | Some("COPY") => None,
        Some("REPLACE") => Some(metadata::metadata(call.view)?),
        Some(other) => {
            return Err(S3Error::argument(
                "x-amz-metadata-directive",
                other,
                "Unknown metadata directive.",
            ));
        }
    };
    let tags = tagging::tags_of_copy(call.view)?;
    if tags.is_none() {
        call.authorize_source_tags(&source_bucket, &source).await?;
    }
    let request = CopyObject {
        source_version: source.selector()?,
        source_key: source.object_key.clone(),
        source_conditions: conditions::read(call.view, "x-amz-copy-source-"),
        object_key: call.target.object_key()?.clone(),
        conditions: conditions::write(call.view),
        metadata,
        tags,
        lock: call.asked_lock(&bucket)?,
        acl: call.asked_acl(&bucket).await?,
        encryption: call.asked_encryption(&bucket),
        names_a_change: [SSE_HEADER, STORAGE_CLASS_HEADER]
            .iter()
            .any(|name| call.view.header(name).is_some()),
        checksum_algorithm: digests::algorithm(call.view, "x-amz-checksum-algorithm")?,
    };
    let permits = (source_permit, permit);
    let gateway = &call.state.gateway;
    let copied = gateway.copy_object(permits, &source_bucket, &bucket, request);
    let copied = match copied.await {
        Ok(copied) => copied,
        Err(error) => {
            let error = copy_error(error);
            return Err(call
                .conceal(&source_bucket, &source.object_key, error)
                .await);
        }
    };
    let stored = copied.stored;
    let body = responses::copy_object(&stored.etag, stored.last_modified, stored.checksum.as_ref());
    let mut response = HttpResponse::Ok();
    version::tell(&mut response, version::VERSION_HEADER, stored.version);
    version::tell(
        &mut response,
        version::SOURCE_VERSION_HEADER,
        copied.source_version,
    );
    lifecycle::tell_expiration(call, &bucket, stored.version, &mut response).await;
    Ok(respond::written_xml(
        response,
        body,
        call.told_encryption(&bucket),
    ))
}
