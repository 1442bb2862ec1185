//! The client side of the admin listener.

use crate::admin::operators::TokenDto;
use crate::cli::args::AdminArguments;
use crate::cli::error::CommandError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;
use ureq::RequestBuilder;
use ureq::typestate::WithBody;

/// The operator's credential file. Not `Debug`: it holds a token.
#[derive(Deserialize)]
struct CredentialFile {
    operator: String,
    token: String,
    #[serde(default)]
    admin: Option<String>,
}

/// Talks to one admin listener as one operator. Its `Debug` shows no token.
pub struct AdminClient {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

impl std::fmt::Debug for AdminClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminClient")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl AdminClient {
    /// Reads the credential.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn new(arguments: &AdminArguments) -> Result<Self, CommandError> {
        let path = &arguments.credential;
        let text = std::fs::read_to_string(path).map_err(|source| CommandError::File {
            path: path.clone(),
            source,
        })?;
        let file: CredentialFile = serde_json::from_str(&text)
            .map_err(|_json| CommandError::Credential { path: path.clone() })?;
        let base = arguments.admin.clone().or(file.admin);
        let base = base.unwrap_or_else(|| "http://127.0.0.1:9001".to_owned());
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_mins(1)))
            .http_status_as_error(false)
            .build();
        Ok(Self {
            agent: config.into(),
            base: base.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {}:{}", file.operator, file.token),
        })
    }

    /// Where the server is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks for a resource.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CommandError> {
        parse(&self.text(path)?)
    }

    /// Asks for a text.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn text(&self, path: &str) -> Result<String, CommandError> {
        let url = format!("{}{path}", self.base);
        let request = self
            .agent
            .get(&url)
            .header("authorization", &self.authorization);
        answer(&url, request.call())
    }

    /// Sends a document.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CommandError> {
        let url = format!("{}{path}", self.base);
        self.send(&url, self.agent.post(&url), body)
    }

    fn send<T: DeserializeOwned>(
        &self,
        url: &str,
        request: RequestBuilder<WithBody>,
        body: &impl Serialize,
    ) -> Result<T, CommandError> {
        let request = request.header("authorization", &self.authorization);
        parse(&answer(url, request.send_json(body))?)
    }

    /// Changes parts of a document.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CommandError> {
        let url = format!("{}{path}", self.base);
        self.send(&url, self.agent.patch(&url), body)
    }

    /// Replaces a document.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, CommandError> {
        let url = format!("{}{path}", self.base);
        self.send(&url, self.agent.put(&url), body)
    }

    /// Sends a command without a document.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn command(&self, path: &str) -> Result<(), CommandError> {
        self.post_empty(path).map(|_| ())
    }

    /// Sends a command without a document, which is answered with one.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn post_nothing<T: DeserializeOwned>(&self, path: &str) -> Result<T, CommandError> {
        parse(&self.post_empty(path)?)
    }

    fn post_empty(&self, path: &str) -> Result<String, CommandError> {
        let url = format!("{}{path}", self.base);
        let request = self
            .agent
            .post(&url)
            .header("authorization", &self.authorization);
        answer(&url, request.send_empty())
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// When the server does not answer, or refuses.
    pub fn delete(&self, path: &str) -> Result<(), CommandError> {
        let url = format!("{}{path}", self.base);
        let request = self
            .agent
            .delete(&url)
            .header("authorization", &self.authorization);
        answer(&url, request.call()).map(|_| ())
    }
}

/// Writes a credential file for an operator's eyes alone. A file that is there is not replaced: it
/// may be somebody's only credential.
///
/// # Errors
/// When it exists or cannot be written.
pub fn save_credential(path: &Path, token: &TokenDto, base: &str) -> Result<(), CommandError> {
    let document = json!({"operator": token.operator, "token": token.token, "admin": base});
    let mut opening = OpenOptions::new();
    let opened = opening.write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| {
        file.write_all(format!("{document:#}\n").as_bytes())?;
        file.sync_all()
    });
    written.map_err(|source| CommandError::File {
        path: path.to_owned(),
        source,
    })
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, CommandError> {
    serde_json::from_str(text).map_err(CommandError::Unexpected)
}

fn answer(
    url: &str,
    outcome: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<String, CommandError> {
    let unreachable = |source| CommandError::Unreachable {
        url: url.to_owned(),
        source: Box::new(source),
    };
    let mut response = outcome.map_err(unreachable)?;
    let text = response.body_mut().read_to_string().map_err(unreachable)?;
    if response.status().is_success() {
        return Ok(text);
    }
    let document: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let message = document
        .pointer("/error/message")
        .and_then(serde_json::Value::as_str);
    let message = message.map_or_else(|| format!("{} {text}", response.status()), str::to_owned);
    Err(CommandError::Refused { message })
}
