//! Streams that share the service: their digests, and what becomes of those whose client or thread
//! has gone.

use super::{HashThread, Job, Md5Service};
use crate::base::md5::stream::{AHEAD_LEN_MAX, ALL_AHEAD_LEN_MAX};
use crate::base::md5::{Kernel, Md5, Md5Stream};
use crate::base::task::BlockingPool;
use bytes::Bytes;
use md5::Digest as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::runtime::{Builder, Handle};

fn service(kernel: Kernel, threads_max: usize) -> Md5Service {
    Md5Service::with_kernel(kernel, BlockingPool::new(Handle::current(), 1), threads_max)
}

/// More than one turn, too long to be hashed inline, and no whole number of blocks.
fn piece(n: u8) -> Bytes {
    Bytes::from(vec![n; 40_000 + usize::from(n)])
}

/// A job, and the stream that its digest comes back to.
fn job(service: &Md5Service, n: u8) -> (Job, Md5Stream) {
    let stream = service.stream(Md5::default());
    let job = stream.take_in(piece(n)).unwrap();
    (job, stream)
}

fn expected(n: u8, pieces: usize) -> [u8; 16] {
    md5::Md5::digest(piece(n).repeat(pieces)).into()
}

/// Three pieces, of which one waits while another is hashed.
async fn digest_of_three(service: &Md5Service, n: u8) -> [u8; 16] {
    let stream = service.stream(Md5::default());
    for _ in 0..3 {
        stream.push(piece(n));
        stream.room().await.unwrap();
    }
    stream.finish().await.unwrap().finish()
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
            let digests = (0..40).map(|n| digest_of_three(&service, n));
            for (n, digest) in (0..40).zip(futures::future::join_all(digests).await) {
                assert_eq!(digest, expected(n, 3), "{kernel}, stream {n}");
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
        let mut streams = Vec::new();
        for n in 0..=u8::try_from(lanes * 3).unwrap() {
            let (job, stream) = job(&service, n);
            threads.extend(service.shared.submit(job).map(|thread| (n, thread)));
            streams.push(stream);
        }
        // Nobody empties the queue here: the second thread comes with the job that fills the lanes.
        let started: Vec<_> = threads.iter().map(|(n, _)| usize::from(*n)).collect();
        assert_eq!(started, [0, (lanes - 1).max(1)], "{kernel}");
        for (_, thread) in threads {
            thread.run();
        }
        for stream in streams {
            stream.finish().await.unwrap();
        }
        assert_eq!(service.shared.queue().threads, 0);
    }
}

#[tokio::test]
async fn piece_of_a_client_that_has_gone_is_not_hashed() {
    let service = service(Kernel::best(), 1);
    let (left, gone) = job(&service, 1);
    let (first, second) = (left.piece.clone(), piece(1));
    assert!(gone.take_in(second.clone()).is_none());
    drop(gone);
    let thread = service.shared.submit(left).unwrap();
    let (job, stream) = job(&service, 2);
    assert!(service.shared.submit(job).is_none());
    thread.run();
    stream.finish().await.unwrap();
    for piece in [first, second] {
        assert!(piece.is_unique(), "the piece is kept for nobody");
    }
}

#[tokio::test]
async fn piece_that_waits_is_begun_by_the_thread_that_hashed_the_one_before() {
    let service = service(Kernel::best(), 1);
    let (job, stream) = job(&service, 1);
    assert!(stream.take_in(piece(1)).is_none());
    // A short one has its turn behind the others too.
    assert!(stream.take_in(Bytes::from_static(b"end")).is_none());
    service.shared.submit(job).unwrap().run();
    let digest = stream.finish().await.unwrap().finish();
    let body = [piece(1).repeat(2), b"end".to_vec()].concat();
    assert_eq!(digest, <[u8; 16]>::from(md5::Md5::digest(body)));
    assert_eq!(service.shared.queue().threads, 0);
}

fn long_piece() -> Bytes {
    Bytes::from(vec![7; AHEAD_LEN_MAX / 2])
}

fn all_ahead(service: &Md5Service) -> usize {
    service.shared.all_ahead.load(Ordering::Relaxed)
}

#[tokio::test]
async fn there_is_room_while_little_waits() {
    let service = service(Kernel::best(), 1);
    let (job, stream) = job(&service, 1);
    for _ in 0..2 {
        stream.room().await.unwrap();
        assert!(stream.take_in(long_piece()).is_none());
    }
    assert_eq!(all_ahead(&service), AHEAD_LEN_MAX);
    assert!(futures::poll!(std::pin::pin!(stream.room())).is_pending());
    service.shared.submit(job).unwrap().run();
    stream.room().await.unwrap();
    assert_eq!(all_ahead(&service), 0);
    let digest = stream.finish().await.unwrap().finish();
    let body = [piece(1), long_piece(), long_piece()].concat();
    assert_eq!(digest, <[u8; 16]>::from(md5::Md5::digest(body)));
}

#[tokio::test]
async fn all_streams_together_have_so_much_waiting_and_a_piece_each() {
    let service = service(Kernel::best(), 1);
    let mut busy = Vec::new();
    for n in 0..u8::try_from(ALL_AHEAD_LEN_MAX / AHEAD_LEN_MAX).unwrap() {
        let (job, stream) = job(&service, n);
        while futures::poll!(std::pin::pin!(stream.room())).is_ready() {
            assert!(stream.take_in(long_piece()).is_none());
        }
        busy.push((job, stream));
    }
    assert_eq!(all_ahead(&service), ALL_AHEAD_LEN_MAX);
    let (_job, stream) = job(&service, 9);
    stream.room().await.unwrap();
    assert!(stream.take_in(piece(9)).is_none());
    assert!(futures::poll!(std::pin::pin!(stream.room())).is_pending());
    // What waited in streams that have gone does not count.
    drop(busy);
    assert_eq!(all_ahead(&service), piece(9).len());
    stream.room().await.unwrap();
}

#[tokio::test]
async fn thread_that_dies_leaves_an_error_and_the_next_piece_finds_a_new_one() {
    let service = service(Kernel::best(), 2);
    let (first, lost) = job(&service, 1);
    assert!(lost.take_in(piece(1)).is_none());
    let thread = service.shared.submit(first).unwrap();
    let dies = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _thread = thread;
        std::panic::resume_unwind(Box::new("a bug"));
    }));
    assert!(dies.is_err());
    lost.room().await.unwrap_err();
    assert!(lost.take_in(piece(1)).is_none());
    lost.finish().await.unwrap_err();
    assert_eq!(digest_of_three(&service, 2).await, expected(2, 3));
    idle(&service).await;

    // While another thread runs, what waits is left to it.
    let thread = |service: &Md5Service| HashThread {
        shared: Arc::clone(&service.shared),
        has_ended: false,
    };
    service.shared.queue().threads = 2;
    let (waiting, stream) = job(&service, 3);
    assert!(service.shared.submit(waiting).is_none());
    drop(thread(&service));
    thread(&service).run();
    stream.finish().await.unwrap();
}

#[test]
fn pool_that_is_closing_answers_with_an_error() {
    let runtime = || Builder::new_current_thread().build().unwrap();
    let closing = runtime();
    let service = Md5Service::new(BlockingPool::new(closing.handle().clone(), 1), 1);
    drop(closing);
    let stream = service.stream(Md5::default());
    stream.push(piece(1));
    runtime().block_on(stream.finish()).unwrap_err();
    assert_eq!(service.shared.queue().threads, 0);
}
