//! How long does it take to make a row of a version or of a bucket, and to read it back?
//!
//! Every GET, HEAD and listed key opens one version, every PUT seals one; every request reads the
//! header of its bucket. Asked for: a record is small change beside the 140 us of one fdatasync.

use crate::store::{Store, identity, record, seal};
use criterion::Criterion;
use riznica::catalog::buckets::BucketRecord;
use riznica::catalog::versions::VersionRow;
use riznica::model::object_key::ObjectKey;
use std::hint::black_box;

pub(crate) fn records(c: &mut Criterion) {
    let store = Store::new();
    let bucket = store.bucket("records");
    let key = store.key_of(&bucket);
    let object_key = ObjectKey::parse("photos/2026/11/23/img-000001.jpg").unwrap();
    let version = record();
    c.bench_function("version encode and seal", |b| {
        b.iter(|| seal(black_box(&version), &bucket, &object_key, &key));
    });
    let row = seal(&version, &bucket, &object_key, &key);
    let identity = identity(&bucket, &object_key);
    c.bench_function("version decode and open", |b| {
        b.iter(|| {
            let row = VersionRow::decode(black_box(&row).clone()).unwrap();
            row.open(&identity, &key).unwrap()
        });
    });
    c.bench_function("bucket header encode", |b| {
        b.iter(|| black_box(&bucket).encode());
    });
    let header = bucket.encode().into();
    c.bench_function("bucket header decode", |b| {
        b.iter(|| BucketRecord::decode(black_box(&header)).unwrap());
    });
}
