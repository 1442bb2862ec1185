//! Rows 45 and 46 at every request that takes a document: each handler has to use the reader that
//! refuses a DOCTYPE, with the cap that is its own.
//!
//! Owns: the list of these requests, which the noise of row 76 goes through as well.
//! Not here: what a hostile document may look like (`xml_bodies`, `src/s3/xml/reader.rs`).

use super::Scene;
use crate::raw::{Account, Answer};

const MIB: usize = 1024 * 1024;
/// Documents that change a setting (attacks.md 46).
const SETTING_LEN_MAX: usize = MIB;
/// A thousand keys of 1,024 bytes each, escaped.
const DELETE_LEN_MAX: usize = 2 * MIB;
/// Ten thousand parts with their checksums: more than the row's 1 MiB.
const COMPLETE_LEN_MAX: usize = 4 * MIB;

/// A request that takes a document.
#[derive(Clone, Copy, Debug)]
pub(super) struct Document {
    pub(super) method: &'static str,
    /// With `@@` where the upload id stands.
    target: &'static str,
    /// A document that is understood.
    body: &'static str,
    len_max: usize,
    /// What the understood document is answered: the part of the completion is not there.
    answer: (u16, &'static str),
}

const fn setting(target: &'static str, body: &'static str) -> Document {
    Document {
        method: "PUT",
        target,
        body,
        len_max: SETTING_LEN_MAX,
        answer: (200, ""),
    }
}

/// All of them but policies, which are JSON.
pub(super) const DOCUMENTS: [Document; 15] = [
    Document {
        method: "POST",
        target: "/attacked?delete",
        body: "<Delete><Object><Key>none</Key></Object></Delete>",
        len_max: DELETE_LEN_MAX,
        answer: (200, ""),
    },
    Document {
        method: "POST",
        target: "/attacked/object?uploadId=@@",
        body: "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>none</ETag></Part>\
               </CompleteMultipartUpload>",
        len_max: COMPLETE_LEN_MAX,
        answer: (400, "InvalidPart"),
    },
    setting(
        "/created",
        "<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint>\
         </CreateBucketConfiguration>",
    ),
    setting(
        "/locked?encryption",
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
         <SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
         </ServerSideEncryptionConfiguration>",
    ),
    setting(
        "/attacked?versioning",
        "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>",
    ),
    setting(
        "/locked?object-lock",
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule>\
         <DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>\
         </ObjectLockConfiguration>",
    ),
    setting(
        "/locked/witness?retention",
        "<Retention><Mode>GOVERNANCE</Mode>\
         <RetainUntilDate>2140-01-01T00:00:00.000Z</RetainUntilDate></Retention>",
    ),
    setting(
        "/locked/witness?legal-hold",
        "<LegalHold><Status>ON</Status></LegalHold>",
    ),
    setting(
        "/locked?lifecycle",
        "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Filter/><Expiration>\
         <Days>9999</Days></Expiration></Rule></LifecycleConfiguration>",
    ),
    Document {
        answer: (204, ""),
        ..setting(
            "/locked?tagging",
            "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
        )
    },
    setting(
        "/locked/witness?tagging",
        "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
    ),
    setting(
        "/locked?cors",
        "<CORSConfiguration><CORSRule><AllowedOrigin>https://example.rs</AllowedOrigin>\
         <AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>",
    ),
    setting(
        "/locked?ownershipControls",
        "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>\
         </OwnershipControls>",
    ),
    Document {
        answer: (400, "AccessControlListNotSupported"),
        ..setting(
            "/locked?acl",
            "<AccessControlPolicy><Owner><ID>none</ID></Owner><AccessControlList/>\
             </AccessControlPolicy>",
        )
    },
    setting(
        "/locked?publicAccessBlock",
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
         </PublicAccessBlockConfiguration>",
    ),
];

impl Document {
    /// The code of what is none: lists have one of their own.
    fn malformed(&self) -> &'static str {
        if self.target.ends_with("?acl") {
            "MalformedACLError"
        } else {
            "MalformedXML"
        }
    }

    /// Path and query.
    pub(super) fn target(&self, upload: &str) -> String {
        self.target.replace("@@", upload)
    }

    /// The name of its root element.
    pub(super) fn root(&self) -> &'static str {
        let (root, _) = self.body[1..].split_once('>').expect("a root element");
        root
    }

    fn send(&self, city: &Account, upload: &str, body: String) -> Answer {
        let request = city.request(self.method, &self.target(upload));
        request.body(body).send()
    }

    /// What the setting is now; what a refusal must not change.
    fn told(&self, city: &Account, upload: &str) -> (u16, String) {
        let answer = city.get(&self.target(upload));
        let (status, code) = answer.outcome();
        // Error documents differ by request.
        let is_error = !code.is_empty();
        (status, if is_error { code } else { answer.body_text() })
    }

    /// The understood document with blanks behind it, so long in all.
    fn padded(&self, len: usize) -> String {
        let padding = len - self.body.len();
        format!("{}{}", self.body, " ".repeat(padding))
    }
}

/// The attacked bucket with an open upload, and a bucket with Object Lock and an object.
pub(super) fn scene() -> (Scene, String) {
    let scene = Scene::start();
    let create = scene.city.request("PUT", "/locked");
    let create = create.header("x-amz-bucket-object-lock-enabled", "true");
    create.send().expect(200);
    scene.city.put("/locked/witness", "here").expect(200);
    let created = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = created.text("UploadId").expect("an id");
    (scene, upload)
}

/// The attacked bucket is as it was, and so is the other one's object.
#[track_caller]
pub(super) fn is_unharmed(scene: &Scene, upload: &str) {
    let target = format!("/attacked/object?uploadId={upload}");
    scene.city.delete(&target).expect(204);
    scene.is_unharmed();
    let witness = scene.city.get("/locked/witness").expect(200);
    assert_eq!(witness.body, b"here");
}

/// A handler that reads another document comes with a row of [`DOCUMENTS`].
#[test]
fn every_handler_that_reads_a_document_is_listed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/s3/handlers");
    let files = std::fs::read_dir(folder).expect("the handlers");
    let count = files.map(|file| {
        let text = std::fs::read_to_string(file.expect("a file").path());
        let text = text.expect("text");
        let readers = ["call.read_document(", "call.authorize_with_document("];
        readers
            .map(|call| text.matches(call).count())
            .iter()
            .sum::<usize>()
    });
    // The other one is a policy.
    assert_eq!(count.sum::<usize>(), DOCUMENTS.len() + 1);
}

#[test]
fn row_45_every_document_with_a_doctype_is_refused() {
    let (scene, upload) = scene();
    let city = &scene.city;
    for document in DOCUMENTS {
        let told = document.told(city, &upload);
        for prolog in [
            "<!DOCTYPE x>",
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>",
            "<!DOCTYPE x SYSTEM \"http://127.0.0.1/x.dtd\">",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE x>",
        ] {
            let body = format!("{prolog}{}", document.body);
            let answer = document.send(city, &upload, body);
            let code = document.malformed().to_owned();
            assert_eq!(answer.outcome(), (400, code), "{document:?} {prolog}");
        }
        assert_eq!(document.told(city, &upload), told, "{document:?}");
    }
    is_unharmed(&scene, &upload);
}

/// One byte above the cap is refused and changes nothing; a document of exactly its length is read.
#[test]
fn row_46_cap_of_every_document_is_exact() {
    let (scene, upload) = scene();
    let city = &scene.city;
    for document in DOCUMENTS {
        let told = document.told(city, &upload);
        let over = document.padded(document.len_max + 1);
        let answer = document.send(city, &upload, over.clone());
        let too_long = (400, "MaxMessageLengthExceeded".to_owned());
        assert_eq!(answer.outcome(), too_long, "{document:?}");
        // Counted, where no length is declared.
        let chunks = format!("{:x}\r\n{over}\r\n0\r\n\r\n", over.len());
        let request = city.request(document.method, &document.target(&upload));
        let request = request.header("transfer-encoding", "chunked");
        let request = request.payload("UNSIGNED-PAYLOAD").body(chunks);
        assert_eq!(request.send().outcome(), too_long, "{document:?}");
        assert_eq!(document.told(city, &upload), told, "{document:?}");
        let whole = document.padded(document.len_max);
        let answer = document.send(city, &upload, whole);
        let (status, code) = document.answer;
        assert_eq!(answer.outcome(), (status, code.to_owned()), "{document:?}");
    }
    city.delete("/created").expect(204);
    is_unharmed(&scene, &upload);
}
