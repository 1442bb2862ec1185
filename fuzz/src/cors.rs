//! CORS rules as a document and as they lie in a bucket's row. Not a target of its own: the targets
//! of request documents and of framed rows call it.

use riznica::model::cors::{CORS_RULES_MAX, CorsConfiguration, CorsQuestion};
use riznica::s3::xml::cors;

/// A request document: what is read and written out reads the same, stored or not.
pub(super) fn document(data: &[u8]) {
    let Ok(read) = cors::read(data) else {
        return;
    };
    assert!((1..=CORS_RULES_MAX).contains(&read.rules.len()));
    let written = cors::document(&read);
    assert_eq!(
        cors::read(written.as_bytes()).as_ref(),
        Ok(&read),
        "{written}"
    );
    stored(&serde_json::to_vec(&read).expect("rules can be stored"));
}

/// Rules from JSON, without what the document's reader judges: whatever they say, a question is
/// answered, and a rule that answers it names the method.
pub(super) fn stored(data: &[u8]) {
    let Ok(loaded) = serde_json::from_slice::<CorsConfiguration>(data) else {
        return;
    };
    let stored = serde_json::to_vec(&loaded).expect("rules can be stored");
    let again: CorsConfiguration = serde_json::from_slice(&stored).expect("and loaded");
    assert_eq!(again, loaded);
    for headers in [&[][..], &["x-amz-date"], &["", "x-\u{17e}"]] {
        let question = CorsQuestion {
            origin: "https://archive.example.rs",
            method: "PUT",
            headers,
        };
        if let Some(rule) = loaded.find(&question) {
            assert!(rule.allowed_methods.iter().any(|method| method == "PUT"));
        }
    }
}
