//! How long does it take to get 4 KiB out of a sealed piece of 256 KiB?
//!
//! The range lies in one of the piece's four segments, so 64 KiB are read and opened for it. First
//! the opening alone, key derivation included, as `gateway::read_path` does it; then the whole way
//! of a GET below HTTP, from a blob file that the system has in memory.

use crate::store::{Store, permit_in};
use bytes::{Bytes, BytesMut};
use criterion::{BatchSize, Criterion};
use futures::StreamExt;
use riznica::base::channel::body_channel;
use riznica::base::entropy::SystemEntropy;
use riznica::base::limits::{PIECE_PLAIN_LEN, SEGMENT_LEN, TAG_LEN};
use riznica::crypto::{DataKey, Opener, Sealer};
use riznica::gateway::BucketRecord;
use riznica::gateway::digests::{BodyEnd, DeclaredDigests};
use riznica::gateway::object::get::{GetObject, Selection};
use riznica::gateway::object::put::PutObject;
use riznica::iam::Action;
use riznica::model::conditions::{ReadConditions, WriteConditions};
use riznica::model::lock::LockState;
use riznica::model::metadata::ObjectMetadata;
use riznica::model::object_key::ObjectKey;
use riznica::model::range::ByteRange;
use riznica::model::tags::TagSet;
use std::hint::black_box;

const RANGE_LEN: usize = 4096;
/// In the third segment, across none of its borders.
const RANGE_START: usize = 2 * SEGMENT_LEN + 10_000;

pub(crate) fn ranges(c: &mut Criterion) {
    opening(c);
    reading(c);
}

fn opening(c: &mut Criterion) {
    let entropy = SystemEntropy::new();
    let data_key = DataKey::generate(&entropy).unwrap();
    let mut sealer = Sealer::new(data_key.sealing_key(0, &entropy).unwrap());
    let piece = sealer.seal(vec![0x5a; PIECE_PLAIN_LEN].as_slice(), true, &[]);
    let (piece, parameters) = (piece.unwrap().into_bytes(), sealer.parameters());
    let sealed_len = SEGMENT_LEN + TAG_LEN;
    let segment = RANGE_START / SEGMENT_LEN;
    let sealed = piece.slice(segment * sealed_len..(segment + 1) * sealed_len);
    let start = RANGE_START % SEGMENT_LEN;
    let open = |mut buffer: BytesMut| {
        let opening_key = data_key.opening_key(0, &parameters).unwrap();
        let opener = Opener::new(opening_key, PIECE_PLAIN_LEN as u64);
        let len = opener.open(segment as u64, &mut buffer).unwrap();
        buffer.truncate(len);
        buffer.freeze().slice(start..start + RANGE_LEN)
    };
    c.bench_function("range open 4 KiB of 256 KiB", |b| {
        // What was read is opened where it lies: the copy here is not part of it.
        let read = || BytesMut::from(&sealed[..]);
        b.iter_batched(read, open, BatchSize::LargeInput);
    });
}

fn reading(c: &mut Criterion) {
    let store = Store::new();
    let bucket = store.bucket("ranges");
    let object_key = ObjectKey::parse("piece.bin").unwrap();
    put(&store, &bucket, &object_key);
    let store = store.restarted();
    let last = RANGE_START + RANGE_LEN - 1;
    let request = GetObject {
        object_key,
        version: None,
        selection: Selection::Range(ByteRange::Inclusive(RANGE_START as u64, last as u64)),
        range_condition: None,
        conditions: ReadConditions::default(),
    };
    let read = async || {
        let permit = permit_in(&bucket, Action::GetObject, Some("piece.bin"));
        let answer = store.gateway.get_object(permit, &bucket, &request).await;
        let (_, mut stream) = answer.unwrap();
        let bytes = stream.next().await.unwrap().unwrap();
        assert_eq!(bytes.len(), RANGE_LEN);
        black_box(bytes)
    };
    c.bench_function("range read 4 KiB of 256 KiB", |b| {
        b.iter(|| store.runtime.block_on(read()));
    });
}

/// Stores an object of one piece.
fn put(store: &Store, bucket: &BucketRecord, object_key: &ObjectKey) {
    let request = PutObject {
        object_key: object_key.clone(),
        metadata: ObjectMetadata::default(),
        declared: DeclaredDigests::default(),
        conditions: WriteConditions::default(),
        tags: TagSet::default(),
        lock: LockState::default(),
        acl: None,
    };
    let permit = permit_in(bucket, Action::PutObject, Some(object_key.as_str()));
    store.runtime.block_on(async {
        let (sender, body) = body_channel(1);
        let sent = async {
            let piece = Bytes::from(vec![0x5a; PIECE_PLAIN_LEN]);
            sender.send(piece).await.unwrap();
            sender.finish(BodyEnd::default()).await.unwrap();
        };
        let stored = store.gateway.put_object(permit, bucket, request, body);
        let (stored, ()) = futures::join!(stored, sent);
        stored.unwrap();
    });
}
