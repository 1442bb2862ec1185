//! Every kept input of the fuzz targets, through its target: what fuzzing once found stays found,
//! also where nobody fuzzes.
//!
//! Owns: the walk over `fuzz/corpus`.
//! Not here: what holds for each input (`fuzz/src`), looking for new ones (`make torture`).
#![expect(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "targets assert, and an assertion that does not hold fails the test"
)]
#![expect(
    unreachable_pub,
    reason = "the targets are also a crate of their own, in fuzz/"
)]

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// Bytes of all corpora: they are cloned with the sources.
const CORPORA_LEN_MAX: u64 = 2 * 1024 * 1024;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    paths
}

fn stems(folder: &str) -> BTreeSet<String> {
    let paths = files(&fuzz().join(folder));
    let stems = paths.iter().filter_map(|path| path.file_stem()?.to_str());
    stems.map(str::to_owned).collect()
}

fn replay(target: &str) {
    let known = targets::TARGETS.iter().find(|(name, _)| *name == target);
    let (_, body) = known.expect("a target of this name");
    let inputs = files(&fuzz().join("corpus").join(target));
    assert!(!inputs.is_empty());
    for input in inputs {
        let bytes = fs::read(&input).expect("it can be read");
        let outcome = catch_unwind(|| body(&bytes));
        assert!(outcome.is_ok(), "{} fails {target}", input.display());
    }
}

macro_rules! corpora {
    ($($test:ident $target:literal)*) => {
        $(
            #[test]
            fn $test() {
                replay($target);
            }
        )*

        #[test]
        fn every_target_has_a_binary_a_corpus_and_a_test() {
            let tested = BTreeSet::from([$($target.to_owned()),*]);
            let known = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned());
            assert_eq!(known.collect::<BTreeSet<_>>(), tested);
            assert_eq!(stems("fuzz_targets"), tested);
            assert_eq!(stems("corpus"), tested);
        }
    };
}

corpora! {
    corpus_of_authorization_holds "authorization"
    corpus_of_aws_chunked_holds "aws_chunked"
    corpus_of_copy_source_holds "copy_source"
    corpus_of_envelope_holds "envelope"
    corpus_of_framed_record_holds "framed_record"
    corpus_of_keyring_holds "keyring"
    corpus_of_lifecycle_holds "lifecycle"
    corpus_of_lock_request_holds "lock_request"
    corpus_of_object_record_holds "object_record"
    corpus_of_part_table_holds "part_table"
    corpus_of_policy_document_holds "policy_document"
    corpus_of_post_form_holds "post_form"
    corpus_of_post_policy_holds "post_policy"
    corpus_of_presigned_holds "presigned"
    corpus_of_range_holds "range"
    corpus_of_session_token_holds "session_token"
    corpus_of_stream_holds "stream"
    corpus_of_tags_holds "tags"
    corpus_of_upload_rows_holds "upload_rows"
    corpus_of_xml_request_holds "xml_request"
}

#[test]
fn corpora_are_small() {
    let folders = files(&fuzz().join("corpus"));
    let inputs = folders.iter().flat_map(|folder| files(folder));
    let len: u64 = inputs
        .map(|input| fs::metadata(input).expect("it can be read").len())
        .sum();
    assert!(len <= CORPORA_LEN_MAX, "{len} bytes");
}

/// The names of an enum's variants without fields.
fn variants(source: &'static str, name: &str) -> Vec<&'static str> {
    let (_, rest) = source
        .split_once(&format!("pub enum {name} {{"))
        .expect("the enum");
    let (body, _) = rest.split_once("\n}").expect("its end");
    let lines = body
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"));
    let names = lines.filter_map(|line| line.split([' ', ',']).next());
    names.filter(|name| !name.is_empty()).collect()
}

/// A new kind of row comes with an arm of the target that reads it.
#[test]
fn every_kind_of_framed_row_has_an_arm() {
    let target = include_str!("../../fuzz/src/framed_record.rs");
    let (_, run) = target.split_once("pub fn run(").expect("the target");
    let (run, rest) = run.split_once("\n}").expect("its end");
    let kinds = variants(include_str!("../../src/catalog/record.rs"), "RecordKind");
    assert!(kinds.len() > 12 && kinds.contains(&"Member"), "{kinds:?}");
    for kind in kinds {
        let arm = format!("row(RecordKind::{kind})");
        assert!(run.contains(&arm), "no arm reads rows of kind {kind}");
    }
    let documents = variants(
        include_str!("../../src/catalog/settings.rs"),
        "SettingsKind",
    );
    assert!(documents.len() > 3, "{documents:?}");
    for kind in documents {
        let listed = format!("SettingsKind::{kind}");
        assert!(
            target.contains(&format!("    {listed},\n")),
            "{kind} is not listed"
        );
        assert!(
            rest.contains(&listed),
            "no arm reads documents of kind {kind}"
        );
    }
}
