//! The gate in front of every route: who asks, whether a role lets them, and whether the request
//! has the route's shape.
//!
//! Owns: the order of the checks. A stranger gets the same answer for every path and method, before
//! anything of the body is read; only operators learn what there is.
//! Not here: the table of routes (`routes`), what a role may do (`model::operator`), the fields of
//! bodies (the handlers).

use crate::admin::app::AdminState;
use crate::admin::error::AdminError;
use crate::admin::routes::{Route, routes_of};
use crate::base::kind::ErrorKind;
use crate::base::secret::SecretBytes;
use crate::control::Errand;
use crate::model::operator::Permission;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpMessage, ResponseError, web};

/// What an operator asks for that is no route.
const NOTHING: Errand = Errand {
    operation: "none",
    permission: Permission::Read,
    also: None,
};

/// Lets a request through to its handler, or answers it.
///
/// # Errors
/// What the handler's extractors report.
pub async fn admit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let pattern = request.match_pattern().unwrap_or_default();
    let method = request.method().as_str();
    let mut routes = routes_of(&pattern);
    let route = routes.find(|route| route.method.eq_ignore_ascii_case(method));
    let operation = route.map_or(NOTHING.operation, |route| route.name);
    let refusal = check(&request, route, &pattern).await.err();
    if let Some(error) = refusal {
        if error.kind() == ErrorKind::Denied {
            tracing::warn!(operation, reason = %error, "admin command refused");
        } else {
            tracing::debug!(operation, reason = %error, "admin command refused");
        }
        return Ok(request.into_response(error.error_response()));
    }
    let answer = next.call(request).await?.map_into_boxed_body();
    let status = answer.status().as_u16();
    tracing::debug!(operation, status, "admin command answered");
    Ok(answer)
}

async fn check(
    request: &ServiceRequest,
    route: Option<&'static Route>,
    pattern: &str,
) -> Result<(), AdminError> {
    // A method that a path has not is as open as the methods that it has.
    let mut known = route.into_iter().chain(routes_of(pattern));
    let is_open = known.next().is_some_and(|route| route.permission.is_none());
    if !is_open {
        authorize(request, route).await?;
    }
    let Some(route) = route else {
        let methods: Vec<_> = routes_of(pattern)
            .map(|route| route.method.to_ascii_uppercase())
            .collect();
        return Err(if methods.is_empty() {
            AdminError::NoSuchResource
        } else {
            let allow = methods.join(", ");
            AdminError::MethodNotAllowed { allow }
        });
    };
    let names = request.query_string().split('&');
    let names = names.filter_map(|pair| pair.split('=').next());
    let mut unknown = names.filter(|name| !name.is_empty() && !route.query.contains(name));
    if let Some(name) = unknown.next() {
        let name = name.to_owned();
        return Err(AdminError::UnknownParameter { name });
    }
    if route.body.is_none() && has_body(request.headers()) {
        return Err(AdminError::UnexpectedBody);
    }
    Ok(())
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.is_some_and(|length| length.as_bytes() != b"0");
    length || headers.contains_key(header::TRANSFER_ENCODING)
}

/// Checks `Authorization: Bearer OPERATOR:TOKEN`, the token in hexadecimal digits, and leaves the
/// permit for the handler.
async fn authorize(request: &ServiceRequest, route: Option<&Route>) -> Result<(), AdminError> {
    let errand = route.and_then(|route| {
        let operation = route.name;
        route.permission.map(|permission| Errand {
            operation,
            permission,
            also: route.also,
        })
    });
    let state = request.app_data::<web::Data<AdminState>>();
    let state = state.ok_or(AdminError::Denied)?;
    let header = request.headers().get(header::AUTHORIZATION);
    let header = header.and_then(|value| value.to_str().ok());
    let credential = header.and_then(|value| value.strip_prefix("Bearer "));
    let (name, token) = credential
        .and_then(|text| text.split_once(':'))
        .ok_or(AdminError::Denied)?;
    let token = hex::decode(token).map_err(|_hex| AdminError::Denied)?;
    let token = SecretBytes::new(token);
    let errand = errand.unwrap_or(NOTHING);
    let permit = state.control.authorize(name, &token, errand).await?;
    request.extensions_mut().insert(permit);
    Ok(())
}
