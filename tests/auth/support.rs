//! Fixture: a store of four credentials, a manual clock, and AWS's signer.
//!
//! Owns: requests that can be changed after they were signed.
//! Not here: expectations.

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use riznica::auth::{
    AccessKeyId, Actor, AuthError, Credential, CredentialError, CredentialStatus, CredentialStore,
    RequestView, Session, Verified, Verifier,
};
use riznica::base::clock::ManualClock;
use riznica::base::secret::SecretBytes;
use riznica::model::id::TenantId;
use riznica::model::time::Timestamp;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub(crate) const REGION: &str = "us-east-1";
pub(crate) const HOST: &str = "s3.example.test";
pub(crate) const ACCESS_KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const DISABLED_ID: &str = "AKIDDISABLED";
/// The store answers that it cannot.
pub(crate) const OUTAGE_ID: &str = "AKIDOUTAGE";
/// Every other token is good for every credential.
pub(crate) const BAD_TOKEN: &str = "of-another-installation";
/// 2026-11-23T10:00:00Z.
pub(crate) const NOW: u64 = 1_795_428_000;
pub(crate) const NOW_TEXT: &str = "20261123T100000Z";
pub(crate) const SCOPE: &str = "20261123/us-east-1/s3/aws4_request";
pub(crate) const TENANT: TenantId = TenantId::from_bytes([7; 16]);

/// Credentials by id; the secret can be replaced.
pub(crate) struct Store {
    pub(crate) credentials: Vec<Credential>,
}

#[async_trait]
impl CredentialStore for Store {
    async fn find(&self, id: &AccessKeyId) -> Result<Option<Credential>, CredentialError> {
        if id.as_str() == OUTAGE_ID {
            return Err(CredentialError::Unavailable {
                source: "store is out".into(),
            });
        }
        Ok(self
            .credentials
            .iter()
            .find(|credential| credential.access_key_id == *id)
            .cloned())
    }

    async fn find_session(
        &self,
        id: &AccessKeyId,
        token: &str,
    ) -> Result<Option<Credential>, CredentialError> {
        if token == BAD_TOKEN {
            return Ok(None);
        }
        let found = self.find(id).await?;
        Ok(found.map(|lasting| Credential {
            session: Some(Arc::new(Session {
                parent: lasting.access_key_id.clone(),
                issued: Timestamp::from_millis(0),
                actor_id: "".into(),
                policy: None,
            })),
            ..lasting
        }))
    }
}

pub(crate) fn credential(id: &str, secret: &str, status: CredentialStatus) -> Credential {
    Credential {
        access_key_id: AccessKeyId::parse(id).unwrap(),
        secret_access_key: Arc::new(SecretBytes::new(secret.as_bytes().to_vec())),
        tenant: TENANT,
        actor: Actor::Root,
        session: None,
        expires: None,
        canonical_id: "c0ffee".into(),
        display_name: "example".into(),
        status,
        revision: 1,
    }
}

fn store() -> Arc<Store> {
    Arc::new(Store {
        credentials: vec![
            credential(ACCESS_KEY_ID, SECRET, CredentialStatus::Active),
            credential(DISABLED_ID, SECRET, CredentialStatus::Disabled),
        ],
    })
}

pub(crate) fn verifier_of(region: &str, service: &str, seconds: u64) -> Verifier {
    let clock = Arc::new(ManualClock::at(seconds * 1000));
    Verifier::with_service(region.to_owned(), service.to_owned(), clock, store())
}

pub(crate) fn verifier_at(seconds: u64) -> Verifier {
    let clock = Arc::new(ManualClock::at(seconds * 1000));
    Verifier::new(REGION.to_owned(), clock, store())
}

/// Verifies at `NOW`.
pub(crate) async fn verify(request: &SignedRequest) -> Result<Verified, AuthError> {
    verifier_at(NOW).verify(&request.view()).await
}

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub(crate) struct SignedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) secure: bool,
}

impl SignedRequest {
    pub(crate) fn unsigned(method: &str, target: &str, headers: &[(&str, &str)]) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: Vec::new(),
            secure: true,
        };
        request.add("host", HOST);
        for (name, value) in headers {
            request.add(name, value);
        }
        request
    }

    pub(crate) fn view(&self) -> RequestView<'_> {
        let headers = self.headers.iter();
        RequestView {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: headers
                .map(|(name, value)| (name.as_str(), value.as_slice()))
                .collect(),
            secure: self.secure,
        }
    }

    pub(crate) fn add(&mut self, name: &str, value: &str) {
        self.headers
            .push((name.to_owned(), value.as_bytes().to_vec()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.headers.retain(|(present, _)| present != name);
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.add(name, value);
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let (_, value) = self
            .headers
            .iter()
            .find(|(present, _)| present == name)
            .unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    /// Replaces text in the `Authorization` header.
    pub(crate) fn edit_authorization(&mut self, from: &str, to: &str) {
        let old = self.header("authorization");
        assert!(old.contains(from), "{old}");
        self.set("authorization", &old.replace(from, to));
    }

    /// Replaces text in the query.
    pub(crate) fn edit_query(&mut self, from: &str, to: &str) {
        assert!(self.query.contains(from), "{}", self.query);
        self.query = self.query.replace(from, to);
    }

    pub(crate) fn signature(&self) -> String {
        let authorization = self.header("authorization");
        authorization.split_once("Signature=").unwrap().1.to_owned()
    }
}

/// Names and values: headers or query parameters.
type Pairs = Vec<(String, String)>;

/// Who signs, when, for where.
#[derive(Clone, Copy)]
pub(crate) struct Signer {
    pub(crate) access_key_id: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    pub(crate) at: u64,
    pub(crate) token: Option<&'static str>,
}

impl Default for Signer {
    fn default() -> Self {
        let (region, service) = (REGION, "s3");
        Self {
            access_key_id: ACCESS_KEY_ID,
            secret: SECRET,
            region,
            service,
            at: NOW,
            token: None,
        }
    }
}

impl Signer {
    pub(crate) fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.at)
    }

    pub(crate) fn credentials(&self) -> Credentials {
        let token = self.token.map(str::to_owned);
        Credentials::new(self.access_key_id, self.secret, token, None, "tests")
    }

    /// Signs into the `Authorization` header.
    pub(crate) fn header_form(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: SignableBody<'_>,
    ) -> SignedRequest {
        let mut request = SignedRequest::unsigned(method, target, headers);
        let (added, _) = self.sign(&request, target, body, None);
        for (name, value) in &added {
            request.add(name, value);
        }
        request
    }

    /// Signs into the query.
    pub(crate) fn query_form(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        expires_seconds: u64,
    ) -> SignedRequest {
        let mut request = SignedRequest::unsigned(method, target, headers);
        let body = SignableBody::UnsignedPayload;
        let (_, parameters) = self.sign(&request, target, body, Some(expires_seconds));
        let pairs: Vec<String> = parameters
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}={}",
                    riznica::base::encoding::uri_encode(value.as_bytes())
                )
            })
            .chain((!request.query.is_empty()).then(|| request.query.clone()))
            .collect();
        request.query = pairs.join("&");
        request
    }

    fn sign(
        &self,
        request: &SignedRequest,
        target: &str,
        body: SignableBody<'_>,
        expires_seconds: Option<u64>,
    ) -> (Pairs, Pairs) {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if let Some(seconds) = expires_seconds {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.expires_in = Some(Duration::from_secs(seconds));
        }
        let identity = self.credentials().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(self.time())
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("https://{HOST}{target}");
        let texts: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), String::from_utf8(value.clone()).unwrap()))
            .collect();
        let headers = texts
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(&request.method, uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let headers = instructions
            .headers()
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        let parameters = instructions.params().iter();
        (
            headers,
            parameters
                .map(|(n, v)| ((*n).to_owned(), v.to_string()))
                .collect(),
        )
    }

    /// Signs a canonical request that the test writes out, for what AWS's signer would not produce.
    pub(crate) fn signature_of(&self, canonical_request: &str, date: &str, scope: &str) -> String {
        use riznica::base::digest::{DigestAlgorithm, digest};
        let hash = hex::encode(digest(
            DigestAlgorithm::Sha256,
            canonical_request.as_bytes(),
        ));
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
        let derived = v4::generate_signing_key(self.secret, self.time(), self.region, self.service);
        v4::calculate_signature(derived, string_to_sign.as_bytes())
    }
}

pub(crate) fn empty() -> SignableBody<'static> {
    SignableBody::Bytes(b"")
}

/// SHA-256 of nothing.
pub(crate) const EMPTY_SHA256: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A header-signed GET with a query.
pub(crate) fn get() -> SignedRequest {
    Signer::default().header_form("GET", "/bucket/a?prefix=b%2Bc&list-type=2", &[], empty())
}

/// A header-signed PUT with four bytes of body.
pub(crate) fn put(headers: &[(&str, &str)]) -> SignedRequest {
    Signer::default().header_form("PUT", "/bucket/a", headers, SignableBody::Bytes(b"data"))
}

/// Why a request is refused at `NOW`.
pub(crate) async fn refusal(request: &SignedRequest) -> AuthError {
    match verify(request).await {
        Ok(_) => panic!("request should be refused"),
        Err(error) => error,
    }
}

/// The header for a signature that a test made itself.
pub(crate) fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS_KEY_ID}/{SCOPE}, SignedHeaders={signed_headers}, \
         Signature={signature}"
    )
}
