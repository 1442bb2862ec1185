//! AWS's signature version 4 test suite, read from the source of the crate `aws-sigv4`, in header
//! and in query form.
//!
//! Every case verifies, and fails once any byte of its path, its query, its signed headers or its
//! authorization is changed. Cases that cannot apply to S3 are listed by name and must be refused.

use crate::support::{SignedRequest, verifier_of};
use riznica::auth::{AuthError, Verifier};
use riznica::base::digest::{DigestAlgorithm, digest};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// 2015-08-30T12:36:00Z, the time of all cases with a context.
const SUITE_TIME: u64 = 1_440_938_160;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// Other services sign the path encoded twice, S3 signs it encoded once.
    DoubleEncoded,
    /// Other services normalise dot segments and slashes, in S3 they are part of the object key.
    PathNormalised,
    /// The token was added behind the signature; in S3 everything that is sent is signed.
    TokenUnsigned,
}

const NOT_APPLICABLE: [(&str, Reason); 9] = [
    ("double-encode-path", Reason::DoubleEncoded),
    ("double-url-encode", Reason::DoubleEncoded),
    ("get-relative-normalized", Reason::PathNormalised),
    ("get-relative-relative-normalized", Reason::PathNormalised),
    ("get-slash-dot-slash-normalized", Reason::PathNormalised),
    ("get-slash-normalized", Reason::PathNormalised),
    ("get-slash-pointless-dot-normalized", Reason::PathNormalised),
    ("get-slashes-normalized", Reason::PathNormalised),
    ("post-sts-header-after", Reason::TokenUnsigned),
];

/// The platform that tests run on. Packages of others are not downloaded on a machine that only
/// ever built for this one, and `cargo metadata` would look for them.
fn platform() -> String {
    let output = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

fn suite() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1"])
        .args(["--filter-platform", &platform()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "aws-sigv4")
        .unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().join("aws-signing-test-suite/v4")
}

struct Case {
    request: SignedRequest,
    body_sha256: [u8; 32],
}

/// Reads a request file: request line, headers (a folded line continues its value after a space),
/// blank line, body.
fn read_case(file: &Path) -> Option<Case> {
    let text = std::fs::read_to_string(file).ok()?;
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let line = lines.next().unwrap();
    let line = line.strip_suffix(" HTTP/1.1").unwrap_or(line);
    let (method, target) = line.split_once(' ').unwrap();
    let mut request = SignedRequest::unsigned(method, target, &[]);
    request.headers.clear();
    for line in lines.filter(|line| !line.is_empty()) {
        if line.starts_with(' ') {
            let (_, value) = request.headers.last_mut().unwrap();
            value.extend_from_slice(format!(" {}", line.trim()).as_bytes());
        } else {
            let (name, value) = line.split_once(':').unwrap();
            request.add(&name.to_ascii_lowercase(), value);
        }
    }
    let body = body.strip_prefix('\n').unwrap_or(body);
    let hash = digest(DigestAlgorithm::Sha256, body.as_bytes());
    Some(Case {
        request,
        body_sha256: hash.try_into().unwrap(),
    })
}

impl Case {
    async fn verify(&self, verifier: &Verifier) -> Result<(), AuthError> {
        let request = self.request.view();
        verifier
            .verify_with_body_hash(&request, self.body_sha256)
            .await
            .map(|_verified| ())
    }
}

fn cases() -> Vec<(String, Case)> {
    let suite = suite();
    let mut names: Vec<String> = std::fs::read_dir(&suite)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut cases = Vec::new();
    for name in names {
        for form in ["header", "query"] {
            let file = suite.join(&name).join(format!("{form}-signed-request.txt"));
            cases.extend(read_case(&file).map(|case| (format!("{name} {form}"), case)));
        }
    }
    cases
}

fn reason(case: &str) -> Option<Reason> {
    let name = case.split(' ').next().unwrap();
    NOT_APPLICABLE
        .into_iter()
        .find(|(listed, _)| *listed == name)
        .map(|(_, reason)| reason)
}

#[tokio::test]
async fn aws_suite_applicable_cases_verify_in_both_forms() {
    let verifier = verifier_of("us-east-1", "service", SUITE_TIME);
    let mut verified = 0;
    for (name, case) in cases().iter().filter(|(name, _)| reason(name).is_none()) {
        case.verify(&verifier)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error:?}"));
        verified += 1;
    }
    // 31 cases in two forms: fewer would mean that the suite was not read.
    assert!(verified >= 62, "{verified}");
}

#[tokio::test]
async fn aws_suite_inapplicable_cases_are_refused() {
    let verifier = verifier_of("us-east-1", "service", SUITE_TIME);
    let cases = cases();
    for (listed, _) in NOT_APPLICABLE {
        assert!(
            cases.iter().any(|(name, _)| name.starts_with(listed)),
            "{listed} is gone"
        );
    }
    for (name, case) in &cases {
        let Some(reason) = reason(name) else { continue };
        let error = case.verify(&verifier).await.expect_err(name);
        match reason {
            Reason::TokenUnsigned => {
                let is_unsigned = matches!(
                    error,
                    AuthError::HeadersNotSigned { .. } | AuthError::SignatureDoesNotMatch { .. }
                );
                assert!(is_unsigned, "{name}: {error:?}");
            }
            // The two old cases have a credential and a scope of their own, and are refused for
            // that.
            Reason::DoubleEncoded => {}
            Reason::PathNormalised => {
                let is_mismatch = matches!(error, AuthError::SignatureDoesNotMatch { .. });
                assert!(is_mismatch, "{name}: {error:?}");
            }
        }
    }
}

/// Another byte that means something else wherever it stands.
fn changed(text: &str, at: usize) -> String {
    let replace = |(index, c): (usize, char)| match c {
        _ if index != at => c,
        'Q' => 'R',
        _ => 'Q',
    };
    text.chars().enumerate().map(replace).collect()
}

/// The request with each byte of its path, query and headers changed in turn, and with another
/// method.
fn variants(request: &SignedRequest) -> Vec<(&'static str, SignedRequest)> {
    let mut variants = Vec::new();
    let mut vary = |what, edit: &dyn Fn(&mut SignedRequest)| {
        let mut variant = request.clone();
        edit(&mut variant);
        variants.push((what, variant));
    };
    vary("method", &|variant| {
        "DELETE".clone_into(&mut variant.method);
    });
    for at in 0..request.path.chars().count() {
        vary("path", &|variant| variant.path = changed(&request.path, at));
    }
    for at in 0..request.query.chars().count() {
        vary("query", &|variant| {
            variant.query = changed(&request.query, at);
        });
    }
    for (index, (_, value)) in request.headers.iter().enumerate() {
        let value = String::from_utf8(value.clone()).unwrap();
        for at in 0..value.chars().count() {
            vary("header", &|variant| {
                variant.headers[index].1 = changed(&value, at).into_bytes();
            });
        }
    }
    variants
}

#[tokio::test]
async fn row_01_any_changed_byte_of_suite_request_is_refused() {
    let verifier = verifier_of("us-east-1", "service", SUITE_TIME);
    let mut seen = BTreeSet::new();
    for (name, case) in &cases() {
        if reason(name).is_some() {
            continue;
        }
        let body_sha256 = case.body_sha256;
        for (what, request) in variants(&case.request) {
            seen.insert(what);
            let variant = Case {
                request,
                body_sha256,
            };
            let result = variant.verify(&verifier).await;
            assert!(
                result.is_err(),
                "{name}: changed {what}: {:?}",
                variant.request
            );
        }
        // A stated hash wins over the body's; whoever reads the body compares the two.
        let mut names = case.request.headers.iter().map(|(name, _)| name.as_str());
        if !names.any(|name| name == "x-amz-content-sha256") {
            let request = case.request.clone();
            let variant = Case {
                request,
                body_sha256: [0; 32],
            };
            assert!(
                variant.verify(&verifier).await.is_err(),
                "{name}: changed body"
            );
            seen.insert("body");
        }
    }
    let seen: Vec<_> = seen.into_iter().collect();
    assert_eq!(seen, ["body", "header", "method", "path", "query"]);
}
