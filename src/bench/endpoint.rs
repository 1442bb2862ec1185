//! Where the S3 endpoint is, and sockets to it.
//!
//! Owns: the endpoint's address as people write it, TLS towards it. Not here: HTTP (`connection`).

use crate::bench::error::BenchError;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Bytes both ways, plain or by TLS.
pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// An S3 endpoint.
#[derive(Clone)]
pub struct Endpoint {
    host: String,
    port: u16,
    authority: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Endpoint {
    /// Reads `http://HOST:PORT` or `https://HOST:PORT`. `authorities` is the PEM file of the
    /// certificates that are trusted; it is read for `https` only.
    ///
    /// # Errors
    /// `Endpoint` for everything else, `Authorities` when the file holds no certificate.
    pub fn parse(text: &str, authorities: &Path) -> Result<Self, BenchError> {
        let url = url::Url::parse(text).map_err(|_url| BenchError::Endpoint)?;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let is_secure = match url.scheme() {
            "https" if is_bare => true,
            "http" if is_bare => false,
            _ => return Err(BenchError::Endpoint),
        };
        let written = url.host_str().ok_or(BenchError::Endpoint)?;
        let host = written
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        // The default port is not part of the header, and so not of what is signed.
        let authority = url
            .port()
            .map_or_else(|| written.to_owned(), |port| format!("{written}:{port}"));
        let port = url.port_or_known_default().ok_or(BenchError::Endpoint)?;
        let tls = if is_secure {
            let name = ServerName::try_from(host.clone()).map_err(|_name| BenchError::Endpoint)?;
            Some((connector(authorities)?, name))
        } else {
            None
        };
        Ok(Self {
            host,
            port,
            authority,
            tls,
        })
    }

    /// The `host` header.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Whether it is asked over TLS.
    pub fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Opens a socket.
    ///
    /// # Cancel safety
    /// Dropping the future closes the socket.
    pub(super) async fn connect(&self) -> io::Result<Box<dyn Socket>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        // Small requests must not wait for the acknowledgement of the one before.
        stream.set_nodelay(true)?;
        match &self.tls {
            None => Ok(Box::new(stream)),
            Some((connector, name)) => Ok(Box::new(connector.connect(name.clone(), stream).await?)),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.authority)
    }
}

/// TLS that trusts the authorities of a file, with the server's own provider.
fn connector(path: &Path) -> Result<TlsConnector, BenchError> {
    let refusal = || BenchError::Authorities {
        path: path.to_owned(),
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|_pem| refusal())?;
    let certificates = certificates.collect::<Result<Vec<_>, _>>();
    // A bundle of the system may hold one that rustls does not take; none at all is a mistake.
    let (added, _ignored) =
        roots.add_parsable_certificates(certificates.map_err(|_pem| refusal())?);
    if added == 0 {
        return Err(refusal());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions();
    let builder = builder.map_err(|_versions| refusal())?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Result<Endpoint, BenchError> {
        Endpoint::parse(text, Path::new("/nonexistent"))
    }

    #[test]
    fn endpoints_are_read_as_people_write_them() {
        let endpoint = plain("http://127.0.0.1:9000").unwrap();
        assert_eq!(
            (endpoint.authority(), endpoint.port),
            ("127.0.0.1:9000", 9000)
        );
        let endpoint = plain("http://s3.example.org/").unwrap();
        assert_eq!(
            (endpoint.authority(), endpoint.port),
            ("s3.example.org", 80)
        );
        let endpoint = plain("http://[::1]:9000").unwrap();
        assert_eq!(
            (endpoint.authority(), endpoint.host.as_str()),
            ("[::1]:9000", "::1")
        );
        for bad in [
            "",
            "127.0.0.1:9000",
            "localhost:9000",
            "ftp://host",
            "http://host/path",
            "http://host/?a",
            "http://user:secret@host",
            "http://host/#a",
        ] {
            assert!(matches!(plain(bad), Err(BenchError::Endpoint)), "{bad}");
        }
    }

    #[test]
    fn https_wants_authorities() {
        let refused = plain("https://host").unwrap_err();
        assert!(matches!(refused, BenchError::Authorities { .. }));
    }
}
