//! How much of a core does sealing take? One core has to keep up with a 10 Gbit/s link (1.25 GB/s)
//! next to hashing, and a record must be small change beside the 0.14 ms of one fdatasync.
//!
//! Last accepted, 2026-11-30, one core of an AMD EPYC (virtual machine), pieces of 256 KiB: seal
//! 8.6 GiB/s with key derivation and allocation, open 10.6 GiB/s without the copy of the stored
//! bytes. Record of 400 bytes: seal 1.5 us, open 1.2 us.

#![expect(clippy::expect_used, reason = "a bench that cannot run may end")]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use riznica::base::entropy::SystemEntropy;
use riznica::crypto::{
    DataKey, Opener, RecordContext, RecordView, ScopeKey, SealedPiece, Sealer, StreamParameters,
    seal_record,
};
use riznica::model::id::{BucketId, TenantId};
use std::hint::black_box;

fn seal_once(
    data_key: &DataKey,
    plaintext: &[u8],
    entropy: &SystemEntropy,
) -> (StreamParameters, SealedPiece) {
    let mut sealer = Sealer::new(data_key.sealing_key(0, entropy).expect("random bytes"));
    let piece = sealer.seal(plaintext, true, &[]).expect("one last piece");
    (sealer.parameters(), piece)
}

fn streams(c: &mut Criterion) {
    let entropy = SystemEntropy::new();
    let data_key = DataKey::generate(&entropy).expect("random bytes");
    let mut group = c.benchmark_group("stream");
    for (name, len) in [("64 KiB", 65_536_u32), ("256 KiB", 262_144)] {
        let plaintext = vec![0x5a; len as usize];
        group.throughput(Throughput::Bytes(u64::from(len)));
        group.bench_function(format!("seal {name}"), |b| {
            b.iter(|| black_box(seal_once(&data_key, black_box(&plaintext), &entropy)));
        });
        let (parameters, piece) = seal_once(&data_key, &plaintext, &entropy);
        let sealed = piece.into_bytes();
        group.bench_function(format!("open {name}"), |b| {
            let opening_key = data_key
                .opening_key(0, &parameters)
                .expect("own parameters");
            let opener = Opener::new(opening_key, u64::from(len));
            let open = |mut bytes: Vec<u8>| {
                black_box(opener.open(0, &mut bytes).expect("own stream"));
                bytes
            };
            b.iter_batched(|| sealed.to_vec(), open, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn records(c: &mut Criterion) {
    let entropy = SystemEntropy::new();
    let scope_key = ScopeKey::generate(1, &entropy).expect("random bytes");
    let context = RecordContext {
        tenant: TenantId::from_bytes([1; 16]),
        bucket: BucketId::from_bytes([2; 16]),
        object_key: b"backups/2026/11/23/database.tar",
        version: &[3; 16],
    };
    let (plain, secret) = ([0; 60], [0; 240]);
    let seal =
        || seal_record(&scope_key, &context, &plain, &secret, &entropy).expect("small record");
    c.bench_function("record seal", |b| b.iter(|| black_box(seal())));
    let record = seal();
    c.bench_function("record open", |b| {
        b.iter(|| {
            let view = RecordView::decode(black_box(&record)).expect("own record");
            black_box(view.open(&scope_key, &context).expect("own record"))
        });
    });
}

criterion_group!(benches, streams, records);
criterion_main!(benches);
