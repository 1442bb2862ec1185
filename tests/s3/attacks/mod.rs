//! Attacks and bad input, a test for each row of the table in the threat model; a test is named
//! after its row and the advisory that another server had for it.
//!
//! Owns: the scene of the attacks, and the proof that one did no harm: the bucket holds what it
//! held before, byte for byte, and a good client is served.
//! Not here: rows about permissions and key services, which come with those; 57 (`object_lock`) and
//! 60 (`tests/clients/clock.py`).

mod browser;
mod chunks;
mod digests;
mod documents;
mod framing;
mod headers;
mod http2;
mod lock_rows;
mod locks;
mod multipart;
mod names;
mod noise;
mod numbers;
mod parts;
mod post_forms;
mod presigned;
mod races;
mod random;
mod random_admin;
mod signatures;
mod signed_payload;
mod slow_clients;
pub(crate) mod streaming;
mod xml_bodies;

use crate::raw::{Account, Request, Wire};
use crate::server::TestServer;
use serde_json::Value;

/// A server with one tenant and one bucket, `attacked`.
pub(crate) struct Scene {
    pub(crate) server: TestServer,
    pub(crate) city: Account,
}

impl Scene {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        let server = TestServer::start_with(settings);
        let city = server.account("city");
        for bucket in ["attacked", "good-client"] {
            city.put(&format!("/{bucket}"), "").expect(200);
        }
        Self { server, city }
    }

    /// A signed PUT of a small object, for the test to spoil.
    pub(crate) fn put(&self) -> Request {
        let request = self.city.request("PUT", "/attacked/object");
        request.body("a body that must not be stored")
    }

    /// Sends a request on a connection of its own and expects a refusal; nothing is stored.
    #[track_caller]
    pub(crate) fn refused(&self, request: Request, status: u16, code: &str) {
        self.refused_wire(&request.wire(), status, code);
    }

    /// As [`Scene::refused`], for a request that was changed after it was signed.
    #[track_caller]
    pub(crate) fn refused_wire(&self, wire: &Wire, status: u16, code: &str) {
        let answer = wire.send(self.city.port);
        assert_eq!(
            answer.outcome(),
            (status, code.to_owned()),
            "{} {} {:?}\n{}",
            wire.method,
            wire.target,
            wire.headers,
            answer.body_text()
        );
        assert_eq!(
            answer.text("RequestId").as_deref(),
            answer.header("x-amz-request-id")
        );
    }

    /// The attacked bucket holds no object, no part and no upload, and a good client is served.
    #[track_caller]
    pub(crate) fn is_unharmed(&self) {
        self.holds(&[]);
    }

    /// The attacked bucket holds these objects and nothing else: by the lists, by the bytes, by the
    /// operator's count. A good client is served.
    #[track_caller]
    pub(crate) fn holds(&self, objects: &[(&str, &[u8])]) {
        let listed = self.city.get("/attacked?list-type=2").expect(200);
        let names: Vec<&str> = objects.iter().map(|(name, _)| *name).collect();
        assert_eq!(listed.texts("Key"), names);
        let uploads = self.city.get("/attacked?uploads").expect(200);
        assert_eq!(uploads.texts("UploadId"), Vec::<String>::new());
        for (name, body) in objects {
            let answer = self.city.get(&format!("/attacked/{name}")).expect(200);
            assert!(answer.body == *body, "{name} has other bytes");
        }
        let bytes: usize = objects.iter().map(|(_, body)| body.len()).sum();
        let counted = self.counted("attacked");
        assert_eq!(counted, (objects.len(), bytes), "objects and bytes");
        self.serves_a_good_client();
    }

    /// Objects and bytes of a bucket, as the operator sees them.
    pub(crate) fn counted(&self, bucket: &str) -> (usize, usize) {
        let listed = self.server.admin(&["bucket", "list"]).expect("buckets");
        let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
        let is_it = |row: &&Value| row.get("name").and_then(Value::as_str) == Some(bucket);
        let row = listed.iter().find(is_it).expect("the bucket");
        let number = |field| row.get(field).and_then(Value::as_u64).expect("a number");
        let number = |field| usize::try_from(number(field)).expect("a small number");
        (number("objects"), number("bytes"))
    }

    #[track_caller]
    pub(crate) fn serves_a_good_client(&self) {
        let target = "/good-client/proof";
        self.city.put(target, "all is well").expect(200);
        assert_eq!(self.city.get(target).expect(200).body, b"all is well");
        self.city.delete(target).expect(204);
        let panicked = self.server.log().contains("panicked");
        assert!(!panicked, "{}", self.server.log());
    }
}
