//! The query APIs on the S3 port: IAM and STS, as `aws iam` and `aws sts` speak them.
//!
//! Owns: forms at `POST /`, the services that they are for, their XML answers.
//! Not here: users, groups, roles and keys themselves (`gateway::account`), sessions
//! (`gateway::session`).
//!
//! Which API it is is decided by the form's action, never by the service that its signature names
//! (attacks.md, rule 2); the signature then has to be for that service. A form is read before its
//! caller is known, since the signature covers it: it is bounded, and so are the forms at once.
//!
//! Source: AWS IAM API Reference, AWS STS API Reference, "Making query requests".

pub mod account;
pub mod answer;
pub mod error;
pub mod form;
pub mod role;
pub mod service;
pub mod session;

pub use error::QueryError;
pub use service::QueryVerifiers;

use crate::auth::{Actor, RequestView};
use crate::gateway::account::AccountRequest;
use crate::gateway::fairness::Visit;
use crate::iam::policy::Caller;
use crate::iam::{Permit, Principal, Request, Resource, authorize};
use crate::model::iam::IamPath;
use crate::model::tenant::AccountId;
use crate::model::time::Timestamp;
use crate::s3::app::S3State;
use crate::s3::authenticate::{self, Room};
use crate::s3::policy_context::{Asked, RequestContext};
use crate::s3::query::answer::Answer;
use crate::s3::query::form::Form;
use crate::s3::query::service::ApiAction;
use crate::s3::route::{Query, Target};
use crate::s3::tally::Tally;
use actix_http::{Payload, RequestHead};
use actix_web::HttpResponse;
use std::fmt;
use std::net::IpAddr;

/// Longest form: a policy of the longest kind with every character escaped, and the rest.
const FORM_LEN_MAX: usize = 64 * 1024;
/// Forms that are read at once: 4 MiB.
const FORMS_MAX: usize = 64;
static FORMS: Room = Room::new(FORMS_MAX, FORM_LEN_MAX);

/// Whether a request is a form of one of the query APIs.
pub fn is_query_call(view: &RequestView<'_>, target: &Target) -> bool {
    let form = b"application/x-www-form-urlencoded";
    let is_form = view
        .header("content-type")
        .is_some_and(|value| value.get(..form.len()) == Some(form));
    view.method == "POST" && target.bucket.is_none() && is_form
}

/// The answer to a form, with the name of its action for log and metrics.
pub async fn serve(
    state: &S3State,
    (head, view): (&RequestHead, &RequestView<'_>),
    payload: Payload,
    request_id: &str,
    counted: (&mut Visit, &Tally),
) -> (Option<&'static str>, HttpResponse, Option<QueryError>) {
    let mut name = None;
    match run(state, (head, view), payload, &mut name, counted).await {
        Ok((action, answer)) => (name, answer.response(action, request_id), None),
        Err(error) => (name, error.response(request_id), Some(error)),
    }
}

async fn run(
    state: &S3State,
    (head, view): (&RequestHead, &RequestView<'_>),
    payload: Payload,
    name: &mut Option<&'static str>,
    (visit, tally): (&mut Visit, &Tally),
) -> Result<(ApiAction, Answer), QueryError> {
    let body = authenticate::read_form(state, view, payload, &FORMS).await?;
    let form = Form::parse(&body)?;
    let action = ApiAction::find(form.action()?, form.version()?)?;
    *name = Some(action.name());
    let verifier = state.query_verifiers.of(action.api(), view);
    let verified = authenticate::verify_form(state, verifier, view, &body).await?;
    let principal = authenticate::principal(state, &verified).await?;
    *visit = authenticate::enter(state, &principal, &Target::default()).await?;
    tally.comes_from(principal.tenant);
    let Some(identity) = &verified.identity else {
        state.metrics.authentication_failed();
        return Err(QueryError::missing_token());
    };
    let sender = Sender {
        state,
        view,
        peer: head.peer_addr.map(|peer| peer.ip()),
        query: Query::new(Vec::new()),
    };
    let by = (identity, &principal);
    let answer = match action {
        ApiAction::GetCallerIdentity => account::caller_identity(identity, &principal),
        ApiAction::AssumeRole => session::assume_role(&sender, &form, by).await?,
        ApiAction::GetSessionToken => session::session_token(&sender, &form, by).await?,
        _ => {
            // A session that acts as a user or a root itself would need multi-factor
            // authentication for IAM (AWS STS API Reference, GetSessionToken).
            if identity.session().is_some() && !matches!(identity.actor(), Actor::Role { .. }) {
                return Err(QueryError::invalid_token());
            }
            let request = account::request(action, &form, &principal)?;
            let permit = permit(&sender, &principal, &request).await?;
            let page = form.page()?;
            let answered = state.gateway.account_request(permit, request).await?;
            account::answer(answered, &page, &form)
        }
    };
    Ok((action, answer))
}

/// Where a form comes from.
pub struct Sender<'a> {
    /// The server that it came to.
    pub state: &'a S3State,
    view: &'a RequestView<'a>,
    peer: Option<IpAddr>,
    query: Query,
}

impl fmt::Debug for Sender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

impl Sender<'_> {
    /// What the form's request has for conditions.
    fn context<'a>(&'a self, principal: &'a Principal, asked: &'a Asked) -> RequestContext<'a> {
        RequestContext {
            view: self.view,
            query: &self.query,
            peer: self.peer,
            principal,
            now: Timestamp::from_millis(self.state.clock.unix_millis()),
            region: &self.state.region,
            owner: principal.tenant,
            version: None,
            existing_tags: None,
            asked,
        }
    }
}

/// Decides about a request to the caller's account.
async fn permit(
    sender: &Sender<'_>,
    principal: &Principal,
    request: &AccountRequest,
) -> Result<Permit, QueryError> {
    let asked = Asked::default();
    let context = sender.context(principal, &asked);
    let arn = resource(sender.state, principal, request).await?;
    let decision = authorize(&Request {
        principal,
        action: request.action(),
        resource: Resource::Account { arn: &arn },
        context: &context,
    });
    decision.map_err(|denied| QueryError::denied(&denied, principal))
}

/// The ARN of what a request is about.
async fn resource(
    state: &S3State,
    principal: &Principal,
    request: &AccountRequest,
) -> Result<String, QueryError> {
    let account = principal.tenant.map(AccountId::of);
    let (Some(tenant), Some(account)) = (principal.tenant, account) else {
        return Ok("*".to_owned());
    };
    let Some((kind, name)) = request.subject() else {
        return Ok(format!("arn:aws:iam::{account}:*"));
    };
    let known = match (&principal.caller, request.new_path()) {
        // A root's decision does not depend on it.
        (Caller::Root { .. }, _) => None,
        (_, Some(path)) => Some((path.clone(), name.clone())),
        (_, None) => {
            let gateway = &state.gateway;
            gateway.member_for_decision(tenant, kind, name).await?
        }
    };
    let (path, name) = known.unwrap_or_else(|| (IamPath::default(), name.clone()));
    let word = kind.word();
    Ok(format!(
        "arn:aws:iam::{account}:{word}{}{name}",
        path.as_str()
    ))
}
