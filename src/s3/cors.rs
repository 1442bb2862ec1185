//! What browsers are told about pages of other origins: preflights, and headers on every answer to
//! a request that names an origin (s3-behaviour.md 109, 110).
//!
//! Owns: the headers. Not here: which rule matches (`model::cors`), the document
//! (`s3::xml::cors`).
//!
//! Source: S3 User Guide, "How does Amazon S3 evaluate the CORS configuration on a bucket?"; Fetch
//! Standard, "CORS protocol".

use crate::auth::RequestView;
use crate::model::cors::{CorsQuestion, CorsRule};
use crate::s3::app::S3State;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::conditions::text;
use crate::s3::respond;
use crate::s3::route::{self, Target};
use actix_web::{HttpResponse, HttpResponseBuilder};

/// The page's origin.
const ORIGIN: &str = "origin";
/// The method that a page is going to use, or uses.
const METHOD: &str = "access-control-request-method";
/// The headers that a page is going to send.
const HEADERS: &str = "access-control-request-headers";

/// What of a request an answer depends on, so that no cache gives it to another page.
const VARY: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// Answers a preflight. It needs no signature: browsers do not sign it.
///
/// # Errors
/// `AccessForbidden` where no rule allows it, also in a bucket that there is not.
pub async fn preflight(
    state: &S3State,
    view: &RequestView<'_>,
    target: &Target,
) -> Result<HttpResponse, S3Error> {
    let forbidden = |why: &str| {
        let text = format!("CORSResponse: {why}");
        S3Error::new(S3ErrorCode::AccessForbidden).message(text)
    };
    let (Some(origin), Some(method)) = (text(view, ORIGIN), text(view, METHOD)) else {
        return Err(forbidden("Origin and method must be text."));
    };
    let headers = text(view, HEADERS).unwrap_or_default();
    let headers: Vec<_> = headers
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    let rules = match target.bucket_name() {
        Ok(name) => state.gateway.cors_in_force(&name).await?,
        Err(_invalid) => None,
    };
    let rules = rules.ok_or_else(|| forbidden("CORS is not enabled for this bucket."))?;
    let question = CorsQuestion {
        origin,
        method,
        headers: &headers,
    };
    let rule = rules.find(&question).ok_or_else(|| {
        forbidden(
            "This CORS request is not allowed. This is usually because the evaluation of Origin, \
             request method / Access-Control-Request-Method or Access-Control-Request-Headers are \
             not whitelisted by the resource's CORS spec.",
        )
    })?;
    let mut response = HttpResponse::Ok();
    tell(&mut response, rule, origin);
    if !headers.is_empty() {
        respond::set(
            &mut response,
            "access-control-allow-headers",
            &headers.join(", "),
        );
    }
    Ok(response.finish())
}

/// The headers that answers to a page's request have, successful or not. Nothing where no rule
/// matches: the browser then keeps the answer from the page.
pub async fn headers(state: &S3State, view: &RequestView<'_>) -> Option<HttpResponseBuilder> {
    let origin = text(view, ORIGIN)?;
    let target = route::target(view, &state.domains).ok()?;
    let name = target.bucket_name().ok()?;
    let rules = match state.gateway.cors_in_force(&name).await {
        Ok(rules) => rules?,
        Err(error) => {
            tracing::warn!(bucket = %name, %error, "cors rules cannot be read");
            return None;
        }
    };
    let question = CorsQuestion {
        origin,
        method: text(view, METHOD).unwrap_or(view.method),
        headers: &[],
    };
    let rule = rules.find(&question)?;
    let mut headers = HttpResponse::Ok();
    tell(&mut headers, rule, origin);
    Some(headers)
}

fn tell(response: &mut HttpResponseBuilder, rule: &CorsRule, origin: &str) {
    if rule.is_for_all() {
        response.insert_header(("access-control-allow-origin", "*"));
    } else {
        respond::set(response, "access-control-allow-origin", origin);
        response.insert_header(("access-control-allow-credentials", "true"));
    }
    let methods = rule.allowed_methods.join(", ");
    respond::set(response, "access-control-allow-methods", &methods);
    if !rule.expose_headers.is_empty() {
        let exposed = rule.expose_headers.join(", ");
        respond::set(response, "access-control-expose-headers", &exposed);
    }
    if let Some(seconds) = rule.max_age_seconds {
        response.insert_header(("access-control-max-age", seconds.to_string()));
    }
    response.insert_header(("vary", VARY));
}
