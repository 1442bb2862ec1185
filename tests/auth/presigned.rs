//! Query authentication: presigned URLs.

use crate::support::{
    HOST, NOW, NOW_TEXT, REGION, SCOPE, SignedRequest, Signer, refusal, verifier_at, verify,
};
use riznica::auth::{AuthError, MalformedReason, Payload};
use riznica::base::encoding::uri_encode;
use riznica::model::time::Timestamp;

const PARAMETERS: [&str; 6] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
];

fn presigned(expires_seconds: u64) -> SignedRequest {
    Signer::default().query_form("GET", "/bucket/a%20b?versionId=1", &[], expires_seconds)
}

fn put(headers: &[(&str, &str)]) -> SignedRequest {
    Signer::default().query_form("PUT", "/bucket/a", headers, 60)
}

fn malformed_for(error: &AuthError) -> Option<MalformedReason> {
    match error {
        AuthError::AuthorizationQueryParametersError {
            reason,
            expected_region,
        } => {
            assert_eq!(expected_region, REGION);
            Some(*reason)
        }
        _ => None,
    }
}

#[tokio::test]
async fn presigned_request_verifies_with_unsigned_payload() {
    assert_eq!(
        verify(&presigned(60)).await.unwrap().payload,
        Payload::Unsigned
    );
}

#[tokio::test]
async fn row_01_presigned_request_for_another_target_does_not_match() {
    let good = presigned(60);
    let mut others = vec![SignedRequest {
        path: "/bucket/a%20c".to_owned(),
        ..good.clone()
    }];
    others.push(SignedRequest {
        method: "DELETE".to_owned(),
        ..good.clone()
    });
    for (from, to) in [
        ("versionId=1", "versionId=2"),
        ("X-Amz-Expires=60", "X-Amz-Expires=61"),
    ] {
        let mut other = good.clone();
        other.edit_query(from, to);
        others.push(other);
    }
    let mut other = good.clone();
    other.query.push_str("&acl");
    others.push(other);
    for other in others {
        let error = refusal(&other).await;
        assert!(
            matches!(error, AuthError::SignatureDoesNotMatch { .. }),
            "{other:?}"
        );
    }
}

#[tokio::test]
async fn row_03_presigned_start_more_than_15_minutes_ahead_is_too_skewed() {
    let request = presigned(3600);
    assert!(verifier_at(NOW - 900).verify(&request.view()).await.is_ok());
    let error = verifier_at(NOW - 901)
        .verify(&request.view())
        .await
        .expect_err("future");
    assert!(matches!(error, AuthError::RequestTimeTooSkewed { .. }));
}

#[tokio::test]
async fn row_05_presigned_after_its_life_is_expired() {
    let request = presigned(604_800);
    assert!(
        verifier_at(NOW + 604_800)
            .verify(&request.view())
            .await
            .is_ok()
    );
    let late = verifier_at(NOW + 604_801).verify(&request.view()).await;
    let Err(AuthError::ExpiredPresigned { expired_at, .. }) = late else {
        panic!("{late:?}")
    };
    assert_eq!(expired_at, Timestamp::from_millis((NOW + 604_800) * 1000));
}

#[tokio::test]
async fn row_06_expiry_out_of_range_is_refused() {
    for bad in [
        "-1",
        "abc",
        "604801",
        "18446744073709551616",
        "",
        "%2B60",
        "6e1",
        "60.0",
        "0x3c",
    ] {
        let mut request = presigned(60);
        request.edit_query("X-Amz-Expires=60", &format!("X-Amz-Expires={bad}"));
        let reason = malformed_for(&refusal(&request).await);
        assert_eq!(reason, Some(MalformedReason::Expires), "{bad}");
    }
    assert!(matches!(
        refusal(&presigned(0)).await,
        AuthError::ExpiredPresigned { .. }
    ));
    assert!(verify(&presigned(1)).await.is_ok());
}

#[tokio::test]
async fn row_07_presigned_with_missing_repeated_or_misspelt_parameter_is_refused() {
    for name in PARAMETERS {
        let good = presigned(60);
        let pair = good
            .query
            .split('&')
            .find(|pair| pair.starts_with(&format!("{name}=")));
        let pair = pair.unwrap().to_owned();
        let mut without = good.clone();
        let rest: Vec<&str> = good
            .query
            .split('&')
            .filter(|other| *other != pair)
            .collect();
        without.query = rest.join("&");
        let reason = malformed_for(&refusal(&without).await);
        assert_eq!(reason, Some(MalformedReason::Missing(name)));

        let mut twice = good.clone();
        twice.query.extend(["&", &pair]);
        let reason = malformed_for(&refusal(&twice).await);
        assert_eq!(reason, Some(MalformedReason::Repeated(name)));

        let mut disguised = good.clone();
        disguised.query.extend(["&", &pair.to_lowercase()]);
        let reason = malformed_for(&refusal(&disguised).await);
        assert_eq!(reason, Some(MalformedReason::Repeated(name)));

        let mut misspelt = good.clone();
        misspelt.edit_query(name, &name.to_lowercase());
        let reason = malformed_for(&refusal(&misspelt).await);
        assert_eq!(reason, Some(MalformedReason::Spelling(name)));
    }
}

#[tokio::test]
async fn row_09_cve_2026_54330_presigned_put_with_unsigned_header_is_refused() {
    for name in [
        "x-amz-copy-source",
        "x-amz-copy-source-range",
        "x-amz-tagging",
        "x-amz-acl",
        "x-amz-grant-read",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-retain-until-date",
        "x-amz-bypass-governance-retention",
        "x-amz-meta-a",
        "x-amz-metadata-directive",
        "x-amz-website-redirect-location",
        "x-amz-storage-class",
        "x-amz-server-side-encryption",
        "x-amz-expected-bucket-owner",
        "x-amz-date",
    ] {
        let mut request = put(&[]);
        request.add(name, "/other/secret");
        match refusal(&request).await {
            AuthError::HeadersNotSigned { names } => assert_eq!(names, [name]),
            error => panic!("{name}: {error:?}"),
        }
        assert!(verify(&put(&[(name, "a")])).await.is_ok(), "{name} signed");
    }
}

#[tokio::test]
async fn presigned_put_with_exempt_unsigned_header_verifies() {
    for name in [
        "x-amz-checksum-algorithm",
        "x-amz-checksum-mode",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-user-agent",
    ] {
        let mut request = put(&[]);
        request.add(name, "a");
        assert!(verify(&request).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn behaviour_10_signed_acl_has_to_be_presented_as_header() {
    let mut request = put(&[("x-amz-acl", "private")]);
    request.remove("x-amz-acl");
    assert!(matches!(
        refusal(&request).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
    request.query.push_str("&x-amz-acl=private");
    assert!(matches!(
        refusal(&request).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
}

#[tokio::test]
async fn row_11_presigned_without_signed_host_is_refused() {
    let mut request = presigned(60);
    request.edit_query("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=");
    match refusal(&request).await {
        AuthError::HeadersNotSigned { names } => assert_eq!(names, ["host"]),
        error => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn row_13_presigned_with_foreign_scope_is_refused() {
    for (from, to, reason) in [
        ("us-east-1", "eu-west-1", MalformedReason::ScopeRegion),
        ("%2Fs3%2F", "%2Fsts%2F", MalformedReason::ScopeService),
        ("aws4_request", "aws4", MalformedReason::ScopeTerminator),
        (
            "%2F20261123%2F",
            "%2F20261122%2F",
            MalformedReason::ScopeDate,
        ),
        ("%2Faws4_request", "", MalformedReason::CredentialSyntax),
        (
            "X-Amz-Date=20261123T",
            "X-Amz-Date=20261123",
            MalformedReason::DateSyntax,
        ),
    ] {
        let mut request = presigned(60);
        request.edit_query(from, to);
        assert_eq!(
            malformed_for(&refusal(&request).await),
            Some(reason),
            "{to}"
        );
    }
}

#[tokio::test]
async fn row_14_presigned_with_other_algorithm_is_refused() {
    let mut request = presigned(60);
    request.edit_query("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256");
    assert_eq!(
        malformed_for(&refusal(&request).await),
        Some(MalformedReason::Algorithm)
    );
}

#[tokio::test]
async fn row_26_presigned_with_another_or_a_second_host_is_refused() {
    let mut request = presigned(60);
    request.set("host", "other.example.test");
    assert!(matches!(
        refusal(&request).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
    request.add("host", "s3.example.test");
    assert!(matches!(
        refusal(&request).await,
        AuthError::DuplicateHeader { name: "host" }
    ));
    request.remove("host");
    assert!(matches!(
        refusal(&request).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
}

/// A presigned PUT that states its payload, signed over the canonical request written out here.
fn with_payload(in_query: Option<&str>, payload: &str) -> SignedRequest {
    let credential = uri_encode(format!("AKIDEXAMPLE/{SCOPE}").as_bytes());
    let stated = in_query.map(|value| format!("&X-Amz-Content-Sha256={value}"));
    let query = format!(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256{}&X-Amz-Credential={credential}&X-Amz-Date={NOW_TEXT}\
         &X-Amz-Expires=60&X-Amz-SignedHeaders=host",
        stated.unwrap_or_default()
    );
    let canonical = format!("PUT\n/bucket/a\n{query}\nhost:{HOST}\n\nhost\n{payload}");

    let signature = Signer::default().signature_of(&canonical, NOW_TEXT, SCOPE);
    SignedRequest::unsigned(
        "PUT",
        &format!("/bucket/a?{query}&X-Amz-Signature={signature}"),
        &[],
    )
}

#[tokio::test]
async fn presigned_payload_hash_is_taken_from_query_or_header_and_is_signed() {
    let hash = "ab".repeat(32);
    let request = with_payload(Some(&hash), &hash);
    assert_eq!(
        verify(&request).await.unwrap().payload,
        Payload::Sha256([0xab; 32])
    );
    let mut contradicting = request.clone();
    contradicting.add("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
    assert!(matches!(
        refusal(&contradicting).await,
        AuthError::InvalidContentSha256
    ));

    let mut in_header = with_payload(None, &hash);
    in_header.add("x-amz-content-sha256", &hash);
    assert_eq!(
        verify(&in_header).await.unwrap().payload,
        Payload::Sha256([0xab; 32])
    );
    in_header.set("x-amz-content-sha256", &"cd".repeat(32));
    assert!(matches!(
        refusal(&in_header).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
    // A URL for a body with this hash is no URL for any body.
    in_header.remove("x-amz-content-sha256");
    assert!(matches!(
        refusal(&in_header).await,
        AuthError::SignatureDoesNotMatch { .. }
    ));
}
