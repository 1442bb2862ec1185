//! TLS of the S3 listener: rustls with aws-lc-rs, and a certificate that can be replaced while
//! connections live on.

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::config::resolve::TlsFiles;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::signal::unix::{SignalKind, signal};

/// Certificate or private key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not PEM, or not readable.
    #[error("file is not readable PEM path={}", .path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// The two do not belong together, or rustls cannot use them.
    #[error("certificate and private key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

/// The current certificate.
#[derive(Debug)]
pub struct ReloadingCertificate {
    files: TlsFiles,
    current: ArcSwap<CertifiedKey>,
}

impl ReloadingCertificate {
    /// Loads the files.
    ///
    /// # Errors
    /// When they cannot be used.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let current = ArcSwap::from_pointee(read(&files)?);
        Ok(Self { files, current })
    }

    /// A server configuration that always shows the current certificate. HTTP/1.1 only: clients are
    /// told by ALPN.
    ///
    /// # Errors
    /// When rustls refuses its own defaults.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?;
        let resolver = Arc::clone(self) as Arc<dyn ResolvesServerCert>;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    fn modified(&self) -> [Option<SystemTime>; 2] {
        [&self.files.certificate, &self.files.private_key].map(|path| {
            std::fs::metadata(path)
                .and_then(|metadata| metadata.modified())
                .ok()
        })
    }

    /// Loads the files again on SIGHUP and when they change. Files that cannot be used leave the
    /// old certificate in place: a half-copied file must not end the service.
    pub async fn watch(self: Arc<Self>, clock: Arc<dyn Clock>, mut stop: Stop) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else {
            tracing::error!("SIGHUP cannot be received; certificates are reloaded on change only");
            return;
        };
        let mut seen = self.modified();
        loop {
            let is_forced = tokio::select! {
                () = stop.stopped() => return,
                _ = hangup.recv() => true,
                () = clock.sleep(self.files.reload_interval) => false,
            };
            let now = self.modified();
            if !is_forced && now == seen {
                continue;
            }
            match read(&self.files) {
                Ok(certificate) => {
                    seen = now;
                    self.current.store(Arc::new(certificate));
                    let certificate = self.files.certificate.display();
                    tracing::info!(%certificate, "certificate reloaded");
                }
                Err(error) => {
                    tracing::error!(error = %error, certificate = %self.files.certificate.display(), "certificate cannot be reloaded; the old one stays");
                }
            }
        }
    }
}

impl ResolvesServerCert for ReloadingCertificate {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let pem = |path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::Pem { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .map_err(pem(&files.certificate))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(pem(&files.certificate))?;
    let private_key =
        PrivateKeyDer::from_pem_file(&files.private_key).map_err(pem(&files.private_key))?;
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    CertifiedKey::from_der(chain, private_key, &provider).map_err(TlsError::Unusable)
}
