//! Why the process does not start: each text tells the operator what to change.

use crate::base::codec::CodecError;
use crate::config::ConfigError;
use crate::control::error::ControlError;
use crate::kms::KmsError;
use crate::storage::OpenEngineError;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The process does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartupError {
    /// The configuration is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Rows cannot be read or written.
    #[error("store cannot be used")]
    Control(#[from] ControlError),
    /// The engine does not open.
    #[error(transparent)]
    Engine(#[from] OpenEngineError),
    /// A file of the operator's cannot be written.
    #[error("file cannot be written path={}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The folder is initialised already.
    #[error("data folder is initialised already path={}; start it with 'riznica serve'", .path.display())]
    Initialised {
        /// The folder.
        path: PathBuf,
    },
    /// The key service does not open.
    #[error(transparent)]
    Keys(#[from] KmsError),
    /// The address cannot be listened on.
    #[error("address cannot be listened on address={address}; is another process there?")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The log filter does not parse.
    #[error("log.level is no log filter; try \"info\" or \"info,riznica::auth=debug\"")]
    Log(#[from] tracing_subscriber::filter::ParseError),
    /// A systemd credential without systemd.
    #[error(
        "keys.root_key_systemd_credential is set, but $CREDENTIALS_DIRECTORY is not: start the process by systemd with LoadCredential="
    )]
    NoCredentialsDirectory,
    /// The folder is not initialised.
    #[error("data folder is not initialised path={}; run 'riznica init --data-dir {}' first", .path.display(), .path.display())]
    NotInitialised {
        /// The folder.
        path: PathBuf,
    },
    /// The stored retention clock does not decode.
    #[error(
        "stored retention clock does not decode: the row is damaged. It decides when locked versions may be deleted, so it is never started anew; restore the store from a backup"
    )]
    RetentionClock(#[source] CodecError),
    /// Threads or signals of the runtime cannot be had.
    #[error("runtime cannot be started")]
    Runtime(#[source] std::io::Error),
    /// The server stopped with an error.
    #[error("server stopped with an error")]
    Serve(#[source] std::io::Error),
    /// Certificate or private key cannot be used.
    #[error("certificate or private key cannot be used certificate={}; both are PEM files, the certificate first in its chain", .certificate.display())]
    Tls {
        /// The certificate.
        certificate: PathBuf,
        /// Why.
        #[source]
        source: crate::server::tls::TlsError,
    },
}
