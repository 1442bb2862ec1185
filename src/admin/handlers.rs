//! Commands of the admin listener.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::admin::dto::{
    BucketDto, ClockDto, KeyDto, NewKeyDto, NewTenantDto, TenantChangeDto, TenantDto, TenantFilter,
    valid_days,
};
use crate::admin::error::AdminError;
use crate::auth::AccessKeyId;
use crate::base::secret::SecretBytes;
use crate::control::tenants::{NewTenant, TenantChange};
use crate::model::tenant::{BucketPrefixes, CanonicalId, TenantName, TenantStatus};
use crate::model::time::Timestamp;
use crate::telemetry::metrics::RetentionFigures;
use actix_web::{HttpResponse, web};
use serde_json::json;

/// The process answers.
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// The process takes reads and writes. Without a credential it says no more than that (attacks.md
/// 66).
pub async fn ready(state: State) -> HttpResponse {
    if state.control.is_ready().await {
        HttpResponse::Ok().json(json!({"status": "ok"}))
    } else {
        HttpResponse::ServiceUnavailable().json(json!({"status": "unavailable"}))
    }
}

/// Counters.
pub async fn metrics(permit: Permit, state: State) -> HttpResponse {
    let clock = state.control.read_clock(&permit);
    let retention = RetentionFigures {
        millis: clock.retention.millis(),
        lag_millis: clock.lag_millis(),
        is_alarm: clock.is_alarm(),
    };
    let text = state
        .metrics
        .render(&state.control.engine_stats(), retention);
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text)
}

/// The retention clock beside the wall clock.
pub async fn clock(permit: Permit, state: State) -> HttpResponse {
    HttpResponse::Ok().json(ClockDto::from(state.control.read_clock(&permit)))
}

/// All tenants.
///
/// # Errors
/// When rows fail.
pub async fn list_tenants(permit: Permit, state: State) -> Outcome {
    let tenants = state.control.list_tenants(&permit).await?;
    Ok(HttpResponse::Ok().json(tenants.iter().map(TenantDto::from).collect::<Vec<_>>()))
}

/// A tenant.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn show_tenant(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let tenant = state
        .control
        .find_tenant(&permit, &TenantName::parse(&name)?)
        .await?;
    Ok(HttpResponse::Ok().json(TenantDto::from(&tenant)))
}

/// Creates a tenant.
///
/// # Errors
/// `TenantTaken`, an invalid field, or when rows or keys fail.
pub async fn create_tenant(permit: Permit, state: State, new: Body<NewTenantDto>) -> Outcome {
    let new = new_tenant(new.into_inner().0)?;
    let tenant = state.control.create_tenant(&permit, new).await?;
    Ok(HttpResponse::Created().json(TenantDto::from(&tenant)))
}

/// What a document says of a new tenant.
///
/// # Errors
/// An invalid field.
pub(in crate::admin) fn new_tenant(new: NewTenantDto) -> Result<NewTenant, AdminError> {
    Ok(NewTenant {
        name: TenantName::parse(&new.name)?,
        display_name: new.display_name,
        email: new.email,
        canonical_id: new
            .canonical_id
            .as_deref()
            .map(CanonicalId::parse)
            .transpose()?,
        registration_number: new.registration_number,
        contact: new.contact,
        bucket_prefixes: BucketPrefixes::parse(&new.bucket_prefixes)?,
    })
}

/// Changes a tenant.
///
/// # Errors
/// `NoSuchTenant`, an invalid field, or when rows fail.
pub async fn change_tenant(
    permit: Permit,
    state: State,
    name: web::Path<String>,
    change: Body<TenantChangeDto>,
) -> Outcome {
    let name = TenantName::parse(&name)?;
    let change = change.into_inner().0;
    let prefixes = change.bucket_prefixes.as_deref();
    let status = change.status.as_deref();
    let change = TenantChange {
        display_name: change.display_name,
        email: change.email,
        registration_number: change.registration_number,
        contact: change.contact,
        bucket_prefixes: prefixes.map(BucketPrefixes::parse).transpose()?,
        status: status
            .map(|text| TenantStatus::parse(text).ok_or(AdminError::InvalidStatus))
            .transpose()?,
    };
    let tenant = state.control.change_tenant(&permit, &name, change).await?;
    Ok(HttpResponse::Ok().json(TenantDto::from(&tenant)))
}

fn tenant_filter(filter: &TenantFilter) -> Result<Option<TenantName>, AdminError> {
    Ok(filter
        .tenant
        .as_deref()
        .map(TenantName::parse)
        .transpose()?)
}

/// Access keys.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn list_keys(permit: Permit, state: State, filter: web::Query<TenantFilter>) -> Outcome {
    let tenant = tenant_filter(&filter)?;
    let keys = state
        .control
        .list_credentials(&permit, tenant.as_ref())
        .await?;
    let keys = keys.iter().map(|key| {
        let mut shown = KeyDto::new(&key.record, &key.tenant_name);
        shown.last_used = key.last_used.map(Timestamp::iso8601);
        shown
    });
    Ok(HttpResponse::Ok().json(keys.collect::<Vec<_>>()))
}

/// Creates an access key. The answer is the only place that ever shows its secret.
///
/// # Errors
/// `NoSuchTenant`, `AccessKeyTaken`, an invalid field, or when rows or keys fail.
pub async fn create_key(permit: Permit, state: State, new: Body<NewKeyDto>) -> Outcome {
    let new = new.into_inner().0;
    let existing = match (new.access_key_id, new.secret_access_key) {
        (None, None) => None,
        (Some(id), Some(secret)) => Some((
            AccessKeyId::parse(&id)?,
            SecretBytes::new(secret.into_bytes()),
        )),
        _ => return Err(AdminError::IncompleteKey),
    };
    let tenant = TenantName::parse(&new.tenant)?;
    let issued = state
        .control
        .create_credential(&permit, &tenant, existing, valid_days(new.valid_days)?)
        .await?;
    let secret = String::from_utf8_lossy(issued.secret_access_key.expose()).into_owned();
    let mut key = KeyDto::new(&issued.record, &tenant);
    key.secret_access_key = Some(secret);
    Ok(HttpResponse::Created().json(key))
}

/// Stops an access key from working.
///
/// # Errors
/// `NoSuchAccessKey`, or when rows fail.
pub async fn disable_key(permit: Permit, state: State, id: web::Path<String>) -> Outcome {
    state
        .control
        .disable_credential(&permit, &AccessKeyId::parse(&id)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes an access key.
///
/// # Errors
/// `NoSuchAccessKey`, or when rows fail.
pub async fn delete_key(permit: Permit, state: State, id: web::Path<String>) -> Outcome {
    state
        .control
        .delete_credential(&permit, &AccessKeyId::parse(&id)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Buckets with their usage.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn list_buckets(
    permit: Permit,
    state: State,
    filter: web::Query<TenantFilter>,
) -> Outcome {
    let tenant = tenant_filter(&filter)?;
    let buckets = state.control.list_buckets(&permit, tenant.as_ref()).await?;
    Ok(HttpResponse::Ok().json(buckets.iter().map(BucketDto::from).collect::<Vec<_>>()))
}
