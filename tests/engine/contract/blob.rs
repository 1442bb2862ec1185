//! B1 to B4: streams of pieces, ridden and streamed.

use crate::support::{
    batch, blob, bytes, of_pieces, piece, reclaim_all, ride, row, slot, stream, streamed_piece,
    whole_piece,
};
use bytes::Bytes;
use riznica::model::id::BlobId;
use riznica::storage::{Engine, EngineExt, FinishedBlob, StoredBlob};
use std::sync::Arc;

async fn ridden(engine: &dyn Engine, id: BlobId) -> [Option<Bytes>; 2] {
    [
        whole_piece(engine, id, 0).await,
        whole_piece(engine, id, 1).await,
    ]
}

const LEN: usize = 10_000;

/// Three different pieces, the last one shorter.
fn pieces_of(number: u64) -> [Bytes; 3] {
    [(0, LEN), (1, LEN), (2, 100)].map(|(index, len)| piece(number * 3 + index, len))
}

/// These, committed.
async fn store_stream(engine: &dyn Engine, number: u64) {
    let finished = stream(engine, blob(number), &pieces_of(number)).await;
    let mut batch = batch();
    batch.attach(finished);
    engine.commit(batch).await.unwrap();
}

async fn streamed(engine: &dyn Engine, number: u64) -> Vec<Option<Bytes>> {
    let mut pieces = Vec::new();
    for index in 0..3 {
        pieces.push(streamed_piece(engine, blob(number), index, LEN).await);
    }
    pieces
}

fn as_stored(number: u64) -> Vec<Option<Bytes>> {
    pieces_of(number).map(Some).to_vec()
}

pub(crate) async fn b1_streamed_pieces_are_read_in_any_order_after_the_commit(
    engine: Arc<dyn Engine>,
) {
    store_stream(&*engine, 1).await;
    assert_eq!(streamed(&*engine, 1).await, as_stored(1));
    let behind = engine.read_piece(of_pieces(blob(1), 3), slot(3, LEN), 0..LEN);
    assert_eq!(behind.await.unwrap(), None);
    // What one blob's stream does between the pieces of another.
    let pieces = pieces_of(2);
    for (index, content) in (0..).zip(pieces) {
        let written = engine.put_piece(blob(2), slot(index, LEN), content);
        written.await.unwrap();
    }
    let finished = engine.finish(blob(2), 3).await.unwrap();
    assert_eq!((finished.blob(), finished.piece_count()), (blob(2), 3));
    assert_eq!(streamed(&*engine, 2).await, as_stored(2));
}

pub(crate) async fn b1_blob_of_refused_commit_leaves_no_tail(engine: Arc<dyn Engine>) {
    let finished = FinishedBlob::riding(blob(1), vec![piece(1, 9000)]);
    let mut refused = batch();
    refused
        .present(bytes("nothing"))
        .put(bytes("row"), bytes("v"))
        .attach(finished);
    engine.commit(refused).await.unwrap_err();
    assert_eq!(whole_piece(&*engine, blob(1), 0).await, None);
    assert_eq!(row(&*engine, "row").await, None);
}

pub(crate) async fn b1_blob_attached_by_a_batch_without_rows_is_committed(engine: Arc<dyn Engine>) {
    store_stream(&*engine, 1).await;
    ride(&*engine, blob(2), &[piece(2, 9000)]).await;
    assert_eq!(streamed(&*engine, 1).await, as_stored(1));
    let expected = [Some(piece(2, 9000)), None];
    assert_eq!(ridden(&*engine, blob(2)).await, expected);
    engine.commit(batch()).await.unwrap();
}

pub(crate) async fn b2_pieces_of_any_length_come_back_byte_for_byte(engine: Arc<dyn Engine>) {
    // On both sides of the length from which values go to files of their own.
    let lengths = [1, 100, 8191, 8192, 8193, 65_552, 262_208];
    let pieces = |number, len| [piece(number, len), piece(number + 100, len)];
    for (number, len) in (10..).zip(lengths) {
        ride(&*engine, blob(number), &pieces(number, len)).await;
        let streamed = [&pieces(number, len)[..], &pieces(number + 1, len)].concat();
        stream(&*engine, blob(number + 1000), &streamed).await;
    }
    for (number, len) in (10..).zip(lengths) {
        let expected = pieces(number, len).map(Some);
        assert_eq!(ridden(&*engine, blob(number)).await, expected, "{len}");
        let next = pieces(number + 1, len).map(Some);
        for (index, expected) in (0..).zip(expected.into_iter().chain(next)) {
            let found = streamed_piece(&*engine, blob(number + 1000), index, len).await;
            assert_eq!(found, expected, "length {len}, piece {index}");
        }
    }
}

pub(crate) async fn b3_range_of_piece_is_clipped_to_its_end(engine: Arc<dyn Engine>) {
    let whole = piece(1, 20_000);
    ride(&*engine, blob(1), &[whole.clone(), piece(2, 10)]).await;
    let last = [piece(3, 30_000), piece(4, 30_000), whole.clone()];
    stream(&*engine, blob(2), &last).await;
    let table = [
        (0..1, 0..1),
        (700..900, 700..900),
        (19_999..20_000, 19_999..20_000),
        (19_990..30_000, 19_990..20_000),
        (0..20_001, 0..20_000),
    ];
    for (asked, expected) in table {
        let expected = Some(whole.slice(expected));
        let found = engine.read_piece(of_pieces(blob(1), 2), slot(0, 0), asked.clone());
        assert_eq!(found.await.unwrap(), expected, "{asked:?}");
        let place = slot(2, 30_000);
        // Twice: from a file that has just been opened, and from one that is open.
        for _ in 0..2 {
            let found = engine.read_piece(of_pieces(blob(2), 3), place, asked.clone());
            assert_eq!(found.await.unwrap(), expected, "{asked:?}");
        }
    }
}

pub(crate) async fn b3_absent_piece_is_none_and_empty_piece_is_empty(engine: Arc<dyn Engine>) {
    ride(&*engine, blob(1), &[Bytes::new(), piece(1, 10)]).await;
    let expected = [Some(Bytes::new()), Some(piece(1, 10))];
    assert_eq!(ridden(&*engine, blob(1)).await, expected);
    assert_eq!(whole_piece(&*engine, blob(1), 2).await, None);
    assert_eq!(ridden(&*engine, blob(2)).await, [None, None]);
    assert_eq!(streamed(&*engine, 2).await, [None, None, None]);
}

pub(crate) async fn b4_deleted_blob_is_gone_and_its_neighbours_are_not(engine: Arc<dyn Engine>) {
    let pieces = |number| [piece(number, 9000), piece(number, 100)];
    for number in 1..=5 {
        ride(&*engine, blob(number), &pieces(number)).await;
        store_stream(&*engine, number + 10).await;
    }
    let unfinished = |number| StoredBlob {
        blob: blob(number),
        piece_count: None,
    };
    // Deletion is repeated until the rows that ask for it are gone.
    for _ in 0..2 {
        let ridden = vec![of_pieces(blob(2), 2), of_pieces(blob(4), 2)];
        engine.delete_blobs(ridden).await.unwrap();
        let streamed = vec![of_pieces(blob(12), 3), unfinished(14), unfinished(77)];
        engine.delete_blobs(streamed).await.unwrap();
    }
    for number in 1..=5 {
        let is_kept = number % 2 == 1;
        let expected = pieces(number).map(|piece| is_kept.then_some(piece));
        assert_eq!(ridden(&*engine, blob(number)).await, expected, "{number}");
        let number = number + 10;
        let gone = vec![None; 3];
        let expected = if is_kept { as_stored(number) } else { gone };
        assert_eq!(streamed(&*engine, number).await, expected, "{number}");
    }
}

pub(crate) async fn b4_reclaim_keeps_what_was_not_deleted(engine: Arc<dyn Engine>) {
    let pieces = |number| [piece(number, 50_000), piece(number, 100)];
    for number in 1..=6 {
        ride(&*engine, blob(number), &pieces(number)).await;
    }
    let doomed = [2, 3, 5].map(|number| of_pieces(blob(number), 2));
    engine.delete_blobs(doomed.to_vec()).await.unwrap();
    reclaim_all(&*engine, blob(2), blob(5)).await;
    for number in [1, 4, 6] {
        let expected = pieces(number).map(Some);
        assert_eq!(ridden(&*engine, blob(number)).await, expected, "{number}");
    }
    assert_eq!(ridden(&*engine, blob(3)).await, [None, None]);
}
