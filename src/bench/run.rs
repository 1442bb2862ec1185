//! A run from the first request to the last deletion.
//!
//! Owns: the order of its parts, and that what was made is deleted whatever happened in between.

use crate::auth::Signer;
use crate::base::clock::Clock;
use crate::base::entropy::{Entropy, random_array};
use crate::bench::client::{Client, Target};
use crate::bench::crew::{Crew, Ending};
use crate::bench::endpoint::Endpoint;
use crate::bench::error::BenchError;
use crate::bench::mix::Kind;
use crate::bench::objects::Objects;
use crate::bench::plan::Plan;
use crate::bench::prepare::{Preparation, probe};
use crate::bench::process::{Usage, usage};
use crate::bench::progress::{Phase, Progress};
use crate::bench::report::{
    ClientUse, EndedEarly, Machine, PlanTold, Report, ServerUse, lines, seconds,
};
use crate::bench::signals::Signals;
use crate::bench::sweep::sweep;
use crate::bench::tally::{Tallies, Tally};
use crate::bench::watch::{TICK, Watch, millis};
use crate::bench::worker::Work;
use crate::model::time::Timestamp;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::runtime::Handle;

/// What a run takes from outside.
#[derive(Debug)]
pub struct Tools<'a> {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Run ids.
    pub entropy: &'a dyn Entropy,
    /// Where workers run; it has as many threads as the plan says.
    pub runtime: Handle,
    /// Who watches.
    pub progress: &'a dyn Progress,
}

/// Runs a plan. Figures come with an error when they are not to be trusted, or when
/// something else went wrong beside them.
///
/// # Cancel safety
/// Dropping the future leaves what was made; it ends by itself on SIGINT and SIGTERM.
pub async fn run(
    plan: Plan,
    endpoint: Endpoint,
    signer: Signer,
    tools: Tools<'_>,
) -> (Option<Report>, Result<(), BenchError>) {
    match Run::new(plan, endpoint, signer, tools) {
        Ok(run) => run.whole().await,
        Err(error) => (None, Err(error)),
    }
}

struct Run<'a> {
    tools: Tools<'a>,
    objects: Arc<Objects>,
    target: Arc<Target>,
    signals: Signals,
    is_probed: bool,
}

/// Counts with the time they are of.
struct Measured {
    tally: Tally,
    started_millis: u64,
    time: Duration,
    ended_early: Option<EndedEarly>,
    server: Option<(Usage, Usage)>,
    client: (Usage, Usage),
}

impl<'a> Run<'a> {
    fn new(
        plan: Plan,
        endpoint: Endpoint,
        signer: Signer,
        tools: Tools<'a>,
    ) -> Result<Self, BenchError> {
        plan.check()?;
        // A wrong process id is told before anything is sent.
        usage(plan.pid)?;
        let signals = Signals::new()?;
        let id = random_array::<8>(tools.entropy).map_err(|_entropy| BenchError::RunId)?;
        let target = Target {
            endpoint: Arc::new(endpoint),
            signer,
            clock: Arc::clone(&tools.clock),
            timeout: plan.timeout,
            signs_payload: plan.signs_payload,
        };
        Ok(Self {
            objects: Arc::new(Objects::new(plan, &hex::encode(id))),
            target: Arc::new(target),
            tools,
            signals,
            is_probed: false,
        })
    }

    fn plan(&self) -> &Plan {
        self.objects.plan()
    }

    fn client(&self) -> Client {
        Client::new(Arc::clone(&self.target))
    }

    async fn whole(mut self) -> (Option<Report>, Result<(), BenchError>) {
        let measured = match self.figures().await {
            Err(abandoned @ BenchError::Abandoned { .. }) => return (None, Err(abandoned)),
            other => other,
        };
        // Nobody but this run writes below its prefix, so that this is right after every end.
        let swept = if self.plan().is_kept {
            Ok(0)
        } else {
            self.sweep().await
        };
        let deleted = *swept.as_ref().unwrap_or(&0);
        match measured {
            Ok(measured) => {
                let report = self.report(&measured, deleted);
                let verdict = swept.and_then(|_deleted| verdict(&measured));
                (Some(report), verdict)
            }
            Err(error) => (None, Err(self.with_leftovers(error, swept))),
        }
    }

    /// Everything up to the counts.
    async fn figures(&mut self) -> Result<Measured, BenchError> {
        self.probe().await?;
        if self.plan().is_prepared() {
            self.prepare().await?;
        }
        self.measure().await
    }

    async fn probe(&mut self) -> Result<(), BenchError> {
        let (mut client, clock) = (self.client(), Arc::clone(&self.tools.clock));
        let objects = Arc::clone(&self.objects);
        tokio::select! {
            biased;
            probed = probe(&mut client, &objects, &*clock) => probed?,
            () = self.signals.next() => return Err(BenchError::Interrupted),
        }
        self.is_probed = true;
        if self.plan().is_kept {
            return Ok(());
        }
        // What cannot be deleted is found out while there is one of it.
        self.sweep().await.map(|_deleted| ())
    }

    async fn prepare(&mut self) -> Result<(), BenchError> {
        let clock = Arc::clone(&self.tools.clock);
        let preparation = Preparation::new(Arc::clone(&self.objects), Arc::clone(&clock));
        let preparation = Arc::new(preparation);
        let progress = self.tools.progress;
        progress.begin(Phase::Prepare, self.objects.prepared_count());
        let crew = Crew::start(&self.tools.runtime, self.plan().concurrency, |_, stop| {
            Arc::clone(&preparation).run(self.client(), stop)
        });
        let tick = || {
            progress.update(preparation.done(), None);
            TICK
        };
        let ending = crew.finish(&mut self.signals, &*clock, tick).await;
        progress.end();
        match (ending, preparation.fault()) {
            (Ending::Abandoned, _) => Err(self.abandoned()),
            (Ending::Interrupted, _) => Err(BenchError::Interrupted),
            (Ending::Done, Some(fault)) => Err(BenchError::Prepare(Box::new(fault))),
            (Ending::Done, None) => Ok(()),
        }
    }

    async fn measure(&mut self) -> Result<Measured, BenchError> {
        let clock = Arc::clone(&self.tools.clock);
        let (warm_up, duration) = (self.plan().warm_up, self.plan().duration);
        let counted_from = clock.monotonic() + warm_up;
        let started_millis = clock.unix_millis() + millis(warm_up);
        let work = Arc::new(Work {
            objects: Arc::clone(&self.objects),
            tallies: Tallies::new(self.plan().threads),
            clock: Arc::clone(&clock),
            counted_from,
            until: counted_from + duration,
            next_fresh: AtomicU64::new(0),
            next_deleted: AtomicU64::new(0),
        });
        let pid = self.plan().pid;
        let looks = || -> Result<(Usage, Option<Usage>), BenchError> {
            let server = pid.map(|pid| usage(Some(pid))).transpose()?;
            Ok((usage(None)?, server))
        };
        let mut before = looks();
        let progress = self.tools.progress;
        let mut watch = Watch::new(progress, counted_from, warm_up, duration);
        let crew = Crew::start(
            &self.tools.runtime,
            self.plan().concurrency,
            |index, stop| Arc::clone(&work).run(index, self.client(), stop),
        );
        let tick = || {
            let (pause, is_begun) = watch.tick(clock.monotonic(), work.tallies.so_far());
            if is_begun && !warm_up.is_zero() {
                before = looks();
            }
            pause
        };
        let ending = crew.finish(&mut self.signals, &*clock, tick).await;
        progress.end();
        if ending == Ending::Abandoned {
            return Err(self.abandoned());
        }
        let ((client_before, server_before), (client, server)) = (before?, looks()?);
        let tally = work.tallies.sum();
        let is_short = clock.monotonic() < counted_from + duration;
        Ok(Measured {
            time: tally.ended.saturating_sub(counted_from),
            tally,
            started_millis,
            ended_early: match ending {
                Ending::Interrupted => Some(EndedEarly::Signal),
                _ if is_short => Some(EndedEarly::NothingLeft),
                _ => None,
            },
            server: server_before.zip(server),
            client: (client_before, client),
        })
    }

    /// Deletes what was made. A signal that comes meanwhile ends it at once.
    async fn sweep(&mut self) -> Result<u64, BenchError> {
        let (mut client, clock) = (self.client(), Arc::clone(&self.tools.clock));
        let objects = Arc::clone(&self.objects);
        let progress = self.tools.progress;
        progress.begin(Phase::Sweep, 0);
        let swept = tokio::select! {
            biased;
            swept = sweep(&mut client, &objects, &*clock, progress) => swept,
            () = self.signals.next() => return Err(self.abandoned()),
        };
        progress.end();
        swept.map_err(|source| BenchError::Left {
            bucket: self.plan().bucket.to_string(),
            prefix: self.objects.prefix().to_owned(),
            source: Box::new(source),
        })
    }

    /// Why the run failed, with what is left of it. Before the probe has succeeded there is
    /// nothing, and what keeps the sweep from looking is what the run has failed of.
    fn with_leftovers(&self, error: BenchError, swept: Result<u64, BenchError>) -> BenchError {
        match swept {
            Err(BenchError::Left {
                bucket,
                prefix,
                source,
            }) if self.is_probed => BenchError::LeftAfter {
                bucket,
                prefix,
                why: source.line(),
                source: Box::new(error),
            },
            Err(abandoned @ BenchError::Abandoned { .. }) => abandoned,
            _ => error,
        }
    }

    fn abandoned(&self) -> BenchError {
        self.tools.progress.end();
        BenchError::Abandoned {
            bucket: self.plan().bucket.to_string(),
            prefix: self.objects.prefix().to_owned(),
        }
    }

    fn report(&self, measured: &Measured, swept: u64) -> Report {
        let (plan, tally) = (self.plan(), &measured.tally);
        let total = tally.total();
        let answered = total.requests + total.errors + total.slow_down;
        let server = plan.pid.zip(measured.server);
        let (before, after) = measured.client;
        Report {
            riznica: env!("CARGO_PKG_VERSION"),
            started: Timestamp::from_millis(measured.started_millis).iso8601_millis(),
            seconds: seconds(measured.time),
            ended_early: measured.ended_early,
            plan: PlanTold {
                endpoint: self.target.endpoint.authority().to_owned(),
                tls: self.target.endpoint.is_secure(),
                bucket: plan.bucket.to_string(),
                prefix: self.objects.prefix().to_owned(),
                mix: plan.mix.to_string(),
                sizes: plan.sizes.to_string(),
                range_bytes: if plan.mix.has(Kind::Range) {
                    plan.range_len
                } else {
                    0
                },
                objects: self.objects.prepared_count(),
                concurrency: plan.concurrency,
                threads: plan.threads,
                duration_ms: millis(plan.duration),
                warm_up_ms: millis(plan.warm_up),
                signed_payload: plan.signs_payload,
                seed: plan.seed,
            },
            machine: Machine {
                cores: std::thread::available_parallelism().map_or(1, usize::from),
            },
            server: server
                .map(|(pid, (before, after))| ServerUse::between(pid, before, after, answered)),
            client: ClientUse::between(before, after, measured.time, plan.threads),
            operations: lines(tally, measured.time),
            errors: tally.codes.clone(),
            first_error: tally.first_error.clone(),
            swept,
        }
    }
}

/// Whether figures are to be trusted.
fn verdict(measured: &Measured) -> Result<(), BenchError> {
    let total = measured.tally.total();
    if measured.ended_early == Some(EndedEarly::Signal) {
        Err(BenchError::Interrupted)
    } else if total.errors > 0 {
        Err(BenchError::Failed {
            failed: total.errors,
            all: total.requests + total.errors + total.slow_down,
            first: measured.tally.first_error.clone().unwrap_or_default(),
        })
    } else if total.requests == 0 {
        Err(BenchError::Nothing)
    } else {
        Ok(())
    }
}
