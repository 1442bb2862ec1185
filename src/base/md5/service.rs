//! The threads that bodies are hashed on, where streams that are there at the same time share the
//! lanes of one.
//!
//! Owns: the queue of pieces, and how many threads empty it. Not here: what a lane is (`streams`).
//!
//! Nobody waits for company: a piece is begun at once when no thread runs, and joins those that are
//! being hashed within 25 us when one does. A second thread starts only when the lanes of the first
//! are full: two half-full ones would take twice the time of one.

use super::{Kernel, Md5, Streams};
use crate::base::task::{BlockingPool, PoolError};
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

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
}

/// Its length is bounded by the streams that there are: each waits for its piece.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// Threads that run or are about to.
    threads: usize,
}

#[derive(Debug)]
struct Job {
    md5: Md5,
    piece: Bytes,
    reply: oneshot::Sender<Md5>,
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
            }),
            pool,
        }
    }

    /// Adds a piece to a stream.
    ///
    /// # Errors
    /// `PoolError` when the pool is closing or the thread panicked.
    ///
    /// # Cancel safety
    /// Dropped: the piece is not begun, or it is hashed for nobody.
    pub async fn update(&self, md5: Md5, piece: Bytes) -> Result<Md5, PoolError> {
        let (reply, hashed) = oneshot::channel();
        if let Some(thread) = self.shared.submit(Job { md5, piece, reply }) {
            self.pool.start(|| thread.run());
        }
        hashed.await.map_err(|_dropped| PoolError)
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
            for Job { md5, piece, reply } in arrivals.drain(..) {
                streams.enter(md5, piece, reply);
            }
            streams.turn();
            let mut has_sent = false;
            for (md5, reply) in streams.finished() {
                // Whoever has gone does not miss it.
                drop(reply.send(md5));
                has_sent = true;
            }
            if has_sent {
                // Lanes are free: those who wait for the processor may have pieces for them.
                std::thread::yield_now();
            }
        }
    }

    /// Takes as many jobs as there are free lanes. False when there is nothing left to do: the
    /// thread has ended then, before anybody can count on it.
    fn take_in(
        &mut self,
        streams: &Streams<oneshot::Sender<Md5>>,
        arrivals: &mut Vec<Job>,
    ) -> bool {
        let mut queue = self.shared.queue();
        while arrivals.len() < streams.free_lanes()
            && let Some(job) = queue.waiting.pop_front()
        {
            if !job.reply.is_closed() {
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
            // Their replies are dropped with them, which is an error to who awaits them.
            let abandoned = std::mem::take(&mut queue.waiting);
            drop(queue);
            drop(abandoned);
        }
    }
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
