//! How the body is authenticated, and the answer when it cannot be.

use crate::support::{
    EMPTY_SHA256, HOST, NOW, NOW_TEXT, SCOPE, SignedRequest, Signer, authorization, put, refusal,
    verifier_at, verify,
};
use aws_sigv4::http_request::SignableBody;
use riznica::auth::{AuthError, Payload, anonymous_payload};

#[tokio::test]
async fn rule_07_unsigned_payload_over_plain_http_is_refused_where_configured() {
    let body = || SignableBody::UnsignedPayload;
    let strict = verifier_at(NOW).require_signed_payload(true);
    let mut request = Signer::default().header_form("PUT", "/bucket/a", &[], body());
    assert_eq!(verify(&request).await.unwrap().payload, Payload::Unsigned);
    assert!(strict.verify(&request.view()).await.is_ok());
    request.secure = false;
    assert!(verify(&request).await.is_ok());
    let error = strict
        .verify(&request.view())
        .await
        .expect_err("plain http");
    assert!(matches!(error, AuthError::UnsignedPayloadRefused));
    let mut read = Signer::default().header_form("GET", "/bucket/a", &[], body());
    read.secure = false;
    assert!(strict.verify(&read.view()).await.is_ok());
    let mut signed = put(&[]);
    signed.secure = false;
    assert!(strict.verify(&signed.view()).await.is_ok());
}

#[tokio::test]
async fn rule_07_absent_hash_verifies_with_the_hash_of_the_body() {
    let canonical = |payload: &str| {
        format!("POST\n/\n\nhost:{HOST}\nx-amz-date:{NOW_TEXT}\n\nhost;x-amz-date\n{payload}")
    };
    let signed = |payload: &str| {
        let mut request = SignedRequest::unsigned("POST", "/", &[("x-amz-date", NOW_TEXT)]);
        let signature = Signer::default().signature_of(&canonical(payload), NOW_TEXT, SCOPE);
        request.add(
            "authorization",
            &authorization("host;x-amz-date", &signature),
        );
        request
    };
    let bodiless = signed(EMPTY_SHA256);
    assert_eq!(
        verify(&bodiless).await.unwrap().payload,
        Payload::HashAbsent
    );
    let hash = [0xab; 32];
    let mut with_body = signed(&hex::encode(hash));
    with_body.add("content-length", "13");
    assert!(matches!(
        refusal(&with_body).await,
        AuthError::BodyHashRequired
    ));
    let verifier = verifier_at(NOW);
    let verified = verifier
        .verify_with_body_hash(&with_body.view(), hash)
        .await
        .unwrap();
    assert_eq!(verified.payload, Payload::Sha256(hash));
    let other = verifier
        .verify_with_body_hash(&with_body.view(), [0; 32])
        .await;
    assert!(matches!(
        other,
        Err(AuthError::SignatureDoesNotMatch { .. })
    ));
    let mut chunked = signed(EMPTY_SHA256);
    chunked.add("transfer-encoding", "chunked");
    assert!(matches!(
        refusal(&chunked).await,
        AuthError::BodyHashRequired
    ));
}

#[tokio::test]
async fn row_15_cve_2025_31489_unsigned_trailer_with_garbage_signature_does_not_match() {
    let body = SignableBody::StreamingUnsignedPayloadTrailer;
    let mut request = Signer::default().header_form("PUT", "/bucket/a", &[], body);
    let verified = verify(&request).await.unwrap();
    assert_eq!(verified.payload, Payload::StreamingUnsignedTrailer);
    let good = request.signature();
    request.edit_authorization(&good, "garbage");
    let error = refusal(&request).await;
    assert!(matches!(error, AuthError::SignatureDoesNotMatch { .. }));
}

#[test]
fn anonymous_payload_is_never_signed_streaming() {
    let payload = |value: &str| {
        let headers = [("x-amz-content-sha256", value)];
        anonymous_payload(&SignedRequest::unsigned("PUT", "/b/a", &headers).view())
    };
    let unsigned = payload("STREAMING-UNSIGNED-PAYLOAD-TRAILER").unwrap();
    assert_eq!(unsigned, Payload::StreamingUnsignedTrailer);
    for signed in [
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x",
    ] {
        assert!(
            matches!(payload(signed), Err(AuthError::InvalidContentSha256)),
            "{signed}"
        );
    }
    let request = SignedRequest::unsigned("PUT", "/b/a", &[]);
    assert_eq!(
        anonymous_payload(&request.view()).unwrap(),
        Payload::Unsigned
    );
}

#[tokio::test]
async fn row_23_content_sha256_that_is_not_a_hash_is_invalid() {
    for bad in [
        "",
        "x",
        EMPTY_SHA256.get(1..).unwrap(),
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
    ] {
        let body = SignableBody::Precomputed(bad.to_owned());
        let request = Signer::default().header_form("PUT", "/bucket/a", &[], body);
        assert!(
            matches!(refusal(&request).await, AuthError::InvalidContentSha256),
            "{bad}"
        );
    }
}
