//! A user's, group's or role's record.
//!
//! Owns: its stored form: the tenant readable, the rest sealed under the tenant's credentials key,
//! since names and policies may tell of people. Sealed: name, path, id, created, policies (count
//! u16, name and text each), groups (count u16, name each), and of a role its trust policy,
//! description and longest session in seconds u32.
//! Not here: which changes there are (`accounts`).

use crate::base::codec::{CodecError, Reader, Writer};
use crate::base::entropy::{Entropy, random_array};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::crypto::{RecordContext, RecordView, ScopeKey, seal_record};
use crate::iam::policy::arn::{assumed_role_arn, role_arn, user_arn};
use crate::iam::policy::{Caller, Policy, PolicyKind};
use crate::iam::{AttachedPolicy, Principal};
use crate::model::iam::{IamName, IamPath, MemberKind};
use crate::model::id::{BucketId, TenantId};
use crate::model::tenant::{AccountId, TenantStatus};
use crate::model::time::Timestamp;
use crate::storage::MetaKey;
use bytes::Bytes;
use std::sync::Arc;

/// Characters of generated ids.
const ID_ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// What a role has beyond other members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTerms {
    /// Who may act as it: a policy, byte for byte as it was given.
    pub trust: String,
    /// What people read.
    pub description: String,
    /// Seconds of its longest session.
    pub session_seconds_max: u32,
}

/// A user, a group or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Whose.
    pub tenant: TenantId,
    /// What.
    pub kind: MemberKind,
    /// Its name.
    pub name: IamName,
    /// Where it stands.
    pub path: IamPath,
    /// Its id, which no later member of the same name has.
    pub id: String,
    /// When it was created.
    pub created: Timestamp,
    /// Its policies by name, byte for byte as they were given.
    pub policies: Vec<(IamName, String)>,
    /// The groups of a user.
    pub groups: Vec<IamName>,
    /// What a role has.
    pub role: Option<RoleTerms>,
}

/// A unique id in the form of AWS's ("IAM identifiers"): four letters for the kind, then 16 random
/// ones.
fn unique_id(kind: MemberKind, entropy: &dyn Entropy) -> Result<String, CatalogError> {
    let mut id = match kind {
        MemberKind::Group => "AGPA".to_owned(),
        MemberKind::Role => "AROA".to_owned(),
        MemberKind::User => "AIDA".to_owned(),
    };
    let random = random_array::<16>(entropy).map_err(CatalogError::from)?;
    id.extend(random.iter().map(|byte| {
        let letter = ID_ALPHABET.get(usize::from(byte % 32));
        letter.map_or('A', |letter| char::from(*letter))
    }));
    Ok(id)
}

impl Member {
    /// A member without policies and groups.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new(
        (tenant, kind): (TenantId, MemberKind),
        name: IamName,
        path: IamPath,
        created: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Self, CatalogError> {
        Ok(Self {
            tenant,
            kind,
            name,
            path,
            id: unique_id(kind, entropy)?,
            created,
            policies: Vec::new(),
            groups: Vec::new(),
            role: None,
        })
    }

    /// Its ARN.
    pub fn arn(&self) -> String {
        let account = AccountId::of(self.tenant);
        let (word, path, name) = (self.kind.word(), self.path.as_str(), &self.name);
        format!("arn:aws:iam::{account}:{word}{path}{name}")
    }

    /// Its policies, read.
    ///
    /// # Errors
    /// `Inconsistent` for one that is none.
    pub fn attached(&self) -> Result<Vec<AttachedPolicy>, CatalogError> {
        let attach = |(policy, text): &(IamName, String)| {
            let parsed = Policy::parse(PolicyKind::Identity, text.as_bytes());
            let parsed = parsed.map_err(|_text| CatalogError::Inconsistent("policy of a user"))?;
            let (word, name) = (self.kind.word(), &self.name);
            Ok(AttachedPolicy {
                label: format!("policy {policy} of {word} {name}").into(),
                policy: Arc::new(parsed),
            })
        };
        self.policies.iter().map(attach).collect()
    }

    /// The user as a principal with these policies.
    pub fn principal(&self, policies: Vec<AttachedPolicy>, status: TenantStatus) -> Principal {
        let account = AccountId::of(self.tenant);
        let (path, name) = (self.path.as_str(), self.name.as_str());
        Principal {
            tenant: Some(self.tenant),
            caller: Caller::User {
                account,
                arn: user_arn(&account, path, name).into(),
                id: self.id.as_str().into(),
                name: name.into(),
            },
            policies,
            session: None,
            status,
        }
    }

    /// A session of the role as a principal with these policies.
    pub fn role_principal(
        &self,
        session_name: &IamName,
        policies: Vec<AttachedPolicy>,
        status: TenantStatus,
    ) -> Principal {
        let account = AccountId::of(self.tenant);
        let (path, name) = (self.path.as_str(), self.name.as_str());
        Principal {
            tenant: Some(self.tenant),
            caller: Caller::Role {
                account,
                role_arn: role_arn(&account, path, name).into(),
                session_arn: assumed_role_arn(&account, name, session_name.as_str()).into(),
                id: format!("{}:{session_name}", self.id).into(),
            },
            policies,
            session: None,
            status,
        }
    }

    /// The row of the member.
    pub fn row(&self) -> MetaKey {
        keyspace::member(self.tenant, self.kind, &self.name)
    }

    /// The stored form.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn seal(&self, key: &ScopeKey, entropy: &dyn Entropy) -> Result<Bytes, CatalogError> {
        let mut w = Writer::new();
        w.field(self.name.as_str().as_bytes())
            .field(self.path.as_str().as_bytes())
            .field(self.id.as_bytes())
            .u64(self.created.millis());
        w.u16(u16::try_from(self.policies.len()).unwrap_or(u16::MAX));
        for (name, text) in &self.policies {
            w.field(name.as_str().as_bytes()).field(text.as_bytes());
        }
        w.u16(u16::try_from(self.groups.len()).unwrap_or(u16::MAX));
        for name in &self.groups {
            w.field(name.as_str().as_bytes());
        }
        if let Some(role) = &self.role {
            w.field(role.trust.as_bytes())
                .field(role.description.as_bytes())
                .u32(role.session_seconds_max);
        }
        let secret = zeroize::Zeroizing::new(w.into_vec());
        let row = self.row();
        let sealed = seal_record(key, &context(self.tenant, &row), &[], &secret, entropy)?;
        let framed = record::encode(RecordKind::Member, |w| {
            w.fixed(self.tenant.as_bytes()).field(&sealed);
        });
        Ok(framed.into())
    }

    /// Reads a row.
    ///
    /// # Errors
    /// When it is corrupt, or another member's.
    pub fn open(
        (tenant, kind): (TenantId, MemberKind),
        row: &MetaKey,
        stored: &[u8],
        key: &ScopeKey,
    ) -> Result<Self, CatalogError> {
        let read = |r: &mut Reader<'_>| {
            if TenantId::from_bytes(r.array()?) != tenant {
                return Err(CodecError::InvalidField("tenant"));
            }
            Ok(r.field()?.to_vec())
        };
        let sealed = record::decode(RecordKind::Member, stored, read)?;
        let secret = RecordView::decode(&sealed)?.open(key, &context(tenant, row))?;
        let mut r = Reader::new(secret.expose());
        let member = Self::read(&mut r, tenant, kind)?;
        r.finish()?;
        Ok(member)
    }

    fn read(r: &mut Reader<'_>, tenant: TenantId, kind: MemberKind) -> Result<Self, CodecError> {
        let name =
            |text: String| IamName::other(&text).map_err(|_name| CodecError::InvalidField("name"));
        let mut member = Self {
            tenant,
            kind,
            name: name(r.text("name")?)?,
            path: IamPath::parse(&r.text("path")?)
                .map_err(|_path| CodecError::InvalidField("path"))?,
            id: r.text("id")?,
            created: Timestamp::from_millis(r.u64()?),
            policies: Vec::new(),
            groups: Vec::new(),
            role: None,
        };
        for _ in 0..r.u16()? {
            let policy = (name(r.text("policy name")?)?, r.text("policy")?);
            member.policies.push(policy);
        }
        for _ in 0..r.u16()? {
            member.groups.push(name(r.text("group")?)?);
        }
        if kind == MemberKind::Role {
            member.role = Some(RoleTerms {
                trust: r.text("trust policy")?,
                description: r.text("description")?,
                session_seconds_max: r.u32()?,
            });
        }
        Ok(member)
    }
}

fn context(tenant: TenantId, row: &MetaKey) -> RecordContext<'_> {
    RecordContext {
        tenant,
        bucket: BucketId::from_bytes([0; 16]),
        object_key: row,
        version: b"member",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;

    #[test]
    fn member_is_sealed_to_its_row_and_tenant() {
        let entropy = SystemEntropy::new();
        let key = ScopeKey::generate(1, &entropy).unwrap();
        let tenant = TenantId::from_bytes([1; 16]);
        let place = (tenant, MemberKind::User);
        let name = |text| IamName::user(text).unwrap();
        let now = Timestamp::from_millis(5);
        let path = IamPath::parse("/archive/").unwrap();
        let mut ana = Member::new(place, name("Ana"), path, now, &entropy).unwrap();
        ana.policies.push((name("read"), "{}".to_owned()));
        ana.groups.push(name("clerks"));
        let stored = ana.seal(&key, &entropy).unwrap();
        assert!(!stored.windows(3).any(|three| three == b"Ana"));
        assert_eq!(Member::open(place, &ana.row(), &stored, &key).unwrap(), ana);
        let eva = keyspace::member(tenant, MemberKind::User, &name("eva"));
        assert!(Member::open(place, &eva, &stored, &key).is_err());
        let group = keyspace::member(tenant, MemberKind::Group, &name("ana"));
        assert!(Member::open((tenant, MemberKind::Group), &group, &stored, &key).is_err());
        let other = TenantId::from_bytes([2; 16]);
        assert!(Member::open((other, MemberKind::User), &ana.row(), &stored, &key).is_err());
    }

    #[test]
    fn role_keeps_its_terms() {
        let entropy = SystemEntropy::new();
        let key = ScopeKey::generate(1, &entropy).unwrap();
        let place = (TenantId::from_bytes([1; 16]), MemberKind::Role);
        let name = IamName::user("Writer").unwrap();
        let now = Timestamp::from_millis(5);
        let mut role = Member::new(place, name, IamPath::default(), now, &entropy).unwrap();
        role.role = Some(RoleTerms {
            trust: "{ }".to_owned(),
            description: "\u{10d}uvar".to_owned(),
            session_seconds_max: 43_200,
        });
        let stored = role.seal(&key, &entropy).unwrap();
        assert_eq!(
            Member::open(place, &role.row(), &stored, &key).unwrap(),
            role
        );
        assert!(role.id.starts_with("AROA"), "{}", role.id);
        assert!(role.arn().ends_with(":role/Writer"), "{}", role.arn());
        // A role without terms, or another member with them, is corrupt.
        let user = (place.0, MemberKind::User);
        assert!(Member::open(user, &role.row(), &stored, &key).is_err());
    }
}
