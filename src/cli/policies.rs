//! `riznica policy`.

use crate::admin::policies::{ExplanationDto, QuestionDto};
use crate::cli::args::{AdminArguments, OutputFormat, PolicyCommand};
use crate::cli::client::AdminClient;
use crate::cli::error::CommandError;
use crate::cli::output;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Runs a `policy` command.
///
/// # Errors
/// `CommandError`.
pub fn policy(
    format: OutputFormat,
    command: PolicyCommand,
    admin: &AdminArguments,
) -> Result<(), CommandError> {
    let client = AdminClient::new(admin)?;
    let PolicyCommand::Explain {
        key,
        session_token_file,
        action,
        resource,
        context,
        ..
    } = command;
    let mut values = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in context {
        values.entry(name).or_default().push(value);
    }
    let read = |path: PathBuf| match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(source) => Err(CommandError::File { path, source }),
    };
    let question = QuestionDto {
        access_key_id: key,
        session_token: session_token_file.map(read).transpose()?,
        action,
        resource,
        context: values,
    };
    let told = client.post::<ExplanationDto>("/v1/policy/explain", &question)?;
    output::one(format, &told)
}
