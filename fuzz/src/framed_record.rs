//! Rows that are framed but not sealed, through the functions that read them from an engine. Input:
//! kind u8 | fields; with the kind's top bit set, the whole row with its frame.

use super::support::{BUCKET, TENANT, now, split_byte};
use bytes::Bytes;
use riznica::auth::AccessKeyId;
use riznica::catalog::ledger;
use riznica::catalog::operators::{self, Installation};
use riznica::catalog::record::{self, RecordKind};
use riznica::catalog::released::Released;
use riznica::catalog::{buckets, credentials, keyspace, tenants, usage};
use riznica::model::id::BlobId;
use riznica::model::quota::QuotaKind;
use riznica::model::tenant::TenantName;
use riznica::storage::{
    EngineExt as _, MemoryEngine, MetaBatch, MetaKey, MetaStore as _, Partition, ScanRange,
};

pub fn run(data: &[u8]) {
    let (number, fields) = split_byte(data);
    let row = |kind| {
        if number & 0x80 == 0 {
            Bytes::from(record::encode(kind, |w| {
                w.fixed(fields);
            }))
        } else {
            Bytes::copy_from_slice(fields)
        }
    };
    let bucket = keyspace::bucket_partition(BUCKET);
    match number & 0x7f {
        0 => bucket_header(&row(RecordKind::BucketHeader)),
        1 => tenant(&row(RecordKind::Tenant)),
        2 => access_key(&row(RecordKind::AccessKey)),
        3 => ledger_entry(&row(RecordKind::Ledger)),
        4 => released(&row(RecordKind::Released)),
        5 => installation(&row(RecordKind::Installation)),
        6 => operator(&row(RecordKind::Operator)),
        7 => names(&row(RecordKind::BucketName), &row(RecordKind::DeadBucket)),
        8 => tenant_name(&row(RecordKind::TenantName)),
        _ => {
            let engine = engine(
                bucket,
                keyspace::usage(QuotaKind::Bytes),
                Bytes::copy_from_slice(fields),
            );
            if let Ok(found) = now(usage::of_bucket(&engine, BUCKET)) {
                assert_eq!(fields.len(), 8, "a counter of {found:?}");
            }
        }
    }
}

/// An engine with one row.
fn engine(partition: Partition, meta_key: MetaKey, row: Bytes) -> MemoryEngine {
    let engine = MemoryEngine::new();
    let mut batch = MetaBatch::new(partition);
    batch.put(meta_key, row);
    now(engine.commit(batch)).expect("memory has room");
    engine
}

fn get(engine: &MemoryEngine, partition: Partition, meta_key: &MetaKey) -> Bytes {
    let row = now(engine.get(partition, meta_key)).expect("memory answers");
    row.expect("it was written")
}

/// The only rows of a partition whose meta keys begin with this.
fn rows(engine: &MemoryEngine, prefix: u8) -> Vec<(Bytes, Bytes)> {
    let range = ScanRange {
        start: vec![prefix],
        end: keyspace::prefix_end(&[prefix]),
    };
    now(engine.scan_page(Partition::System, range, 10)).expect("memory answers")
}

fn bucket_header(row: &Bytes) {
    let partition = keyspace::bucket_partition(BUCKET);
    let old = engine(partition, keyspace::bucket_header(), row.clone());
    let Ok(Some(header)) = now(buckets::header(&old, BUCKET)) else {
        return;
    };
    assert!(header.keys.len() <= row.len());
    let engine = MemoryEngine::new();
    now(buckets::create(&engine, &header, &[], 1)).expect("it is the only bucket");
    let written = get(
        &engine,
        keyspace::bucket_partition(header.bucket),
        &keyspace::bucket_header(),
    );
    // Rows of the first weeks have no default encryption, later ones none of versioning, Object
    // Lock, lifecycle, protection, quota and access: they grow by their bytes.
    let grown = written.len() - row.len();
    let is_old = matches!(grown, 1 | 3 | 8 | 9) && written[..row.len() - 4] == row[..row.len() - 4];
    assert!(written == *row || is_old);
    let again = now(buckets::find(&engine, &header.name)).expect("it was written by us");
    assert_eq!(format!("{again:?}"), format!("{:?}", Some(header)));
}

fn tenant(row: &Bytes) {
    let old = engine(Partition::System, keyspace::tenant(TENANT), row.clone());
    let Ok(Some(found)) = now(tenants::find(&old, TENANT)) else {
        return;
    };
    let engine = MemoryEngine::new();
    now(tenants::create(&engine, &found)).expect("it is the only tenant");
    let written = get(&engine, Partition::System, &keyspace::tenant(found.tenant));
    // Rows of the first weeks have no limits, later ones no status, number, contact and prefixes. A
    // canonical id is read in either case and written in lower case.
    assert!(matches!(written.len() - row.len(), 0 | 11 | 15));
    let fields_len = row.len() - 4;
    assert!(written[..fields_len].eq_ignore_ascii_case(&row[..fields_len]));
    let again = now(tenants::find_by_name(&engine, &found.name)).expect("it was written by us");
    assert_eq!(format!("{again:?}"), format!("{:?}", Some(found)));
}

fn access_key(row: &Bytes) {
    let id = AccessKeyId::parse("AKID").expect("a valid id");
    let old = engine(Partition::System, keyspace::access_key(&id), row.clone());
    let Ok(Some(found)) = now(credentials::find(&old, &id)) else {
        return;
    };
    let engine = MemoryEngine::new();
    now(credentials::create(&engine, &found)).expect("it is the only access key");
    let meta_key = keyspace::access_key(&found.access_key_id);
    let written = get(&engine, Partition::System, &meta_key);
    // Rows from before there were users end in front of the user and the expiry.
    let fields_len = row.len() - 4;
    let is_old = written.len() == row.len() + 9 && written[..fields_len] == row[..fields_len];
    assert!(written == *row || is_old);
}

fn ledger_entry(row: &Bytes) {
    let partition = keyspace::bucket_partition(BUCKET);
    let blob = BlobId::from_bytes([1; 16]);
    let old = engine(partition, keyspace::ledger(blob), row.clone());
    let Ok(page) = now(ledger::page(&old, BUCKET, None, 10)) else {
        return;
    };
    let [entry] = page.as_slice() else {
        panic!("one row, one entry");
    };
    let mut batch = MetaBatch::new(partition);
    entry.enter(&mut batch);
    let engine = MemoryEngine::new();
    now(engine.commit(batch)).expect("memory has room");
    assert_eq!(get(&engine, partition, &keyspace::ledger(entry.blob)), *row);
}

fn released(row: &Bytes) {
    let old = engine(Partition::System, keyspace::released(), row.clone());
    if let Ok(found) = now(Released::load(&old)) {
        let engine = MemoryEngine::new();
        now(found.store(&engine)).expect("memory has room");
        assert_eq!(get(&engine, Partition::System, &keyspace::released()), *row);
    }
}

fn installation(row: &Bytes) {
    let old = engine(Partition::System, keyspace::installation(), row.clone());
    if let Ok(found) = now(operators::installation(&old)) {
        let found: Installation = found.expect("the row is there");
        let engine = MemoryEngine::new();
        now(operators::initialise(&engine, &found, "operator", b"token")).expect("it is new");
        assert_eq!(
            get(&engine, Partition::System, &keyspace::installation()),
            *row
        );
    }
}

/// No row makes a token that nobody made pass.
fn operator(row: &Bytes) {
    let engine = engine(
        Partition::System,
        keyspace::operator("operator"),
        row.clone(),
    );
    let token = b"a token that no row was made for";
    assert!(!matches!(
        now(operators::verify_token(&engine, "operator", token)),
        Ok(true)
    ));
}

fn names(name_row: &Bytes, dead_row: &Bytes) {
    let meta_key = MetaKey::from([&[keyspace::BUCKET_NAME], b"bucket".as_slice()].concat());
    let living = engine(Partition::System, meta_key, name_row.clone());
    if let Ok(found) = now(buckets::list(&living)) {
        assert_eq!(found.len(), rows(&living, keyspace::BUCKET_NAME).len());
    }
    let dead = engine(
        Partition::System,
        keyspace::dead_bucket(BUCKET),
        dead_row.clone(),
    );
    if let Ok(found) = now(buckets::list_dead(&dead)) {
        assert_eq!(found.len(), 1);
    }
}

/// A name whose tenant is missing is an error, never a tenant.
fn tenant_name(row: &Bytes) {
    let name = TenantName::parse("city").expect("a valid name");
    let engine = engine(Partition::System, keyspace::tenant_name(&name), row.clone());
    assert!(now(tenants::find_by_name(&engine, &name)).is_err());
}
