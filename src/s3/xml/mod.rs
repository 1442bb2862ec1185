//! XML bodies: a writer for answers, a bounded reader for requests.

pub mod acl;
pub mod lifecycle;
pub mod lock;
pub mod public_access;
pub mod reader;
pub mod requests;
pub mod responses;
pub mod responses_attributes;
pub mod responses_list;
pub mod responses_settings;
pub mod responses_versions;
pub mod tagging;
pub mod writer;

pub use reader::XmlError;
pub use writer::XmlWriter;
