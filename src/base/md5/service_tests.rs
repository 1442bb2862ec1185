//! Streams that share the service: their digests, and what becomes of those whose client or thread
//! has gone.

use super::{HashThread, Job, Md5Service};
use crate::base::md5::{Kernel, Md5};
use crate::base::task::BlockingPool;
use bytes::Bytes;
use md5::Digest as _;
use std::sync::Arc;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

fn service(kernel: Kernel, threads_max: usize) -> Md5Service {
    Md5Service::with_kernel(kernel, BlockingPool::new(Handle::current(), 1), threads_max)
}

/// More than one turn, and no whole number of blocks.
fn piece(n: u8) -> Bytes {
    Bytes::from(vec![n; 20_000 + usize::from(n)])
}

/// A job, and where its state comes back.
fn job(n: u8) -> (Job, oneshot::Receiver<Md5>) {
    let (reply, hashed) = oneshot::channel();
    let (md5, piece) = (Md5::default(), piece(n));
    (Job { md5, piece, reply }, hashed)
}

async fn stream(service: &Md5Service, n: u8) -> [u8; 16] {
    let mut md5 = Md5::default();
    for _ in 0..2 {
        md5 = service.update(md5, piece(n)).await.unwrap();
    }
    md5.finish()
}

/// Waits until no thread runs: the last one ends after it has sent its last reply.
async fn idle(service: &Md5Service) {
    while service.shared.queue().threads > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn streams_at_once_have_the_digests_that_they_have_alone() {
    for kernel in Kernel::all() {
        for threads_max in [1, 3] {
            let service = service(kernel, threads_max);
            let digests = (0..40).map(|n| stream(&service, n));
            for (n, digest) in (0..40).zip(futures::future::join_all(digests).await) {
                let expected: [u8; 16] = md5::Md5::digest(piece(n).repeat(2)).into();
                assert_eq!(digest, expected, "{kernel}, stream {n}");
            }
            idle(&service).await;
            assert!(service.shared.queue().waiting.is_empty());
        }
    }
}

#[tokio::test]
async fn second_thread_starts_when_lanes_are_full_and_no_more_than_allowed() {
    for kernel in Kernel::all() {
        let service = service(kernel, 2);
        let lanes = kernel.lane_count();
        let mut threads = Vec::new();
        let mut replies = Vec::new();
        for n in 0..=u8::try_from(lanes * 3).unwrap() {
            let (job, reply) = job(n);
            threads.extend(service.shared.submit(job).map(|thread| (n, thread)));
            replies.push(reply);
        }
        // Nobody empties the queue here: the second thread comes with the job that fills the lanes.
        let started: Vec<_> = threads.iter().map(|(n, _)| usize::from(*n)).collect();
        assert_eq!(started, [0, (lanes - 1).max(1)], "{kernel}");
        for (_, thread) in threads {
            thread.run();
        }
        for reply in replies {
            reply.await.unwrap();
        }
        assert_eq!(service.shared.queue().threads, 0);
    }
}

#[tokio::test]
async fn piece_of_a_client_that_has_gone_is_not_hashed() {
    let service = service(Kernel::best(), 1);
    let (gone, reply) = job(1);
    let data = gone.piece.clone();
    drop(reply);
    let thread = service.shared.submit(gone).unwrap();
    let (job, reply) = job(2);
    assert!(service.shared.submit(job).is_none());
    thread.run();
    reply.await.unwrap();
    assert!(data.is_unique(), "the piece is kept for nobody");
}

#[tokio::test]
async fn thread_that_dies_leaves_an_error_and_the_next_piece_finds_a_new_one() {
    let service = service(Kernel::best(), 2);
    let (first, first_reply) = job(1);
    let thread = service.shared.submit(first).unwrap();
    let dies = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _thread = thread;
        std::panic::resume_unwind(Box::new("a bug"));
    }));
    assert!(dies.is_err());
    first_reply.await.unwrap_err();
    service.update(Md5::default(), piece(2)).await.unwrap();
    idle(&service).await;

    // While another thread runs, what waits is left to it.
    let thread = |service: &Md5Service| HashThread {
        shared: Arc::clone(&service.shared),
        has_ended: false,
    };
    service.shared.queue().threads = 2;
    let (waiting, reply) = job(3);
    assert!(service.shared.submit(waiting).is_none());
    drop(thread(&service));
    thread(&service).run();
    reply.await.unwrap();
}

#[test]
fn pool_that_is_closing_answers_with_an_error() {
    let runtime = || Builder::new_current_thread().build().unwrap();
    let closing = runtime();
    let service = Md5Service::new(BlockingPool::new(closing.handle().clone(), 1), 1);
    drop(closing);
    let hashed = runtime().block_on(service.update(Md5::default(), piece(1)));
    hashed.unwrap_err();
    assert_eq!(service.shared.queue().threads, 0);
}
