//! How long does a page of a listing take: 1,000 keys, and 1,000 common prefixes of 1,000 keys
//! each?
//!
//! Asked for: ListObjectsV2 of 1,000 keys at most 2 ms of the server's CPU, answer included; with a
//! delimiter at most 10 ms, since what lies under a prefix is jumped over. First the page out of
//! the rows, then the document out of the page.

use crate::store::{Store, is_trial, permit_in};
use criterion::Criterion;
use riznica::base::limits::LIST_PAGE_MAX;
use riznica::gateway::listing::ListedObject;
use riznica::gateway::{BucketRecord, ListPage, ListQuery};
use riznica::iam::Action;
use riznica::s3::xml::responses_list::{ListEcho, V2Echo, list_objects_v2};
use std::hint::black_box;

/// Keys of the bucket without folders: a page is not all of it.
const FLAT_KEYS: usize = 5 * LIST_PAGE_MAX;

pub(crate) fn pages(c: &mut Criterion) {
    let store = Store::new();
    let flat = store.bucket("flat");
    let names = (0..FLAT_KEYS).map(|at| format!("photos/2026/11/img-{at:08}.jpg"));
    store.fill(&flat, names);
    let keys_each = if is_trial() { 5 } else { LIST_PAGE_MAX };
    let folders = store.bucket("folders");
    let names = (0..LIST_PAGE_MAX).flat_map(|folder| {
        (0..keys_each).map(move |at| format!("case-{folder:06}/scan-{at:06}.pdf"))
    });
    store.fill(&folders, names);
    let store = store.restarted();
    page(c, "list 1,000 keys", &store, &flat, None);
    page(c, "list 1,000 common prefixes", &store, &folders, Some("/"));
}

fn page(
    c: &mut Criterion,
    name: &str,
    store: &Store,
    bucket: &BucketRecord,
    delimiter: Option<&str>,
) {
    let query = ListQuery {
        delimiter: delimiter.map(str::to_owned),
        limit: LIST_PAGE_MAX,
        ..ListQuery::default()
    };
    let list = || {
        let permit = permit_in(bucket, Action::ListBucket, None);
        let listed = store.gateway.list_objects(permit, bucket, query.clone());
        store.runtime.block_on(listed).unwrap()
    };
    let listed = list();
    assert_eq!(listed.entries.len(), LIST_PAGE_MAX);
    c.bench_function(name, |b| b.iter(&list));
    for (suffix, is_url_encoded) in [("", false), (", encoding-type=url", true)] {
        let echo = ListEcho {
            bucket: bucket.name.as_str(),
            prefix: "",
            delimiter,
            limit: LIST_PAGE_MAX,
            is_url_encoded,
        };
        c.bench_function(&format!("{name}, render{suffix}"), |b| {
            b.iter(|| render(echo, black_box(&listed)));
        });
    }
}

fn render(echo: ListEcho<'_>, page: &ListPage<ListedObject>) -> String {
    let v2 = V2Echo {
        continuation_token: None,
        next_continuation_token: Some("cGhvdG9z"),
        start_after: None,
        owners: None,
    };
    list_objects_v2(echo, &v2, page)
}
