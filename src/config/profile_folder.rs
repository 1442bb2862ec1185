//! Where bucket profiles are: one TOML file each, in a folder that operators edit.
//!
//! Owns: the templates that are built in.
//! Not here: how files are found and read (`document_folder`), what a profile says (`profile`).

use crate::config::document_folder::{DocumentFolder, DocumentKind, Found, Listed};
use crate::config::profile::Profile;
use std::path::Path;

pub use crate::config::document_folder::DocumentError as ProfileError;

/// Profiles, and templates of `config/profiles` for servers that run without the folder.
static PROFILES: DocumentKind = DocumentKind {
    word: "profile",
    folder: "profiles",
    setting: "profiles.folder",
    list_command: "riznica profile list",
    built_in: &[
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
    ],
};

/// A profile as it was found.
pub type FoundProfile = Found<Profile>;
/// A profile's name, and the profile or what is wrong with it.
pub type ListedProfile = Listed<Profile>;

/// The folder of profiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileFolder(DocumentFolder);

impl ProfileFolder {
    /// The folder that the configuration names. Without one it is `profiles` beside the
    /// configuration file, or `./config/profiles` without that; it may then be missing.
    pub fn new(chosen: Option<&Path>, config_file: Option<&Path>) -> Self {
        Self(DocumentFolder::new(&PROFILES, chosen, config_file))
    }

    /// A profile by its name. A file wins over a template.
    ///
    /// # Errors
    /// `ProfileError`.
    pub fn load(&self, name: &str) -> Result<FoundProfile, ProfileError> {
        self.0.load(name, Profile::parse)
    }

    /// All profiles by name, with what is wrong with those that are refused.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Vec<ListedProfile>, ProfileError> {
        self.0.list(Profile::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::document_folder::DocumentSource;
    use crate::model::versioning::Versioning;

    #[test]
    fn templates_are_profiles() {
        let folder = ProfileFolder::new(None, Some(Path::new("/nowhere/riznica.toml")));
        let found = folder.list().unwrap();
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["pgbackrest", "rclone", "records", "restic"]);
        for (name, profile) in found {
            let found = profile.unwrap();
            assert_eq!(found.source, DocumentSource::BuiltIn, "{name}");
            assert_eq!(found.document.versioning, Versioning::Enabled, "{name}");
            assert!(found.document.object_lock.is_some(), "{name}");
        }
    }

    #[test]
    fn file_is_read_at_every_use_and_wins_over_the_template() {
        let folder = tempfile::tempdir().unwrap();
        let profiles = ProfileFolder::new(Some(folder.path()), None);
        let path = folder.path().join("restic.toml");
        let description = |name| profiles.load(name).map(|own| own.document.description);
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
            assert!(matches!(found, Err(ProfileError::Unknown { .. })), "{name}");
        }
    }

    #[test]
    fn chosen_folder_that_is_missing_is_an_error() {
        let missing = ProfileFolder::new(Some(Path::new("/nowhere/profiles")), None);
        let error = missing.load("restic").unwrap_err().to_string();
        assert!(error.contains("profiles.folder"), "{error}");
    }
}
