//! Rates of tenants on the admin listener: JSON shape and commands.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::model::rates::TenantRates;
use crate::model::tenant::TenantName;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

/// How fast a tenant may go; absent or null is without a limit.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct RatesDto {
    /// Requests in a second.
    pub requests: Option<u64>,
    /// Bytes of bodies of requests in a second.
    pub bytes_in: Option<u64>,
    /// Bytes of bodies of answers in a second.
    pub bytes_out: Option<u64>,
    /// Requests at once.
    pub concurrent: Option<u64>,
}

impl From<TenantRates> for RatesDto {
    fn from(rates: TenantRates) -> Self {
        Self {
            requests: rates.requests,
            bytes_in: rates.bytes_in,
            bytes_out: rates.bytes_out,
            concurrent: rates.concurrent,
        }
    }
}

/// The rates of a tenant.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn show(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = TenantName::parse(&name)?;
    let tenant = state.control.find_tenant(&permit, &name).await?;
    Ok(HttpResponse::Ok().json(RatesDto::from(tenant.rates)))
}

/// Sets the rates of a tenant.
///
/// # Errors
/// `NoSuchTenant`, or when rows fail.
pub async fn set(
    permit: Permit,
    state: State,
    name: web::Path<String>,
    rates: Body<RatesDto>,
) -> Outcome {
    let name = TenantName::parse(&name)?;
    let rates = TenantRates {
        requests: rates.requests,
        bytes_in: rates.bytes_in,
        bytes_out: rates.bytes_out,
        concurrent: rates.concurrent,
    };
    let tenant = state
        .control
        .set_tenant_rates(&permit, &name, rates)
        .await?;
    Ok(HttpResponse::Ok().json(RatesDto::from(tenant.rates)))
}
