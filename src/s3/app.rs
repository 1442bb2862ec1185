//! The service behind the S3 listener: one entry for every request.
//!
//! Owns: request ids, the order verify, route, handle, and the access log.
//! Not here: sockets and TLS (`server::listen`).

use crate::auth::{Verified, Verifier, parse_query};
use crate::base::clock::Clock;
use crate::base::entropy::Entropy;
use crate::gateway::Gateway;
use crate::s3::authenticate;
use crate::s3::body::bridge::Patience;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::extract::guard;
use crate::s3::handlers::{self, Call};
use crate::s3::operation::Operation;
use crate::s3::respond;
use crate::s3::route::{self, Query};
use crate::telemetry::metrics::Metrics;
use crate::telemetry::redact::redact_query;
use actix_web::{HttpRequest, HttpResponse, web};
use std::sync::Arc;

/// What the S3 listener needs.
#[derive(Debug)]
pub struct S3State {
    /// The data plane.
    pub gateway: Gateway,
    /// Checks signatures.
    pub verifier: Verifier,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for request ids.
    pub entropy: Arc<dyn Entropy>,
    /// Region of all buckets.
    pub region: String,
    /// Domains of virtual-host style, lower case.
    pub domains: Vec<String>,
    /// Patience with slow clients.
    pub patience: Patience,
    /// Largest header block, in bytes.
    pub header_len_max: usize,
    /// Whether this listener speaks TLS.
    pub is_secure: bool,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Answers one request.
pub async fn serve(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<S3State>,
) -> HttpResponse {
    let since = state.clock.monotonic();
    let request_id = request_id(&*state.entropy);
    let mut operation = None;
    let outcome = handle(&request, payload, &state, &mut operation).await;
    let (response, failure) = match outcome {
        Ok(response) => (response, None),
        Err(error) => (respond::error(&request, &error, &request_id), Some(error)),
    };
    let response = respond::stamp(response, &request_id);
    let elapsed = state.clock.monotonic().saturating_sub(since);
    let name = operation.map_or("Unknown", Operation::name);
    state
        .metrics
        .request(name, response.status().as_u16(), elapsed);
    log(
        &request,
        &response,
        (name, &request_id, elapsed.as_micros()),
        failure.as_ref(),
    );
    response
}

/// 16 hexadecimal digits; without random bytes the request is still answered, under an id of zeros.
fn request_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 8];
    if entropy.fill(&mut bytes).is_err() {
        bytes = [0; 8];
    }
    hex::encode_upper(bytes)
}

fn log(
    request: &HttpRequest,
    response: &HttpResponse,
    (operation, request_id, elapsed_us): (&str, &str, u128),
    failure: Option<&S3Error>,
) {
    let status = response.status().as_u16();
    let (method, path) = (request.method().as_str(), request.uri().path());
    let query = redact_query(request.uri().query().unwrap_or_default());
    let peer = request
        .peer_addr()
        .map(|peer| peer.to_string())
        .unwrap_or_default();
    let Some(error) = failure else {
        tracing::info!(
            request_id, operation, status, method, path, %query, peer, elapsed_us, "request"
        );
        return;
    };
    let (code, detail) = (error.code().as_str(), error.log_detail());
    if status >= 500 && status != 501 {
        tracing::error!(
            request_id, operation, status, code, detail, method, path, %query, peer, elapsed_us,
            "request failed"
        );
    } else {
        tracing::info!(
            request_id, operation, status, code, detail, method, path, %query, peer, elapsed_us,
            "request refused"
        );
    }
}

async fn handle(
    request: &HttpRequest,
    payload: web::Payload,
    state: &S3State,
    routed: &mut Option<Operation>,
) -> Result<HttpResponse, S3Error> {
    let view = authenticate::view(request, state.is_secure);
    authenticate::refuse_ambiguous(request, &view)?;
    let header_len = view
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + 4)
        .sum::<usize>();
    if header_len > state.header_len_max {
        return Err(S3Error::new(S3ErrorCode::RequestHeaderSectionTooLarge).close());
    }
    let query = parse_query(view.query).ok_or_else(|| S3Error::new(S3ErrorCode::InvalidURI))?;
    let query = Query::new(query);
    let target = route::target(&view, &state.domains)?;
    let operation = route::operation(&view, &target, &query);
    *routed = operation.as_ref().ok().copied();
    // Who asks comes before what is asked for: a stranger learns nothing of what this server
    // implements.
    let mut verified: Verified = authenticate::verify(state, &view).await?;
    let operation = operation?;
    guard::refuse_unsupported(&view)?;
    let framing = handlers::framing(operation, &view, &mut verified)?;
    let call = Call {
        state,
        view: &view,
        query: &query,
        target: &target,
        verified: &verified,
        operation,
    };
    handlers::dispatch(&call, payload, framing).await
}
