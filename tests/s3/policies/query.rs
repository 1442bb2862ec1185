//! Forms of the query APIs, signed as botocore signs them: without `x-amz-content-sha256`.

use crate::raw::{self, Account, Answer, TOKEN_HEADER, Wire, hmac_sha256, sha256_hex};
use std::fmt::Write as _;

const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
/// The region in whose scope clients sign for services of the whole world.
pub(super) const GLOBAL: &str = "us-east-1";

/// A form to IAM.
pub(super) fn iam(account: &Account, pairs: &[(&str, &str)]) -> Answer {
    send(account, "iam", &body(pairs, "2010-05-08"))
}

/// A form to STS.
pub(super) fn sts(account: &Account, pairs: &[(&str, &str)]) -> Answer {
    send(account, "sts", &body(pairs, "2011-06-15"))
}

/// A form's body; everything but letters and digits is escaped.
pub(super) fn body(pairs: &[(&str, &str)], version: &str) -> String {
    let mut text = format!("Version={version}");
    for (name, value) in pairs {
        write!(text, "&{name}=").expect("text");
        for byte in value.bytes() {
            if byte.is_ascii_alphanumeric() {
                text.push(char::from(byte));
            } else {
                write!(text, "%{byte:02X}").expect("text");
            }
        }
    }
    text
}

/// Sends a body as a form that is signed for a service.
pub(super) fn send(account: &Account, service: &str, body: &str) -> Answer {
    signed(account, (service, GLOBAL), body).send(account.port)
}

/// A form that is signed for a service in a region.
pub(super) fn signed(account: &Account, (service, region): (&str, &str), body: &str) -> Wire {
    let date = raw::amz_date(0);
    let host = format!("127.0.0.1:{}", account.port);
    let token = account.token.as_deref();
    let (names, token_line) = match token {
        None => ("content-type;host;x-amz-date", String::new()),
        Some(token) => (
            "content-type;host;x-amz-date;x-amz-security-token",
            format!("{TOKEN_HEADER}:{token}\n"),
        ),
    };
    let canonical = format!(
        "POST\n/\n\ncontent-type:{FORM}\nhost:{host}\nx-amz-date:{date}\n{token_line}\n{names}\n{}",
        sha256_hex(body.as_bytes())
    );
    let scope = format!("{}/{region}/{service}/aws4_request", &date[..8]);
    let hash = sha256_hex(canonical.as_bytes());
    let string_to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{hash}");
    let mut derived = format!("AWS4{}", account.secret).into_bytes();
    for step in [&date[..8], region, service, "aws4_request", &string_to_sign] {
        derived = hmac_sha256(&derived, step.as_bytes());
    }
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        account.access_key_id,
        hex::encode(derived)
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![
        header("host", &host),
        header("content-type", FORM),
        header("x-amz-date", &date),
        header("authorization", &authorization),
        header("content-length", &body.len().to_string()),
    ];
    headers.extend(token.map(|token| header(TOKEN_HEADER, token)));
    Wire {
        method: "POST".to_owned(),
        target: "/".to_owned(),
        headers,
        body: body.as_bytes().to_vec(),
    }
}
