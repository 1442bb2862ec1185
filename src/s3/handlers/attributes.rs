//! GetObjectAttributes.

use crate::s3::error::S3Error;
use crate::s3::extract::{conditions, number, version};
use crate::s3::handlers::Call;
use crate::s3::xml::responses_attributes::{AttributesEcho, ObjectAttribute, object_attributes};
use actix_web::HttpResponse;

/// The attributes that the client wants.
///
/// # Errors
/// `InvalidArgument` for none, or for one that does not exist.
fn wanted(call: &Call<'_>) -> Result<Vec<ObjectAttribute>, S3Error> {
    let header = "x-amz-object-attributes";
    let invalid =
        |value: &str| S3Error::argument(header, value, "Invalid attribute name specified.");
    let mut wanted = Vec::new();
    // The header may come several times, and each may name several (RFC 9110, 5.3).
    for value in call.view.header_values(header) {
        let value = std::str::from_utf8(value).map_err(|_utf8| invalid(""))?;
        for name in value.split(',').map(str::trim) {
            wanted.push(ObjectAttribute::parse(name).ok_or_else(|| invalid(name))?);
        }
    }
    if wanted.is_empty() {
        return Err(invalid(""));
    }
    Ok(wanted)
}

/// GetObjectAttributes (S3 API reference, GetObjectAttributes).
///
/// # Errors
/// The S3 answer.
pub async fn get(call: &Call<'_>) -> Result<HttpResponse, S3Error> {
    let (bucket, permit) = call.authorize_target().await?;
    let selector = version::selector(call.query)?;
    let wanted = wanted(call)?;
    let limit = conditions::text(call.view, "x-amz-max-parts");
    let limit = number::page_limit("x-amz-max-parts", limit)?;
    let marker = conditions::text(call.view, "x-amz-part-number-marker");
    let marker = number::part_marker("x-amz-part-number-marker", marker)?;
    let object_key = call.target.object_key()?;
    let page = (marker, limit);
    let gateway = &call.state.gateway;
    let found = gateway.object_attributes(permit, &bucket, (object_key, selector), page);
    let found = found.await.map_err(S3Error::from)?;
    let echo = AttributesEcho {
        wanted: &wanted,
        marker,
        limit,
    };
    let last_modified = found.record.plain.last_modified.http_date();
    let mut response = HttpResponse::Ok();
    version::tell(&mut response, version::VERSION_HEADER, found.version);
    Ok(response
        .insert_header(("content-type", "application/xml"))
        .insert_header(("last-modified", last_modified))
        .body(object_attributes(&echo, &found)))
}
