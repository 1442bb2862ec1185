//! Rates of tenants: how fast each may go (issue 5, 5).

use crate::raw::Account;
use crate::server::TestServer;
use std::time::Duration;

#[expect(
    clippy::disallowed_methods,
    reason = "tokens fall due by the server's own clock"
)]
fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

fn set(server: &TestServer, rates: &[&str]) {
    let words = [["rate", "set", "--tenant", "city"].as_slice(), rates].concat();
    server.admin(&words).expect("the rates are set");
}

fn scene() -> (TestServer, Account, Account) {
    let server = TestServer::start();
    let (city, other) = (server.account("city"), server.account("other"));
    for (account, bucket) in [(&city, "/fast"), (&other, "/free")] {
        account.put(bucket, "").expect(200);
        account.put(&format!("{bucket}/a"), "x").expect(200);
    }
    (server, city, other)
}

/// Requests until one is refused; how many were let in, and the refusal.
fn until_refused(account: &Account, target: &str) -> (usize, crate::raw::Answer) {
    let mut let_in = 0;
    loop {
        let answer = account.get(target);
        if answer.status != 200 {
            return (let_in, answer);
        }
        let_in += 1;
        assert!(let_in < 100, "never refused");
    }
}

#[test]
fn requests_beyond_the_rate_are_told_when_to_come_again() {
    let (mut server, city, other) = scene();
    set(&server, &["--requests", "5"]);
    server.restart();
    let (let_in, refused) = until_refused(&city, "/fast/a");
    // Two seconds' worth at once; the bound of `until_refused` is far above what falls due
    // meanwhile.
    assert!(let_in >= 10, "{let_in}");
    let seconds = refused
        .header("retry-after")
        .expect("a time")
        .parse::<u64>();
    assert_eq!(seconds, Ok(1));
    let text = refused.text("Message").expect("a text");
    assert!(text.contains("limit of requests"), "{text}");
    refused.refused(503, "SlowDown");
    let slowed = server.metric("riznica_slowed_requests_total{rate=\"requests\"}");
    assert!(slowed.is_some_and(|count| count != "0"));
    // One line for the tenant, however many refusals.
    for _ in 0..20 {
        city.get("/fast/a");
    }
    let log = server.log();
    let lines = log
        .lines()
        .filter(|line| line.contains("tenant is kept to its rate"));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("tenant=\"city\"") && lines[0].contains("WARN"),
        "{lines:?}"
    );
    assert!(!log.contains("SlowDown"), "a line for each refusal");
    for _ in 0..20 {
        other.get("/free/a").expect(200);
    }
    pause(1000);
    city.get("/fast/a").expect(200);
    set(&server, &["--requests", "none"]);
    for _ in 0..50 {
        city.get("/fast/a").expect(200);
    }
}

#[test]
fn bytes_are_paid_for_by_what_comes_next() {
    let (server, city, other) = scene();
    city.put("/fast/large", vec![7; 300_000]).expect(200);
    set(&server, &["--bytes-out", "100000"]);
    // It goes through whole, though it is more than there is.
    assert_eq!(city.get("/fast/large").expect(200).body.len(), 300_000);
    let refused = city.get("/fast/a");
    let text = refused.text("Message").expect("a text");
    assert!(text.contains("bytes out"), "{text}");
    refused.refused(503, "SlowDown");
    set(&server, &["--bytes-out", "none", "--bytes-in", "100000"]);
    city.put("/fast/b", vec![7; 300_000]).expect(200);
    city.put("/fast/b", "x").refused(503, "SlowDown");
    other.put("/free/b", vec![7; 300_000]).expect(200);
    other.put("/free/b", "x").expect(200);
    let shown = server
        .admin(&["rate", "show", "--tenant", "city"])
        .expect("rates");
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(
        (&shown["bytes_in"], &shown["bytes_out"]),
        (&100_000.into(), &().into())
    );
}

#[test]
fn requests_at_once_are_counted_until_their_answers_are_sent() {
    let (server, city, _other) = scene();
    // More than the buffers of a connection grow to (net.ipv4.tcp_rmem and tcp_wmem: 36 MiB here).
    city.put("/fast/large", vec![7; 64 << 20]).expect(200);
    set(&server, &["--concurrent", "2"]);
    let reading = || {
        let mut connection = crate::raw::Connection::open(server.port);
        connection.write(&city.request("GET", "/fast/large").wire().head());
        // It was let in, ahead of those that follow.
        while connection.is_silent() {
            pause(1);
        }
        connection
    };
    // Nobody reads the answers, so that they cannot be sent whole.
    let held = [reading(), reading()];
    let mut refused = false;
    for _ in 0..200 {
        refused = city.get("/fast/a").status == 503;
        if refused {
            break;
        }
        pause(10);
    }
    assert!(refused, "a third one was let in");
    drop(held);
    let mut attempts = (0..500).map(|_| {
        pause(10);
        city.get("/fast/a").status
    });
    assert!(
        attempts.any(|status| status == 200),
        "the count never went down"
    );
}

#[test]
fn strangers_go_at_the_cost_of_the_tenant_whose_bucket_is_open() {
    let (server, city, other) = scene();
    for (account, bucket) in [(&city, "fast"), (&other, "free")] {
        let blocks = format!("/{bucket}?publicAccessBlock");
        account.delete(&blocks).expect(204);
        let resource = format!("arn:aws:s3:::{bucket}/*");
        let statement = serde_json::json!({"Effect": "Allow", "Principal": "*",
            "Action": "s3:GetObject", "Resource": resource});
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [statement]});
        let target = format!("/{bucket}?policy");
        account.put(&target, policy.to_string()).expect(204);
    }
    set(&server, &["--requests", "5"]);
    let stranger = |target: &str| city.request("GET", target).anonymous().send();
    let refused = (0..100)
        .map(|_| stranger("/fast/a"))
        .find(|answer| answer.status != 200);
    let refused = refused.expect("a refusal");
    assert!(refused.header("retry-after").is_some());
    refused.refused(503, "SlowDown");
    city.get("/fast/a").refused(503, "SlowDown");
    for _ in 0..20 {
        stranger("/free/a").expect(200);
    }
}
