//! Routes of the admin listener.

use crate::admin::error::AdminError;
use crate::admin::{buckets, handlers, policies, quotas, rates, templates, usage};
use crate::base::secret::SecretBytes;
use crate::control::{Control, OperatorPermit};
use crate::telemetry::metrics::Metrics;
use actix_web::{HttpRequest, web};
use std::sync::Arc;

/// What the admin listener needs.
#[derive(Debug)]
pub struct AdminState {
    /// The control plane.
    pub control: Control,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// Adds all routes.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .route("/health/live", web::get().to(handlers::live))
        .route("/health/ready", web::get().to(handlers::ready))
        .route("/metrics", web::get().to(handlers::metrics))
        .route("/v1/clock", web::get().to(handlers::clock))
        .route("/v1/tenants", web::get().to(handlers::list_tenants))
        .route("/v1/tenants", web::post().to(handlers::create_tenant))
        .route("/v1/tenants/{name}", web::get().to(handlers::show_tenant))
        .route(
            "/v1/tenants/{name}",
            web::patch().to(handlers::change_tenant),
        )
        .route("/v1/keys", web::get().to(handlers::list_keys))
        .route("/v1/keys", web::post().to(handlers::create_key))
        .route(
            "/v1/keys/{id}/disable",
            web::post().to(handlers::disable_key),
        )
        .route("/v1/keys/{id}", web::delete().to(handlers::delete_key))
        .route("/v1/buckets", web::get().to(handlers::list_buckets))
        .route("/v1/buckets", web::post().to(buckets::create_bucket))
        .route("/v1/buckets/{name}", web::get().to(buckets::show_bucket))
        .route(
            "/v1/buckets/{name}/protect",
            web::post().to(buckets::protect_bucket),
        )
        .route(
            "/v1/buckets/{name}/quota",
            web::get().to(quotas::show_bucket),
        )
        .route(
            "/v1/buckets/{name}/quota",
            web::put().to(quotas::set_bucket),
        )
        .route(
            "/v1/tenants/{name}/quota",
            web::get().to(quotas::show_tenant),
        )
        .route(
            "/v1/tenants/{name}/quota",
            web::put().to(quotas::set_tenant),
        )
        .route("/v1/tenants/{name}/rates", web::get().to(rates::show))
        .route("/v1/tenants/{name}/rates", web::put().to(rates::set))
        .route("/v1/policy/explain", web::post().to(policies::explain))
        .route("/v1/tenant-templates", web::get().to(templates::list))
        .route(
            "/v1/tenant-templates/{name}",
            web::get().to(templates::show),
        )
        .route(
            "/v1/tenant-templates/{name}/tenants",
            web::post().to(templates::set_up),
        )
        .route("/v1/usage", web::get().to(usage::report))
        .route("/v1/usage/recount", web::get().to(quotas::recount))
        .route("/v1/profiles", web::get().to(buckets::list_profiles))
        .route("/v1/profiles/{name}", web::get().to(buckets::show_profile))
        .default_service(web::to(handlers::unknown));
}

/// Checks `Authorization: Bearer OPERATOR:TOKEN`, the token in hexadecimal digits.
///
/// # Errors
/// `Denied` for everything that is not an operator's token.
pub async fn authenticate(
    request: &HttpRequest,
    state: &AdminState,
) -> Result<OperatorPermit, AdminError> {
    let header = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let credential = header.and_then(|value| value.strip_prefix("Bearer "));
    let (name, token) = credential
        .and_then(|text| text.split_once(':'))
        .ok_or(AdminError::Denied)?;
    let token = hex::decode(token).map_err(|_hex| AdminError::Denied)?;
    Ok(state
        .control
        .authenticate(name, &SecretBytes::new(token))
        .await?)
}
