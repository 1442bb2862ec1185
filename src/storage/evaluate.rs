//! What a batch does, given what is stored: shared by all engines, so that they cannot differ.
//!
//! Owns: conditions, bounds of counters (E2), what meters write (E9).
//! Not here: applying the batch, which each engine does in its own way.

use crate::storage::error::CommitError;
use crate::storage::meter::{self, CounterRow};
use crate::storage::types::{Condition, MetaBatch, MetaKey, Partition};
use bytes::Bytes;

/// A row that counters write: its partition, its key, its value.
pub type CounterWrite = (Partition, MetaKey, Bytes);

/// Checks all conditions and counters of a batch against what `get` reads; returns the rows that
/// the counters write, in their order, so that the last one of a row is its value. `get` must see
/// all batches before this one and none of this one.
///
/// # Errors
/// The first condition or counter that fails, or the error of `get`.
pub fn evaluate(
    batch: &MetaBatch,
    mut get: impl FnMut(Partition, &MetaKey) -> Result<Option<Bytes>, CommitError>,
) -> Result<Vec<CounterWrite>, CommitError> {
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
    let mut rows: Vec<CounterWrite> = Vec::with_capacity(batch.counters.len());
    for (counter_index, (partition, change)) in batch.counters.iter().enumerate() {
        let earlier = rows
            .iter()
            .rev()
            .find(|(own, meta_key, _)| own == partition && *meta_key == change.meta_key);
        let mut row = match earlier {
            Some((_, _, row)) => decode(Some(row))?,
            None => decode(get(*partition, &change.meta_key)?.as_ref())?,
        };
        let closed = match (&change.meter, row.metered) {
            (Some(meter), _) => row.advance(meter.at),
            (None, None) => None,
            (None, Some(_)) => return Err(meter::corrupt("row has a meter").into()),
        };
        let new = row.value.checked_add_signed(change.delta);
        let new = new.filter(|new| change.ceiling.is_none_or(|ceiling| *new <= ceiling));
        row.value = new.ok_or(CommitError::CounterOutOfBounds { counter_index })?;
        if let Some(meter) = &change.meter {
            let ended = if meter.ends { row.ended() } else { None };
            for (period, closing) in closed.into_iter().chain(ended) {
                let closing_key = meter.closing_key(period);
                rows.push((meter.partition, closing_key, closing.encode()));
            }
        }
        rows.push((*partition, change.meta_key.clone(), row.encode()));
    }
    Ok(rows)
}

/// The value of a counter row. A row of another length was not written by a counter: to count on
/// from it would hide that.
fn decode(row: Option<&Bytes>) -> Result<CounterRow, CommitError> {
    let Some(row) = row else {
        return Ok(CounterRow::default());
    };
    CounterRow::decode(row).ok_or_else(|| meter::corrupt("row has another length").into())
}
