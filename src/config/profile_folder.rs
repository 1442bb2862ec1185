//! Where bucket profiles are: one TOML file each, in a folder that operators edit.
//!
//! Owns: names of profiles, reading them at every use, so that an edit needs no restart; the
//! templates that are built in. Not here: what a profile says (`profile`).

use crate::base::kind::ErrorKind;
use crate::config::profile::Profile;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Templates of `config/profiles`, for servers that run without the folder.
const BUILT_IN: [(&str, &str); 4] = [
    (
        "pgbackrest",
        include_str!("../../config/profiles/pgbackrest.toml"),
    ),
    ("rclone", include_str!("../../config/profiles/rclone.toml")),
    (
        "records",
        include_str!("../../config/profiles/records.toml"),
    ),
    ("restic", include_str!("../../config/profiles/restic.toml")),
];

/// What a profile's file is called behind its name.
const EXTENSION: &str = "toml";
/// Bytes of a profile at most: it is read while an operator waits.
const PROFILE_LEN_MAX: u64 = 64 * 1024;

/// A profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file is none.
    #[error("profile is refused, correct its file: {path}: {message}")]
    Refused {
        /// The file.
        path: ProfileSource,
        /// What is wrong, with the line where it is known.
        message: Box<str>,
    },
    /// No file and no template has the name.
    #[error("no such profile; 'riznica profile list' shows all")]
    Unknown,
    /// File or folder cannot be read.
    #[error("profile or folder of profiles cannot be read path={}; set profiles.folder to a folder of readable TOML files", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl ProfileError {
    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { .. } | Self::Unreadable { .. } => ErrorKind::Invalid,
            Self::Unknown => ErrorKind::Absent,
        }
    }
}

/// Where a profile comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileSource {
    /// The program.
    BuiltIn,
    /// A file.
    File(PathBuf),
}

impl fmt::Display for ProfileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// A profile as it was found.
#[derive(Clone, Debug)]
pub struct FoundProfile {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: ProfileSource,
    /// Its text, with the comments.
    pub text: String,
    /// What it says.
    pub profile: Profile,
}

/// A profile's name, and the profile or what is wrong with it.
pub type ListedProfile = (String, Result<FoundProfile, ProfileError>);

/// The folder of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFolder {
    folder: PathBuf,
    is_chosen: bool,
}

impl ProfileFolder {
    /// The folder that the configuration names. Without one it is `profiles` beside the
    /// configuration file, or `./config/profiles` without that; it may then be missing.
    pub fn new(chosen: Option<&Path>, config_file: Option<&Path>) -> Self {
        let beside = config_file.and_then(Path::parent);
        let default = || {
            beside
                .unwrap_or_else(|| Path::new("./config"))
                .join("profiles")
        };
        Self {
            folder: chosen.map_or_else(default, Path::to_owned),
            is_chosen: chosen.is_some(),
        }
    }

    /// A profile by its name. A file wins over a template.
    ///
    /// # Errors
    /// `ProfileError`.
    pub fn load(&self, name: &str) -> Result<FoundProfile, ProfileError> {
        let sources = self.sources()?;
        let source = sources.get(name).ok_or(ProfileError::Unknown)?;
        read(name, source)
    }

    /// All profiles by name, with what is wrong with those that are refused.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<ListedProfile>, ProfileError> {
        let sources = self.sources()?.into_iter();
        let found = sources.map(|(name, source)| {
            let profile = read(&name, &source);
            (name, profile)
        });
        Ok(found.collect())
    }

    fn sources(&self) -> Result<BTreeMap<String, ProfileSource>, ProfileError> {
        let built_in = BUILT_IN.map(|(name, _)| (name.to_owned(), ProfileSource::BuiltIn));
        let mut sources = BTreeMap::from(built_in);
        let unreadable = |source| ProfileError::Unreadable {
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
                sources.insert(name.to_owned(), ProfileSource::File(path));
            }
        }
        Ok(sources)
    }
}

/// Lower-case letters, digits and hyphens, as tenants are named.
fn is_name(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=64).contains(&text.len()) && text.chars().all(is_allowed)
}

fn read(name: &str, source: &ProfileSource) -> Result<FoundProfile, ProfileError> {
    let refused = |message| ProfileError::Refused {
        path: source.clone(),
        message,
    };
    let text = match source {
        ProfileSource::BuiltIn => {
            let found = BUILT_IN.iter().find(|(own, _)| *own == name);
            (*found.ok_or(ProfileError::Unknown)?.1).to_owned()
        }
        ProfileSource::File(path) => {
            let unreadable = |source| ProfileError::Unreadable {
                path: path.clone(),
                source,
            };
            let len = std::fs::metadata(path).map_err(unreadable)?.len();
            if len > PROFILE_LEN_MAX {
                return Err(refused("it is longer than 64 KiB".into()));
            }
            std::fs::read_to_string(path).map_err(unreadable)?
        }
    };
    Ok(FoundProfile {
        name: name.to_owned(),
        source: source.clone(),
        profile: Profile::parse(&text).map_err(refused)?,
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::versioning::Versioning;

    #[test]
    fn templates_are_profiles() {
        let folder = ProfileFolder::new(None, Some(Path::new("/nowhere/riznica.toml")));
        let found = folder.list().unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["pgbackrest", "rclone", "records", "restic"]);
        for (name, profile) in found {
            let found = profile.unwrap();
            assert_eq!(found.source, ProfileSource::BuiltIn, "{name}");
            assert_eq!(found.profile.versioning, Versioning::Enabled, "{name}");
            assert!(found.profile.object_lock.is_some(), "{name}");
        }
    }

    #[test]
    fn file_is_read_at_every_use_and_wins_over_the_template() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = ProfileFolder::new(Some(folder.path()), None);
        let path = folder.path().join("restic.toml");
        let description = |name| profiles.load(name).map(|own| own.profile.description);
        for text in ["one", "two"] {
            std::fs::write(&path, format!("description = \"{text}\"")).unwrap();
            assert_eq!(description("restic").unwrap(), text);
        }
        std::fs::write(&path, "description = 1").unwrap();
        let error = description("restic").unwrap_err().to_string();
        let has_all = ["restic.toml", "line 1"].map(|part| error.contains(part));
        assert_eq!(has_all, [true, true], "{error}");
        assert!(profiles.list().unwrap().iter().any(|(_, own)| own.is_err()));
        assert!(description("rclone").is_ok());
    }

    #[test]
    fn name_never_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.toml"), "description = \"d\"").unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let profiles = ProfileFolder::new(Some(&inner), None);
        for name in ["../a", "..", "", "/etc/passwd", "inner/../a", "a"] {
            let found = profiles.load(name);
            assert!(matches!(found, Err(ProfileError::Unknown)), "{name}");
        }
    }

    #[test]
    fn chosen_folder_that_is_missing_is_an_error() {
        let missing = ProfileFolder::new(Some(Path::new("/nowhere/profiles")), None);
        let error = missing.load("restic").unwrap_err().to_string();
        assert!(error.contains("profiles.folder"), "{error}");
    }
}
