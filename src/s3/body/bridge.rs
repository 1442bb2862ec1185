//! From the server's payload, which is not `Send`, to the data path's bounded channel.
//!
//! Owns: framing (plain or aws-chunked), patience with slow clients, the trailer's checksum.
//! Not here: the frames themselves (`aws_chunked`), digests (`gateway::digests`).

use crate::auth::Payload;
use crate::base::channel::{BodySender, body_channel};
use crate::base::clock::Clock;
use crate::gateway::digests::BodyEnd;
use crate::gateway::write_path::Body;
use crate::model::checksum::{Checksum, ChecksumAlgorithm};
use crate::s3::body::aws_chunked::{ChunkDecoder, ChunkMode, Trailers};
use crate::s3::error::{S3Error, S3ErrorCode};
use actix_http::Payload as HttpPayload;
use actix_http::error::PayloadError;
use bytes::Bytes;
use futures::StreamExt;
use futures::future::{Either, select};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Arrivals between the frontend and the data path. actix hands on at most 64 KiB at a time under
/// backpressure, so this holds 256 KiB: the next piece gathers while one is hashed.
const CHANNEL_PIECES: usize = 4;

/// How long a slow client is waited for.
#[derive(Clone, Debug)]
pub struct Patience {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Longest wait for the next byte.
    pub idle: Duration,
    /// Slowest average rate, in bytes a second, once `grace` of waiting has passed.
    pub rate_min: u64,
    /// Waiting before the rate counts.
    pub grace: Duration,
}

/// Wire form of a body.
#[derive(Debug)]
pub enum Framing {
    /// The bytes themselves.
    Plain,
    /// aws-chunked frames.
    AwsChunked(ChunkMode),
}

impl Framing {
    /// Decides by what the signature says of the payload, never by Content-Encoding
    /// (s3-behaviour.md 7).
    pub fn of(payload: Payload, mode: ChunkMode) -> Self {
        match payload {
            Payload::StreamingSigned { .. } | Payload::StreamingUnsignedTrailer => {
                Self::AwsChunked(mode)
            }
            Payload::HashAbsent | Payload::Sha256(_) | Payload::Unsigned => Self::Plain,
        }
    }
}

/// Runs `consume` on the body while it arrives. An error of the wire is the answer before the error
/// that it causes behind the channel.
///
/// # Errors
/// The wire's error, else the consumer's.
pub async fn with_body<T, E: Into<S3Error>, F: Future<Output = Result<T, E>>>(
    payload: HttpPayload,
    framing: Framing,
    patience: &Patience,
    consume: impl FnOnce(Body) -> F,
) -> Result<T, S3Error> {
    moved(|sender| pump(payload, framing, patience, sender), consume).await
}

/// Runs `consume` on the body that `pump` moves while it arrives.
///
/// # Errors
/// The pump's error, else the consumer's.
pub async fn moved<T, E: Into<S3Error>, F, P>(
    pump: impl FnOnce(BodySender<BodyEnd>) -> P,
    consume: impl FnOnce(Body) -> F,
) -> Result<T, S3Error>
where
    F: Future<Output = Result<T, E>>,
    P: Future<Output = Result<(), S3Error>>,
{
    let (sender, body) = body_channel(CHANNEL_PIECES);
    let consumed = pin!(consume(body));
    let moved = pin!(pump(sender));
    match select(consumed, moved).await {
        // The consumer answers before the body's end only when it failed or needs no more of it.
        Either::Left((outcome, _)) => outcome.map_err(Into::into),
        Either::Right((Err(wire), _)) => Err(wire),
        Either::Right((Ok(()), consumed)) => consumed.await.map_err(Into::into),
    }
}

async fn pump(
    mut payload: HttpPayload,
    framing: Framing,
    patience: &Patience,
    sender: BodySender<BodyEnd>,
) -> Result<(), S3Error> {
    let mut decoder = match framing {
        Framing::Plain => None,
        Framing::AwsChunked(mode) => Some(ChunkDecoder::new(mode)),
    };
    let mut waiting = Waiting::default();
    let mut decoded = Vec::new();
    while let Some(arrival) = waiting.next(&mut payload, patience).await? {
        match &mut decoder {
            None => decoded.push(arrival),
            Some(decoder) => decoder.feed(arrival, &mut decoded)?,
        }
        for bytes in decoded.drain(..) {
            if sender.send(bytes).await.is_err() {
                // The consumer failed: its error is the answer.
                return Ok(());
            }
        }
    }
    let trailers = match decoder {
        None => Trailers::default(),
        Some(decoder) => decoder.finish()?,
    };
    let end = BodyEnd {
        checksum: trailing_checksum(trailers)?,
    };
    drop(sender.finish(end).await);
    Ok(())
}

fn trailing_checksum(trailers: Trailers) -> Result<Option<Checksum>, S3Error> {
    let Some((name, value)) = trailers.checksum else {
        return Ok(None);
    };
    let malformed = || {
        S3Error::new(S3ErrorCode::InvalidRequest)
            .message(format!("Value for {name} trailing header is invalid."))
    };
    let algorithm = ChecksumAlgorithm::from_header(&name).ok_or_else(malformed)?;
    Checksum::parse(algorithm, &value)
        .map(Some)
        .ok_or_else(malformed)
}

/// What was waited for so far. Time that the data path takes does not count against the client.
#[derive(Debug, Default)]
pub struct Waiting {
    waited: Duration,
    received: u64,
}

impl Waiting {
    /// What arrives next; `None` at the end.
    ///
    /// # Errors
    /// `RequestTimeout`, `IncompleteBody`.
    pub async fn next(
        &mut self,
        payload: &mut HttpPayload,
        patience: &Patience,
    ) -> Result<Option<Bytes>, S3Error> {
        let since = patience.clock.monotonic();
        let arrival = match select(payload.next(), patience.clock.sleep(patience.idle)).await {
            Either::Left((arrival, _)) => arrival,
            Either::Right(((), _)) => return Err(S3Error::new(S3ErrorCode::RequestTimeout).close()),
        };
        self.waited += patience.clock.monotonic().saturating_sub(since);
        let arrival = arrival.transpose().map_err(|source| lost(&source))?;
        self.received += arrival.as_ref().map_or(0, |bytes| bytes.len() as u64);
        let slowest = self.waited.as_secs().saturating_mul(patience.rate_min);
        if arrival.is_some() && self.waited > patience.grace && self.received < slowest {
            return Err(S3Error::new(S3ErrorCode::RequestTimeout).close());
        }
        Ok(arrival)
    }
}

fn lost(source: &PayloadError) -> S3Error {
    tracing::debug!(error = %source, "body was not received whole");
    S3Error::new(S3ErrorCode::IncompleteBody).close()
}

/// Reads a whole small body, such as XML.
///
/// # Errors
/// `MaxMessageLengthExceeded`, or as the wire fails.
pub async fn read_whole(
    payload: HttpPayload,
    framing: Framing,
    patience: &Patience,
    len_max: usize,
) -> Result<(Bytes, BodyEnd), S3Error> {
    let gather = |mut body: Body| async move {
        let mut gathered = Vec::new();
        loop {
            match body.next().await {
                Ok(Some(piece)) => gathered.extend_from_slice(&piece),
                Ok(None) => break,
                Err(_aborted) => return Err(S3Error::new(S3ErrorCode::IncompleteBody).close()),
            }
            if gathered.len() > len_max {
                return Err(S3Error::new(S3ErrorCode::MaxMessageLengthExceeded).close());
            }
        }
        Ok((Bytes::from(gathered), body.take_end().unwrap_or_default()))
    };
    with_body(payload, framing, patience, gather).await
}
