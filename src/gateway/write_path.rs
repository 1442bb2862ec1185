//! The shared way of bytes in: assemble pieces, hash, seal, write.
//!
//! Owns: the pipeline of one stream. While a piece is hashed, the one before it is written and the
//! one after it arrives. Not here: decoding the wire (`s3::body`), the commit (`catalog::objects`,
//! `catalog::uploads`).

use crate::base::channel::BodyReceiver;
use crate::base::limits::PIECE_PLAIN_LEN;
use crate::catalog::blobs::{BlobWriter, WrittenBlob};
use crate::catalog::buckets::BucketRecord;
use crate::catalog::usage::Room;
use crate::crypto::{BlobHeader, DataKey, SealedPiece, Sealer, StreamParameters};
use crate::gateway::Gateway;
use crate::gateway::digests::{BodyDigests, BodyEnd, DeclaredDigests, VerifiedDigests};
use crate::gateway::error::GatewayError;
use crate::model::id::BlobId;
use bytes::{Bytes, BytesMut};

/// Bodies up to this are hashed where they arrive: a hop to another thread costs more than hashing
/// them (10 us against 37 us for 32 KiB of MD5, and the hop costs two threads' time).
const INLINE_HASH_LEN_MAX: usize = 32 * 1024;

/// A request's body on its way in.
pub type Body = BodyReceiver<BodyEnd>;

/// What a stream belongs to.
#[derive(Clone, Copy, Debug)]
pub(in crate::gateway) struct StreamTarget<'a> {
    /// The bucket.
    pub bucket: &'a BucketRecord,
    /// Version id or upload id.
    pub owner: [u8; 16],
    /// Part number, 0 for a simple object.
    pub part_number: u32,
    /// The object's data key.
    pub data_key: &'a DataKey,
    /// Most bytes that it may have.
    pub len_max: u64,
    /// What the limits leave for it.
    pub room: Option<Room>,
}

/// A stream whose digests hold and whose pieces wait for the commit.
#[derive(Debug)]
pub(in crate::gateway) struct StoredStream {
    /// Its digests and length.
    pub digests: VerifiedDigests,
    /// Its blob.
    pub written: WrittenBlob,
    /// How it is sealed.
    pub parameters: StreamParameters,
}

impl Gateway {
    /// Takes a whole body in. Nothing is visible before the caller's commit.
    ///
    /// # Errors
    /// `BodyAborted`, a digest that does not hold, `TooLarge`, or when rows, keys or engine fail.
    ///
    /// # Cancel safety
    /// A dropped future leaves at most pieces under a ledger row, which the sweep removes.
    pub(in crate::gateway) async fn store_stream(
        &self,
        target: StreamTarget<'_>,
        body: &mut Body,
        declared: &DeclaredDigests,
    ) -> Result<StoredStream, GatewayError> {
        let now = self.now();
        let sealing_key = target
            .data_key
            .sealing_key(target.part_number, &*self.entropy)?;
        let mut sealer = Sealer::new(sealing_key);
        let parameters = sealer.parameters();
        let mut prefix = BlobHeader {
            tenant: target.bucket.tenant,
            bucket: target.bucket.bucket,
            owner: target.owner,
            part_number: target.part_number,
            parameters,
            created_unix_millis: now.millis(),
        }
        .encode()
        .to_vec();
        let blob = BlobId::generate(now.millis(), &*self.entropy)?;
        let lease = self.leases.acquire(blob);
        let engine = std::sync::Arc::clone(&self.engine);
        let mut writer = BlobWriter::new(engine, target.bucket.bucket, blob, now, lease);
        let mut assembler = PieceAssembler::default();
        let mut digests = BodyDigests::new(declared);
        let mut sealed: Option<SealedPiece> = None;
        let mut stream_slot = None;
        let mut piece = assembler.next(body).await?.unwrap_or_default();
        loop {
            let (next, hashed, written) = futures::join!(
                assembler.next(body),
                self.hash(digests, piece.clone()),
                write(&mut writer, sealed.take()),
            );
            digests = hashed?;
            written?;
            let next = next?;
            if digests.len() > target.len_max {
                return Err(GatewayError::TooLarge);
            }
            if let Some(room) = &target.room {
                room.admit(digests.len())?;
            }
            sealed = Some(sealer.seal(&piece, next.is_none(), &std::mem::take(&mut prefix))?);
            match next {
                None => break,
                Some(next) => piece = next,
            }
            if stream_slot.is_none() {
                // Closing the semaphore is never done; a slot is always given in the end.
                stream_slot = self.body_streams.acquire().await.ok();
            }
        }
        let digests = digests.verify(declared, body.take_end())?;
        write(&mut writer, sealed).await?;
        Ok(StoredStream {
            digests,
            written: writer.finish().await?,
            parameters,
        })
    }

    async fn hash(
        &self,
        mut digests: BodyDigests,
        piece: Bytes,
    ) -> Result<BodyDigests, GatewayError> {
        if piece.len() <= INLINE_HASH_LEN_MAX {
            digests.update(&piece);
            return Ok(digests);
        }
        let (md5, mut others) = digests.split();
        let md5 = self.md5.update(md5, piece.clone());
        let others = async {
            if others.are_light() {
                others.update(&piece);
                return Ok(others);
            }
            let hashed = self.pool.run(move || {
                others.update(&piece);
                others
            });
            hashed.await
        };
        // The MD5 is on its way to another thread before the rest is computed.
        let (md5, others) = futures::join!(md5, others);
        Ok(BodyDigests::join(md5?, others?))
    }
}

async fn write(writer: &mut BlobWriter, piece: Option<SealedPiece>) -> Result<(), GatewayError> {
    match piece {
        None => Ok(()),
        Some(piece) => Ok(writer.write(piece).await?),
    }
}

/// Cuts what arrives into pieces of exactly `PIECE_PLAIN_LEN`, the last one shorter. A body that
/// arrives in one go is not copied.
#[derive(Debug, Default)]
struct PieceAssembler {
    /// What arrived and did not fit into the piece before.
    carry: Bytes,
    /// The only arrival so far of the piece in the making.
    single: Bytes,
    buffer: BytesMut,
}

impl PieceAssembler {
    async fn next(&mut self, body: &mut Body) -> Result<Option<Bytes>, GatewayError> {
        loop {
            let mut arrival = std::mem::take(&mut self.carry);
            if arrival.is_empty() {
                match body
                    .next()
                    .await
                    .map_err(|_aborted| GatewayError::BodyAborted)?
                {
                    None => return Ok(self.rest()),
                    Some(bytes) => arrival = bytes,
                }
            }
            if self.single.is_empty() && self.buffer.is_empty() {
                if arrival.len() >= PIECE_PLAIN_LEN {
                    let piece = arrival.split_to(PIECE_PLAIN_LEN);
                    self.carry = arrival;
                    return Ok(Some(piece));
                }
                self.single = arrival;
                continue;
            }
            if self.buffer.is_empty() {
                self.buffer.reserve(PIECE_PLAIN_LEN);
                self.buffer
                    .extend_from_slice(&std::mem::take(&mut self.single));
            }
            let room = PIECE_PLAIN_LEN.saturating_sub(self.buffer.len());
            let fitting = arrival.split_to(room.min(arrival.len()));
            self.buffer.extend_from_slice(&fitting);
            self.carry = arrival;
            if self.buffer.len() == PIECE_PLAIN_LEN {
                return Ok(Some(self.buffer.split().freeze()));
            }
        }
    }

    fn rest(&mut self) -> Option<Bytes> {
        let rest = if self.buffer.is_empty() {
            std::mem::take(&mut self.single)
        } else {
            self.buffer.split().freeze()
        };
        (!rest.is_empty()).then_some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::channel::body_channel;

    /// The body that arrives in `count` equal arrivals, and the pieces that it is cut into.
    async fn cut(arrival_len: usize, count: usize) -> (Vec<u8>, Vec<Bytes>) {
        let (sender, mut receiver) = body_channel(4);
        let arrival = |n: usize| Bytes::from(vec![u8::try_from(n % 251).unwrap(); arrival_len]);
        let send = async {
            for n in 0..count {
                sender.send(arrival(n)).await.unwrap();
            }
            sender.finish(BodyEnd::default()).await.unwrap();
        };
        let receive = async {
            let mut assembler = PieceAssembler::default();
            let mut pieces = Vec::new();
            while let Some(piece) = assembler.next(&mut receiver).await.unwrap() {
                pieces.push(piece);
            }
            pieces
        };
        let ((), pieces) = futures::join!(send, receive);
        let body = (0..count).flat_map(|n| arrival(n).to_vec()).collect();
        (body, pieces)
    }

    #[tokio::test]
    async fn pieces_are_full_but_the_last_and_equal_the_body() {
        let small = [(1, 3), (1000, 600), (65_536, 9)];
        let large = [(300_000, 3), (1_000_000, 2), (262_144, 2)];
        for (arrival_len, count) in small.into_iter().chain(large) {
            let (body, pieces) = cut(arrival_len, count).await;
            let (last, full) = pieces.split_last().unwrap();
            assert!(full.iter().all(|piece| piece.len() == PIECE_PLAIN_LEN));
            assert!(!last.is_empty() && last.len() <= PIECE_PLAIN_LEN);
            assert_eq!(pieces.concat(), body);
        }
    }
}
