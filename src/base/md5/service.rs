//! The threads that bodies are hashed on, where streams that are there at the same time share the
//! lanes of one.
//!
//! Owns: the queue of pieces, and how many threads empty it. Not here: what a lane is (`streams`).
//!
//! Nobody waits for company: a piece is begun at once when no thread runs, and joins those that are
//! being hashed within 25 us when one does. A second thread starts only when the lanes of the first
//! are full: two half-full ones would take twice the time of one.

use super::stream::{Feed, Md5Stream};
use super::{Kernel, Md5, Streams};
use crate::base::task::BlockingPool;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Hashes pieces of many streams. Clones share threads and lanes.
#[derive(Clone, Debug)]
pub struct Md5Service {
    shared: Arc<Shared>,
    pool: BlockingPool,
}

#[derive(Debug)]
struct Shared {
    kernel: Kernel,
    threads_max: usize,
    queue: Mutex<Queue>,
    /// Bytes that wait behind pieces of their own streams.
    all_ahead: Arc<AtomicUsize>,
}

/// Its length is bounded by the streams that there are: each has one job at most.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// Threads that run or are about to.
    threads: usize,
}

/// A piece with the stream it belongs to.
#[derive(Debug)]
pub(super) struct Job {
    md5: Md5,
    piece: Bytes,
    owner: Owner,
}

impl Job {
    pub(super) fn new(feed: Arc<Feed>, md5: Md5, piece: Bytes) -> Self {
        let owner = Owner(Some(feed));
        Self { md5, piece, owner }
    }
}

/// The stream that waits for a digest; told when the digest is lost.
#[derive(Debug)]
struct Owner(Option<Arc<Feed>>);

impl Owner {
    fn is_gone(&self) -> bool {
        self.0.as_ref().is_none_or(Feed::is_abandoned)
    }

    /// Gives the digest back, or makes a job of the piece that waits behind.
    fn hashed(mut self, md5: Md5) -> Option<Job> {
        let feed = self.0.take()?;
        let (md5, piece) = feed.hashed(md5)?;
        Some(Job::new(feed, md5, piece))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if let Some(feed) = self.0.take() {
            feed.lose();
        }
    }
}

impl Md5Service {
    /// A service on the threads of `pool` that never uses more than `threads_max` at once.
    pub fn new(pool: BlockingPool, threads_max: usize) -> Self {
        Self::with_kernel(Kernel::best(), pool, threads_max)
    }

    fn with_kernel(kernel: Kernel, pool: BlockingPool, threads_max: usize) -> Self {
        let queue = Mutex::default();
        Self {
            shared: Arc::new(Shared {
                kernel,
                threads_max,
                queue,
                all_ahead: Arc::default(),
            }),
            pool,
        }
    }

    /// A stream that goes on from `md5`.
    pub fn stream(&self, md5: Md5) -> Md5Stream {
        let all_ahead = Arc::clone(&self.shared.all_ahead);
        Md5Stream::new(self.clone(), md5, all_ahead)
    }

    /// Has a piece hashed; its owner is told.
    pub(super) fn submit(&self, job: Job) {
        if let Some(thread) = self.shared.submit(job) {
            self.pool.start(|| thread.run());
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a job in, and returns the thread that it needs.
    fn submit(self: &Arc<Self>, job: Job) -> Option<HashThread> {
        let mut queue = self.queue();
        queue.waiting.push_back(job);
        let is_full = queue.waiting.len() >= self.kernel.lane_count();
        let needs_thread = queue.threads == 0 || (is_full && queue.threads < self.threads_max);
        needs_thread.then(|| {
            queue.threads = queue.threads.saturating_add(1);
            HashThread {
                shared: Arc::clone(self),
                has_ended: false,
            }
        })
    }
}

/// The right to empty the queue. One that is dropped before its end, by a panic or by a pool that
/// takes no more work, lets go of those who would wait for it.
#[derive(Debug)]
struct HashThread {
    shared: Arc<Shared>,
    has_ended: bool,
}

impl HashThread {
    /// Hashes until nothing waits.
    fn run(mut self) {
        let mut streams = Streams::new(self.shared.kernel);
        let mut arrivals = Vec::with_capacity(self.shared.kernel.lane_count());
        // Streams whose turn on the processor is due come with their pieces first.
        std::thread::yield_now();
        while self.take_in(&streams, &mut arrivals) {
            for Job { md5, piece, owner } in arrivals.drain(..) {
                streams.enter(md5, piece, owner);
            }
            streams.turn();
            let mut has_ended = false;
            for (md5, owner) in streams.finished() {
                match owner.hashed(md5) {
                    // Behind those who wait for a lane.
                    Some(job) => self.shared.queue().waiting.push_back(job),
                    None => has_ended = true,
                }
            }
            if has_ended {
                // Lanes are free: those who wait for the processor may have pieces for them.
                std::thread::yield_now();
            }
        }
    }

    /// Takes as many jobs as there are free lanes. False when there is nothing left to do: the
    /// thread has ended then, before anybody can count on it.
    fn take_in(&mut self, streams: &Streams<Owner>, arrivals: &mut Vec<Job>) -> bool {
        let mut queue = self.shared.queue();
        while arrivals.len() < streams.free_lanes()
            && let Some(job) = queue.waiting.pop_front()
        {
            if !job.owner.is_gone() {
                arrivals.push(job);
            }
        }
        let goes_on = !(streams.is_empty() && arrivals.is_empty());
        if !goes_on {
            queue.threads = queue.threads.saturating_sub(1);
            self.has_ended = true;
        }
        goes_on
    }
}

impl Drop for HashThread {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        let mut queue = self.shared.queue();
        queue.threads = queue.threads.saturating_sub(1);
        if queue.threads == 0 {
            // Their owners are told.
            let abandoned = std::mem::take(&mut queue.waiting);
            drop(queue);
            drop(abandoned);
        }
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
