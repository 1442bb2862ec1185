//! What a batch does, given what is stored: shared by all engines, so that they cannot differ.
//!
//! Owns: conditions and bounds of counters (E2).
//! Not here: applying the batch, which each engine does in its own way.

use crate::storage::error::{CommitError, EngineError, StoreError};
use crate::storage::types::{Condition, MetaBatch, MetaKey, Partition};
use bytes::Bytes;

/// The value of a counter: its partition, its row, the number.
pub type CounterValue = (Partition, MetaKey, u64);

/// Checks all conditions and counters of a batch against what `get` reads; returns the counters'
/// new values in the order of the changes, so that the last one of a row is its value. `get` must
/// see all batches before this one and none of this one.
///
/// # Errors
/// The first condition or counter that fails, or the error of `get`.
pub fn evaluate(
    batch: &MetaBatch,
    mut get: impl FnMut(Partition, &MetaKey) -> Result<Option<Bytes>, CommitError>,
) -> Result<Vec<CounterValue>, CommitError> {
    let partition = batch.partition;
    for (condition_index, condition) in batch.conditions.iter().enumerate() {
        let holds = match condition {
            Condition::Absent { meta_key } => get(partition, meta_key)?.is_none(),
            Condition::Equals { meta_key, value } => {
                get(partition, meta_key)?.as_ref() == Some(value)
            }
            Condition::Present { meta_key } => get(partition, meta_key)?.is_some(),
        };
        if !holds {
            return Err(CommitError::ConditionFailed { condition_index });
        }
    }
    let mut values: Vec<CounterValue> = Vec::with_capacity(batch.counters.len());
    for (counter_index, (partition, change)) in batch.counters.iter().enumerate() {
        let earlier = values
            .iter()
            .rev()
            .find(|(own, meta_key, _)| own == partition && *meta_key == change.meta_key);
        let old = match earlier {
            Some((_, _, value)) => *value,
            None => decode_counter(get(*partition, &change.meta_key)?.as_deref())?,
        };
        let new = old.checked_add_signed(change.delta);
        let new = new.filter(|new| change.ceiling.is_none_or(|ceiling| *new <= ceiling));
        let new = new.ok_or(CommitError::CounterOutOfBounds { counter_index })?;
        values.push((*partition, change.meta_key.clone(), new));
    }
    Ok(values)
}

/// The value of a counter row. A row of another length was not written by a counter: to count on
/// from it would hide that.
fn decode_counter(row: Option<&[u8]>) -> Result<u64, EngineError> {
    let Some(row) = row else { return Ok(0) };
    row.try_into()
        .map(u64::from_le_bytes)
        .map_err(|_len| EngineError::Corrupt {
            operation: "read counter",
            source: StoreError::new("row is not eight bytes long"),
        })
}
