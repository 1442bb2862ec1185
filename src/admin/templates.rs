//! Tenant templates on the admin listener: JSON shapes and commands.

use crate::admin::app::{Body, Outcome, Permit, State};
use crate::admin::buckets::ProfileDto;
use crate::admin::dto::{NewTenantDto, TenantDto};
use crate::admin::handlers::new_tenant;
use crate::config::template_folder::FoundTemplate;
use crate::control::templates::{SetUpTenant, SetUpUser};
use crate::model::iam::IamName;
use actix_web::{HttpResponse, web};
use serde::{Deserialize, Serialize};

/// A bucket that a new tenant has.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SetUpBucketDto {
    /// Its name.
    pub name: String,
    /// The profile that it began with.
    pub profile: Option<String>,
}

/// A user that a new tenant has. Its `Debug` shows no secret.
#[derive(Clone, Deserialize, Serialize)]
pub struct SetUpUserDto {
    /// Its name.
    pub user: String,
    /// Its groups.
    pub groups: Vec<String>,
    /// Its access key.
    pub access_key_id: Option<String>,
    /// The secret, told this once.
    pub secret_access_key: Option<String>,
}

impl std::fmt::Debug for SetUpUserDto {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetUpUserDto")
            .field("user", &self.user)
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl From<&SetUpUser> for SetUpUserDto {
    fn from(user: &SetUpUser) -> Self {
        let secret = |own: &crate::control::IssuedCredential| {
            String::from_utf8_lossy(own.secret_access_key.expose()).into_owned()
        };
        Self {
            user: user.name.to_string(),
            groups: user.groups.iter().map(IamName::to_string).collect(),
            access_key_id: user
                .key
                .as_ref()
                .map(|own| own.record.access_key_id.to_string()),
            secret_access_key: user.key.as_ref().map(secret),
        }
    }
}

/// A tenant that was set up after a template.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SetUpTenantDto {
    /// The tenant.
    pub tenant: TenantDto,
    /// The template.
    pub template: String,
    /// Whether an earlier attempt was completed.
    pub resumed: bool,
    /// Its buckets.
    pub buckets: Vec<SetUpBucketDto>,
    /// Its groups.
    pub groups: Vec<String>,
    /// Its users.
    pub users: Vec<SetUpUserDto>,
}

impl SetUpTenantDto {
    fn of(template: &str, made: &SetUpTenant) -> Self {
        let buckets = made.buckets.iter().map(|(name, profile)| SetUpBucketDto {
            name: name.to_string(),
            profile: profile.clone(),
        });
        Self {
            tenant: TenantDto::from(&made.record),
            template: template.to_owned(),
            resumed: made.is_resumed,
            buckets: buckets.collect(),
            groups: made.groups.iter().map(IamName::to_string).collect(),
            users: made.users.iter().map(SetUpUserDto::from).collect(),
        }
    }
}

fn dto(found: &FoundTemplate) -> ProfileDto {
    ProfileDto {
        name: found.name.clone(),
        source: found.source.to_string(),
        description: found.document.description.clone(),
        text: None,
    }
}

/// All templates; one that is refused says why in its description.
///
/// # Errors
/// When the folder cannot be read.
pub async fn list(permit: Permit, state: State) -> Outcome {
    let templates = state.control.list_templates(&permit)?;
    let templates = templates.iter().map(|(name, found)| match found {
        Ok(found) => dto(found),
        Err(error) => ProfileDto {
            name: name.clone(),
            source: "refused".to_owned(),
            description: error.to_string(),
            text: None,
        },
    });
    Ok(HttpResponse::Ok().json(templates.collect::<Vec<_>>()))
}

/// A template with its text.
///
/// # Errors
/// A template that is refused.
pub async fn show(permit: Permit, state: State, name: web::Path<String>) -> Outcome {
    let found = state.control.show_template(&permit, &name)?;
    let mut template = dto(&found);
    template.text = Some(found.text);
    Ok(HttpResponse::Ok().json(template))
}

/// Creates a tenant after a template.
///
/// # Errors
/// A template that is refused, `TenantTaken`, `BucketTaken`, an invalid field, or when
/// rows or keys fail; the same command goes on then.
pub async fn set_up(
    permit: Permit,
    state: State,
    template: web::Path<String>,
    new: Body<NewTenantDto>,
) -> Outcome {
    let new = new_tenant(new.into_inner().0)?;
    let made = state.control.set_up_tenant(&permit, new, &template).await?;
    Ok(HttpResponse::Created().json(SetUpTenantDto::of(&template, &made)))
}
