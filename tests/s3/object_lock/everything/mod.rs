//! Nothing destroys a COMPLIANCE version: every operation of the API, in every form that could, and
//! every call of the operators' interface.
//!
//! Owns: the records that are attacked, and the proof that each is what it was. The attacks are in
//! `forms` (one row or more for each operation of `src/s3/operation.rs`) and `admin`; an operation,
//! a route or a command without one fails the test.

mod admin;
pub(crate) mod forms;

use super::{FAR, MODE, UNTIL, both, configuration, lock_of, retain, retention};
use crate::points::uploads::{Upload, bytes};
use crate::raw::{Account, Answer};
use crate::server::TestServer;
use crate::versioning::{at, put, set, version_of};
use forms::{FORMS, Form};
use riznica::s3::operation::Operation;

/// Everything that takes space away runs all the time; a day of lifecycle rules is a second.
const SETTINGS: &[(&str, &str)] = &[
    ("RIZNICA_JOBS__SWEEP_INTERVAL_S", "1"),
    ("RIZNICA_JOBS__ORPHAN_GRACE_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_INTERVAL_S", "1"),
    ("RIZNICA_JOBS__LIFECYCLE_TEST_DAY_S", "1"),
];

/// A version under COMPLIANCE.
struct Record {
    /// `/worm/key`
    target: String,
    version: String,
    body: Vec<u8>,
}

impl Record {
    /// It is there with its bytes, and is retained as long as it was, or longer.
    #[track_caller]
    fn is_unharmed(&self, city: &Account, what: &str) {
        let answer = city.get(&at(&self.target, &self.version));
        assert_eq!(answer.status, 200, "{what}\n{}", answer.body_text());
        assert!(answer.body == self.body, "{what}: other bytes");
        assert_eq!(answer.header(MODE), Some("COMPLIANCE"), "{what}");
        let until = answer.header(UNTIL).expect("a date");
        // As text: all are in one form, and the years have four digits.
        assert!(until >= FAR && until.len() == FAR.len(), "{what}: {until}");
    }

    /// Sends an attack; the answer is never a failure of the server.
    #[track_caller]
    fn attack(&self, city: &Account, form: &Form, variant: Variant) {
        let answer = self.send(city, form, variant);
        let what = format!("{variant:?} {form:?} of {}", self.target);
        let is_answer = answer.status < 500 || answer.status == 501;
        assert!(is_answer, "{what}: {}", answer.body_text());
        self.is_unharmed(city, &what);
    }

    fn send(&self, city: &Account, form: &Form, variant: Variant) -> Answer {
        let (mut target, mut body) = (form.target.to_owned(), form.body.to_owned());
        if form.target.contains("{upload}") {
            let upload = Upload::create(city, &self.target);
            let etag = upload.part(1, b"other bytes");
            target = target.replace("{upload}", &upload.id);
            body = body.replace("{etag}", &etag.replace('"', "&quot;"));
        }
        let (bucket, object_key) = self.target[1..].split_once('/').expect("a key");
        let fill = |text: &str| {
            text.replace("{object}", &self.target)
                .replace("{bucket}", &format!("/{bucket}"))
                .replace("{key}", object_key)
                .replace("{version}", &self.version)
        };
        let mut target = fill(&target);
        if variant.names_version && !target.contains("versionId") {
            let joint = if target.contains('?') { '&' } else { '?' };
            target = format!("{target}{joint}versionId={}", self.version);
        }
        let request = if let Some(posted) = form.posted(city, fill) {
            posted.sign().sent_to(&target)
        } else {
            let mut request = city.request(form.method, &target);
            for (name, value) in form.headers {
                request = request.header(name, &fill(value));
            }
            request.body(fill(&body))
        };
        if variant.bypasses {
            return request.header(super::BYPASS, "true").send();
        }
        request.send()
    }
}

/// What each form is tried with.
#[derive(Clone, Copy, Debug)]
struct Variant {
    names_version: bool,
    bypasses: bool,
}

const VARIANTS: [Variant; 4] = [
    Variant {
        names_version: false,
        bypasses: false,
    },
    Variant {
        names_version: false,
        bypasses: true,
    },
    Variant {
        names_version: true,
        bypasses: false,
    },
    Variant {
        names_version: true,
        bypasses: true,
    },
];

/// A bucket that was there before its lock, with a record of every kind: the newest version, one
/// under others and a marker, the null version, one of parts.
fn with_records() -> (TestServer, Account, Vec<Record>) {
    let server = TestServer::start_with(SETTINGS);
    let city = server.account("city");
    city.put("/worm", "").expect(200);
    city.put("/other", "").expect(200);
    city.put("/other/source", "other bytes").expect(200);
    city.put("/worm/null", bytes(1, 1000)).expect(200);
    set(&city, "/worm", "Enabled");
    let newest = put(&city, "/worm/newest", bytes(2, 100_000));
    let under = put(&city, "/worm/under", bytes(3, 1000));
    city.delete("/worm/under").expect(204);
    put(&city, "/worm/under", "newer");
    Upload::object(&city, "/worm/parts", &[70_000]);
    let parts = version_of(&city.head("/worm/parts").expect(200));
    city.put("/worm?object-lock", configuration(None))
        .expect(200);
    let record = |target: &str, version: &str, body: Vec<u8>| {
        let document = retention("COMPLIANCE", FAR);
        retain(&city, &at(target, version), &document, false).expect(200);
        let record = Record {
            target: target.to_owned(),
            version: version.to_owned(),
            body,
        };
        record.is_unharmed(&city, "before");
        record
    };
    let records = vec![
        record("/worm/newest", &newest, bytes(2, 100_000)),
        record("/worm/under", &under, bytes(3, 1000)),
        record("/worm/null", "null", bytes(1, 1000)),
        // The upload's bytes are those of its part 1.
        record("/worm/parts", &parts, bytes(1, 70_000)),
    ];
    (server, city, records)
}

/// The bucket is as it was: it keeps versions, it has Object Lock, it is not empty.
#[track_caller]
fn bucket_is_unharmed(city: &Account) {
    let versioning = city.get("/worm?versioning").expect(200);
    assert_eq!(versioning.text("Status").as_deref(), Some("Enabled"));
    city.get("/worm?object-lock").expect(200);
    city.delete("/worm").refused(409, "BucketNotEmpty");
}

#[test]
fn row_57_every_operation_has_a_form_that_attacks() {
    let names: Vec<&str> = Operation::ALL.iter().map(|one| one.name()).collect();
    for name in &names {
        assert!(
            FORMS.iter().any(|form| form.operation == *name),
            "{name} has no row in tests/s3/object_lock/everything/forms.rs: say how it could \
             destroy a version under COMPLIANCE, or what it does to one"
        );
    }
}

#[test]
fn row_57_no_operation_destroys_a_compliance_version() {
    let (_server, city, records) = with_records();
    for record in &records {
        for form in FORMS {
            for variant in VARIANTS {
                record.attack(&city, form, variant);
            }
        }
        bucket_is_unharmed(&city);
    }
    for record in &records {
        record.is_unharmed(&city, "in the end");
        let target = at(&record.target, &record.version);
        // Lengthened by some, shortened by none.
        assert!(lock_of(&city, &target) >= both("COMPLIANCE", FAR));
    }
}

/// All forms at the same time, against one record after the other, then a crash.
#[test]
fn row_57_no_operation_destroys_a_compliance_version_beside_others() {
    let (mut server, city, records) = with_records();
    for record in &records {
        std::thread::scope(|scope| {
            for lane in 0..4 {
                let city = &city;
                let send = move |(index, form)| {
                    record.send(city, form, VARIANTS[(index + lane) % 4]);
                };
                let mine = FORMS.iter().cycle().skip(lane * 17).take(FORMS.len());
                scope.spawn(move || mine.enumerate().for_each(send));
            }
        });
        record.is_unharmed(&city, "after all at once");
    }
    bucket_is_unharmed(&city);
    server.restart();
    for record in &records {
        record.is_unharmed(&city, "after a crash");
    }
    bucket_is_unharmed(&city);
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

/// What is refused today, by the document's own table.
#[test]
fn row_57_no_refused_operation_destroys_a_compliance_version() {
    let (_server, city, records) = with_records();
    let document = include_str!("../../../../docs/S3_COMPATIBILITY.md");
    let (_, section) = document
        .split_once("\n## Refused operations")
        .expect("the heading");
    let (section, _) = section.split_once("\n## ").expect("its end");
    let requests = section.lines().filter_map(|line| {
        let mut cells = line.trim_matches('|').split('|');
        let request = cells.nth(1)?.trim().trim_matches('`');
        request.split_once(' ')
    });
    let requests: Vec<_> = requests
        .filter(|(_, target)| target.starts_with('/'))
        .collect();
    assert!(requests.len() > 40, "the table was not found");
    let record = &records[0];
    for (method, target) in requests {
        let target = target.replace("/bucket/key", &record.target);
        let target = target.replace("/bucket", "/worm");
        let joint = if target.contains('?') { '&' } else { '?' };
        for target in [
            target.clone(),
            format!("{target}{joint}versionId={}", record.version),
        ] {
            let attack = city.request(method, &target);
            attack.header(super::BYPASS, "true").send();
            record.is_unharmed(&city, &format!("{method} {target}"));
        }
    }
    bucket_is_unharmed(&city);
}
