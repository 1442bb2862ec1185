//! Folders of documents that operators edit: one TOML file each.
//!
//! Owns: names of documents, reading them at every use, so that an edit needs no restart; built-in
//! ones, for servers that run without the folder.
//! Not here: what a document says (`profile`, `tenant_template`).

use crate::base::kind::ErrorKind;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What a document's file is called behind its name.
const EXTENSION: &str = "toml";
/// Bytes of a document at most: it is read while an operator waits.
const DOCUMENT_LEN_MAX: u64 = 64 * 1024;

/// A kind of documents.
#[derive(Debug, PartialEq, Eq)]
pub struct DocumentKind {
    /// The word for one.
    pub word: &'static str,
    /// Name of the folder where none is set.
    pub folder: &'static str,
    /// The setting that names the folder.
    pub setting: &'static str,
    /// The command that lists them.
    pub list_command: &'static str,
    /// Names and texts of those that are built in.
    pub built_in: &'static [(&'static str, &'static str)],
}

/// A document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The file is none.
    #[error("{} is refused, correct its file: {path}: {message}", .kind.word)]
    Refused {
        /// What it should be.
        kind: &'static DocumentKind,
        /// The file.
        path: DocumentSource,
        /// What is wrong, with the line where it is known.
        message: Box<str>,
    },
    /// No file and no built-in document has the name.
    #[error("no such {}; '{}' shows all", .kind.word, .kind.list_command)]
    Unknown {
        /// What it should be.
        kind: &'static DocumentKind,
    },
    /// File or folder cannot be read.
    #[error("{} or its folder cannot be read path={}; set {} to a folder of readable TOML files", .kind.word, .path.display(), .kind.setting)]
    Unreadable {
        /// What it should be.
        kind: &'static DocumentKind,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl DocumentError {
    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { .. } | Self::Unreadable { .. } => ErrorKind::Invalid,
            Self::Unknown { .. } => ErrorKind::Absent,
        }
    }
}

/// Where a document comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentSource {
    /// The program.
    BuiltIn,
    /// A file.
    File(PathBuf),
}

impl fmt::Display for DocumentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// A document as it was found.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: DocumentSource,
    /// Its text, with the comments.
    pub text: String,
    /// What it says.
    pub document: T,
}

/// A document's name, and the document or what is wrong with it.
pub type Listed<T> = (String, Result<Found<T>, DocumentError>);

/// A folder of documents of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentFolder {
    kind: &'static DocumentKind,
    folder: PathBuf,
    is_chosen: bool,
}

impl DocumentFolder {
    /// The folder that the configuration names. Without one it is the kind's beside the
    /// configuration file, or in `./config` without that; it may then be missing.
    pub fn new(
        kind: &'static DocumentKind,
        chosen: Option<&Path>,
        config_file: Option<&Path>,
    ) -> Self {
        let beside = config_file.and_then(Path::parent);
        let default = || {
            beside
                .unwrap_or_else(|| Path::new("./config"))
                .join(kind.folder)
        };
        Self {
            kind,
            folder: chosen.map_or_else(default, Path::to_owned),
            is_chosen: chosen.is_some(),
        }
    }

    /// A document by its name. A file wins over a built-in one.
    ///
    /// # Errors
    /// `DocumentError`; `Refused` with what `parse` says.
    pub fn load<T>(
        &self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, Box<str>>,
    ) -> Result<Found<T>, DocumentError> {
        let kind = self.kind;
        let sources = self.sources()?;
        let source = sources.get(name).ok_or(DocumentError::Unknown { kind })?;
        self.read(name, source, parse)
    }

    /// All documents by name, with what is wrong with those that are refused.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list<T>(
        &self,
        parse: impl Fn(&str) -> Result<T, Box<str>>,
    ) -> Result<Vec<Listed<T>>, DocumentError> {
        let sources = self.sources()?.into_iter();
        let found = sources.map(|(name, source)| {
            let document = self.read(&name, &source, &parse);
            (name, document)
        });
        Ok(found.collect())
    }

    fn sources(&self) -> Result<BTreeMap<String, DocumentSource>, DocumentError> {
        let kind = self.kind;
        let built_in = kind.built_in.iter();
        let built_in = built_in.map(|(name, _)| ((*name).to_owned(), DocumentSource::BuiltIn));
        let mut sources: BTreeMap<_, _> = built_in.collect();
        let unreadable = |source| DocumentError::Unreadable {
            kind,
            path: self.folder.clone(),
            source,
        };
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.is_chosen => {
                return Ok(sources);
            }
            other => other.map_err(unreadable)?,
        };
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            if path.extension().is_some_and(|own| own == EXTENSION)
                && let Some(name) = name.filter(|name| is_name(name))
            {
                sources.insert(name.to_owned(), DocumentSource::File(path));
            }
        }
        Ok(sources)
    }

    fn read<T>(
        &self,
        name: &str,
        source: &DocumentSource,
        parse: impl Fn(&str) -> Result<T, Box<str>>,
    ) -> Result<Found<T>, DocumentError> {
        let kind = self.kind;
        let refused = |message| DocumentError::Refused {
            kind,
            path: source.clone(),
            message,
        };
        let text = match source {
            DocumentSource::BuiltIn => {
                let found = kind.built_in.iter().find(|(own, _)| *own == name);
                (*found.ok_or(DocumentError::Unknown { kind })?.1).to_owned()
            }
            DocumentSource::File(path) => {
                let unreadable = |source| DocumentError::Unreadable {
                    kind,
                    path: path.clone(),
                    source,
                };
                let len = std::fs::metadata(path).map_err(unreadable)?.len();
                if len > DOCUMENT_LEN_MAX {
                    return Err(refused("it is longer than 64 KiB".into()));
                }
                std::fs::read_to_string(path).map_err(unreadable)?
            }
        };
        Ok(Found {
            name: name.to_owned(),
            source: source.clone(),
            document: parse(&text).map_err(refused)?,
            text,
        })
    }
}

/// Lower-case letters, digits and hyphens, as tenants are named.
fn is_name(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&text.len()) && text.chars().all(is_allowed)
}
