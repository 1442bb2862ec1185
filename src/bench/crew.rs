//! Workers that run together and end together.
//!
//! Owns: starting them, waiting for them, stopping them on a signal. Not here: what they do
//! (`worker`, `prepare`).

use crate::base::clock::Clock;
use crate::base::task::{Stop, Supervisor};
use crate::bench::signals::Signals;
use std::future::Future;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How a crew ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Told to stop once more while requests in flight were waited for.
    Abandoned,
    /// By itself.
    Done,
    /// By a signal; no request is in flight any more.
    Interrupted,
}

/// Workers at work.
pub(super) struct Crew {
    supervisor: Supervisor,
    done: mpsc::Receiver<()>,
}

impl Crew {
    /// Starts `count` workers. Each gets its index and ends by itself, or soon after its `Stop`.
    pub(super) fn start<F>(runtime: &Handle, count: usize, work: impl Fn(usize, Stop) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut supervisor = Supervisor::new(runtime.clone());
        // Nothing is ever sent: it closes when the last worker has dropped its end.
        let (alive, done) = mpsc::channel(1);
        for index in 0..count {
            let alive = alive.clone();
            supervisor.start("bench", |stop| {
                let work = work(index, stop);
                async move {
                    work.await;
                    drop(alive);
                }
            });
        }
        Self { supervisor, done }
    }

    /// Waits until all have ended. `tick` is called meanwhile and says when to call it again.
    pub(super) async fn finish(
        mut self,
        signals: &mut Signals,
        clock: &dyn Clock,
        mut tick: impl FnMut() -> Duration,
    ) -> Ending {
        loop {
            let pause = tick();
            tokio::select! {
                biased;
                _ = self.done.recv() => {
                    self.supervisor.shutdown().await;
                    return Ending::Done;
                }
                () = signals.next() => break,
                () = clock.sleep(pause) => {}
            }
        }
        tokio::select! {
            biased;
            () = self.supervisor.shutdown() => Ending::Interrupted,
            () = signals.next() => Ending::Abandoned,
        }
    }
}
