//! S3 requests: made, signed, sent, and their answers judged.
//!
//! Owns: `Target`, which all workers share; `Client`, one connection's worth of it; what an answer
//! has to be. Not here: which requests are sent (`worker`, `prepare`, `sweep`).

use crate::auth::{RequestView, Signer};
use crate::base::clock::Clock;
use crate::base::digest::{DigestAlgorithm, Digester, digest};
use crate::bench::body::RequestBody;
use crate::bench::connection::{Connection, Receiver};
use crate::bench::content::{PIECE_LEN, fill, is_content};
use crate::bench::endpoint::Endpoint;
use crate::bench::fault::{Fault, Wrong};
use crate::model::time::Timestamp;
use crate::s3::xml::reader::read_document;
use hyper::Request;
use hyper::http::response::Parts;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// The longest document that is kept: a page of a thousand versions has a tenth of it.
const DOCUMENT_LEN_MAX: usize = 4 << 20;
/// What stands for the hash of a body that is not signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Where requests go, as whom, and how.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) signer: Signer,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) timeout: Duration,
    pub(super) signs_payload: bool,
}

/// What an answer of success has to be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Expected {
    /// This status and an object's bytes from `offset` on.
    Content {
        status: u16,
        start: u64,
        offset: u64,
        len: u64,
        etag: Option<u64>,
    },
    /// 200 and a document.
    Document,
    /// 200 or 204 and nothing.
    Done,
    /// 200 and the head of an object.
    Head { len: u64, etag: Option<u64> },
    /// 200 and an ETag.
    Stored,
}

/// A request to be.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: &'static str,
    /// Path as it is sent.
    pub(super) path: String,
    /// Query as it is sent, without the question mark.
    pub(super) query: String,
    /// Headers that need not be signed.
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: RequestBody,
    pub(super) expected: Expected,
}

impl Call {
    /// A request without query, further headers and body.
    pub(super) fn new(method: &'static str, path: String, expected: Expected) -> Self {
        Self {
            method,
            path,
            query: String::new(),
            headers: Vec::new(),
            body: RequestBody::Document(bytes::Bytes::new()),
            expected,
        }
    }
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Outcome {
    /// When it was handed to the connection, signed already.
    pub(super) began: Duration,
    /// When the last byte of the answer was there.
    pub(super) ended: Duration,
    /// Bytes of the answer's body.
    pub(super) received: u64,
    pub(super) result: Result<Answer, Fault>,
}

/// An answer that is right.
#[derive(Debug)]
pub(super) struct Answer {
    /// The ETag's hash.
    pub(super) etag: Option<u64>,
    pub(super) document: Vec<u8>,
}

/// Sends requests, one at a time.
pub(super) struct Client {
    target: Arc<Target>,
    connection: Connection,
}

impl Client {
    /// A client with a connection of its own.
    pub(super) fn new(target: Arc<Target>) -> Self {
        let connection = Connection::new(Arc::clone(&target.endpoint));
        Self { target, connection }
    }

    /// Sends a request and judges the answer.
    ///
    /// # Cancel safety
    /// Dropping the future gives the connection up; the request may have been carried out.
    pub(super) async fn send(&mut self, call: Call) -> Outcome {
        let target = Arc::clone(&self.target);
        let mut reception = Reception::new(call.method, call.expected);
        let request = request(&target, call).await;
        let began = target.clock.monotonic();
        let sent = match request {
            Err(fault) => Err(fault),
            Ok(request) => {
                let patience = target.clock.sleep(target.timeout);
                tokio::select! {
                    biased;
                    sent = self.connection.exchange(request, &mut reception) => sent,
                    () = patience => Err(Fault::Timeout),
                }
            }
        };
        let ended = target.clock.monotonic();
        let received = reception.received;
        Outcome {
            began,
            ended,
            received,
            result: sent.and_then(|()| reception.judge()),
        }
    }
}

/// A request, signed.
async fn request(target: &Target, call: Call) -> Result<Request<RequestBody>, Fault> {
    let payload = match &call.body {
        RequestBody::Content { .. } if !target.signs_payload => UNSIGNED.to_owned(),
        RequestBody::Content { start, len, .. } => content_sha256(*start, *len).await,
        RequestBody::Document(bytes) => hex::encode(digest(DigestAlgorithm::Sha256, bytes)),
    };
    let host = target.endpoint.authority();
    let view = RequestView {
        method: call.method,
        path: &call.path,
        query: &call.query,
        headers: vec![("host", host.as_bytes())],
        secure: target.endpoint.is_secure(),
    };
    let now = Timestamp::from_millis(target.clock.unix_millis());
    let signature = target.signer.sign(view, &payload, now);
    let signature = signature.map_err(|_auth| Fault::Request)?;
    let uri = match call.query.as_str() {
        "" => call.path,
        query => format!("{}?{query}", call.path),
    };
    let mut request = Request::builder()
        .method(call.method)
        .uri(uri)
        .header("host", host)
        .header("x-amz-date", signature.amz_date)
        .header("x-amz-content-sha256", payload)
        .header("authorization", signature.authorization);
    if let Some(token) = target.signer.token() {
        request = request.header("x-amz-security-token", token);
    }
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    request.body(call.body).map_err(|_http| Fault::Request)
}

/// The hash of a body that is made only when it is sent. It gives the thread back after each piece:
/// other connections on it are being measured.
async fn content_sha256(start: u64, len: u64) -> String {
    let mut digester = Digester::new(DigestAlgorithm::Sha256);
    let mut piece = vec![0; PIECE_LEN];
    let mut offset = 0;
    while offset < len {
        let piece_len = usize::try_from(len - offset).map_or(PIECE_LEN, |left| left.min(PIECE_LEN));
        piece.truncate(piece_len);
        fill(start, offset, &mut piece);
        digester.update(&piece);
        offset += piece_len as u64;
        tokio::task::yield_now().await;
    }
    hex::encode(digester.finish())
}

/// An answer in the making.
struct Reception {
    method: &'static str,
    expected: Expected,
    status: u16,
    length: Option<u64>,
    etag: Option<u64>,
    retry_after: Option<Duration>,
    received: u64,
    is_content: bool,
    document: Vec<u8>,
}

impl Reception {
    const fn new(method: &'static str, expected: Expected) -> Self {
        Self {
            method,
            expected,
            status: 0,
            length: None,
            etag: None,
            retry_after: None,
            received: 0,
            is_content: true,
            document: Vec::new(),
        }
    }

    const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    fn judge(self) -> Result<Answer, Fault> {
        if !self.is_success() {
            let told = error_document(&self.document);
            return Err(Fault::refused(
                self.method,
                self.status,
                told,
                self.retry_after,
            ));
        }
        let is_status = match self.expected {
            Expected::Content { status, .. } => self.status == status,
            Expected::Done => matches!(self.status, 200 | 204),
            Expected::Document | Expected::Head { .. } | Expected::Stored => self.status == 200,
        };
        let (has_len, etag) = match self.expected {
            Expected::Content { len, etag, .. } => (self.received == len, etag),
            Expected::Head { len, etag } => (self.length == Some(len), etag),
            Expected::Document | Expected::Done | Expected::Stored => (true, None),
        };
        let wants_etag = matches!(self.expected, Expected::Stored);
        let has_etag = etag.is_none_or(|etag| self.etag == Some(etag));
        if !is_status {
            return Err(Wrong::Status.into());
        }
        if !has_len {
            return Err(Wrong::Length.into());
        }
        if !self.is_content {
            return Err(Wrong::Body.into());
        }
        if !has_etag || (wants_etag && self.etag.is_none()) {
            return Err(Wrong::ETag.into());
        }
        Ok(Answer {
            etag: self.etag,
            document: self.document,
        })
    }
}

impl Receiver for Reception {
    fn head(&mut self, head: &Parts) {
        let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        self.status = head.status.as_u16();
        self.length = text("content-length").and_then(|text| text.parse().ok());
        self.etag = text("etag").map(etag_hash);
        let seconds = text("retry-after").and_then(|text| text.parse().ok());
        self.retry_after = seconds.map(Duration::from_secs);
    }

    fn piece(&mut self, bytes: &[u8]) {
        match self.expected {
            Expected::Content { start, offset, .. } if self.is_success() => {
                self.is_content &= is_content(start, offset + self.received, bytes);
            }
            _ => {
                let room = DOCUMENT_LEN_MAX.saturating_sub(self.document.len());
                let kept = bytes.get(..room).unwrap_or(bytes);
                self.document.extend_from_slice(kept);
            }
        }
        self.received += bytes.len() as u64;
    }
}

/// What is remembered of an ETag: never zero.
fn etag_hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish() | 1
}

/// Code and message of S3's error document.
fn error_document(bytes: &[u8]) -> Option<(String, String)> {
    let document = read_document(bytes).ok()?;
    let code = document
        .child_text("Code")
        .filter(|code| !code.is_empty())?;
    let message = document.child_text("Message").unwrap_or_default();
    Some((code.to_owned(), message.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(expected: Expected, status: u16, etag: &str, body: &[u8]) -> Result<Answer, Fault> {
        let mut response = hyper::Response::builder()
            .status(status)
            .header("etag", etag);
        response = response.header("content-length", body.len());
        let (head, ()) = response.body(()).unwrap().into_parts();
        let mut reception = Reception::new("GET", expected);
        reception.head(&head);
        body.chunks(100).for_each(|piece| reception.piece(piece));
        reception.judge()
    }

    fn code(result: Result<Answer, Fault>) -> String {
        result.unwrap_err().code().to_owned()
    }

    #[test]
    fn only_what_was_written_is_a_right_answer() {
        let mut body = vec![0; 1000];
        fill(3, 500, &mut body);
        let content = |len| Expected::Content {
            status: 206,
            start: 3,
            offset: 500,
            len,
            etag: Some(etag_hash("\"a\"")),
        };
        let judged = |expected, body: &[u8]| received(expected, 206, "\"a\"", body);
        judged(content(1000), &body).unwrap();
        assert_eq!(code(judged(content(1001), &body)), "(wrong length)");
        assert_eq!(code(judged(content(999), &body)), "(wrong length)");
        assert_eq!(
            code(received(content(1000), 200, "\"a\"", &body)),
            "(wrong status)"
        );
        assert_eq!(
            code(received(content(1000), 206, "\"b\"", &body)),
            "(wrong etag)"
        );
        body[999] ^= 1;
        assert_eq!(code(judged(content(1000), &body)), "(wrong body)");
    }

    #[test]
    fn refusals_have_the_code_of_the_document() {
        let document =
            b"<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>m</Message></Error>";
        assert_eq!(
            code(received(Expected::Stored, 404, "", document)),
            "NoSuchKey"
        );
        assert_eq!(
            code(received(Expected::Stored, 502, "", b"<html>")),
            "HTTP 502"
        );
        assert_eq!(
            code(received(
                Expected::Stored,
                502,
                "",
                b"<Error><Code/></Error>"
            )),
            "HTTP 502"
        );
    }

    #[test]
    fn documents_are_kept_up_to_their_bound() {
        let mut reception = Reception::new("GET", Expected::Document);
        for _ in 0..5 {
            reception.piece(&vec![b'x'; 1 << 20]);
        }
        assert_eq!(reception.document.len(), DOCUMENT_LEN_MAX);
        assert_eq!(reception.received, 5 << 20);
    }
}
