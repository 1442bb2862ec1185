//! Row 71: HTTP/2 is not offered, by no way of asking.

use super::Scene;
use crate::authority::Authority;
use crate::raw::Connection;
use std::process::{Command, Stdio};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame of HTTP/2: type, flags, stream, payload.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len())
        .expect("a short frame")
        .to_be_bytes();
    let mut frame = len[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// Two floods that filled memory or time of the HTTP/2 servers of 2024 and 2026.
#[test]
fn row_71_rustsec_2024_0332_preface_and_floods_are_refused() {
    let scene = Scene::start();
    let settings = frame(4, 0, 0, &[]);
    let continuation = frame(9, 0, 1, &[0; 64]).repeat(4096);
    let empty_data = frame(0, 0, 1, &[]).repeat(4096);
    let resets = [frame(1, 4, 1, &[0x82]), frame(3, 0, 1, &[0; 4])]
        .concat()
        .repeat(4096);
    for flood in [Vec::new(), continuation, empty_data, resets] {
        let mut connection = Connection::open(scene.city.port);
        connection.write(&[PREFACE, &settings, &flood].concat());
        if let Some(answer) = connection.try_answer("GET") {
            assert_eq!(answer.status, 400);
        }
        assert!(connection.is_closed(), "the connection stayed open");
    }
    scene.is_unharmed();
}

#[test]
fn row_71_upgrade_is_not_offered() {
    let scene = Scene::start();
    for protocol in ["h2c", "websocket", "TLS/1.0"] {
        let get = scene.city.request("GET", "/attacked");
        let get = get.unsigned_header("connection", "Upgrade, HTTP2-Settings");
        let get = get.unsigned_header("upgrade", protocol);
        let get = get.unsigned_header("http2-settings", "AAMAAABkAAQAAP__");
        let answer = get.send();
        assert!(
            matches!(answer.status, 200 | 400),
            "{protocol}: {}",
            answer.status
        );
        assert_eq!(answer.header("upgrade"), None);
    }
    scene.is_unharmed();
}

/// CONNECT and TRACE make no tunnel and echo nothing.
#[test]
fn row_71_other_methods_are_refused() {
    let scene = Scene::start();
    for method in ["CONNECT", "TRACE", "PATCH", "PROPFIND", "BREW"] {
        let request = scene.city.request(method, "/attacked/object");
        let answer = request.header("x-amz-meta-canary", "canary").send();
        assert!(
            matches!(answer.status, 400 | 405 | 501),
            "{method}: {}",
            answer.status
        );
        assert!(!answer.body_text().contains("canary"), "{method}");
    }
    scene.is_unharmed();
}

/// What `openssl s_client` says of a handshake that offers these protocols.
fn handshake(port: u16, protocols: &str) -> String {
    let done = Command::new("openssl")
        .args(["s_client", "-connect", &format!("127.0.0.1:{port}")])
        .args(["-alpn", protocols])
        .stdin(Stdio::null())
        .output()
        .expect("openssl runs");
    let said = [done.stdout, done.stderr].concat();
    String::from_utf8_lossy(&said).into_owned()
}

/// Over TLS the protocol is agreed on before the first byte of HTTP.
#[test]
fn row_71_http_2_is_not_agreed_on_over_tls() {
    let authority = Authority::new();
    let server = authority.server();
    for protocols in ["h2,http/1.1", "http/1.1,h2", "http/1.1"] {
        let said = handshake(server.port, protocols);
        assert!(
            said.contains("ALPN protocol: http/1.1"),
            "{protocols}: {said}"
        );
    }
    // Who speaks nothing else is sent away.
    for protocols in ["h2", "h2c", "h3,h2"] {
        let said = handshake(server.port, protocols);
        assert!(!said.contains("ALPN protocol:"), "{protocols}: {said}");
        assert!(
            said.contains("no application protocol"),
            "{protocols}: {said}"
        );
    }
}
