//! Point 75, rows 36 and 37: what is known of a caller and its connection, and what it only claims.

use super::{OBJECTS, Scene, number, of, statement};
use crate::raw::Answer;
use serde_json::json;

/// What the server knows of the caller and its connection.
#[test]
fn point_75_circumstances() {
    let scene = Scene::start();
    let account = number(&scene.other);
    let root = format!("arn:aws:iam::{account}:root");
    let pairs = [
        (
            json!({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}),
            json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        ),
        (
            json!({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            json!({"NotIpAddress": {"aws:SourceIp": ["127.0.0.1"]}}),
        ),
        (
            json!({"Bool": {"aws:SecureTransport": "false"}}),
            json!({"Bool": {"aws:SecureTransport": true}}),
        ),
        (
            json!({"DateLessThan": {"aws:CurrentTime": "2139-01-01T00:00:00Z"}}),
            json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01"}}),
        ),
        (
            json!({"NumericGreaterThan": {"aws:EpochTime": 1_700_000_000}}),
            json!({"DateLessThan": {"aws:EpochTime": 1_700_000_000}}),
        ),
        (
            json!({"StringNotEquals": {"aws:SourceAccount": "1"}}),
            json!({"StringEquals": {"aws:SourceAccount": account}}),
        ),
        (
            json!({"ArnNotLike": {"aws:SourceArn": "arn:aws:s3:::a"}}),
            json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
        ),
        (
            json!({"StringLikeIfExists": {"aws:SourceArn": "x"}}),
            json!({"StringLike": {"aws:username": "*"}}),
        ),
        (
            json!({"ArnEquals": {"aws:PrincipalArn": root}}),
            json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}),
        ),
        (
            json!({"StringEquals": {"aws:PrincipalAccount": account}}),
            json!({"StringNotEquals": {"aws:PrincipalAccount": account}}),
        ),
        (
            json!({"StringEquals": {"aws:PrincipalType": "Account"}}),
            json!({"StringEquals": {"aws:PrincipalType": "User"}}),
        ),
        (
            json!({"StringEquals": {"aws:userid": account}}),
            json!({"StringEquals": {"aws:userid": "anonymous"}}),
        ),
        (
            json!({"StringEquals": {"s3:authType": "REST-HEADER"}}),
            json!({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}),
        ),
        (
            json!({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}),
            json!({"StringEquals": {"s3:signatureversion": "AWS"}}),
        ),
        (
            json!({"StringEquals": {"aws:RequestedRegion": crate::raw::REGION}}),
            json!({"StringEquals": {"aws:RequestedRegion": "eu-north-1"}}),
        ),
    ];
    for (fulfilled, other) in pairs {
        let mut allow = statement(
            "Allow",
            &of(&scene.other),
            &json!("s3:GetObject"),
            &json!(OBJECTS),
        );
        allow["Condition"] = fulfilled.clone();
        scene.policy(&json!([allow]));
        let answer = scene.other.get("/paper/a");
        assert_eq!(answer.status, 200, "{fulfilled}");
        allow["Condition"] = other.clone();
        scene.policy(&json!([allow]));
        assert_eq!(scene.other.get("/paper/a").status, 403, "{other}");
    }
    scene.is_unharmed();
}

/// Headers that claim to be somebody, somewhere else.
const CLAIMS: &[(&str, &str)] = &[
    ("userid", "boss"),
    ("username", "boss"),
    ("groups", "boss"),
    ("jwt-sub", "boss"),
    ("aws-userid", "boss"),
    ("x-amz-username", "boss"),
    ("x-amz-userid", "boss"),
    ("x-forwarded-for", "10.1.1.1"),
    ("x-real-ip", "10.1.1.1"),
    ("forwarded", "for=10.1.1.1;proto=https"),
    ("x-forwarded-proto", "https"),
    ("true-client-ip", "10.1.1.1"),
    ("cf-connecting-ip", "10.1.1.1"),
];

/// A request with all claims.
fn claiming(scene: &Scene, target: &str) -> Answer {
    let mut request = scene.other.request("GET", target);
    for (name, value) in CLAIMS {
        request = request.header(name, value);
    }
    request.send()
}

/// Rows 36 and 37: what a header says of the caller or of its address counts for nothing.
#[test]
fn rows_36_37_headers_fulfil_no_condition() {
    let scene = Scene::start();
    for condition in [
        json!({"StringEquals": {"aws:userid": "boss"}}),
        json!({"StringEquals": {"aws:username": "boss"}}),
        json!({"StringLike": {"aws:PrincipalTag/groups": "*"}}),
        json!({"StringEquals": {"jwt:sub": "boss"}}),
        json!({"StringEquals": {"jwt:groups": "boss"}}),
        json!({"StringEquals": {"ldap:username": "boss"}}),
        json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        json!({"Bool": {"aws:SecureTransport": "true"}}),
    ] {
        let mut allow = statement(
            "Allow",
            &json!("*"),
            &json!("s3:GetObject"),
            &json!(OBJECTS),
        );
        allow["Condition"] = condition;
        scene.policy(&json!([allow]));
        claiming(&scene, "/paper/a").refused(403, "AccessDenied");
        let query = "/paper/a?userid=boss&username=boss&aws%3Ausername=boss&sub=boss";
        claiming(&scene, query).refused(403, "AccessDenied");
        let mut stranger = scene.other.request("GET", "/paper/a").anonymous();
        for (name, value) in CLAIMS {
            stranger = stranger.header(name, value);
        }
        stranger.send().refused(403, "AccessDenied");
    }
}
