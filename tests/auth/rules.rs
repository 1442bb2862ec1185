//! Rules 2, 3 and 8 of attacks.md as rules: each in both forms, over all of what it names. Their
//! rows are in `header_form` and `presigned`.

use crate::support::{
    NOW, REGION, SignedRequest, Signer, empty, get, put, refusal, verifier_at, verifier_of, verify,
};
use riznica::auth::{AuthError, MalformedReason};

fn reason(error: &AuthError) -> Option<MalformedReason> {
    match error {
        AuthError::AuthorizationHeaderMalformed { reason, .. }
        | AuthError::AuthorizationQueryParametersError { reason, .. } => Some(*reason),
        _ => None,
    }
}

/// The same request in both forms. A presigned URL signs no payload at S3 alone.
fn both_forms(signer: &Signer) -> Vec<SignedRequest> {
    let mut forms = vec![signer.header_form("GET", "/bucket/a", &[], empty())];
    if signer.service == "s3" {
        forms.push(signer.query_form("GET", "/bucket/a", &[], 60));
    }
    forms
}

/// A scope is good for one date, one region and one service. Which service a request is for is its
/// route's matter: the signature's name of it opens no other one.
#[tokio::test]
async fn rule_02_scope_is_good_for_its_own_service_and_region_only() {
    let services = ["s3", "sts", "iam"];
    for (service, own) in services
        .iter()
        .flat_map(|one| services.map(|other| (*one, other)))
    {
        let signer = Signer {
            service,
            ..Signer::default()
        };
        for request in both_forms(&signer) {
            let verified = verifier_of(REGION, own, NOW).verify(&request.view()).await;
            let refused = verified.err();
            assert_eq!(
                refused.is_none(),
                service == own,
                "{service} at {own}: {refused:?}"
            );
            let reason = refused.as_ref().and_then(reason);
            assert!(reason.is_none_or(|reason| reason == MalformedReason::ScopeService));
            assert_eq!(reason.is_none(), service == own, "{refused:?}");
        }
    }
    for request in both_forms(&Signer::default()) {
        let elsewhere = verifier_of("eu-west-1", "s3", NOW);
        let error = elsewhere.verify(&request.view()).await.expect_err("region");
        assert_eq!(reason(&error), Some(MalformedReason::ScopeRegion));
        // The scope's date is the request's, not today's.
        let mut other = request.clone();
        for (name, value) in &mut other.headers {
            if name == "authorization" {
                let text = String::from_utf8(value.clone()).unwrap();
                *value = text.replace("/20261123/", "/20261124/").into_bytes();
            }
        }
        other.query = other.query.replace("%2F20261123%2F", "%2F20261124%2F");
        let error = refusal(&other).await;
        assert_eq!(reason(&error), Some(MalformedReason::ScopeDate));
    }
}

/// Every header whose name begins with `x-amz-` has to be signed, whether anybody knows it or not;
/// and whatever is listed as signed has to be there as a header.
#[tokio::test]
async fn rule_03_every_x_amz_header_is_signed_and_every_signed_header_is_there() {
    for name in [
        "x-amz-",
        "x-amz-acl",
        "x-amz-meta-",
        "x-amz-nobody-knows-it",
        "x-amz-request-payer",
        "x-amz-object-lock-mode",
        "x-amz-copy-source",
        "x-amz-tagging",
    ] {
        let presigned = Signer::default().query_form("PUT", "/bucket/a", &[], 60);
        for mut request in [put(&[]), presigned] {
            request.add(name, "value");
            match refusal(&request).await {
                AuthError::HeadersNotSigned { names } => assert_eq!(names, [name]),
                error => panic!("{name}: {error:?}"),
            }
        }
        let signed = [(name, "value")];
        let presigned = Signer::default().query_form("PUT", "/bucket/a", &signed, 60);
        for mut request in [put(&signed), presigned] {
            assert!(verify(&request).await.is_ok(), "{name}");
            // The header is gone and a parameter of its name is there in its stead.
            request.remove(name);
            assert!(verify(&request).await.is_err(), "{name} is missing");
            let joint = if request.query.is_empty() { "" } else { "&" };
            request.query = format!("{}{joint}{name}=value", request.query);
            assert!(verify(&request).await.is_err(), "{name} is a parameter");
        }
    }
}

/// Fifteen minutes either way for header authentication and for the start of a presigned URL, and
/// then as long as the URL says, from one second to seven days.
#[tokio::test]
async fn rule_08_dates_hold_for_fifteen_minutes_and_urls_for_their_life() {
    let holds = async |request: &SignedRequest, at: u64| match verifier_at(at)
        .verify(&request.view())
        .await
    {
        Ok(_) => true,
        Err(AuthError::RequestTimeTooSkewed { .. } | AuthError::ExpiredPresigned { .. }) => false,
        Err(error) => panic!("{error:?}"),
    };
    for (at, is_good) in [
        (NOW - 901, false),
        (NOW - 900, true),
        (NOW, true),
        (NOW + 900, true),
        (NOW + 901, false),
    ] {
        for request in [get(), put(&[])] {
            assert_eq!(holds(&request, at).await, is_good, "{at}");
        }
    }
    for life in [1, 2, 900, 901, 604_799, 604_800] {
        let request = Signer::default().query_form("GET", "/bucket/a", &[], life);
        for (at, is_good) in [
            (NOW - 901, false),
            (NOW - 900, true),
            (NOW + life, true),
            (NOW + life + 1, false),
        ] {
            assert_eq!(holds(&request, at).await, is_good, "{life} {at}");
        }
    }
    let mut request = Signer::default().query_form("GET", "/bucket/a", &[], 60);
    request.edit_query("X-Amz-Expires=60", "X-Amz-Expires=604801");
    let error = refusal(&request).await;
    assert_eq!(reason(&error), Some(MalformedReason::Expires));
}
