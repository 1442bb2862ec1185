//! One life of a bucket: the server and the model do the same.
//!
//! Owns: running steps, the comparison of all that is there. Not here: drawing them (`strategy`),
//! many lives (`mod`).

use super::bucket::{Name, Selector};
use super::compare::{self, Difference, same};
use super::listing::List;
use super::pages;
use super::reply::Written;
use super::request::{Ids, Writer};
use super::state::Model;
use super::step::{OBJECTS, Step};
use super::wire::{self, Line, elements, text};
use super::writes::Upload;
use crate::raw::{self, Answer, Request};
use std::collections::BTreeMap;

/// A bucket of the server and its model.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    line: &'a mut Line,
    bucket: &'a str,
    model: Model,
    ids: Ids,
    /// How often each operation ended how.
    pub(crate) tally: Tally,
}

/// Operation and S3 code, `""` for a success.
pub(crate) type Tally = BTreeMap<(String, &'static str), usize>;

/// What the admin listener tells of a bucket: bytes, objects, bytes of uploads.
pub(crate) type Usage = (usize, usize, usize);

fn now_millis() -> u64 {
    let millis = raw::now().unix_timestamp_nanos() / 1_000_000;
    u64::try_from(millis).expect("a time after 1970")
}

impl<'a> Case<'a> {
    /// Begins without a bucket of this name.
    pub(crate) fn new(line: &'a mut Line, bucket: &'a str) -> Self {
        Self {
            line,
            bucket,
            model: Model::default(),
            ids: Ids::default(),
            tally: Tally::new(),
        }
    }

    fn count(&mut self, step: &Step, code: &'static str) {
        let name = format!("{step:?}");
        let name = name.split(' ').next().unwrap_or_default().to_owned();
        *self.tally.entry((name, code)).or_default() += 1;
    }

    fn request(&self, make: impl Fn(&Writer<'_>) -> Request) -> Request {
        make(&Writer {
            account: &self.line.account,
            bucket: self.bucket,
            model: &self.model,
            ids: &self.ids,
        })
    }

    /// Does a step on both sides.
    pub(crate) fn step(&mut self, step: &Step) -> Result<(), Difference> {
        if let (Some(own), Step::ListVersions { .. } | Step::ListObjects { .. }) =
            (&self.model.bucket, step)
        {
            let listing = match *step {
                Step::ListVersions { query, from } => {
                    let list = List::of(&self.model, query, from);
                    let entries = list.versions(own);
                    pages::versions(self.line, self.bucket, (&list, &self.ids), &entries)
                }
                Step::ListObjects { query } => {
                    let list = List::of(&self.model, query, None);
                    let entries = list.objects(own);
                    pages::objects(self.line, self.bucket, (&list, &self.ids), &entries)
                }
                _ => Ok(()),
            };
            return listing;
        }
        let request = self.request(|writer| writer.request(step));
        let reply = self.model.apply(step);
        let begun = now_millis();
        let answer = self.line.send(request);
        let ended = now_millis();
        compare::compare(&reply, &answer, &mut self.ids)?;
        self.count(step, reply.code);
        if let (Step::CreateUpload { .. }, true) = (step, reply.code.is_empty()) {
            let upload = answer.text("UploadId").ok_or("no upload id")?;
            self.ids.uploads.push(upload);
        }
        if !reply.etags.is_empty() {
            self.learn_etag(&reply.etags, reply.written, &answer)?;
        }
        if let Some(Written {
            object,
            order,
            days: Some(days),
        }) = reply.written
        {
            let until = self.told_until(object, order)?;
            let until = compare::default_until(until, days, (begun, ended))?;
            let version = self.version(object, order);
            version.retention = version.retention.map(|(mode, _)| (mode, until));
        }
        self.learn_markers()
    }

    fn version(&mut self, object: usize, order: usize) -> &mut super::bucket::Version {
        let bucket = self.model.bucket.as_mut().expect("the bucket");
        let mut versions = bucket.objects[object].iter_mut();
        let found = versions.find(|own| own.order == order);
        found.expect("the version that was written")
    }

    /// The ETag is told in a header or in the document.
    fn learn_etag(
        &mut self,
        etags: &[String],
        written: Option<Written>,
        answer: &Answer,
    ) -> Result<(), Difference> {
        let document = answer.body_text();
        let header = answer.header("etag").map(|told| told.replace('"', ""));
        let told = header.or_else(|| text(&document, "ETag"));
        let told = told.unwrap_or_default();
        if !etags.contains(&told) {
            return Err(format!("etag: model {etags:?}, server {told}"));
        }
        if let Some(Written { object, order, .. }) = written {
            self.version(object, order).etag = told;
        }
        Ok(())
    }

    /// The retention that the server gave a version.
    fn told_until(&mut self, object: usize, order: usize) -> Result<Option<u64>, Difference> {
        let name = self.version(object, order).name;
        let selector = Selector::Version(name);
        let request = self.request(|writer| writer.of_object("HEAD", object, selector, ""));
        let answer = self.line.send(request);
        same("status", 200, answer.status)?;
        let told = answer.header("x-amz-object-lock-retain-until-date");
        Ok(told.and_then(wire::millis))
    }

    /// Markers whose ids a quiet deletion did not tell: each is the newest of its object.
    fn learn_markers(&mut self) -> Result<(), Difference> {
        while let Some(made) = self.model.made.get(self.ids.versions.len()) {
            let name = OBJECTS[made.object];
            let prefix = name.replace('/', "%2F");
            let target = format!("/{}?versions&prefix={prefix}", self.bucket);
            let answer = self.line.send(self.line.account.request("GET", &target));
            let document = answer.body_text();
            let markers = elements(&document, &["DeleteMarker"]).into_iter();
            let mut newest = markers.filter(|(_, own)| {
                text(own, "Key").as_deref() == Some(name)
                    && text(own, "IsLatest").as_deref() == Some("true")
            });
            let id = newest.next().and_then(|(_, own)| text(own, "VersionId"));
            let id = id.filter(|id| !self.ids.versions.contains(id));
            self.ids.versions.push(id.ok_or("no marker on top")?);
        }
        Ok(())
    }

    /// Destroys whatever no lock keeps, and the bucket with it if nothing is left.
    pub(crate) fn destroy(&mut self) -> Result<(), Difference> {
        let Some(own) = self.model.bucket.clone() else {
            return Ok(());
        };
        for (object, versions) in own.objects.iter().enumerate() {
            for version in versions.iter().rev() {
                let selector = Selector::Version(version.name);
                let request = self.request(|writer| {
                    let request = writer.of_object("DELETE", object, selector, "");
                    request.header("x-amz-bypass-governance-retention", "true")
                });
                let reply = self.model.destroy(object, selector);
                let answer = self.line.send(request);
                compare::compare(&reply, &answer, &mut self.ids)?;
            }
        }
        self.step(&Step::DeleteBucket)
    }

    /// Compares all that is there: the list of versions, every version by its id, usage.
    pub(crate) fn check(&mut self, usage: impl Fn() -> Option<Usage>) -> Result<(), Difference> {
        let Some(own) = self.model.bucket.clone() else {
            return same("usage without a bucket", None, usage());
        };
        let list = List::whole();
        let entries = list.versions(&own);
        pages::versions(self.line, self.bucket, (&list, &self.ids), &entries)?;
        for (object, versions) in own.objects.iter().enumerate() {
            for version in versions.iter().filter(|own| !own.is_marker) {
                let selector = Selector::Version(version.name);
                let request = self.request(|writer| writer.of_object("GET", object, selector, ""));
                let answer = self.line.send(request);
                same("status", 200, answer.status)?;
                compare::object(version, true, &answer)?;
            }
            for version in versions.iter().filter(|own| own.is_marker) {
                self.refuses_to_read(object, version.name)?;
            }
        }
        let (bytes, count) = own.usage();
        let uploads = self.model.uploads.iter().map(Upload::waiting_bytes).sum();
        same("usage", Some((bytes, count, uploads)), usage())
    }

    fn refuses_to_read(&mut self, object: usize, marker: Name) -> Result<(), Difference> {
        let selector = Selector::Version(marker);
        let request = self.request(|writer| writer.of_object("HEAD", object, selector, ""));
        same("status of a marker", 405, self.line.send(request).status)
    }
}
