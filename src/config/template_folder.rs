//! Where tenant templates are: one TOML file each, in a folder that operators edit.
//!
//! Owns: the templates that are built in.
//! Not here: how files are found and read (`document_folder`), what a template says
//! (`tenant_template`).

use crate::config::document_folder::{DocumentError, DocumentFolder, DocumentKind, Found, Listed};
use crate::config::tenant_template::TenantTemplate;
use std::path::Path;

/// Templates, and those of `config/tenants` for servers that run without the folder.
static TEMPLATES: DocumentKind = DocumentKind {
    word: "tenant template",
    folder: "tenants",
    setting: "tenants.folder",
    list_command: "riznica tenant templates",
    built_in: &[
        (
            "city-administration",
            include_str!("../../config/tenants/city-administration.toml"),
        ),
        (
            "commercial",
            include_str!("../../config/tenants/commercial.toml"),
        ),
        (
            "public-institution",
            include_str!("../../config/tenants/public-institution.toml"),
        ),
    ],
};

/// A template as it was found.
pub type FoundTemplate = Found<TenantTemplate>;
/// A template's name, and the template or what is wrong with it.
pub type ListedTemplate = Listed<TenantTemplate>;

/// The folder of templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFolder(DocumentFolder);

impl TemplateFolder {
    /// The folder that the configuration names. Without one it is `tenants` beside the
    /// configuration file, or `./config/tenants` without that; it may then be missing.
    pub fn new(chosen: Option<&Path>, config_file: Option<&Path>) -> Self {
        Self(DocumentFolder::new(&TEMPLATES, chosen, config_file))
    }

    /// A template by its name. A file wins over a built-in one. `check` adds rules to those of the
    /// file.
    ///
    /// # Errors
    /// `DocumentError`.
    pub fn load(
        &self,
        name: &str,
        check: impl Fn(&TenantTemplate) -> Result<(), Box<str>>,
    ) -> Result<FoundTemplate, DocumentError> {
        self.0.load(name, |text| parse(text, &check))
    }

    /// All templates by name, with what is wrong with those that are refused.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(
        &self,
        check: impl Fn(&TenantTemplate) -> Result<(), Box<str>>,
    ) -> Result<Vec<ListedTemplate>, DocumentError> {
        self.0.list(|text| parse(text, &check))
    }
}

fn parse(
    text: &str,
    check: impl Fn(&TenantTemplate) -> Result<(), Box<str>>,
) -> Result<TenantTemplate, Box<str>> {
    let template = TenantTemplate::parse(text)?;
    check(&template)?;
    Ok(template)
}
