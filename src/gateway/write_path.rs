//! The shared way of bytes in: assemble pieces, hash, seal, write.
//!
//! Owns: the pipeline of one stream. While a piece is hashed, the one before it is sealed and
//! written, and the one after it arrives and waits for the hashing thread.
//! Not here: decoding the wire (`s3::body`), the commit (`catalog::objects`, `catalog::uploads`).

use crate::base::channel::BodyReceiver;
use crate::base::limits::PIECE_PLAIN_LEN;
use crate::catalog::blobs::{BlobWriter, WrittenBlob};
use crate::catalog::buckets::BucketRecord;
use crate::catalog::usage::Room;
use crate::crypto::{BlobHeader, DataKey, Sealer, StreamParameters};
use crate::gateway::Gateway;
use crate::gateway::digests::{
    BodyDigests, BodyEnd, DeclaredDigests, OtherDigests, VerifiedDigests,
};
use crate::gateway::error::GatewayError;
use crate::model::id::BlobId;
use bytes::{Bytes, BytesMut};

/// Pieces up to this have all their digests computed where they arrive: a hop to another thread
/// costs about as much, in two threads' time.
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
        let mut writer = self.sealed_writer(&target)?;
        let parameters = writer.sealer.parameters();
        let mut assembler = PieceAssembler::default();
        let (md5, mut others) = BodyDigests::new(declared).split();
        let md5 = self.md5.stream(md5);
        let mut len = 0_u64;
        // Hashed, or about to be, and not sealed yet: the last one is sealed as such.
        let mut ahead: Option<Bytes> = None;
        let mut stream_slot = None;
        let mut piece = assembler.next(body).await?.unwrap_or_default();
        loop {
            len = len.saturating_add(piece.len() as u64);
            if len > target.len_max {
                return Err(GatewayError::TooLarge);
            }
            if let Some(room) = &target.room {
                room.admit(len)?;
            }
            md5.push(piece.clone());
            let (next, hashed, written) = futures::join!(
                assembler.next(body),
                self.hash(others, piece.clone()),
                writer.write_some(ahead.replace(piece)),
            );
            others = hashed?;
            written?;
            match next? {
                None => break,
                Some(next) => piece = next,
            }
            md5.room().await?;
            if stream_slot.is_none() {
                // Closing the semaphore is never done; a slot is always given in the end.
                stream_slot = self.body_streams.acquire().await.ok();
            }
        }
        let digests = BodyDigests::join(md5.finish().await?, others);
        let digests = digests.verify(declared, body.take_end())?;
        writer.write(ahead.unwrap_or_default(), true).await?;
        Ok(StoredStream {
            digests,
            written: writer.blob.finish().await?,
            parameters,
        })
    }

    fn sealed_writer(&self, target: &StreamTarget<'_>) -> Result<SealedWriter, GatewayError> {
        let (now, bucket) = (self.now(), target.bucket);
        let sealing_key = target
            .data_key
            .sealing_key(target.part_number, &*self.entropy)?;
        let sealer = Sealer::new(sealing_key);
        let header = BlobHeader {
            tenant: bucket.tenant,
            bucket: bucket.bucket,
            owner: target.owner,
            part_number: target.part_number,
            parameters: sealer.parameters(),
            created_unix_millis: now.millis(),
        };
        let blob = BlobId::generate(now.millis(), &*self.entropy)?;
        let lease = self.leases.acquire(blob);
        let engine = std::sync::Arc::clone(&self.engine);
        Ok(SealedWriter {
            sealer,
            prefix: header.encode().to_vec(),
            blob: BlobWriter::new(engine, bucket.bucket, blob, now, lease),
        })
    }

    /// Adds a piece to the digests beside the MD5.
    async fn hash(
        &self,
        mut others: OtherDigests,
        piece: Bytes,
    ) -> Result<OtherDigests, GatewayError> {
        if others.are_light() || piece.len() <= INLINE_HASH_LEN_MAX {
            others.update(&piece);
            return Ok(others);
        }
        let hashed = self.pool.run(move || {
            others.update(&piece);
            others
        });
        Ok(hashed.await?)
    }
}

/// Seals pieces and writes them.
struct SealedWriter {
    sealer: Sealer,
    /// What lies ahead of the first piece, until that is sealed.
    prefix: Vec<u8>,
    blob: BlobWriter,
}

impl SealedWriter {
    async fn write(&mut self, piece: Bytes, is_last: bool) -> Result<(), GatewayError> {
        let prefix = std::mem::take(&mut self.prefix);
        let sealed = self.sealer.seal(&piece, is_last, &prefix)?;
        // Its memory is not needed while the sealed one is on its way.
        drop(piece);
        Ok(self.blob.write(sealed).await?)
    }

    /// Writes a piece that others follow, if there is one.
    async fn write_some(&mut self, piece: Option<Bytes>) -> Result<(), GatewayError> {
        match piece {
            None => Ok(()),
            Some(piece) => self.write(piece, false).await,
        }
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
