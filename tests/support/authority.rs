//! A certificate authority for one test and a server certificate for loopback, by openssl.
//!
//! Owns: the files, a server that uses them, the certificate that clients trust.

use crate::server::TestServer;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const SERVER_EXTENSIONS: &str = "subjectAltName=DNS:localhost,IP:127.0.0.1\n\
    basicConstraints=critical,CA:false\n\
    keyUsage=critical,digitalSignature\n\
    extendedKeyUsage=serverAuth\n";
const NEW_KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2";

/// An authority of our own; its files go when it is dropped.
pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let run = |words: &str| openssl(folder.path(), words);
        run(&format!(
            "req -x509 {NEW_KEY} -subj /CN=test-authority \
             -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem"
        ));
        run(&format!(
            "req {NEW_KEY} -subj /CN=localhost -keyout server.key -out server.csr"
        ));
        let extensions = folder.path().join("server.ext");
        std::fs::write(extensions, SERVER_EXTENSIONS).expect("written");
        run(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile server.ext -out server.pem",
        );
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority's own certificate, which clients have to trust.
    pub(crate) fn certificate_pem(&self) -> Vec<u8> {
        std::fs::read(self.path("ca.pem")).expect("the certificate")
    }

    /// A server with the authority's certificate.
    pub(crate) fn server(&self) -> TestServer {
        let text = |name: &str| self.path(name).to_str().expect("text").to_owned();
        TestServer::start_with(&[
            ("RIZNICA_SERVER__TLS_CERTIFICATE_FILE", &text("server.pem")),
            ("RIZNICA_SERVER__TLS_PRIVATE_KEY_FILE", &text("server.key")),
        ])
    }
}

fn openssl(folder: &Path, words: &str) {
    let done = Command::new("openssl")
        .args(words.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    let complaint = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "openssl {words}: {complaint}");
}
