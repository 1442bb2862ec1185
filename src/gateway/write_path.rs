//! The shared way of bytes in: assemble pieces, hash, seal, write.
//!
//! Owns: the pipeline of one stream. Pieces that have arrived wait for the hashing thread, and are
//! sealed and written meanwhile, all but the last.
//! Not here: decoding the wire (`s3::body`), how pieces are cut (`pieces`), the commit
//! (`catalog::objects`, `catalog::uploads`).

use crate::base::channel::BodyReceiver;
use crate::catalog::blobs::{BlobWriter, WrittenBlob};
use crate::catalog::buckets::BucketRecord;
use crate::catalog::usage::Room;
use crate::crypto::{BlobHeader, DataKey, Sealer, StreamParameters};
use crate::gateway::Gateway;
use crate::gateway::digests::{
    BodyDigests, BodyEnd, DeclaredDigests, OtherDigests, VerifiedDigests,
};
use crate::gateway::error::GatewayError;
use crate::gateway::pieces::{Piece, PieceAssembler};
use crate::model::id::BlobId;

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
        let mut ahead: Option<Piece> = None;
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
            piece.parts().cloned().for_each(|part| md5.push(part));
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
        // Made durable while the last bytes are hashed. Should the digests not hold, it is a blob
        // without a commit, as it is when the client goes away in the middle.
        let last = ahead.unwrap_or_default();
        let (md5, written) = futures::join!(md5.finish(), writer.finish(last));
        let digests = BodyDigests::join(md5?, others);
        let digests = digests.verify(declared, body.take_end())?;
        Ok(StoredStream {
            digests,
            written: written?,
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
        piece: Piece,
    ) -> Result<OtherDigests, GatewayError> {
        if others.are_light() || piece.len() <= INLINE_HASH_LEN_MAX {
            piece.parts().for_each(|part| others.update(part));
            return Ok(others);
        }
        let hashed = self.pool.run(move || {
            piece.parts().for_each(|part| others.update(part));
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
    async fn write(&mut self, piece: Piece, is_last: bool) -> Result<(), GatewayError> {
        let prefix = std::mem::take(&mut self.prefix);
        let sealed = self.sealer.seal(piece, is_last, &prefix)?;
        Ok(self.blob.write(sealed).await?)
    }

    /// Writes the last piece and ends the blob.
    async fn finish(mut self, last: Piece) -> Result<WrittenBlob, GatewayError> {
        self.write(last, true).await?;
        Ok(self.blob.finish().await?)
    }

    /// Writes a piece that others follow, if there is one.
    async fn write_some(&mut self, piece: Option<Piece>) -> Result<(), GatewayError> {
        match piece {
            None => Ok(()),
            Some(piece) => self.write(piece, false).await,
        }
    }
}
