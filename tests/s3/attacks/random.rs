//! Row 76: random bytes at every endpoint. The same in every run; the decoders of stored bytes have
//! fuzz targets of their own.

use super::Scene;
use crate::raw::{Account, Connection, Request, sha256_hex};
use std::fmt::Write as _;

/// What may come back: never a 5xx but "not implemented".
fn is_civil(status: u16) -> bool {
    status < 500 || status == 501
}

/// Deterministic bytes: SHA-256 of seed and counter, over and over.
struct Noise {
    seed: &'static str,
    counter: u64,
    left: Vec<u8>,
}

impl Noise {
    fn new(seed: &'static str) -> Self {
        Self {
            seed,
            counter: 0,
            left: Vec::new(),
        }
    }

    fn byte(&mut self) -> u8 {
        if self.left.is_empty() {
            self.counter += 1;
            let text = format!("{} {}", self.seed, self.counter);
            self.left = hex::decode(sha256_hex(text.as_bytes())).expect("hex");
        }
        self.left.pop().expect("a byte")
    }

    fn below(&mut self, end: usize) -> usize {
        let number = u32::from_be_bytes([0, self.byte(), self.byte(), self.byte()]);
        usize::try_from(number).expect("a small number") % end
    }

    fn bytes(&mut self, len_max: usize) -> Vec<u8> {
        let len = self.below(len_max + 1);
        (0..len).map(|_| self.byte()).collect()
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items.get(self.below(items.len())).expect("an item")
    }

    /// Percent-encoded bytes, so that they reach what is behind the HTTP layer.
    fn escaped(&mut self, len_max: usize) -> String {
        let encode = |b: u8| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        };
        self.bytes(len_max).into_iter().map(encode).collect()
    }

    /// Visible characters, for header values.
    fn visible(&mut self, len_max: usize) -> String {
        let bytes = self.bytes(len_max);
        bytes
            .into_iter()
            .map(|b| char::from(b' ' + b % 95))
            .collect()
    }
}

const METHODS: [&str; 7] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];
const PATHS: [&str; 5] = [
    "/",
    "/attacked",
    "/attacked/object",
    "/none",
    "/none/object",
];
/// Parameters, in the order in which the canonical query has them.
const PARAMETERS: [&str; 18] = [
    "attributes",
    "continuation-token",
    "delete",
    "delimiter",
    "encoding-type",
    "list-type",
    "location",
    "marker",
    "max-keys",
    "max-parts",
    "part-number-marker",
    "partNumber",
    "prefix",
    "response-content-type",
    "start-after",
    "uploadId",
    "uploads",
    "versionId",
];
const HEADERS: [&str; 22] = [
    "content-md5",
    "content-type",
    "content-encoding",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "range",
    "x-amz-acl",
    "x-amz-checksum-crc32",
    "x-amz-checksum-mode",
    "x-amz-checksum-type",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-decoded-content-length",
    "x-amz-expected-bucket-owner",
    "x-amz-meta-a",
    "x-amz-metadata-directive",
    "x-amz-object-attributes",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-storage-class",
    "x-amz-trailer",
];

/// A signed request of a random shape, with noise in its values.
fn shape(noise: &mut Noise, city: &Account) -> Request {
    let mut target = noise.pick(&PATHS).to_owned();
    let mut joint = '?';
    for parameter in PARAMETERS {
        if noise.below(8) == 0 {
            let value = match noise.below(3) {
                0 => String::new(),
                1 => noise.below(20_000).to_string(),
                _ => noise.escaped(24),
            };
            write!(target, "{joint}{parameter}={value}").expect("text");
            joint = '&';
        }
    }
    let mut request = city.request(noise.pick(&METHODS), &target);
    for header in HEADERS {
        if noise.below(12) == 0 {
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
    for round in 0..3000 {
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
    assert!(is_reached > 2500, "{is_reached}");
    scene.serves_a_good_client();
}

#[test]
fn row_76_noise_in_documents_is_answered_civilly() {
    let scene = Scene::start();
    let upload = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = upload.text("UploadId").expect("an id");
    let complete = format!("/attacked/object?uploadId={upload}");
    let mut noise = Noise::new("documents");
    let words = [
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
        "CreateBucketConfiguration",
        "CompleteMultipartUpload",
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
    for round in 0..1500 {
        let mut body = Vec::new();
        for _ in 0..noise.below(40) {
            if noise.below(10) == 0 {
                body.extend(noise.bytes(4));
            } else {
                body.extend_from_slice(noise.pick(&words).as_bytes());
            }
        }
        let requests = [
            ("POST", "/attacked?delete"),
            ("POST", &*complete),
            ("PUT", "/created"),
        ];
        let (method, target) = requests[round % 3];
        let answer = scene.city.request(method, target).body(body.clone()).send();
        let text = String::from_utf8_lossy(&body).into_owned();
        assert!(is_civil(answer.status), "{target}: {text:?}");
        let is_document = text.contains("<Delete>") || text.trim().is_empty();
        assert!(answer.status >= 400 || is_document, "{text:?}");
        if answer.status == 200 && target == "/created" {
            scene.city.delete(target).expect(204);
        }
    }
    scene.city.delete(&complete).expect(204);
    scene.is_unharmed();
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
