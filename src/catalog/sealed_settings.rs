//! Settings documents that are sealed: what a bucket's owner wrote into them may name people.
//!
//! Owns: the document as a sealed record without readable part. Its context has no object key,
//! which no object's record can have, and the kind's word as version.
//! Not here: the row around it (`settings`), what is in it (`bucket_tags`,
//! `gateway::bucket_policy`).

use crate::base::entropy::Entropy;
use crate::base::secret::SecretBytes;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::settings::{self, SettingsKind};
use crate::crypto::{RecordContext, RecordView, ScopeKey, seal_record};
use crate::storage::Engine;
use bytes::Bytes;

/// A stored document.
#[derive(Clone, Debug)]
pub struct SealedDocument {
    kind: SettingsKind,
    raw: Bytes,
    /// Version of the bucket key that opens it.
    pub key_version: u32,
}

impl SealedDocument {
    /// The bucket's document of this kind, if there is one.
    ///
    /// # Errors
    /// When the engine fails or the row is corrupt.
    pub async fn load(
        engine: &dyn Engine,
        bucket: &BucketRecord,
        kind: SettingsKind,
    ) -> Result<Option<Self>, CatalogError> {
        let found = settings::load(engine, bucket.bucket, kind).await?;
        let decode = |raw: Bytes| {
            let key_version = RecordView::decode(&raw)?.key_version;
            Ok(Self {
                kind,
                raw,
                key_version,
            })
        };
        found.map(decode).transpose()
    }

    /// Opens it.
    ///
    /// # Errors
    /// Rows that do not authenticate.
    pub fn open(
        &self,
        bucket: &BucketRecord,
        bucket_key: &ScopeKey,
    ) -> Result<SecretBytes, CatalogError> {
        let view = RecordView::decode(&self.raw)?;
        Ok(view.open(bucket_key, &context(bucket, self.kind))?)
    }

    /// The stored bytes: the same ones are the same document.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }
}

/// Seals a document for its row.
///
/// # Errors
/// When the random source fails.
pub fn seal(
    bucket: &BucketRecord,
    kind: SettingsKind,
    plain: &[u8],
    keys: (&ScopeKey, &dyn Entropy),
) -> Result<Vec<u8>, CatalogError> {
    Ok(seal_record(
        keys.0,
        &context(bucket, kind),
        &[],
        plain,
        keys.1,
    )?)
}

fn context(bucket: &BucketRecord, kind: SettingsKind) -> RecordContext<'static> {
    RecordContext {
        tenant: bucket.tenant,
        bucket: bucket.bucket,
        object_key: b"",
        version: kind.word(),
    }
}
