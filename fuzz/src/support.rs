//! What the targets share: deterministic entropy, keys and places, a request as text and its
//! signer.
//!
//! Owns: nothing that ships. The signer here is a second implementation (ring's HMAC by hand), so
//! that what the server says it would sign is checked against something else than the server.

use async_trait::async_trait;
use futures::FutureExt as _;
use ring::hmac::{self, HMAC_SHA256};
use riznica::auth::{
    AccessKeyId, Actor, AuthError, Credential, CredentialError, CredentialStatus, CredentialStore,
    RequestView, Verified, Verifier,
};
use riznica::base::clock::ManualClock;
use riznica::base::entropy::{Entropy, EntropyError};
use riznica::base::secret::SecretBytes;
use riznica::catalog::objects::ObjectIdentity;
use riznica::crypto::ScopeKey;
use riznica::model::id::{BucketId, TenantId, UploadId, VersionId};
use riznica::model::object_key::ObjectKey;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub const TENANT: TenantId = TenantId::from_bytes(*b"tenant-of-target");
pub const BUCKET: BucketId = BucketId::from_bytes(*b"bucket-of-target");
pub const UPLOAD: UploadId = UploadId::from_bytes(*b"upload-of-target");
pub const VERSION: VersionId = VersionId::from_bytes(*b"version-of-targe");
pub const REGION: &str = "us-east-1";
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2026-11-23T10:00:00Z.
const NOW_SECONDS: u64 = 1_795_428_000;

/// The outcome of a future that has nothing to wait for: the memory engine's and the verifier's.
pub fn now<F: Future>(future: F) -> F::Output {
    future.now_or_never().expect("it has nothing to wait for")
}

/// The same bytes in every run, never the same twice in one.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Entropy for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            chunk
                .iter_mut()
                .zip(number)
                .for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

pub fn scope_key() -> ScopeKey {
    ScopeKey::from_slice(3, &[0x5c; 32]).expect("32 bytes")
}

pub fn object_key() -> ObjectKey {
    ObjectKey::parse("folder/file.txt").expect("a valid key")
}

pub fn identity(object_key: &ObjectKey) -> ObjectIdentity<'_> {
    ObjectIdentity {
        tenant: TENANT,
        bucket: BUCKET,
        object_key,
    }
}

/// Cuts the first byte off; zero and nothing for no bytes.
pub fn split_byte(data: &[u8]) -> (u8, &[u8]) {
    data.split_first()
        .map_or((0, data), |(first, rest)| (*first, rest))
}

/// Cuts a piece off whose length stands first, as `u16` little endian.
pub fn split_piece(data: &[u8]) -> (&[u8], &[u8]) {
    let Some((len, rest)) = data.split_first_chunk::<2>() else {
        return (data, &[]);
    };
    let len = usize::from(u16::from_le_bytes(*len)).min(rest.len());
    rest.split_at(len)
}

/// A request line and headers, as text.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Request {
    /// `METHOD target`, then lines of `name: value`.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let mut lines = data.split(|byte| *byte == b'\n');
        let first = std::str::from_utf8(lines.next()?).ok()?;
        let (method, target) = first.split_once(' ')?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = Vec::new();
        for line in lines.take(64) {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at(colon);
            let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
            headers.push((name, value.split_first()?.1.trim_ascii().to_vec()));
        }
        Some(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
        })
    }

    pub fn view(&self) -> RequestView<'_> {
        let headers = self.headers.iter();
        RequestView {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: headers
                .map(|(name, value)| (name.as_str(), value.as_slice()))
                .collect(),
            secure: true,
        }
    }

    /// Whether every header that the canonical request lists in its last line but one is here.
    fn has_all_headers(&self, canonical_request: &str) -> bool {
        let names = canonical_request.lines().rev().nth(1).unwrap_or_default();
        names
            .split(';')
            .all(|name| self.headers.iter().any(|(present, _)| present == name))
    }

    pub fn verify(&self) -> Result<Verified, AuthError> {
        let clock = Arc::new(ManualClock::at(NOW_SECONDS * 1000));
        let verifier = Verifier::new(REGION.to_owned(), clock, Arc::new(Store));
        now(verifier.verify(&self.view()))
    }
}

struct Store;

#[async_trait]
impl CredentialStore for Store {
    async fn find(&self, id: &AccessKeyId) -> Result<Option<Credential>, CredentialError> {
        Ok((id.as_str() == ACCESS_KEY_ID).then(|| Credential {
            access_key_id: id.clone(),
            secret_access_key: Arc::new(SecretBytes::new(SECRET.as_bytes().to_vec())),
            tenant: TENANT,
            actor: Actor::Root,
            session: None,
            expires: None,
            canonical_id: "c0ffee".into(),
            display_name: "example".into(),
            status: CredentialStatus::Active,
            revision: 1,
        }))
    }

    /// Every token is good for the credential, so that requests with one are verified further.
    async fn find_session(
        &self,
        id: &AccessKeyId,
        _token: &str,
    ) -> Result<Option<Credential>, CredentialError> {
        self.find(id).await
    }
}

/// The signature of a string to sign, by its own scope line.
pub fn sign(string_to_sign: &str) -> String {
    let scope = string_to_sign
        .lines()
        .nth(2)
        .expect("the scope is the third line");
    let mut signing_key = format!("AWS4{SECRET}").into_bytes();
    for step in scope.split('/') {
        signing_key = hmac_sha256(&signing_key, step.as_bytes());
    }
    hex::encode(hmac_sha256(&signing_key, string_to_sign.as_bytes()))
}

fn hmac_sha256(secret: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(HMAC_SHA256, secret), text)
        .as_ref()
        .to_vec()
}

/// What holds for every request with a signature somewhere in it. `with_signature` puts another one
/// in the place of the first.
///
/// - Whoever knows the secret and signs what the server says it read is let in, as that tenant.
/// - With the last digit of that signature changed the same request is refused.
/// - Without one of the signed headers nothing is let in (attacks.md 12).
pub fn assert_signature_decides(
    request: &Request,
    with_signature: impl Fn(&Request, &str) -> Request,
) {
    let evidence = match request.verify() {
        Err(AuthError::SignatureDoesNotMatch { evidence }) => evidence,
        Err(error) => {
            assert!(
                error.to_string().len() < 1024 + 4 * REGION.len(),
                "bounded text"
            );
            return;
        }
        Ok(verified) => {
            let identity = verified.identity.expect("who signed it");
            assert_eq!(identity.tenant(), TENANT);
            return;
        }
    };
    let signature = sign(&evidence.string_to_sign);
    let signed = with_signature(request, &signature);
    if !request.has_all_headers(&evidence.canonical_request) {
        assert!(
            signed.verify().is_err(),
            "a header that is not there was signed"
        );
        return;
    }
    let verified = signed.verify().expect("what was signed is what was read");
    let identity = verified.identity.expect("who signed it");
    assert_eq!(identity.tenant(), TENANT);
    assert_eq!(identity.access_key_id().as_str(), ACCESS_KEY_ID);
    let (start, last) = signature.split_at(signature.len() - 1);
    let forged = format!("{start}{}", if last == "0" { "1" } else { "0" });
    let outcome = with_signature(request, &forged).verify();
    assert!(
        matches!(outcome, Err(AuthError::SignatureDoesNotMatch { .. })),
        "a forged signature passed"
    );
}
