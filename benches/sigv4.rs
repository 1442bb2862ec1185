//! How long does it take to verify a header-signed request whose signing key is cached?
//!
//! Owns: that one number, the fixed cost of every request. Last accepted value: 2.54 us
//! on a shared machine with 2 cores.
//! Not here: hashing of bodies (`benches/end_to_end.rs`).
#![expect(clippy::unwrap_used, reason = "a bench that cannot run may end")]

use async_trait::async_trait;
use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use criterion::{Criterion, criterion_group, criterion_main};
use riznica::auth::{
    AccessKeyId, Actor, Credential, CredentialError, CredentialStatus, CredentialStore,
    RequestView, Verifier,
};
use riznica::base::clock::ManualClock;
use riznica::base::digest::{DigestAlgorithm, digest};
use riznica::base::secret::SecretBytes;
use riznica::model::id::TenantId;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2026-11-23T10:00:00Z.
const NOW: u64 = 1_795_428_000;
const SCOPE: &str = "20261123/us-east-1/s3/aws4_request";
const SIGNED: &str = "host;x-amz-content-sha256;x-amz-date";
const CANONICAL: &str = "GET\n/bucket/some/object%20name\nprefix=a%2Fb\nhost:s3.example.test\n\
    x-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:20261123T100000Z\n\n\
    host;x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD";

struct OneCredential(Credential);

#[async_trait]
impl CredentialStore for OneCredential {
    async fn find(&self, id: &AccessKeyId) -> Result<Option<Credential>, CredentialError> {
        Ok((self.0.access_key_id == *id).then(|| self.0.clone()))
    }

    async fn find_session(
        &self,
        _id: &AccessKeyId,
        _token: &str,
    ) -> Result<Option<Credential>, CredentialError> {
        Ok(None)
    }
}

fn authorization() -> String {
    let hash = hex::encode(digest(DigestAlgorithm::Sha256, CANONICAL.as_bytes()));
    let string_to_sign = format!("AWS4-HMAC-SHA256\n20261123T100000Z\n{SCOPE}\n{hash}");
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let derived = generate_signing_key(SECRET, time, "us-east-1", "s3");
    let signature = calculate_signature(derived, string_to_sign.as_bytes());
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{SCOPE}, SignedHeaders={SIGNED}, \
         Signature={signature}"
    )
}

fn verify_warm(c: &mut Criterion) {
    let store = OneCredential(Credential {
        access_key_id: AccessKeyId::parse("AKIDEXAMPLE").unwrap(),
        secret_access_key: Arc::new(SecretBytes::new(SECRET.as_bytes().to_vec())),
        tenant: TenantId::from_bytes([0; 16]),
        actor: Actor::Root,
        session: None,
        expires: None,
        canonical_id: "c0ffee".into(),
        display_name: "example".into(),
        status: CredentialStatus::Active,
        revision: 1,
    });
    let clock = Arc::new(ManualClock::at(NOW * 1000));
    let verifier = Verifier::new("us-east-1".to_owned(), clock, Arc::new(store));
    let authorization = authorization();
    let request = RequestView {
        method: "GET",
        path: "/bucket/some/object%20name",
        query: "prefix=a%2Fb",
        headers: vec![
            ("host", b"s3.example.test".as_slice()),
            ("user-agent", b"bench"),
            ("x-amz-content-sha256", b"UNSIGNED-PAYLOAD"),
            ("x-amz-date", b"20261123T100000Z"),
            ("authorization", authorization.as_bytes()),
        ],
        secure: true,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(verifier.verify(&request)).unwrap();
    c.bench_function("verify_warm", |b| {
        b.iter(|| {
            runtime
                .block_on(verifier.verify(black_box(&request)))
                .unwrap()
        });
    });
}

criterion_group!(benches, verify_warm);
criterion_main!(benches);
