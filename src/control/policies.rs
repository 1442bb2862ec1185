//! Why a decision is what it is, for operators.
//!
//! Owns: the question of `riznica policy explain`, asked of the same decision that requests get.
//! Not here: the decision (`iam::authorize`), what the policies say (`iam::policy`).
//!
//! A real request has facts of its own: what it has for the keys of conditions is given with the
//! question, but for those that follow from who asks. An object's tags are given as
//! `s3:ExistingObjectTag/NAME`.

use crate::auth::AccessKeyId;
use crate::catalog::accounts::Account;
use crate::catalog::buckets::{self, BucketRecord};
use crate::catalog::credentials::{self, key_context};
use crate::catalog::error::CatalogError;
use crate::catalog::sealed_settings::SealedDocument;
use crate::catalog::settings::SettingsKind;
use crate::catalog::tenants;
use crate::control::error::ControlError;
use crate::control::{Control, OperatorPermit};
use crate::crypto::{KeyContext, KeyScope};
use crate::iam::policy::condition::normalized_key;
use crate::iam::policy::{Caller, Context, Policy, PolicyKind};
use crate::iam::{Action, BucketResource, Principal, Request, Resource, decide};
use crate::model::bucket::BucketName;
use crate::model::iam::MemberKind;
use crate::model::time::Timestamp;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What is asked.
#[derive(Clone, Debug)]
pub struct PolicyQuestion {
    /// Whose key; nobody's when absent.
    pub access_key_id: Option<AccessKeyId>,
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
    caller: &'a Caller,
    now: Timestamp,
}

impl Context for Facts<'_> {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        if let Some(given) = self.given.get(key) {
            return Some(given.iter().map(|value| value.as_str().into()).collect());
        }
        let value = match key {
            "aws:currenttime" => self.now.iso8601().into(),
            "aws:principalaccount" => self.caller.account()?.to_string().into(),
            "aws:principalarn" => self.caller.arn()?.into(),
            "aws:principaltype" => self.caller.type_name().into(),
            "aws:userid" => self.caller.user_id().into(),
            "aws:username" => self.caller.user_name()?.into(),
            _ => return None,
        };
        Some(vec![value])
    }
}

impl Control {
    /// Decides as a request of this key would be decided, and says what the decision rests on.
    ///
    /// # Errors
    /// `NoSuchAccessKey`, `NoSuchBucket`, or when keys or rows fail.
    pub async fn explain_policy(
        &self,
        _permit: &OperatorPermit,
        question: PolicyQuestion,
    ) -> Result<PolicyExplanation, ControlError> {
        let principal = self.principal_of(question.access_key_id.as_ref()).await?;
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
        let given = question.context.into_iter();
        let facts = Facts {
            given: given
                .map(|(key, values)| (normalized_key(&key), values))
                .collect(),
            caller: &principal.caller,
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

    async fn principal_of(&self, id: Option<&AccessKeyId>) -> Result<Principal, ControlError> {
        let Some(id) = id else {
            return Ok(Principal::anonymous());
        };
        let found = credentials::find(&*self.engine, id).await?;
        let record = found.ok_or(ControlError::NoSuchAccessKey)?;
        let tenant = tenants::find(&*self.engine, record.tenant).await?;
        let tenant = tenant.ok_or(ControlError::NoSuchTenant)?;
        let Some(user) = &record.user else {
            let canonical_id = tenant.canonical_id.as_str();
            return Ok(Principal::root(tenant.tenant, canonical_id, tenant.status));
        };
        let context = key_context(tenant.tenant);
        let key = self
            .provider
            .unwrap_key(&tenant.credentials_key, &context)
            .await?;
        let account = Account {
            engine: &*self.engine,
            entropy: &*self.entropy,
            key: &key,
            tenant: tenant.tenant,
        };
        let user = account.find(MemberKind::User, user).await?;
        let user = user.ok_or(CatalogError::Inconsistent("user of an access key"))?;
        let mut policies = user.attached()?;
        for group in &user.groups {
            let group = account.find(MemberKind::Group, group).await?;
            let group = group.ok_or(CatalogError::Inconsistent("group of a user"))?;
            policies.extend(group.attached()?);
        }
        Ok(user.principal(policies, tenant.status))
    }

    async fn policy_of(&self, bucket: &BucketRecord) -> Result<Option<Policy>, ControlError> {
        let kind = SettingsKind::Policy;
        let Some(stored) = SealedDocument::load(&*self.engine, bucket, kind).await? else {
            return Ok(None);
        };
        let version = stored.key_version;
        let mut keys = bucket.keys.iter();
        let wrapped = keys.find(|(known, _)| *known == version);
        let (_, wrapped) = wrapped.ok_or(CatalogError::Inconsistent("bucket key"))?;
        let context = KeyContext {
            tenant: bucket.tenant,
            scope: KeyScope::Bucket(bucket.bucket),
            version,
        };
        let key = self.provider.unwrap_key(wrapped, &context).await?;
        let text = stored.open(bucket, &key)?;
        let policy = Policy::parse(PolicyKind::Bucket, text.expose());
        let policy = policy.map_err(|_text| CatalogError::Inconsistent("bucket policy"))?;
        Ok(Some(policy))
    }
}
