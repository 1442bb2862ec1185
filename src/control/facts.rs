//! What the journal tells of the things that operators change.
//!
//! Owns: the JSON of tenants, access keys, buckets and operators before and after a change. No
//! secret is in it: neither sealed nor hashed forms are told. Of what was changed, only the fields
//! that differ are told.
//! Not here: the rows of the journal (`catalog::journal`).

use crate::auth::CredentialStatus;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::credentials::CredentialRecord;
use crate::catalog::operators::OperatorRecord;
use crate::catalog::tenants::TenantRecord;
use crate::control::templates::SetUpUser;
use crate::model::iam::IamName;
use crate::model::protection::Protection;
use crate::model::quota::{QuotaLimits, TenantLimits};
use crate::model::tenant::TenantName;
use crate::model::time::Timestamp;
use serde_json::{Map, Value, json};

/// A tenant.
pub(in crate::control) fn tenant(record: &TenantRecord) -> Value {
    json!({
        "name": record.name.as_str(),
        "display_name": record.display_name,
        "email": record.email,
        "canonical_id": record.canonical_id.as_str(),
        "status": record.status.name(),
        "registration_number": record.registration_number,
        "contact": record.contact,
        "bucket_prefixes": record.bucket_prefixes.as_slice(),
        "quota": tenant_limits(&record.limits),
        "rates": {
            "requests": record.rates.requests,
            "bytes_in": record.rates.bytes_in,
            "bytes_out": record.rates.bytes_out,
            "concurrent": record.rates.concurrent,
        },
    })
}

fn tenant_limits(own: &TenantLimits) -> Value {
    let mut told = limits(own.usage);
    if let Some(fields) = told.as_object_mut() {
        fields.insert("buckets".to_owned(), json!(own.buckets));
    }
    told
}

fn limits(own: QuotaLimits) -> Value {
    json!({
        "bytes": own.bytes,
        "objects": own.objects,
        "upload_bytes": own.upload_bytes,
    })
}

/// What a tenant got with its template beside what is told of each bucket.
pub(in crate::control) fn set_up(template: &str, groups: &[IamName], users: &[SetUpUser]) -> Value {
    let users = users.iter().map(|user| {
        json!({
            "user": user.name.to_string(),
            "groups": user.groups.iter().map(IamName::to_string).collect::<Vec<_>>(),
            "access_key_id": user.key.as_ref().map(|own| own.record.access_key_id.as_str()),
        })
    });
    json!({
        "template": template,
        "groups": groups.iter().map(IamName::to_string).collect::<Vec<_>>(),
        "users": users.collect::<Vec<_>>(),
    })
}

/// An access key.
pub(in crate::control) fn access_key(record: &CredentialRecord, tenant: &TenantName) -> Value {
    json!({
        "access_key_id": record.access_key_id.as_str(),
        "tenant": tenant.as_str(),
        "user": record.user.as_ref().map(ToString::to_string),
        "status": match record.status {
            CredentialStatus::Active => "active",
            CredentialStatus::Disabled => "disabled",
        },
        "expires": record.expires.map(Timestamp::iso8601),
    })
}

/// A bucket, with the name of its owner.
pub(in crate::control) fn bucket(record: &BucketRecord, tenant: &TenantName) -> Value {
    let default = record.object_lock.and_then(|own| own.default_retention);
    let patterns = record.protection.as_ref().map(|own| {
        let patterns = Protection::patterns(own);
        patterns.map(str::to_owned).collect::<Vec<_>>()
    });
    json!({
        "name": record.name.as_str(),
        "tenant": tenant.as_str(),
        "versioning": record.versioning.status(),
        "object_lock": record.object_lock.is_some(),
        "retention_mode": default.map(|own| own.mode.name()),
        "retention_period": default.map(|own| format!("{:?}", own.period)),
        "lifecycle": record.has_lifecycle,
        "deletable": patterns,
        "quota": limits(record.quota),
    })
}

/// An operator.
pub(in crate::control) fn operator(record: &OperatorRecord) -> Value {
    json!({
        "name": record.name.as_str(),
        "roles": record.roles.names(),
        "status": record.status.name(),
        "expires": record.expires.map(Timestamp::iso8601),
    })
}

/// The fields in which two differ, of each.
pub(in crate::control) fn differing(before: &Value, after: &Value) -> (Value, Value) {
    let fields = |of: &Value, other: &Value| {
        let own = of.as_object().into_iter().flatten();
        let differing = own.filter(|(name, value)| other.get(name) != Some(value));
        let differing = differing.map(|(name, value)| (name.clone(), value.clone()));
        Value::Object(differing.collect::<Map<_, _>>())
    };
    (fields(before, after), fields(after, before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_fields_that_differ_are_told() {
        let before = json!({"a": 1, "b": [1], "c": null});
        let after = json!({"a": 1, "b": [2], "c": {"d": 4}});
        let told = differing(&before, &after);
        assert_eq!(told.0, json!({"b": [1], "c": null}));
        assert_eq!(told.1, json!({"b": [2], "c": {"d": 4}}));
        assert_eq!(differing(&before, &before), (json!({}), json!({})));
    }
}
