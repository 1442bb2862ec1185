//! Stores now and then when access keys were last used, and once more at the end.
//!
//! Not here: noting a use (`catalog::last_used`).

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::catalog::last_used::LastUsed;
use crate::storage::Engine;
use std::sync::Arc;
use std::time::Duration;

/// Pause between two stores: what a crash may lose of something that is told in days.
const INTERVAL: Duration = Duration::from_mins(1);

/// The job.
#[derive(Debug)]
pub struct LastUsedKeeper {
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    used: Arc<LastUsed>,
}

impl LastUsedKeeper {
    /// A keeper of what is noted in `used`.
    pub fn new(engine: Arc<dyn Engine>, clock: Arc<dyn Clock>, used: Arc<LastUsed>) -> Self {
        Self {
            engine,
            clock,
            used,
        }
    }

    /// Stores until told to stop.
    pub async fn run(self, mut stop: Stop) {
        while !stop.is_stopped() {
            let pause = self.clock.sleep(INTERVAL);
            futures::future::select(pause, std::pin::pin!(stop.stopped())).await;
            if let Err(error) = self.used.store(&*self.engine).await {
                let kind = error.kind();
                tracing::warn!(%error, ?kind, "times of last use cannot be stored");
            }
        }
    }
}
