//! Rows of uploads: open ones, their parts, finished ones. Input: kind u8 | part number u16 |
//! readable part, with its length | sealed part.

use super::support::{
    BUCKET, Counter, UPLOAD, VERSION, identity, now, object_key, scope_key, split_byte, split_piece,
};
use bytes::Bytes;
use riznica::catalog::finished_uploads::{expired_finished, load_finished, seal_finished};
use riznica::catalog::objects::ObjectIdentity;
use riznica::catalog::parts::PartTable;
use riznica::catalog::upload_parts::{self, decode_part_blob, load_parts};
use riznica::catalog::{keyspace, uploads};
use riznica::crypto::seal_record;
use riznica::model::time::Timestamp;
use riznica::model::upload::PartNumber;
use riznica::storage::{MemoryEngine, MetaBatch, MetaKey, MetaStore as _};

pub fn run(data: &[u8]) {
    let object_key = object_key();
    let identity = identity(&object_key);
    let (kind, data) = split_byte(data);
    let (number, data) = data.split_first_chunk::<2>().unwrap_or((&[0, 0], data));
    let number = u16::from_le_bytes(*number);
    match kind % 3 {
        0 => open_upload(&identity, data),
        1 => part(&identity, number, data),
        _ => finished(&identity, data),
    }
}

/// The row of `data`'s two parts, for an upload's version that ends in `suffix`.
fn seal(identity: &ObjectIdentity<'_>, suffix: &[u8], data: &[u8]) -> Bytes {
    let (plain, secret) = split_piece(data);
    let version = [UPLOAD.as_bytes().as_slice(), suffix].concat();
    let context = identity.context(&version);
    let row = seal_record(&scope_key(), &context, plain, secret, &Counter::default());
    row.expect("it is short enough").into()
}

fn engine(meta_key: MetaKey, row: Bytes) -> MemoryEngine {
    let engine = MemoryEngine::new();
    let mut batch = MetaBatch::new(keyspace::bucket_partition(BUCKET));
    batch.put(meta_key, row);
    now(engine.commit(batch)).expect("memory has room");
    engine
}

fn open_upload(identity: &ObjectIdentity<'_>, data: &[u8]) {
    let open = |row: Bytes| {
        let engine = engine(keyspace::upload(identity.object_key, UPLOAD), row.clone());
        let loaded = now(uploads::load(&engine, BUCKET, identity.object_key, UPLOAD));
        let loaded = loaded.ok()?.expect("the row is there");
        let opened = loaded.open_upload(identity, UPLOAD, &scope_key()).ok()?;
        let initiated = uploads::decode_initiated(&row).expect("it was just opened");
        assert_eq!(initiated, opened.initiated);
        Some(opened)
    };
    assert!(
        open(Bytes::copy_from_slice(data)).is_none(),
        "nobody sealed this"
    );
    let Some(record) = open(seal(identity, b"upload", data)) else {
        return;
    };
    let row = record.seal(identity, &scope_key(), &Counter::default());
    let again = open(row.expect("it was as short before")).expect("it was written by us");
    assert_eq!(again.data_key.expose(), record.data_key.expose());
    assert_eq!(format!("{again:?}"), format!("{record:?}"));
}

fn part(identity: &ObjectIdentity<'_>, number: u16, data: &[u8]) {
    let Ok(part_number) = PartNumber::new(number) else {
        return;
    };
    let suffix = [b"part".as_slice(), &number.to_be_bytes()].concat();
    let row = seal(identity, &suffix, data);
    let blob = decode_part_blob(&row);
    let engine = engine(keyspace::part(UPLOAD, part_number), row);
    let Ok(rows) = now(load_parts(&engine, BUCKET, UPLOAD, None, 10)) else {
        assert!(blob.is_err());
        return;
    };
    let [row] = rows.as_slice() else {
        panic!("one row, one part");
    };
    assert_eq!(row.part_number, part_number);
    assert_eq!(blob.expect("as before"), row.blob);
    let Ok(stored) = row.open(identity, UPLOAD, &scope_key()) else {
        return;
    };
    assert!(now(upload_parts::load_part_changes(&engine, BUCKET, UPLOAD)).is_ok());
    let table = PartTable {
        parts: vec![stored.entry],
    };
    let (written, sha256) = table
        .seal(identity, VERSION, &scope_key(), &Counter::default())
        .expect("it was as short before");
    let again = PartTable::open(&written, &sha256, identity, VERSION, &scope_key());
    assert_eq!(again.expect("it was written by us"), table);
}

fn finished(identity: &ObjectIdentity<'_>, data: &[u8]) {
    let meta_key = keyspace::finished_upload(identity.object_key, UPLOAD);
    let load = |row: Bytes| {
        let engine = engine(meta_key.clone(), row);
        let loaded = now(load_finished(&engine, BUCKET, identity.object_key, UPLOAD));
        loaded.ok().map(|row| row.expect("the row is there"))
    };
    let row = load(seal(identity, b"finished", data)).expect("it is sealed well");
    let Ok(record) = row.open_finished(identity, UPLOAD, &scope_key()) else {
        return;
    };
    let keys = (&scope_key(), &Counter::default() as _);
    let at = Timestamp::from_millis(7);
    let written = seal_finished(&record, (identity, UPLOAD), at, keys);
    let written = written.expect("it was as short before");
    let stored = engine(meta_key.clone(), written.clone());
    let expired = |millis| {
        let before = Timestamp::from_millis(millis);
        now(expired_finished(&stored, BUCKET, before, 2)).expect("it is sealed well")
    };
    assert!(expired(7).is_empty());
    assert_eq!(expired(8).len(), 1);
    let again = load(written).expect("it is sealed well");
    let again = again.open_finished(identity, UPLOAD, &scope_key());
    assert_eq!(again.expect("it was written by us"), record);
}
