//! Part tables of multipart objects. Input: readable part, with its length | sealed part.

use super::support::{Counter, VERSION, identity, object_key, scope_key, split_piece};
use riznica::base::digest::{DigestAlgorithm, digest};
use riznica::catalog::parts::PartTable;
use riznica::crypto::seal_record;

fn sha256(row: &[u8]) -> [u8; 32] {
    let sha256 = digest(DigestAlgorithm::Sha256, row);
    sha256.try_into().expect("SHA-256 has 32 bytes")
}

pub fn run(data: &[u8]) {
    let object_key = object_key();
    let identity = identity(&object_key);
    let open = |row: &[u8], sha256: &[u8; 32]| {
        PartTable::open(row, sha256, &identity, VERSION, &scope_key())
    };
    if let Ok(blobs) = PartTable::decode_blobs(data) {
        assert!(
            blobs.len() * 20 <= data.len(),
            "no more blobs than bytes for them"
        );
    }
    assert!(open(data, &sha256(data)).is_err(), "nobody sealed this");
    let (plain, secret) = split_piece(data);
    let version = [VERSION.as_bytes().as_slice(), b"parts"].concat();
    let context = identity.context(&version);
    let row = seal_record(&scope_key(), &context, plain, secret, &Counter::default());
    let row = row.expect("it is short enough");
    let Ok(table) = open(&row, &sha256(&row)) else {
        return;
    };
    assert!(
        open(&row, &[0; 32]).is_err(),
        "the object names another table"
    );
    let blobs = PartTable::decode_blobs(&row).expect("it was just opened");
    assert!(table.parts.iter().map(|part| part.blob).eq(blobs));
    let (written, sha256) = table
        .seal(&identity, VERSION, &scope_key(), &Counter::default())
        .expect("it was as short before");
    assert_eq!(
        open(&written, &sha256).expect("it was written by us"),
        table
    );
}
