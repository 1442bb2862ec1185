//! This test binary as a child process that can be killed, or whose files cannot grow: a test
//! below does its work only when the parent says where.

use crate::support::{
    batch, blob, bytes, names, open_rocks, piece, reclaim_all, row, runtime, slot, small,
    streamed_piece, whole_piece,
};
use bytes::Bytes;
use riznica::base::kind::ErrorKind;
use riznica::model::id::BlobId;
use riznica::storage::{
    BlobStore, CommitError, Engine, EngineExt, EngineHealth, FinishedBlob, MetaStore,
    ReadOnlyReason, RocksEngine, RocksOptions,
};
use std::io::Write;
use std::path::PathBuf;
use tokio::task::JoinSet;

/// Environment variable with the folder to write to.
pub(crate) const FOLDER: &str = "RIZNICA_TEST_ENGINE_FOLDER";
/// Begins the line that reports an acknowledged commit.
pub(crate) const ACKED: &str = "acked ";
/// Length of each piece.
pub(crate) const PIECE_LEN: usize = 20_000;

#[expect(
    clippy::disallowed_methods,
    reason = "how the parent reaches its child, in tests only"
)]
fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

fn say(line: &str) {
    // In front of it is what the test harness has written without an end of line.
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").unwrap();
    out.flush().unwrap();
}

/// The pieces of object `number`: three that are streamed, then two that ride in the commit.
fn pieces(number: u64) -> [Bytes; 5] {
    [0, 1, 2, 3, 4].map(|index| piece(number * 5 + index, PIECE_LEN))
}

/// The blobs of object `number`: a streamed one and one that rides.
fn blobs(number: u64) -> [BlobId; 2] {
    [blob(number * 2), blob(number * 2 + 1)]
}

/// Commits object `number`: two rows and two blobs.
async fn commit(engine: &RocksEngine, number: u64) -> Result<(), CommitError> {
    let [long, short] = blobs(number);
    let [first, second, third, riding @ ..] = pieces(number);
    for (index, content) in (0..).zip([first, second, third]) {
        engine
            .put_piece(long, slot(index, PIECE_LEN), content)
            .await?;
    }
    let mut batch = batch();
    batch.attach(engine.finish(long, 3).await?);
    batch.attach(FinishedBlob::riding(short, riding.to_vec()));
    batch.absent(bytes(&format!("left {number}")));
    batch.put(bytes(&format!("left {number}")), bytes("v"));
    batch.put(bytes(&format!("right {number}")), bytes("v"));
    engine.commit(batch).await
}

/// Checks that object `number` is there wholly or not at all, and says which.
pub(crate) async fn is_whole(engine: &RocksEngine, number: u64) -> bool {
    let left = row(engine, &format!("left {number}")).await;
    let right = row(engine, &format!("right {number}")).await;
    assert_eq!(left, right, "half a batch of object {number}");
    let is_there = left.is_some();
    let [long, short] = blobs(number);
    for (index, expected) in (0..).zip(pieces(number)) {
        let found = match index {
            0..3 => streamed_piece(engine, long, index, PIECE_LEN).await,
            _ => whole_piece(engine, short, index - 3).await,
        };
        // Pieces that were streamed for a commit that never was may be there.
        let is_right = found == Some(expected) || (!is_there && (index < 3 || found.is_none()));
        assert!(is_right, "object {number} has half its piece {index}");
    }
    is_there
}

#[test]
fn child_commits_until_it_is_killed() {
    let Some(folder) = folder() else { return };
    runtime().block_on(async {
        let options = RocksOptions {
            reclaim_bytes_per_s: 0,
            ..small(&folder)
        };
        let engine = std::sync::Arc::new(open_rocks(options).unwrap());
        let rows = names(&*engine, crate::support::BUCKET).await.len();
        // Each parent numbers its round from the rows on; numbers in flight at the kill are
        // skipped.
        let start = u64::try_from(rows).unwrap() * 1000;
        let mut tasks = JoinSet::new();
        for lane in 0..4_u64 {
            let engine = std::sync::Arc::clone(&engine);
            tasks.spawn(async move {
                for number in (start + lane..).step_by(4) {
                    commit(&engine, number).await.unwrap();
                    say(&format!("{ACKED}{number}"));
                }
            });
        }
        // Beside them all pieces are moved again and again, as giving space back does.
        tasks.spawn(async move {
            loop {
                reclaim_all(&*engine, blob(0), blob(u64::MAX)).await;
            }
        });
        tasks.join_all().await;
    });
}

/// For images of disks as power cuts leave them: what is there is there wholly.
#[test]
fn child_finds_whole_objects_only() {
    let Some(folder) = folder() else { return };
    runtime().block_on(async {
        let engine = open_rocks(small(&folder)).unwrap();
        let rows = names(&engine, crate::support::BUCKET).await;
        let numbers = rows.iter().filter_map(|row| row.split(' ').next_back());
        for number in numbers {
            assert!(is_whole(&engine, number.parse().unwrap()).await, "{number}");
        }
        say(&format!("{} rows", rows.len()));
    });
}

#[test]
fn child_commits_until_its_log_cannot_grow() {
    let Some(folder) = folder() else { return };
    runtime().block_on(async {
        let engine = open_rocks(small(&folder)).unwrap();
        for number in 0.. {
            match commit(&engine, number).await {
                Ok(()) => say(&format!("{ACKED}{number}")),
                Err(CommitError::UnknownOutcome) => {
                    say("outcome unknown");
                    break;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(
            engine.health(),
            EngineHealth::ReadOnly {
                reason: ReadOnlyReason::LogFailed
            }
        );
        // From now on a definite answer, and nothing that could reach the log.
        let mut after = batch();
        after.put(bytes("after"), bytes("v"));
        let error = engine.commit(after).await.unwrap_err();
        assert!(matches!(error, CommitError::Engine(_)), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        engine
            .put_piece(blob(0), slot(9, 0), bytes("piece"))
            .await
            .unwrap_err();
        assert_eq!(row(&engine, "left 0").await.unwrap(), "v", "reads go on");
        assert_eq!(row(&engine, "after").await, None);
        say("read only");
    });
}

/// Rows alone, so that the write that fails is a commit's.
#[test]
fn child_commits_rows_until_its_log_cannot_grow() {
    let Some(folder) = folder() else { return };
    runtime().block_on(async {
        let engine = open_rocks(small(&folder)).unwrap();
        for number in 0_u64.. {
            let mut batch = batch();
            batch.put(bytes(&format!("left {number}")), piece(number, 60_000));
            batch.put(bytes(&format!("right {number}")), piece(number, 60_000));
            match engine.commit(batch).await {
                Ok(()) => say(&format!("{ACKED}{number}")),
                Err(CommitError::UnknownOutcome) => break,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!(
            engine.health(),
            EngineHealth::ReadOnly {
                reason: ReadOnlyReason::LogFailed
            }
        );
        say("outcome unknown");
    });
}
