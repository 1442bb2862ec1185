//! `riznica operator` and `riznica changes`.

use crate::admin::changes::{ChangeDto, ChangePageDto};
use crate::admin::operators::{NewOperatorDto, OperatorChangeDto, OperatorDto, TokenDto};
use crate::base::encoding::uri_encode;
use crate::cli::args::{AdminArguments, ChangeArguments, OperatorCommand, OutputFormat};
use crate::cli::client::{AdminClient, save_credential};
use crate::cli::confirm::confirm;
use crate::cli::error::CommandError;
use crate::cli::{output, texts};
use serde_json::json;
use std::io::ErrorKind;
use std::path::Path;

/// Changes of one request.
const PAGE: usize = 500;

fn path(name: &str) -> String {
    format!("/v1/operators/{}", uri_encode(name.as_bytes()))
}

/// Runs an `operator` command.
///
/// # Errors
/// `CommandError`.
pub fn operator(
    format: OutputFormat,
    command: OperatorCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    match command {
        OperatorCommand::Create {
            name,
            role,
            valid_days,
            save,
        } => {
            is_free(save.as_deref())?;
            let new = NewOperatorDto {
                name,
                roles: role,
                valid_days,
            };
            let token = client.post::<TokenDto>("/v1/operators", &new)?;
            hand_over(format, &client, &token, save.as_deref())
        }
        OperatorCommand::Update {
            name,
            role,
            status,
            valid_days,
        } => {
            let days = valid_days.map(|days| days.0.and_then(|days| u32::try_from(days).ok()));
            let change = OperatorChangeDto {
                roles: (!role.is_empty()).then_some(role),
                status,
                valid_days: days,
            };
            output::one(format, &client.patch::<OperatorDto>(&path(&name), &change)?)
        }
        OperatorCommand::Renew {
            name,
            save,
            confirmation,
        } => {
            is_free(save.as_deref())?;
            confirm(confirmation, &texts::renew_operator(&name))?;
            let path = format!("{}/token", path(&name));
            let token = client.post_nothing::<TokenDto>(&path)?;
            hand_over(format, &client, &token, save.as_deref())
        }
        OperatorCommand::Delete { name, confirmation } => {
            confirm(confirmation, &texts::delete_operator(&name))?;
            client.delete(&path(&name))?;
            match format {
                OutputFormat::Json => {
                    output::print(&json!({"operator": name, "status": "deleted"}).to_string())
                }
                OutputFormat::Table | OutputFormat::Csv => output::print(texts::OPERATOR_DELETED),
            }
        }
        OperatorCommand::List => list(format, &client),
        OperatorCommand::Show { name } => {
            output::one(format, &client.get::<OperatorDto>(&path(&name))?)
        }
    }
}

fn list(format: OutputFormat, client: &AdminClient) -> Result<(), CommandError> {
    let operators = client.get::<Vec<OperatorDto>>("/v1/operators")?;
    let columns = [
        "name",
        "roles",
        "status",
        "created",
        "created_by",
        "expires",
        "last_used",
    ];
    output::list(format, &columns, &operators)
}

/// Before a token is made that could not be saved.
fn is_free(save: Option<&Path>) -> Result<(), CommandError> {
    match save.filter(|file| file.exists()) {
        None => Ok(()),
        Some(file) => Err(CommandError::File {
            path: file.to_owned(),
            source: ErrorKind::AlreadyExists.into(),
        }),
    }
}

/// Saves a token or shows it.
fn hand_over(
    format: OutputFormat,
    client: &AdminClient,
    token: &TokenDto,
    save: Option<&Path>,
) -> Result<(), CommandError> {
    if let Some(file) = save {
        save_credential(file, token, client.base())?;
        let file = file.display().to_string();
        return match format {
            OutputFormat::Json => output::print(
                &json!({"operator": token.operator, "credential_file": file}).to_string(),
            ),
            OutputFormat::Table | OutputFormat::Csv => {
                output::print(&format!("{} {file}", texts::CREDENTIAL_SAVED))
            }
        };
    }
    output::one(format, token)?;
    match format {
        OutputFormat::Json => Ok(()),
        OutputFormat::Table | OutputFormat::Csv => output::print(texts::TOKEN_ONCE),
    }
}

/// Runs `changes`.
///
/// # Errors
/// `CommandError`.
pub fn changes(
    format: OutputFormat,
    arguments: ChangeArguments,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    let mut filter = String::new();
    // A day begins at midnight UTC.
    let since = arguments.since.map(|text| match text.len() {
        10 => format!("{text}T00:00:00Z"),
        _ => text,
    });
    for (name, value) in [
        ("since", since),
        ("tenant", arguments.tenant),
        ("operator", arguments.operator),
    ] {
        let value = value.map(|value| format!("&{name}={}", uri_encode(value.as_bytes())));
        filter.extend(value);
    }
    let mut changes: Vec<ChangeDto> = Vec::new();
    let mut marker = String::new();
    while changes.len() < arguments.limit {
        let limit = PAGE.min(arguments.limit - changes.len());
        let path = format!("/v1/changes?limit={limit}{filter}{marker}");
        let page = client.get::<ChangePageDto>(&path)?;
        changes.extend(page.changes);
        let Some(next) = page.next_marker else { break };
        marker = format!("&marker={next}");
    }
    let columns = ["at", "operator", "operation", "subject", "before", "after"];
    output::list(format, &columns, &changes)
}
