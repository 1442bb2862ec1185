//! A page of versions: two kinds of rows, one order.
//!
//! Owns: the newest versions and the older ones as one list, seen as of one moment.
//! Not here: the walk over one kind of rows (`listing`).

use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::listing::{
    ID_SUFFIX_LEN, IsHidden, ListEntry, ListPage, ListQuery, Rows, Walk, behind, behind_all,
};
use crate::catalog::versions::VersionRow;
use crate::model::id::{BucketId, VersionId};
use crate::storage::{Engine, EngineExt, ScanRange, ScanStep};
use bytes::Bytes;
use std::cmp::Reverse;

/// A version in a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedVersion<T> {
    /// Its id in the rows, also of the null version.
    pub version: VersionId,
    /// Whether it is the newest of its object.
    pub is_latest: bool,
    /// What the caller made of its row.
    pub item: T,
}

/// A page of versions, by name and then from new to old. `after_version` continues behind one
/// version of the object named by `query.after`.
///
/// # Errors
/// When the engine fails or `open` does.
pub async fn versions<T, F>(
    engine: &dyn Engine,
    bucket: BucketId,
    query: ListQuery,
    after_version: Option<VersionId>,
    open: F,
) -> Result<ListPage<ListedVersion<T>>, CatalogError>
where
    T: Send + 'static,
    F: FnMut(&str, VersionRow) -> Result<T, CatalogError> + Clone + Send + 'static,
{
    let limit = query.limit;
    let (newest_start, older_start) = match (&query.after, after_version) {
        (None, _) => (Vec::new(), Vec::new()),
        (Some(after), None) => (behind(after, &query), behind_all(after, &query)),
        (Some(after), Some(version)) => {
            let inverted = keyspace::inverted(version);
            let older = [after.as_bytes(), b"\0", inverted.as_slice(), b"\0"].concat();
            (after.as_bytes().to_vec(), older)
        }
    };
    let resumed = query.after.clone().zip(after_version);
    let newest = Rows {
        kind: keyspace::CURRENT,
        suffix_len: 0,
        start: newest_start,
        is_hidden: resumed.map(|(after, version)| not_behind(after, version)),
    };
    let older = Rows {
        kind: keyspace::OLDER,
        suffix_len: ID_SUFFIX_LEN,
        start: older_start,
        is_hidden: None,
    };
    let newest = Walk::new(query.clone(), newest, opener(true, open.clone()));
    let older = Walk::new(query, older, opener(false, open));
    // One scan over both kinds, hence one moment (E5): a version that moves from one kind to the
    // other meanwhile is seen once.
    let (newest_range, older_range) = (newest.range(), older.range());
    let (Some(start), Some(end)) = (
        newest_range.as_ref().or(older_range.as_ref()),
        older_range.as_ref().or(newest_range.as_ref()),
    ) else {
        return Ok(merged(newest.finish()?, older.finish()?, limit));
    };
    let range = ScanRange {
        start: start.start.clone(),
        end: end.end.clone(),
    };
    let state = (newest, older);
    let step = move |walks: &mut (Walk<_, _>, Walk<_, _>), row_name: &[u8], value: &[u8]| {
        if is_before_end(row_name, newest_range.as_ref()) {
            match walks.0.step(row_name, value) {
                ScanStep::Stop => {}
                next => return next,
            }
        }
        match &older_range {
            None => ScanStep::Stop,
            Some(range) if row_name < range.start.as_slice() => {
                ScanStep::SeekTo(range.start.clone())
            }
            Some(_) => walks.1.step(row_name, value),
        }
    };
    let partition = keyspace::bucket_partition(bucket);
    let (newest, older) = engine.visit(partition, range, state, step).await?;
    Ok(merged(newest.finish()?, older.finish()?, limit))
}

/// Whether a row that a scan from the range's start has come to lies within the range.
fn is_before_end(row_name: &[u8], range: Option<&ScanRange>) -> bool {
    range.is_some_and(|range| {
        let end = range.end.as_deref();
        end.is_none_or(|end| row_name < end)
    })
}

/// Hides what a page that ended with `version` of the object `after` held: a newest version that
/// is not older. A row that is hidden is not rolled up either.
fn not_behind(after: String, version: VersionId) -> IsHidden {
    Box::new(move |name, value| {
        if name != after {
            return Ok(false);
        }
        let row = VersionRow::decode(Bytes::copy_from_slice(value))?;
        Ok(row.plain.version >= version)
    })
}

/// Makes a listed version of a row.
fn opener<T>(
    is_latest: bool,
    mut open: impl FnMut(&str, VersionRow) -> Result<T, CatalogError>,
) -> impl FnMut(&[u8], &str, &[u8]) -> Result<ListedVersion<T>, CatalogError> {
    move |_row_name, name, value| {
        let row = VersionRow::decode(Bytes::copy_from_slice(value))?;
        Ok(ListedVersion {
            version: row.plain.version,
            is_latest,
            item: open(name, row)?,
        })
    }
}

/// One page of two whose entries are in order each.
fn merged<T>(
    newest: ListPage<ListedVersion<T>>,
    older: ListPage<ListedVersion<T>>,
    limit: usize,
) -> ListPage<ListedVersion<T>> {
    let mut is_truncated = newest.is_truncated || older.is_truncated;
    let mut entries = newest.entries;
    entries.extend(older.entries);
    let place = |entry: &ListEntry<ListedVersion<T>>| {
        let version = match entry {
            ListEntry::CommonPrefix(_) => None,
            ListEntry::Item(_, item) => Some(Reverse(item.version)),
        };
        (entry.name().to_owned(), version)
    };
    entries.sort_by_cached_key(place);
    // Both kinds may roll up to the same common prefix.
    entries.dedup_by(|later, earlier| place(later) == place(earlier));
    if entries.len() > limit {
        entries.truncate(limit);
        is_truncated = true;
    }
    ListPage {
        entries,
        is_truncated: is_truncated && limit > 0,
    }
}
