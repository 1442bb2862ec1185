//! B1 to B4: streams of pieces.

use crate::support::{batch, blob, bytes, piece, reclaim_all, row, whole_piece};
use bytes::Bytes;
use riznica::model::id::BlobId;
use riznica::storage::Engine;
use std::sync::Arc;

/// Streams all pieces but the last, which rides in the commit.
async fn store(engine: &dyn Engine, id: BlobId, pieces: &[Bytes]) {
    let (tail, streamed) = pieces.split_last().unwrap();
    let mut index = 0;
    for piece in streamed {
        engine.put_piece(id, index, piece.clone()).await.unwrap();
        index += 1;
    }
    let finished = engine
        .finish(id, index + 1, vec![(index, tail.clone())])
        .await
        .unwrap();
    assert_eq!((finished.blob(), finished.piece_count()), (id, index + 1));
    let mut batch = batch();
    batch
        .put(bytes(&format!("blob {id}")), bytes("v"))
        .attach(finished);
    engine.commit(batch).await.unwrap();
}

async fn stored(engine: &dyn Engine, id: BlobId, count: u32) -> Vec<Option<Bytes>> {
    let mut pieces = Vec::new();
    for index in 0..count {
        pieces.push(whole_piece(engine, id, index).await);
    }
    pieces
}

pub(crate) async fn b1_streamed_and_deferred_pieces_are_read_after_the_commit(
    engine: Arc<dyn Engine>,
) {
    let pieces: Vec<Bytes> = (0..4).map(|index| piece(index, 256 << 10)).collect();
    store(&*engine, blob(1), &pieces).await;
    let found = stored(&*engine, blob(1), 5).await;
    assert_eq!(found[..4], pieces.into_iter().map(Some).collect::<Vec<_>>());
    assert_eq!(found[4], None);
}

pub(crate) async fn b1_blob_of_refused_commit_leaves_no_tail(engine: Arc<dyn Engine>) {
    let finished = engine
        .finish(blob(1), 1, vec![(0, piece(1, 9000))])
        .await
        .unwrap();
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
    engine.put_piece(blob(1), 0, piece(1, 9000)).await.unwrap();
    let mut only_streamed = batch();
    only_streamed.attach(engine.finish(blob(1), 1, Vec::new()).await.unwrap());
    engine.commit(only_streamed).await.unwrap();
    let mut only_tail = batch();
    only_tail.attach(
        engine
            .finish(blob(2), 1, vec![(0, piece(2, 9000))])
            .await
            .unwrap(),
    );
    engine.commit(only_tail).await.unwrap();
    assert_eq!(
        whole_piece(&*engine, blob(1), 0).await,
        Some(piece(1, 9000))
    );
    assert_eq!(
        whole_piece(&*engine, blob(2), 0).await,
        Some(piece(2, 9000))
    );
    engine.commit(batch()).await.unwrap();
}

pub(crate) async fn b2_pieces_of_any_length_come_back_byte_for_byte(engine: Arc<dyn Engine>) {
    // On both sides of the length from which values go to files of their own.
    let lengths = [1, 100, 8191, 8192, 8193, 65_552, 262_208];
    for (number, len) in (10..).zip(lengths) {
        store(
            &*engine,
            blob(number),
            &[piece(number, len), piece(number + 100, len)],
        )
        .await;
    }
    for (number, len) in (10..).zip(lengths) {
        let expected = [Some(piece(number, len)), Some(piece(number + 100, len))];
        assert_eq!(
            stored(&*engine, blob(number), 2).await,
            expected,
            "length {len}"
        );
    }
}

pub(crate) async fn b3_range_of_piece_is_clipped_to_its_end(engine: Arc<dyn Engine>) {
    let whole = piece(1, 20_000);
    store(&*engine, blob(1), &[whole.clone(), piece(2, 10)]).await;
    let table = [
        (0..0, 0..0),
        (0..1, 0..1),
        (700..900, 700..900),
        (19_999..20_000, 19_999..20_000),
    ];
    let clipped = [
        (19_990..30_000, 19_990..20_000),
        (20_000..20_001, 20_000..20_000),
        (50_000..60_000, 20_000..20_000),
        (0..usize::MAX, 0..20_000),
    ];
    for (asked, expected) in table.into_iter().chain(clipped) {
        let found = engine.read_piece(blob(1), 0, asked.clone()).await.unwrap();
        assert_eq!(found, Some(whole.slice(expected)), "{asked:?}");
    }
}

pub(crate) async fn b3_absent_piece_is_none_and_empty_piece_is_empty(engine: Arc<dyn Engine>) {
    store(&*engine, blob(1), &[Bytes::new(), piece(1, 10)]).await;
    assert_eq!(whole_piece(&*engine, blob(1), 0).await, Some(Bytes::new()));
    assert_eq!(whole_piece(&*engine, blob(1), 2).await, None);
    assert_eq!(whole_piece(&*engine, blob(2), 0).await, None);
}

pub(crate) async fn b4_deleted_blob_is_gone_and_its_neighbours_are_not(engine: Arc<dyn Engine>) {
    for number in 1..=5 {
        store(
            &*engine,
            blob(number),
            &[piece(number, 9000), piece(number, 100)],
        )
        .await;
    }
    engine.delete_blob(blob(2), Some(2)).await.unwrap();
    engine.delete_blob(blob(4), None).await.unwrap();
    // Deletion is repeated until the row that asks for it is gone.
    engine.delete_blob(blob(2), Some(2)).await.unwrap();
    engine.delete_blob(blob(4), None).await.unwrap();
    engine.delete_blob(blob(77), None).await.unwrap();
    for number in 1..=5 {
        let is_kept = number % 2 == 1;
        let found = stored(&*engine, blob(number), 2).await;
        assert_eq!(found.iter().all(Option::is_some), is_kept, "blob {number}");
        assert_eq!(found.iter().all(Option::is_none), !is_kept, "blob {number}");
    }
}

pub(crate) async fn b4_reclaim_keeps_what_was_not_deleted(engine: Arc<dyn Engine>) {
    for number in 1..=6 {
        store(
            &*engine,
            blob(number),
            &[piece(number, 50_000), piece(number, 100)],
        )
        .await;
    }
    for number in [2, 3, 5] {
        engine.delete_blob(blob(number), Some(2)).await.unwrap();
    }
    reclaim_all(&*engine, blob(2), blob(5)).await;
    for number in [1, 4, 6] {
        let expected = [Some(piece(number, 50_000)), Some(piece(number, 100))];
        assert_eq!(
            stored(&*engine, blob(number), 2).await,
            expected,
            "blob {number}"
        );
    }
    assert_eq!(stored(&*engine, blob(3), 2).await, [None, None]);
}
