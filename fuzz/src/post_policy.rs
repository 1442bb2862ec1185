//! Policies of browsers' forms. Input: the document; the same bytes are also tried as they stand in
//! the form's field.

use riznica::base::encoding::base64_encode;
use riznica::model::time::Timestamp;
use riznica::s3::post::error::PolicyDenial;
use riznica::s3::post::fields::Fields;
use riznica::s3::post::policy::{LengthRange, PostPolicy};

/// A name that no document of the corpus has.
const UNHEARD_OF: &str = "x-amz-meta-unheard-of";

fn fields(pairs: &[(&str, &str)]) -> Fields {
    let raw = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    Fields::new(raw.collect(), Some("f")).expect("fields")
}

pub fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        drop(PostPolicy::parse(text));
    }
    let encoded = base64_encode(data);
    let Ok(policy) = PostPolicy::parse(&encoded) else {
        return;
    };
    assert_eq!(PostPolicy::parse(&encoded).as_ref(), Ok(&policy));
    let begin = Timestamp::from_millis(0);
    let text = String::from_utf8_lossy(data).to_lowercase();
    // A name may stand there in escapes.
    let has = |name: &str| text.contains(name) || text.contains('\\');
    for own in [
        &[][..],
        &[("key", "a")],
        &[
            ("key", "user/user1/a.jpg"),
            ("acl", "private"),
            ("content-type", "image/png,image/gif"),
        ],
        &[
            ("key", "a"),
            ("x-ignore-a", "b"),
            ("x-amz-checksum-crc32", "AAAAAA=="),
        ],
    ] {
        let form = fields(own);
        let late = policy.judge(&form, "bucket", Timestamp::from_millis(u64::MAX));
        assert_eq!(late, Err(PolicyDenial::Expired));
        if policy.judge(&form, "bucket", begin).is_ok() {
            allows(&policy, own, has);
        }
    }
}

/// What a policy allows, it speaks of: the bucket, every field, and not one more.
fn allows(policy: &PostPolicy, own: &[(&str, &str)], has: impl Fn(&str) -> bool) {
    let begin = Timestamp::from_millis(0);
    assert!(has("bucket"));
    for (name, _) in own {
        let is_free = name.starts_with("x-ignore-") || name.starts_with("x-amz-checksum-");
        assert!(is_free || has(name), "{name}");
    }
    let range = policy
        .judge(&fields(own), "bucket", begin)
        .expect("it did before");
    assert!(range == LengthRange::ANY || has("content-length-range"));
    if !has(UNHEARD_OF) {
        let more = [own, &[(UNHEARD_OF, "1")]].concat();
        let denied = policy.judge(&fields(&more), "bucket", begin);
        assert!(matches!(denied, Err(PolicyDenial::Uncovered { .. })));
    }
}
