//! The policy of a form: which forms its signer allows.
//!
//! Owns: the grammar, and whether a form meets it.
//! Not here: the signature (`auth::sigv4`), fields (`fields`), what the signer may do itself
//! (`iam`).
//!
//! Source: S3 API reference, "POST policy". Texts of refusals are AWS's. Condition keys and
//! operators count in any letter case, `expiration` and `conditions` do not (s3-behaviour.md 104).
//! A field that is missing counts as empty (106).

use crate::base::encoding::base64_decode;
use crate::base::limits::FORM_FIELDS_LEN_MAX;
use crate::model::time::Timestamp;
use crate::s3::extract::number::byte_count;
use crate::s3::post::error::{PolicyDenial, PolicyFault};
use crate::s3::post::fields::Fields;
use crate::s3::post::json::Json;

/// What no field is and all conditions can be about: where the form was sent to.
const BUCKET: &str = "bucket";
const CONTENT_TYPE: &str = "content-type";
const LENGTH_RANGE: &str = "content-length-range";
/// Fields that no condition has to be about. AWS's page has no checksums among them; what they
/// protect is the file that is sent, and no wrong one is ever stored (108).
const FREE_FIELDS: [&str; 3] = ["file", "policy", "x-amz-signature"];
const FREE_PREFIXES: [&str; 2] = ["x-ignore-", "x-amz-checksum-"];
/// Characters of a name, and names, that a refusal tells.
const TOLD_LEN_MAX: usize = 128;
const TOLD_NAMES_MAX: usize = 6;

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostPolicy {
    expiration: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Condition {
    test: Test,
    /// As the policy has it, for who wonders why it does not hold.
    text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Equals(Operands),
    Length(LengthRange),
    /// One that can be read and that nothing meets.
    Never,
    StartsWith(Operands),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Operands {
    /// The field in lower case.
    field: String,
    value: String,
}

/// Bytes that the file may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthRange {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

impl LengthRange {
    /// What any file has.
    pub const ANY: Self = Self {
        min: 0,
        max: u64::MAX,
    };

    fn and(self, other: Self) -> Self {
        Self {
            min: self.min.max(other.min),
            max: self.max.min(other.max),
        }
    }
}

impl PostPolicy {
    /// Reads the field `policy`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(encoded: &str) -> Result<Self, PolicyFault> {
        // No form has a longer one; this is for who calls without a form.
        if encoded.len() > FORM_FIELDS_LEN_MAX {
            return Err(PolicyFault::Base64);
        }
        let bytes = base64_decode(encoded).ok_or(PolicyFault::Base64)?;
        let document = serde_json::from_slice(&bytes).map_err(|_json| PolicyFault::Json)?;
        let Json::Members(members) = document else {
            return Err(PolicyFault::Json);
        };
        let (mut expiration, mut conditions) = (None, None);
        for (name, value) in members {
            let member = match name.as_str() {
                "conditions" => &mut conditions,
                "expiration" => &mut expiration,
                _ => {
                    let name = told(&name);
                    return Err(PolicyFault::Unexpected { name });
                }
            };
            if member.replace(value).is_some() {
                return Err(PolicyFault::Json);
            }
        }
        let expiration = expiration.ok_or(PolicyFault::NoExpiration)?;
        let Json::List(conditions) = conditions.ok_or(PolicyFault::NoConditions)? else {
            return Err(PolicyFault::Conditions);
        };
        let conditions = conditions.into_iter().map(condition);
        Ok(Self {
            expiration: parse_expiration(&expiration)?,
            conditions: conditions.collect::<Result<_, _>>()?,
        })
    }

    /// Decides about a form that was sent to a bucket, but for its file, which has not come yet:
    /// what its length may be is the answer.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(
        &self,
        fields: &Fields,
        bucket: &str,
        now: Timestamp,
    ) -> Result<LengthRange, PolicyDenial> {
        if now > self.expiration {
            return Err(PolicyDenial::Expired);
        }
        let value = |field: &str| match field {
            BUCKET => bucket,
            field => fields.get(field).unwrap_or_default(),
        };
        let mut range = LengthRange::ANY;
        for Condition { test, text } in &self.conditions {
            let holds = match test {
                Test::Equals(own) => value(&own.field) == own.value,
                Test::StartsWith(own) => starts_with(own, value(&own.field)),
                Test::Never => false,
                Test::Length(own) => {
                    range = range.and(*own);
                    true
                }
            };
            if !holds {
                let condition = text.clone();
                return Err(PolicyDenial::Condition { condition });
            }
        }
        self.covers(fields)?;
        Ok(range)
    }

    /// Whether a condition is about each field: what its signer has not thought of does nothing.
    fn covers(&self, fields: &Fields) -> Result<(), PolicyDenial> {
        let about = |name: &str| {
            self.conditions
                .iter()
                .any(|condition| match &condition.test {
                    Test::Equals(own) | Test::StartsWith(own) => own.field == name,
                    Test::Length(_) | Test::Never => false,
                })
        };
        let is_free = |name: &str| {
            let mut prefixes = FREE_PREFIXES.iter();
            FREE_FIELDS.contains(&name) || prefixes.any(|prefix| name.starts_with(prefix))
        };
        let mut names: Vec<&str> = fields.names().chain([BUCKET]).collect();
        names.retain(|name| !is_free(name) && !about(name));
        names.sort_unstable();
        names.dedup();
        names.truncate(TOLD_NAMES_MAX);
        if names.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = names.into_iter().map(told).collect();
        let names = names.join(", ");
        Err(PolicyDenial::Uncovered { names })
    }
}

/// Content types are a list if they have commas: each of them has to begin so.
fn starts_with(own: &Operands, value: &str) -> bool {
    if own.field == CONTENT_TYPE {
        let mut types = value.split(',').map(str::trim_start);
        return types.all(|one| one.starts_with(&own.value));
    }
    value.starts_with(&own.value)
}

/// A date and time in UTC, as AWS reads them: no other offset, no blank for the T.
fn parse_expiration(value: &Json) -> Result<Timestamp, PolicyFault> {
    let Json::Text(text) = value else {
        return Err(PolicyFault::Json);
    };
    let is_utc = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    let parsed = Timestamp::parse_iso8601(text).filter(|_| is_utc);
    parsed.ok_or_else(|| PolicyFault::Expiration { text: told(text) })
}

fn condition(value: Json) -> Result<Condition, PolicyFault> {
    match value {
        Json::List(list) => operation(&list),
        Json::Members(members) => simple(&members),
        Json::Number(_) | Json::Other | Json::Text(_) => Err(PolicyFault::Condition),
    }
}

/// `{"field": "value"}`
fn simple(members: &[(String, Json)]) -> Result<Condition, PolicyFault> {
    let [(field, value)] = members else {
        return Err(PolicyFault::SimpleCount);
    };
    match value {
        Json::Text(value) => Ok(Condition {
            test: Test::Equals(Operands {
                field: field.to_ascii_lowercase(),
                value: value.clone(),
            }),
            text: list_text(&["eq", &format!("${field}"), value]),
        }),
        Json::Other => Err(PolicyFault::Json),
        Json::List(_) | Json::Members(_) | Json::Number(_) => Err(PolicyFault::SimpleValue),
    }
}

/// `["operation", argument, argument]`
fn operation(list: &[Json]) -> Result<Condition, PolicyFault> {
    let (name, arguments) = list.split_first().ok_or(PolicyFault::NoOperation)?;
    let Json::Text(name) = name else {
        return Err(PolicyFault::Json);
    };
    let operation = ["eq", "starts-with", LENGTH_RANGE]
        .into_iter()
        .find(|own| own.eq_ignore_ascii_case(name))
        .ok_or_else(|| PolicyFault::UnknownOperation { name: told(name) })?;
    let [first, second] = arguments else {
        return Err(PolicyFault::ArgumentCount { operation });
    };
    if operation == LENGTH_RANGE {
        return length_range(name, first, second);
    }
    let (Json::Text(field), Json::Text(value)) = (first, second) else {
        return Err(PolicyFault::Json);
    };
    let operands = field.strip_prefix('$').map(|field| Operands {
        field: field.to_ascii_lowercase(),
        value: value.clone(),
    });
    let test = match (operands, operation) {
        // Without the sign it names no field.
        (None, _) => Test::Never,
        (Some(operands), "eq") => Test::Equals(operands),
        (Some(operands), _) => Test::StartsWith(operands),
    };
    let text = list_text(&[name, field, value]);
    Ok(Condition { test, text })
}

fn length_range(name: &str, first: &Json, second: &Json) -> Result<Condition, PolicyFault> {
    let (min, max) = (length(first)?, length(second)?);
    let test = match (min.1, max.1) {
        (Some(min), Some(max)) => Test::Length(LengthRange { min, max }),
        _ => Test::Never,
    };
    let text = format!("[{}, {}, {}]", quoted(name), min.0, max.0);
    Ok(Condition { test, text })
}

/// A length and its text; text that is no number is one that nothing meets.
fn length(value: &Json) -> Result<(String, Option<u64>), PolicyFault> {
    match value {
        Json::Number(number) if *number < 0 => Err(PolicyFault::NegativeLength),
        Json::Number(number) => Ok((number.to_string(), u64::try_from(*number).ok())),
        Json::Text(text) if text.starts_with('-') => Err(PolicyFault::NegativeLength),
        Json::Text(text) => Ok((quoted(text), byte_count(text))),
        Json::List(_) | Json::Members(_) | Json::Other => Err(PolicyFault::Json),
    }
}

/// A list of texts as AWS writes one.
fn list_text(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", quoted.join(", "))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What a refusal repeats: cut.
fn told(text: &str) -> String {
    text.chars().take(TOLD_LEN_MAX).collect()
}
