//! Why a decision is what it is, for operators.
//!
//! Owns: the question of `riznica policy explain`, asked of the same decision that requests get.
//! Not here: the decision (`iam::authorize`), what the policies say (`iam::policy`).
//!
//! A real request has facts of its own: what it has for the keys of conditions is given with the
//! question, but for those that follow from who asks. An object's tags are given as
//! `s3:ExistingObjectTag/NAME`, a version of it as `s3:VersionId`. Access control lists are those
//! that there are.

use crate::auth::{AccessKeyId, Actor};
use crate::base::secret::SecretBytes;
use crate::catalog::accounts::Account;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::credential_store::open_token;
use crate::catalog::credentials::{self, key_context};
use crate::catalog::error::CatalogError;
use crate::catalog::sealed_settings::SealedDocument;
use crate::catalog::sessions::{self, SessionGrant, SessionToken};
use crate::catalog::settings::SettingsKind;
use crate::catalog::tenants::{self, TenantRecord};
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit};
use crate::crypto::{KeyContext, KeyScope, ScopeKey};
use crate::iam::policy::condition::normalized_key;
use crate::iam::policy::{Context, Policy, PolicyKind};
use crate::iam::{Action, BucketResource, Principal, Request, Resource, decide};
use crate::model::bucket::BucketName;
use crate::model::iam::MemberKind;
use crate::model::time::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is asked.
#[derive(Clone, Debug)]
pub struct PolicyQuestion {
    /// Whose key; nobody's when absent.
    pub access_key_id: Option<AccessKeyId>,
    /// The session token that goes with the key, if it is a temporary one.
    pub session_token: Option<Arc<SecretBytes>>,
    /// To do what.
    pub action: Action,
    /// To what: a bucket, or a bucket and an object key behind a slash.
    pub resource: String,
    /// What the request has for the keys of conditions.
    pub context: BTreeMap<String, Vec<String>>,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyExplanation {
    /// Whether the request would be let through.
    pub is_allowed: bool,
    /// What that rests on.
    pub reason: String,
    /// Who asks, as policies name it.
    pub caller: String,
}

struct Facts<'a> {
    given: BTreeMap<String, Vec<String>>,
    principal: &'a Principal,
    now: Timestamp,
}

impl Context for Facts<'_> {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        if let Some(given) = self.given.get(key) {
            return Some(given.iter().map(|value| value.as_str().into()).collect());
        }
        let value = match key {
            "aws:currenttime" => self.now.iso8601().into(),
            "aws:principalaccount" => self.principal.caller.account()?.to_string().into(),
            "aws:principalarn" => self.principal.caller.principal_arn()?.into(),
            "aws:principaltype" => self.principal.caller.type_name().into(),
            "aws:userid" => self.principal.caller.user_id().into(),
            "aws:username" => self.principal.caller.user_name()?.into(),
            "aws:tokenissuetime" => self.principal.session.as_ref()?.issued.iso8601().into(),
            "aws:multifactorauthpresent" => {
                self.principal.session.as_ref()?;
                "false".into()
            }
            _ => return None,
        };
        Some(vec![value])
    }
}

impl Control {
    /// Decides as a request of this key would be decided, and says what the decision rests on.
    ///
    /// # Errors
    /// `NoSuchAccessKey`, `NoSuchSession`, `NoSuchBucket`, or when keys or rows fail.
    pub async fn explain_policy(
        &self,
        _permit: &OperatorPermit,
        question: PolicyQuestion,
    ) -> Result<PolicyExplanation, ControlError> {
        let principal = match (&question.access_key_id, &question.session_token) {
            (None, _) => Principal::anonymous(),
            (Some(id), None) => self.principal_of(id).await?,
            (Some(id), Some(token)) => self.session_of(id, token).await?,
        };
        let resource = question.resource.as_str();
        let resource = resource.strip_prefix("arn:aws:s3:::").unwrap_or(resource);
        let (name, object_key) = match resource.split_once('/') {
            None => (resource, None),
            Some((name, object_key)) => (name, Some(object_key)),
        };
        let name = BucketName::parse(name).map_err(|_name| ControlError::NoSuchBucket)?;
        let found = buckets::find(&*self.engine, &name).await?;
        let bucket = found.ok_or(ControlError::NoSuchBucket)?;
        let policy = self.policy_of(&bucket).await?;
        let given: BTreeMap<_, _> = question
            .context
            .into_iter()
            .map(|(key, values)| (normalized_key(&key), values))
            .collect();
        let version = given.get("s3:versionid").and_then(|values| values.first());
        let named = (object_key, version.map(String::as_str));
        let lists = self.lists_of(&bucket, question.action, named).await?;
        let facts = Facts {
            given,
            principal: &principal,
            now: self.now(),
        };
        let decision = decide(&Request {
            principal: &principal,
            action: question.action,
            resource: Resource::Bucket(BucketResource {
                bucket: bucket.bucket,
                owner: bucket.tenant,
                owner_status: self.terms.status_of(bucket.tenant),
                name: bucket.name.as_str(),
                object_key,
                policy: policy.as_ref(),
                binds_root: bucket.access.binds_root,
                restricts_public: bucket.access.block().restrict_public_buckets,
                lists: lists.as_ref().map(|own| own.facts(&bucket)),
                begun_by: None,
            }),
            context: &facts,
        });
        let is_allowed = decision.is_ok();
        let (Ok(ground) | Err(ground)) = decision;
        Ok(PolicyExplanation {
            is_allowed,
            reason: ground.to_string(),
            caller: principal
                .caller
                .arn()
                .unwrap_or_else(|| "anonymous".to_owned()),
        })
    }

    async fn principal_of(&self, id: &AccessKeyId) -> Result<Principal, ControlError> {
        let found = credentials::find(&*self.engine, id).await?;
        let record = found.ok_or(ControlError::NoSuchAccessKey)?;
        let tenant = tenants::find(&*self.engine, record.tenant).await?;
        let tenant = tenant.ok_or(ControlError::NoSuchTenant)?;
        let actor = record.user.map_or(Actor::Root, Actor::User);
        let (principal, _) = self.principal_for(&tenant, &actor).await?;
        Ok(principal)
    }

    /// The principal of a session, whatever of its time is left.
    async fn session_of(
        &self,
        id: &AccessKeyId,
        token: &SecretBytes,
    ) -> Result<Principal, ControlError> {
        let token = std::str::from_utf8(token.expose()).ok();
        let token = token.and_then(SessionToken::parse);
        let token = token.ok_or(ControlError::NoSuchSession)?;
        let opened = open_token(&*self.engine, &*self.provider, id, &token).await?;
        let (tenant, opened) = opened.ok_or(ControlError::NoSuchSession)?;
        let SessionGrant { actor, session, .. } = opened.grant;
        let (mut principal, actor_id) = self.principal_for(&tenant, &actor).await?;
        if *session.actor_id != *actor_id {
            return Err(ControlError::NoSuchSession);
        }
        principal.session = Some(sessions::bounds(&session)?);
        Ok(principal)
    }

    /// Somebody of a tenant with its policies, and its id; a root has none.
    async fn principal_for(
        &self,
        tenant: &TenantRecord,
        actor: &Actor,
    ) -> Result<(Principal, String), ControlError> {
        let context = key_context(tenant.tenant);
        let wrapped = &tenant.credentials_key;
        let key = self.provider.unwrap_key(wrapped, &context).await?;
        let account = Account {
            engine: &*self.engine,
            entropy: &*self.entropy,
            key: &key,
            tenant: tenant.tenant,
        };
        match actor {
            Actor::Root => {
                let canonical_id = tenant.canonical_id.as_str();
                let root = Principal::root(tenant.tenant, canonical_id, tenant.status);
                Ok((root, String::new()))
            }
            Actor::User(name) => {
                let user = account.find(MemberKind::User, name).await?;
                let user = user.ok_or(CatalogError::Inconsistent("user of an access key"))?;
                let mut policies = user.attached()?;
                for group in &user.groups {
                    let group = account.find(MemberKind::Group, group).await?;
                    let group = group.ok_or(CatalogError::Inconsistent("group of a user"))?;
                    policies.extend(group.attached()?);
                }
                Ok((user.principal(policies, tenant.status), user.id))
            }
            Actor::Role { role, session_name } => {
                let role = account.find(MemberKind::Role, role).await?;
                let role = role.ok_or(ControlError::NoSuchSession)?;
                let policies = role.attached()?;
                let principal = role.role_principal(session_name, policies, tenant.status);
                Ok((principal, role.id))
            }
        }
    }

    async fn policy_of(&self, bucket: &BucketRecord) -> Result<Option<Policy>, ControlError> {
        let kind = SettingsKind::Policy;
        let Some(stored) = SealedDocument::load(&*self.engine, bucket, kind).await? else {
            return Ok(None);
        };
        let key = self.bucket_key(bucket, stored.key_version).await?;
        let text = stored.open(bucket, &key)?;
        let policy = Policy::parse(PolicyKind::Bucket, text.expose());
        let policy = policy.map_err(|_text| CatalogError::Inconsistent("bucket policy"))?;
        Ok(Some(policy))
    }

    /// The key of a bucket's rows.
    pub(in crate::control) async fn bucket_key(
        &self,
        bucket: &BucketRecord,
        version: u32,
    ) -> Result<ScopeKey, ControlError> {
        let mut keys = bucket.keys.iter();
        let wrapped = keys.find(|(known, _)| *known == version);
        let (_, wrapped) = wrapped.ok_or(CatalogError::Inconsistent("bucket key"))?;
        let context = KeyContext {
            tenant: bucket.tenant,
            scope: KeyScope::Bucket(bucket.bucket),
            version,
        };
        Ok(self.provider.unwrap_key(wrapped, &context).await?)
    }
}
