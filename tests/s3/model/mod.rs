//! Random steps against a reference model of buckets, versions, markers and locks.
//!
//! Owns: how many steps, in how many threads; the report of a failure. Not here: the model
//! (`bucket`, `state`, `settings`, `writes`, `listing`), the steps (`step`, `strategy`), the
//! comparison (`case`, `compare`, `pages`).
//!
//! A case is the life of one bucket: the real binary and the model do the same steps, and every
//! answer is compared. What differs is shrunk in new buckets of the same server and printed as Rust
//! that belongs into `regressions`.
#![expect(
    clippy::result_large_err,
    reason = "a refusal is an answer as any other"
)]

mod bucket;
mod case;
mod compare;
mod listing;
mod pages;
mod regressions;
mod reply;
mod request;
mod settings;
mod state;
mod step;
mod strategy;
mod wire;
mod writes;

use crate::server::TestServer;
use case::{Case, Tally, Usage};
use compare::Difference;
use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use step::Step;
use wire::Line;

/// Steps of a normal run: 28 s on two busy processors. A debug build does a third as many in a
/// second.
const STEPS: usize = if cfg!(debug_assertions) {
    30_000
} else {
    70_000
};
/// Overrides [`STEPS`]; `make torture` does.
const STEPS_VARIABLE: &str = "MODEL_STEPS";
/// Lives at the same time. They wait for the disk more than for a processor.
const THREADS: usize = 12;
/// Attempts to make a failure smaller.
const SHRINKS_MAX: u32 = 2000;

/// A tenant whose buckets are cases.
struct Lives<'a> {
    server: &'a TestServer,
    tally: &'a Mutex<Tally>,
    tenant: String,
    line: RefCell<Line>,
    buckets: Cell<usize>,
}

impl<'a> Lives<'a> {
    fn new(server: &'a TestServer, tally: &'a Mutex<Tally>, tenant: String) -> Self {
        let line = Line::open(server.account(&tenant));
        Self {
            server,
            tally,
            tenant,
            line: RefCell::new(line),
            buckets: Cell::new(0),
        }
    }

    /// Runs the steps in a bucket of their own.
    fn run(&self, steps: &[Step]) -> Result<(), Difference> {
        let number = self.buckets.replace(self.buckets.get() + 1);
        let bucket = format!("{}-{number}", self.tenant);
        let mut line = self.line.borrow_mut();
        let mut case = Case::new(&mut line, &bucket);
        for (number, step) in steps.iter().enumerate() {
            let done = case.step(step);
            done.map_err(|difference| format!("step {number}, {step:?}: {difference}"))?;
        }
        let mut end = || {
            case.check(|| self.usage(&bucket))?;
            case.destroy()?;
            case.check(|| self.usage(&bucket))
        };
        end().map_err(|difference| format!("in the end: {difference}"))?;
        let mut tally = self.tally.lock().expect("no thread has panicked");
        for (ended, count) in case.tally {
            *tally.entry(ended).or_default() += count;
        }
        Ok(())
    }

    fn usage(&self, bucket: &str) -> Option<Usage> {
        let words = ["bucket", "list", "--tenant", &self.tenant];
        let listed = self.server.admin(&words).expect("buckets");
        let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
        let mut buckets = listed.as_array().expect("a list").iter();
        let own = buckets.find(|own| own["name"] == bucket)?;
        let number = |field: &str| {
            let number = own[field].as_u64().expect("a number");
            usize::try_from(number).expect("a small number")
        };
        Some((number("bytes"), number("objects"), number("upload_bytes")))
    }
}

/// Runs lives until so many steps are done or one fails: what failed, shrunk.
fn search(
    lives: &Lives<'_>,
    done: &AtomicUsize,
    total: usize,
    stop: &AtomicBool,
) -> Option<String> {
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: SHRINKS_MAX,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    while done.load(Ordering::Relaxed) < total && !stop.load(Ordering::Relaxed) {
        let life = strategy::steps().new_tree(&mut runner).expect("steps");
        let outcome = runner.run_one(life, |steps| {
            done.fetch_add(steps.len(), Ordering::Relaxed);
            lives.run(&steps).map_err(TestCaseError::fail)
        });
        if let Err(TestError::Fail(reason, steps)) = outcome {
            stop.store(true, Ordering::Relaxed);
            let lines = steps.iter().map(|step| format!("    {step:?},\n"));
            return Some(format!("{reason}\n[\n{}]", lines.collect::<String>()));
        }
    }
    None
}

#[expect(
    clippy::disallowed_methods,
    reason = "the length of the run is the caller's"
)]
fn wanted_steps() -> usize {
    let wanted = std::env::var(STEPS_VARIABLE).ok();
    wanted.map_or(STEPS, |steps| steps.parse().expect("a number of steps"))
}

/// Runs steps that once failed.
fn replay(steps: &[Step]) {
    let server = TestServer::start();
    let tally = Mutex::default();
    let done = Lives::new(&server, &tally, "model".to_owned()).run(steps);
    assert_eq!(done, Ok(()));
}

#[test]
fn random_steps_do_what_the_model_says() {
    let server = TestServer::start();
    let total = wanted_steps();
    let (done, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let tally = Mutex::default();
    let lives = |thread: usize| {
        let lives = Lives::new(&server, &tally, format!("model{thread}"));
        search(&lives, &done, total, &stop)
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let lives = &lives;
        let threads = (0..THREADS).map(|thread| scope.spawn(move || lives(thread)));
        let threads: Vec<_> = threads.collect();
        let ended = threads
            .into_iter()
            .map(|thread| thread.join().expect("a thread"));
        ended.flatten().collect()
    });
    let done = done.into_inner();
    let tally = tally.into_inner().expect("no thread has panicked");
    for ((operation, code), count) in &tally {
        println!("{count:8} {operation} {code}");
    }
    println!("{done} steps");
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(done >= total);
}
