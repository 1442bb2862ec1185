//! Row 76 at the admin listener: random paths, queries and JSON of an operator, random bytes of
//! strangers.
//!
//! Not here: what its handlers do (`src/admin`), noise at S3 (`random`).

use super::Scene;
use super::noise::Noise;
use super::random::{METHODS, is_civil};
use riznica::admin::routes::ROUTES;
use std::fmt::Write as _;

/// What JSON is made of.
const WORDS: [&str; 27] = [
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

/// Behind the credential: noise in paths, queries and JSON.
#[test]
fn row_76_noise_of_an_operator_is_answered_civilly() {
    let scene = Scene::start();
    let mut noise = Noise::new("admin");
    let mut answered = 0;
    for round in 0..1500 {
        let name = match noise.below(3) {
            0 => "attacked".to_owned(),
            1 => noise.visible(12).replace([' ', '?', '#'], "_"),
            _ => noise.escaped(12),
        };
        // Every other time the request has the shape of a route, so that it comes past the gate.
        let is_shaped = noise.below(2) == 0;
        let route = &ROUTES[noise.below(ROUTES.len())];
        let mut target = route.path.replace("{name}", &name).replace("{id}", &name);
        if noise.below(3) == 0 && !(is_shaped && route.query.is_empty()) {
            write!(target, "?tenant={}", noise.escaped(12)).expect("text");
        }
        let mut body = String::new();
        if !is_shaped || route.body.is_some() {
            for _ in 0..noise.below(12) {
                body.push_str(noise.pick(&WORDS));
            }
        }
        let method = if is_shaped {
            route.method.to_uppercase()
        } else {
            noise.pick(&METHODS).to_owned()
        };
        let answer = scene.server.admin_request(&method, &target, &body);
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
    scene.is_unharmed();
}

/// Bytes that are no HTTP, and requests without a credential.
#[test]
fn row_76_noise_of_a_stranger_is_answered_civilly() {
    let scene = Scene::start();
    let mut noise = Noise::new("stranger");
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
