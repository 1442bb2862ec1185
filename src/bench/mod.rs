//! Rank 8: the load generator behind `riznica bench`, with which operators size their machines.
//!
//! Owns: what is sent (`plan`, `mix`, `sizes`, `objects`, `content`), one connection for each
//! worker (`endpoint`, `connection`, `body`, `client`), the closed loop (`worker`), the order of a
//! run (`run`, `prepare`, `sweep`), what was measured (`tally`, `process`, `report`).
//! Not here: arguments, tables and the progress bar (`cli::bench`), SigV4 (`auth::sigv4::sign`).
//!
//! It is a client and opens nothing of the server: no data folder, no engine. It speaks to any S3
//! endpoint by path style.
//!
//! Invariants of a run
//! - What it writes and deletes is below one prefix that ends in a random run id, so that nothing
//!   of the operator's is touched (`sweep::page` refuses a listing that names anything else).
//! - Memory does not grow with sizes or time: bodies are made and compared in pieces
//!   (`content::PIECE_LEN`), latencies are counted in histograms, one set for each thread.
//! - Each byte that is read is compared with what was written; an answer that is wrong is an error.

mod body;
mod client;
mod connection;
mod content;
mod crew;
mod endpoint;
pub mod error;
mod fault;
mod mix;
mod objects;
pub mod plan;
mod prepare;
mod process;
pub mod progress;
mod random;
pub mod report;
mod run;
mod signals;
mod sizes;
mod sweep;
mod tally;
mod watch;
mod worker;

pub use endpoint::Endpoint;
pub use error::BenchError;
pub use mix::{Kind, Mix};
pub use plan::Plan;
pub use progress::Progress;
pub use report::Report;
pub use run::{Tools, run};
pub use sizes::{SizeRange, Sizes};
