//! A tenant template: what a new tenant begins with, as a file that operators write.
//!
//! Owns: the file's keys, strict reading, rules across keys.
//! Not here: where the files are (`template_folder`), creating tenants, what policies say
//! (`control::templates`).
//!
//! Every value is checked while it is deserialized: the parser's error then shows its line.

use crate::model::iam::IamName;
use crate::model::quota::{QuotaLimits, TenantLimits};
use crate::model::rates::TenantRates;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use toml::Spanned;

/// What stands for the tenant's name in policies.
pub const TENANT_WORD: &str = "{tenant}";
/// Buckets, groups and users of a template at most, each.
const ENTRIES_MAX: usize = 100;
/// Policies of a user or group at most, as accounts have it.
const POLICIES_MAX: usize = 10;
/// Groups of a user at most, as accounts have it.
const GROUPS_OF_USER_MAX: usize = 10;

/// What a tenant begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantTemplate {
    /// What it is for, one line.
    pub description: String,
    /// Whether the names of its buckets have to begin with its own.
    pub binds_bucket_names: bool,
    /// What it may hold.
    pub limits: TenantLimits,
    /// How fast it may go.
    pub rates: TenantRates,
    /// Its buckets.
    pub buckets: Vec<TemplateBucket>,
    /// Its groups.
    pub groups: Vec<TemplateMember>,
    /// Its users.
    pub users: Vec<TemplateMember>,
}

/// A bucket that a tenant begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateBucket {
    /// Its name behind the tenant's and a hyphen.
    pub name: String,
    /// The profile that it begins with.
    pub profile: Option<String>,
    /// What it may hold; without any limit it is as the profile says.
    pub quota: QuotaLimits,
}

/// A group or a user that a tenant begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateMember {
    /// Its name.
    pub name: IamName,
    /// Its policies.
    pub policies: Vec<TemplatePolicy>,
    /// The groups of a user.
    pub groups: Vec<IamName>,
    /// Whether a user gets an access key.
    pub has_key: bool,
}

/// A policy in a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePolicy {
    /// Its name.
    pub name: IamName,
    /// Its text, with [`TENANT_WORD`] for the tenant's name.
    pub text: String,
    /// The line where it begins.
    pub line: usize,
}

impl TemplatePolicy {
    /// The text for a tenant.
    pub fn text_for(&self, tenant: &str) -> String {
        self.text.replace(TENANT_WORD, tenant)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTemplate {
    description: String,
    #[serde(default)]
    bind_bucket_names: bool,
    #[serde(default)]
    quota: RawQuota,
    #[serde(default)]
    rates: RawRates,
    #[serde(default)]
    buckets: Vec<RawBucket>,
    #[serde(default)]
    groups: Vec<RawGroup>,
    #[serde(default)]
    users: Vec<RawUser>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawQuota {
    bytes: Option<u64>,
    objects: Option<u64>,
    upload_bytes: Option<u64>,
    buckets: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawRates {
    requests: Option<u64>,
    bytes_in: Option<u64>,
    bytes_out: Option<u64>,
    concurrent: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBucket {
    #[serde(deserialize_with = "bucket_part")]
    name: String,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    bytes: Option<u64>,
    #[serde(default)]
    objects: Option<u64>,
    #[serde(default)]
    upload_bytes: Option<u64>,
}

type RawPolicies = BTreeMap<String, Spanned<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    #[serde(deserialize_with = "other_name")]
    name: IamName,
    #[serde(default)]
    policies: RawPolicies,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUser {
    #[serde(deserialize_with = "user_name")]
    name: IamName,
    #[serde(default)]
    key: bool,
    #[serde(default, deserialize_with = "group_names")]
    groups: Vec<IamName>,
    #[serde(default)]
    policies: RawPolicies,
}

impl TenantTemplate {
    /// Reads a template's text.
    ///
    /// # Errors
    /// What is wrong, with the line where it is known.
    pub fn parse(text: &str) -> Result<Self, Box<str>> {
        let raw: RawTemplate =
            toml::from_str(text).map_err(|error| Box::from(error.to_string().trim_end()))?;
        if raw.description.trim().is_empty() || raw.description.chars().any(char::is_control) {
            return Err("description is empty or has more than one line".into());
        }
        let groups = raw.groups.into_iter().map(|own| {
            Ok::<_, Box<str>>(TemplateMember {
                policies: policies(text, &own.name, own.policies)?,
                name: own.name,
                groups: Vec::new(),
                has_key: false,
            })
        });
        let groups = groups.collect::<Result<Vec<_>, _>>()?;
        let users = raw.users.into_iter().map(|own| {
            Ok::<_, Box<str>>(TemplateMember {
                policies: policies(text, &own.name, own.policies)?,
                name: own.name,
                groups: own.groups,
                has_key: own.key,
            })
        });
        let template = Self {
            description: raw.description,
            binds_bucket_names: raw.bind_bucket_names,
            limits: TenantLimits {
                usage: QuotaLimits {
                    bytes: raw.quota.bytes,
                    objects: raw.quota.objects,
                    upload_bytes: raw.quota.upload_bytes,
                },
                buckets: raw.quota.buckets,
            },
            rates: TenantRates {
                requests: raw.rates.requests,
                bytes_in: raw.rates.bytes_in,
                bytes_out: raw.rates.bytes_out,
                concurrent: raw.rates.concurrent,
            },
            buckets: raw.buckets.into_iter().map(bucket).collect(),
            groups,
            users: users.collect::<Result<Vec<_>, _>>()?,
        };
        template.check()?;
        Ok(template)
    }

    /// Rules across keys.
    fn check(&self) -> Result<(), Box<str>> {
        let buckets = self.buckets.iter().map(|own| own.name.clone());
        unique("[[buckets]]", buckets)?;
        let names = |members: &[TemplateMember]| {
            let names = members.iter().map(|own| own.name.folded());
            names.collect::<Vec<_>>()
        };
        let groups = names(&self.groups);
        unique("[[groups]]", groups.iter().cloned())?;
        unique("[[users]]", names(&self.users).into_iter())?;
        let count = u64::try_from(self.buckets.len()).unwrap_or(u64::MAX);
        if self.limits.buckets.is_some_and(|max| max < count) {
            return Err("quota.buckets is less than there are [[buckets]]; raise it".into());
        }
        for user in &self.users {
            let name = &user.name;
            if user.groups.len() > GROUPS_OF_USER_MAX {
                return Err(
                    format!("user {name} is in more than {GROUPS_OF_USER_MAX} groups").into(),
                );
            }
            for group in &user.groups {
                if !groups.contains(&group.folded()) {
                    return Err(format!(
                        "user {name} is in group {group}, which there is not; add it to [[groups]]"
                    )
                    .into());
                }
            }
        }
        Ok(())
    }
}

fn bucket(raw: RawBucket) -> TemplateBucket {
    TemplateBucket {
        name: raw.name,
        profile: raw.profile,
        quota: QuotaLimits {
            bytes: raw.bytes,
            objects: raw.objects,
            upload_bytes: raw.upload_bytes,
        },
    }
}

fn policies(
    text: &str,
    owner: &IamName,
    raw: RawPolicies,
) -> Result<Vec<TemplatePolicy>, Box<str>> {
    if raw.len() > POLICIES_MAX {
        return Err(format!("{owner} has more than {POLICIES_MAX} policies").into());
    }
    let policy = |(name, policy): (String, Spanned<String>)| {
        let line = text.get(..policy.span().start).unwrap_or_default();
        let line = line.matches('\n').count() + 1;
        let name = IamName::other(&name)
            .map_err(|error| Box::<str>::from(format!("line {line}: policy's {error}")))?;
        Ok(TemplatePolicy {
            name,
            text: policy.into_inner(),
            line,
        })
    };
    raw.into_iter().map(policy).collect()
}

fn unique(section: &str, names: impl Iterator<Item = String>) -> Result<(), Box<str>> {
    let mut names: Vec<_> = names.collect();
    if names.len() > ENTRIES_MAX {
        return Err(format!("there are more than {ENTRIES_MAX} {section}").into());
    }
    names.sort();
    let twice = names.windows(2).find(|two| two.first() == two.last());
    match twice.and_then(<[String]>::first) {
        Some(name) => Err(format!("{section} has {name} twice; names are unique").into()),
        None => Ok(()),
    }
}

/// Part of a bucket's name: lower-case letters, digits and hyphens, so that it is one with any
/// tenant's name before it.
fn bucket_part<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    let name = String::deserialize(source)?;
    let is_edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_part = (1..=32).contains(&name.len())
        && name.starts_with(is_edge)
        && name.ends_with(is_edge)
        && name.chars().all(|c| is_edge(c) || c == '-');
    if is_part {
        Ok(name)
    } else {
        Err(serde::de::Error::custom(
            "name is 1 to 32 lower-case letters, digits and hyphens; the tenant's name and a hyphen come before it",
        ))
    }
}

fn user_name<'de, D: Deserializer<'de>>(source: D) -> Result<IamName, D::Error> {
    IamName::user(&String::deserialize(source)?).map_err(serde::de::Error::custom)
}

fn other_name<'de, D: Deserializer<'de>>(source: D) -> Result<IamName, D::Error> {
    IamName::other(&String::deserialize(source)?).map_err(serde::de::Error::custom)
}

fn group_names<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<IamName>, D::Error> {
    let names = Vec::<String>::deserialize(source)?;
    let names = names.iter().map(|name| IamName::other(name));
    names
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "description = \"d\"\nbind_bucket_names = true\n\
        [quota]\nbytes = 9\nbuckets = 2\n\
        [rates]\nrequests = 7\nconcurrent = 5\n\
        [[buckets]]\nname = \"records\"\nprofile = \"records\"\nbytes = 8\n\
        [[groups]]\nname = \"readers\"\n[groups.policies]\nread = '{\"a\": \"{tenant}-records\"}'\n\
        [[users]]\nname = \"backup\"\nkey = true\ngroups = [\"Readers\"]\n";

    #[test]
    fn template_is_read_with_every_key() {
        let template = TenantTemplate::parse(WHOLE).unwrap();
        assert!(template.binds_bucket_names);
        assert_eq!(template.limits.usage.bytes, Some(9));
        assert_eq!(template.limits.buckets, Some(2));
        assert_eq!(template.rates.requests, Some(7));
        assert_eq!(template.rates.concurrent, Some(5));
        let bucket = &template.buckets[0];
        assert_eq!(bucket.name, "records");
        assert_eq!(bucket.profile.as_deref(), Some("records"));
        assert_eq!(bucket.quota.bytes, Some(8));
        let policy = &template.groups[0].policies[0];
        assert_eq!((policy.name.as_str(), policy.line), ("read", 16));
        assert_eq!(policy.text_for("city"), "{\"a\": \"city-records\"}");
        let user = &template.users[0];
        assert!(user.has_key && user.groups[0].as_str() == "Readers");
        let least = TenantTemplate::parse("description = \"d\"").unwrap();
        assert!(least.buckets.is_empty() && least.limits == TenantLimits::default());
    }

    #[test]
    fn refusal_names_line_and_what_to_do() {
        let replaced = |from: &str, to: &str| {
            assert!(WHOLE.contains(from));
            WHOLE.replace(from, to)
        };
        let twice = "[[buckets]]\nname = \"records\"\n[[groups]]";
        for (text, expected) in [
            (replaced("\"d\"", "\"\""), ["description", "empty"]),
            (replaced("= 9", "= -9"), ["line 4", "u64"]),
            (replaced("requests", "request"), ["line 7", "unknown field"]),
            (
                replaced("\"records\"\np", "\"Records\"\np"),
                ["line 10", "lower-case"],
            ),
            (
                replaced("\"readers\"", "\"read ers\""),
                ["line 14", "letters"],
            ),
            (replaced("read =", "\"re ad\" ="), ["line 16", "letters"]),
            (replaced("\"backup\"", "\"\""), ["line 18", "letters"]),
            (
                replaced("\"Readers\"", "\"writers\""),
                ["writers", "[[groups]]"],
            ),
            (
                replaced("buckets = 2", "buckets = 0"),
                ["quota.buckets", "raise"],
            ),
            (replaced("[[groups]]", twice), ["records", "twice"]),
        ] {
            let error = TenantTemplate::parse(&text).unwrap_err();
            let has_all = expected.iter().all(|part| error.contains(part));
            assert!(has_all, "{expected:?} is not in: {error}");
        }
    }
}
