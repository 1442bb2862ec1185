//! Bounded little-endian writer and reader with length-prefixed fields: the alphabet of every
//! stored byte.
//!
//! Owns: integers, fixed fields, `u32`-length-prefixed byte strings. The reader never indexes past
//! the end and never allocates more than the input holds, whatever the lengths claim. Not here:
//! what the fields mean (each record's own file and `docs/FORMAT.md`).

use crate::base::kind::ErrorKind;

/// Stored bytes do not have the shape they claim.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CodecError {
    /// The input ended inside a field.
    #[error("input ends inside a field")]
    Truncated,
    /// Bytes remain after the last field.
    #[error("bytes remain after the last field")]
    TrailingBytes,
    /// A field has a value that its type does not allow.
    #[error("field has a value that its type does not allow field={0}")]
    InvalidField(&'static str),
    /// The format number is none that this program reads.
    #[error("format is not one that this program reads format={0}")]
    UnknownFormat(u8),
}

impl CodecError {
    /// Stored bytes that do not decode are corrupt.
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::Corrupt
    }
}

/// Appends fields to a growing buffer.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty writer.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer with room for `len` bytes.
    pub fn with_capacity(len: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(len),
        }
    }

    /// Appends one byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.bytes.push(value);
        self
    }

    /// Appends two bytes.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.fixed(&value.to_le_bytes())
    }

    /// Appends four bytes.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.fixed(&value.to_le_bytes())
    }

    /// Appends eight bytes.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.fixed(&value.to_le_bytes())
    }

    /// Appends bytes whose length both sides know.
    pub fn fixed(&mut self, value: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(value);
        self
    }

    /// Appends a length (`u32`) and the bytes. Every caller bounds its fields far below 4 GiB.
    pub fn field(&mut self, value: &[u8]) -> &mut Self {
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.u32(len).fixed(value)
    }

    /// Appends a presence byte and, if there is a value, the value as a field.
    pub fn optional_field(&mut self, value: Option<&[u8]>) -> &mut Self {
        match value {
            None => self.u8(0),
            Some(value) => self.u8(1).field(value),
        }
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// The finished bytes.
    pub fn into_vec(self) -> Vec<u8> {
        self.bytes
    }
}

/// Takes fields off the front of a slice.
#[derive(Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Takes `len` bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer remain.
    pub fn fixed(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    /// Takes an array of known length.
    ///
    /// # Errors
    /// `Truncated` when fewer bytes remain.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let (head, rest) = self
            .rest
            .split_first_chunk::<N>()
            .ok_or(CodecError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// Takes one byte.
    ///
    /// # Errors
    /// `Truncated` when none remains.
    pub fn u8(&mut self) -> Result<u8, CodecError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// Takes two bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer remain.
    pub fn u16(&mut self) -> Result<u16, CodecError> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    /// Takes four bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer remain.
    pub fn u32(&mut self) -> Result<u32, CodecError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// Takes eight bytes.
    ///
    /// # Errors
    /// `Truncated` when fewer remain.
    pub fn u64(&mut self) -> Result<u64, CodecError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Takes a length-prefixed byte string.
    ///
    /// # Errors
    /// `Truncated` when the length points past the end.
    pub fn field(&mut self) -> Result<&'a [u8], CodecError> {
        let len = usize::try_from(self.u32()?).map_err(|_overflow| CodecError::Truncated)?;
        self.fixed(len)
    }

    /// Takes a length-prefixed UTF-8 string.
    ///
    /// # Errors
    /// `Truncated`, or `InvalidField(name)` when it is not UTF-8.
    pub fn text(&mut self, name: &'static str) -> Result<String, CodecError> {
        let bytes = self.field()?;
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_utf8| CodecError::InvalidField(name))
    }

    /// Takes a field that [`Writer::optional_field`] wrote.
    ///
    /// # Errors
    /// `Truncated`, or `InvalidField(name)` when the presence byte is neither 0 nor 1.
    pub fn optional_field(&mut self, name: &'static str) -> Result<Option<&'a [u8]>, CodecError> {
        match self.u8()? {
            0 => Ok(None),
            1 => self.field().map(Some),
            _ => Err(CodecError::InvalidField(name)),
        }
    }

    /// What has not been taken yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Ends reading.
    ///
    /// # Errors
    /// `TrailingBytes` when anything is left.
    pub fn finish(self) -> Result<(), CodecError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(CodecError::TrailingBytes)
        }
    }
}
