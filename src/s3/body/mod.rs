//! Request bodies on the wire.

pub mod aws_chunked;
pub mod bridge;
pub mod trailer;
pub mod unread;
