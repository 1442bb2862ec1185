//! The installation marker and the operators who may use the admin listener.
//!
//! Owns: what `riznica init` writes, and the check of an operator's token.
//! Not here: what an operator does (`control`), the credential file (`cli`).
//!
//! A token is 32 random bytes; its SHA-256 is stored. A slow password hash would add nothing: there
//! is nothing to guess.

use crate::base::codec::Reader;
use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::secret::is_equal;
use crate::catalog::error::CatalogError;
use crate::catalog::keyspace;
use crate::catalog::record::{self, RecordKind};
use crate::model::time::Timestamp;
use crate::storage::{CommitError, Engine, MetaBatch, MetaStore, Partition};

/// Marks a data folder as initialised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Random identity of this installation.
    pub installation_id: [u8; 16],
    /// When it was initialised.
    pub created: Timestamp,
}

/// Writes the installation marker and the first operator in one batch.
///
/// # Errors
/// `Taken` when the folder is initialised already.
pub async fn initialise(
    engine: &dyn Engine,
    installation: &Installation,
    operator_name: &str,
    token: &[u8],
) -> Result<(), CatalogError> {
    let marker = record::encode(RecordKind::Installation, |w| {
        w.fixed(&installation.installation_id)
            .u64(installation.created.millis());
    });
    let operator = record::encode(RecordKind::Operator, |w| {
        w.field(&digest(DigestAlgorithm::Sha256, token))
            .u64(installation.created.millis());
    });
    let mut batch = MetaBatch::new(Partition::System);
    batch
        .absent(keyspace::installation())
        .put(keyspace::installation(), marker.into())
        .put(keyspace::operator(operator_name), operator.into());
    match engine.commit(batch).await {
        Err(CommitError::ConditionFailed { .. }) => Err(CatalogError::Taken),
        other => Ok(other?),
    }
}

/// The installation marker, if the folder is initialised.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn installation(engine: &dyn Engine) -> Result<Option<Installation>, CatalogError> {
    let row = MetaStore::get(engine, Partition::System, &keyspace::installation()).await?;
    let Some(bytes) = row else { return Ok(None) };
    let read = |r: &mut Reader<'_>| {
        Ok(Installation {
            installation_id: r.array()?,
            created: Timestamp::from_millis(r.u64()?),
        })
    };
    Ok(Some(record::decode(
        RecordKind::Installation,
        &bytes,
        read,
    )?))
}

/// Whether this operator exists and this is its token, compared in constant time.
///
/// # Errors
/// When the engine fails or the row is corrupt.
pub async fn verify_token(
    engine: &dyn Engine,
    operator_name: &str,
    token: &[u8],
) -> Result<bool, CatalogError> {
    let row = MetaStore::get(
        engine,
        Partition::System,
        &keyspace::operator(operator_name),
    )
    .await?;
    let presented = digest(DigestAlgorithm::Sha256, token);
    let stored = match row {
        // An unknown operator costs the same comparison.
        None => vec![0; presented.len()],
        Some(bytes) => record::decode(RecordKind::Operator, &bytes, |r| {
            let stored = r.field()?.to_vec();
            r.u64()?;
            Ok(stored)
        })?,
    };
    Ok(is_equal(&stored, &presented))
}
