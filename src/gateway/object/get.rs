//! GetObject and HeadObject.
//!
//! Owns: conditions, ranges and part numbers of reads.
//! Not here: opening segments (`read_path`).

use crate::catalog::buckets::BucketRecord;
use crate::catalog::objects::ObjectRecord;
use crate::gateway::decision::require;
use crate::gateway::error::GatewayError;
use crate::gateway::object::version::told_version;
use crate::gateway::read_path::{LocatedObject, PlaintextStream};
use crate::gateway::{Gateway, spend_on};
use crate::iam::{Action, Permit, Sight};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType, ObjectChecksum};
use crate::model::conditions::{RangeCondition, ReadConditions, ReadOutcome};
use crate::model::object_key::ObjectKey;
use crate::model::range::ByteRange;
use crate::model::upload::PartNumber;
use crate::model::versioning::VersionSelector;
use std::ops::Range;

/// Which bytes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// One part of a multipart object; part 1 of a simple object is all of it.
    Part(PartNumber),
    /// A range.
    Range(ByteRange),
    /// All.
    Whole,
}

/// What a client asks for in a GET or HEAD.
#[derive(Debug)]
pub struct GetObject {
    /// The object.
    pub object_key: ObjectKey,
    /// The version; `None` for the newest.
    pub version: Option<VersionSelector>,
    /// Which bytes.
    pub selection: Selection,
    /// Condition on a range; without it the answer is the whole object.
    pub range_condition: Option<RangeCondition>,
    /// Conditions.
    pub conditions: ReadConditions,
}

impl GetObject {
    /// Which bytes of this object.
    fn selection_of(&self, record: &ObjectRecord) -> Selection {
        let (etag, time) = (&record.secret.etag, record.plain.last_modified);
        match (self.selection, &self.range_condition) {
            (Selection::Range(_), Some(condition)) if !condition.holds(etag, time) => {
                Selection::Whole
            }
            (selection, _) => selection,
        }
    }
}

/// An object as an answer describes it.
#[derive(Debug)]
pub struct ObjectAnswer {
    /// The record.
    pub record: ObjectRecord,
    /// The bytes that the answer holds.
    pub range: Range<u64>,
    /// Whether the answer is a 206.
    pub is_partial: bool,
    /// Parts of a multipart object, when one was asked for by its number.
    pub parts_count: Option<u16>,
    /// The checksum of what the answer holds: the object's for all of it, the part's own for a part
    /// (s3-behaviour.md 101), none for a range (32).
    pub checksum: Option<ToldChecksum>,
    /// The version as answers name it; `None` in a bucket that never kept versions.
    pub version: Option<VersionSelector>,
    /// Whether it is the newest version.
    pub is_current: bool,
}

impl GetObject {
    /// What the caller must be allowed.
    fn action(&self) -> Action {
        match self.version {
            None => Action::GetObject,
            Some(_) => Action::GetObject.on_version(),
        }
    }
}

/// A checksum as an answer tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldChecksum {
    /// The algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// The value; `..-N` for a composite one.
    pub text: String,
    /// The object's type; none when only the part has a checksum.
    pub checksum_type: Option<ChecksumType>,
}

impl From<&ObjectChecksum> for ToldChecksum {
    fn from(checksum: &ObjectChecksum) -> Self {
        Self {
            algorithm: checksum.checksum.algorithm,
            text: checksum.text(),
            checksum_type: Some(checksum.checksum_type),
        }
    }
}

impl Gateway {
    /// Describes an object.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, `DeleteMarker`, `Overtaken`, `NotModified`,
    /// `PreconditionFailed`, `RangeNotSatisfiable`, `InvalidPart`, or corrupt rows.
    pub async fn head_object(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: &GetObject,
    ) -> Result<ObjectAnswer, GatewayError> {
        let sight = spend_on(permit, request.action(), bucket)?;
        let located = self.locate_read(bucket, request, sight).await?;
        answer(bucket, located, request)
    }

    async fn locate_read(
        &self,
        bucket: &BucketRecord,
        request: &GetObject,
        sight: Sight,
    ) -> Result<LocatedObject, GatewayError> {
        let (object_key, version) = (&request.object_key, request.version);
        let located = self.locate(bucket, object_key, version).await?;
        require(sight, located.record.plain.version)?;
        Ok(located)
    }

    /// Describes an object and streams its bytes. The first piece is verified before this returns.
    ///
    /// # Errors
    /// As [`Gateway::head_object`], and `CorruptObject`.
    pub async fn get_object(
        &self,
        permit: Permit,
        bucket: &BucketRecord,
        request: &GetObject,
    ) -> Result<(ObjectAnswer, PlaintextStream), GatewayError> {
        let sight = spend_on(permit, request.action(), bucket)?;
        let locate = async || check(self.locate_read(bucket, request, sight).await?, request);
        let range_of =
            |located: &LocatedObject| select(located, request.selection_of(&located.record));
        let (located, stream) = self.locate_and_read(locate, range_of).await?;
        answer(bucket, located, request).map(|answer| (answer, stream))
    }
}

fn check(located: LocatedObject, request: &GetObject) -> Result<LocatedObject, GatewayError> {
    let (etag, last_modified) = (
        located.record.secret.etag,
        located.record.plain.last_modified,
    );
    match request.conditions.evaluate(&etag, last_modified) {
        ReadOutcome::Proceed => Ok(located),
        ReadOutcome::NotModified => Err(GatewayError::NotModified {
            etag,
            last_modified,
        }),
        ReadOutcome::PreconditionFailed => Err(GatewayError::PreconditionFailed),
    }
}

fn select(located: &LocatedObject, selection: Selection) -> Result<Range<u64>, GatewayError> {
    let size = located.record.plain.size;
    match selection {
        Selection::Whole => Ok(0..size),
        Selection::Range(range) => range
            .resolve(size)
            .map_err(|_unsatisfiable| GatewayError::RangeNotSatisfiable { size }),
        Selection::Part(part_number) => {
            let number = part_number.get();
            let invalid = GatewayError::InvalidPart {
                part_number: number,
            };
            if located.record.plain.part_count.is_none() {
                return if number == 1 {
                    Ok(0..size)
                } else {
                    Err(invalid)
                };
            }
            // Parts of a finished object are counted from 1 in their order, whatever numbers they
            // were uploaded under.
            let index = usize::from(number).saturating_sub(1);
            let part = located.parts.get(index).ok_or(invalid)?;
            let start = located
                .parts
                .iter()
                .take(index)
                .map(|part| part.size)
                .sum::<u64>();
            Ok(start..start.saturating_add(part.size))
        }
    }
}

fn answer(
    bucket: &BucketRecord,
    located: LocatedObject,
    request: &GetObject,
) -> Result<ObjectAnswer, GatewayError> {
    let located = check(located, request)?;
    let selection = request.selection_of(&located.record);
    let range = select(&located, selection)?;
    let is_partial = match selection {
        Selection::Whole => false,
        Selection::Range(_) => true,
        // An empty part has no first and no last byte that a Content-Range could name.
        Selection::Part(_) => located.record.plain.part_count.is_some() && !range.is_empty(),
    };
    let parts_count = match selection {
        Selection::Part(_) => located.record.plain.part_count,
        Selection::Range(_) | Selection::Whole => None,
    };
    let checksum = match selection {
        Selection::Range(_) => None,
        Selection::Part(part_number) if parts_count.is_some() => {
            part_checksum(&located, part_number)
        }
        Selection::Part(_) | Selection::Whole => located
            .record
            .secret
            .checksum
            .as_ref()
            .map(ToldChecksum::from),
    };
    Ok(ObjectAnswer {
        version: told_version(bucket, &located.record.plain),
        is_current: located.is_current,
        checksum,
        record: located.record,
        range,
        is_partial,
        parts_count,
    })
}

/// A part's own checksum under the type that the object's has. The value is the part's alone, so it
/// never carries a number of parts.
fn part_checksum(located: &LocatedObject, part_number: PartNumber) -> Option<ToldChecksum> {
    let index = usize::from(part_number.get()).checked_sub(1)?;
    let part = located.part_table.as_ref()?.parts.get(index)?;
    let own = located.record.secret.checksum.as_ref();
    let checksum = part.checksum.as_ref()?;
    Some(ToldChecksum {
        algorithm: checksum.algorithm,
        text: checksum.to_base64(),
        checksum_type: own.map(|own| own.checksum_type),
    })
}
