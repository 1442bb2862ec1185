//! The sealed record: a readable part and a sealed part, bound to one another and to their place
//! (crypto.md 4 to 7).
//!
//! Owns: the bytes of a record. The record key derives from the scope key and a fresh salt and is
//! used once (C2).
//! Not here: what the two parts contain (`catalog`).
//!
//! Stored: format u8 = 1 | algorithm u8 | scope key version u32 | salt 32 | commitment 32 |
//! readable part, length-prefixed | sealed part with its tag, length-prefixed. Integers are little
//! endian. Associated data: seven length-prefixed fields, format, algorithm, tenant, bucket, object
//! key, version, and all stored bytes before the sealed part's length. A record that is moved to
//! another object key, bucket, version or tenant, or edited in its readable part, does not open
//! (C3).

use crate::base::codec::{Reader, Writer};
use crate::base::entropy::Entropy;
use crate::base::limits::TAG_LEN;
use crate::base::secret::SecretBytes;
use crate::crypto::algorithm::Algorithm;
use crate::crypto::derive::{COMMITMENT_LEN, LABEL_RECORD, OnceKey, SALT_LEN};
use crate::crypto::error::{OpenError, SealError};
use crate::crypto::keys::ScopeKey;
use crate::model::id::{BucketId, TenantId};

const FORMAT: u8 = 1;

/// The place that a record is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordContext<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// The bucket; zero bytes for a credential.
    pub bucket: BucketId,
    /// The object key, or what names the record in its stead.
    pub object_key: &'a [u8],
    /// The version, or what tells records of one object key apart.
    pub version: &'a [u8],
}

impl RecordContext<'_> {
    fn associated_data(&self, algorithm: Algorithm, readable: &[u8]) -> Vec<u8> {
        let fields: [&[u8]; 7] = [
            &[FORMAT],
            &[algorithm.number()],
            self.tenant.as_bytes(),
            self.bucket.as_bytes(),
            self.object_key,
            self.version,
            readable,
        ];
        // Made for each key that is listed: in one allocation.
        let mut w = Writer::with_capacity(fields.iter().map(|field| field.len() + 4).sum());
        for field in fields {
            w.field(field);
        }
        w.into_vec()
    }
}

/// Seals `secret` and binds `plain` and the place to it.
///
/// # Errors
/// When the random source fails, or a part is longer than 4 GiB.
pub fn seal_record(
    scope_key: &ScopeKey,
    context: &RecordContext<'_>,
    plain: &[u8],
    secret: &[u8],
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, SealError> {
    let too_long = |len: usize| SealError::PlaintextTooLong { len };
    let sealed_len = secret
        .len()
        .checked_add(TAG_LEN)
        .ok_or_else(|| too_long(secret.len()))?;
    let sealed_len = u32::try_from(sealed_len).map_err(|_overflow| too_long(secret.len()))?;
    u32::try_from(plain.len()).map_err(|_overflow| too_long(plain.len()))?;

    let algorithm = Algorithm::CURRENT;
    let once = OnceKey::generate(scope_key.expose(), LABEL_RECORD, entropy)?;
    let mut w = Writer::new();
    w.u8(FORMAT)
        .u8(algorithm.number())
        .u32(scope_key.version())
        .fixed(once.salt())
        .fixed(once.commitment())
        .field(plain);
    let associated_data = context.associated_data(algorithm, w.as_slice());
    w.u32(sealed_len);
    let mut record = w.into_vec();
    once.seal(&associated_data, secret, &mut record)?;
    Ok(record)
}

/// A stored record, taken apart but not yet opened. Nothing in it is authentic before
/// [`RecordView::open`].
#[derive(Clone, Copy, Debug)]
pub struct RecordView<'a> {
    /// Version of the scope key that opens it.
    pub key_version: u32,
    /// The readable part.
    pub plain: &'a [u8],
    algorithm: Algorithm,
    salt: [u8; SALT_LEN],
    commitment: [u8; COMMITMENT_LEN],
    /// Everything before the length of the sealed part.
    readable: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> RecordView<'a> {
    /// Takes a record apart; needs no key.
    ///
    /// # Errors
    /// `Corrupt` for anything but one whole record of a known format and algorithm.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, OpenError> {
        let mut r = Reader::new(bytes);
        let format = r.u8()?;
        if format != FORMAT {
            return Err(OpenError::UnknownFormat { format });
        }
        let algorithm = Algorithm::from_number(r.u8()?)?;
        let key_version = r.u32()?;
        let (salt, commitment) = (r.array()?, r.array()?);
        let plain = r.field()?;
        let readable_len = bytes.len().saturating_sub(r.rest().len());
        let readable = bytes.get(..readable_len).unwrap_or_default();
        let sealed = r.field()?;
        r.finish()?;
        Ok(Self {
            key_version,
            plain,
            algorithm,
            salt,
            commitment,
            readable,
            sealed,
        })
    }

    /// Opens the sealed part; with it the readable part is authentic too.
    ///
    /// # Errors
    /// `UnknownKeyVersion` when the key is of another version, `Unauthentic` for everything else.
    pub fn open(
        &self,
        scope_key: &ScopeKey,
        context: &RecordContext<'_>,
    ) -> Result<SecretBytes, OpenError> {
        if scope_key.version() != self.key_version {
            return Err(OpenError::UnknownKeyVersion {
                stored: self.key_version,
                given: scope_key.version(),
            });
        }
        let secret = scope_key.expose();
        let once = OnceKey::restore(secret, LABEL_RECORD, self.salt, &self.commitment)?;
        once.open(
            &context.associated_data(self.algorithm, self.readable),
            self.sealed,
        )
    }
}
