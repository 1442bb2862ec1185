//! A bucket's access control list, sealed: it names whom the owner works with.
//!
//! Owns: the settings document of kind `Acl`; sealed: the list.
//! Not here: the sealed document (`sealed_settings`), what a list says (`model::acl`).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::catalog::buckets::BucketRecord;
use crate::catalog::error::CatalogError;
use crate::catalog::fields::{decode_list, encode_list};
use crate::catalog::sealed_settings::{self, SealedDocument};
use crate::catalog::settings::SettingsKind;
use crate::crypto::ScopeKey;
use crate::model::acl::AccessList;

/// Opens a stored list.
///
/// # Errors
/// Rows that do not authenticate.
pub fn open(
    stored: &SealedDocument,
    bucket: &BucketRecord,
    bucket_key: &ScopeKey,
) -> Result<AccessList, CatalogError> {
    let secret = stored.open(bucket, bucket_key)?;
    let mut r = Reader::new(secret.expose());
    let list = decode_list(&mut r)?;
    r.finish()?;
    Ok(list)
}

/// Seals a list for its row.
///
/// # Errors
/// When the random source fails.
pub fn seal(
    bucket: &BucketRecord,
    list: &AccessList,
    keys: (&ScopeKey, &dyn Entropy),
) -> Result<Vec<u8>, CatalogError> {
    let mut w = Writer::new();
    encode_list(&mut w, list);
    let secret = zeroize::Zeroizing::new(w.into_vec());
    sealed_settings::seal(bucket, SettingsKind::Acl, &secret, keys)
}
