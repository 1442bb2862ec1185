//! Multipart uploads, one file for each operation.

pub mod abort;
pub mod complete;
pub mod create;
pub mod list;
pub mod part_copy;
pub mod upload_part;
