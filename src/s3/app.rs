//! The service behind the S3 listener: one entry for every request.
//!
//! Owns: the order verify, route, handle, and the decision about a body that a client announces
//! with `Expect: 100-continue`.
//! Not here: sockets and TLS (`server::listen`), the access log (`exchange`).

use crate::auth::{RequestView, Verified, Verifier, parse_query};
use crate::base::clock::Clock;
use crate::base::entropy::Entropy;
use crate::gateway::Gateway;
use crate::iam::Principal;
use crate::iam::policy::Caller;
use crate::s3::authenticate;
use crate::s3::body::bridge::Patience;
use crate::s3::body::unread::Unread;
use crate::s3::cors;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::exchange::{Exchange, Outcome};
use crate::s3::handlers::delete::DeletionTurns;
use crate::s3::handlers::{self, Call};
use crate::s3::operation::Operation;
use crate::s3::post;
use crate::s3::query::{self, QueryVerifiers};
use crate::s3::route::{self, Query, Target};
use crate::telemetry::metrics::Metrics;
use actix_http::body::BoxBody;
use actix_http::{HttpMessage, Payload, Request, RequestHead, Response};
use actix_web::HttpResponse;
use std::sync::Arc;

/// What the S3 listener needs.
#[derive(Debug)]
pub struct S3State {
    /// The data plane.
    pub gateway: Gateway,
    /// Checks signatures.
    pub verifier: Verifier,
    /// Checks signatures of requests to the query APIs.
    pub query_verifiers: QueryVerifiers,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for request ids.
    pub entropy: Arc<dyn Entropy>,
    /// Region of all buckets.
    pub region: String,
    /// Whether answers tell SSE-S3 of what nobody asked to be encrypted, which it is all the same.
    pub reports_encryption: bool,
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
    /// Bounds deletions of many objects.
    pub deletions: DeletionTurns,
}

/// Answers one request.
pub async fn serve(mut request: Request, state: Arc<S3State>) -> Response<BoxBody> {
    let mut exchange = Exchange::begin(&state);
    let admitted = request.extensions_mut().remove::<Verified>();
    let (payload, unread) = Unread::take(&mut request);
    let payload = exchange.tally.counted(payload);
    let head = request.head();
    let outcome = handle(head, payload, admitted, &state, &mut exchange).await;
    let mut response = exchange.end(head, outcome, &state);
    tell_page(head, &state, &mut response).await;
    let bill = exchange.bill(&response);
    unread.until_sent(response.into(), exchange.visit, bill)
}

/// Tells a browser what the bucket's CORS rules say of the page that asks.
async fn tell_page(head: &RequestHead, state: &S3State, response: &mut HttpResponse) {
    if head.method == "OPTIONS" || !head.headers.contains_key("origin") {
        return;
    }
    let view = authenticate::view(head, state.is_secure);
    if let Some(mut told) = Box::pin(cors::headers(state, &view)).await {
        for (name, value) in told.finish().headers() {
            response.headers_mut().insert(name.clone(), value.clone());
        }
    }
}

/// Decides about a request whose client waits for `100 Continue` with its body: who asks, and
/// whether they may, comes before the body (s3-behaviour.md 4).
///
/// # Errors
/// The answer to a refused request. The connection ends with it: whether the client sends the body
/// all the same cannot be known, so nothing behind it can be read as a request.
pub async fn admit(
    mut request: Request,
    state: Arc<S3State>,
) -> Result<Request, Response<BoxBody>> {
    let mut exchange = Exchange::begin(&state);
    match authorize_ahead(request.head(), &state, &mut exchange).await {
        Ok(verified) => {
            if let Some(verified) = verified {
                request.extensions_mut().insert(verified);
            }
            Ok(request)
        }
        Err(error) => {
            let (_, unread) = Unread::take(&mut request);
            let refused = Outcome::Refused(error.close());
            let mut response = exchange.end(request.head(), refused, &state);
            tell_page(request.head(), &state, &mut response).await;
            let bill = exchange.bill(&response);
            Err(unread.until_sent(response.into(), exchange.visit, bill))
        }
    }
}

/// What the head of a request asks for. Which operation it is is told after its caller is known: a
/// stranger learns nothing of what this server implements.
struct Asked<'a> {
    view: RequestView<'a>,
    query: Query,
    target: Target,
    operation: Result<Operation, S3Error>,
}

impl Asked<'_> {
    /// The operation, for a caller that is known. A stranger that asks for one that there is not is
    /// told no more than that it may not, or that the bucket is missing (s3-behaviour.md 18).
    async fn operation_for(
        &self,
        principal: &Principal,
        state: &S3State,
    ) -> Result<Operation, S3Error> {
        let error = match &self.operation {
            Ok(operation) => return Ok(*operation),
            Err(error) => error,
        };
        if principal.caller != Caller::Anonymous {
            return Err(error.clone());
        }
        if let Ok(name) = self.target.bucket_name() {
            Box::pin(state.gateway.find_bucket(&name)).await?;
        }
        state.metrics.authentication_failed();
        Err(S3Error::new(S3ErrorCode::AccessDenied))
    }
}

fn ask<'a>(
    head: &'a RequestHead,
    state: &S3State,
    exchange: &mut Exchange,
) -> Result<Asked<'a>, S3Error> {
    let view = authenticate::view(head, state.is_secure);
    authenticate::refuse_ambiguous(head, &view)?;
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
    route::refuse_vague_preflight(&view)?;
    let target = route::target(&view, &state.domains)?;
    let operation = route::operation(&view, &target, &query);
    if let Ok(known) = &operation {
        exchange.operation = Some(known.name());
        exchange.tally.asks(*known);
    }
    Ok(Asked {
        view,
        query,
        target,
        operation,
    })
}

/// `None` when the caller is known only after the body has been hashed.
async fn authorize_ahead(
    head: &RequestHead,
    state: &S3State,
    exchange: &mut Exchange,
) -> Result<Option<Verified>, S3Error> {
    let asked = ask(head, state, exchange)?;
    // A form is part of what its caller is known by.
    if query::is_query_call(&asked.view, &asked.target)
        || post::is_form(&asked.operation, &asked.view)
    {
        return Ok(None);
    }
    let Some(verified) = authenticate::verify_ahead(state, &asked.view).await? else {
        return Ok(None);
    };
    let principal = authenticate::principal(state, &verified).await?;
    exchange.tally.comes_from(principal.tenant);
    let operation = asked.operation_for(&principal, state).await?;
    let call = Call {
        state,
        view: &asked.view,
        query: &asked.query,
        target: &asked.target,
        verified: &verified,
        operation,
        principal: &principal,
        peer: head.peer_addr.map(|peer| peer.ip()),
        tally: &exchange.tally,
    };
    handlers::authorize_ahead(&call).await?;
    Ok(Some(verified))
}

/// What is rare, or large and not for every request, is in a box of its own: each request takes and
/// moves the room of all that stands here without one.
async fn handle(
    head: &RequestHead,
    payload: Payload,
    admitted: Option<Verified>,
    state: &S3State,
    exchange: &mut Exchange,
) -> Outcome {
    let asked = match ask(head, state, exchange) {
        Ok(asked) => asked,
        Err(error) => return Outcome::Refused(error),
    };
    if query::is_query_call(&asked.view, &asked.target) {
        let request_id = exchange.request_id.clone();
        let counted = (&mut exchange.visit, &*exchange.tally);
        let view = (head, &asked.view);
        let answered = query::serve(state, view, payload, &request_id, counted);
        let answered = Box::pin(answered).await;
        let (operation, response, failure) = answered;
        exchange.operation = operation;
        return match failure {
            None => Outcome::Answered(response),
            Some(error) => Outcome::QueryRefused(response, error),
        };
    }
    if asked.view.method == "OPTIONS" {
        exchange.operation = Some("Preflight");
        return match Box::pin(cors::preflight(state, &asked.view, &asked.target)).await {
            Ok(response) => Outcome::Answered(response),
            Err(error) => Outcome::Refused(error),
        };
    }
    let answered = if post::is_form(&asked.operation, &asked.view) {
        let own = (&mut exchange.visit, &*exchange.tally);
        Box::pin(post::serve(
            state,
            (head, &asked.view),
            &asked.target,
            payload,
            own,
        ))
        .await
    } else {
        handle_s3(head, asked, (payload, admitted), state, exchange).await
    };
    match answered {
        Ok(response) => Outcome::Answered(response),
        Err(error) => Outcome::Refused(error),
    }
}

async fn handle_s3(
    head: &RequestHead,
    asked: Asked<'_>,
    (payload, admitted): (Payload, Option<Verified>),
    state: &S3State,
    exchange: &mut Exchange,
) -> Result<HttpResponse, S3Error> {
    let (mut verified, payload) = match admitted {
        Some(verified) => (verified, payload),
        None => authenticate::verify(state, &asked.view, payload).await?,
    };
    let principal = authenticate::principal(state, &verified).await?;
    exchange.visit = authenticate::enter(state, &principal, &asked.target).await?;
    exchange.tally.comes_from(principal.tenant);
    let operation = asked.operation_for(&principal, state).await?;
    let framing = handlers::framing(operation, &asked.view, &mut verified);
    let call = Call {
        state,
        view: &asked.view,
        query: &asked.query,
        target: &asked.target,
        verified: &verified,
        operation,
        principal: &principal,
        peer: head.peer_addr.map(|peer| peer.ip()),
        tally: &exchange.tally,
    };
    match framing {
        Ok(framing) => handlers::dispatch(&call, payload, framing).await,
        // Also the length of a body is nothing that a stranger is told about.
        Err(error) => {
            Box::pin(handlers::authorize_ahead(&call)).await?;
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of the future that `start` gives.
    fn future_len<A, B, F: Future>(_start: impl FnOnce(A, B) -> F) -> usize {
        size_of::<F>()
    }

    /// It was 12,640 bytes with the handlers in it, and 5,056 when they got their boxes.
    #[test]
    fn future_of_a_request_holds_no_handler_that_does_not_run() {
        let len = future_len(serve);
        assert!(len <= 6144, "{len} bytes are moved for each request");
    }
}
