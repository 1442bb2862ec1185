//! `riznica bench`.
//!
//! Owns: from arguments to a plan, secrets from the environment or a file, the table and the lines
//! under it. Not here: what is sent and how it is counted (`bench`).

use crate::auth::{AccessKeyId, Signer};
use crate::base::clock::SystemClock;
use crate::base::entropy::{SystemEntropy, random_array};
use crate::base::secret::SecretBytes;
use crate::bench::report::EndedEarly;
use crate::bench::{BenchError, Endpoint, Kind, Mix, Plan, Report, Sizes, Tools, run};
use crate::cli::args::{BenchArguments, OutputFormat};
use crate::cli::bench_progress::Bar;
use crate::cli::commands::runtime;
use crate::cli::error::CommandError;
use crate::cli::{output, texts};
use crate::server::{hardening, open_files};
use std::path::Path;
use std::sync::Arc;

/// The mix without `--mix`.
const DEFAULT_MIX: [(Kind, u32); 4] = [
    (Kind::Put, 20),
    (Kind::Get, 70),
    (Kind::Head, 5),
    (Kind::Delete, 5),
];
/// Bytes of a range without `--range-size`.
const DEFAULT_RANGE_LEN: u64 = 4096;
/// The share of its threads' time from which the load generator measures itself.
const BUSY_SHARE: f64 = 0.8;

/// Columns.
const COLUMNS: [&str; 11] = [
    "operation",
    "requests",
    "errors",
    "slow_down",
    "requests_per_s",
    "mb_per_s",
    "p50_ms",
    "p90_ms",
    "p99_ms",
    "p99_9_ms",
    "max_ms",
];

/// Runs `bench`.
///
/// # Errors
/// `CommandError`; also, behind the figures, when a request has failed.
pub fn bench(format: OutputFormat, arguments: BenchArguments) -> Result<(), CommandError> {
    hardening::no_core_dumps();
    let endpoint = Endpoint::parse(&arguments.endpoint, &arguments.ca_file)?;
    let signer = signer(&arguments)?;
    let entropy = SystemEntropy::new();
    let seed = match arguments.seed {
        Some(seed) => seed,
        // Of 32 bits, so that no reader of JSON rounds it.
        None => random_array(&entropy)
            .map(|bytes| u64::from(u32::from_le_bytes(bytes)))
            .map_err(|_entropy| BenchError::RunId)?,
    };
    let plan = plan(arguments, seed)?;
    plan.check().map_err(BenchError::from)?;
    if open_files::connections_that_fit(plan.concurrency, 0) < plan.concurrency {
        return Err(disagreement(texts::BENCH_OPEN_FILES));
    }
    let (is_kept, runtime) = (plan.is_kept, runtime(plan.threads)?);
    let bar = Bar::new();
    let tools = Tools {
        clock: Arc::new(SystemClock::new()),
        entropy: &entropy,
        runtime: runtime.handle().clone(),
        progress: &bar,
    };
    let (report, verdict) = runtime.block_on(run(plan, endpoint, signer, tools));
    if let Some(report) = report {
        tell(format, &report, is_kept)?;
    }
    Ok(verdict?)
}

const fn disagreement(text: &'static str) -> CommandError {
    CommandError::Disagreement { text }
}

fn plan(arguments: BenchArguments, seed: u64) -> Result<Plan, CommandError> {
    let mix = match (arguments.operation.kind(), arguments.mix) {
        (Some(_), Some(_)) => return Err(disagreement(texts::BENCH_MIX)),
        (Some(kind), None) => Mix::only(kind),
        (None, Some(mix)) => mix,
        (None, None) => Mix::of(&DEFAULT_MIX),
    };
    if arguments.range_size.is_some() && !mix.has(Kind::Range) {
        return Err(disagreement(texts::BENCH_RANGE));
    }
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let sizes = Sizes::new(arguments.size);
    Ok(Plan {
        bucket: arguments.bucket,
        prefix: arguments.prefix,
        mix,
        // Never refused: the argument has a default.
        sizes: sizes.ok_or(BenchError::Nothing)?,
        range_len: arguments
            .range_size
            .map_or(DEFAULT_RANGE_LEN, |size| size.as_u64()),
        concurrency: arguments.concurrency,
        threads: arguments.threads.unwrap_or_else(cores),
        duration: arguments.duration,
        warm_up: arguments.warm_up,
        timeout: arguments.timeout,
        objects: arguments.objects,
        signs_payload: arguments.signed_payload,
        is_kept: arguments.keep,
        seed,
        pid: arguments.pid,
    })
}

fn signer(arguments: &BenchArguments) -> Result<Signer, CommandError> {
    let id = AccessKeyId::parse(arguments.access_key.trim())
        .map_err(|_id| disagreement(texts::BENCH_ACCESS_KEY))?;
    let (secret, token) = match &arguments.secret_key_file {
        Some(path) => (Some(secret_of(path)?), None),
        None => (
            environment("AWS_SECRET_ACCESS_KEY"),
            environment("AWS_SESSION_TOKEN"),
        ),
    };
    let secret = secret.ok_or_else(|| disagreement(texts::BENCH_SECRET))?;
    Ok(Signer::new(id, secret, token, arguments.region.clone()))
}

fn secret_of(path: &Path) -> Result<SecretBytes, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|source| CommandError::File {
        path: path.to_owned(),
        source,
    })?;
    let text = text.trim_end_matches(['\r', '\n']);
    Ok(SecretBytes::new(text.as_bytes().to_vec()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "an argument would show the secret in the list of processes"
)]
fn environment(name: &str) -> Option<SecretBytes> {
    let value = std::env::var(name).ok();
    let value = value.filter(|value| !value.is_empty());
    value.map(|value| SecretBytes::new(value.into_bytes()))
}

fn tell(format: OutputFormat, report: &Report, is_kept: bool) -> Result<(), CommandError> {
    match format {
        OutputFormat::Json => output::one(format, report),
        OutputFormat::Csv => output::list(format, &COLUMNS, &report.operations),
        OutputFormat::Table => {
            output::list(format, &COLUMNS, &report.operations)?;
            output::print(&notes(report, is_kept).join("\n"))
        }
    }
}

/// What stands under the table.
fn notes(report: &Report, is_kept: bool) -> Vec<String> {
    let (plan, client) = (&report.plan, &report.client);
    let mut notes = vec![format!(
        "{} s from {}: {} of {}, {} connections, seed {}",
        report.seconds, report.started, plan.mix, plan.sizes, plan.concurrency, plan.seed
    )];
    if let Some(server) = &report.server {
        notes.push(format!(
            "server: {} us of CPU a request, {} MiB resident, {} MiB at most so far",
            server.cpu_us_per_request,
            server.resident_bytes >> 20,
            server.resident_peak_bytes >> 20
        ));
    }
    notes.push(format!(
        "this program: {} of the time of its {} threads",
        client.cpu_share, plan.threads
    ));
    if client.cpu_share >= BUSY_SHARE {
        notes.push(texts::BENCH_BUSY.to_owned());
    }
    if report.ended_early == Some(EndedEarly::NothingLeft) {
        notes.push(texts::BENCH_NOTHING_LEFT.to_owned());
    }
    let errors = report.errors.iter();
    notes.extend(errors.map(|(code, count)| format!("error {code}: {count}")));
    notes.push(if is_kept {
        format!("kept: s3://{}/{}", plan.bucket, plan.prefix)
    } else {
        format!("deleted: {} below {}", report.swept, plan.prefix)
    });
    notes
}
