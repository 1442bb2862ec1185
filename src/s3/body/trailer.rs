//! The trailer of an aws-chunked body: the lines after the final chunk.
//!
//! Owns: which lines may be there, and their canonical form for the trailer's signature.
//! Not here: framing (`s3::body::aws_chunked`), whether the checksum is right (`gateway`).
//!
//! Two forms are in use. AWS's SDKs end each line with CRLF. The S3 documentation and `MinIO`
//! clients write `name:value LF CRLF`, then the signature's line if there is one, then the closing
//! CRLF. Both are read.

use crate::s3::body::aws_chunked::{ChunkError, TrailerFault};

const SIGNATURE_NAME: &str = "x-amz-trailer-signature";

/// What came after the final chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trailers {
    /// The announced checksum: its lower-case name and its value; `None` when none was announced.
    pub checksum: Option<(String, String)>,
}

/// Collects trailer lines.
#[derive(Debug)]
pub(super) struct TrailerReader {
    /// The announced name, lower case.
    expected: Option<String>,
    /// Whether a signature has to follow.
    is_signed: bool,
    value: Option<String>,
    signature: Option<Vec<u8>>,
    /// A line ended in a bare LF: the CRLF of the documented form follows.
    is_separator_due: bool,
}

/// The trailer once its closing line has come.
pub(super) struct CompleteTrailer {
    pub(super) trailers: Trailers,
    /// `name:value` with a line feed: what the signature covers.
    pub(super) canonical: String,
    pub(super) signature: Option<Vec<u8>>,
}

impl TrailerReader {
    pub(super) fn new(expected: Option<String>, is_signed: bool) -> Self {
        Self {
            expected,
            is_signed,
            value: None,
            signature: None,
            is_separator_due: false,
        }
    }

    /// Takes one line, with its line feed. Returns the trailer when the line closes it.
    pub(super) fn line(&mut self, line: &[u8]) -> Result<Option<CompleteTrailer>, ChunkError> {
        let is_separator_due = std::mem::take(&mut self.is_separator_due);
        if line == b"\r\n" {
            return if is_separator_due {
                Ok(None)
            } else {
                self.close().map(Some)
            };
        }
        if is_separator_due {
            return Err(malformed(TrailerFault::Syntax));
        }
        let (content, is_bare) = match line {
            [content @ .., b'\r', b'\n'] => (content, false),
            [content @ .., b'\n'] => (content, true),
            _ => return Err(malformed(TrailerFault::Syntax)),
        };
        self.content(content)?;
        self.is_separator_due = is_bare;
        // Only the checksum's line has the documented form, not the signature's.
        if is_bare && self.signature.is_some() {
            return Err(malformed(TrailerFault::Syntax));
        }
        Ok(None)
    }

    fn content(&mut self, content: &[u8]) -> Result<(), ChunkError> {
        let is_visible = |b: &u8| matches!(b, b' '..=b'~');
        let text = str::from_utf8(content)
            .ok()
            .filter(|text| text.as_bytes().iter().all(is_visible));
        let (name, value) = text
            .and_then(|text| text.split_once(':'))
            .ok_or_else(|| malformed(TrailerFault::Syntax))?;
        let value = value.trim_matches(' ');
        if self.signature.is_some() {
            return Err(malformed(TrailerFault::AfterSignature));
        }
        if self.is_signed && name.eq_ignore_ascii_case(SIGNATURE_NAME) {
            self.signature = Some(value.as_bytes().to_vec());
            return Ok(());
        }
        if !self
            .expected
            .as_deref()
            .is_some_and(|expected| name.eq_ignore_ascii_case(expected))
        {
            return Err(malformed(TrailerFault::NotAnnounced));
        }
        match self.value.replace(value.to_owned()) {
            Some(_) => Err(malformed(TrailerFault::Repeated)),
            None => Ok(()),
        }
    }

    fn close(&mut self) -> Result<CompleteTrailer, ChunkError> {
        let signature = self.signature.take();
        if self.is_signed && signature.is_none() {
            return Err(malformed(TrailerFault::Unsigned));
        }
        let checksum = match (self.expected.take(), self.value.take()) {
            (Some(name), Some(value)) => Some((name, value)),
            (None, None) => None,
            // A value without an announced name was refused at its line.
            (Some(_), None) | (None, Some(_)) => return Err(malformed(TrailerFault::Missing)),
        };
        let canonical = match &checksum {
            Some((name, value)) => format!("{name}:{value}\n"),
            None => String::new(),
        };
        Ok(CompleteTrailer {
            trailers: Trailers { checksum },
            canonical,
            signature,
        })
    }
}

fn malformed(fault: TrailerFault) -> ChunkError {
    ChunkError::MalformedTrailer(fault)
}
