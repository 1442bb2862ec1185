//! The journal of operators' changes: who changed what, when, what it was before and is after.
//!
//! Owns: `Entry`, which puts itself into the batch of the change it tells of, and pages of what
//! was put there. Rows are added and never changed or taken away.
//! Not here: what an entry tells (`control::facts`: no secrets), who may read it (`admin`).
//!
//! Entries lie in the system partition, whatever the partition of the change: a batch appends them
//! (E8). Their names ascend with time, also when the clock is set back.
//!
//! Invariants
//! - K6: a change by an operator and its entry are one batch; held by the functions of the catalog
//!   that operators' commands call, which take what the batch gets besides. Otherwise a crash
//!   would leave a change that nobody has made.

use crate::base::codec::{CodecError, Reader};
use crate::base::entropy::{Entropy, EntropyError};
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::id::ChangeId;
use crate::model::time::Timestamp;
use crate::storage::{Engine, EngineExt, MetaBatch, Partition, ScanRange, ScanStep};
use serde_json::Value;

/// Rows that are looked at for one page, so that a filter that matches nothing ends.
const SCANNED_MAX: usize = 10_000;
/// Bytes of the rows of a page, exceeded by one row at most.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// What is known of a change before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    id: ChangeId,
    at: Timestamp,
    operator: String,
    operation: String,
    subject: String,
    tenant: Option<String>,
}

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its place in the journal.
    pub id: ChangeId,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub operator: String,
    /// By which command.
    pub operation: String,
    /// What was changed, such as `tenant city`.
    pub subject: String,
    /// Name of the tenant whom it concerns, if it is one's.
    pub tenant: Option<String>,
    /// What it was, as JSON; nothing where it was made.
    pub before: Option<String>,
    /// What it is, as JSON; nothing where it was taken away.
    pub after: Option<String>,
}

impl Entry {
    /// An entry about a change that is about to be made.
    ///
    /// # Errors
    /// When the random source fails.
    pub fn new(
        (operator, operation): (&str, &str),
        subject: String,
        tenant: Option<String>,
        (at, entropy): (Timestamp, &dyn Entropy),
    ) -> Result<Self, EntropyError> {
        Ok(Self {
            id: ChangeId::generate(at.millis(), entropy)?,
            at,
            operator: operator.to_owned(),
            operation: operation.to_owned(),
            subject,
            tenant,
        })
    }

    /// Makes the entry part of the change's batch.
    pub fn append(&self, batch: &mut MetaBatch, before: Option<&Value>, after: Option<&Value>) {
        let (before, after) = (before.map(Value::to_string), after.map(Value::to_string));
        let row = record::encode(RecordKind::Change, |w| {
            w.u64(self.at.millis())
                .field(self.operator.as_bytes())
                .field(self.operation.as_bytes())
                .field(self.subject.as_bytes())
                .optional_field(self.tenant.as_deref().map(str::as_bytes))
                .optional_field(before.as_deref().map(str::as_bytes))
                .optional_field(after.as_deref().map(str::as_bytes));
        });
        batch.append(Partition::System, keyspace::change(self.id), row.into());
    }
}

impl Change {
    fn decode(meta_key: &[u8], row: &[u8]) -> Result<Self, CatalogError> {
        let id = meta_key
            .split_first()
            .map(|(_, id)| <[u8; 16]>::try_from(id));
        let id = id.and_then(Result::ok);
        let id = id.ok_or(CatalogError::Inconsistent("name of a change"))?;
        let read = |r: &mut Reader<'_>| {
            Ok(Self {
                id: ChangeId::from_bytes(id),
                at: Timestamp::from_millis(r.u64()?),
                operator: r.text("operator")?,
                operation: r.text("operation")?,
                subject: r.text("subject")?,
                tenant: optional_text(r, "tenant")?,
                before: optional_text(r, "before")?,
                after: optional_text(r, "after")?,
            })
        };
        Ok(record::decode(RecordKind::Change, row, read)?)
    }
}

fn optional_text(r: &mut Reader<'_>, name: &'static str) -> Result<Option<String>, CodecError> {
    let field = r.optional_field(name)?;
    let text = field.map(|bytes| String::from_utf8(bytes.to_vec()));
    text.transpose()
        .map_err(|_utf8| CodecError::InvalidField(name))
}

/// Which changes are asked for.
#[derive(Clone, Debug)]
pub struct ChangeQuery {
    /// Those behind this one.
    pub behind: Option<ChangeId>,
    /// Those made then or later.
    pub since: Option<Timestamp>,
    /// Those of this tenant.
    pub tenant: Option<String>,
    /// Those by this operator.
    pub operator: Option<String>,
    /// So many at most.
    pub limit: usize,
}

impl ChangeQuery {
    fn range(&self) -> ScanRange {
        let prefix = [keyspace::CHANGE];
        // Names are never below the time at which they were made.
        let since = self.since.map(|at| {
            let head = (at.millis() << 16).to_be_bytes();
            [prefix.as_slice(), &head].concat()
        });
        let behind = self.behind.map(|id| {
            // The next name: nothing is between a name and itself with a byte more.
            [&keyspace::change(id)[..], &[0]].concat()
        });
        ScanRange {
            start: since.max(behind).unwrap_or_else(|| prefix.to_vec()),
            end: keyspace::prefix_end(&prefix),
        }
    }

    fn asks_for(&self, change: &Change) -> bool {
        let is = |wanted: &Option<String>, own: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| own == Some(wanted))
        };
        self.since.is_none_or(|since| change.at >= since)
            && is(&self.tenant, change.tenant.as_deref())
            && is(&self.operator, Some(&change.operator))
    }
}

/// Changes in the order in which they were made.
#[derive(Debug, Default)]
pub struct ChangePage {
    /// The changes.
    pub changes: Vec<Change>,
    /// Where to go on; `None` when nothing is left. A page may be empty and still not the last.
    pub next: Option<ChangeId>,
}

#[derive(Default)]
struct Gathered {
    page: ChangePage,
    scanned: usize,
    byte_len: usize,
    damage: Option<CatalogError>,
}

/// A page of the journal.
///
/// # Errors
/// When the engine fails or a row is corrupt.
pub async fn page(engine: &dyn Engine, query: ChangeQuery) -> Result<ChangePage, CatalogError> {
    let range = query.range();
    let step = move |state: &mut Gathered, meta_key: &[u8], row: &[u8]| {
        let change = match Change::decode(meta_key, row) {
            Ok(change) => change,
            Err(error) => {
                state.damage = Some(error);
                return ScanStep::Stop;
            }
        };
        let id = change.id;
        state.scanned += 1;
        if query.asks_for(&change) {
            state.byte_len += row.len();
            state.page.changes.push(change);
        }
        let is_full = state.page.changes.len() >= query.limit
            || state.scanned >= SCANNED_MAX
            || state.byte_len >= PAGE_BYTES_MAX;
        if is_full {
            state.page.next = Some(id);
            return ScanStep::Stop;
        }
        ScanStep::Continue
    };
    let gathered = engine.visit(Partition::System, range, Gathered::default(), step);
    let Gathered { page, damage, .. } = gathered.await?;
    damage.map_or(Ok(page), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::entropy::SystemEntropy;
    use crate::storage::MemoryEngine;
    use serde_json::json;

    async fn note(engine: &MemoryEngine, at: u64, operator: &str, tenant: Option<&str>) {
        let tenant = tenant.map(str::to_owned);
        let at = (
            Timestamp::from_millis(at),
            &SystemEntropy::new() as &dyn Entropy,
        );
        let entry = Entry::new((operator, "createTenant"), "tenant x".into(), tenant, at);
        let mut batch = MetaBatch::new(Partition::System);
        let after = json!({"name": "x"});
        entry.unwrap().append(&mut batch, None, Some(&after));
        engine.commit(batch).await.unwrap();
    }

    use crate::storage::MetaStore as _;

    fn all(limit: usize) -> ChangeQuery {
        ChangeQuery {
            behind: None,
            since: None,
            tenant: None,
            operator: None,
            limit,
        }
    }

    #[tokio::test]
    async fn k6_changes_are_told_in_order_page_by_page() {
        let engine = MemoryEngine::new();
        for (at, operator, tenant) in [
            (1000, "ana", Some("city")),
            (2000, "mara", None),
            (3000, "ana", Some("school")),
            // The clock was set back: it is told behind what came before.
            (2500, "mara", Some("city")),
        ] {
            note(&engine, at, operator, tenant).await;
        }
        let first = page(&engine, all(3)).await.unwrap();
        let of = |page: &ChangePage| -> Vec<u64> {
            page.changes.iter().map(|own| own.at.millis()).collect()
        };
        assert_eq!(of(&first), [1000, 2000, 3000]);
        let change = &first.changes[0];
        assert_eq!(
            (change.operator.as_str(), change.tenant.as_deref()),
            ("ana", Some("city"))
        );
        assert_eq!(
            (&change.before, change.after.as_deref()),
            (&None, Some("{\"name\":\"x\"}"))
        );
        let behind = ChangeQuery {
            behind: first.next,
            ..all(3)
        };
        let second = page(&engine, behind).await.unwrap();
        assert_eq!((of(&second), second.next), (vec![2500], None));
        let since = Some(Timestamp::from_millis(2200));
        let since = ChangeQuery { since, ..all(9) };
        assert_eq!(of(&page(&engine, since).await.unwrap()), [3000, 2500]);
        let tenant = Some("city".to_owned());
        let city = ChangeQuery { tenant, ..all(9) };
        assert_eq!(of(&page(&engine, city).await.unwrap()), [1000, 2500]);
        let operator = Some("mara".to_owned());
        let mara = ChangeQuery { operator, ..all(9) };
        assert_eq!(of(&page(&engine, mara).await.unwrap()), [2000, 2500]);
    }
}
