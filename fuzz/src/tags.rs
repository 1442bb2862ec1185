//! Tags. Input: a document, or the value of `x-amz-tagging`.

use riznica::auth::RequestView;
use riznica::base::encoding::uri_encode;
use riznica::model::tags::{BUCKET_TAGS_MAX, OBJECT_TAGS_MAX, TagSet};
use riznica::s3::extract::tagging::tags;
use riznica::s3::xml::{responses_settings, tagging};

pub fn run(data: &[u8]) {
    for max in [OBJECT_TAGS_MAX, BUCKET_TAGS_MAX] {
        if let Ok(set) = tagging::tagging(data, max) {
            bounded(&set, max);
            let again = responses_settings::tagging(&set);
            assert_eq!(tagging::tagging(again.as_bytes(), max), Ok(set));
        }
    }
    if let Some(set) = of_header(data) {
        bounded(&set, OBJECT_TAGS_MAX);
        let pair = |(name, value): (&str, &str)| {
            format!(
                "{}={}",
                uri_encode(name.as_bytes()),
                uri_encode(value.as_bytes())
            )
        };
        let again = set.iter().map(pair).collect::<Vec<_>>().join("&");
        assert_eq!(of_header(again.as_bytes()), Some(set));
    }
}

fn bounded(set: &TagSet, max: usize) {
    assert!(set.len() <= max);
    let names: Vec<_> = set.iter().map(|(name, _)| name).collect();
    assert!(
        names.windows(2).all(|two| two[0] < two[1]),
        "sorted, each once"
    );
}

fn of_header(value: &[u8]) -> Option<TagSet> {
    let request = RequestView {
        method: "PUT",
        path: "/bucket/key",
        query: "",
        headers: vec![("x-amz-tagging", value)],
        secure: true,
    };
    tags(&request).ok()
}
