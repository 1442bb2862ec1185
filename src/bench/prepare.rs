//! Before the figures: whether the endpoint does what a run needs, and the objects that are read.

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::bench::client::{Call, Client, Outcome};
use crate::bench::error::BenchError;
use crate::bench::fault::Fault;
use crate::bench::objects::{ObjectNumber, Objects};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How often a request is sent again when the server asks to come later.
const ATTEMPTS_MAX: u32 = 60;

/// Puts and reads one object, so that a wrong key, bucket or address is told at once and not as so
/// many errors.
///
/// # Errors
/// `Probe`.
pub(super) async fn probe(
    client: &mut Client,
    objects: &Objects,
    clock: &dyn Clock,
) -> Result<(), BenchError> {
    let needed = |needed| {
        move |source| BenchError::Probe {
            needed,
            source: Box::new(source),
        }
    };
    let object = ObjectNumber::Fresh(u64::MAX);
    let put = patiently(client, clock, None, || objects.put(object).0).await;
    let put = put.result.map_err(needed("to put an object"))?;
    let head = patiently(client, clock, None, || objects.head_of(object, put.etag)).await;
    head.result.map_err(needed("to read an object's head"))?;
    Ok(())
}

/// Sends a request, again and later when the server asks for that.
pub(super) async fn patiently(
    client: &mut Client,
    clock: &dyn Clock,
    mut stop: Option<&mut Stop>,
    call: impl Fn() -> Call,
) -> Outcome {
    let mut attempts = 1;
    loop {
        let outcome = client.send(call()).await;
        let pause = outcome.result.as_ref().err().and_then(Fault::slow_down);
        let is_stopped = stop.as_ref().is_some_and(|stop| stop.is_stopped());
        let Some(pause) = pause.filter(|_| attempts < ATTEMPTS_MAX && !is_stopped) else {
            return outcome;
        };
        attempts += 1;
        match stop.as_deref_mut() {
            None => clock.sleep(pause).await,
            Some(stop) => tokio::select! {
                () = stop.stopped() => {}
                () = clock.sleep(pause) => {}
            },
        }
    }
}

/// The objects that a run reads, being made.
#[derive(Debug)]
pub(super) struct Preparation {
    objects: Arc<Objects>,
    clock: Arc<dyn Clock>,
    next: AtomicU64,
    done: AtomicU64,
    has_failed: AtomicBool,
    fault: Mutex<Option<Fault>>,
}

impl Preparation {
    /// Nothing is made so far.
    pub(super) fn new(objects: Arc<Objects>, clock: Arc<dyn Clock>) -> Self {
        Self {
            objects,
            clock,
            next: AtomicU64::new(0),
            done: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
            fault: Mutex::new(None),
        }
    }

    /// How many are made.
    pub(super) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The first fault, if there was one.
    pub(super) fn fault(&self) -> Option<Fault> {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        fault.take()
    }

    /// One worker, until all objects are made, one fails, or it is stopped.
    pub(super) async fn run(self: Arc<Self>, mut client: Client, mut stop: Stop) {
        while !stop.is_stopped() && !self.has_failed.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.objects.prepared_count() {
                return;
            }
            let call = || self.objects.put(ObjectNumber::Prepared(number)).0;
            let outcome = patiently(&mut client, &*self.clock, Some(&mut stop), call).await;
            match outcome.result {
                Ok(answer) => {
                    self.objects.remember(number, answer.etag.unwrap_or(0));
                    self.done.fetch_add(1, Ordering::Relaxed);
                }
                Err(fault) => {
                    let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(fault);
                    self.has_failed.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}
