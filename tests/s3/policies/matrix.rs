//! Row 33: every operation of the table, by everybody who may not, changes nothing and tells
//! nothing. The requests are those that attack a record (`object_lock::everything::forms`): an
//! operation without one fails there.

use super::sessions::{take, token, writer};
use super::{Scene, allow, grant, query, user};
use crate::object_lock::everything::forms::{FORMS, Form};
use crate::points::uploads::Upload;
use crate::raw::{Account, Answer, Request};
use crate::versioning::{at, put, set};
use riznica::s3::operation::Operation;
use serde_json::json;

const CONTENTS: &str = "nothing of this is told";
const LOOKS: &[&str] = &[
    "/",
    "/worm?versions",
    "/worm?uploads",
    "/worm?policy",
    "/worm?cors",
    "/worm?acl",
    "/worm?ownershipControls",
    "/worm?tagging",
    "/worm?lifecycle",
    "/worm?encryption",
    "/worm?versioning",
    "/worm?object-lock",
    "/worm?publicAccessBlock",
    "/worm?location",
    "/worm?policyStatus",
    "/worm/key?tagging",
    "/worm/key",
    "/other?versions",
];

/// Who sends a request.
#[derive(Clone, Copy)]
enum Sender<'a> {
    Account(&'a Account),
    Nobody,
}

/// What is attacked: an object of two versions with tags, and an upload of one part.
struct Target<'a> {
    city: &'a Account,
    version: String,
    upload: String,
    etag: String,
}

impl<'a> Target<'a> {
    fn new(scene: &'a Scene) -> Self {
        let city = &scene.city;
        city.put("/worm", "").expect(200);
        city.put("/other", "").expect(200);
        city.put("/other/source", CONTENTS).expect(200);
        set(city, "/worm", "Enabled");
        put(city, "/worm/key", "older");
        let version = put(city, "/worm/key", CONTENTS);
        let tags = "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>";
        city.put("/worm/key?tagging", tags).expect(200);
        city.put("/worm?tagging", tags).expect(204);
        let lock = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>\
                    </ObjectLockConfiguration>";
        city.put("/worm?object-lock", lock).expect(200);
        let upload = Upload::create(city, "/worm/key");
        let etag = upload.part(1, b"part");
        let upload = upload.id;
        Self {
            city,
            version,
            upload,
            etag,
        }
    }

    /// Everything that can be seen of it.
    fn looks(&self) -> Vec<(u16, String)> {
        let parts = format!("/worm/key?uploadId={}", self.upload);
        let version = at("/worm/key", &self.version);
        let more = [
            parts,
            format!("{version}&retention"),
            format!("{version}&legal-hold"),
        ];
        let targets = LOOKS.iter().map(|&target| target.to_owned()).chain(more);
        let look = |target: String| {
            let answer = self.city.get(&target);
            match answer.status {
                200 => (200, answer.body_text()),
                _ => answer.outcome(),
            }
        };
        targets.map(look).collect()
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{object}", "/worm/key")
            .replace("{bucket}", "/worm")
            .replace("{key}", "key")
            .replace("{version}", &self.version)
            .replace("{upload}", &self.upload)
            .replace("{etag}", &self.etag.replace('"', "&quot;"))
    }

    fn request(&self, by: Sender<'_>, form: &Form, names_version: bool) -> Request {
        let (account, is_signed) = match by {
            Sender::Account(account) => (account, true),
            Sender::Nobody => (self.city, false),
        };
        let mut target = self.fill(form.target);
        if names_version && !target.contains("versionId") {
            let joint = if target.contains('?') { '&' } else { '?' };
            target = format!("{target}{joint}versionId={}", self.version);
        }
        let bypass = crate::object_lock::BYPASS;
        if let Some(mut posted) = form.posted(account, |text| self.fill(text)) {
            if !is_signed {
                posted = posted.anonymous();
            }
            return posted.sign().sent_to(&target).header(bypass, "true");
        }
        let mut request = account.request(form.method, &target);
        for (name, value) in form.headers {
            request = request.header(name, &self.fill(value));
        }
        if !is_signed {
            request = request.anonymous();
        }
        request.header(bypass, "true").body(self.fill(form.body))
    }

    /// Sends every form of an operation, in both ways; each answer goes to `judge`.
    fn attack(&self, operation: Operation, by: Sender<'_>, judge: impl Fn(&str, Answer)) {
        // What names a sub-resource by a method that it has not is no operation: 405, for all.
        let is_operation = |form: &&Form| {
            let has_other = ["&retention", "&legal-hold"].iter();
            let mut has_other = has_other.filter(|name| form.target.ends_with(**name));
            form.operation == operation.name() && has_other.next().is_none()
        };
        let forms = FORMS.iter().filter(is_operation);
        for form in forms {
            for names_version in [false, true] {
                let answer = self.request(by, form, names_version).send();
                let what = format!("{form:?} {names_version}");
                self.tells_nothing(&what, &answer);
                judge(&what, answer);
            }
        }
    }

    #[track_caller]
    fn tells_nothing(&self, what: &str, answer: &Answer) {
        let headers = answer
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\n"));
        let told: String = headers.chain([answer.body_text()]).collect();
        let told = told.to_lowercase();
        for secret in [CONTENTS, &self.etag, "x-amz-version-id", "x-amz-meta"] {
            assert!(!told.contains(&secret.to_lowercase()), "{what}: {told}");
        }
    }
}

/// 403 `AccessDenied`; without a body only where there can be none.
#[track_caller]
fn refused(what: &str, answer: &Answer) {
    let (status, code) = answer.outcome();
    let is_head = answer.body.is_empty() && code.is_empty();
    assert!(
        status == 403 && (code == "AccessDenied" || (is_head && what.contains("\"HEAD\""))),
        "{what}: {status} {}",
        answer.body_text()
    );
}

#[test]
fn row_33_foreign_root_is_denied_every_operation() {
    let scene = Scene::start();
    let target = Target::new(&scene);
    let before = target.looks();
    for operation in Operation::ALL {
        let judge = |what: &str, answer: Answer| match operation {
            // Its own account's: the name is taken, the list is its own.
            Operation::CreateBucket => drop(answer.refused(409, "BucketAlreadyExists")),
            Operation::ListBuckets => {
                assert!(answer.expect(200).texts("Name").is_empty(), "{what}");
            }
            _ => refused(what, &answer),
        };
        target.attack(*operation, Sender::Account(&scene.other), judge);
        assert_eq!(target.looks(), before, "{operation:?}");
    }
}

#[test]
fn row_33_foreign_user_and_nobody_are_denied_every_operation() {
    let scene = Scene::start();
    let target = Target::new(&scene);
    let eva = user(&scene.other, "eva");
    grant(&scene.other, "eva", &json!([allow(&json!("*"))]));
    let before = target.looks();
    for operation in Operation::ALL {
        target.attack(*operation, Sender::Nobody, |what, answer| {
            refused(what, &answer);
        });
        let judge = |what: &str, answer: Answer| match operation {
            Operation::CreateBucket => drop(answer.refused(409, "BucketAlreadyExists")),
            Operation::ListBuckets => {
                assert!(answer.expect(200).texts("Name").is_empty(), "{what}");
            }
            Operation::DeleteObjects => each_refused(what, &answer),
            _ => refused(what, &answer),
        };
        target.attack(*operation, Sender::Account(&eva), judge);
        assert_eq!(target.looks(), before, "{operation:?}");
    }
}

/// DeleteObjects answers for each key by itself.
#[track_caller]
fn each_refused(what: &str, answer: &Answer) {
    if answer.status == 403 {
        return;
    }
    let codes = answer.texts("Code");
    assert!(
        answer.status == 200 && !codes.is_empty(),
        "{what}: {}",
        answer.body_text()
    );
    assert!(
        codes.iter().all(|code| code == "AccessDenied"),
        "{what}: {codes:?}"
    );
    assert!(!answer.body_text().contains("<Deleted>"), "{what}");
}

#[test]
fn row_33_user_without_policy_is_denied_every_operation() {
    let scene = Scene::start();
    let target = Target::new(&scene);
    let ana = user(&scene.city, "ana");
    let before = target.looks();
    for operation in Operation::ALL {
        target.attack(*operation, Sender::Account(&ana), |what, answer| {
            refused(what, &answer);
        });
        assert_eq!(target.looks(), before, "{operation:?}");
    }
}

/// Temporary credentials: of a role without a policy, of one that may do everything and was
/// narrowed to what has nothing to do with any of it, and of a user without a policy.
#[test]
fn row_33_sessions_without_permission_are_denied_every_operation() {
    let scene = Scene::start();
    let target = Target::new(&scene);
    let (ana, bare) = writer(&scene, &json!([]));
    let trusted = json!({"AWS": super::sessions::user_arn(&scene.city, "ana")});
    let everything = json!([allow(&json!("*"))]);
    let full = super::sessions::role(&scene.city, "full", &trusted, &everything);
    let elsewhere = json!([
        allow(&json!("iam:*")),
        {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::elsewhere*"},
    ]);
    let sessions = [
        take(&ana, &bare, None),
        take(&ana, &full, Some(&elsewhere)),
        token(&ana),
    ];
    let before = target.looks();
    for operation in Operation::ALL {
        for by in &sessions {
            let judge = |what: &str, answer: Answer| match operation {
                Operation::DeleteObjects => each_refused(what, &answer),
                _ => refused(what, &answer),
            };
            target.attack(*operation, Sender::Account(by), judge);
        }
        assert_eq!(target.looks(), before, "{operation:?}");
    }
}

/// One action is taken by a session policy from a role that may do everything.
#[test]
fn row_33_denial_by_a_session_policy_is_final_for_every_operation() {
    let scene = Scene::start();
    let target = Target::new(&scene);
    let (ana, arn) = writer(&scene, &json!([allow(&json!("*"))]));
    let before = target.looks();
    for operation in Operation::ALL {
        let action = operation.action();
        let actions = json!([action.name(), action.on_version().name()]);
        let deny = json!({"Effect": "Deny", "Action": actions, "Resource": "*"});
        let by = take(&ana, &arn, Some(&json!([allow(&json!("*")), deny])));
        let judge = |what: &str, answer: Answer| match operation {
            Operation::DeleteObjects => each_refused(what, &answer),
            _ => refused(what, &answer),
        };
        target.attack(*operation, Sender::Account(&by), judge);
        assert_eq!(target.looks(), before, "{operation:?}");
    }
}

/// One action is taken from a user that may do everything else: once by its own policy, once by the
/// bucket's.
#[test]
fn row_33_explicit_denial_is_final_for_every_operation() {
    let scene = Scene::start();
    let target = Target::new(&scene);
    let ana = user(&scene.city, "ana");
    let before = target.looks();
    for operation in Operation::ALL {
        let action = operation.action();
        let actions = json!([action.name(), action.on_version().name()]);
        let deny = json!({"Effect": "Deny", "Action": actions, "Resource": "*"});
        grant(&scene.city, "ana", &json!([allow(&json!("*")), deny]));
        let judge = |what: &str, answer: Answer| match operation {
            Operation::DeleteObjects => each_refused(what, &answer),
            _ => refused(what, &answer),
        };
        target.attack(*operation, Sender::Account(&ana), judge);
        assert_eq!(target.looks(), before, "{operation:?}");
    }
    let identity = query::sts(&ana, &[("Action", "GetCallerIdentity")]).expect(200);
    assert!(identity.text("Arn").expect("an ARN").ends_with(":user/ana"));
}
