//! Steps as requests.
//!
//! Owns: targets, headers and documents. Not here: ids that the server made (`Ids` remembers them),
//! the connection (`wire`).

use super::bucket::{self, Name, Selector};
use super::state::Model;
use super::step::{Condition, Mode, OBJECTS, Step, Write};
use super::wire::iso8601;
use crate::raw::{Account, Request};
use std::fmt::Write as _;

/// An id that nobody made.
const NEVER: &str = "00000000000000000000000000000000";
/// An ETag that no object has.
const OTHER: &str = "\"0123456789abcdef0123456789abcdef\"";

/// What the server calls what the model counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    /// Versions.
    pub(crate) versions: Vec<String>,
    /// Uploads.
    pub(crate) uploads: Vec<String>,
}

impl Ids {
    /// A version's id as clients write it.
    pub(crate) fn text(&self, name: Name) -> &str {
        match name {
            Name::Null => "null",
            Name::Made(number) => &self.versions[number],
            Name::Never => NEVER,
        }
    }

    /// What a request names; `None` for the newest.
    pub(crate) fn selected(&self, selector: Selector) -> Option<&str> {
        match selector {
            Selector::Newest => None,
            Selector::Version(name) => Some(self.text(name)),
            Selector::Malformed => Some("latest"),
        }
    }
}

/// Makes requests of steps.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    pub(crate) account: &'a Account,
    pub(crate) bucket: &'a str,
    pub(crate) model: &'a Model,
    pub(crate) ids: &'a Ids,
}

impl Writer<'_> {
    /// The request of a step that is one.
    pub(crate) fn request(&self, step: &Step) -> Request {
        match *step {
            Step::CreateBucket { lock } => {
                let request = self.of_bucket("PUT", "");
                let header = "x-amz-bucket-object-lock-enabled";
                if lock {
                    request.header(header, "true")
                } else {
                    request
                }
            }
            Step::DeleteBucket => self.of_bucket("DELETE", ""),
            Step::SetVersioning { enabled } => {
                let status = if enabled { "Enabled" } else { "Suspended" };
                let inner = format!("<Status>{status}</Status>");
                let request = self.of_bucket("PUT", "?versioning");
                request.body(document("VersioningConfiguration", &inner))
            }
            Step::GetVersioning => self.of_bucket("GET", "?versioning"),
            Step::SetLock { default } => {
                let request = self.of_bucket("PUT", "?object-lock");
                request.body(document("ObjectLockConfiguration", &lock_rule(default)))
            }
            Step::GetLock => self.of_bucket("GET", "?object-lock"),
            Step::Put {
                object,
                body,
                ref write,
            } => {
                let request = self.of_object("PUT", object, Selector::Newest, "");
                with_body(self.described(request, object, *write), body)
            }
            Step::Read { object, pick, head } => {
                let method = if head { "HEAD" } else { "GET" };
                self.of_object(method, object, self.model.select(object, pick), "")
            }
            Step::Delete {
                object,
                pick,
                bypass,
                condition,
            } => {
                let selector = self.model.select(object, pick);
                let request = self.of_object("DELETE", object, selector, "");
                bypassing(self.conditional(request, object, condition), bypass)
            }
            Step::DeleteMany { .. } => self.delete_many(step),
            Step::Copy { .. } => self.copy(step),
            Step::ListVersions { .. } | Step::ListObjects { .. } => self.of_bucket("GET", ""),
            Step::CreateUpload { .. }
            | Step::UploadPart { .. }
            | Step::Complete { .. }
            | Step::Abort { .. } => self.upload(step),
            _ => self.of_version(step),
        }
    }

    fn of_bucket(&self, method: &str, query: &str) -> Request {
        let target = format!("/{}{query}", self.bucket);
        self.account.request(method, &target)
    }

    /// A request about a version of an object; `query` is a further parameter.
    pub(crate) fn of_object(
        &self,
        method: &str,
        object: usize,
        selector: Selector,
        query: &str,
    ) -> Request {
        let version = self
            .ids
            .selected(selector)
            .map(|id| format!("versionId={id}"));
        let query = Some(query.to_owned()).filter(|query| !query.is_empty());
        let parameters: Vec<String> = query.into_iter().chain(version).collect();
        let mut target = format!("/{}/{}", self.bucket, OBJECTS[object]);
        for (joint, parameter) in ["?", "&"].iter().zip(&parameters) {
            write!(target, "{joint}{parameter}").expect("text");
        }
        self.account.request(method, &target)
    }

    /// Headers of a write.
    fn described(&self, mut request: Request, object: usize, write: Write) -> Request {
        if let Some((mode, day)) = write.retention {
            let until = iso8601(bucket::day_millis(day));
            request = request
                .header("x-amz-object-lock-mode", mode.name())
                .header("x-amz-object-lock-retain-until-date", &until);
        }
        if let Some(hold) = write.hold {
            let status = if hold { "ON" } else { "OFF" };
            request = request.header("x-amz-object-lock-legal-hold", status);
        }
        let tags = bucket::tags(write.tags);
        if !tags.is_empty() {
            let pairs = tags.iter().map(|(name, value)| format!("{name}={value}"));
            let header = pairs.collect::<Vec<_>>().join("&").replace(' ', "+");
            request = request.header("x-amz-tagging", &header);
        }
        self.conditional(request, object, write.condition)
    }

    fn conditional(
        &self,
        request: Request,
        object: usize,
        condition: Option<Condition>,
    ) -> Request {
        match condition {
            None => request,
            Some(Condition::Absent) => request.header("if-none-match", "*"),
            Some(Condition::Present) => request.header("if-match", "*"),
            Some(Condition::Other) => request.header("if-match", OTHER),
            Some(Condition::Same) => {
                let bucket = self.model.bucket.as_ref();
                let newest = bucket.and_then(|own| own.newest(object));
                let etag = newest.map(|own| format!("\"{}\"", own.etag));
                request.header("if-match", etag.as_deref().unwrap_or(OTHER))
            }
        }
    }

    fn delete_many(&self, step: &Step) -> Request {
        let Step::DeleteMany {
            entries,
            bypass,
            quiet,
        } = step
        else {
            return self.of_bucket("POST", "?delete");
        };
        let mut inner = format!("<Quiet>{quiet}</Quiet>");
        for (object, selector) in self.model.distinct(entries) {
            let version = self.ids.selected(selector);
            let version = version.map(|id| format!("<VersionId>{id}</VersionId>"));
            let version = version.unwrap_or_default();
            let name = OBJECTS[object];
            write!(inner, "<Object><Key>{name}</Key>{version}</Object>").expect("text");
        }
        let request = self.of_bucket("POST", "?delete");
        bypassing(request.body(document("Delete", &inner)), *bypass)
    }

    fn copy(&self, step: &Step) -> Request {
        let Step::Copy {
            from: (from, pick),
            to,
            metadata,
            new_tags,
            ref write,
        } = *step
        else {
            return self.of_bucket("PUT", "");
        };
        let selector = self.model.select(from, pick);
        let version = self
            .ids
            .selected(selector)
            .map(|id| format!("?versionId={id}"));
        let version = version.unwrap_or_default();
        let source = format!("{}/{}{version}", self.bucket, OBJECTS[from]);
        let request = self.of_object("PUT", to, Selector::Newest, "");
        let mut request = self
            .described(request, to, *write)
            .header("x-amz-copy-source", &source);
        if let Some(number) = metadata {
            request = request
                .header("x-amz-metadata-directive", "REPLACE")
                .header("x-amz-meta-number", &number.to_string());
        }
        if new_tags {
            request = request.header("x-amz-tagging-directive", "REPLACE");
        }
        request
    }

    fn upload(&self, step: &Step) -> Request {
        let (upload, method) = match *step {
            Step::CreateUpload { object, ref write } => {
                let request = self.of_object("POST", object, Selector::Newest, "uploads");
                return self.described(request, object, *write);
            }
            Step::UploadPart { upload, .. } => (upload, "PUT"),
            Step::Complete { upload, .. } => (upload, "POST"),
            Step::Abort { upload } => (upload, "DELETE"),
            _ => return self.of_bucket("GET", ""),
        };
        let place = self.model.upload(upload);
        let own = place.map(|place| &self.model.uploads[place]);
        let object = own.map_or(0, |own| own.object);
        let id = place.map_or(NEVER, |place| &self.ids.uploads[place]);
        let mut query = format!("uploadId={id}");
        if let Step::UploadPart { number, .. } = *step {
            query = format!("partNumber={number}&{query}");
        }
        let request = self.of_object(method, object, Selector::Newest, &query);
        match *step {
            Step::UploadPart { body, .. } => with_body(request, body),
            Step::Complete {
                ref parts,
                wrong,
                condition,
                ..
            } => {
                let listed = own.map_or_else(|| vec![1], |own| own.listed(parts));
                let stored = |number: &u16| own.and_then(|own| own.parts.get(number));
                let etags = listed.iter().map(|number| match stored(number) {
                    Some(part) if !wrong => hex::encode(part.md5),
                    _ => OTHER.replace('"', ""),
                });
                let parts = listed.iter().zip(etags).map(|(number, etag)| {
                    format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
                });
                let inner: String = parts.collect();
                let request = request.body(document("CompleteMultipartUpload", &inner));
                self.conditional(request, object, condition)
            }
            _ => request,
        }
    }

    /// Requests about retention, legal hold and tags.
    fn of_version(&self, step: &Step) -> Request {
        let request = |method, object, pick, query| {
            self.of_object(method, object, self.model.select(object, pick), query)
        };
        match *step {
            Step::SetRetention {
                object,
                pick,
                retention,
                bypass,
            } => {
                let inner = retention.map(|(mode, day)| {
                    let (mode, until) = (mode.name(), iso8601(bucket::day_millis(day)));
                    format!("<Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate>")
                });
                let document = document("Retention", &inner.unwrap_or_default());
                bypassing(
                    request("PUT", object, pick, "retention").body(document),
                    bypass,
                )
            }
            Step::GetRetention { object, pick } => request("GET", object, pick, "retention"),
            Step::SetHold { object, pick, hold } => {
                let status = if hold { "ON" } else { "OFF" };
                let document = document("LegalHold", &format!("<Status>{status}</Status>"));
                request("PUT", object, pick, "legal-hold").body(document)
            }
            Step::GetHold { object, pick } => request("GET", object, pick, "legal-hold"),
            Step::SetTags { object, pick, tags } => {
                let tags = bucket::tags(tags).into_iter().map(|(name, value)| {
                    format!("<Tag><Key>{name}</Key><Value>{value}</Value></Tag>")
                });
                let inner = format!("<TagSet>{}</TagSet>", tags.collect::<String>());
                let document = document("Tagging", &inner);
                request("PUT", object, pick, "tagging").body(document)
            }
            Step::GetTags { object, pick } => request("GET", object, pick, "tagging"),
            Step::DeleteTags { object, pick } => request("DELETE", object, pick, "tagging"),
            _ => self.of_bucket("GET", ""),
        }
    }
}

fn document(root: &str, inner: &str) -> String {
    format!("<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{inner}</{root}>")
}

fn lock_rule(default: Option<(Mode, u32)>) -> String {
    let rule = default.map(|(mode, days)| {
        let mode = mode.name();
        let inner = format!("<Mode>{mode}</Mode><Days>{days}</Days>");
        format!("<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>")
    });
    let enabled = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
    format!("{enabled}{}", rule.unwrap_or_default())
}

fn with_body(request: Request, number: usize) -> Request {
    let body = bucket::body(number);
    request.payload(&body.sha256).body(&*body.bytes)
}

fn bypassing(request: Request, bypass: bool) -> Request {
    if bypass {
        request.header("x-amz-bypass-governance-retention", "true")
    } else {
        request
    }
}
