//! Rows that are framed, through the functions that read them from an engine. Input: kind u8 |
//! fields; with the kind's top bit set, the whole row with its frame.
//!
//! What is sealed inside of a frame is sealed by the target too, as a holder of the key could do
//! it: nobody else's bytes get past the tag, which is asserted.

use super::cors;
use super::lifecycle;
use super::support::{BUCKET, Counter, TENANT, now, scope_key, split_byte};
use bytes::Bytes;
use riznica::auth::AccessKeyId;
use riznica::base::clock::ManualClock;
use riznica::catalog::accounts::member::Member;
use riznica::catalog::buckets::BucketRecord;
use riznica::catalog::journal::{self, ChangeQuery, Entry};
use riznica::catalog::keyspace::UsageRow;
use riznica::catalog::last_used::LastUsed;
use riznica::catalog::ledger;
use riznica::catalog::operators::{self, Installation, OperatorRecord};
use riznica::catalog::record::{self, RecordKind};
use riznica::catalog::released::Released;
use riznica::catalog::retention_clock::RetentionClock;
use riznica::catalog::sealed_settings::{self, SealedDocument};
use riznica::catalog::settings::{self, SettingsKind};
use riznica::catalog::tenant_setup::TenantSetup;
use riznica::catalog::usage_hours::{self, EndedBucket};
use riznica::catalog::usage_months::BucketUsage;
use riznica::catalog::{
    bucket_acl, bucket_tags, buckets, credentials, keyspace, tenants, traffic, usage,
};
use riznica::crypto::{RecordContext, seal_record};
use riznica::model::bucket::BucketName;
use riznica::model::iam::MemberKind;
use riznica::model::id::{BlobId, BucketId, ChangeId};
use riznica::model::operator::{OperatorName, Roles};
use riznica::model::quota::QuotaKind;
use riznica::model::tenant::TenantName;
use riznica::model::time::Timestamp;
use riznica::storage::{
    EngineExt as _, MemoryEngine, MetaBatch, MetaKey, MetaStore as _, Partition, ScanRange,
};
use std::sync::Arc;

/// What a settings document may be about.
const SETTINGS: [SettingsKind; 6] = [
    SettingsKind::Lifecycle,
    SettingsKind::LifecycleProgress,
    SettingsKind::Policy,
    SettingsKind::Tags,
    SettingsKind::Cors,
    SettingsKind::Acl,
];

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
        10 => retention_clock(&row(RecordKind::RetentionClock)),
        11 => settings_row(&row(RecordKind::Settings)),
        12 => settings_document(fields),
        13 => member_row(&row(RecordKind::Member)),
        14 => sealed_member(fields),
        15 => last_used(&row(RecordKind::LastUsed)),
        18 => change(&row(RecordKind::Change)),
        24 => traffic_row(&row(RecordKind::Traffic)),
        25 => usage_month(&row(RecordKind::UsageMonth)),
        26 => usage_ended(&row(RecordKind::UsageEnded)),
        27 => closing(fields),
        28 => tenant_setup(&row(RecordKind::TenantSetup)),
        29 => usage_purged(&row(RecordKind::UsagePurged)),
        _ => {
            let engine = engine(
                bucket,
                keyspace::usage(QuotaKind::Bytes),
                Bytes::copy_from_slice(fields),
            );
            if let Ok(found) = now(usage::of_bucket(&engine, BUCKET)) {
                assert!(matches!(fields.len(), 8 | 32), "a counter of {found:?}");
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
    // Lock, lifecycle, protection and quota, or a quota of bytes alone, or no public access, or no
    // ownership: they grow by their bytes.
    let grown = written.len() - row.len();
    let is_old =
        matches!(grown, 2 | 3 | 5 | 10 | 11) && written[..row.len() - 4] == row[..row.len() - 4];
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
    now(tenants::create(&engine, &found, |_batch| {})).expect("it is the only tenant");
    let written = get(&engine, Partition::System, &keyspace::tenant(found.tenant));
    // Rows of the first weeks have no limits, later ones none of status, register number, contact,
    // prefixes and rates. A canonical id is read in either case and written in lower case.
    assert!(matches!(written.len() - row.len(), 0 | 15 | 19));
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
    let created = credentials::create(&engine, &found, |_batch| {});
    now(created).expect("it is the only access key");
    let meta_key = keyspace::access_key(&found.access_key_id);
    let written = get(&engine, Partition::System, &meta_key);
    // Rows from before there were users and expiries do not say that there are none.
    let is_old = written.len() == row.len() + 9 && written[..row.len() - 4] == row[..row.len() - 4];
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
        let name = OperatorName::parse("operator").expect("a valid name");
        let made = (found.created, "");
        let operator = OperatorRecord::new(name, Roles::FOUNDER, made, b"token");
        let initialised = operators::initialise(&engine, &found, &operator, |_batch| {});
        now(initialised).expect("it is new");
        assert_eq!(
            get(&engine, Partition::System, &keyspace::installation()),
            *row
        );
    }
}

/// No row makes a token that nobody made pass, and what is read is written again.
fn operator(row: &Bytes) {
    let name = OperatorName::parse("operator").expect("a valid name");
    let meta_key = keyspace::operator(&name);
    let old = engine(Partition::System, meta_key.clone(), row.clone());
    let token = b"a token that no row was made for";
    let passed = now(operators::verify_token(&old, &name, token));
    assert!(!matches!(passed, Ok(Some(_))));
    let Ok(found) = now(operators::find(&old, &name)) else {
        return;
    };
    let found = found.expect("the row is there");
    let engine = MemoryEngine::new();
    now(operators::create(&engine, &found, |_batch| {})).expect("it is the only operator");
    let written = get(&engine, Partition::System, &meta_key);
    // Rows from before there were roles do not say that it has all of them.
    let is_old =
        written.len() == row.len() + 14 && written[..row.len() - 4] == row[..row.len() - 4];
    assert!(written == *row || is_old);
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

/// A clock that is stored is the clock that goes on, and is stored again byte for byte; one that
/// does not decode is no clock at all.
fn retention_clock(row: &Bytes) {
    let meta_key = keyspace::retention_clock();
    let engine = Arc::new(engine(Partition::System, meta_key.clone(), row.clone()));
    let shared = Arc::<MemoryEngine>::clone(&engine);
    let Ok(clock) = now(RetentionClock::load(shared, Arc::new(ManualClock::at(0)))) else {
        return;
    };
    // The wall clock stands behind it, or where it is: it has nothing to catch up with.
    now(clock.begin()).expect("a row that decodes is left alone");
    assert_eq!(get(&engine, Partition::System, &meta_key), *row);
    let mut batch = MetaBatch::new(Partition::System);
    batch.delete(meta_key.clone());
    now(engine.commit(batch)).expect("memory has room");
    now(clock.persist()).expect("memory has room");
    assert_eq!(get(&engine, Partition::System, &meta_key), *row);
}

/// A row is one kind's alone, under whichever name it stands.
fn settings_row(row: &Bytes) {
    let partition = keyspace::bucket_partition(BUCKET);
    let mut read_count = 0;
    for kind in SETTINGS {
        let old = engine(partition, keyspace::settings(kind), row.clone());
        let Ok(found) = now(settings::load(&old, BUCKET, kind)) else {
            continue;
        };
        read_count += 1;
        let mut batch = MetaBatch::new(partition);
        settings::put(&mut batch, kind, &found.expect("the row is there"));
        let engine = MemoryEngine::new();
        now(engine.commit(batch)).expect("memory has room");
        assert_eq!(get(&engine, partition, &keyspace::settings(kind)), *row);
    }
    assert!(read_count <= 1, "a row of two kinds");
}

/// What is in a document. Input: kind u8 | document.
fn settings_document(data: &[u8]) {
    let (number, document) = split_byte(data);
    let kind = SETTINGS[usize::from(number) % SETTINGS.len()];
    match kind {
        SettingsKind::Cors => cors::stored(document),
        SettingsKind::Lifecycle => lifecycle::stored(document),
        // One that cannot be read is the start of a new pass, whatever it says.
        SettingsKind::LifecycleProgress => {}
        SettingsKind::Acl | SettingsKind::Policy | SettingsKind::Tags => {
            sealed_document(kind, document);
        }
    }
}

fn sealed_document(kind: SettingsKind, plain: &[u8]) {
    let name = BucketName::parse("records").expect("a valid name");
    let created = Timestamp::from_millis(0);
    let bucket = BucketRecord::new(BUCKET, name, TENANT, created, Vec::new());
    let engine = MemoryEngine::new();
    now(buckets::create(&engine, &bucket, &[], 1)).expect("it is the only bucket");
    let load = |document: &[u8]| {
        now(settings::store(&engine, BUCKET, kind, document)).expect("the bucket is there");
        let loaded = now(SealedDocument::load(&engine, &bucket, kind)).ok()?;
        Some(loaded.expect("it was stored"))
    };
    if let Some(foreign) = load(plain) {
        let opened = foreign.open(&bucket, &scope_key());
        assert!(opened.is_err(), "nobody sealed this");
    }
    let keys = scope_key();
    let seal = |kind| {
        let sealed = sealed_settings::seal(&bucket, kind, plain, (&keys, &Counter::default()));
        load(&sealed.expect("it is short enough")).expect("it was sealed by us")
    };
    let misplaced = seal(SettingsKind::Lifecycle);
    assert!(misplaced.open(&bucket, &keys).is_err(), "of another kind");
    let document = seal(kind);
    let opened = document.open(&bucket, &keys).expect("it was sealed by us");
    assert_eq!(opened.expose(), plain);
    if kind == SettingsKind::Acl
        && let Ok(list) = bucket_acl::open(&document, &bucket, &keys)
    {
        let again = bucket_acl::seal(&bucket, &list, (&keys, &Counter::default()));
        let again = load(&again.expect("it was as short before")).expect("it was sealed by us");
        let again = again.open(&bucket, &keys).expect("it was sealed by us");
        assert_eq!(again.expose(), plain);
    }
    if kind != SettingsKind::Tags {
        return;
    }
    let Ok(tags) = bucket_tags::open(&document, &bucket, &keys) else {
        return;
    };
    let entropy = Counter::default();
    let stored = bucket_tags::store(&engine, &bucket, &tags, &keys, &entropy);
    now(stored).expect("the bucket is there");
    let again = now(SealedDocument::load(&engine, &bucket, kind)).expect("it was written by us");
    let again = bucket_tags::open(&again.expect("it is there"), &bucket, &keys);
    assert_eq!(again.expect("it was sealed by us"), tags);
}

/// Nobody's row is a member, in whichever account it stands.
fn member_row(row: &Bytes) {
    for kind in [MemberKind::Group, MemberKind::Role, MemberKind::User] {
        let name = kind.name("ana").expect("a valid name");
        let meta_key = keyspace::member(TENANT, kind, &name);
        let opened = Member::open((TENANT, kind), &meta_key, row, &scope_key());
        assert!(opened.is_err(), "nobody sealed this");
    }
}

fn sealed_member(secret: &[u8]) {
    for kind in [MemberKind::Group, MemberKind::Role, MemberKind::User] {
        let name = kind.name("ana").expect("a valid name");
        let meta_key = keyspace::member(TENANT, kind, &name);
        let context = RecordContext {
            tenant: TENANT,
            bucket: BucketId::from_bytes([0; 16]),
            object_key: &meta_key,
            version: b"member",
        };
        let sealed = seal_record(&scope_key(), &context, &[], secret, &Counter::default());
        let sealed = sealed.expect("it is short enough");
        let row = record::encode(RecordKind::Member, |w| {
            w.fixed(TENANT.as_bytes()).field(&sealed);
        });
        let Ok(member) = Member::open((TENANT, kind), &meta_key, &row, &scope_key()) else {
            continue;
        };
        let written = member.seal(&scope_key(), &Counter::default());
        let written = written.expect("it was as short before");
        if member.row() == meta_key {
            assert_eq!(written, row);
        }
        let again = Member::open((TENANT, kind), &member.row(), &written, &scope_key());
        assert_eq!(again.expect("it was written by us"), member);
    }
}

fn last_used(row: &Bytes) {
    let id = AccessKeyId::parse("AKID").expect("a valid id");
    let meta_key = keyspace::last_used(&id);
    let old = engine(Partition::System, meta_key.clone(), row.clone());
    let Ok(found) = now(LastUsed::default().of(&old, &id)) else {
        return;
    };
    let (engine, again) = (MemoryEngine::new(), LastUsed::default());
    again.note(&id, found.expect("the row is there"));
    now(again.store(&engine)).expect("memory has room");
    assert_eq!(get(&engine, Partition::System, &meta_key), *row);
}

/// A change that is read is told as it was written.
fn change(row: &Bytes) {
    let id = ChangeId::from_bytes([1; 16]);
    let old = engine(Partition::System, keyspace::change(id), row.clone());
    let query = ChangeQuery {
        behind: None,
        since: None,
        tenant: None,
        operator: None,
        limit: 10,
    };
    let Ok(page) = now(journal::page(&old, query)) else {
        return;
    };
    let [found] = page.changes.as_slice() else {
        panic!("one row, one change");
    };
    let value = |text: &Option<String>| {
        let value = text
            .as_deref()
            .map(serde_json::from_str::<serde_json::Value>);
        let value = value.transpose().ok()?;
        let is_ours = value.as_ref().map(ToString::to_string) == *text;
        is_ours.then_some(value)
    };
    // Only what this program writes as JSON comes back byte for byte.
    let (Some(before), Some(after)) = (value(&found.before), value(&found.after)) else {
        return;
    };
    let (by, at) = ((&*found.operator, &*found.operation), found.at);
    let (subject, tenant) = (found.subject.clone(), found.tenant.clone());
    let entry = Entry::new(by, subject, tenant, (at, &Counter::default()));
    let mut batch = MetaBatch::new(Partition::System);
    let entry = entry.expect("a counter does not fail");
    entry.append(&mut batch, before.as_ref(), after.as_ref());
    let engine = MemoryEngine::new();
    now(engine.commit(batch)).expect("memory has room");
    let written = rows(&engine, keyspace::CHANGE);
    assert_eq!(written[0].1, *row);
}

fn traffic_row(row: &Bytes) {
    if let Ok(found) = traffic::decode(row) {
        assert_eq!(traffic::encode(&found), *row);
    }
}

fn usage_month(row: &Bytes) {
    if let Ok(found) = BucketUsage::decode(row) {
        assert_eq!(found.encode(), *row);
    }
}

fn usage_ended(row: &Bytes) {
    if let Ok(found) = EndedBucket::decode(row) {
        assert_eq!(found.encode(), *row);
    }
}

fn usage_purged(row: &Bytes) {
    if let Ok(found) = usage_hours::decode_purged(row) {
        assert_eq!(usage_hours::encode_purged(found), *row);
    }
}

fn tenant_setup(row: &Bytes) {
    if let Ok(found) = TenantSetup::decode(row) {
        assert_eq!(found.encode(), *row);
    }
}

/// A closed hour is told as it is, and fills no hour but its own.
fn closing(row: &[u8]) {
    const HOUR: u32 = 500_000;
    let bytes = UsageRow::Closing(QuotaKind::Bytes);
    let meta_key = keyspace::usage_hour(BUCKET, bytes, HOUR);
    let row = Bytes::copy_from_slice(row);
    let engine = engine(Partition::Tenant(TENANT), meta_key, row.clone());
    let owner = (TENANT, BUCKET);
    let at = Timestamp::from_millis(u64::from(HOUR + 1) * 3_600_000);
    let Ok(told) = now(usage_hours::of_bucket(
        &engine,
        owner,
        HOUR - 1..HOUR + 1,
        at,
    )) else {
        return;
    };
    assert_eq!(row.len(), 24, "a closed hour of {told:?}");
    let [(_, before), (_, own)] = told.as_slice() else {
        panic!("two hours");
    };
    assert!(before.is_empty());
    let (last, millis) = (own.bytes.last.to_le_bytes(), own.bytes.millis.to_le_bytes());
    assert_eq!([last.as_slice(), &millis].concat(), row);
}
