//! The row of a version. Input: readable part, with its length | sealed part.
//!
//! The target seals what it is given, as a holder of the bucket key could: nobody else's bytes get
//! past the tag, which is asserted too.

use super::support::{Counter, identity, object_key, scope_key, split_piece};
use bytes::Bytes;
use riznica::catalog::objects::ObjectRecord;
use riznica::catalog::versions::VersionRow;
use riznica::crypto::seal_record;

pub fn run(data: &[u8]) {
    let object_key = object_key();
    let identity = identity(&object_key);
    if let Ok(row) = VersionRow::decode(Bytes::copy_from_slice(data)) {
        assert!(
            row.open(&identity, &scope_key()).is_err(),
            "nobody sealed this"
        );
    }
    let (plain, secret) = split_piece(data);
    let seal = |version: &[u8]| {
        let context = identity.context(version);
        let row = seal_record(&scope_key(), &context, plain, secret, &Counter::default());
        Bytes::from(row.expect("it is short enough"))
    };
    let Ok(misplaced) = VersionRow::decode(seal(b"elsewhere")) else {
        return;
    };
    assert!(
        misplaced.open(&identity, &scope_key()).is_err(),
        "it belongs elsewhere"
    );
    let row = VersionRow::decode(seal(misplaced.plain.version.as_bytes())).expect("as before");
    let Ok(secret) = row.open(&identity, &scope_key()) else {
        return;
    };
    let record = ObjectRecord {
        plain: row.plain,
        secret,
    };
    let write = |record: &ObjectRecord| {
        let row = record.seal(&identity, &scope_key(), &Counter::default());
        row.expect("it was as short before")
    };
    let written = write(&record);
    let row = VersionRow::decode(written.clone()).expect("it was written by us");
    assert_eq!(row.plain, record.plain);
    let secret = row
        .open(&identity, &scope_key())
        .expect("it was sealed by us");
    assert_eq!(secret.data_key.expose(), record.secret.data_key.expose());
    assert_eq!(format!("{secret:?}"), format!("{:?}", record.secret));
    let again = write(&ObjectRecord {
        plain: row.plain,
        secret,
    });
    assert_eq!(again, written);
}
