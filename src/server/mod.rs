//! Rank 8: the only place that knows all types.
//!
//! Owns: putting the process together, sockets, TLS, the end.

pub mod compose;
pub mod error;
pub mod hardening;
pub mod init;
pub mod listen;
pub mod open_files;
pub mod tls;

pub use init::init;
pub use listen::serve;
