//! The walk of listings: prefix, delimiter, marker, page.
//!
//! Owns: common prefixes (found by seeking past each, never by walking it), pages of objects and of
//! uploads. Not here: pages of versions, which are a walk over two kinds of rows
//! (`version_listing`); the two dialects of ListObjects and their markers (`s3`).

use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::model::id::{BucketId, UploadId};
use crate::storage::{Engine, EngineExt, ScanRange, ScanStep};

/// What to list.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only names that begin with this.
    pub prefix: String,
    /// Names are rolled up at the first occurrence of this behind the prefix; `None` or empty for
    /// no roll-up.
    pub delimiter: Option<String>,
    /// Only names behind this one. If it is itself a common prefix, everything under it is skipped.
    pub after: Option<String>,
    /// Entries at most.
    pub limit: usize,
}

/// One entry of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListEntry<T> {
    /// Names that share this prefix up to the delimiter.
    CommonPrefix(String),
    /// A name with what the caller made of its row.
    Item(String, T),
}

impl<T> ListEntry<T> {
    /// The name or the common prefix.
    pub fn name(&self) -> &str {
        match self {
            Self::CommonPrefix(name) | Self::Item(name, _) => name,
        }
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPage<T> {
    /// Entries in order.
    pub entries: Vec<ListEntry<T>>,
    /// Whether there is more.
    pub is_truncated: bool,
}

/// A page of objects. `open` makes of each newest version's row what the caller wants to know;
/// those that `is_hidden` (delete markers) are not there.
///
/// # Errors
/// When the engine fails or `open` does.
pub async fn objects<T: Send + 'static>(
    engine: &dyn Engine,
    bucket: BucketId,
    query: ListQuery,
    is_hidden: Option<IsHidden>,
    mut open: impl FnMut(&str, &[u8]) -> Result<T, CatalogError> + Send + 'static,
) -> Result<ListPage<T>, CatalogError> {
    let start = match &query.after {
        None => Vec::new(),
        Some(after) => behind(after, &query),
    };
    let rows = Rows {
        kind: keyspace::CURRENT,
        suffix_len: 0,
        start,
        is_hidden,
    };
    let open_row = move |_row_name: &[u8], name: &str, value: &[u8]| open(name, value);
    walk_rows(engine, bucket, query, rows, open_row).await
}

/// A page of open uploads. `after_upload` continues behind one upload of the object named by
/// `query.after`.
///
/// # Errors
/// When the engine fails or `open` does.
pub async fn uploads<T: Send + 'static>(
    engine: &dyn Engine,
    bucket: BucketId,
    query: ListQuery,
    after_upload: Option<UploadId>,
    mut open: impl FnMut(&str, UploadId, &[u8]) -> Result<T, CatalogError> + Send + 'static,
) -> Result<ListPage<(UploadId, T)>, CatalogError> {
    let start = match (&query.after, after_upload) {
        (None, _) => Vec::new(),
        (Some(after), None) => behind_all(after, &query),
        (Some(after), Some(upload)) => {
            [after.as_bytes(), b"\0", upload.as_bytes().as_slice(), b"\0"].concat()
        }
    };
    let open_row = move |row_name: &[u8], name: &str, value: &[u8]| {
        let upload = UploadId::from_bytes(id_of(row_name)?);
        Ok((upload, open(name, upload, value)?))
    };
    let rows = Rows {
        kind: keyspace::UPLOAD,
        suffix_len: ID_SUFFIX_LEN,
        start,
        is_hidden: None,
    };
    walk_rows(engine, bucket, query, rows, open_row).await
}

/// NUL and an id behind an object key.
pub(in crate::catalog) const ID_SUFFIX_LEN: usize = 17;

/// Says of a name and its row whether a listing passes over it.
pub type IsHidden = Box<dyn FnMut(&str, &[u8]) -> Result<bool, CatalogError> + Send>;

/// Which rows a walk goes over.
pub(in crate::catalog) struct Rows {
    /// Their kind.
    pub kind: u8,
    /// How long the id behind the name is, with its NUL.
    pub suffix_len: usize,
    /// The first of them, without the kind.
    pub start: Vec<u8>,
    /// Those that are neither entries nor rolled up.
    pub is_hidden: Option<IsHidden>,
}

fn id_of(row_name: &[u8]) -> Result<[u8; 16], CatalogError> {
    let id = row_name.last_chunk::<16>();
    id.copied().ok_or(CatalogError::Inconsistent("row name"))
}

/// A walk over one kind of rows, to be fed row by row.
pub(in crate::catalog) struct Walk<T, F> {
    query: ListQuery,
    rows: Rows,
    open: F,
    page: Result<ListPage<T>, CatalogError>,
}

async fn walk_rows<T: Send + 'static>(
    engine: &dyn Engine,
    bucket: BucketId,
    query: ListQuery,
    rows: Rows,
    open: impl FnMut(&[u8], &str, &[u8]) -> Result<T, CatalogError> + Send + 'static,
) -> Result<ListPage<T>, CatalogError> {
    let walk = Walk::new(query, rows, open);
    let Some(range) = walk.range() else {
        return walk.finish();
    };
    let walk = engine
        .visit(keyspace::bucket_partition(bucket), range, walk, Walk::step)
        .await?;
    walk.finish()
}

impl<T, F: FnMut(&[u8], &str, &[u8]) -> Result<T, CatalogError>> Walk<T, F> {
    /// Makes an entry of each row with `open`.
    pub(in crate::catalog) fn new(query: ListQuery, rows: Rows, open: F) -> Self {
        let empty = ListPage {
            entries: Vec::new(),
            is_truncated: false,
        };
        Self {
            query,
            rows,
            open,
            page: Ok(empty),
        }
    }

    /// The rows to feed; `None` when there cannot be any.
    pub(in crate::catalog) fn range(&self) -> Option<ScanRange> {
        let prefix = [&[self.rows.kind], self.query.prefix.as_bytes()].concat();
        let after = [&[self.rows.kind], self.rows.start.as_slice()].concat();
        let end = keyspace::prefix_end(&prefix);
        let start = prefix.max(after);
        let is_empty = end.as_ref().is_some_and(|end| *end <= start) || self.query.limit == 0;
        (!is_empty).then_some(ScanRange { start, end })
    }

    /// What came of it.
    ///
    /// # Errors
    /// The error of a row.
    pub(in crate::catalog) fn finish(self) -> Result<ListPage<T>, CatalogError> {
        self.page
    }

    /// Takes the next row.
    pub(in crate::catalog) fn step(&mut self, row_name: &[u8], value: &[u8]) -> ScanStep {
        match self.take(row_name, value) {
            Ok(step) => step,
            Err(source) => {
                self.page = Err(source);
                ScanStep::Stop
            }
        }
    }

    fn take(&mut self, row_name: &[u8], value: &[u8]) -> Result<ScanStep, CatalogError> {
        let Ok(page) = &mut self.page else {
            return Ok(ScanStep::Stop);
        };
        let name_end = row_name.len().saturating_sub(self.rows.suffix_len);
        let name = row_name
            .get(1..name_end)
            .and_then(|name| std::str::from_utf8(name).ok());
        let name = name.ok_or(CatalogError::Inconsistent("object key"))?;
        if let Some(is_hidden) = &mut self.rows.is_hidden
            && is_hidden(name, value)?
        {
            return Ok(ScanStep::Continue);
        }
        if page.entries.len() >= self.query.limit {
            page.is_truncated = true;
            return Ok(ScanStep::Stop);
        }
        if let Some(common) = common_prefix(name, &self.query) {
            page.entries
                .push(ListEntry::CommonPrefix(common.to_owned()));
            let next = [&[self.rows.kind], common.as_bytes()].concat();
            return Ok(keyspace::prefix_end(&next).map_or(ScanStep::Stop, ScanStep::SeekTo));
        }
        let item = (self.open)(row_name, name, value)?;
        page.entries.push(ListEntry::Item(name.to_owned(), item));
        Ok(ScanStep::Continue)
    }
}

/// The common prefix under which a name is rolled up.
fn common_prefix<'a>(name: &'a str, query: &ListQuery) -> Option<&'a str> {
    let delimiter = query
        .delimiter
        .as_deref()
        .filter(|delimiter| !delimiter.is_empty())?;
    let rest = name.strip_prefix(query.prefix.as_str())?;
    let at = rest.find(delimiter)?;
    name.get(..query.prefix.len() + at + delimiter.len())
}

fn is_common_prefix(name: &str, query: &ListQuery) -> bool {
    common_prefix(name, query) == Some(name)
}

/// The first name behind `after`; behind everything under it when it is a common prefix
/// (s3-behaviour.md 25).
pub(in crate::catalog) fn behind(after: &str, query: &ListQuery) -> Vec<u8> {
    if is_common_prefix(after, query)
        && let Some(end) = keyspace::prefix_end(after.as_bytes())
    {
        return end;
    }
    [after.as_bytes(), b"\0"].concat()
}

/// The first row behind all rows of the object `after`, where rows are object keys with ids.
pub(in crate::catalog) fn behind_all(after: &str, query: &ListQuery) -> Vec<u8> {
    if is_common_prefix(after, query) {
        behind(after, query)
    } else {
        [after.as_bytes(), b"\x01"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::object_key::ObjectKey;
    use crate::storage::{MemoryEngine, MetaBatch, MetaStore};
    use bytes::Bytes;
    use proptest::collection::{btree_set, vec};
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;
    use std::collections::BTreeSet;

    const BUCKET: BucketId = BucketId::from_bytes([7; 16]);

    /// A row: a name, and the upload's id where rows are uploads.
    type Row = (String, u8);
    /// An entry: a common prefix has no id.
    type Entry = (String, Option<u8>);

    /// Names of few characters, so that they meet: the first and the last that there are, and `0`,
    /// which follows the slash.
    fn name(len: std::ops::Range<usize>) -> impl Strategy<Value = String> {
        let characters = vec!['/', '/', '0', 'a', 'b', '\u{1}', '\u{10ffff}'];
        vec(select(characters), len).prop_map(String::from_iter)
    }

    fn rows() -> impl Strategy<Value = BTreeSet<Row>> {
        btree_set((name(1..6), 0_u8..4), 0..30)
    }

    fn query() -> impl Strategy<Value = ListQuery> {
        let parts = (name(0..3), option::of(name(0..3)), option::of(name(1..5)));
        (parts, 0_usize..7).prop_map(|((prefix, delimiter, after), limit)| ListQuery {
            prefix,
            delimiter,
            after,
            limit,
        })
    }

    /// What S3 says that a page is, row by row over everything there is.
    fn reference(
        rows: &BTreeSet<Row>,
        query: &ListQuery,
        after_upload: Option<u8>,
    ) -> (Vec<Entry>, bool) {
        let rolled = |name: &str| {
            let delimiter = query.delimiter.as_deref().filter(|d| !d.is_empty())?;
            let (head, _) = name.strip_prefix(&query.prefix)?.split_once(delimiter)?;
            Some(format!("{}{head}{delimiter}", query.prefix))
        };
        let is_behind = |(name, id): &Row| match (&query.after, after_upload) {
            (None, _) => true,
            (Some(after), Some(upload)) => (name, *id) > (after, upload),
            (Some(after), None) => {
                let is_under = rolled(after).as_ref() == Some(after) && name.starts_with(after);
                name > after && !is_under
            }
        };
        let mut entries: Vec<Entry> = rows
            .iter()
            .filter(|row| row.0.starts_with(&query.prefix) && is_behind(row))
            .map(|(name, id)| match rolled(name) {
                Some(common) => (common, None),
                None => (name.clone(), Some(*id)),
            })
            .collect();
        entries.dedup();
        let is_truncated = query.limit > 0 && entries.len() > query.limit;
        entries.truncate(query.limit);
        (entries, is_truncated)
    }

    fn objects_of(rows: &BTreeSet<Row>) -> BTreeSet<Row> {
        rows.iter().map(|(name, _)| (name.clone(), 0)).collect()
    }

    async fn filled(rows: &BTreeSet<Row>) -> MemoryEngine {
        let engine = MemoryEngine::new();
        let mut batch = MetaBatch::new(keyspace::bucket_partition(BUCKET));
        for (name, id) in rows {
            let object_key = ObjectKey::parse(name).unwrap();
            let upload = UploadId::from_bytes([*id; 16]);
            batch.put(keyspace::current(&object_key), Bytes::new());
            batch.put(keyspace::upload(&object_key, upload), Bytes::new());
        }
        engine.commit(batch).await.unwrap();
        engine
    }

    fn entry<T>(entry: ListEntry<T>, id: impl Fn(T) -> u8) -> Entry {
        match entry {
            ListEntry::CommonPrefix(name) => (name, None),
            ListEntry::Item(name, item) => (name, Some(id(item))),
        }
    }

    async fn object_page(engine: &MemoryEngine, query: &ListQuery) -> (Vec<Entry>, bool) {
        let page = objects(engine, BUCKET, query.clone(), None, |_, _| Ok(()));
        let page = page.await.unwrap();
        let entries = page.entries.into_iter().map(|e| entry(e, |()| 0));
        (entries.collect(), page.is_truncated)
    }

    async fn upload_page(
        engine: &MemoryEngine,
        query: &ListQuery,
        after_upload: Option<u8>,
    ) -> (Vec<Entry>, bool) {
        let after_upload = after_upload.map(|id| UploadId::from_bytes([id; 16]));
        let page = uploads(
            engine,
            BUCKET,
            query.clone(),
            after_upload,
            |_, _, _| Ok(()),
        );
        let page = page.await.unwrap();
        let id = |(upload, ()): (UploadId, ())| upload.as_bytes()[0];
        let entries = page.entries.into_iter().map(|e| entry(e, id));
        (entries.collect(), page.is_truncated)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(future)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn page_is_what_the_reference_says(
            rows in rows(), query in query(), upload in option::of(0_u8..4)
        ) {
            block_on(async {
                let engine = filled(&rows).await;
                let page = object_page(&engine, &query).await;
                prop_assert_eq!(page, reference(&objects_of(&rows), &query, None));
                let page = upload_page(&engine, &query, upload).await;
                prop_assert_eq!(page, reference(&rows, &query, upload));
                Ok(())
            })?;
        }

        /// Each page continues behind the last entry of the one before, as NextMarker and both
        /// tokens do, and as a client does that takes the last key.
        #[test]
        fn pages_together_are_the_whole_list(
            rows in rows(), mut query in query(), limit in 1_usize..5
        ) {
            block_on(async {
                let engine = filled(&rows).await;
                query.limit = usize::MAX;
                let (whole, _) = reference(&objects_of(&rows), &query, None);
                let (whole_uploads, _) = reference(&rows, &query, None);
                query.limit = limit;
                let (first, mut seen) = (query.after.clone(), Vec::new());
                loop {
                    let (entries, is_truncated) = object_page(&engine, &query).await;
                    prop_assert!(entries.len() == limit || !is_truncated);
                    query.after = entries.last().map(|(name, _)| name.clone());
                    seen.extend(entries);
                    prop_assert!(seen.len() <= whole.len(), "pages repeat: {:?}", seen);
                    if !is_truncated {
                        break;
                    }
                }
                prop_assert_eq!(seen, whole);
                query.after = first;
                let (mut upload, mut seen) = (None, Vec::new());
                loop {
                    let (entries, is_truncated) = upload_page(&engine, &query, upload).await;
                    prop_assert!(entries.len() == limit || !is_truncated);
                    upload = entries.last().and_then(|(_, id)| *id);
                    query.after = entries.last().map(|(name, _)| name.clone());
                    seen.extend(entries);
                    prop_assert!(seen.len() <= whole_uploads.len(), "pages repeat: {:?}", seen);
                    if !is_truncated {
                        break;
                    }
                }
                prop_assert_eq!(seen, whole_uploads);
                Ok(())
            })?;
        }
    }
}
