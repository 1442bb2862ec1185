//! The question before something is destroyed.

use crate::cli::args::Confirmation;
use crate::cli::error::CommandError;
use crate::cli::texts;
use std::io::{BufRead, IsTerminal, Write};

/// Answers that mean yes.
const YES: [&str; 2] = ["y", "yes"];

/// Asks on the terminal whether to go on, unless that was said already.
///
/// # Errors
/// `Unconfirmed` when there is no terminal to ask on, or the answer is no.
pub fn confirm(confirmation: Confirmation, question: &str) -> Result<(), CommandError> {
    if confirmation.yes {
        return Ok(());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(CommandError::Unconfirmed {
            text: texts::CONFIRMATION_MISSING,
        });
    }
    let mut out = std::io::stderr().lock();
    write!(out, "{question} {} ", texts::YES_OR_NO)
        .and_then(|()| out.flush())
        .map_err(CommandError::Output)?;
    let mut answer = String::new();
    let read = stdin.lock().read_line(&mut answer);
    read.map_err(CommandError::Output)?;
    let answer = answer.trim().to_lowercase();
    if YES.contains(&answer.as_str()) {
        Ok(())
    } else {
        Err(CommandError::Unconfirmed {
            text: texts::NOT_CONFIRMED,
        })
    }
}
