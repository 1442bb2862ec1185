//! `x-amz-copy-source` and its range. Input: a header value, used for both.

use riznica::auth::RequestView;
use riznica::base::encoding::uri_encode_path;
use riznica::model::object_key::ObjectKey;
use riznica::s3::extract::copy_source::{copy_source, copy_source_range};

fn with_header<T>(name: &str, value: &[u8], read: impl Fn(&RequestView<'_>) -> T) -> T {
    read(&RequestView {
        method: "PUT",
        path: "/bucket/key",
        query: "",
        headers: vec![(name, value)],
        secure: true,
    })
}

pub fn run(data: &[u8]) {
    if let Ok(source) = with_header("x-amz-copy-source", data, copy_source) {
        assert!(source.object_key.as_bytes().len() <= data.len());
        for slash in ["", "/"] {
            let object_key = uri_encode_path(source.object_key.as_bytes());
            let written = format!("{slash}{}/{object_key}", source.bucket);
            let again = with_header("x-amz-copy-source", written.as_bytes(), copy_source);
            let again = again.expect("it was written by us");
            // The version, if one was named, is not written.
            assert_eq!(again.bucket, source.bucket);
            assert_eq!(again.object_key, source.object_key);
        }
    }
    if let Ok(object_key) = ObjectKey::from_bytes(data.to_vec()) {
        let written = format!("bucket/{}", uri_encode_path(data));
        let source = with_header("x-amz-copy-source", written.as_bytes(), copy_source);
        let source = source.expect("every object can be copied");
        assert_eq!(source.object_key, object_key);
    }
    let name = "x-amz-copy-source-range";
    if let Ok(Some(range)) = with_header(name, data, copy_source_range) {
        assert!(range.start() <= range.end());
        let written = format!("bytes={}-{}", range.start(), range.end());
        let again = with_header(name, written.as_bytes(), copy_source_range);
        assert_eq!(again.expect("it was written by us"), Some(range));
    }
}
