//! The proof that a request's signature held.
//!
//! Owns: `VerifiedIdentity`, which only this module's verifiers make (A1).
//! Not here: permissions (`iam`).

use crate::auth::credential::{AccessKeyId, Credential};
use crate::auth::session::{Actor, Session};
use crate::model::id::TenantId;
use std::sync::Arc;

/// Who has signed the request. Every fact in it comes from the credential that the signature held
/// under, none from the URL.
#[derive(Clone, Debug)]
pub struct VerifiedIdentity {
    tenant: TenantId,
    actor: Actor,
    session: Option<Arc<Session>>,
    access_key_id: AccessKeyId,
    canonical_id: Arc<str>,
    display_name: Arc<str>,
}

impl VerifiedIdentity {
    /// Called in one place: after the signature held and the credential proved active.
    pub(in crate::auth) fn of(credential: &Credential) -> Self {
        Self {
            tenant: credential.tenant,
            actor: credential.actor.clone(),
            session: credential.session.clone(),
            access_key_id: credential.access_key_id.clone(),
            canonical_id: Arc::clone(&credential.canonical_id),
            display_name: Arc::clone(&credential.display_name),
        }
    }

    /// The tenant on whose behalf the request acts.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// On whose behalf in that tenant it acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What bounds it, if the credential is a temporary one.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_deref()
    }

    /// The access key id that signed.
    pub fn access_key_id(&self) -> &AccessKeyId {
        &self.access_key_id
    }

    /// The lasting access key behind the request: the one that signed, or the one that its session
    /// stems from.
    pub fn lasting_key_id(&self) -> &AccessKeyId {
        self.session
            .as_ref()
            .map_or(&self.access_key_id, |session| &session.parent)
    }

    /// The owner id in S3 answers.
    pub fn canonical_id(&self) -> &str {
        &self.canonical_id
    }

    /// The owner's display name in S3 answers.
    pub fn display_name(&self) -> &str {
        &self.display_name
    }
}
