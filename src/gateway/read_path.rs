//! The shared way of bytes out: locate, open the record, open the segments that the range covers.
//!
//! Owns: `PlaintextStream`, verified bytes in order; the map from an object's range to parts
//! and pieces. Not here: conditions and headers (`gateway::object::get`, `s3`).
//!
//! Invariants
//! - C1: no plaintext leaves before its segment's tag holds; held by `read_span_piece`. A stream
//!   that meets a bad tag ends in an error, never in other or fewer bytes.

use crate::base::limits::{PIECE_PLAIN_LEN, SEGMENT_LEN, TAG_LEN};
use crate::catalog::blobs;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::ledger::BlobLease;
use crate::catalog::objects::{BlobRef, BodyBinding, ObjectRecord};
use crate::catalog::parts::{self, PartEntry, PartTable};
use crate::catalog::versions::{FoundVersion, LOOKS_MAX, VersionRow};
use crate::crypto::{BLOB_HEADER_LEN, Opener, StreamParameters};
use crate::gateway::error::GatewayError;
use crate::gateway::{Gateway, identity};
use crate::model::object_key::ObjectKey;
use crate::model::versioning::VersionSelector;
use crate::storage::{Engine, PieceSlot};
use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream, StreamExt};
use std::ops::Range;
use std::sync::Arc;

/// Pieces that are read and opened ahead of the one being sent.
const READ_AHEAD: usize = 2;

/// Attempts to read an object whose bytes vanish between its row and its first piece, because it
/// was replaced.
const ATTEMPTS_MAX: usize = 3;

/// One sealed segment.
const SEALED_SEGMENT_LEN: usize = SEGMENT_LEN + TAG_LEN;

/// One sealed piece but the first, which has the header in front, and the last.
const SEALED_PIECE_LEN: u64 = (PIECE_PLAIN_LEN / SEGMENT_LEN * SEALED_SEGMENT_LEN) as u64;

/// Verified plaintext, in order.
pub type PlaintextStream = BoxStream<'static, Result<Bytes, GatewayError>>;

/// A part of an object: where it lies and how to open it.
#[derive(Clone, Debug)]
pub struct PartSource {
    /// The client's number; 0 for a simple object.
    pub part_number: u16,
    /// Plaintext bytes.
    pub size: u64,
    blob: BlobRef,
    stream: StreamParameters,
}

/// An object's record with everything that reading its bytes takes.
#[derive(Debug)]
pub struct LocatedObject {
    /// The record.
    pub record: ObjectRecord,
    /// The row it came from.
    pub row: VersionRow,
    /// Whether it is the newest version.
    pub is_current: bool,
    /// The part table of a multipart object.
    pub part_table: Option<PartTable>,
    /// Its parts in order; one for a simple object.
    pub parts: Vec<PartSource>,
}

impl Gateway {
    /// Finds a version of an object, the newest if none is named, and opens its record and its part
    /// table.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `DeleteMarker`; corrupt rows.
    pub(in crate::gateway) async fn locate(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        selector: Option<VersionSelector>,
    ) -> Result<LocatedObject, GatewayError> {
        let mut before: Option<VersionRow> = None;
        for _ in 0..LOOKS_MAX {
            let found = self.find_version(bucket, object_key, selector).await?;
            let row = found.row.clone();
            if let Some(located) = self.open_version(bucket, object_key, found).await? {
                return Ok(located);
            }
            // A version that is replaced or deleted takes its part table along: whether it was, the
            // row tells.
            if before.is_some_and(|before| before.is_same(&row)) {
                return Err(CatalogError::Inconsistent("part table").into());
            }
            before = Some(row);
        }
        Err(CatalogError::Contended.into())
    }

    /// Opens a version that was found; `None` when its part table is not there.
    async fn open_version(
        &self,
        bucket: &BucketRecord,
        object_key: &ObjectKey,
        found: FoundVersion,
    ) -> Result<Option<LocatedObject>, GatewayError> {
        let (row, is_current) = (found.row, found.is_current);
        let key = self.opening_key(bucket, row.key_version).await?;
        let identity = identity(bucket, object_key);
        let record = ObjectRecord {
            plain: row.plain,
            secret: row.open(&identity, &key)?,
        };
        let (part_table, parts) = match (&record.secret.body, record.plain.blob) {
            (BodyBinding::Stream(stream), Some(blob)) => {
                let (size, stream) = (record.plain.size, *stream);
                (
                    None,
                    vec![PartSource {
                        part_number: 0,
                        size,
                        blob,
                        stream,
                    }],
                )
            }
            (BodyBinding::Parts(sha256), None) => {
                let version = record.plain.version;
                let table = parts::load_row(&*self.engine, bucket.bucket, object_key, version);
                let Some(table) = table.await? else {
                    return Ok(None);
                };
                let table = PartTable::open(&table, sha256, &identity, version, &key)?;
                let source = |part: &PartEntry| PartSource {
                    part_number: part.part_number.get(),
                    size: part.size,
                    blob: part.blob,
                    stream: part.stream,
                };
                let sources = table.parts.iter().map(source).collect();
                (Some(table), sources)
            }
            _ => return Err(CatalogError::Inconsistent("object body").into()),
        };
        Ok(Some(LocatedObject {
            record,
            row,
            is_current,
            part_table,
            parts,
        }))
    }

    /// Locates an object and opens a range of it, once more when it was replaced and its bytes were
    /// swept in between.
    ///
    /// # Errors
    /// Those of `locate` and `range_of`; `CorruptObject` when the bytes of a row that is still
    /// there are missing or do not verify.
    pub(in crate::gateway) async fn locate_and_read(
        &self,
        locate: impl AsyncFn() -> Result<LocatedObject, GatewayError>,
        range_of: impl Fn(&LocatedObject) -> Result<Range<u64>, GatewayError>,
    ) -> Result<(LocatedObject, PlaintextStream), GatewayError> {
        let mut located = locate().await?;
        for attempt in 1.. {
            let range = range_of(&located)?;
            match self.read(&located, range).await {
                Ok(stream) => return Ok((located, stream)),
                Err(GatewayError::CorruptObject) if attempt < ATTEMPTS_MAX => {
                    // Replaced, or damaged: the row tells which.
                    let again = locate().await?;
                    if again.row.is_same(&located.row) {
                        return Err(GatewayError::CorruptObject);
                    }
                    located = again;
                }
                Err(error) => return Err(error),
            }
        }
        Err(GatewayError::CorruptObject)
    }

    /// The plaintext of `range` of the object. The first piece is verified before this returns.
    ///
    /// # Errors
    /// `CorruptObject` when the first piece is missing or does not verify; the stream reports later
    /// ones.
    pub(in crate::gateway) async fn read(
        &self,
        object: &LocatedObject,
        range: Range<u64>,
    ) -> Result<PlaintextStream, GatewayError> {
        let data_key = &object.record.secret.data_key;
        let mut pieces = Vec::new();
        let mut leases = Vec::new();
        let mut part_start = 0_u64;
        for part in &object.parts {
            let part_end = part_start.saturating_add(part.size);
            let start = range.start.max(part_start);
            let end = range.end.min(part_end);
            if start < end {
                leases.push(self.leases.acquire(part.blob.blob));
                let opening_key =
                    data_key.opening_key(u32::from(part.part_number), &part.stream)?;
                let opener = Arc::new(Opener::new(opening_key, part.size));
                let span = start.saturating_sub(part_start)..end.saturating_sub(part_start);
                pieces.push(Span {
                    blob: part.blob,
                    opener,
                    range: span,
                });
            }
            part_start = part_end;
        }
        self.stream(pieces, leases).await
    }

    async fn stream(
        &self,
        spans: Vec<Span>,
        leases: Vec<BlobLease>,
    ) -> Result<PlaintextStream, GatewayError> {
        let mut tasks = spans.into_iter().flat_map(Span::into_pieces);
        let Some(first) = tasks.next() else {
            return Ok(stream::empty().boxed());
        };
        let Some(second) = tasks.next() else {
            // Most objects are one piece: nothing to read ahead.
            let plaintext = read_span_piece(&*self.engine, first).await?;
            return Ok(stream::iter([Ok(plaintext)]).boxed());
        };
        let engine = Arc::clone(&self.engine);
        let mut pieces = stream::iter([first, second].into_iter().chain(tasks))
            .map(move |piece| {
                let engine = Arc::clone(&engine);
                async move { read_span_piece(&*engine, piece).await }
            })
            .buffered(READ_AHEAD)
            .boxed();
        let first = match pieces.next().await {
            None => return Ok(stream::empty().boxed()),
            Some(first) => first?,
        };
        let rest = pieces.inspect(move |_| {
            // The leases live as long as the stream.
            let _ = &leases;
        });
        Ok(stream::once(async move { Ok(first) }).chain(rest).boxed())
    }
}

/// Reads, verifies and trims the segments of one piece (C1).
async fn read_span_piece(engine: &dyn Engine, piece: SpanPiece) -> Result<Bytes, GatewayError> {
    let sealed = blobs::read_piece(engine, piece.blob, piece.slot, piece.sealed_range).await?;
    let sealed = sealed.ok_or_else(|| {
        tracing::warn!(blob = %piece.blob.blob, piece = piece.slot.index,
            "stored bytes are missing: the object was replaced meanwhile, or is damaged");
        GatewayError::CorruptObject
    })?;
    let mut buffer = sealed
        .try_into_mut()
        .unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
    let opened = piece.opener.open(piece.first_segment, &mut buffer);
    let plaintext_len = opened.map_err(|source| {
        tracing::error!(blob = %piece.blob.blob, piece = piece.slot.index, error = %source,
            "stored bytes do not verify; the object is damaged");
        GatewayError::CorruptObject
    })?;
    buffer.truncate(plaintext_len);
    let plaintext = buffer.freeze();
    if plaintext.len() < piece.trim.end {
        return Err(GatewayError::CorruptObject);
    }
    Ok(plaintext.slice(piece.trim))
}

/// The bytes wanted of one part.
struct Span {
    blob: BlobRef,
    opener: Arc<Opener>,
    range: Range<u64>,
}

/// The bytes wanted of one piece.
struct SpanPiece {
    blob: BlobRef,
    slot: PieceSlot,
    opener: Arc<Opener>,
    first_segment: u64,
    /// Bytes of the stored piece, whole segments.
    sealed_range: Range<usize>,
    /// Bytes of the opened segments.
    trim: Range<usize>,
}

impl Span {
    fn into_pieces(self) -> impl Iterator<Item = SpanPiece> {
        let piece_len = PIECE_PLAIN_LEN as u64;
        let first = self.range.start / piece_len;
        let last = self.range.end.saturating_sub(1) / piece_len;
        (first..=last).filter_map(move |index| self.piece(index))
    }

    /// `None` cannot happen for ranges inside an object of legal size: every conversion below fits.
    fn piece(&self, index: u64) -> Option<SpanPiece> {
        let piece_len = PIECE_PLAIN_LEN as u64;
        let piece_start = index.checked_mul(piece_len)?;
        let start = self.range.start.max(piece_start).checked_sub(piece_start)?;
        let end = self
            .range
            .end
            .min(piece_start.checked_add(piece_len)?)
            .checked_sub(piece_start)?;
        let (start, end) = (usize::try_from(start).ok()?, usize::try_from(end).ok()?);
        let first_segment = start / SEGMENT_LEN;
        let segments_end = end.div_ceil(SEGMENT_LEN);
        let header_len = if index == 0 { BLOB_HEADER_LEN } else { 0 };
        let header_ahead = if index == 0 { 0 } else { BLOB_HEADER_LEN };
        let pieces_ahead = index.checked_mul(SEALED_PIECE_LEN)?;
        let sealed = |segment: usize| {
            segment
                .checked_mul(SEALED_SEGMENT_LEN)?
                .checked_add(header_len)
        };
        let opened_start = first_segment.checked_mul(SEGMENT_LEN)?;
        Some(SpanPiece {
            blob: self.blob,
            slot: PieceSlot {
                index: u32::try_from(index).ok()?,
                offset: pieces_ahead.checked_add(header_ahead as u64)?,
            },
            opener: Arc::clone(&self.opener),
            first_segment: (piece_start / SEGMENT_LEN as u64).checked_add(first_segment as u64)?,
            sealed_range: sealed(first_segment)?..sealed(segments_end)?,
            trim: start.checked_sub(opened_start)?..end.checked_sub(opened_start)?,
        })
    }
}
