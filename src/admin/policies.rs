//! Decisions of policies on the admin listener.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::admin::error::AdminError;
use crate::auth::AccessKeyId;
use crate::base::secret::SecretBytes;
use crate::control::policies::PolicyQuestion;
use crate::iam::Action;
use actix_web::HttpResponse;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionDto {
    /// Whose key; nobody's when absent.
    #[serde(default)]
    pub access_key_id: Option<String>,
    /// The session token that goes with the key, if it is a temporary one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// The action, such as `s3:GetObject`.
    pub action: String,
    /// A bucket, or a bucket and an object key behind a slash.
    pub resource: String,
    /// What the request has for the keys of conditions.
    #[serde(default)]
    pub context: BTreeMap<String, Vec<String>>,
}

impl fmt::Debug for QuestionDto {
    /// The token stays out: it is half of a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuestionDto")
            .field("access_key_id", &self.access_key_id)
            .field("action", &self.action)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// The decision.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ExplanationDto {
    /// `allow` or `deny`.
    pub decision: String,
    /// What it rests on.
    pub reason: String,
    /// Who asks, as policies name it.
    pub caller: String,
}

/// Decides as a request would be decided, and says why.
///
/// # Errors
/// `NoSuchAccessKey`, `NoSuchSession`, `NoSuchBucket`, an unknown action, or when keys or rows
/// fail.
pub async fn explain(permit: Permit, state: State, question: Body<QuestionDto>) -> Outcome {
    let question = question.into_inner().0;
    let id = question.access_key_id.as_deref().map(AccessKeyId::parse);
    let question = PolicyQuestion {
        access_key_id: id.transpose()?,
        session_token: question
            .session_token
            .map(|token| Arc::new(SecretBytes::new(token.into_bytes()))),
        action: Action::find(&question.action).ok_or(AdminError::InvalidAction)?,
        resource: question.resource,
        context: question.context,
    };
    let explanation = state.control.explain_policy(&permit, question).await?;
    let decision = if explanation.is_allowed {
        "allow"
    } else {
        "deny"
    };
    Ok(HttpResponse::Ok().json(ExplanationDto {
        decision: decision.to_owned(),
        reason: explanation.reason,
        caller: explanation.caller,
    }))
}
