//! Session tokens: temporary credentials, sealed, in the hands of their holders.
//!
//! Owns: the bytes of a token (`docs/FORMAT.md`, "Session tokens"). Nothing of a session is stored
//! on disk, so that any number of them costs no room, and they outlive a restart; what ends them
//! early are the rows of what they stem from, which every request reads.
//! Not here: who gets one (`gateway::session`), what it may do (`gateway::principal`, `iam`).
//!
//! Text: URL-safe Base64 without padding of format u8 = 1 | tenant id 16 | sealed record. The
//! record is under the tenant's credentials key, and its context has the temporary access key id: a
//! token goes with that one id, and nobody but this installation makes one (C3). Sealed: field
//! secret, issued u64, expires u64, field parent's access key id, parent's creation u64, actor u8
//! (0 root, 1 user, 2 role), field name (none for a root), field id of the user or role, field
//! session name (none but for a role), optional field policy.

use crate::auth::{AccessKeyId, Actor, Session};
use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::encoding::{base64_url_decode, base64_url_encode};
use crate::base::entropy::Entropy;
use crate::base::secret::SecretBytes;
use crate::catalog::credentials::generate_temporary;
use crate::catalog::error::CatalogError;
use crate::crypto::{RecordContext, RecordView, ScopeKey, seal_record};
use crate::iam::policy::{Policy, PolicyKind};
use crate::iam::{AttachedPolicy, SessionBounds};
use crate::model::iam::IamName;
use crate::model::id::{BucketId, TenantId};
use crate::model::time::Timestamp;
use std::sync::Arc;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
/// Characters of the longest token: that of the longest session policy, with room.
const TOKEN_LEN_MAX: usize = 8 * 1024;

/// What a temporary credential is issued for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionGrant {
    /// Whose.
    pub tenant: TenantId,
    /// For whom it acts.
    pub actor: Actor,
    /// What bounds it.
    pub session: Session,
    /// When its parent was created: a later key of the same id is another one.
    pub parent_created: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
}

/// A new temporary credential, shown once.
#[derive(Debug)]
pub struct IssuedSession {
    /// The id that requests name.
    pub access_key_id: AccessKeyId,
    /// The secret that they are signed with.
    pub secret_access_key: SecretBytes,
    /// The token that they carry.
    pub token: SecretBytes,
    /// When it ends.
    pub expires: Timestamp,
}

/// A token that was opened.
#[derive(Debug)]
pub struct OpenedSession {
    /// What it was issued for.
    pub grant: SessionGrant,
    /// The secret that requests are signed with.
    pub secret_access_key: SecretBytes,
}

/// A token, taken apart but not yet opened: nothing of it is known to be true.
#[derive(Debug)]
pub struct SessionToken {
    /// Whose key is said to open it.
    pub tenant: TenantId,
    sealed: Vec<u8>,
}

/// Issues a temporary credential, sealed under the tenant's credentials key.
///
/// # Errors
/// When the random source or sealing fails.
pub fn issue(
    grant: &SessionGrant,
    key: &ScopeKey,
    entropy: &dyn Entropy,
) -> Result<IssuedSession, CatalogError> {
    let (access_key_id, secret_access_key) = generate_temporary(entropy)?;
    let fields = Zeroizing::new(grant.encode(&secret_access_key));
    let context = context(grant.tenant, &access_key_id);
    let sealed = seal_record(key, &context, &[], &fields, entropy)?;
    let mut w = Writer::new();
    w.u8(FORMAT).fixed(grant.tenant.as_bytes()).fixed(&sealed);
    let token = base64_url_encode(w.as_slice());
    Ok(IssuedSession {
        access_key_id,
        secret_access_key,
        token: SecretBytes::new(token.into_bytes()),
        expires: grant.expires,
    })
}

impl SessionToken {
    /// Takes a token apart; `None` for what can be none.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > TOKEN_LEN_MAX {
            return None;
        }
        let bytes = base64_url_decode(text)?;
        let (format, rest) = bytes.split_first()?;
        let (tenant, sealed) = rest.split_first_chunk::<16>()?;
        (*format == FORMAT).then(|| Self {
            tenant: TenantId::from_bytes(*tenant),
            sealed: sealed.to_vec(),
        })
    }

    /// Opens the token of an access key id; `None` when it is not the one that was issued with that
    /// id under this key.
    ///
    /// # Errors
    /// When what was sealed cannot be read: only a bug or another version of this program makes
    /// such a token.
    pub fn open(
        &self,
        access_key_id: &AccessKeyId,
        key: &ScopeKey,
    ) -> Result<Option<OpenedSession>, CatalogError> {
        let Ok(view) = RecordView::decode(&self.sealed) else {
            return Ok(None);
        };
        let Ok(fields) = view.open(key, &context(self.tenant, access_key_id)) else {
            return Ok(None);
        };
        let mut r = Reader::new(fields.expose());
        let opened = OpenedSession::read(&mut r, self.tenant)?;
        r.finish()?;
        Ok(Some(opened))
    }
}

impl SessionGrant {
    fn encode(&self, secret_access_key: &SecretBytes) -> Vec<u8> {
        let (kind, name, session_name) = match &self.actor {
            Actor::Root => (0, "", ""),
            Actor::User(name) => (1, name.as_str(), ""),
            Actor::Role { role, session_name } => (2, role.as_str(), session_name.as_str()),
        };
        let session = &self.session;
        let mut w = Writer::new();
        w.field(secret_access_key.expose())
            .u64(session.issued.millis())
            .u64(self.expires.millis())
            .field(session.parent.as_str().as_bytes())
            .u64(self.parent_created.millis())
            .u8(kind)
            .field(name.as_bytes())
            .field(session.actor_id.as_bytes())
            .field(session_name.as_bytes())
            .optional_field(session.policy.as_deref().map(str::as_bytes));
        w.into_vec()
    }
}

impl OpenedSession {
    fn read(r: &mut Reader<'_>, tenant: TenantId) -> Result<Self, CodecError> {
        let secret_access_key = SecretBytes::new(r.field()?.to_vec());
        let (issued, expires) = (r.u64()?, r.u64()?);
        let parent = AccessKeyId::parse(&r.text("parent")?)
            .map_err(|_id| CodecError::InvalidField("parent"))?;
        let parent_created = Timestamp::from_millis(r.u64()?);
        let kind = r.u8()?;
        let (name, actor_id) = (r.text("name")?, r.text("id")?);
        let session_name = r.text("session name")?;
        let user = || IamName::user(&name).map_err(|_name| CodecError::InvalidField("name"));
        let actor = match kind {
            0 if name.is_empty() && actor_id.is_empty() && session_name.is_empty() => Actor::Root,
            1 if session_name.is_empty() => Actor::User(user()?),
            2 => Actor::Role {
                role: user()?,
                session_name: IamName::session(&session_name)
                    .map_err(|_name| CodecError::InvalidField("session name"))?,
            },
            _ => return Err(CodecError::InvalidField("actor")),
        };
        let policy = r.optional_field("policy")?.map(std::str::from_utf8);
        let policy = policy.transpose();
        let policy = policy.map_err(|_utf8| CodecError::InvalidField("policy"))?;
        Ok(Self {
            grant: SessionGrant {
                tenant,
                actor,
                session: Session {
                    parent,
                    issued: Timestamp::from_millis(issued),
                    actor_id: actor_id.into(),
                    policy: policy.map(Into::into),
                },
                parent_created,
                expires: Timestamp::from_millis(expires),
            },
            secret_access_key,
        })
    }
}

/// What bounds a caller in this session.
///
/// # Errors
/// `Inconsistent` for a policy that is none.
pub fn bounds(session: &Session) -> Result<SessionBounds, CatalogError> {
    let attach = |text: &Arc<str>| {
        let parsed = Policy::parse(PolicyKind::Session, text.as_bytes());
        let parsed = parsed.map_err(|_text| CatalogError::Inconsistent("session policy"));
        parsed.map(|policy| AttachedPolicy {
            label: "the session policy".into(),
            policy: Arc::new(policy),
        })
    };
    Ok(SessionBounds {
        issued: session.issued,
        policy: session.policy.as_ref().map(attach).transpose()?,
    })
}

fn context(tenant: TenantId, access_key_id: &AccessKeyId) -> RecordContext<'_> {
    RecordContext {
        tenant,
        bucket: BucketId::from_bytes([0; 16]),
        object_key: access_key_id.as_str().as_bytes(),
        version: b"session",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;

    fn grant(actor: Actor, policy: Option<&str>) -> SessionGrant {
        let actor_id = if actor == Actor::Root { "" } else { "AROA1" };
        SessionGrant {
            tenant: TenantId::from_bytes([1; 16]),
            actor,
            session: Session {
                parent: AccessKeyId::parse("RZPARENT").unwrap(),
                issued: Timestamp::from_millis(5),
                actor_id: actor_id.into(),
                policy: policy.map(Into::into),
            },
            parent_created: Timestamp::from_millis(3),
            expires: Timestamp::from_millis(9),
        }
    }

    fn text(issued: &IssuedSession) -> String {
        String::from_utf8(issued.token.expose().to_vec()).unwrap()
    }

    #[test]
    fn token_tells_what_it_was_issued_for_and_shows_nothing() {
        let entropy = SystemEntropy::new();
        let key = ScopeKey::generate(1, &entropy).unwrap();
        let name = |text| IamName::user(text).unwrap();
        let role = Actor::Role {
            role: name("writer"),
            session_name: name("nightly"),
        };
        let long = format!("{{\"Statement\": \"{}\"}}", "\u{10d}".repeat(2048));
        for (actor, policy) in [
            (Actor::Root, None),
            (Actor::User(name("ana")), None),
            (role, Some(long.as_str())),
        ] {
            let grant = grant(actor, policy);
            let issued = issue(&grant, &key, &entropy).unwrap();
            let token = SessionToken::parse(&text(&issued)).unwrap();
            let id = &issued.access_key_id;
            assert!(id.as_str().starts_with("RT"), "{id}");
            let opened = token.open(id, &key).unwrap().unwrap();
            assert_eq!(opened.grant, grant);
            let secret = issued.secret_access_key.expose();
            assert_eq!(opened.secret_access_key.expose(), secret);
            let shown = base64_url_decode(&text(&issued)).unwrap();
            assert!(!shown.windows(secret.len()).any(|bytes| bytes == secret));
        }
    }

    /// Tampered with, of another id, tenant or key: none of them opens, and none says why.
    #[test]
    fn token_opens_whole_for_its_own_id_and_tenant_alone() {
        let entropy = SystemEntropy::new();
        let keys = [1, 1, 2].map(|version| ScopeKey::generate(version, &entropy).unwrap());
        let [key, other, newer] = &keys;
        let issued = issue(&grant(Actor::Root, Some("{}")), key, &entropy).unwrap();
        let whole = base64_url_decode(&text(&issued)).unwrap();
        let id = &issued.access_key_id;
        let opens = |bytes: &[u8], id: &AccessKeyId, key: &ScopeKey| {
            let token = SessionToken::parse(&base64_url_encode(bytes));
            token.is_some_and(|token| token.open(id, key).unwrap().is_some())
        };
        assert!(opens(&whole, id, key));
        assert!(!opens(&whole, id, other) && !opens(&whole, id, newer));
        let another = issue(&grant(Actor::Root, Some("{}")), key, &entropy).unwrap();
        assert!(!opens(&whole, &another.access_key_id, key));
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            assert!(!opens(&flipped, id, key), "byte {at}");
            assert!(!opens(&whole[..at], id, key), "cut at {at}");
        }
        assert!(!opens(&[&whole[..], &[0]].concat(), id, key));
        for text in ["", "a", "=", "AQ", "%00", &"A".repeat(TOKEN_LEN_MAX + 4)] {
            assert!(SessionToken::parse(text).is_none(), "{text}");
        }
    }
}
