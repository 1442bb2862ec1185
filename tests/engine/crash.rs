//! E3 and E6 across processes: a child is killed, or its log cannot grow, and the parent looks.

use crate::child::{ACKED, FOLDER, is_whole};
use crate::support::{batch, bytes, open_rocks, piece, row, runtime, small};
use riznica::storage::MetaStore;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Largest file of a child whose log fails, in the 512-byte blocks of `ulimit`: well below a
/// memtable, so that no flush starts a new log.
const FILE_BLOCKS_MAX: u32 = 8192;

/// Runs one test of this binary in a child process.
fn child(test: &str, folder: &Path, shell: Option<&str>) -> Child {
    let this = std::env::current_exe().unwrap();
    let mut command = match shell {
        None => Command::new(this),
        Some(script) => {
            let mut command = Command::new("sh");
            command.arg("-c").arg(script).arg(this);
            command
        }
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
}

fn acked(line: &str) -> Option<u64> {
    line.strip_prefix(ACKED)?.parse().ok()
}

/// The child never closes its store, so all that the next one finds was synced or is in the log.
#[test]
fn e3_killed_process_loses_no_acknowledged_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for round in 1..=4_usize {
        let mut child = child(
            "child::child_commits_until_it_is_killed",
            folder.path(),
            None,
        );
        let mut lines = lines(&mut child);
        let mut numbers: Vec<u64> = lines
            .by_ref()
            .filter_map(|line| acked(&line))
            .take(round * 60)
            .collect();
        child.kill().unwrap();
        child.wait().unwrap();
        // What was acknowledged before the kill but not read yet.
        numbers.extend(lines.filter_map(|line| acked(&line)));
        assert!(
            numbers.len() >= round * 60,
            "round {round}: {} commits",
            numbers.len()
        );
        let last = numbers.iter().copied().max().unwrap();
        all.extend(numbers);
        runtime().block_on(async {
            let engine = open_rocks(small(folder.path())).unwrap();
            for number in &all {
                assert!(
                    is_whole(&engine, *number).await,
                    "round {round}: lost {number}"
                );
            }
            // In flight at the kill: whole or absent.
            for number in last..last + 20 {
                is_whole(&engine, number).await;
            }
        });
    }
}

/// Runs a child whose files are bounded to its end and returns what it says.
fn run_with_bounded_files(test: &str, folder: &Path) -> Vec<String> {
    // Ignored, the signal leaves an error of `write`, as of a disk that fails.
    let script = format!("trap '' XFSZ; ulimit -f {FILE_BLOCKS_MAX}; exec \"$0\" \"$@\"");
    let mut child = child(test, folder, Some(&script));
    let said: Vec<String> = lines(&mut child).collect();
    assert!(child.wait().unwrap().success(), "{:?}", said.last());
    said
}

#[test]
fn e6_failed_log_makes_the_store_read_only_until_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let test = "child::child_commits_until_its_log_cannot_grow";
    let said = run_with_bounded_files(test, folder.path());
    assert!(said.iter().any(|line| line == "read only"), "{said:?}");
    let numbers: Vec<u64> = said.iter().filter_map(|line| acked(line)).collect();
    assert!(numbers.len() > 10, "{} commits", numbers.len());
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        for number in &numbers {
            assert!(is_whole(&engine, *number).await, "lost {number}");
        }
        is_whole(&engine, numbers.len().try_into().unwrap()).await;
        let mut after = batch();
        after.absent(bytes("after")).put(bytes("after"), bytes("v"));
        engine.commit(after).await.unwrap();
    });
}

#[test]
fn e6_commit_whose_log_write_fails_is_unknown_and_whole_or_absent() {
    let folder = tempfile::tempdir().unwrap();
    let test = "child::child_commits_rows_until_its_log_cannot_grow";
    let said = run_with_bounded_files(test, folder.path());
    assert!(
        said.iter().any(|line| line == "outcome unknown"),
        "{said:?}"
    );
    let numbers: Vec<u64> = said.iter().filter_map(|line| acked(line)).collect();
    assert!(numbers.len() > 10, "{} commits", numbers.len());
    runtime().block_on(async {
        let engine = open_rocks(small(folder.path())).unwrap();
        for number in &numbers {
            let expected = Some(piece(*number, 60_000));
            assert_eq!(row(&engine, &format!("left {number}")).await, expected);
            assert_eq!(row(&engine, &format!("right {number}")).await, expected);
        }
        let unknown = numbers.len();
        let left = row(&engine, &format!("left {unknown}")).await;
        assert_eq!(
            row(&engine, &format!("right {unknown}")).await,
            left,
            "half a batch"
        );
    });
}
