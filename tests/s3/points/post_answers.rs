//! Point 105: what a form that is stored is answered.

use super::with_bucket;
use crate::post::PostForm;
use crate::raw::Account;
use crate::server::TestServer;
use serde_json::json;

const ETAG: &str = "\"9144da26b6b58c823799dd4a8a884f26\"";

fn form(city: &Account) -> PostForm {
    PostForm::of(city, "points", "in/a b+\u{17e}.txt")
}

fn location(city: &Account) -> String {
    let port = city.port;
    format!("http://127.0.0.1:{port}/points/in%2Fa%20b%2B%C5%BE.txt")
}

#[test]
fn point_105_success_is_204_without_a_body() {
    let (_server, city) = with_bucket();
    let answer = form(&city).send().expect(204);
    assert_eq!(answer.header("etag"), Some(ETAG));
    assert_eq!(answer.header("location"), Some(&*location(&city)));
    for name in ["content-length", "content-type", "x-amz-version-id"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    let stored = city.get("/points/in/a%20b%2B%C5%BE.txt").expect(200);
    assert_eq!(stored.body, b"the file");
    assert_eq!(stored.header("etag"), Some(ETAG));
    // A path with a slash at its end is the same bucket.
    let mut slash = form(&city).sign();
    slash.target.push('/');
    let answer = slash.send().expect(204);
    assert_eq!(answer.header("location"), Some(&*location(&city)));
}

#[test]
fn point_105_status_201_tells_the_object_in_xml() {
    let (_server, city) = with_bucket();
    let answer = form(&city).field("success_action_status", "201").send();
    let answer = answer.expect(201);
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    assert_eq!(answer.header("location"), Some(&*location(&city)));
    let expected = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{}</Location>\
         <Bucket>points</Bucket><Key>in/a b+\u{17e}.txt</Key><ETag>{}</ETag></PostResponse>",
        location(&city),
        ETAG.replace('"', "&quot;")
    );
    assert_eq!(answer.body_text(), expected);
}

#[test]
fn point_105_status_200_is_empty_and_others_fall_back_to_204() {
    let (_server, city) = with_bucket();
    let answer = form(&city).field("success_action_status", "200").send();
    assert_eq!(answer.expect(200).body, b"");
    for status in ["404", "500", "", " 201", "2O1", "204"] {
        let answer = form(&city).field("success_action_status", status).send();
        assert_eq!(answer.expect(204).body, b"", "{status}");
    }
}

#[test]
fn point_105_redirect_names_bucket_key_and_etag() {
    let (_server, city) = with_bucket();
    let told =
        "bucket=points&key=in%2Fa+b%2B%C5%BE.txt&etag=%229144da26b6b58c823799dd4a8a884f26%22";
    for (page, expected) in [
        (
            "https://city.example/done",
            format!("https://city.example/done?{told}"),
        ),
        (
            "http://city.example/done?a=b%20c",
            format!("http://city.example/done?a=b%20c&{told}"),
        ),
        (
            "http://city.example#top",
            format!("http://city.example/?{told}#top"),
        ),
    ] {
        for name in ["success_action_redirect", "redirect"] {
            let form = form(&city).field(name, page);
            // A redirect wins over a status.
            let form = form.field("success_action_status", "201");
            let answer = form.send().expect(303);
            assert_eq!(answer.header("location"), Some(&*expected), "{name}");
            assert_eq!(answer.header("etag"), Some(ETAG));
            assert_eq!(answer.body, b"");
        }
    }
    let both = form(&city).field("redirect", "http://old.example/");
    let both = both.field("success_action_redirect", "http://new.example/");
    let answer = both.send().expect(303);
    let location = answer.header("location").expect("a page");
    assert!(
        location.starts_with("http://new.example/?bucket="),
        "{location}"
    );
}

/// What no browser can be sent to is as if it were not there; a script never is, nor is a line of
/// the answer's head.
#[test]
fn point_105_redirect_that_is_none_is_not_looked_at() {
    let (_server, city) = with_bucket();
    for page in [
        "/relative",
        "done.html",
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://city.example/",
        "http://",
        "//city.example",
    ] {
        let form = form(&city).field("success_action_redirect", page);
        let answer = form.field("success_action_status", "200").send();
        assert!(
            !answer
                .expect(200)
                .header("location")
                .unwrap_or_default()
                .contains("?bucket")
        );
    }
    let injected = "http://city.example/\r\nSet-Cookie: a=b";
    let form = form(&city).field("success_action_redirect", injected);
    let answer = form.send().expect(303);
    assert_eq!(answer.header("set-cookie"), None);
    let location = answer.header("location").expect("a page");
    assert!(
        location.starts_with("http://city.example/Set-Cookie:%20a=b?bucket="),
        "{location}"
    );
}

#[test]
fn point_105_upload_that_fails_is_answered_by_an_error_and_no_redirect() {
    let (_server, city) = with_bucket();
    let form = form(&city).field("success_action_redirect", "http://city.example/");
    let form = form.condition(json!(["content-length-range", 0, 3]));
    let refused = form.send().refused(400, "EntityTooLarge");
    assert_eq!(refused.header("location"), None);
}

#[test]
fn point_105_virtual_hosted_form_is_told_its_own_url() {
    let server = TestServer::start_with(&[("RIZNICA_S3__DOMAINS", "[\"s3.city.example\"]")]);
    let city = server.account("city");
    city.put("/points", "").expect(200);
    let mut signed = form(&city).field("success_action_status", "201").sign();
    signed.target = "/".to_owned();
    let host = "points.s3.city.example:9000";
    let answer = signed.request().header("host", host).send().expect(201);
    let expected = format!("http://{host}/in%2Fa%20b%2B%C5%BE.txt");
    assert_eq!(answer.text("Location"), Some(expected));
    let stored = city.get("/points/in/a%20b%2B%C5%BE.txt").expect(200);
    assert_eq!(stored.body, b"the file");
    // The policy's bucket is the host's, not another one that the path would name.
    city.put("/other", "").expect(200);
    let host = "other.s3.city.example";
    let answer = signed.request().header("host", host).send();
    answer.refused(403, "AccessDenied");
}
