//! How much of a core does the MD5 of bodies take? One stream bounds a PUT on one connection;
//! several together must cost hardly more than one.
//!
//! Last accepted, 2026-11-30, one core of an AMD EPYC with AVX-512 (virtual machine), pieces of 256
//! KiB of 1, 2, 4, 8 and 16 streams, together: AVX-512 0.93, 0.89, 1.8, 3.6, 7.2 GB/s; AVX2 0.94,
//! 0.75, 1.5, 3.0, 3.0 GB/s; scalar 0.94 GB/s for any number. One body of 4 KiB 0.90, of 32 KiB
//! 0.94 GB/s.

#![expect(clippy::expect_used, reason = "a bench that cannot run may end")]

use bytes::Bytes;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use riznica::base::md5::{Kernel, Md5, Streams};
use std::hint::black_box;

const PIECE_LEN: usize = 262_144;

/// One piece of each of `count` streams that are there at the same time.
fn pieces(kernel: Kernel, pieces: &[Bytes]) {
    let mut streams = Streams::new(kernel);
    let mut waiting = pieces.iter();
    loop {
        for piece in waiting.by_ref().take(streams.free_lanes()) {
            streams.enter(Md5::default(), piece.clone(), ());
        }
        if streams.is_empty() {
            break;
        }
        streams.turn();
        streams.finished().for_each(|(md5, ())| {
            black_box(md5.finish());
        });
    }
}

fn streams(c: &mut Criterion) {
    let all: Vec<_> = (0..16).map(|n| Bytes::from(vec![n; PIECE_LEN])).collect();
    for kernel in Kernel::all() {
        let mut group = c.benchmark_group(kernel.to_string());
        for count in [1, 2, 4, 8, 16] {
            let some = all.get(..count).expect("16 pieces");
            group.throughput(Throughput::Bytes((count * PIECE_LEN) as u64));
            group.bench_function(BenchmarkId::new("streams", count), |b| {
                b.iter(|| pieces(kernel, black_box(some)));
            });
        }
        group.finish();
    }
}

fn short(c: &mut Criterion) {
    let mut group = c.benchmark_group("one body");
    for len in [64_u32, 4096, 32_768] {
        let body = vec![0x5a; len as usize];
        group.throughput(Throughput::Bytes(u64::from(len)));
        group.bench_function(BenchmarkId::new("bytes", len), |b| {
            b.iter(|| {
                let mut md5 = Md5::default();
                md5.update(black_box(&body));
                black_box(md5.finish())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, streams, short);
criterion_main!(benches);
