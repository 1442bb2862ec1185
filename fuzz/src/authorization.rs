//! The `Authorization` header. Input: a request as text (`support::Request`).

use super::support::{Request, assert_signature_decides};

pub fn run(data: &[u8]) {
    if let Some(request) = Request::parse(data) {
        assert_signature_decides(&request, with_signature);
    }
}

fn with_signature(request: &Request, signature: &str) -> Request {
    let mut signed = request.clone();
    for (name, value) in &mut signed.headers {
        if name == "authorization" {
            let text = String::from_utf8(value.clone()).expect("it was verified as text");
            let components = text.split(',').map(|component| {
                if component.trim().starts_with("Signature=") {
                    format!("Signature={signature}")
                } else {
                    component.to_owned()
                }
            });
            *value = components.collect::<Vec<_>>().join(",").into_bytes();
        }
    }
    signed
}
