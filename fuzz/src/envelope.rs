//! Blob headers, wrapped keys and sealed records as they lie on disk. Input: the bytes.

use super::support::{BUCKET, Counter, TENANT, scope_key};
use riznica::crypto::{
    BLOB_HEADER_LEN, BlobHeader, KeyContext, KeyEncryptionKey, KeyScope, RecordContext, RecordView,
    ScopeKey, StreamParameters, WrappedKey, seal_record,
};

pub fn run(data: &[u8]) {
    if let Ok(header) = BlobHeader::decode(data) {
        assert_eq!(header.encode().as_slice(), &data[..BLOB_HEADER_LEN]);
    }
    header(data);
    wrapped_key(data);
    record(data);
}

/// A header with any byte changed is refused or is another header.
fn header(data: &[u8]) {
    let field = |at: usize| data.get(at).copied().unwrap_or_default();
    let header = BlobHeader {
        tenant: TENANT,
        bucket: BUCKET,
        owner: [field(0); 16],
        part_number: u32::from(field(1)),
        parameters: StreamParameters {
            salt: [field(2); 32],
            commitment: [field(3); 32],
        },
        created_unix_millis: u64::from(field(4)),
    };
    let bytes = header.encode();
    assert_eq!(
        BlobHeader::decode(&bytes).expect("it was written by us"),
        header
    );
    for place in 0..bytes.len() {
        let mut changed = bytes;
        changed[place] ^= field(5).max(1);
        if let Ok(other) = BlobHeader::decode(&changed) {
            assert_ne!(other, header, "byte {place} means nothing");
        }
    }
}

fn wrapped_key(data: &[u8]) {
    let tenant_key = KeyEncryptionKey::from_slice(&[0x7e; 32]).expect("32 bytes");
    let context = KeyContext {
        tenant: TENANT,
        scope: KeyScope::Bucket(BUCKET),
        version: 3,
    };
    if let Ok(wrapped) = WrappedKey::decode(data) {
        assert_eq!(wrapped.encode(), data);
        assert!(
            tenant_key.unwrap_key(&wrapped, &context).is_err(),
            "nobody wrapped this"
        );
    }
    let opaque = WrappedKey::new(1, data.to_vec());
    assert!(
        tenant_key.unwrap_key(&opaque, &context).is_err(),
        "nobody wrapped this"
    );
    let Some(bytes) = data.get(..32) else {
        return;
    };
    let scope_key = ScopeKey::from_slice(context.version, bytes).expect("32 bytes");
    let wrapped = tenant_key
        .wrap_key(&scope_key, 1, &context, &Counter::default())
        .expect("it is short enough");
    let unwrapped = tenant_key
        .unwrap_key(&wrapped, &context)
        .expect("it was wrapped by us");
    assert!(unwrapped.is_equal(&scope_key));
    let place = usize::from(bytes[0]) % wrapped.opaque().len();
    let mut changed = wrapped.opaque().to_vec();
    changed[place] ^= bytes[1].max(1);
    let changed = WrappedKey::new(1, changed);
    assert!(
        tenant_key.unwrap_key(&changed, &context).is_err(),
        "byte {place} is not bound"
    );
    let elsewhere = KeyContext {
        scope: KeyScope::Credentials,
        ..context
    };
    assert!(tenant_key.unwrap_key(&wrapped, &elsewhere).is_err());
}

fn record(data: &[u8]) {
    let context = RecordContext {
        tenant: TENANT,
        bucket: BUCKET,
        object_key: b"k",
        version: b"v",
    };
    if let Ok(view) = RecordView::decode(data) {
        assert!(view.plain.len() < data.len());
        assert!(
            view.open(&scope_key(), &context).is_err(),
            "nobody sealed this"
        );
    }
    let (plain, secret) = data.split_at(data.len() / 2);
    let row = seal_record(&scope_key(), &context, plain, secret, &Counter::default());
    let mut row = row.expect("it is short enough");
    let view = RecordView::decode(&row).expect("it was sealed by us");
    assert_eq!(view.plain, plain);
    let opened = view
        .open(&scope_key(), &context)
        .expect("it was sealed by us");
    assert_eq!(opened.expose(), secret);
    let place = data
        .iter()
        .fold(0, |sum, byte| (sum * 31 + usize::from(*byte)) & 0xffff)
        % row.len();
    row[place] ^= 1;
    let opened = RecordView::decode(&row).and_then(|view| view.open(&scope_key(), &context));
    assert!(opened.is_err(), "byte {place} is not bound");
}
