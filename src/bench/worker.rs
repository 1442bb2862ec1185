//! The closed loop: a worker has one connection and sends its next request when the one before was
//! answered.
//!
//! Owns: which request is next, when it counts. Not here: connections (`client`), counts (`tally`).
//!
//! Being closed, the loop sends less when the server is slow, so that latencies are those of so
//! many connections, not of so many requests a second (docs/BENCH.md).

use crate::base::clock::Clock;
use crate::base::task::Stop;
use crate::bench::client::{Call, Client, Outcome};
use crate::bench::fault::Wrong;
use crate::bench::mix::Kind;
use crate::bench::objects::{ObjectNumber, Objects};
use crate::bench::random::{Sequence, mix};
use crate::bench::tally::Tallies;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Objects that a worker has put and not deleted, which it remembers to delete.
const REMEMBERED_MAX: usize = 1024;

/// What the workers of a run share.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) objects: Arc<Objects>,
    pub(super) tallies: Tallies,
    pub(super) clock: Arc<dyn Clock>,
    /// Requests that begin from here on count.
    pub(super) counted_from: Duration,
    /// No request begins from here on.
    pub(super) until: Duration,
    pub(super) next_fresh: AtomicU64,
    pub(super) next_deleted: AtomicU64,
}

/// A request and what it takes to judge and count it.
struct Step {
    kind: Kind,
    call: Call,
    /// Bytes that it sends.
    sent: u64,
    /// The first object of the listing that it asks for.
    listed_from: u64,
    /// The object that is there when it has succeeded.
    put: Option<u64>,
}

impl Step {
    const fn new(kind: Kind, call: Call) -> Self {
        Self {
            kind,
            call,
            sent: 0,
            listed_from: 0,
            put: None,
        }
    }
}

/// A worker's own choices.
struct Choices {
    sequence: Sequence,
    /// Objects that it has put, oldest first.
    own: VecDeque<u64>,
}

impl Work {
    /// One worker, until the time is over or it is stopped.
    pub(super) async fn run(self: Arc<Self>, index: usize, mut client: Client, mut stop: Stop) {
        let seed = mix(self.objects.plan().seed ^ mix(index as u64));
        let mut choices = Choices {
            sequence: Sequence::new(seed),
            own: VecDeque::new(),
        };
        while !stop.is_stopped() && self.clock.monotonic() < self.until {
            let Some(step) = self.next(&mut choices) else {
                return;
            };
            let mut outcome = client.send(step.call).await;
            self.judge_listing(step.kind, step.listed_from, &mut outcome);
            if let (Some(number), Ok(_)) = (step.put, &outcome.result)
                && choices.own.len() < REMEMBERED_MAX
            {
                choices.own.push_back(number);
            }
            if outcome.began >= self.counted_from {
                let bytes = step.sent + outcome.received;
                self.tallies.record(index, step.kind, bytes, &outcome);
            }
            if let Some(pause) = outcome.result.err().and_then(|fault| fault.slow_down()) {
                let left = self.until.saturating_sub(self.clock.monotonic());
                tokio::select! {
                    () = stop.stopped() => {}
                    () = self.clock.sleep(pause.min(left)) => {}
                }
            }
        }
    }

    /// The next request; `None` when everything that there was to delete is deleted.
    fn next(&self, choices: &mut Choices) -> Option<Step> {
        let plan = self.objects.plan();
        let kind = plan.mix.draw(&mut choices.sequence);
        let pick = choices.sequence.below(self.objects.prepared_count());
        match kind {
            Kind::Delete if plan.mix.is_only(Kind::Delete) => {
                let number = self.next_deleted.fetch_add(1, Ordering::Relaxed);
                let is_there = number < self.objects.prepared_count();
                let object = ObjectNumber::Prepared(number);
                is_there.then(|| Step::new(kind, self.objects.delete(object)))
            }
            Kind::Delete => Some(match choices.own.pop_front() {
                Some(number) => Step::new(kind, self.objects.delete(ObjectNumber::Fresh(number))),
                // Nothing of its own is left to delete: it puts what it can delete later.
                None => self.put(),
            }),
            Kind::Get => Some(Step::new(kind, self.objects.get(pick))),
            Kind::Head => Some(Step::new(kind, self.objects.head(pick))),
            Kind::List => {
                let mut step = Step::new(kind, self.objects.list(pick));
                step.listed_from = pick;
                Some(step)
            }
            Kind::Put => Some(self.put()),
            Kind::Range => {
                let offset = |last: u64| choices.sequence.below(last + 1);
                Some(Step::new(kind, self.objects.range(pick, offset)))
            }
        }
    }

    fn put(&self) -> Step {
        let number = self.next_fresh.fetch_add(1, Ordering::Relaxed);
        let (call, size) = self.objects.put(ObjectNumber::Fresh(number));
        let mut step = Step::new(Kind::Put, call);
        (step.sent, step.put) = (size, Some(number));
        step
    }

    fn judge_listing(&self, kind: Kind, from: u64, outcome: &mut Outcome) {
        if let (Kind::List, Ok(answer)) = (kind, &outcome.result)
            && !self.objects.is_listing(from, &answer.document)
        {
            outcome.result = Err(Wrong::Document.into());
        }
    }
}
