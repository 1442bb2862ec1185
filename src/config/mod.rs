//! Rank 1: the configuration.
//!
//! Owns: schema, the merge of file, environment and command line, rules across keys; profiles of
//! buckets.
//! Not here: the command line itself (`cli`).

pub mod error;
pub mod load;
pub mod profile;
pub mod profile_folder;
pub mod resolve;
pub mod schema;

pub use error::ConfigError;
pub use load::{Overrides, credentials_directory, load};
pub use resolve::Config;
