//! The second implementation, in Python: what one seals the other opens, and both refuse the same
//! (crypto.md 22).

use crate::{golden, keyring, vectors};
use riznica::base::entropy::SystemEntropy;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn run(folder: &Path) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/twin/rz1.py");
    let output = Command::new("python3")
        .arg(script)
        .arg("vectors")
        .arg(folder)
        .output();
    let output = output.unwrap_or_else(|source| {
        panic!("this test needs python3 with the package cryptography: {source}")
    });
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    let last = text.lines().last().unwrap_or_default();
    let passed = last
        .strip_suffix(" passed, 0 failed")
        .and_then(|count| count.parse::<u32>().ok());
    assert!(passed.is_some_and(|count| count >= 80), "{text}{errors}");
}

#[test]
fn twin_agrees_on_golden_vectors() {
    run(&golden::folder());
}

#[tokio::test]
async fn twin_opens_what_this_run_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = vectors::build(&|_| Box::new(SystemEntropy::new()));
    files.push((
        "keyring.json",
        keyring::build(Arc::new(SystemEntropy::new())).await,
    ));
    golden::write_missing(folder.path(), &files);
    run(folder.path());
}
