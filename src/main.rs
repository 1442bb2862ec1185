//! The binary: arguments in, exit code out.

use clap::Parser;
use riznica::cli::{Arguments, run};
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

/// Returns freed memory to the system under RocksDB's and the bodies' mix of sizes.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = format!("riznica: {error}");
            let mut source = error.source();
            while let Some(cause) = source {
                text.push_str("\n  because: ");
                text.push_str(&cause.to_string());
                source = cause.source();
            }
            // Standard error may be closed; there is nobody left to tell.
            drop(writeln!(std::io::stderr(), "{text}"));
            ExitCode::FAILURE
        }
    }
}
