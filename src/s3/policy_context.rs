//! What a request has for the condition keys and variables of policies.
//!
//! Owns: which key comes from where. Only what the server knows itself or what the request's own
//! S3 headers ask for: no header can claim to be the caller, its address or its groups (attacks.md
//! 36, 37). Not here: comparing (`iam::policy`).
//!
//! Source: AWS Service Authorization Reference, "Condition keys for Amazon S3"; IAM User Guide,
//! "AWS global condition context keys".

use crate::auth::RequestView;
use crate::iam::Principal;
use crate::iam::policy::Context;
use crate::model::id::TenantId;
use crate::model::lock::{LockState, Retention};
use crate::model::tags::TagSet;
use crate::model::tenant::AccountId;
use crate::model::time::Timestamp;
use crate::s3::extract::{conditions, copy_source, lock, tagging};
use crate::s3::route::Query;
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

/// What a request's document asks for, once it was read; headers are told from the request.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Tags.
    pub tags: Option<TagSet>,
    /// A retention.
    pub retention: Option<Retention>,
    /// A legal hold.
    pub legal_hold: Option<bool>,
    /// The object key that a list would have to show; its list is what is asked about.
    pub listed: Option<String>,
    /// The document is a browser's form.
    pub is_form: bool,
    /// The name of the session that a role is asked for.
    pub session_name: Option<String>,
    /// What a third party tells with it.
    pub external_id: Option<String>,
}

/// The values of one request.
pub struct RequestContext<'a> {
    /// The request.
    pub view: &'a RequestView<'a>,
    /// Its query.
    pub query: &'a Query,
    /// Where the connection comes from.
    pub peer: Option<IpAddr>,
    /// Who asks.
    pub principal: &'a Principal,
    /// When.
    pub now: Timestamp,
    /// Region of all buckets.
    pub region: &'a str,
    /// Who owns the resource.
    pub owner: Option<TenantId>,
    /// The version that is asked for.
    pub version: Option<&'a str>,
    /// The tags that the object has, where a policy asks for them.
    pub existing_tags: Option<&'a TagSet>,
    /// What the request's document asks for.
    pub asked: &'a Asked,
}

impl fmt::Debug for RequestContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext")
            .field("caller", &self.principal.caller)
            .finish_non_exhaustive()
    }
}

const EXISTING_TAG: &str = "s3:existingobjecttag";
const REQUEST_TAG: &str = "s3:requestobjecttag";

impl Context for RequestContext<'_> {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        if let Some((family, name)) = key.split_once('/') {
            return self.tag(family, name).map(|value| vec![value.into()]);
        }
        if key == "s3:requestobjecttagkeys" {
            let tags = self.requested_tags()?;
            return Some(
                tags.iter()
                    .map(|(name, _)| name.to_owned().into())
                    .collect(),
            );
        }
        let value = self.global(key).or_else(|| self.s3(key))?;
        Some(vec![value])
    }
}

impl RequestContext<'_> {
    fn tag(&self, family: &str, name: &str) -> Option<String> {
        let value = |tags: &TagSet| {
            let mut tags = tags.iter();
            let found = tags.find(|(own, _)| *own == name);
            found.map(|(_, value)| value.to_owned())
        };
        match family {
            EXISTING_TAG => self.existing_tags.and_then(value),
            REQUEST_TAG => self.requested_tags().as_ref().and_then(value),
            _ => None,
        }
    }

    /// Tags that cannot be read are none: the request is refused for them behind the decision.
    fn requested_tags(&self) -> Option<TagSet> {
        if let Some(tags) = &self.asked.tags {
            return Some(tags.clone());
        }
        self.view.header("x-amz-tagging")?;
        tagging::tags(self.view).ok()
    }

    fn requested_lock(&self) -> LockState {
        let mut asked = lock::lock(self.view).ok().flatten().unwrap_or_default();
        asked.retention = self.asked.retention.or(asked.retention);
        asked.legal_hold = self.asked.legal_hold.unwrap_or(asked.legal_hold);
        asked
    }

    fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.view.header(name)?;
        Some(String::from_utf8_lossy(value))
    }

    fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query.get(name).ok().flatten().map(Cow::from)
    }

    fn global(&self, key: &str) -> Option<Cow<'_, str>> {
        let caller = &self.principal.caller;
        let account = caller.account();
        let session = self.principal.session.as_ref();
        Some(match key {
            "aws:sourceip" => self.peer?.to_canonical().to_string().into(),
            "aws:securetransport" => self.view.secure.to_string().into(),
            "aws:currenttime" => self.now.iso8601().into(),
            "aws:epochtime" => (self.now.millis() / 1000).to_string().into(),
            "aws:useragent" => self.header("user-agent")?,
            "aws:referer" => self.header("referer")?,
            "aws:requestedregion" => self.region.into(),
            "aws:principalarn" => caller.principal_arn()?.into(),
            "aws:principalaccount" => account?.to_string().into(),
            "aws:principaltype" => caller.type_name().into(),
            "aws:userid" => caller.user_id().into(),
            "aws:username" => caller.user_name()?.into(),
            "aws:tokenissuetime" => session?.issued.iso8601().into(),
            // Requests with a lasting key do not have this one (IAM User Guide).
            "aws:multifactorauthpresent" => {
                session?;
                "false".into()
            }
            "sts:rolesessionname" => self.asked.session_name.as_deref()?.into(),
            "sts:externalid" => self.asked.external_id.as_deref()?.into(),
            "aws:resourceaccount" | "s3:resourceaccount" => {
                AccountId::of(self.owner?).to_string().into()
            }
            _ => return None,
        })
    }

    fn s3(&self, key: &str) -> Option<Cow<'_, str>> {
        let name = key.strip_prefix("s3:")?;
        Some(match name {
            "prefix" if self.asked.listed.is_some() => self.asked.listed.as_deref()?.into(),
            "prefix" | "delimiter" | "max-keys" => self.parameter(name)?,
            "versionid" => self.version?.into(),
            "x-amz-copy-source" => self.copy_source()?.into(),
            "if-match" | "if-none-match" => self.header(name)?,
            "signatureversion" => {
                self.principal.caller.account()?;
                "AWS4-HMAC-SHA256".into()
            }
            "authtype" => {
                self.principal.caller.account()?;
                let is_header = self.view.header("authorization").is_some();
                match (self.asked.is_form, is_header) {
                    (true, _) => "POST",
                    (false, true) => "REST-HEADER",
                    (false, false) => "REST-QUERY-STRING",
                }
                .into()
            }
            "object-lock-mode" => self.requested_lock().retention?.mode.name().into(),
            "object-lock-retain-until-date" => {
                let retention = self.requested_lock().retention?;
                retention.retain_until.iso8601().into()
            }
            "object-lock-remaining-retention-days" => {
                let until = self.requested_lock().retention?.retain_until;
                let millis = until.millis().saturating_sub(self.now.millis());
                millis.div_ceil(24 * 60 * 60 * 1000).to_string().into()
            }
            "object-lock-legal-hold" => {
                let is_asked = self.asked.legal_hold.is_some()
                    || self.view.header("x-amz-object-lock-legal-hold").is_some();
                is_asked
                    .then(|| {
                        if self.requested_lock().legal_hold {
                            "ON"
                        } else {
                            "OFF"
                        }
                    })?
                    .into()
            }
            _ if name.starts_with("x-amz-") => self.header(name)?,
            _ => return None,
        })
    }

    /// Bucket and key without a leading slash (s3-behaviour.md 75).
    fn copy_source(&self) -> Option<String> {
        conditions::text(self.view, "x-amz-copy-source")?;
        let source = copy_source::copy_source(self.view).ok()?;
        Some(format!("{}/{}", source.bucket, source.object_key.as_str()))
    }
}
