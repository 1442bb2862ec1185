//! The worked examples of the S3 API reference, "Authenticating requests": facts that neither
//! signer here has made.

use crate::support::{SignedRequest, Store, credential};
use bytes::Bytes;
use riznica::auth::{AuthError, CredentialStatus, FormSignature, Verified, Verifier};
use riznica::base::clock::ManualClock;
use riznica::model::time::Timestamp;
use riznica::s3::body::aws_chunked::{ChunkDecoder, ChunkMode};
use riznica::s3::post::error::PolicyDenial;
use riznica::s3::post::fields::Fields;
use riznica::s3::post::policy::{LengthRange, PostPolicy};
use std::sync::Arc;

const ID: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
/// 2013-05-24T00:00:00Z.
const TIME: u64 = 1_369_353_600;
const STREAM_HEADERS: [(&str, &str); 6] = [
    ("host", "s3.amazonaws.com"),
    ("x-amz-date", "20130524T000000Z"),
    ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
    ("content-encoding", "aws-chunked"),
    ("x-amz-decoded-content-length", "66560"),
    ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
];

async fn verify(request: &SignedRequest) -> Verified {
    let credentials = vec![credential(ID, SECRET, CredentialStatus::Active)];
    let clock = Arc::new(ManualClock::at(TIME * 1000));
    let verifier = Verifier::new(
        "us-east-1".to_owned(),
        clock,
        Arc::new(Store { credentials }),
    );
    verifier.verify(&request.view()).await.unwrap()
}

fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> SignedRequest {
    let mut request = SignedRequest::unsigned(method, target, &[]);
    request.headers.clear();
    for (name, value) in headers {
        request.add(name, value);
    }
    request
}

fn authorization(signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={ID}/20130524/us-east-1/s3/aws4_request,\
         SignedHeaders={signed_headers},Signature={signature}"
    )
}

#[tokio::test]
async fn published_get_object_verifies() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    let authorization = authorization("host;range;x-amz-content-sha256;x-amz-date", signature);
    let headers = [
        ("host", "examplebucket.s3.amazonaws.com"),
        ("range", "bytes=0-9"),
        ("x-amz-content-sha256", empty),
        ("x-amz-date", "20130524T000000Z"),
        ("authorization", &authorization),
    ];
    verify(&request("GET", "/test.txt", &headers)).await;
}

#[tokio::test]
async fn published_presigned_get_verifies() {
    let target = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
        &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
        &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
        &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    verify(&request(
        "GET",
        target,
        &[("host", "examplebucket.s3.amazonaws.com")],
    ))
    .await;
}

#[tokio::test]
async fn published_streaming_put_verifies_and_decodes() {
    let signed = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
                  x-amz-decoded-content-length;x-amz-storage-class";
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let mut put = request("PUT", "/examplebucket/chunkObject.txt", &STREAM_HEADERS);
    put.add("content-length", "66824");
    put.add("authorization", &authorization(signed, seed));
    let signatures = [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ];
    let body = published_body(signatures, "\r\n");
    assert_eq!(body.len(), 66824);
    decode(verify(&put).await, None, body);
}

#[tokio::test]
async fn published_streaming_put_with_trailer_verifies_and_decodes() {
    let signed = "content-encoding;host;x-amz-content-sha256;x-amz-date;\
                  x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer";
    let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    let mut put = request("PUT", "/examplebucket/chunkObject.txt", &STREAM_HEADERS);
    put.set(
        "x-amz-content-sha256",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    );
    put.add("x-amz-trailer", "x-amz-checksum-crc32c");
    put.add("authorization", &authorization(signed, seed));
    let signatures = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ];
    // The documented form: the checksum's line ends in LF CRLF.
    let trailer = "x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:\
                   d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    let body = published_body(signatures, trailer);
    decode(verify(&put).await, Some("x-amz-checksum-crc32c"), body);
}

fn published_body([first, second, last]: [&str; 3], end: &str) -> Vec<u8> {
    let mut body = format!("10000;chunk-signature={first}\r\n").into_bytes();
    body.resize(body.len() + 65536, b'a');
    body.extend_from_slice(format!("\r\n400;chunk-signature={second}\r\n").as_bytes());
    body.resize(body.len() + 1024, b'a');
    body.extend_from_slice(format!("\r\n0;chunk-signature={last}\r\n{end}").as_bytes());
    body
}

fn decode(verified: Verified, trailer: Option<&str>, body: Vec<u8>) {
    let trailer_expected = trailer.map(str::to_owned);
    let mode = ChunkMode {
        signed: verified.chunks,
        trailer_expected,
        decoded_len: Some(66560),
    };
    let mut decoder = ChunkDecoder::new(mode);
    let mut output = Vec::new();
    decoder.feed(Bytes::from(body), &mut output).unwrap();
    assert_eq!(
        decoder.finish().unwrap().checksum.is_some(),
        trailer.is_some()
    );
    assert_eq!(output.concat(), vec![b'a'; 66560]);
}

/// "Example: browser-based upload using HTTP POST": the policy with its line breaks of Windows.
const FORM_POLICY: &str = "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";
const FORM_SIGNATURE: &str = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";
/// 2015-12-29T12:00:00Z: hours behind the policy's date.
const FORM_TIME: u64 = 1_451_390_400;

async fn verify_form(policy: &str, signature: &str) -> Result<Verified, AuthError> {
    let credentials = vec![credential(ID, SECRET, CredentialStatus::Active)];
    let clock = Arc::new(ManualClock::at(FORM_TIME * 1000));
    let store = Arc::new(Store { credentials });
    let verifier = Verifier::new("us-east-1".to_owned(), clock, store);
    let credential = format!("{ID}/20151229/us-east-1/s3/aws4_request");
    let fields = |name: &str| match name {
        "policy" => Some(policy),
        "x-amz-algorithm" => Some("AWS4-HMAC-SHA256"),
        "x-amz-credential" => Some(&*credential),
        "x-amz-date" => Some("20151229T000000Z"),
        "x-amz-signature" => Some(signature),
        _ => None,
    };
    let form = FormSignature::find(fields).unwrap().unwrap();
    verifier.verify_form(&form, true).await
}

#[tokio::test]
async fn published_form_verifies() {
    let verified = verify_form(FORM_POLICY, FORM_SIGNATURE).await.unwrap();
    let identity = verified.identity.unwrap();
    assert_eq!(identity.access_key_id().as_str(), ID);
    let other = format!("f{FORM_POLICY}");
    let changed = FORM_SIGNATURE.replacen('8', "9", 1);
    for (policy, signature) in [(&*other, FORM_SIGNATURE), (FORM_POLICY, &changed)] {
        let refused = verify_form(policy, signature).await.unwrap_err();
        assert!(matches!(refused, AuthError::SignatureDoesNotMatch { .. }));
    }
}

/// The form of the same example: what it says is what its policy allows.
#[test]
fn published_form_meets_its_policy() {
    let page = "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html";
    let credential = format!("{ID}/20151229/us-east-1/s3/aws4_request");
    let fields = |object_key: &str, content_type: &str| {
        let fields = [
            ("key", object_key),
            ("acl", "public-read"),
            ("success_action_redirect", page),
            ("content-type", content_type),
            ("x-amz-meta-uuid", "14365123651274"),
            ("x-amz-server-side-encryption", "AES256"),
            ("x-amz-credential", &credential),
            ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
            ("x-amz-date", "20151229T000000Z"),
            ("x-amz-meta-tag", ""),
            ("policy", FORM_POLICY),
            ("x-amz-signature", FORM_SIGNATURE),
        ];
        let owned = fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
        Fields::new(owned.to_vec(), Some("MyPhoto.jpg")).unwrap()
    };
    let policy = PostPolicy::parse(FORM_POLICY).unwrap();
    let now = Timestamp::from_millis(FORM_TIME * 1000);
    let judge = |fields: &Fields, bucket: &str| policy.judge(fields, bucket, now);
    let bucket = "sigv4examplebucket";
    let good = fields("user/user1/${filename}", "image/jpeg");
    assert_eq!(good.get("key"), Some("user/user1/MyPhoto.jpg"));
    assert_eq!(judge(&good, bucket), Ok(LengthRange::ANY));
    for (fields, bucket) in [
        (&fields("user/user2/a.jpg", "image/jpeg"), bucket),
        (&fields("user/user1/a.jpg", "text/html"), bucket),
        (&good, "another"),
    ] {
        let denied = judge(fields, bucket);
        assert!(matches!(denied, Err(PolicyDenial::Condition { .. })));
    }
    // Noon of the next day is the end.
    let end = Timestamp::from_millis(1_451_476_800_000);
    assert!(policy.judge(&good, bucket, end).is_ok());
    let behind = Timestamp::from_millis(end.millis() + 1);
    let late = policy.judge(&good, bucket, behind);
    assert_eq!(late, Err(PolicyDenial::Expired));
}
