//! Header authentication: the rules and rows of attacks.md, in the order of their numbers.

use crate::support::{
    ACCESS_KEY_ID, BAD_TOKEN, EMPTY_SHA256, HOST, NOW, NOW_TEXT, REGION, SCOPE, SignedRequest,
    Signer, TENANT, authorization, empty, get, put, refusal, verifier_at, verify,
};
use riznica::auth::{AuthError, MalformedReason, Payload, parse_query};
use riznica::base::kind::ErrorKind;

fn malformed_for(error: &AuthError) -> Option<MalformedReason> {
    match error {
        AuthError::AuthorizationHeaderMalformed { reason, .. } => Some(*reason),
        _ => None,
    }
}

#[tokio::test]
async fn signed_request_yields_identity_of_credential() {
    let verified = verify(&get()).await.unwrap();
    let identity = verified.identity.expect("who signed it");
    assert_eq!(identity.tenant(), TENANT);
    assert_eq!(identity.access_key_id().as_str(), ACCESS_KEY_ID);
    assert_eq!(identity.canonical_id(), "c0ffee");
    assert_eq!(identity.display_name(), "example");
    let hash: [u8; 32] = hex::decode(EMPTY_SHA256).unwrap().try_into().unwrap();
    assert_eq!(verified.payload, Payload::Sha256(hash));
    assert!(verified.chunks.is_none());
}

#[tokio::test]
async fn request_without_authentication_data_is_anonymous() {
    let request = SignedRequest::unsigned("GET", "/bucket/a?list-type=2", &[]);
    assert!(matches!(refusal(&request).await, AuthError::Anonymous));
}

#[tokio::test]
async fn rule_01_unknown_missing_and_repeated_components_are_malformed() {
    for (from, to, reason) in [
        ("SignedHeaders", "Signed", MalformedReason::Syntax),
        ("Signature=", "Signature", MalformedReason::Syntax),
        (
            "Credential=",
            "Signature=0, Credential=",
            MalformedReason::Repeated("Signature"),
        ),
        (
            "AKIDEXAMPLE/",
            "AKID/EXAMPLE/",
            MalformedReason::CredentialSyntax,
        ),
        ("/aws4_request", "", MalformedReason::CredentialSyntax),
        ("host;", "host;host;", MalformedReason::SignedHeaders),
        ("host;", "Host;", MalformedReason::SignedHeaders),
        ("host;", "zebra;host;", MalformedReason::SignedHeaders),
        ("host;", "host;;", MalformedReason::SignedHeaders),
    ] {
        let mut request = get();
        request.edit_authorization(from, to);
        let error = refusal(&request).await;
        assert_eq!(malformed_for(&error), Some(reason), "{to}");
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
    let mut request = get();
    let shortened = request.header("authorization");
    let (head, _) = shortened.rsplit_once(',').unwrap();
    request.set("authorization", head);
    let reason = malformed_for(&refusal(&request).await);
    assert_eq!(reason, Some(MalformedReason::Missing("Signature")));
}

#[tokio::test]
async fn rule_04_object_keys_with_dots_slashes_and_escapes_are_signed_as_received() {
    for path in [
        "/b/../c",
        "/b//a",
        "/b/./",
        "/b/%2e%2e/x",
        "/b/a%20b%2Bc",
        "/b/%C5%88",
        "/b/~_-.",
    ] {
        let request = Signer::default().header_form("GET", path, &[], empty());
        // AWS's signer takes the path as it is; only unreserved characters sent as escapes differ.
        let result = verify(&request).await;
        if path.contains("%2e") {
            assert!(
                matches!(result, Err(AuthError::SignatureDoesNotMatch { .. })),
                "{path}"
            );
        } else {
            assert!(result.is_ok(), "{path}: {result:?}");
        }
    }
}

#[tokio::test]
async fn rule_04_invalid_escape_in_path_or_query_is_invalid_uri() {
    for bad in [
        "/b/%",
        "/b/%4",
        "/b/%zz",
        "b",
        "*",
        "http://s3.example.test/b",
    ] {
        let request = SignedRequest {
            path: bad.to_owned(),
            ..get()
        };
        assert!(
            matches!(refusal(&request).await, AuthError::InvalidUri),
            "{bad}"
        );
    }
    for bad in ["prefix=%", "%g0=1"] {
        let request = SignedRequest {
            query: bad.to_owned(),
            ..get()
        };
        assert!(
            matches!(refusal(&request).await, AuthError::InvalidUri),
            "{bad}"
        );
    }
}

#[test]
fn rule_05_query_parser_reads_what_is_signed() {
    let pairs = parse_query("a=1&&b&c=x%2By+z&a=%3D").unwrap();
    let read: Vec<(&[u8], &[u8])> = pairs.iter().map(|p| (&p.name[..], &p.value[..])).collect();
    let expected: [(&[u8], &[u8]); 4] = [(b"a", b"1"), (b"b", b""), (b"c", b"x+y z"), (b"a", b"=")];
    assert_eq!(read, expected);
}

#[tokio::test]
async fn rule_05_plus_in_query_verifies_as_the_space_that_the_parser_reads() {
    let target = "/bucket?prefix=a+b&empty&list-type=2";
    let request = Signer::default().header_form("GET", target, &[], empty());
    assert!(verify(&request).await.is_ok());
    // The same request, escaped by someone on the way.
    let query = "prefix=a%20b&empty=&list-type=2".to_owned();
    assert!(
        verify(&SignedRequest {
            query,
            ..request.clone()
        })
        .await
        .is_ok()
    );
    let query = "prefix=a%2Bb&empty=&list-type=2".to_owned();
    assert!(verify(&SignedRequest { query, ..request }).await.is_err());
}

#[tokio::test]
async fn row_03_date_off_by_more_than_15_minutes_is_too_skewed() {
    let request = get();
    for (at, is_accepted) in [
        (NOW - 900, true),
        (NOW + 900, true),
        (NOW - 901, false),
        (NOW + 901, false),
    ] {
        match verifier_at(at).verify(&request.view()).await {
            Ok(_) => assert!(is_accepted, "{at}"),
            Err(AuthError::RequestTimeTooSkewed {
                request_time,
                server_time,
            }) => {
                assert!(!is_accepted, "{at}");
                assert_eq!((request_time.seconds(), server_time.seconds()), (NOW, at));
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn row_04_no_date_or_unreadable_date_is_missing_date() {
    let mut request = get();
    request.remove("x-amz-date");
    assert!(matches!(refusal(&request).await, AuthError::MissingDate));
    for bad in [
        "",
        "now",
        "20261123T100000",
        "20261323T100000Z",
        "+0261123T10000Z",
    ] {
        let mut request = get();
        request.set("x-amz-date", bad);
        assert!(
            matches!(refusal(&request).await, AuthError::MissingDate),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn behaviour_01_signed_date_header_verifies_in_every_form() {
    for date in [
        "Mon, 23 Nov 2026 10:00:00 -0000",
        "Mon, 23 Nov 2026 10:00:00 GMT",
        "Mon, 23 Nov 2026 11:00:00 +0100",
        NOW_TEXT,
    ] {
        let signed = |signed_headers: &str, lines: &str| {
            let canonical = format!("GET\n/bucket\n\n{lines}\n\n{signed_headers}\n{EMPTY_SHA256}");
            let mut request = SignedRequest::unsigned("GET", "/bucket", &[("date", date)]);
            let signature = Signer::default().signature_of(&canonical, NOW_TEXT, SCOPE);
            request.add("authorization", &authorization(signed_headers, &signature));
            request
        };
        let request = signed("date;host", &format!("date:{date}\nhost:{HOST}"));
        assert!(
            verify(&request).await.is_ok(),
            "{date}: {:?}",
            verify(&request).await
        );
        let unsigned = signed("host", &format!("host:{HOST}"));
        let error = refusal(&unsigned).await;
        assert!(
            matches!(error, AuthError::HeadersNotSigned { .. }),
            "{date}: {error:?}"
        );
    }
}

#[tokio::test]
async fn row_08_header_and_query_authentication_together_are_refused() {
    for parameter in [
        "X-Amz-Signature=0",
        "X-Amz-Credential=a",
        "x-amz-algorithm=AWS4-HMAC-SHA256",
        "X%2DAmz-Date=20261123T100000Z",
        "AWSAccessKeyId=a&Signature=b",
    ] {
        let target = format!("/bucket/a?{parameter}");
        let request = Signer::default().header_form("GET", &target, &[], empty());
        assert!(
            matches!(refusal(&request).await, AuthError::BothAuthKinds),
            "{parameter}"
        );
    }
}

#[tokio::test]
async fn row_10_unsigned_x_amz_header_is_headers_not_signed() {
    for name in [
        "x-amz-tagging",
        "x-amz-acl",
        "x-amz-grant-full-control",
        "x-amz-object-lock-mode",
        "x-amz-object-lock-legal-hold",
        "x-amz-bypass-governance-retention",
        "x-amz-meta-a",
        "x-amz-website-redirect-location",
        "x-amz-copy-source",
        "x-amz-server-side-encryption",
        "x-amz-checksum-crc32",
        "x-amz-checksum-mode",
        "x-amz-user-agent",
        "x-amz-trailer",
    ] {
        let mut request = put(&[]);
        request.add(name, "a");
        match refusal(&request).await {
            AuthError::HeadersNotSigned { names } => assert_eq!(names, [name]),
            error => panic!("{name}: {error:?}"),
        }
        assert!(verify(&put(&[(name, "a")])).await.is_ok(), "{name} signed");
    }
    for name in [
        "content-type",
        "content-md5",
        "x-amzn-trace-id",
        "x-amz-decoded-content-length",
    ] {
        let mut request = put(&[]);
        request.add(name, "a");
        assert!(verify(&request).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn row_11_signed_headers_without_host_is_headers_not_signed() {
    for (from, to) in [("host;", ""), ("host;x-amz-content-sha256;x-amz-date", "")] {
        let mut request = get();
        request.edit_authorization(from, to);
        match refusal(&request).await {
            AuthError::HeadersNotSigned { names } => assert!(names.contains(&"host".to_owned())),
            error => panic!("{error:?}"),
        }
    }
}

#[tokio::test]
async fn row_12_signed_header_that_is_only_a_query_parameter_does_not_match() {
    // Signed with the right secret over the value that stands in the query: still not a header.
    let signed = "host;x-amz-acl;x-amz-date";
    for (target, canonical_query, value) in [
        ("/bucket?x-amz-acl=private", "x-amz-acl=private", "private"),
        ("/bucket", "", ""),
    ] {
        let canonical = format!(
            "GET\n/bucket\n{canonical_query}\nhost:{HOST}\nx-amz-acl:{value}\n\
             x-amz-date:{NOW_TEXT}\n\n{signed}\n{EMPTY_SHA256}"
        );
        let mut request = SignedRequest::unsigned("GET", target, &[("x-amz-date", NOW_TEXT)]);
        let signature = Signer::default().signature_of(&canonical, NOW_TEXT, SCOPE);
        request.add("authorization", &authorization(signed, &signature));
        let error = refusal(&request).await;
        assert!(
            matches!(error, AuthError::SignatureDoesNotMatch { .. }),
            "{error:?}"
        );
        // The very same with the header there is fine: the test signs what the verifier reads.
        request.add("x-amz-acl", value);
        assert!(verify(&request).await.is_ok());
    }
}

#[tokio::test]
async fn row_13_scope_of_another_region_service_terminator_or_date_is_malformed() {
    for (from, to, expected) in [
        ("us-east-1", "eu-west-1", MalformedReason::ScopeRegion),
        ("us-east-1", "", MalformedReason::ScopeRegion),
        ("/s3/", "/sts/", MalformedReason::ScopeService),
        ("aws4_request", "aws4", MalformedReason::ScopeTerminator),
        ("20261123", "20261122", MalformedReason::ScopeDate),
    ] {
        let mut request = get();
        request.edit_authorization(from, to);
        match refusal(&request).await {
            AuthError::AuthorizationHeaderMalformed {
                reason,
                expected_region,
            } => {
                assert_eq!((reason, expected_region.as_str()), (expected, REGION));
            }
            error => panic!("{to}: {error:?}"),
        }
    }
    // Rightly signed for another service: an STS signature opens no S3 route.
    let signer = Signer {
        service: "sts",
        ..Signer::default()
    };
    let request = signer.header_form("GET", "/bucket", &[], empty());
    let reason = malformed_for(&refusal(&request).await);
    assert_eq!(reason, Some(MalformedReason::ScopeService));
}

#[tokio::test]
async fn row_14_other_algorithms_are_refused() {
    let mut request = get();
    request.set(
        "authorization",
        "AWS AKIDEXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=",
    );
    assert!(matches!(refusal(&request).await, AuthError::SigV2));
    let target = "/b/a?AWSAccessKeyId=AKIDEXAMPLE&Expires=1795428900&Signature=a";
    let request = SignedRequest::unsigned("GET", target, &[]);
    assert!(matches!(refusal(&request).await, AuthError::SigV2));
    for algorithm in [
        "AWS4-ECDSA-P256-SHA256",
        "aws4-hmac-sha256",
        "AWS4-HMAC-SHA1",
        "Bearer",
        "Basic",
        "",
    ] {
        let mut request = get();
        request.edit_authorization("AWS4-HMAC-SHA256", algorithm);
        let error = refusal(&request).await;
        assert!(
            matches!(error, AuthError::UnsupportedAlgorithm),
            "{algorithm}: {error:?}"
        );
    }
}

#[tokio::test]
async fn row_16_cve_2026_41145_credential_only_in_query_is_refused() {
    for target in [
        "/bucket/a?X-Amz-Credential=AKIDEXAMPLE%2F20261123%2Fus-east-1%2Fs3%2Faws4_request",
        "/bucket/a?x-amz-credential=AKIDEXAMPLE%2F20261123%2Fus-east-1%2Fs3%2Faws4_request",
    ] {
        let keyword = ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        let request = SignedRequest::unsigned("PUT", target, &[keyword]);
        let error = refusal(&request).await;
        let is_refused = matches!(error, AuthError::AuthorizationQueryParametersError { .. });
        assert!(is_refused, "{error:?}");
    }
}

#[tokio::test]
async fn row_27_duplicate_header_is_refused_even_when_signed() {
    for name in [
        "authorization",
        "host",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-date",
    ] {
        let mut request = put(&[("x-amz-copy-source", "/b/a")]);
        let value = request.header(name);
        request.add(name, &value);
        match refusal(&request).await {
            AuthError::DuplicateHeader { name: refused } => assert_eq!(refused, name),
            error => panic!("{name}: {error:?}"),
        }
    }
    let twice = [("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")];
    assert!(
        verify(&put(&twice)).await.is_ok(),
        "metadata may be repeated"
    );
}

/// A2: a token is signed like every other header, and stands where the signature is.
#[tokio::test]
async fn session_token_is_signed_and_stands_with_its_signature() {
    let signer = |token| Signer {
        token: Some(token),
        ..Signer::default()
    };
    let with = |token| signer(token).header_form("GET", "/bucket/a", &[], empty());
    let identity = verify(&with("good")).await.unwrap().identity.unwrap();
    assert!(identity.session().is_some());
    assert_eq!(identity.lasting_key_id().as_str(), ACCESS_KEY_ID);
    let bad = refusal(&with(BAD_TOKEN)).await;
    assert!(matches!(bad, AuthError::InvalidToken), "{bad:?}");
    let mut other = with("good");
    other.set("x-amz-security-token", "other");
    let error = refusal(&other).await;
    assert!(matches!(error, AuthError::SignatureDoesNotMatch { .. }));
    let mut unsigned = Signer::default().header_form("GET", "/bucket/a", &[], empty());
    unsigned.add("x-amz-security-token", "good");
    match refusal(&unsigned).await {
        AuthError::HeadersNotSigned { names } => assert_eq!(names, ["x-amz-security-token"]),
        error => panic!("{error:?}"),
    }
    let mut alone = with("good");
    alone.remove("authorization");
    assert!(matches!(refusal(&alone).await, AuthError::InvalidToken));
    let mut binary = with("good");
    let at = binary
        .headers
        .iter()
        .position(|(name, _)| name == "x-amz-security-token");
    binary.headers[at.unwrap()].1 = vec![0xff, 0xfe];
    assert!(matches!(refusal(&binary).await, AuthError::InvalidToken));
    // A token in the other place could be read or not be read.
    let target = "/bucket/a?X-Amz-Security-Token=good";
    let elsewhere = Signer::default().header_form("GET", target, &[], empty());
    let error = refusal(&elsewhere).await;
    assert!(matches!(error, AuthError::BothAuthKinds), "{error:?}");
}

#[tokio::test]
async fn session_token_of_a_presigned_request_is_in_its_query_once() {
    let signer = Signer {
        token: Some("good"),
        ..Signer::default()
    };
    let signed = signer.query_form("GET", "/bucket/a", &[], 300);
    assert!(signed.query.contains("X-Amz-Security-Token=good"));
    let identity = verify(&signed).await.unwrap().identity.unwrap();
    assert!(identity.session().is_some());
    let mut other = signed.clone();
    other.edit_query("Token=good", "Token=other");
    let error = refusal(&other).await;
    assert!(matches!(error, AuthError::SignatureDoesNotMatch { .. }));
    let mut twice = signed.clone();
    twice.query.push_str("&X-Amz-Security-Token=good");
    let mut misspelt = signed.clone();
    misspelt.edit_query("X-Amz-Security-Token", "x-amz-security-token");
    for request in [twice, misspelt] {
        let error = refusal(&request).await;
        let is_malformed = matches!(error, AuthError::AuthorizationQueryParametersError { .. });
        assert!(is_malformed, "{}: {error:?}", request.query);
    }
    // Added to a URL that was signed without one, it is not what was signed.
    let mut added = Signer::default().query_form("GET", "/bucket/a", &[], 300);
    added.query.push_str("&X-Amz-Security-Token=good");
    let error = refusal(&added).await;
    assert!(matches!(error, AuthError::SignatureDoesNotMatch { .. }));
    let header = [("x-amz-security-token", "good")];
    let in_header = Signer::default().query_form("GET", "/bucket/a", &header, 300);
    let error = refusal(&in_header).await;
    assert!(matches!(error, AuthError::BothAuthKinds), "{error:?}");
}
