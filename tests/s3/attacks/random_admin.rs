//! Row 76 at the admin listener: random paths, queries and JSON of an operator, random bytes of
//! strangers.
//!
//! Not here: what the listener does (`tests/cli`), noise at S3 (`random`).

use super::Scene;
use super::noise::Noise;
use super::random::{METHODS, is_civil};
use std::fmt::Write as _;

/// The admin listener behind its credential: noise in paths, queries and JSON.
#[test]
fn row_76_noise_at_the_admin_listener_is_answered_civilly() {
    let scene = Scene::start();
    let mut noise = Noise::new("admin");
    let paths = [
        "/health/live",
        "/health/ready",
        "/metrics",
        "/v1/buckets",
        "/v1/buckets/@",
        "/v1/buckets/@/protect",
        "/v1/buckets/@/quota",
        "/v1/clock",
        "/v1/keys",
        "/v1/keys/@",
        "/v1/keys/@/disable",
        "/v1/profiles",
        "/v1/profiles/@",
        "/v1/tenants",
        "/v1/tenants/@",
        "/v1/tenants/@/quota",
        "/v1/usage/recount",
    ];
    let words = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "null",
        "true",
        "0",
        "-1",
        "1e999",
        "name",
        "tenant",
        "profile",
        "bytes",
        "objects",
        "buckets",
        "attacked",
        "city",
        "\\u0000",
        "\\ud800",
        "{\"name\":\"",
        "\"}",
        "{\"tenant\":\"",
        "{\"bytes\":",
        "99999999999999999999",
    ];
    let mut answered = 0;
    for round in 0..1500 {
        let name = match noise.below(3) {
            0 => "attacked".to_owned(),
            1 => noise.visible(12).replace([' ', '?', '#'], "_"),
            _ => noise.escaped(12),
        };
        let mut target = noise.pick(&paths).replace('@', &name);
        if noise.below(3) == 0 {
            write!(target, "?tenant={}", noise.escaped(12)).expect("text");
        }
        let mut body = String::new();
        for _ in 0..noise.below(12) {
            body.push_str(noise.pick(&words));
        }
        let method = noise.pick(&METHODS);
        let answer = scene.server.admin_request(method, &target, &body);
        assert!(
            is_civil(answer.status),
            "{round}: {method} {target} {body:?} {answer:?}"
        );
        answered += usize::from(answer.status < 400);
    }
    // Some of it was understood: the noise has come past the credential.
    assert!(answered > 20, "{answered}");
    let live = scene.server.admin_request("GET", "/health/live", "");
    live.expect(200);
    // Bytes that are no HTTP, and a stranger's.
    for round in 0..300 {
        let mut connection = scene.server.admin_connection();
        let bytes = if round % 2 == 0 {
            noise.bytes(600)
        } else {
            let line = format!(
                "{} /v1/{} HTTP/1.1\r\n",
                noise.pick(&METHODS),
                noise.escaped(9)
            );
            [line.into_bytes(), noise.bytes(60), b"\r\n\r\n".to_vec()].concat()
        };
        connection.write(&bytes);
        connection.end_writing();
        if let Some(answer) = connection.try_answer("GET") {
            assert!((400..500).contains(&answer.status), "{round}: {answer:?}");
        }
    }
    scene.is_unharmed();
}
