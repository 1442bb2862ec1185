//! Session tokens. Input: kind u8 | with an even kind a token's text, with an odd one what is
//! sealed inside of one.
//!
//! What is sealed inside is sealed by the target too, as a holder of the key could do it: nobody
//! else's bytes get past the tag, which is asserted.

use super::support::{Counter, TENANT, scope_key, split_byte};
use riznica::auth::AccessKeyId;
use riznica::base::encoding::{base64_url_decode, base64_url_encode};
use riznica::catalog::sessions::{self, SessionToken};
use riznica::crypto::{RecordContext, seal_record};
use riznica::model::id::BucketId;

pub fn run(data: &[u8]) {
    let (kind, rest) = split_byte(data);
    if kind & 1 == 0 {
        if let Ok(text) = std::str::from_utf8(rest) {
            nobody_sealed(text);
        }
        // Most texts are no Base64: the same bytes as what it would decode to.
        nobody_sealed(&base64_url_encode(rest));
    } else {
        sealed(rest);
    }
}

fn id() -> AccessKeyId {
    AccessKeyId::parse("RTEXAMPLE").expect("a valid id")
}

fn nobody_sealed(text: &str) {
    let Some(token) = SessionToken::parse(text) else {
        return;
    };
    let bytes = base64_url_decode(text).expect("it was read");
    assert_eq!(&bytes[1..17], token.tenant.as_bytes());
    let opened = token.open(&id(), &scope_key()).expect("nothing to read");
    assert!(opened.is_none(), "nobody sealed this");
}

/// What opens can be issued again, and opens the same.
fn sealed(fields: &[u8]) {
    let id = id();
    let context = RecordContext {
        tenant: TENANT,
        bucket: BucketId::from_bytes([0; 16]),
        object_key: id.as_str().as_bytes(),
        version: b"session",
    };
    let sealed = seal_record(&scope_key(), &context, &[], fields, &Counter::default());
    let sealed = sealed.expect("it is short enough");
    let bytes = [&[1], TENANT.as_bytes().as_slice(), &sealed].concat();
    let Some(token) = SessionToken::parse(&base64_url_encode(&bytes)) else {
        return;
    };
    let Ok(opened) = token.open(&id, &scope_key()) else {
        return;
    };
    let grant = opened.expect("its own key opens it").grant;
    let again = sessions::issue(&grant, &scope_key(), &Counter::default()).expect("it is issued");
    let text = std::str::from_utf8(again.token.expose()).expect("text");
    let Some(token) = SessionToken::parse(text) else {
        return;
    };
    let opened = token.open(&again.access_key_id, &scope_key());
    let opened = opened.expect("it was written by us").expect("it opens");
    assert_eq!(opened.grant, grant);
    let secret = again.secret_access_key.expose();
    assert_eq!(opened.secret_access_key.expose(), secret);
}
