//! S3 requests signed as a test wants them and sent byte for byte; answers as they came.
//!
//! Owns: a signer of its own (SigV4 by the letter of AWS's documentation, over the target exactly
//! as written), the bytes on the wire, an HTTP/1.1 answer. Not here: the official SDK
//! (`support/server.rs`), expectations.

use ring::{digest, hmac};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;
use time::macros::format_description;

/// Region of the test servers.
pub(crate) const REGION: &str = "us-east-1";
/// The header that carries a session token.
pub(crate) const TOKEN_HEADER: &str = "x-amz-security-token";
/// Longest wait for an answer: a test that gets none has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// A tenant's access key, and where its server listens.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// Port of the S3 listener on 127.0.0.1.
    pub(crate) port: u16,
    /// The key's id.
    pub(crate) access_key_id: String,
    /// The key's secret.
    pub(crate) secret: String,
    /// The session token that goes with it, if it is a temporary one.
    pub(crate) token: Option<String>,
}

/// How a request proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signing {
    /// Not at all.
    Anonymous,
    /// `Authorization` header.
    Header,
    /// Query parameters, valid for so many seconds.
    Presigned(i64),
}

/// A request in the making. Everything is sent as it is written: the target must be percent-encoded
/// already.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    account: Account,
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    unsigned_headers: Vec<(String, String)>,
    body: Vec<u8>,
    payload: Option<String>,
    signing: Signing,
    age_seconds: i64,
    has_date_header: bool,
    has_payload_header: bool,
}

/// A request as it goes on the wire; every part can be changed after it was signed.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    /// `PUT` and so on.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Headers in order, `host` first.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status.
    pub(crate) status: u16,
    /// Headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, unchunked.
    pub(crate) body: Vec<u8>,
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

pub(crate) fn hmac_sha256(secret: &[u8], text: &[u8]) -> Vec<u8> {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&secret, text).as_ref().to_vec()
}

/// The time that the server under test has, too.
pub(crate) fn now() -> OffsetDateTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the server under test has the system's clock"
    )]
    OffsetDateTime::from(SystemTime::now())
}

/// `20261123T101500Z` of now less `age_seconds`.
pub(crate) fn amz_date(age_seconds: i64) -> String {
    amz_format(now() - time::Duration::seconds(age_seconds))
}

fn amz_format(at: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    at.format(format).expect("a date")
}

/// `Mon, 23 Nov 2026 10:15:00 -0000`.
fn rfc_2822(at: OffsetDateTime) -> String {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] -0000"
    );
    at.format(format).expect("a date")
}

impl Account {
    /// A header-signed request.
    pub(crate) fn request(&self, method: &str, target: &str) -> Request {
        Request {
            account: self.clone(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            unsigned_headers: Vec::new(),
            body: Vec::new(),
            payload: None,
            signing: Signing::Header,
            age_seconds: 0,
            has_date_header: false,
            has_payload_header: true,
        }
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        self.request("GET", target).send()
    }

    pub(crate) fn head(&self, target: &str) -> Answer {
        self.request("HEAD", target).send()
    }

    pub(crate) fn delete(&self, target: &str) -> Answer {
        self.request("DELETE", target).send()
    }

    pub(crate) fn put(&self, target: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.request("PUT", target).body(body).send()
    }

    pub(crate) fn post(&self, target: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.request("POST", target).body(body).send()
    }

    /// The credential scope of a date.
    pub(crate) fn scope(date: &str) -> String {
        format!("{}/{REGION}/s3/aws4_request", &date[..8])
    }

    /// HMAC of a string to sign under the key of the date's scope.
    pub(crate) fn signature(&self, date: &str, string_to_sign: &str) -> String {
        let mut derived = format!("AWS4{}", self.secret).into_bytes();
        for step in [&date[..8], REGION, "s3", "aws4_request", string_to_sign] {
            derived = hmac_sha256(&derived, step.as_bytes());
        }
        hex::encode(derived)
    }
}

impl Request {
    /// Adds a header, signed.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header that the signature leaves out.
    pub(crate) fn unsigned_header(mut self, name: &str, value: &str) -> Self {
        self.unsigned_headers
            .push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of `x-amz-content-sha256`; without it the body's hash.
    pub(crate) fn payload(mut self, payload: &str) -> Self {
        self.payload = Some(payload.to_owned());
        self
    }

    pub(crate) fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    pub(crate) fn anonymous(self) -> Self {
        self.signing(Signing::Anonymous)
    }

    pub(crate) fn presigned(self) -> Self {
        self.signing(Signing::Presigned(300))
    }

    /// Signs as if it were so many seconds ago (negative: in the future).
    pub(crate) fn aged(mut self, seconds: i64) -> Self {
        self.age_seconds = seconds;
        self
    }

    /// Is dated by a signed `Date` that ends in `-0000`, and has no `x-amz-date`.
    pub(crate) fn dated_by_date_header(mut self) -> Self {
        self.has_date_header = true;
        self
    }

    /// Is signed with the body's hash without saying so: no `x-amz-content-sha256`.
    pub(crate) fn without_payload_header(mut self) -> Self {
        self.has_payload_header = false;
        self
    }

    /// Signs.
    pub(crate) fn wire(mut self) -> Wire {
        let host = format!("127.0.0.1:{}", self.account.port);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            self.headers.insert(0, ("host".to_owned(), host));
        }
        match self.signing {
            Signing::Anonymous => {}
            Signing::Header => self.sign_header(),
            Signing::Presigned(seconds) => self.sign_query(seconds),
        }
        let mut headers = self.headers;
        headers.extend(self.unsigned_headers);
        let has_length = headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length")
                || name.eq_ignore_ascii_case("transfer-encoding")
        });
        if !has_length && (!self.body.is_empty() || matches!(&*self.method, "PUT" | "POST")) {
            headers.push(("content-length".to_owned(), self.body.len().to_string()));
        }
        Wire {
            method: self.method,
            target: self.target,
            headers,
            body: self.body,
        }
    }

    /// Signs, sends on a connection of its own, and reads the answer.
    pub(crate) fn send(self) -> Answer {
        let port = self.account.port;
        self.wire().send(port)
    }

    fn sign_header(&mut self) {
        if let Some(token) = self.account.token.clone() {
            self.headers.push((TOKEN_HEADER.to_owned(), token));
        }
        let at = now() - time::Duration::seconds(self.age_seconds);
        let date = amz_format(at);
        let payload = self.payload.clone();
        let payload = payload.unwrap_or_else(|| sha256_hex(&self.body));
        if self.has_payload_header {
            let header = ("x-amz-content-sha256".to_owned(), payload.clone());
            self.headers.push(header);
        }
        self.headers.push(if self.has_date_header {
            ("date".to_owned(), rfc_2822(at))
        } else {
            ("x-amz-date".to_owned(), date.clone())
        });
        let (signed_headers, signature) = self.sign(&date, &payload);
        let scope = Account::scope(&date);
        let id = &self.account.access_key_id;
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed_headers}, \
             Signature={signature}"
        );
        self.headers.push(("authorization".to_owned(), value));
    }

    fn sign_query(&mut self, seconds: i64) {
        let date = amz_date(self.age_seconds);
        let names = self.signed_names();
        let id = &self.account.access_key_id;
        let scope = Account::scope(&date).replace('/', "%2F");
        let joint = if self.target.contains('?') { '&' } else { '?' };
        let signed_headers = names.join("%3B");
        write!(
            self.target,
            "{joint}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={id}%2F{scope}\
             &X-Amz-Date={date}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders={signed_headers}"
        )
        .expect("text");
        if let Some(token) = &self.account.token {
            write!(self.target, "&X-Amz-Security-Token={token}").expect("text");
        }
        let payload = self.payload.clone();
        let payload = payload.unwrap_or_else(|| "UNSIGNED-PAYLOAD".to_owned());
        let (_, signature) = self.sign(&date, &payload);
        write!(self.target, "&X-Amz-Signature={signature}").expect("text");
    }

    fn signed_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .headers
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Signed headers and signature.
    fn sign(&self, date: &str, payload: &str) -> (String, String) {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let mut pairs: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                if pair.contains('=') {
                    pair.to_owned()
                } else {
                    format!("{pair}=")
                }
            })
            .collect();
        // By name first: `select` comes before `select-type`, though `=` comes behind `-`.
        pairs.sort_by(|a, b| a.split('=').cmp(b.split('=')));
        let names = self.signed_names();
        let mut canonical = format!("{}\n{path}\n{}\n", self.method, pairs.join("&"));
        for name in &names {
            let values: Vec<&str> = self
                .headers
                .iter()
                .filter(|(present, _)| present.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
                .collect();
            writeln!(canonical, "{name}:{}", values.join(",")).expect("text");
        }
        let signed_headers = names.join(";");
        write!(canonical, "\n{signed_headers}\n{payload}").expect("text");
        let hash = sha256_hex(canonical.as_bytes());
        let scope = Account::scope(date);
        let string_to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
        (
            signed_headers,
            self.account.signature(date, &string_to_sign),
        )
    }
}

impl Wire {
    /// Replaces or adds a header.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.headers
            .retain(|(present, _)| !present.eq_ignore_ascii_case(name));
    }

    /// The value of a header that is there.
    pub(crate) fn value(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(present, _)| present.eq_ignore_ascii_case(name));
        &found.expect("the header").1
    }

    /// Request line and headers.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").expect("text");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Sends it on a connection of its own and reads the answer.
    pub(crate) fn send(&self, port: u16) -> Answer {
        self.send_on(Connection::open(port)).expect("an answer")
    }

    /// As [`Wire::send`], to a server that may be gone: `None` without a whole answer.
    pub(crate) fn try_send(&self, port: u16) -> Option<Answer> {
        self.send_on(Connection::try_open(port)?)
    }

    fn send_on(&self, mut connection: Connection) -> Option<Answer> {
        connection.write(&self.head());
        connection.write(&self.body);
        connection.try_answer(&self.method)
    }
}

/// A connection to a server, for what goes beyond one request and one answer.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Self {
        Self::try_open(port).expect("a connection")
    }

    /// Opens a connection, if somebody listens.
    pub(crate) fn try_open(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("no delay");
        let stream = BufReader::new(stream);
        Some(Self { stream })
    }

    /// Writes; that the server has closed already shows in the answer.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        drop(self.stream.get_mut().write_all(bytes));
    }

    /// Whether the server has closed its side: nothing more will come. Waits for it.
    pub(crate) fn is_closed(&mut self) -> bool {
        match self.stream.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            // A reset is an end as well; running out of patience is not.
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// Says that nothing more will be written.
    pub(crate) fn end_writing(&self) {
        drop(self.stream.get_ref().shutdown(Shutdown::Write));
    }

    /// Whether the server says nothing, and does not close, for 20 ms.
    pub(crate) fn is_silent(&self) -> bool {
        let patience = |patience| {
            let stream = self.stream.get_ref();
            stream.set_read_timeout(Some(patience)).expect("a timeout");
        };
        patience(Duration::from_millis(20));
        let peeked = self.stream.get_ref().peek(&mut [0]);
        patience(PATIENCE);
        matches!(peeked, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Reads one answer to `method`.
    pub(crate) fn answer(&mut self, method: &str) -> Answer {
        self.try_answer(method).expect("an answer")
    }

    /// Reads one answer, or `None` when the connection ends before it.
    pub(crate) fn try_answer(&mut self, method: &str) -> Option<Answer> {
        let status_line = self.line()?;
        let status = status_line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer {
            status,
            headers,
            body: Vec::new(),
        };
        let has_body = method != "HEAD" && status >= 200 && status != 204 && status != 304;
        if has_body {
            answer.body = self.body(&answer)?;
        }
        Some(answer)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line).ok()?;
        let line = line.strip_suffix(b"\r\n")?;
        Some(String::from_utf8_lossy(line).into_owned())
    }

    fn body(&mut self, answer: &Answer) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        if let Some(len) = answer.header("content-length") {
            body.resize(len.parse().ok()?, 0);
            self.stream.read_exact(&mut body).ok()?;
        } else if answer.header("transfer-encoding") == Some("chunked") {
            loop {
                let len = usize::from_str_radix(self.line()?.trim(), 16).ok()?;
                let start = body.len();
                body.resize(start + len, 0);
                self.stream.read_exact(body.get_mut(start..)?).ok()?;
                self.line()?;
                if len == 0 {
                    break;
                }
            }
        } else {
            self.stream.read_to_end(&mut body).ok()?;
        }
        Some(body)
    }
}

impl Answer {
    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(present, _)| present == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the server closes the connection after this answer.
    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }

    /// The body as text.
    pub(crate) fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The text of the first element of a name in an XML body, unescaped.
    pub(crate) fn text(&self, element: &str) -> Option<String> {
        self.texts(element).into_iter().next()
    }

    /// The texts of all elements of a name, in order, unescaped.
    pub(crate) fn texts(&self, element: &str) -> Vec<String> {
        let body = self.body_text();
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        let rest = body.split(&open).skip(1);
        rest.filter_map(|rest| Some(unescape(rest.split_once(&close)?.0)))
            .collect()
    }

    /// Status and S3 code, `""` without one: what most tests compare.
    pub(crate) fn outcome(&self) -> (u16, String) {
        (self.status, self.text("Code").unwrap_or_default())
    }

    /// Fails the test unless the answer has this status; shows the body.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body_text());
        self
    }

    /// Fails the test unless the answer is this error; shows the body.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        let outcome = self.outcome();
        assert_eq!(outcome, (status, code.to_owned()), "{}", self.body_text());
        self
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&#13;", "\r")
        .replace("&#xD;", "\r")
        .replace("&#10;", "\n")
        .replace("&#xA;", "\n")
        .replace("&amp;", "&")
}
