//! Requests that are signed with the hash of their body and do not state it (s3-behaviour.md 2).

use crate::raw::{Account, Connection, Wire, amz_date, sha256_hex};
use crate::server::TestServer;

/// A signed request without `x-amz-content-sha256`, as by the letter of the general SigV4.
fn unstated(account: &Account, method: &str, target: &str, body: &[u8]) -> Wire {
    let (date, host) = (amz_date(0), format!("127.0.0.1:{}", account.port));
    let hash = sha256_hex(body);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("{query}=")
    };
    let canonical = format!(
        "{method}\n{path}\n{query}\nhost:{host}\nx-amz-date:{date}\n\nhost;x-amz-date\n{hash}"
    );
    let scope = Account::scope(&date);
    let canonical = sha256_hex(canonical.as_bytes());
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{canonical}");
    let signature = account.signature(&date, &text);
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders=host;x-amz-date, \
         Signature={signature}",
        account.access_key_id
    );
    let headers = [
        ("host", host),
        ("x-amz-date", date),
        ("authorization", authorization),
        ("content-length", body.len().to_string()),
    ];
    Wire {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        body: body.to_vec(),
    }
}

#[test]
fn body_is_hashed_when_its_hash_is_not_stated() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/unstated", "").expect(200);
    let put = unstated(&city, "PUT", "/unstated/object", b"four");
    put.send(city.port).expect(200);
    assert_eq!(city.get("/unstated/object").expect(200).body, b"four");
    let empty = unstated(&city, "PUT", "/unstated/empty", b"");
    empty.send(city.port).expect(200);
    let document = b"<Delete><Object><Key>empty</Key></Object></Delete>";
    let delete = unstated(&city, "POST", "/unstated?delete", document);
    delete.send(city.port).expect(200);
    city.get("/unstated/empty").refused(404, "NoSuchKey");
    // By chunked transfer, and with the body held back until it is asked for.
    let large = vec![7; 3 << 20];
    let mut chunked = unstated(&city, "PUT", "/unstated/large", &large);
    chunked.remove("content-length");
    chunked.set("transfer-encoding", "chunked");
    let head = format!("{:x}\r\n", large.len()).into_bytes();
    chunked.body = [&head[..], &large, b"\r\n0\r\n\r\n"].concat();
    chunked.send(city.port).expect(200);
    assert!(city.get("/unstated/large").expect(200).body == large);
    let mut held = unstated(&city, "PUT", "/unstated/held", b"held back");
    held.set("expect", "100-continue");
    let mut connection = Connection::open(city.port);
    connection.write(&held.head());
    assert_eq!(connection.answer("PUT").status, 100);
    connection.write(&held.body);
    connection.answer("PUT").expect(200);
}

#[test]
fn changed_body_of_an_unstated_hash_is_denied() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/unstated", "").expect(200);
    let mut put = unstated(&city, "PUT", "/unstated/object", b"four");
    put.body = b"five".to_vec();
    put.send(city.port).refused(403, "SignatureDoesNotMatch");
    let mut stranger = city.clone();
    stranger.access_key_id = "AKIAIOSFODNN7EXAMPLE".to_owned();
    let put = unstated(&stranger, "PUT", "/unstated/object", b"four");
    put.send(city.port).refused(403, "InvalidAccessKeyId");
    assert_eq!(
        city.get("/unstated?list-type=2")
            .expect(200)
            .texts("Key")
            .len(),
        0
    );
}

/// The body is held in memory until its sender is known: there is an end to that.
#[test]
fn body_over_16_mib_of_an_unstated_hash_is_refused() {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/unstated", "").expect(200);
    let large = vec![7; (16 << 20) + 1];
    let put = unstated(&city, "PUT", "/unstated/object", &large);
    let mut declared = put.clone();
    declared.body.clear();
    declared
        .send(city.port)
        .refused(400, "MaxMessageLengthExceeded");
    let mut chunked = put;
    chunked.remove("content-length");
    chunked.set("transfer-encoding", "chunked");
    let head = format!("{:x}\r\n", large.len()).into_bytes();
    chunked.body = [&head[..], &large, b"\r\n0\r\n\r\n"].concat();
    chunked
        .send(city.port)
        .refused(400, "MaxMessageLengthExceeded");
    assert_eq!(
        city.get("/unstated?list-type=2")
            .expect(200)
            .texts("Key")
            .len(),
        0
    );
}
