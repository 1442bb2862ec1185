//! Rank 1: the configuration.
//!
//! Owns: schema, the merge of file, environment and command line, rules across keys; profiles of
//! buckets, templates of tenants.
//! Not here: the command line itself (`cli`).

pub mod document_folder;
pub mod error;
pub mod load;
pub mod profile;
pub mod profile_folder;
pub mod resolve;
pub mod schema;
pub mod template_folder;
pub mod tenant_template;

pub use error::ConfigError;
pub use load::{Overrides, credentials_directory, load};
pub use resolve::Config;
