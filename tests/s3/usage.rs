//! What was used: requests by kind, bytes in and out, byte-hours, by months and hours; told by the
//! command line, kept over a stop and, but for counts of the last minute, over a crash.

use crate::lifecycle_effects::pause;
use crate::raw::{Account, Connection, now};
use crate::server::TestServer;
use serde_json::Value;
use std::time::Duration;
use time::OffsetDateTime;

/// A server, a tenant, its bucket `box`.
fn with_bucket() -> (TestServer, Account) {
    let server = TestServer::start();
    let city = server.account("city");
    city.put("/box", "").expect(200);
    (server, city)
}

fn month_of(date: OffsetDateTime) -> String {
    format!("{:04}-{:02}", date.year(), u8::from(date.month()))
}

fn report(server: &TestServer, words: &[&str]) -> Value {
    let told = server.admin(&[&["usage"], words].concat());
    serde_json::from_str(&told.expect("a report")).expect("JSON")
}

/// The line of a bucket, or of what is about none.
fn line(report: &Value, bucket: Option<&str>) -> Value {
    let lines = report["lines"].as_array().expect("lines");
    let mut own = lines
        .iter()
        .filter(|line| line["bucket"].as_str() == bucket);
    own.next().cloned().unwrap_or_default()
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().expect(field)
}

const KINDS: [&str; 6] = ["put", "get", "head", "list", "delete", "other"];

fn requests(line: &Value) -> [u64; 6] {
    KINDS.map(|kind| number(line, kind))
}

fn moved(line: &Value) -> (u64, u64) {
    (number(line, "bytes_in"), number(line, "bytes_out"))
}

/// Runs a command with another output than JSON.
fn printed(server: &TestServer, words: &[&str]) -> (String, bool) {
    let url = server.admin_url();
    let admin = ["--admin", &url, "--credential", "{data}.keys/operator.json"];
    server.command(&[words, &admin].concat())
}

#[test]
fn requests_count_by_kind_for_the_owner_of_the_bucket() {
    let (server, city) = with_bucket();
    city.put("/box/a", vec![1; 1000]).expect(200);
    city.put("/box/b", vec![1; 300_000]).expect(200);
    let copy = city.request("PUT", "/box/c");
    let copied = copy.header("x-amz-copy-source", "/box/a").send();
    let copied = copied.expect(200).body.len();
    city.get("/box/a").expect(200);
    let part = city.request("GET", "/box/b").header("range", "bytes=0-99");
    part.send().expect(206);
    let missing = city.get("/box/none").expect(404).body.len();
    city.head("/box/b").expect(200);
    city.head("/box").expect(200);
    let listed = city.get("/box?list-type=2").expect(200).body.len();
    let tagging = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
    city.put("/box/a?tagging", tagging).expect(200);
    city.delete("/box/c").expect(204);
    let told = report(&server, &["--tenant", "city"]);
    let own = line(&told, Some("box"));
    assert_eq!(requests(&own), [3, 3, 2, 1, 1, 1], "{told}");
    let bytes_in = 1000 + 300_000 + tagging.len();
    let bytes_out = copied + 1000 + 100 + missing + listed;
    let expected = (bytes_in as u64, bytes_out as u64);
    assert_eq!(moved(&own), expected);
    assert_eq!(
        (number(&own, "bytes"), number(&own, "objects")),
        (301_000, 2)
    );
    assert_eq!(number(&told["total"], "put"), 3);
    // CreateBucket is about no bucket that there is.
    assert_eq!(requests(&line(&told, None)), [0, 0, 0, 0, 0, 1]);
}

#[test]
fn refused_requests_do_not_count_and_strangers_count_for_the_owner() {
    let (server, city) = with_bucket();
    let stranger = server.account("stranger");
    city.put("/box/a", vec![1; 1000]).expect(200);
    stranger.get("/box/a").refused(403, "AccessDenied");
    stranger.put("/box/a", "x").refused(403, "AccessDenied");
    city.request("GET", "/box/a").anonymous().send().expect(403);
    city.get("/nobodys").expect(404);
    let own = line(&report(&server, &["--tenant", "city"]), Some("box"));
    assert_eq!(requests(&own), [1, 0, 0, 0, 0, 0]);
    let told = report(&server, &["--tenant", "stranger"]);
    assert_eq!(told["lines"].as_array().map(Vec::len), Some(0), "{told}");
    let policy = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"ACCOUNT\"},\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::box/*\"}]}";
    let shown = server.admin(&["tenant", "show", "stranger"]);
    let shown: Value = serde_json::from_str(&shown.expect("a tenant")).expect("JSON");
    let account = shown["account_id"].as_str().expect("an account");
    let policy = policy.replace("ACCOUNT", account);
    city.put("/box?policy", policy).expect(204);
    stranger.get("/box/a").expect(200);
    stranger.get("/").expect(200);
    let all = report(&server, &[]);
    let own = line(&all, Some("box"));
    assert_eq!(requests(&own), [1, 1, 0, 0, 0, 1]);
    assert_eq!(number(&own, "bytes_out"), 1000);
    let told = report(&server, &["--tenant", "stranger"]);
    assert_eq!(requests(&line(&told, None)), [0, 0, 0, 1, 0, 0]);
    assert_eq!(line(&told, Some("box")), Value::Null);
}

#[test]
fn body_that_is_broken_off_counts_what_came() {
    let (server, city) = with_bucket();
    let wire = city
        .request("PUT", "/box/a")
        .body(vec![1; 200_000])
        .payload(&"0".repeat(64))
        .wire();
    wire.send(city.port).expect(400);
    let own = line(&report(&server, &["--tenant", "city"]), Some("box"));
    assert_eq!(requests(&own), [1, 0, 0, 0, 0, 0]);
    assert_eq!(number(&own, "bytes_in"), 200_000);
    assert_eq!(number(&own, "bytes"), 0);
}

#[test]
fn answer_that_is_broken_off_counts_what_went() {
    const LEN: usize = 24_000_000;
    let (server, city) = with_bucket();
    city.put("/box/a", vec![1; LEN]).expect(200);
    let mut connection = Connection::open(city.port);
    connection.write(&city.request("GET", "/box/a").wire().head());
    // Whoever asks waits for the first bytes, and goes.
    while connection.is_silent() {}
    drop(connection);
    let told = || line(&report(&server, &["--tenant", "city"]), Some("box"));
    let mut lines = (0..600).map(|_| {
        pause(Duration::from_millis(50));
        told()
    });
    let own = lines.find(|own| number(own, "get") == 1);
    let bytes_out = number(&own.expect("it is counted"), "bytes_out");
    assert!(bytes_out > 0 && bytes_out < LEN as u64, "{bytes_out}");
}

#[test]
fn usage_survives_a_stop_and_what_is_held_a_crash() {
    let (mut server, city) = with_bucket();
    city.put("/box/a", vec![1; 1000]).expect(200);
    city.get("/box/a").expect(200);
    server.stop();
    server.restart();
    let before = line(&report(&server, &["--tenant", "city"]), Some("box"));
    assert_eq!(requests(&before), [1, 1, 0, 0, 0, 0]);
    assert_eq!(moved(&before), (1000, 1000));
    city.put("/box/b", vec![1; 500]).expect(200);
    server.restart();
    let after = line(&report(&server, &["--tenant", "city"]), Some("box"));
    assert_eq!(
        (number(&after, "bytes"), number(&after, "objects")),
        (1500, 2)
    );
    let millis = |line: &Value| {
        let text = line["byte_milliseconds"].as_str().expect("text");
        text.parse::<u128>().expect("a number")
    };
    assert!(millis(&before) > 0 && millis(&after) >= millis(&before));
    assert!(requests(&after)[0] >= 1);
    assert!(server.admin(&["usage", "recount"]).is_some());
    let stored = server.metric("riznica_usage_stored_seconds");
    let stored = stored.expect("the metric").parse::<f64>();
    assert!(stored.expect("a number") > 1e9);
}

#[test]
fn deleted_bucket_is_told_until_the_months_end() {
    let (server, city) = with_bucket();
    city.put("/box/a", vec![1; 1000]).expect(200);
    city.delete("/box/a").expect(204);
    city.delete("/box").expect(204);
    city.put("/box", "").expect(200);
    let told = report(&server, &["--tenant", "city"]);
    let lines = told["lines"].as_array().expect("lines");
    let boxes = lines.iter().filter(|line| line["bucket"] == "box");
    let deleted: Vec<_> = boxes.filter(|line| line["deleted"].is_string()).collect();
    let [own] = deleted.as_slice() else {
        panic!("{told}");
    };
    assert_eq!(requests(own), [1, 0, 0, 0, 2, 0]);
    assert_eq!((number(own, "bytes"), number(own, "objects")), (0, 0));
}

#[test]
fn month_is_told_as_table_csv_and_by_hours() {
    let (server, city) = with_bucket();
    city.put("/box/a", vec![1; 1000]).expect(200);
    let month = month_of(now());
    let words = ["usage", "--tenant", "city", "--month", &month, "--output"];
    let (csv, is_good) = printed(&server, &[&words[..], &["csv"]].concat());
    assert!(is_good, "{csv}");
    let lines: Vec<_> = csv.lines().collect();
    let header = "tenant,bucket,deleted,byte_hours,byte_milliseconds,object_hours,bytes,objects,\
                  upload_bytes,put,get,head,list,delete,other,bytes_in,bytes_out,month,complete";
    assert_eq!(lines[0], header);
    assert_eq!(lines.len(), 3, "{csv}");
    let own = lines.iter().find(|line| line.starts_with("city,box,"));
    let own: Vec<_> = own.expect("its line").split(',').collect();
    assert_eq!(own.len(), header.split(',').count());
    assert_eq!(own[6..9], ["1000", "1", "0"]);
    assert_eq!(own[17..], [month.as_str(), "false"]);
    let (table, is_good) = printed(&server, &[&words[..], &["table"]].concat());
    assert!(is_good && table.contains("(total)"), "{table}");
    assert!(table.contains(&month), "{table}");
    let hours = report(&server, &["--tenant", "city", "--hourly"]);
    let own = line(&hours, Some("box"));
    assert!(own["hour"].as_str().expect("an hour").starts_with(&month));
    assert_eq!(requests(&own)[0], 1);
    assert_eq!(hours["total"], Value::Null);
}

#[test]
fn question_that_has_no_answer_is_refused_with_the_reason() {
    let server = TestServer::start();
    server.account("city");
    for (words, reason) in [
        (&["usage", "--month", "2026-13"][..], "such as 2026-11"),
        (&["usage", "--month", "9999-01"], "has not begun"),
        (&["usage", "--tenant", "town"], "no such tenant"),
        (&["usage", "--hourly"], "--tenant"),
        (&["usage", "--month", "2026-01", "recount"], "usage recount"),
    ] {
        let (text, is_good) = printed(&server, words);
        assert!(!is_good && text.contains(reason), "{words:?}: {text}");
    }
    let hours = server.admin_request("GET", "/v1/usage?hourly=true", "");
    assert_eq!(hours.expect(400).body_text().matches("name it").count(), 1);
    server
        .admin_request("GET", "/v1/usage?year=1", "")
        .expect(400);
    let past = report(&server, &["--month", "2020-02"]);
    assert_eq!(past["lines"].as_array().map(Vec::len), Some(0));
}
