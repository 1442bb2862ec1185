//! Row 76: random bytes at every endpoint of S3, the same in every run.
//!
//! Not here: the admin listener (`random_admin`), the decoders of stored bytes (`fuzz`).

use super::Scene;
use super::documents::{self, DOCUMENTS};
use super::noise::Noise;
use crate::raw::{Account, Connection, Request};
use std::fmt::Write as _;

/// What may come back: never a 5xx but "not implemented".
pub(super) fn is_civil(status: u16) -> bool {
    status < 500 || status == 501
}

pub(super) const METHODS: [&str; 7] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];
const PATHS: [&str; 5] = [
    "/",
    "/attacked",
    "/attacked/object",
    "/none",
    "/none/object",
];
/// Parameters that choose an operation: a request has one, two or none.
const SUBRESOURCES: [&str; 20] = [
    "acl",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "legal-hold",
    "lifecycle",
    "location",
    "object-lock",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "retention",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];
/// Parameters of operations.
const PARAMETERS: [&str; 21] = [
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "prefix",
    "response-content-type",
    "response-expires",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "versionId",
    "x-id",
];
const HEADERS: [&str; 47] = [
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-md5",
    "content-type",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-bypass-governance-retention",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-mode",
    "x-amz-checksum-sha256",
    "x-amz-checksum-type",
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-range",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-grant-read",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
    "x-amz-meta-a",
    "x-amz-metadata-directive",
    "x-amz-mp-object-size",
    "x-amz-object-attributes",
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-source-expected-bucket-owner",
    "x-amz-storage-class",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-trailer",
];

/// What documents are made of.
const WORDS: [&str; 40] = [
    "<",
    ">",
    "/",
    "=",
    "\"",
    "'",
    "&",
    ";",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml",
    "?>",
    "Delete",
    "Object",
    "Key",
    "Part",
    "PartNumber",
    "ETag",
    "1",
    "&#x41;",
    "&lt;",
    " ",
    "\n",
    "Status",
    "Enabled",
    "Rule",
    "TagSet",
    "Mode",
    "xmlns",
    "<Delete>",
    "</Delete>",
    "<Object>",
    "</Object>",
    "<Key>",
    "</Key>",
    "\u{feff}",
    "\u{0}",
    "\u{17e}",
];

/// A signed request of a random shape, with noise in its values.
fn shape(noise: &mut Noise, city: &Account) -> Request {
    let mut target = noise.pick(&PATHS).to_owned();
    let mut joint = '?';
    let mut parameters = PARAMETERS.to_vec();
    parameters.retain(|_| noise.below(10) == 0);
    for _ in 0..noise.below(3) {
        parameters.push(noise.pick(&SUBRESOURCES));
    }
    parameters.sort_unstable();
    parameters.dedup();
    for parameter in parameters {
        let value = match noise.below(3) {
            0 => String::new(),
            1 => noise.below(20_000).to_string(),
            _ => noise.escaped(24),
        };
        write!(target, "{joint}{parameter}={value}").expect("text");
        joint = '&';
    }
    let mut request = city.request(noise.pick(&METHODS), &target);
    for header in HEADERS {
        if noise.below(24) == 0 {
            let value = noise.visible(40).trim().replace("  ", "_");
            request = request.header(header, &value);
        }
    }
    let payloads = [
        "UNSIGNED-PAYLOAD",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ];
    if noise.below(2) == 0 {
        request = request.payload(noise.pick(&payloads));
    }
    request.body(noise.bytes(300))
}

#[test]
fn row_76_ghsa_gw2x_noise_in_signed_requests_is_answered_civilly() {
    let scene = Scene::start();
    let mut noise = Noise::new("signed");
    let mut is_reached = 0;
    for round in 0..4000 {
        let request = shape(&mut noise, &scene.city);
        let wire = request.wire();
        let mut connection = Connection::open(scene.city.port);
        connection.write(&[wire.head(), wire.body.clone()].concat());
        let answer = connection.try_answer(&wire.method);
        let status = answer.as_ref().map(|answer| answer.status);
        assert!(
            status.is_some_and(is_civil),
            "round {round}: {wire:?} {answer:?}"
        );
        let code = answer.expect("an answer").outcome().1;
        is_reached += usize::from(code != "SignatureDoesNotMatch");
    }
    // The noise has come past the signature.
    assert!(is_reached > 3300, "{is_reached}");
    scene.serves_a_good_client();
}

#[test]
fn row_76_noise_in_documents_is_answered_civilly() {
    let (scene, upload) = documents::scene();
    let mut noise = Noise::new("documents");
    let tags: Vec<String> = DOCUMENTS
        .iter()
        .flat_map(|document| ["<", "</"].map(|open| format!("{open}{}>", document.root())))
        .collect();
    let mut words = WORDS.to_vec();
    words.extend(tags.iter().map(String::as_str));
    for document in DOCUMENTS.iter().cycle().take(3000) {
        let mut body = Vec::new();
        // Some begin as the document does, so that the noise reaches its fields.
        let begins = noise.below(2) == 0;
        if begins {
            body.extend_from_slice(format!("<{}>", document.root()).as_bytes());
        }
        for _ in 0..noise.below(40) {
            if noise.below(10) == 0 {
                body.extend(noise.bytes(4));
            } else {
                body.extend_from_slice(noise.pick(&words).as_bytes());
            }
        }
        let target = document.target(&upload);
        let request = scene.city.request(document.method, &target);
        let answer = request.body(body.clone()).send();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(is_civil(answer.status), "{target}: {text:?}");
        let is_document = text.contains(document.root()) || text.trim().is_empty();
        assert!(answer.status >= 400 || is_document, "{target}: {text:?}");
        if answer.status == 200 && target == "/created" {
            scene.city.delete(&target).expect(204);
        }
    }
    documents::is_unharmed(&scene, &upload);
}

/// Bytes that are no HTTP at all, and HTTP that is nearly so.
#[test]
fn row_76_noise_on_the_wire_stores_nothing() {
    let scene = Scene::start();
    let mut noise = Noise::new("wire");
    let good = scene.put().wire();
    let good = [good.head(), good.body].concat();
    for round in 0..1000 {
        let mut bytes = if round % 4 == 0 {
            noise.bytes(600)
        } else {
            good.clone()
        };
        if round % 4 != 0 {
            // Half of the changed bytes fall into the signature's reach; none may do harm.
            for _ in 0..=noise.below(4) {
                let at = noise.below(bytes.len());
                match noise.below(3) {
                    0 => bytes[at] = noise.byte(),
                    1 => bytes.insert(at, noise.byte()),
                    _ => drop(bytes.remove(at)),
                }
            }
        }
        let mut connection = Connection::open(scene.city.port);
        connection.write(&bytes);
        connection.end_writing();
        if let Some(answer) = connection.try_answer("PUT") {
            assert!(is_civil(answer.status), "{round}: {answer:?}");
            if answer.status == 200 {
                // The change was outside of what is signed, such as blanks: the body was not.
                let stored = scene.city.get("/attacked/object").expect(200);
                assert_eq!(stored.body, b"a body that must not be stored");
                scene.city.delete("/attacked/object").expect(204);
            }
        }
    }
    scene.is_unharmed();
}
