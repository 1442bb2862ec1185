//! Operators on the admin listener: JSON shapes and commands.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::admin::dto::valid_days;
use crate::admin::error::AdminError;
use crate::control::operators::{IssuedToken, ListedOperator, OperatorChanges, OperatorRecord};
use crate::model::operator::{OperatorName, OperatorStatus, Role, Roles};
use crate::model::time::Timestamp;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// An operator.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OperatorDto {
    /// Its name.
    pub name: String,
    /// `operator`, `security-officer`, `auditor`.
    pub roles: Vec<String>,
    /// `active` or `disabled`.
    pub status: String,
    /// When it was made, ISO 8601.
    pub created: String,
    /// By whom; absent for one of `riznica init`.
    #[serde(default)]
    pub created_by: Option<String>,
    /// When its token stops working, ISO 8601, if it does.
    #[serde(default)]
    pub expires: Option<String>,
    /// When it was last there, ISO 8601, to within a minute; absent when it never was.
    #[serde(default)]
    pub last_used: Option<String>,
}

impl From<&ListedOperator> for OperatorDto {
    fn from(listed: &ListedOperator) -> Self {
        let record = &listed.record;
        Self {
            name: record.name.to_string(),
            roles: role_names(record),
            status: record.status.name().to_owned(),
            created: record.created.iso8601(),
            created_by: Some(record.created_by.clone()).filter(|by| !by.is_empty()),
            expires: record.expires.map(Timestamp::iso8601),
            last_used: listed.last_used.map(Timestamp::iso8601),
        }
    }
}

fn role_names(record: &OperatorRecord) -> Vec<String> {
    let names = record.roles.names().into_iter();
    names.map(str::to_owned).collect()
}

/// An operator to be made.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NewOperatorDto {
    /// Its name.
    pub name: String,
    /// What it is.
    pub roles: Vec<String>,
    /// Days after which its token stops working.
    #[serde(default)]
    pub valid_days: Option<u32>,
}

/// What is changed about an operator; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorChangeDto {
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// `active` or `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Days after which its token stops working; null for never.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "present_or_null"
    )]
    pub valid_days: Option<Option<u32>>,
}

/// Tells null from what is absent.
#[expect(
    clippy::option_option,
    reason = "absent, null and a number are three things"
)]
fn present_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A token with whose it is: what `riznica` reads as a credential file. Its `Debug` shows no token.
#[derive(Clone, Deserialize, Serialize)]
pub struct TokenDto {
    /// Whose it is.
    pub operator: String,
    /// The token; only in the answer that makes it.
    pub token: String,
    /// What it is.
    pub roles: Vec<String>,
    /// When it stops working, ISO 8601, if it does.
    pub expires: Option<String>,
}

impl fmt::Debug for TokenDto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenDto")
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}

impl From<&IssuedToken> for TokenDto {
    fn from(issued: &IssuedToken) -> Self {
        Self {
            operator: issued.record.name.to_string(),
            token: hex::encode(issued.token.expose()),
            roles: role_names(&issued.record),
            expires: issued.record.expires.map(Timestamp::iso8601),
        }
    }
}

fn roles(names: &[String]) -> Result<Roles, AdminError> {
    let roles = names.iter().map(|name| Role::parse(name));
    let roles = roles.collect::<Option<Vec<_>>>();
    roles.and_then(Roles::of).ok_or(AdminError::InvalidRoles)
}

/// All operators.
///
/// # Errors
/// When rows fail.
pub async fn list(permit: Permit, state: State) -> Outcome {
    let operators = state.control.list_operators(&permit).await?;
    let operators: Vec<_> = operators.iter().map(OperatorDto::from).collect();
    Ok(HttpResponse::Ok().json(operators))
}

/// An operator.
///
/// # Errors
/// `NoSuchOperator`, or when rows fail.
pub async fn show(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = OperatorName::parse(&name)?;
    let operator = state.control.show_operator(&permit, &name).await?;
    Ok(HttpResponse::Ok().json(OperatorDto::from(&operator)))
}

/// Makes an operator. The answer is the only place that ever shows its token.
///
/// # Errors
/// `OperatorTaken`, an invalid field, or when rows fail.
pub async fn create(permit: Permit, state: State, new: Body<NewOperatorDto>) -> Outcome {
    let name = OperatorName::parse(&new.name)?;
    let (roles, days) = (roles(&new.roles)?, valid_days(new.valid_days)?);
    let issued = state
        .control
        .create_operator(&permit, &name, roles, days)
        .await?;
    Ok(HttpResponse::Created().json(TokenDto::from(&issued)))
}

/// Changes roles, status or expiry of an operator.
///
/// # Errors
/// `OwnRecord`, `NoSuchOperator`, `LastOfficer`, an invalid field, or when rows fail.
pub async fn change(
    permit: Permit,
    state: State,
    name: web::Path<String>,
    change: Body<OperatorChangeDto>,
) -> Outcome {
    let name = OperatorName::parse(&name)?;
    let status = change.status.as_deref();
    let status =
        status.map(|text| OperatorStatus::parse(text).ok_or(AdminError::InvalidOperatorStatus));
    let days = change.valid_days.map(valid_days);
    let changes = OperatorChanges {
        roles: change.roles.as_deref().map(roles).transpose()?,
        status: status.transpose()?,
        valid_days: days.transpose()?,
    };
    let changed = state.control.change_operator(&permit, &name, changes);
    Ok(HttpResponse::Ok().json(OperatorDto::from(&changed.await?)))
}

/// Gives an operator another token.
///
/// # Errors
/// `NoSuchOperator`, or when rows fail.
pub async fn renew(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = OperatorName::parse(&name)?;
    let issued = state.control.renew_operator(&permit, &name).await?;
    Ok(HttpResponse::Ok().json(TokenDto::from(&issued)))
}

/// Deletes an operator.
///
/// # Errors
/// `OwnRecord`, `NoSuchOperator`, `LastOfficer`, or when rows fail.
pub async fn delete(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let name = OperatorName::parse(&name)?;
    state.control.delete_operator(&permit, &name).await?;
    Ok(HttpResponse::NoContent().finish())
}
