//! Records: what binds them to their place.

use crate::entropy::FixedEntropy;
use crate::samples::{self, BUCKET, TENANT};
use proptest::prelude::*;
use riznica::base::kind::ErrorKind;
use riznica::crypto::{OpenError, RecordContext, RecordView, ScopeKey, seal_record};
use riznica::model::id::{BucketId, TenantId};

fn seal(plain: &[u8], secret: &[u8]) -> Vec<u8> {
    let entropy = FixedEntropy::new("record");
    seal_record(
        &samples::scope_key(),
        &samples::record_context(),
        plain,
        secret,
        &entropy,
    )
    .unwrap()
}

fn open(record: &[u8], context: &RecordContext<'_>) -> Result<Vec<u8>, OpenError> {
    let view = RecordView::decode(record)?;
    view.open(&samples::scope_key(), context)
        .map(|secret| secret.expose().to_vec())
}

#[test]
fn record_with_any_flipped_bit_fails() {
    let record = seal(b"readable", b"hidden");
    for index in 0..record.len() {
        for bit in 0..8 {
            let mut changed = record.clone();
            changed[index] ^= 1 << bit;
            let refusal = open(&changed, &samples::record_context()).unwrap_err();
            assert_eq!(refusal.kind(), ErrorKind::Corrupt, "byte {index} bit {bit}");
        }
    }
}

#[test]
fn record_of_any_shorter_length_fails() {
    let record = seal(b"readable", b"hidden");
    for len in 0..record.len() {
        assert!(
            open(&record[..len], &samples::record_context()).is_err(),
            "length {len}"
        );
    }
}

#[test]
fn record_in_another_place_fails() {
    let record = seal(b"readable", b"hidden");
    let here = samples::record_context();
    let elsewhere = [
        RecordContext {
            tenant: TenantId::from_bytes([1; 16]),
            ..here
        },
        RecordContext {
            bucket: BucketId::from_bytes([0; 16]),
            ..here
        },
        RecordContext {
            object_key: b"folder/file.txu",
            ..here
        },
        RecordContext {
            version: b"v2",
            ..here
        },
        // The same bytes, cut elsewhere.
        RecordContext {
            object_key: b"folder/file.tx",
            version: b"tv1",
            ..here
        },
        RecordContext {
            object_key: b"folder/file.txtv1",
            version: b"",
            ..here
        },
        RecordContext {
            tenant: TenantId::from_bytes(*BUCKET.as_bytes()),
            bucket: BucketId::from_bytes(*TENANT.as_bytes()),
            ..here
        },
    ];
    for context in elsewhere {
        assert!(
            matches!(open(&record, &context), Err(OpenError::Unauthentic)),
            "{context:?}"
        );
    }
    assert_eq!(open(&record, &here).unwrap(), b"hidden");
}

#[test]
fn record_under_another_key_version_is_refused_by_name() {
    let record = seal(b"", b"hidden");
    let other = ScopeKey::from_slice(4, &[0x5c; 32]).unwrap();
    let refusal = RecordView::decode(&record)
        .unwrap()
        .open(&other, &samples::record_context());
    assert!(matches!(
        refusal,
        Err(OpenError::UnknownKeyVersion {
            stored: 3,
            given: 4
        })
    ));
}

#[test]
fn record_sealed_twice_differs() {
    let entropy = FixedEntropy::new("twice");
    let (scope_key, context) = (samples::scope_key(), samples::record_context());
    let seal = || seal_record(&scope_key, &context, b"p", b"s", &entropy).unwrap();
    let (first, second) = (seal(), seal());
    assert_ne!(first[6..38], second[6..38], "salts");
    assert_ne!(first[38..70], second[38..70], "commitments");
}

#[test]
fn keys_print_redacted() {
    let printed = format!("{:?} {:?}", samples::scope_key(), samples::data_key());
    assert_eq!(printed, "ScopeKey(version=3, redacted) DataKey(redacted)");
}

proptest! {
    #[test]
    fn record_round_trips(
        plain in proptest::collection::vec(any::<u8>(), 0..200),
        secret in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let record = seal(&plain, &secret);
        prop_assert_eq!(RecordView::decode(&record).unwrap().plain, plain);
        prop_assert_eq!(open(&record, &samples::record_context()).unwrap(), secret);
    }

    #[test]
    fn record_decode_never_panics(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        head in any::<bool>(),
    ) {
        let bytes = if head { [vec![1, 1], bytes].concat() } else { bytes };
        prop_assert!(open(&bytes, &samples::record_context()).is_err());
    }
}
