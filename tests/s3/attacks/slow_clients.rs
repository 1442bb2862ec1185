//! Row 70: clients that begin and do not go on. The patience is a second here, so that its end can
//! be awaited.

use super::Scene;
use crate::raw::Connection;

const SETTINGS: [(&str, &str); 3] = [
    ("RIZNICA_SERVER__HEADER_TIMEOUT_S", "1"),
    ("RIZNICA_SERVER__BODY_IDLE_TIMEOUT_S", "1"),
    ("RIZNICA_SERVER__KEEP_ALIVE_S", "1"),
];

/// Half a head and nothing more: the connection ends (CVE-2019-10222: it held Ceph's for ever).
#[test]
fn row_70_cve_2019_10222_half_a_head_ends_the_connection() {
    let scene = Scene::start_with(&SETTINGS);
    let head = scene.put().wire().head();
    for len in [1, 3, 20, head.len() - 1] {
        let mut connection = Connection::open(scene.city.port);
        connection.write(&head[..len]);
        if let Some(answer) = connection.try_answer("PUT") {
            assert!(matches!(answer.status, 400 | 408), "{}", answer.status);
        }
        assert!(connection.is_closed(), "the connection stayed open");
    }
    scene.is_unharmed();
}

/// A head that dribbles gets no more time by dribbling.
#[test]
fn row_70_dribbled_head_ends_the_connection() {
    let scene = Scene::start_with(&SETTINGS);
    let head = scene.put().wire().head();
    let mut connection = Connection::open(scene.city.port);
    let mut sent = 0;
    // One byte whenever the server has said nothing for a moment: never idle, never done.
    for byte in head.iter().take(head.len() - 1) {
        if !connection.is_silent() {
            break;
        }
        connection.write(&[*byte]);
        sent += 1;
    }
    assert!(
        sent < head.len() - 1,
        "the server waited for the whole head"
    );
    if let Some(answer) = connection.try_answer("PUT") {
        assert!(matches!(answer.status, 400 | 408), "{}", answer.status);
    }
    assert!(connection.is_closed(), "the connection stayed open");
    scene.is_unharmed();
}

#[test]
fn row_70_connection_without_a_request_is_closed() {
    let scene = Scene::start_with(&SETTINGS);
    let mut connection = Connection::open(scene.city.port);
    assert!(
        connection
            .try_answer("GET")
            .is_none_or(|answer| answer.status == 408)
    );
    assert!(connection.is_closed());
    // After a request as well: a kept-alive connection is closed when it is idle.
    let mut connection = Connection::open(scene.city.port);
    connection.write(&scene.city.request("HEAD", "/attacked").wire().head());
    assert_eq!(connection.answer("HEAD").status, 200);
    assert!(connection.is_closed());
    scene.is_unharmed();
}

#[test]
fn row_70_cve_2022_31028_stalled_body_is_given_up() {
    let scene = Scene::start_with(&SETTINGS);
    let part = "a body that must not be stored";
    let upload = scene.city.post("/attacked/object?uploads", "").expect(200);
    let upload = upload.text("UploadId").expect("an id");
    let part_target = format!("/attacked/object?partNumber=1&uploadId={upload}");
    let delete = "<Delete><Object><Key>object</Key></Object></Delete>";
    // All at once, since each takes its second and the time that a refused client gets to go.
    let mut stalled = Vec::new();
    for (method, target, body) in [
        ("PUT", "/attacked/object", part),
        ("PUT", &part_target, part),
        ("POST", "/attacked?delete", delete),
        ("PUT", "/created", "<CreateBucketConfiguration/>"),
    ] {
        let wire = scene.city.request(method, target).body(body).wire();
        for len in [0, body.len() - 1] {
            let mut connection = Connection::open(scene.city.port);
            connection.write(&wire.head());
            connection.write(&wire.body[..len]);
            stalled.push(connection);
        }
    }
    all_time_out(stalled);
    let parts = scene
        .city
        .get(&format!("/attacked/object?uploadId={upload}"));
    assert_eq!(parts.expect(200).texts("PartNumber"), Vec::<String>::new());
    scene
        .city
        .delete(&format!("/attacked/object?uploadId={upload}"))
        .expect(204);
    scene.city.get("/created").refused(404, "NoSuchBucket");
    scene.is_unharmed();
}

#[test]
fn row_70_stalled_chunk_is_given_up() {
    let scene = Scene::start_with(&SETTINGS);
    let mut stalled = Vec::new();
    for body in ["", "5\r\nabc", "5\r\nabcde\r\n0\r\n"] {
        let put = scene.city.request("PUT", "/attacked/object");
        let put = put.payload("UNSIGNED-PAYLOAD");
        let wire = put.header("transfer-encoding", "chunked").wire();
        let mut connection = Connection::open(scene.city.port);
        connection.write(&wire.head());
        connection.write(body.as_bytes());
        stalled.push(connection);
    }
    all_time_out(stalled);
    scene.is_unharmed();
}

#[track_caller]
fn all_time_out(connections: Vec<Connection>) {
    for mut connection in connections {
        connection.answer("PUT").refused(400, "RequestTimeout");
        assert!(connection.is_closed(), "the connection stayed open");
    }
}

/// What is left of a chunked body when its request is refused is not waited for: a stranger who
/// stalls there would hold a connection for ever.
#[test]
fn row_70_stalled_chunk_of_a_refused_request_ends_the_connection() {
    let scene = Scene::start_with(&SETTINGS);
    for expect in ["", "100-continue"] {
        let put = scene.city.request("PUT", "/attacked/object").anonymous();
        let mut wire = put.header("transfer-encoding", "chunked").wire();
        if !expect.is_empty() {
            wire.set("expect", expect);
        }
        let mut connection = Connection::open(scene.city.port);
        connection.write(&wire.head());
        connection.write(b"5\r\nabc");
        assert!(
            connection
                .answer("PUT")
                .refused(403, "AccessDenied")
                .closes()
        );
        assert!(connection.is_closed(), "the connection stayed open");
    }
    scene.is_unharmed();
}

/// Clients that leave in the middle leave nothing.
#[test]
fn row_70_clients_that_leave_in_the_middle_store_nothing() {
    let scene = Scene::start_with(&SETTINGS);
    let body = vec![7_u8; 3 << 20];
    let wire = scene
        .city
        .request("PUT", "/attacked/object")
        .body(body)
        .wire();
    for len in [0, 1, 1 << 20, (3 << 20) - 1] {
        let mut connection = Connection::open(scene.city.port);
        connection.write(&wire.head());
        connection.write(&wire.body[..len]);
        drop(connection);
    }
    // The server has noticed when it has logged all four.
    let is_logged = || scene.server.log().matches("IncompleteBody").count() >= 4;
    assert!((0..2000).any(|_| is_logged() || {
        scene.counted("attacked");
        false
    }));
    scene.is_unharmed();
}
