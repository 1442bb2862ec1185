//! Versions of objects as clients see them (points 55 to 62 of the list of S3 behaviour, and what
//! versions change about 17, 34, 37, 39, 40 and 45). A test's name begins with the point's number.
//!
//! Owns: the scene, the settings document, and `ListObjectVersions` as rows in order.
//! Not here: locks (`object_lock`).

mod conditions;
mod copies;
mod deletes;
mod encoding;
mod many_deletes;
mod markers;
mod multipart;
mod null_versions;
mod pages;
mod races;
mod reads;
mod restart;
mod sdk;
mod sdk_states;
mod settings;
mod walk;

use crate::raw::{Account, Answer};
use crate::server::TestServer;

/// An id in our form that no version has.
pub(crate) const UNKNOWN: &str = "00000000000000000000000000000000";

/// A server, and an account that has the empty bucket `vers`, which never had versioning.
fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/vers", "").expect(200);
    (server, city)
}

/// As [`with_bucket`], with versioning Enabled.
fn with_versions() -> (TestServer, Account) {
    let (server, city) = with_bucket();
    set(&city, "/vers", "Enabled");
    (server, city)
}

/// The document of PutBucketVersioning.
fn document(status: &str) -> String {
    format!(
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Status>{status}</Status></VersioningConfiguration>"
    )
}

/// Sets a bucket's versioning.
#[track_caller]
pub(crate) fn set(account: &Account, bucket: &str, status: &str) {
    let put = account.put(&format!("{bucket}?versioning"), document(status));
    put.expect(200);
}

/// The version that an answer names.
#[track_caller]
pub(crate) fn version_of(answer: &Answer) -> String {
    let id = answer.header("x-amz-version-id");
    id.expect("a version id").to_owned()
}

/// Stores a version of an object in a bucket with versioning Enabled; its id.
#[track_caller]
pub(crate) fn put(account: &Account, target: &str, body: impl Into<Vec<u8>>) -> String {
    let put = account.put(target, body).expect(200);
    let id = version_of(&put);
    assert_ne!(id, "null");
    id
}

/// Deletes without a version in a bucket with versioning; the marker's id.
#[track_caller]
fn mark(account: &Account, target: &str) -> String {
    let deleted = account.delete(target).expect(204);
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
    version_of(&deleted)
}

/// The target of a version.
pub(crate) fn at(target: &str, version: &str) -> String {
    format!("{target}?versionId={version}")
}

/// The body of a version, or of the newest one.
#[track_caller]
fn read(account: &Account, target: &str) -> String {
    account.get(target).expect(200).body_text()
}

/// A version or a marker in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) object_key: String,
    pub(crate) version: String,
    pub(crate) is_marker: bool,
    pub(crate) is_latest: bool,
    pub(crate) last_modified: String,
    pub(crate) size: Option<String>,
    pub(crate) etag: Option<String>,
}

/// Versions and markers of an answer of ListObjectVersions, in its order.
pub(crate) fn rows(answer: &Answer) -> Vec<Row> {
    let body = answer.body_text();
    let mut rest = body.as_str();
    let mut found = Vec::new();
    let begin = |text: &str| {
        let version = text.find("<Version>").map(|at| (at, "Version"));
        let marker = text.find("<DeleteMarker>").map(|at| (at, "DeleteMarker"));
        version.into_iter().chain(marker).min()
    };
    while let Some((at, element)) = begin(rest) {
        let close = format!("</{element}>");
        let end = at + rest[at..].find(&close).expect("its end");
        let inner = Answer {
            status: 200,
            headers: Vec::new(),
            body: rest.as_bytes()[at..end].to_vec(),
        };
        found.push(Row {
            object_key: inner.text("Key").expect("a key"),
            version: inner.text("VersionId").expect("an id"),
            is_marker: element == "DeleteMarker",
            is_latest: inner.text("IsLatest").expect("whether it is the latest") == "true",
            last_modified: inner.text("LastModified").expect("a time"),
            size: inner.text("Size"),
            etag: inner.text("ETag"),
        });
        rest = &rest[end..];
    }
    found
}

/// All versions and markers of a bucket of few.
#[track_caller]
pub(crate) fn list(account: &Account, bucket: &str) -> Vec<Row> {
    let answer = account.get(&format!("{bucket}?versions")).expect(200);
    assert_eq!(answer.text("IsTruncated").as_deref(), Some("false"));
    rows(&answer)
}

/// Key, id, whether a marker, whether the latest: what most tests compare.
fn brief(rows: &[Row]) -> Vec<(&str, &str, bool, bool)> {
    let brief = |row: &'_ Row| (row.is_marker, row.is_latest);
    let named = rows.iter().map(|row| (row, brief(row)));
    named
        .map(|(row, (is_marker, is_latest))| {
            (&*row.object_key, &*row.version, is_marker, is_latest)
        })
        .collect()
}

/// The bucket holds exactly these: key, id, whether a marker, whether the latest.
#[track_caller]
fn holds(account: &Account, expected: &[(&str, &str, bool, bool)]) {
    let rows = list(account, "/vers");
    assert_eq!(brief(&rows), expected);
}
