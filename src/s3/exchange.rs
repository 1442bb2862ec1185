//! A request and its answer, as the access log, metrics and usage see them.
//!
//! Owns: request ids, the line in the log, what is counted.
//! Not here: the way of a request (`app`).

use crate::base::entropy::Entropy;
use crate::gateway::fairness::Visit;
use crate::s3::app::S3State;
use crate::s3::authenticate;
use crate::s3::error::{S3Error, facts};
use crate::s3::query::QueryError;
use crate::s3::respond;
use crate::s3::tally::{Bill, Tally};
use crate::telemetry::redact::redact_query;
use actix_http::RequestHead;
use actix_http::body::{BodySize, MessageBody};
use actix_web::HttpResponse;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// An answer: of S3, or of a query API, which words its errors by itself.
pub(in crate::s3) enum Outcome {
    Answered(HttpResponse),
    Refused(S3Error),
    QueryRefused(HttpResponse, QueryError),
}

/// Why a request was refused, as the log says it.
struct Failure {
    code: &'static str,
    detail: String,
    is_told: bool,
}

/// A request and its answer, as log and metrics see them.
pub(in crate::s3) struct Exchange {
    /// The request's id.
    pub(in crate::s3) request_id: String,
    since: Duration,
    /// The operation's name, once it is known.
    pub(in crate::s3) operation: Option<&'static str>,
    /// The caller's turn, once it is known.
    pub(in crate::s3) visit: Visit,
    /// What the request counts in usage.
    pub(in crate::s3) tally: Rc<Tally>,
}

impl Exchange {
    pub(in crate::s3) fn begin(state: &Arc<S3State>) -> Self {
        Self {
            request_id: request_id(&*state.entropy),
            since: state.clock.monotonic(),
            operation: None,
            visit: Visit::default(),
            tally: Tally::new(state),
        }
    }

    /// What the request counts in usage.
    pub(in crate::s3) fn bill(&self, response: &HttpResponse) -> Option<Bill> {
        self.tally.bill(response.status().as_u16())
    }

    pub(in crate::s3) fn end(
        &self,
        head: &RequestHead,
        outcome: Outcome,
        state: &S3State,
    ) -> HttpResponse {
        let (response, failure) = match outcome {
            Outcome::Answered(response) => (response, None),
            Outcome::Refused(error) => {
                let view = authenticate::view(head, state.is_secure);
                let error = facts::complete(error, &view, &state.domains);
                let response = respond::error(head, &error, &self.request_id);
                let (code, detail) = (error.code().as_str(), error.log_detail().to_owned());
                let is_told = error.is_told();
                (
                    response,
                    Some(Failure {
                        code,
                        detail,
                        is_told,
                    }),
                )
            }
            Outcome::QueryRefused(response, error) => {
                let (code, detail) = (error.code(), error.detail().to_owned());
                let is_told = false;
                (
                    response,
                    Some(Failure {
                        code,
                        detail,
                        is_told,
                    }),
                )
            }
        };
        let response = respond::stamp(response, &self.request_id);
        let elapsed = state.clock.monotonic().saturating_sub(self.since);
        let name = self.operation.unwrap_or("Unknown");
        let status = response.status().as_u16();
        state.metrics.request(name, status, elapsed);
        self.log(head, (name, status, elapsed.as_micros()), failure.as_ref());
        self.visit.moved(len_in(head), len_out(&response));
        response
    }

    fn log(
        &self,
        head: &RequestHead,
        (operation, status, elapsed_us): (&str, u16, u128),
        failure: Option<&Failure>,
    ) {
        let request_id = &self.request_id;
        let (method, path) = (head.method.as_str(), head.uri.path());
        let query = redact_query(head.uri.query().unwrap_or_default());
        let peer = head.peer_addr.map(|peer| peer.to_string());
        let peer = peer.unwrap_or_default();
        let Some(Failure {
            code,
            detail,
            is_told,
        }) = failure
        else {
            tracing::info!(
                request_id, operation, status, method, path, %query, peer, elapsed_us, "request"
            );
            return;
        };
        if *is_told {
            tracing::debug!(
                request_id, operation, status, code, detail, method, path, %query, peer, elapsed_us,
                "request refused"
            );
        } else if status >= 500 && status != 501 {
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
}

/// Bytes of the request's body, as it declares them.
fn len_in(head: &RequestHead) -> u64 {
    let len = head.headers.get("content-length");
    let len = len.and_then(|len| len.to_str().ok()?.parse().ok());
    len.unwrap_or_default()
}

/// Bytes of the answer's body.
fn len_out(response: &HttpResponse) -> u64 {
    match response.body().size() {
        BodySize::Sized(len) => len,
        BodySize::None | BodySize::Stream => 0,
    }
}

/// 16 hexadecimal digits; without random bytes the request is still answered, under an id of zeros.
fn request_id(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; 8];
    if entropy.fill(&mut bytes).is_err() {
        bytes = [0; 8];
    }
    hex::encode_upper(bytes)
}
