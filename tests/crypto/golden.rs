//! Golden vectors: written once, never regenerated, so that what was sealed by an older program
//! stays readable.

use crate::entropy::FixedEntropy;
use crate::{keyring, vectors};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/envelope/v1")
}

fn read(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Writes vector files into `folder`; those that exist are kept.
pub(crate) fn write_missing(folder: &Path, files: &[(&'static str, Value)]) {
    for (name, contents) in files {
        let path = folder.join(name);
        if !path.exists() {
            std::fs::write(path, format!("{contents:#}\n")).unwrap();
        }
    }
}

fn build_fixed() -> Vec<(&'static str, Value)> {
    vectors::build(&|name| Box::new(FixedEntropy::new(name)))
}

/// Only for a new kind of vector: `cargo test --test crypto -- --ignored write_missing_vectors`.
#[tokio::test]
#[ignore = "writes files into the source tree"]
async fn write_missing_vectors() {
    let mut files = build_fixed();
    files.push((
        "keyring.json",
        keyring::build(std::sync::Arc::new(FixedEntropy::new("keyring"))).await,
    ));
    std::fs::create_dir_all(folder()).unwrap();
    write_missing(&folder(), &files);
}

#[test]
fn sealing_with_fixed_entropy_gives_the_golden_bytes() {
    for (name, contents) in build_fixed() {
        assert!(
            read(name) == contents,
            "{name} differs from what this program seals"
        );
    }
}

#[test]
fn good_vectors_open() {
    for (name, _) in build_fixed() {
        let file = read(name);
        for case in file["good"].as_array().unwrap() {
            let opened = vectors::open(file["kind"].as_str().unwrap(), case);
            assert_eq!(opened, Ok(()), "{name}: {}", case["name"]);
        }
    }
}

#[test]
fn malformed_vectors_are_refused_for_the_expected_reason() {
    for (name, _) in build_fixed() {
        let file = read(name);
        let good = file["good"].as_array().unwrap();
        for malformed in file["malformed"].as_array().unwrap() {
            let base = good
                .iter()
                .find(|case| case["name"] == malformed["base"])
                .unwrap();
            let case = vectors::with_changes(base, &malformed["changes"]);
            let opened = vectors::open(file["kind"].as_str().unwrap(), &case);
            let expected = malformed["expect"].as_str().unwrap();
            assert_eq!(
                opened.err(),
                Some(expected),
                "{name}: {}",
                malformed["name"]
            );
        }
    }
}

#[tokio::test]
async fn golden_keyring_opens() {
    keyring::open(&read("keyring.json")).await;
}
