//! What a client attaches to an object: content headers and user metadata.
//!
//! Owns: the closed list of content headers that are stored, and the bound on user metadata.
//! Not here: reading headers off a request (`s3::extract`).

use crate::base::limits::USER_METADATA_LEN_MAX;
use crate::model::encryption::{SSE_HEADER, SseAlgorithm};

/// The content headers that an object keeps, by their lower-case names. Their order is their stored
/// number: append only.
pub const CONTENT_HEADERS: [&str; 8] = [
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
    "x-amz-website-redirect-location",
    SSE_HEADER,
];

/// User metadata that is too large.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("user metadata is larger than the limit limit={USER_METADATA_LEN_MAX} len={len}")]
pub struct MetadataTooLarge {
    /// Bytes of names and values together.
    pub len: usize,
}

/// Content headers and user metadata of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectMetadata {
    content_headers: Vec<(u8, String)>,
    user_metadata: Vec<(String, String)>,
}

impl ObjectMetadata {
    /// Sets a content header by its lower-case name; other names are not kept.
    pub fn set_content_header(&mut self, name: &str, value: &str) {
        let Some(number) = CONTENT_HEADERS.iter().position(|known| *known == name) else {
            return;
        };
        let Ok(number) = u8::try_from(number) else {
            return;
        };
        self.content_headers
            .retain(|(existing, _)| *existing != number);
        self.content_headers.push((number, value.to_owned()));
    }

    /// Sets or takes away the mark that server-side encryption was asked for, by the request or by
    /// the bucket's setting. Without the mark answers say what the configuration says.
    pub fn mark_encryption(&mut self, algorithm: Option<SseAlgorithm>) {
        let number = CONTENT_HEADERS
            .iter()
            .position(|known| *known == SSE_HEADER);
        self.content_headers
            .retain(|(existing, _)| Some(usize::from(*existing)) != number);
        if let Some(algorithm) = algorithm {
            self.set_content_header(SSE_HEADER, algorithm.name());
        }
    }

    /// The encryption that was asked for.
    pub fn encryption(&self) -> Option<SseAlgorithm> {
        let (_, value) = self
            .content_headers()
            .find(|(name, _)| *name == SSE_HEADER)?;
        SseAlgorithm::parse(value)
    }

    /// The content headers as name and value.
    pub fn content_headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.content_headers.iter().filter_map(|(number, value)| {
            Some((*CONTENT_HEADERS.get(usize::from(*number))?, value.as_str()))
        })
    }

    /// Adds user metadata: `name` without its `x-amz-meta-` prefix, lower case. A repeated name
    /// joins its values by commas, as HTTP joins repeated headers.
    pub fn add_user_metadata(&mut self, name: &str, value: &str) {
        match self
            .user_metadata
            .iter_mut()
            .find(|(existing, _)| existing == name)
        {
            Some((_, joined)) => {
                joined.push(',');
                joined.push_str(value);
            }
            None => self.user_metadata.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The user metadata as name and value.
    pub fn user_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.user_metadata
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Enforces the bound on user metadata.
    ///
    /// # Errors
    /// When names and values together are over 2 KiB.
    pub fn within_limit(self) -> Result<Self, MetadataTooLarge> {
        let len = self
            .user_metadata
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if len > USER_METADATA_LEN_MAX {
            Err(MetadataTooLarge { len })
        } else {
            Ok(self)
        }
    }
}
