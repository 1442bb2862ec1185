//! Commands of the admin listener.

use crate::admin::app::{AdminState, authenticate};
use crate::admin::dto::{
    BucketDto, ClockDto, KeyDto, NewKeyDto, NewTenantDto, TenantChangeDto, TenantDto, TenantFilter,
};
use crate::admin::error::AdminError;
use crate::auth::AccessKeyId;
use crate::base::secret::SecretBytes;
use crate::control::tenants::{NewTenant, TenantChange};
use crate::model::tenant::{BucketPrefixes, CanonicalId, TenantName, TenantStatus};
use crate::model::time::Timestamp;
use crate::telemetry::metrics::RetentionFigures;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

type State = web::Data<AdminState>;
type Outcome = Result<HttpResponse, AdminError>;

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
///
/// # Errors
/// `Denied`.
pub async fn metrics(request: HttpRequest, state: State) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let clock = state.control.read_clock(&permit);
    let retention = RetentionFigures {
        millis: clock.retention.millis(),
        lag_millis: clock.lag_millis(),
        is_alarm: clock.is_alarm(),
    };
    let text = state
        .metrics
        .render(&state.control.engine_stats(), retention);
    Ok(HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4")
        .body(text))
}

/// The retention clock beside the wall clock.
///
/// # Errors
/// `Denied`.
pub async fn clock(request: HttpRequest, state: State) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    Ok(HttpResponse::Ok().json(ClockDto::from(state.control.read_clock(&permit))))
}

/// All tenants.
///
/// # Errors
/// `Denied`, or when rows fail.
pub async fn list_tenants(request: HttpRequest, state: State) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let tenants = state.control.list_tenants(&permit).await?;
    Ok(HttpResponse::Ok().json(tenants.iter().map(TenantDto::from).collect::<Vec<_>>()))
}

/// A tenant.
///
/// # Errors
/// `Denied`, `NoSuchTenant`, or when rows fail.
pub async fn show_tenant(request: HttpRequest, state: State, name: web::Path<String>) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let tenant = state
        .control
        .find_tenant(&permit, &TenantName::parse(&name)?)
        .await?;
    Ok(HttpResponse::Ok().json(TenantDto::from(&tenant)))
}

/// Creates a tenant.
///
/// # Errors
/// `Denied`, `TenantTaken`, an invalid field, or when rows or keys fail.
pub async fn create_tenant(
    request: HttpRequest,
    state: State,
    new: web::Json<NewTenantDto>,
) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let new = new_tenant(new.into_inner())?;
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
/// `Denied`, `NoSuchTenant`, an invalid field, or when rows fail.
pub async fn change_tenant(
    request: HttpRequest,
    state: State,
    name: web::Path<String>,
    change: web::Json<TenantChangeDto>,
) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let name = TenantName::parse(&name)?;
    let change = change.into_inner();
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
/// `Denied`, `NoSuchTenant`, or when rows fail.
pub async fn list_keys(
    request: HttpRequest,
    state: State,
    filter: web::Query<TenantFilter>,
) -> Outcome {
    let permit = authenticate(&request, &state).await?;
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
/// `Denied`, `NoSuchTenant`, `AccessKeyTaken`, an invalid field, or when rows or keys fail.
pub async fn create_key(request: HttpRequest, state: State, new: web::Json<NewKeyDto>) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let new = new.into_inner();
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
        .create_credential(&permit, &tenant, existing, new.valid_days)
        .await?;
    let secret = String::from_utf8_lossy(issued.secret_access_key.expose()).into_owned();
    let mut key = KeyDto::new(&issued.record, &tenant);
    key.secret_access_key = Some(secret);
    Ok(HttpResponse::Created().json(key))
}

/// Stops an access key from working.
///
/// # Errors
/// `Denied`, `NoSuchAccessKey`, or when rows fail.
pub async fn disable_key(request: HttpRequest, state: State, id: web::Path<String>) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    state
        .control
        .disable_credential(&permit, &AccessKeyId::parse(&id)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Deletes an access key.
///
/// # Errors
/// `Denied`, `NoSuchAccessKey`, or when rows fail.
pub async fn delete_key(request: HttpRequest, state: State, id: web::Path<String>) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    state
        .control
        .delete_credential(&permit, &AccessKeyId::parse(&id)?)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Buckets with their usage.
///
/// # Errors
/// `Denied`, `NoSuchTenant`, or when rows fail.
pub async fn list_buckets(
    request: HttpRequest,
    state: State,
    filter: web::Query<TenantFilter>,
) -> Outcome {
    let permit = authenticate(&request, &state).await?;
    let tenant = tenant_filter(&filter)?;
    let buckets = state.control.list_buckets(&permit, tenant.as_ref()).await?;
    Ok(HttpResponse::Ok().json(buckets.iter().map(BucketDto::from).collect::<Vec<_>>()))
}

/// Everything else. Strangers get the same answer for every path.
///
/// # Errors
/// Always.
pub async fn unknown(request: HttpRequest, state: State) -> Outcome {
    authenticate(&request, &state).await?;
    Err(AdminError::NoSuchResource)
}
