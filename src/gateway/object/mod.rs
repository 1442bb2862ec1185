//! Operations on objects, one file each.

pub mod attributes;
pub mod copy;
pub mod delete;
pub mod get;
pub mod put;
pub mod version;
pub mod version_error;
