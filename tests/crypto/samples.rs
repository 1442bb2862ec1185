//! Keys, places and plaintexts that the modules share.

use riznica::base::entropy::Entropy;
use riznica::crypto::{
    DataKey, KeyContext, KeyScope, RecordContext, ScopeKey, Sealer, StreamParameters,
};
use riznica::model::id::{BucketId, TenantId};

pub(crate) const TENANT: TenantId = TenantId::from_bytes(*b"tenant-of-sample");
pub(crate) const BUCKET: BucketId = BucketId::from_bytes(*b"bucket-of-sample");
pub(crate) const SEGMENT_LEN: usize = 65_536;
pub(crate) const SEALED_SEGMENT_LEN: usize = SEGMENT_LEN + 16;
pub(crate) const PIECE_LEN: usize = 4 * SEGMENT_LEN;

pub(crate) fn scope_key() -> ScopeKey {
    ScopeKey::from_slice(3, &[0x5c; 32]).unwrap()
}

pub(crate) fn data_key() -> DataKey {
    DataKey::from_slice(&[0xda; 32]).unwrap()
}

pub(crate) fn record_context() -> RecordContext<'static> {
    RecordContext {
        tenant: TENANT,
        bucket: BUCKET,
        object_key: b"folder/file.txt",
        version: b"v1",
    }
}

pub(crate) fn key_context() -> KeyContext {
    KeyContext {
        tenant: TENANT,
        scope: KeyScope::Bucket(BUCKET),
        version: 3,
    }
}

/// Byte i is (31 i + 7 (i >> 8)) mod 256: two segments never hold the same bytes.
pub(crate) fn plaintext(len: usize) -> Vec<u8> {
    (0..len)
        .map(|i| ((31 * i + 7 * (i >> 8)) & 0xff).try_into().unwrap())
        .collect()
}

/// Seals a whole stream in full pieces.
pub(crate) fn seal_stream(
    data_key: &DataKey,
    part_number: u32,
    plaintext: &[u8],
    entropy: &dyn Entropy,
) -> (StreamParameters, Vec<u8>) {
    let mut sealer = Sealer::new(data_key.sealing_key(part_number, entropy).unwrap());
    let parameters = sealer.parameters();
    let mut sealed = Vec::new();
    let mut rest = plaintext;
    loop {
        let (piece, after) = rest.split_at(rest.len().min(PIECE_LEN));
        rest = after;
        let piece = sealer.seal(piece, rest.is_empty(), &[]).unwrap();
        sealed.extend_from_slice(&piece.into_bytes());
        if rest.is_empty() {
            return (parameters, sealed);
        }
    }
}
