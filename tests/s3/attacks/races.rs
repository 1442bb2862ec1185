//! Row 73: a thousand writers of whom one may win.

use super::Scene;
use crate::raw::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};

const WRITERS: usize = 1000;
const CONNECTIONS: usize = 64;

/// Nobody but the first writes where `If-None-Match: *` says so.
#[test]
fn row_73_thousand_parallel_creations_have_one_winner() {
    let scene = Scene::start();
    let turn = AtomicUsize::new(0);
    let winners: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut won = Vec::new();
            let mut connection = Connection::open(scene.city.port);
            loop {
                let writer = turn.fetch_add(1, Ordering::Relaxed);
                if writer >= WRITERS {
                    return won;
                }
                let body = format!("writer {writer}");
                let put = scene.city.request("PUT", "/attacked/object");
                let wire = put.header("if-none-match", "*").body(&*body).wire();
                connection.write(&[wire.head(), wire.body].concat());
                let answer = connection.answer("PUT");
                if answer.closes() {
                    connection = Connection::open(scene.city.port);
                }
                match (answer.status, &*answer.outcome().1) {
                    (200, _) => won.push(body),
                    (412, "PreconditionFailed") | (409, "ConditionalRequestConflict") => {}
                    other => panic!("writer {writer}: {other:?}"),
                }
            }
        };
        let mut threads = Vec::new();
        for _ in 0..CONNECTIONS {
            threads.push(scope.spawn(work));
        }
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().expect("a writer"));
        joined.flatten().collect()
    });
    assert_eq!(winners.len(), 1, "{winners:?}");
    scene.holds(&[("object", winners[0].as_bytes())]);
}
