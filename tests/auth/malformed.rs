//! Arbitrary bytes where authentication data belongs: nothing panics, nothing verifies.

use crate::support::{NOW, NOW_TEXT, SCOPE, SignedRequest, Signer, empty, verifier_at};
use proptest::prelude::*;
use riznica::auth::{AccessKeyId, RequestView, anonymous_payload, parse_query};

fn verifies(request: &RequestView<'_>) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(verifier_at(NOW).verify(request)).is_ok()
}

/// Fragments of real authentication data between arbitrary bytes: pure noise would not pass the
/// first comparison.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..12),
        prop::sample::select(vec![
            "AWS4-HMAC-SHA256 ",
            "AWS ",
            "Credential=AKIDEXAMPLE/20261123/us-east-1/s3/aws4_request",
            "SignedHeaders=host;x-amz-date",
            "Signature=",
            "0000000000000000000000000000000000000000000000000000000000000000",
            ", ",
            ",",
            "=",
            "/",
            ";",
            "%",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec(fragment, 0..12).prop_map(|fragments| fragments.concat())
}

fn query() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        "[ -~]{0,8}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Fus-east-1%2Fs3%2Faws4_request",
            "X-Amz-Date=20261123T100000Z",
            "X-Amz-Expires=60",
            "X-Amz-SignedHeaders=host",
            "X-Amz-Signature=00",
            "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD",
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(fragment, 0..10).prop_map(|fragments| fragments.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_authorization_never_verifies(
        authorization in fragments(),
        names in proptest::collection::vec("[a-z0-9-]{1,12}", 0..4),
        value in proptest::collection::vec(any::<u8>(), 0..20),
        path in "/\\PC{0,12}",
    ) {
        let mut request = SignedRequest::unsigned("PUT", "/", &[("x-amz-date", NOW_TEXT)]);
        request.path = path;
        request.headers.push(("authorization".to_owned(), authorization));
        for name in names {
            request.headers.push((name, value.clone()));
        }
        prop_assert!(!verifies(&request.view()));
        drop(anonymous_payload(&request.view()));
    }

    #[test]
    fn arbitrary_query_never_verifies(query in query(), path in "\\PC{0,12}") {
        let request = SignedRequest { path, query, ..SignedRequest::unsigned("GET", "/", &[]) };
        prop_assert!(!verifies(&request.view()));
        drop(parse_query(&request.query));
    }

    #[test]
    fn arbitrary_header_values_never_verify_in_place_of_signed_ones(
        index in any::<prop::sample::Index>(),
        value in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let headers = [("x-amz-meta-a", "1"), ("content-type", "text/plain")];
        let mut request = Signer::default().header_form("GET", "/b/a", &headers, empty());
        let at = index.index(request.headers.len());
        prop_assume!(request.headers[at].1 != value.trim_ascii());
        request.headers[at].1 = value;
        prop_assert!(!verifies(&request.view()));
    }

    #[test]
    fn access_key_id_that_parses_keeps_its_text_and_holds_no_slash(text in "\\PC{0,140}") {
        if let Ok(id) = AccessKeyId::parse(&text) {
            prop_assert_eq!(id.as_str(), &text);
            prop_assert!(text.is_ascii() && !text.contains('/') && (3..=128).contains(&text.len()));
        }
    }
}

#[test]
fn well_formed_claims_with_a_wrong_signature_reach_verification_and_fail() {
    // Guards the strategies above: with these fragments in order the request is refused by its
    // signature alone.
    let mut request = SignedRequest::unsigned("GET", "/", &[("x-amz-date", NOW_TEXT)]);
    let zeros = "0".repeat(64);
    request.add(
        "authorization",
        &format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{SCOPE},SignedHeaders=host;x-amz-date,\
             Signature={zeros}"
        ),
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let error = runtime
        .block_on(verifier_at(NOW).verify(&request.view()))
        .expect_err("zeros");
    assert!(matches!(
        error,
        riznica::auth::AuthError::SignatureDoesNotMatch { .. }
    ));
}
