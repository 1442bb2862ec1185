//! Policies, users and keys survive kill -9; a policy that cannot be read lets nobody in.

use super::{BUCKET, OBJECTS, OPEN, Scene, allow, grant, of, policy, statement, user};
use crate::lifecycle_effects::pause;
use crate::raw::Account;
use crate::server::TestServer;
use bytes::Bytes;
use riznica::base::clock::SystemClock;
use riznica::base::task::BlockingPool;
use riznica::catalog::settings::SettingsKind;
use riznica::catalog::{buckets, keyspace};
use riznica::model::bucket::BucketName;
use riznica::storage::{Engine, MetaBatch, MetaStore, RocksEngine, RocksOptions};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

#[test]
fn policies_users_and_keys_survive_a_crash() {
    let mut scene = Scene::start();
    let ana = user(&scene.city, "ana");
    let gone = user(&scene.city, "gone");
    grant(&scene.city, "ana", &json!([allow(&json!("s3:GetObject"))]));
    let delete = [
        ("Action", "DeleteAccessKey"),
        ("UserName", "gone"),
        ("AccessKeyId", gone.access_key_id.as_str()),
    ];
    super::query::iam(&scene.city, &delete).expect(200);
    let deny = statement(
        "Deny",
        &json!("*"),
        &json!("s3:DeleteObject"),
        &json!(OBJECTS),
    );
    scene.policy(&json!([deny]));
    scene.server.restart();
    scene.city.delete("/paper/a").refused(403, "AccessDenied");
    ana.get("/paper/a").expect(200);
    ana.put("/paper/a", "x").refused(403, "AccessDenied");
    gone.get("/paper/a").refused(403, "InvalidAccessKeyId");
    scene.city.delete("/paper?policy").expect(204);
    scene.server.restart();
    scene
        .city
        .get("/paper?policy")
        .refused(404, "NoSuchBucketPolicy");
    scene.city.delete("/paper/a").expect(204);
}

/// Kills while policies are set: the one in force is one that was set, and the newest that was
/// confirmed or a later one.
#[test]
fn policy_is_whole_after_kills() {
    let mut scene = Scene::start();
    let text = |number: usize| {
        let mut own = statement(
            "Allow",
            &of(&scene.other),
            &json!("s3:GetObject"),
            &json!(OBJECTS),
        );
        own["Sid"] = json!(format!("n{number}"));
        policy(&json!([own]))
    };
    let texts: Vec<String> = (0..400).map(text).collect();
    let mut confirmed = 0;
    for round in 0..4 {
        let from = confirmed;
        let send = |city: &Account| {
            let mut last = from;
            for (number, text) in texts.iter().enumerate().skip(from) {
                let put = city.request("PUT", "/paper?policy").body(text.as_str());
                match put.wire().try_send(city.port) {
                    Some(answer) if answer.status == 204 => last = number,
                    _ => break,
                }
            }
            last
        };
        confirmed = std::thread::scope(|scope| {
            let sender = scope.spawn(|| send(&scene.city));
            pause(Duration::from_millis(60 + 50 * round));
            scene.server.kill();
            sender.join().expect("its end")
        });
        scene.server.restart();
        let found = scene.city.get("/paper?policy").expect(200).body_text();
        let number = texts
            .iter()
            .position(|text| *text == found)
            .expect("one of them");
        assert!(number >= confirmed, "{number} after {confirmed}");
        scene.other.get("/paper/a").expect(200);
    }
}

/// Changes the stored policy of `paper` in the data folder of a server that is down.
fn damage(server: &TestServer, change: impl Fn(&mut Vec<u8>)) {
    let runtime = Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = RocksOptions {
            path: server.data_folder().join("store"),
            min_free_bytes: 0,
            ..RocksOptions::default()
        };
        let pool = BlockingPool::new(runtime.handle().clone(), 2);
        let clock = Arc::new(SystemClock::new());
        let engine = RocksEngine::open(options, clock, pool).expect("the store opens");
        let name = BucketName::parse("paper").expect("a name");
        let found = buckets::find(&engine, &name).await.expect("rows");
        let partition = keyspace::bucket_partition(found.expect("the bucket").bucket);
        let row = keyspace::settings(SettingsKind::Policy);
        let value = MetaStore::get(&engine, partition, &row).await;
        let mut value: Vec<u8> = value.expect("rows").expect("the policy").to_vec();
        change(&mut value);
        let mut batch = MetaBatch::new(partition);
        if value.is_empty() {
            batch.delete(row);
        } else {
            batch.put(row, Bytes::from(value));
        }
        engine.commit(batch).await.expect("it is written");
        engine.close().await;
    });
}

#[test]
fn policy_that_cannot_be_read_lets_nobody_in() {
    let damages: [fn(&mut Vec<u8>); 3] = [
        |row| {
            let last = row.len() - 1;
            row[last] ^= 1;
        },
        |row| row.truncate(row.len() / 2),
        Vec::clear,
    ];
    let mut scene = Scene::start_with(OPEN);
    let ana = user(&scene.city, "ana");
    grant(&scene.city, "ana", &json!([allow(&json!("*"))]));
    for change in damages {
        let resources = json!([BUCKET, OBJECTS]);
        scene.policy(&json!([statement(
            "Allow",
            &json!("*"),
            &json!("s3:*"),
            &resources
        )]));
        scene.anonymous("GET", "/paper/a", "").expect(200);
        scene.server.kill();
        damage(&scene.server, change);
        scene.server.restart();
        for answer in [
            scene.anonymous("GET", "/paper/a", ""),
            scene.anonymous("PUT", "/paper/b", "x"),
            scene.other.get("/paper/a"),
            scene.other.get("/paper"),
            ana.get("/paper/a"),
            ana.delete("/paper/a"),
            ana.delete("/paper?policy"),
            scene.city.get("/paper/a"),
            scene.city.delete("/paper/a"),
            scene.city.get("/paper?policy"),
        ] {
            answer.refused(500, "InternalError");
        }
        // The owner's root takes it away, as it could a wrong one.
        scene.city.delete("/paper?policy").expect(204);
        scene.is_unharmed();
        scene
            .anonymous("GET", "/paper/a", "")
            .refused(403, "AccessDenied");
    }
}
