//! `riznica init`: data folder, root key, first operator.

use crate::base::entropy::SystemEntropy;
use crate::base::secret::Secret;
use crate::catalog::error::CatalogError;
use crate::config::Config;
use crate::config::resolve::RootKeyReference;
use crate::control::error::ControlError;
use crate::kms::create_root_key_file;
use crate::model::operator::OperatorName;
use crate::server::compose;
use crate::server::error::StartupError;
use serde_json::json;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// What was made.
#[derive(Clone, Debug)]
pub struct Initialised {
    /// The root key's file, if this call made it.
    pub root_key_file: Option<PathBuf>,
    /// The operator's credential file.
    pub credential_file: PathBuf,
}

/// Initialises a data folder. The root key's file is made when it is missing, never replaced.
///
/// # Errors
/// `Initialised` when the folder is; or whatever cannot be opened or written.
pub async fn init(
    config: &Config,
    credential_file: &Path,
    runtime: &Handle,
) -> Result<Initialised, StartupError> {
    let mut root_key_file = None;
    if let RootKeyReference::File(path) = &config.root_key
        && !path.exists()
    {
        create_root_key_file(path, &SystemEntropy::new())?;
        root_key_file = Some(path.clone());
    }
    let parts = compose::open(config, runtime).await?;
    let outcome = parts.control().initialise(&OperatorName::first()).await;
    let written = match outcome {
        Ok(token) => write_credential(config, credential_file, &token),
        Err(ControlError::Catalog(CatalogError::Taken)) => Err(StartupError::Initialised {
            path: config.data_dir.clone(),
        }),
        Err(error) => Err(error.into()),
    };
    parts.engine.close().await;
    written?;
    Ok(Initialised {
        root_key_file,
        credential_file: credential_file.to_owned(),
    })
}

/// Writes the operator's credential, readable by its owner alone.
fn write_credential(config: &Config, path: &Path, token: &Secret<32>) -> Result<(), StartupError> {
    let failed = |source| StartupError::File {
        path: path.to_owned(),
        source,
    };
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        use std::os::unix::fs::DirBuilderExt;
        let created = std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        created.map_err(failed)?;
    }
    let document = json!({
        "operator": OperatorName::first().as_str(),
        "token": hex::encode(token.expose()),
        "admin": format!("http://{}", config.admin_listen),
    });
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    let text = format!("{document:#}\n");
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)
}
