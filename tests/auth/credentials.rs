//! Credentials: wrong, unknown, disabled, replaced; what a refusal may tell.

use crate::support::{
    ACCESS_KEY_ID, DISABLED_ID, NOW, OUTAGE_ID, REGION, SECRET, Signer, Store, credential, empty,
    get, put, refusal, verifier_at,
};
use aws_sigv4::http_request::SignableBody;
use riznica::auth::{AuthError, CredentialStatus, Verifier};
use riznica::base::clock::ManualClock;
use riznica::base::kind::ErrorKind;
use std::sync::Arc;

#[tokio::test]
async fn rule_09_signature_that_is_not_64_lower_case_digits_does_not_match() {
    let good = get().signature();
    let long = format!("{good}00");
    for bad in [
        "",
        "00",
        "garbage",
        good.get(..63).unwrap(),
        &long,
        &good.to_uppercase(),
        &"z".repeat(64),
    ] {
        let mut request = get();
        request.edit_authorization(&good, bad);
        let error = refusal(&request).await;
        assert!(
            matches!(error, AuthError::SignatureDoesNotMatch { .. }),
            "{bad}: {error:?}"
        );
    }
}

#[tokio::test]
async fn rule_11_evidence_and_debug_hold_no_secret_and_no_signature() {
    let headers = [
        (
            "x-amz-server-side-encryption-customer-key",
            "Q1VTVE9NRVItS0VZ",
        ),
        (
            "x-amz-server-side-encryption-customer-key-md5",
            "S0VZLU1ENQ==",
        ),
        ("x-amz-meta-a", "visible"),
    ];
    let mut request = put(&headers);
    let right = request.signature();
    request.path = "/bucket/other".to_owned();
    let error = refusal(&request).await;
    let AuthError::SignatureDoesNotMatch { evidence } = &error else {
        panic!("{error:?}")
    };
    assert!(
        evidence
            .canonical_request
            .starts_with("PUT\n/bucket/other\n\n")
    );
    assert!(
        evidence
            .canonical_request
            .contains("\nx-amz-meta-a:visible\n")
    );
    assert!(
        evidence
            .string_to_sign
            .starts_with("AWS4-HMAC-SHA256\n20261123T100000Z\n20261123/")
    );
    let view = format!("{:?}", request.view());
    let everything = format!("{error:?} {error} {view} {:?}", verifier_at(NOW));
    for secret in [SECRET, "Q1VTVE9NRVItS0VZ", "S0VZLU1ENQ==", &right] {
        assert!(!everything.contains(secret), "{everything}");
    }
    // What the right signature of the changed request would be is not there either.
    let changed = Signer::default().header_form(
        "PUT",
        "/bucket/other",
        &headers,
        SignableBody::Bytes(b"data"),
    );
    assert!(!everything.contains(&changed.signature()));
}

#[tokio::test]
async fn row_01_wrong_secret_does_not_match() {
    let signer = Signer {
        secret: "another secret",
        ..Signer::default()
    };
    let request = signer.header_form("GET", "/bucket/a", &[], empty());
    let error = refusal(&request).await;
    assert!(matches!(error, AuthError::SignatureDoesNotMatch { .. }));
    assert_eq!(error.kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn row_02_unknown_and_impossible_access_key_id_is_invalid() {
    for access_key_id in ["AKIDUNKNOWN", "x", "\u{20ac}urope"] {
        let signer = Signer {
            access_key_id,
            ..Signer::default()
        };
        let request = signer.header_form("GET", "/bucket/a", &[], empty());
        assert!(matches!(
            refusal(&request).await,
            AuthError::InvalidAccessKeyId
        ));
    }
    // Also for who has guessed what stands in for the secret.
    let secret = "0000000000000000000000000000000000000000";
    let signer = Signer {
        access_key_id: "AKIDUNKNOWN",
        secret,
        ..Signer::default()
    };
    let request = signer.header_form("GET", "/bucket/a", &[], empty());
    assert!(matches!(
        refusal(&request).await,
        AuthError::InvalidAccessKeyId
    ));
}

#[tokio::test]
async fn disabled_credential_is_told_only_to_who_knows_its_secret() {
    let signer = Signer {
        access_key_id: DISABLED_ID,
        ..Signer::default()
    };
    let request = signer.header_form("GET", "/bucket/a", &[], empty());
    assert!(matches!(refusal(&request).await, AuthError::KeyDisabled));
    let stranger = Signer {
        secret: "guess",
        ..signer
    };
    let request = stranger.header_form("GET", "/bucket/a", &[], empty());
    assert!(matches!(
        refusal(&request).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
}

#[tokio::test]
async fn store_outage_is_unavailable_and_not_a_denial() {
    let signer = Signer {
        access_key_id: OUTAGE_ID,
        ..Signer::default()
    };
    let error = refusal(&signer.header_form("GET", "/bucket/a", &[], empty())).await;
    assert!(matches!(error, AuthError::Unavailable { .. }));
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[tokio::test]
async fn replaced_secret_verifies_at_once_and_the_old_one_no_longer() {
    let request = get();
    let mut replaced = credential(ACCESS_KEY_ID, "new secret", CredentialStatus::Active);
    replaced.revision = 2;
    let store = |credential| {
        Arc::new(Store {
            credentials: vec![credential],
        })
    };
    let old = credential(ACCESS_KEY_ID, SECRET, CredentialStatus::Active);
    let clock = Arc::new(ManualClock::at(NOW * 1000));
    let swap = Arc::new(SwapStore {
        now: std::sync::Mutex::new(store(old)),
    });
    let verifier = Verifier::new(REGION.to_owned(), clock, Arc::clone(&swap) as Arc<_>);
    assert!(verifier.verify(&request.view()).await.is_ok());
    *swap.now.lock().unwrap() = store(replaced);
    assert!(verifier.verify(&request.view()).await.is_err());
    let signer = Signer {
        secret: "new secret",
        ..Signer::default()
    };
    let renewed = signer.header_form("GET", "/bucket/a", &[], empty());
    assert!(verifier.verify(&renewed.view()).await.is_ok());
}

struct SwapStore {
    now: std::sync::Mutex<Arc<Store>>,
}

#[async_trait::async_trait]
impl riznica::auth::CredentialStore for SwapStore {
    async fn find(
        &self,
        id: &riznica::auth::AccessKeyId,
    ) -> Result<Option<riznica::auth::Credential>, riznica::auth::CredentialError> {
        let store = Arc::clone(&self.now.lock().unwrap());
        riznica::auth::CredentialStore::find(store.as_ref(), id).await
    }

    async fn find_session(
        &self,
        id: &riznica::auth::AccessKeyId,
        _token: &str,
    ) -> Result<Option<riznica::auth::Credential>, riznica::auth::CredentialError> {
        self.find(id).await
    }
}
