//! Where work runs: the bounded pool of blocking threads and the supervisor of background tasks.
//!
//! Owns: the only calls of `spawn` and `spawn_blocking` in the crate, so that every task has a name
//! and an end. Not here: what the tasks do (`jobs`), the HTTP workers (`server::listen`).

use crate::base::kind::ErrorKind;
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// The pool is shutting down, or the closure panicked.
#[derive(Debug, thiserror::Error)]
#[error("blocking pool could not finish the work")]
pub struct PoolError;

impl PoolError {
    /// The same request may succeed after a restart.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Unavailable
    }
}

/// A bounded pool of threads for calls that block: the embedded engine, hashing and sealing of
/// large bodies.
#[derive(Clone, Debug)]
pub struct BlockingPool {
    runtime: Handle,
    slots: Arc<Semaphore>,
}

impl BlockingPool {
    /// A pool on `runtime` that runs at most `threads_max` closures at once; the rest wait in
    /// order.
    pub fn new(runtime: Handle, threads_max: usize) -> Self {
        Self {
            runtime,
            slots: Arc::new(Semaphore::new(threads_max)),
        }
    }

    /// Runs `work` on a pool thread.
    ///
    /// # Errors
    /// `PoolError` when the pool is closing or `work` panicked.
    ///
    /// # Cancel safety
    /// Dropped while waiting for a thread: `work` never runs. Dropped later: `work` runs to its end
    /// and its result is lost.
    pub async fn run<T, F>(&self, work: F) -> Result<T, PoolError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.begin(work).await?.ended().await
    }

    /// Waits for a pool thread and starts `work` on it. From then on it needs nobody who waits: a
    /// future that waits for a thread, and is not polled when its turn comes, would keep the thread
    /// from everyone.
    ///
    /// # Errors
    /// `PoolError` when the pool is closing.
    ///
    /// # Cancel safety
    /// Dropped: `work` never runs.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that hands work to blocking threads"
    )]
    pub async fn begin<T, F>(&self, work: F) -> Result<Begun<T>, PoolError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let slot = Arc::clone(&self.slots)
            .acquire_owned()
            .await
            .map_err(|_closed| PoolError)?;
        let handle = self.runtime.spawn_blocking(move || {
            let _slot = slot;
            work()
        });
        Ok(Begun { handle })
    }

    /// Starts `work` on a thread beside those that [`Self::run`] counts: the caller bounds how many
    /// run at once. A pool that is closing drops `work` unrun.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that hands work to blocking threads"
    )]
    pub fn start(&self, work: impl FnOnce() + Send + 'static) {
        drop(self.runtime.spawn_blocking(work));
    }
}

/// Work that is running on a pool thread.
#[derive(Debug)]
pub struct Begun<T> {
    handle: JoinHandle<T>,
}

impl<T> Begun<T> {
    /// Its result, when it has ended.
    ///
    /// # Errors
    /// `PoolError` when the work panicked.
    ///
    /// # Cancel safety
    /// Dropped: the work runs to its end and its result is lost.
    pub async fn ended(self) -> Result<T, PoolError> {
        self.handle.await.map_err(|_join| PoolError)
    }
}

/// Told to every background task when the process is about to end.
#[derive(Clone, Debug)]
pub struct Stop {
    receiver: watch::Receiver<bool>,
}

impl Stop {
    /// Completes when the supervisor stops.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn stopped(&mut self) {
        // An error means that the supervisor has gone, which is the same news.
        drop(self.receiver.wait_for(|stop| *stop).await);
    }

    /// Whether the supervisor has stopped.
    pub fn is_stopped(&self) -> bool {
        *self.receiver.borrow()
    }
}

/// Starts named background tasks and ends them together.
#[derive(Debug)]
pub struct Supervisor {
    runtime: Handle,
    stop: watch::Sender<bool>,
    tasks: Vec<(&'static str, JoinHandle<()>)>,
}

impl Supervisor {
    /// A supervisor whose tasks run on `runtime`.
    pub fn new(runtime: Handle) -> Self {
        Self {
            runtime,
            stop: watch::channel(false).0,
            tasks: Vec::new(),
        }
    }

    /// The signal that tasks end on.
    pub fn stop_signal(&self) -> Stop {
        Stop {
            receiver: self.stop.subscribe(),
        }
    }

    /// Starts a task. It must end soon after its [`Stop`] fires.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts background tasks"
    )]
    pub fn start<F>(&mut self, name: &'static str, task: impl FnOnce(Stop) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let handle = self.runtime.spawn(task(self.stop_signal()));
        self.tasks.push((name, handle));
    }

    /// Starts a task on a thread of its own: for futures that stay on one thread, and for work that
    /// is never to hold up a worker. It must end soon after its [`Stop`] fires.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that starts background tasks"
    )]
    pub fn start_alone<F>(
        &mut self,
        name: &'static str,
        task: impl FnOnce(Stop) -> F + Send + 'static,
    ) where
        F: Future<Output = ()>,
    {
        let (runtime, stop) = (self.runtime.clone(), self.stop_signal());
        let work = move || runtime.block_on(task(stop));
        let handle = self.runtime.spawn_blocking(work);
        self.tasks.push((name, handle));
    }

    /// Stops all tasks and waits for them.
    pub async fn shutdown(self) {
        self.stop.send_replace(true);
        for (name, task) in self.tasks {
            if task.await.is_err() {
                tracing::error!(task = name, "background task panicked");
            }
        }
    }
}
