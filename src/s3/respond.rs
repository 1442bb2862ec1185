//! Headers common to all answers, and the shapes of answers.

use crate::gateway::ObjectRecord;
use crate::gateway::object::get::ToldChecksum;
use crate::model::encryption::{SSE_HEADER, SseAlgorithm};
use crate::model::lock::LockState;
use crate::s3::error::response::error_body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::metadata::USER_METADATA_PREFIX;
use actix_http::RequestHead;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};

/// The second id of an answer; AWS's support asks for it, clients print it.
const HOST_ID: &str = "riznica";

/// Sets the headers that every answer has.
pub fn stamp(mut response: HttpResponse, request_id: &str) -> HttpResponse {
    let headers = response.headers_mut();
    let id = HeaderValue::from_str(request_id).unwrap_or(HeaderValue::from_static("0"));
    headers.insert(HeaderName::from_static("x-amz-request-id"), id);
    headers.insert(
        HeaderName::from_static("x-amz-id-2"),
        HeaderValue::from_static(HOST_ID),
    );
    headers.insert(
        HeaderName::from_static("server"),
        HeaderValue::from_static("Riznica"),
    );
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    // An uploaded page that is opened here runs no script and belongs to no origin (attacks.md 54).
    headers.insert(
        HeaderName::from_static("content-security-policy"),
        HeaderValue::from_static("sandbox"),
    );
    response
}

/// An answer with an XML body.
pub fn xml(status: StatusCode, body: String) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header(("content-type", "application/xml"))
        .body(body)
}

/// An answer with an XML body about an object that was written.
pub fn written_xml(
    mut response: HttpResponseBuilder,
    body: String,
    told: Option<SseAlgorithm>,
) -> HttpResponse {
    encryption(&mut response, told);
    response
        .insert_header(("content-type", "application/xml"))
        .body(body)
}

/// The header of server-side encryption.
pub fn encryption(response: &mut HttpResponseBuilder, told: Option<SseAlgorithm>) {
    if let Some(algorithm) = told {
        response.insert_header((SSE_HEADER, algorithm.name()));
    }
}

/// The answer to a failed request. HEAD and 304 have no body.
pub fn error(head: &RequestHead, error: &S3Error, request_id: &str) -> HttpResponse {
    let status = StatusCode::from_u16(error.code().status());
    let mut response = HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in error.headers() {
        response.insert_header((*name, value.as_str()));
    }
    if error.must_close() {
        response.force_close();
    }
    if head.method == actix_web::http::Method::HEAD || error.code() == S3ErrorCode::NotModified {
        return response.finish();
    }
    let body = error_body(error, head.uri.path(), request_id, HOST_ID);
    response
        .insert_header(("content-type", "application/xml"))
        .body(body)
}

/// Headers that describe an object, on GET and HEAD.
pub fn describe(response: &mut HttpResponseBuilder, record: &ObjectRecord) {
    let secret = &record.secret;
    response
        .insert_header(("etag", secret.etag.quoted()))
        .insert_header(("last-modified", record.plain.last_modified.http_date()))
        .insert_header(("accept-ranges", "bytes"));
    if !secret.tags.is_empty() {
        response.insert_header(("x-amz-tagging-count", secret.tags.len().to_string()));
    }
    lock(response, &record.plain.lock);
    for (name, value) in secret.metadata.content_headers() {
        set(response, name, value);
    }
    for (name, value) in secret.metadata.user_metadata() {
        set(response, &format!("{USER_METADATA_PREFIX}{name}"), value);
    }
}

/// Headers of a version's lock.
fn lock(response: &mut HttpResponseBuilder, lock: &LockState) {
    if let Some(own) = lock.retention {
        // To the millisecond: who sends back what was told must not shorten it.
        let until = own.retain_until.iso8601_millis();
        response
            .insert_header(("x-amz-object-lock-mode", own.mode.name()))
            .insert_header(("x-amz-object-lock-retain-until-date", until));
    }
    if lock.legal_hold {
        response.insert_header(("x-amz-object-lock-legal-hold", "ON"));
    }
}

/// Headers of a checksum.
pub fn checksum(response: &mut HttpResponseBuilder, checksum: Option<&ToldChecksum>) {
    if let Some(checksum) = checksum {
        response.insert_header((checksum.algorithm.header(), checksum.text.as_str()));
        if let Some(checksum_type) = checksum.checksum_type {
            response.insert_header(("x-amz-checksum-type", checksum_type.name()));
        }
    }
}

/// Sets a header whose value a client chose. What cannot be a header value was refused on its way
/// in; should it be there all the same, it is left out rather than sent broken.
pub fn set(response: &mut HttpResponseBuilder, name: &str, value: &str) {
    let name = HeaderName::from_bytes(name.as_bytes());
    if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
        response.insert_header((name, value));
    }
}
