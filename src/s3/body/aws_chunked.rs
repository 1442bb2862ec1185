//! The aws-chunked decoder: a state machine over the frames of a streaming upload, without I/O.
//!
//! Owns: frames, their bounds, the order of signatures, the decoded length.
//! Not here: signature arithmetic (`auth::sigv4::chunk`), trailer lines (`s3::body::trailer`),
//! reading the socket (`s3::body::bridge`). The name of the form is in `x-amz-content-sha256`,
//! never in `Content-Encoding`.
//!
//! Bytes are handed on before their chunk's signature is known: nothing is committed before
//! [`ChunkDecoder::finish`] succeeds, and it succeeds only after every chunk, the final empty chunk
//! and the trailer held. That bounds the memory of a request to a chunk header, not to a chunk.

use crate::auth::{AuthError, ChunkVerifier};
use crate::base::digest::{DigestAlgorithm, Digester};
use crate::base::kind::ErrorKind;
use crate::base::limits::{CHUNK_HEADER_LEN_MAX, CHUNK_LEN_MAX, PUT_LEN_MAX};
pub use crate::s3::body::trailer::Trailers;
use crate::s3::body::trailer::{CompleteTrailer, TrailerReader};
use bytes::{Buf as _, Bytes};

/// How a body is framed.
#[derive(Debug)]
pub struct ChunkMode {
    /// Verifies the chunks; `None` for the unsigned form.
    pub signed: Option<ChunkVerifier>,
    /// The one name announced in `x-amz-trailer`, lower case.
    pub trailer_expected: Option<String>,
    /// `x-amz-decoded-content-length`. Without it the body is bounded only by what the caller
    /// accepts.
    pub decoded_len: Option<u64>,
}

/// What is wrong with a trailer.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrailerFault {
    /// A line follows the signature.
    #[error("line after the signature")]
    AfterSignature,
    /// The announced trailer is not there.
    #[error("announced trailer is missing")]
    Missing,
    /// A trailer that was not announced.
    #[error("trailer was not announced")]
    NotAnnounced,
    /// The announced trailer is there twice.
    #[error("trailer occurs twice")]
    Repeated,
    /// Not lines of `name:value`.
    #[error("line is not a name and a value")]
    Syntax,
    /// The trailer has to be signed and is not.
    #[error("trailer is not signed")]
    Unsigned,
}

/// Why a streaming body is refused.
#[derive(Debug, thiserror::Error)]
pub enum ChunkError {
    /// Bytes follow the end of the body.
    #[error("data after the end of the body")]
    DataAfterEnd,
    /// The body ended early, or its decoded length is not the declared one.
    #[error("body is not as long as declared")]
    IncompleteBody,
    /// A chunk header is too long, or its size is not a hexadecimal number within bounds.
    #[error("chunk header or chunk size is invalid")]
    InvalidChunkSize,
    /// No CRLF follows a chunk's data.
    #[error("chunk does not end where its size says")]
    InvalidFraming,
    /// The trailer is not what was announced.
    #[error("trailer is malformed fault={0}")]
    MalformedTrailer(TrailerFault),
    /// A signature does not hold.
    #[error("signature of the body does not hold")]
    Signature(#[source] AuthError),
    /// A chunk of a signed body has no signature.
    #[error("chunk is not signed")]
    UnsignedChunk,
    /// An earlier call failed.
    #[error("body was already refused")]
    AlreadyRefused,
}

impl ChunkError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Signature(_) | Self::UnsignedChunk => ErrorKind::Denied,
            Self::AlreadyRefused
            | Self::DataAfterEnd
            | Self::IncompleteBody
            | Self::InvalidChunkSize
            | Self::InvalidFraming
            | Self::MalformedTrailer(_) => ErrorKind::Invalid,
        }
    }
}

/// Decodes one body.
#[derive(Debug)]
pub struct ChunkDecoder {
    verifier: Option<ChunkVerifier>,
    trailer: TrailerReader,
    decoded_len: Option<u64>,
    decoded: u64,
    /// The beginning of a line whose end has not come yet; never longer than
    /// `CHUNK_HEADER_LEN_MAX`.
    line: Vec<u8>,
    state: State,
}

#[derive(Debug)]
enum State {
    Header,
    Data {
        remaining: u64,
        seal: Option<Box<ChunkSeal>>,
    },
    /// The CRLF after a chunk's data; `is_half` after its CR.
    DataEnd {
        is_half: bool,
    },
    Trailer,
    End(Trailers),
    Refused,
}

/// What a signed chunk has to prove once its data has come. Boxed in the state: the digest is some
/// 300 bytes.
#[derive(Debug)]
struct ChunkSeal {
    signature: Vec<u8>,
    digester: Digester,
}

impl ChunkDecoder {
    /// A decoder at the beginning of a body.
    pub fn new(mode: ChunkMode) -> Self {
        let ChunkMode {
            signed,
            trailer_expected,
            decoded_len,
        } = mode;
        let is_trailer_signed = signed.as_ref().is_some_and(ChunkVerifier::has_trailer);
        Self {
            verifier: signed,
            trailer: TrailerReader::new(trailer_expected, is_trailer_signed),
            decoded_len,
            decoded: 0,
            line: Vec::new(),
            state: State::Header,
        }
    }

    /// Decodes the next bytes of the body and appends slices of them, the data, to `output`.
    ///
    /// # Errors
    /// Every variant of `ChunkError`. After an error the decoder refuses everything.
    pub fn feed(&mut self, mut input: Bytes, output: &mut Vec<Bytes>) -> Result<(), ChunkError> {
        while !input.is_empty() {
            // Refused until the step has succeeded, so that no failure can be read past.
            let state = std::mem::replace(&mut self.state, State::Refused);
            self.state = self.step(state, &mut input, output)?;
        }
        Ok(())
    }

    /// Ends the body.
    ///
    /// # Errors
    /// `IncompleteBody` when it has not ended; `AlreadyRefused` after an earlier error.
    pub fn finish(self) -> Result<Trailers, ChunkError> {
        match self.state {
            State::End(trailers) => Ok(trailers),
            State::Refused => Err(ChunkError::AlreadyRefused),
            State::Header | State::Data { .. } | State::DataEnd { .. } | State::Trailer => {
                Err(ChunkError::IncompleteBody)
            }
        }
    }

    /// Takes some of `input`, which is not empty, and returns the next state.
    fn step(
        &mut self,
        state: State,
        input: &mut Bytes,
        output: &mut Vec<Bytes>,
    ) -> Result<State, ChunkError> {
        match state {
            State::Header => match self.take_line(input)? {
                Some(line) => self.begin_chunk(&line),
                None => Ok(State::Header),
            },
            State::Data { remaining, seal } => self.data(remaining, seal, input, output),
            State::DataEnd { is_half } => match (is_half, input.get_u8()) {
                (false, b'\r') => Ok(State::DataEnd { is_half: true }),
                (true, b'\n') => Ok(State::Header),
                _ => Err(ChunkError::InvalidFraming),
            },
            State::Trailer => match self.take_line(input).map_err(trailer_too_long)? {
                Some(line) => self.trailer_line(&line),
                None => Ok(State::Trailer),
            },
            State::End(_) => Err(ChunkError::DataAfterEnd),
            State::Refused => Err(ChunkError::AlreadyRefused),
        }
    }

    /// The next line with its line feed, once it is whole.
    fn take_line(&mut self, input: &mut Bytes) -> Result<Option<Vec<u8>>, ChunkError> {
        let room = CHUNK_HEADER_LEN_MAX.saturating_sub(self.line.len());
        let end = input.iter().take(room).position(|byte| *byte == b'\n');
        let taken = input.split_to(end.map_or_else(|| room.min(input.len()), |end| end + 1));
        self.line.extend_from_slice(&taken);
        if end.is_some() {
            return Ok(Some(std::mem::take(&mut self.line)));
        }
        if self.line.len() >= CHUNK_HEADER_LEN_MAX {
            return Err(ChunkError::InvalidChunkSize);
        }
        Ok(None)
    }

    /// A chunk header: `size CRLF`, or `size;chunk-signature=signature CRLF`.
    fn begin_chunk(&mut self, line: &[u8]) -> Result<State, ChunkError> {
        let content = line
            .strip_suffix(b"\r\n")
            .ok_or(ChunkError::InvalidChunkSize)?;
        let text = str::from_utf8(content).map_err(|_utf8| ChunkError::InvalidChunkSize)?;
        let (size, extension) = match text.split_once(';') {
            Some((size, extension)) => (size, Some(extension)),
            None => (text, None),
        };
        let size = self.chunk_size(size)?;
        let seal = match (&self.verifier, extension) {
            (Some(_), Some(extension)) => {
                let signature = extension.strip_prefix("chunk-signature=");
                let signature = signature
                    .ok_or(ChunkError::InvalidChunkSize)?
                    .as_bytes()
                    .to_vec();
                Some(Box::new(ChunkSeal {
                    signature,
                    digester: Digester::new(DigestAlgorithm::Sha256),
                }))
            }
            (None, None) => None,
            (Some(_), None) => return Err(ChunkError::UnsignedChunk),
            (None, Some(_)) => return Err(ChunkError::InvalidChunkSize),
        };
        if size > 0 {
            return Ok(State::Data {
                remaining: size,
                seal,
            });
        }
        self.end_chunk(seal)?;
        if self
            .decoded_len
            .is_some_and(|declared| declared != self.decoded)
        {
            return Err(ChunkError::IncompleteBody);
        }
        Ok(State::Trailer)
    }

    /// A size within bounds: signed chunks to 16 MiB; no chunk above the largest PUT, nor above
    /// what is left of the declared length.
    fn chunk_size(&self, text: &str) -> Result<u64, ChunkError> {
        // `from_str_radix` alone would take a sign.
        let is_hex = !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
        let size = u64::from_str_radix(text, 16).ok().filter(|_| is_hex);
        let size = size.ok_or(ChunkError::InvalidChunkSize)?;
        let is_signed = self.verifier.is_some();
        let max = if is_signed {
            u64::try_from(CHUNK_LEN_MAX).ok()
        } else {
            None
        };
        if size > max.unwrap_or(PUT_LEN_MAX) {
            return Err(ChunkError::InvalidChunkSize);
        }
        let decoded = self
            .decoded
            .checked_add(size)
            .ok_or(ChunkError::InvalidChunkSize)?;
        if self.decoded_len.is_some_and(|declared| decoded > declared) {
            return Err(ChunkError::IncompleteBody);
        }
        Ok(size)
    }

    fn data(
        &mut self,
        remaining: u64,
        mut seal: Option<Box<ChunkSeal>>,
        input: &mut Bytes,
        output: &mut Vec<Bytes>,
    ) -> Result<State, ChunkError> {
        let taken = usize::try_from(remaining)
            .unwrap_or(usize::MAX)
            .min(input.len());
        let piece = input.split_to(taken);
        if let Some(seal) = &mut seal {
            seal.digester.update(&piece);
        }
        output.push(piece);
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        self.decoded = self.decoded.saturating_add(taken);
        let remaining = remaining.saturating_sub(taken);
        if remaining > 0 {
            return Ok(State::Data { remaining, seal });
        }
        self.end_chunk(seal)?;
        Ok(State::DataEnd { is_half: false })
    }

    fn end_chunk(&mut self, seal: Option<Box<ChunkSeal>>) -> Result<(), ChunkError> {
        match (&mut self.verifier, seal) {
            (Some(verifier), Some(seal)) => verifier
                .verify_chunk(&seal.signature, &seal.digester.finish())
                .map_err(ChunkError::Signature),
            (None, None) => Ok(()),
            // `begin_chunk` makes a seal exactly for signed bodies.
            (Some(_), None) | (None, Some(_)) => Err(ChunkError::UnsignedChunk),
        }
    }

    fn trailer_line(&mut self, line: &[u8]) -> Result<State, ChunkError> {
        let Some(complete) = self.trailer.line(line)? else {
            return Ok(State::Trailer);
        };
        let CompleteTrailer {
            trailers,
            canonical,
            signature,
        } = complete;
        if let (Some(verifier), Some(signature)) = (&mut self.verifier, signature) {
            let mut digester = Digester::new(DigestAlgorithm::Sha256);
            digester.update(canonical.as_bytes());
            verifier
                .verify_trailer(&signature, &digester.finish())
                .map_err(ChunkError::Signature)?;
        }
        Ok(State::End(trailers))
    }
}

fn trailer_too_long(_header: ChunkError) -> ChunkError {
    ChunkError::MalformedTrailer(TrailerFault::Syntax)
}
