//! The merge: defaults, then the file, then `RIZNICA_SECTION__KEY` variables, then the command
//! line.
//!
//! Owns: the only place of the crate that reads the environment for configuration.

use crate::config::error::ConfigError;
use crate::config::profile_folder::ProfileFolder;
use crate::config::resolve::Config;
use crate::config::schema::RawConfig;
use crate::config::template_folder::TemplateFolder;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Values of the command line, which win over everything.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--admin-listen`
    pub admin_listen: Option<String>,
}

/// Variables that belong to the command line's client side.
const CLIENT_VARIABLES: [&str; 2] = ["RIZNICA_ADMIN", "RIZNICA_CREDENTIAL"];

/// Loads the configuration of this process.
///
/// # Errors
/// As [`ConfigError`] says.
pub fn load(path: Option<&Path>, overrides: Overrides) -> Result<Config, ConfigError> {
    let text = match path {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?,
    };
    let mut config = merge(&text, std::env::vars_os(), overrides)?;
    config.profiles = ProfileFolder::new(config.raw.profiles.folder.as_deref(), path);
    config.templates = TemplateFolder::new(config.raw.tenants.folder.as_deref(), path);
    Ok(config)
}

/// Where systemd puts the credentials of this process.
pub fn credentials_directory() -> Option<PathBuf> {
    let mut variables = std::env::vars_os();
    let found = variables.find(|(name, _)| name == "CREDENTIALS_DIRECTORY");
    found.map(|(_, value)| PathBuf::from(value))
}

/// As [`load`], from a text and given variables.
///
/// # Errors
/// As [`ConfigError`] says.
pub fn merge(
    text: &str,
    variables: impl Iterator<Item = (OsString, OsString)>,
    overrides: Overrides,
) -> Result<Config, ConfigError> {
    // Parsed as the schema first: its errors point at the line.
    let raw: RawConfig = toml::from_str(text).map_err(|error| syntax(&error))?;
    let mut table = Table::try_from(raw).map_err(|error| ConfigError::Syntax {
        message: error.to_string().into(),
    })?;
    for (variable, value) in variables {
        let (Some(variable), Some(value)) = (variable.to_str(), value.to_str()) else {
            continue;
        };
        if let Some(name) = variable.strip_prefix("RIZNICA_")
            && !CLIENT_VARIABLES.contains(&variable)
        {
            overlay(&mut table, variable, name, value)?;
        }
    }
    let mut raw: RawConfig = table.try_into().map_err(|error| syntax(&error))?;
    if let Some(data_dir) = overrides.data_dir {
        raw.server.data_dir = data_dir;
    }
    if let Some(listen) = overrides.listen {
        raw.server.listen = listen;
    }
    if let Some(listen) = overrides.admin_listen {
        raw.admin.listen = listen;
    }
    Config::resolve(raw)
}

fn syntax(error: &toml::de::Error) -> ConfigError {
    ConfigError::Syntax {
        message: error.to_string().into(),
    }
}

/// Sets one key from a variable. Numbers, truth values and lists are written as in the file;
/// everything else is text.
fn overlay(table: &mut Table, variable: &str, name: &str, text: &str) -> Result<(), ConfigError> {
    let unknown = || ConfigError::UnknownVariable {
        variable: variable.to_owned(),
    };
    let name = name.to_ascii_lowercase();
    let (section, field) = name.split_once("__").ok_or_else(unknown)?;
    let Some(Value::Table(section)) = table.get_mut(section) else {
        return Err(unknown());
    };
    let is_text = matches!(section.get(field), Some(Value::String(_)));
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok();
    let parsed = parsed.and_then(|mut table| table.remove("value"));
    let parsed = parsed.filter(|_| !is_text);
    let value = parsed.unwrap_or_else(|| Value::String(text.to_owned()));
    section.insert(field.to_owned(), value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        merge(
            text,
            variables.collect::<Vec<_>>().into_iter(),
            Overrides::default(),
        )
        .map_err(|e| e.to_string())
    }

    #[test]
    fn ownership_of_new_buckets_is_one_that_there_is() {
        let config = with("", &[]).unwrap();
        assert!(!config.object_ownership.allows_acls());
        for name in ["BucketOwnerPreferred", "ObjectWriter"] {
            let config = with("", &[("RIZNICA_S3__OBJECT_OWNERSHIP", name)]).unwrap();
            assert_eq!(config.object_ownership.name(), Some(name));
            assert!(config.object_ownership.allows_acls());
        }
        for name in ["objectwriter", "Unset", ""] {
            let text = format!("[s3]\nobject_ownership = \"{name}\"\n");
            let refused = with(&text, &[]).unwrap_err();
            assert!(refused.contains("s3.object_ownership"), "{refused}");
            assert!(refused.contains("ObjectWriter"), "{refused}");
        }
    }

    #[test]
    fn later_sources_win() {
        let text = "[server]\nlisten = \"127.0.0.1:1\"\nworkers = 3\n";
        let variables = [
            ("RIZNICA_SERVER__LISTEN", "127.0.0.1:2"),
            ("RIZNICA_S3__DOMAINS", "[\"a.rs\"]"),
            ("RIZNICA_LOG__LEVEL", "debug"),
            ("RIZNICA_ADMIN", "http://x"),
            ("PATH", "y"),
        ];
        let config = with(text, &variables).unwrap();
        assert_eq!((config.listen.port(), config.workers), (2, 3));
        assert_eq!(config.domains, ["a.rs"]);
        let flags = Overrides {
            listen: Some("127.0.0.1:3".to_owned()),
            ..Overrides::default()
        };
        assert_eq!(
            merge(text, std::iter::empty(), flags)
                .unwrap()
                .listen
                .port(),
            3
        );
    }

    #[test]
    fn refusals_name_the_key_and_what_is_allowed() {
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);
        let cases: [Case<'_>; 9] = [
            ("[server]\nlissten = 1", &[], &["lissten", "listen"]),
            ("[server]\nworkers = \"x\"", &[], &["workers", "usize"]),
            (
                "[server]\nlisten = \"nowhere\"",
                &[],
                &["server.listen", "HOST:PORT"],
            ),
            (
                "[storage]\nengine = \"tape\"",
                &[],
                &["storage.engine", "rocksdb"],
            ),
            ("[log]\nformat = \"xml\"", &[], &["log.format", "json"]),
            (
                "[keys]\nroot_key_file = \"a\"\nroot_key_passphrase_file = \"b\"",
                &[],
                &["keys.root_key_file", "keys.root_key_passphrase_file"],
            ),
            (
                "[server]\ntls_certificate_file = \"a\"",
                &[],
                &["server.tls_certificate_file", "server.tls_private_key_file"],
            ),
            ("", &[("RIZNICA_SERVER__NOTHING", "1")], &["nothing"]),
            (
                "",
                &[("RIZNICA_LISTEN", "1")],
                &["RIZNICA_LISTEN", "RIZNICA_SECTION__KEY"],
            ),
        ];
        for (text, variables, expected) in cases {
            let error = with(text, variables).unwrap_err();
            assert!(
                expected.iter().all(|part| error.contains(part)),
                "{text}: {error}"
            );
        }
        assert!(
            with("[admin]\nlisten = \"0.0.0.0:9001\"", &[])
                .unwrap_err()
                .contains("admin.listen")
        );
        let inside = "[server]\ndata_dir = \"/d\"\n[keys]\nroot_key_file = \"/d/k\"";
        assert!(
            with(inside, &[])
                .unwrap_err()
                .contains("keys.root_key_file")
        );
    }

    #[test]
    fn example_shows_every_key_with_its_default() {
        let example = include_str!("../../config/riznica.example.toml");
        let uncommented = example
            .lines()
            .map(|line| line.strip_prefix("#= ").unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n");
        let shown: Table = toml::from_str(&uncommented).unwrap();
        let defaults = Table::try_from(RawConfig::default()).unwrap();
        let schema = include_str!("schema.rs");
        for (section, keys) in &defaults {
            let shown = shown.get(section).and_then(Value::as_table).unwrap();
            for (field, default) in keys.as_table().unwrap() {
                assert_eq!(shown.get(field), Some(default), "{section}.{field}");
            }
            for field in shown.keys() {
                assert!(
                    schema.contains(&format!(" {field}:")),
                    "{section}.{field} is no key"
                );
            }
        }
        for field in schema
            .lines()
            .filter_map(|line| line.trim().split_once(": Option<").map(|(field, _)| field))
        {
            assert!(
                uncommented.contains(&format!("{field} = ")),
                "{field} is not shown"
            );
        }
        toml::from_str::<RawConfig>(example).unwrap();
    }
}
