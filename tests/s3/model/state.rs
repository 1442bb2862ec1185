//! The reference model: what every step does and answers.
//!
//! Owns: buckets, reads, deletions, and what is said and set of a version. Not here: what makes new
//! versions (`writes`), listings (`listing`).

use super::bucket::{self, Body, Bucket, Made, Name, Selector, Version, Versioning};
use super::reply::{Outcome, Reply};
use super::step::{Condition, Mode, Pick, Step};
use super::writes::Upload;
use std::sync::Arc;

/// A bucket's name, and all that was ever behind it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) bucket: Option<Bucket>,
    /// All versions that ever had ids of their own, in the order in which they were made.
    pub(crate) made: Vec<Made>,
    /// Uploads that were ever begun.
    pub(crate) uploads: Vec<Upload>,
    /// Versions so far, null versions among them.
    pub(crate) orders: usize,
}

/// The answer when there is no bucket.
fn no_bucket() -> Reply {
    Reply::refused(404, "NoSuchBucket")
}

impl Model {
    /// Does what the step does. Listings answer by `listing`.
    pub(crate) fn apply(&mut self, step: &Step) -> Reply {
        match self.try_apply(step) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    fn try_apply(&mut self, step: &Step) -> Result<Reply, Reply> {
        if let Step::CreateBucket { lock } = *step {
            return self.create_bucket(lock);
        }
        self.bucket()?;
        match *step {
            Step::CreateBucket { .. } | Step::ListVersions { .. } | Step::ListObjects { .. } => {
                Ok(Reply::ok(200))
            }
            Step::DeleteBucket => self.delete_bucket(),
            Step::SetVersioning { enabled } => self.set_versioning(enabled),
            Step::GetVersioning => self.get_versioning(),
            Step::SetLock { default } => self.set_lock(default),
            Step::GetLock => self.get_lock(),
            Step::Put {
                object,
                body,
                write,
            } => self.put(object, bucket::body(body), write),
            Step::Read { object, pick, head } => self.read(object, pick, head),
            Step::Delete {
                object,
                pick,
                bypass,
                condition,
            } => {
                let selector = self.select(object, pick);
                self.delete(object, selector, bypass, condition)
            }
            Step::DeleteMany {
                ref entries,
                bypass,
                quiet,
            } => Ok(self.delete_many(entries, bypass, quiet)),
            Step::Copy { .. } => self.copy(step),
            Step::CreateUpload { object, write } => self.create_upload(object, write),
            Step::UploadPart {
                upload,
                number,
                body,
            } => self.upload_part(upload, number, body),
            Step::Complete {
                upload,
                ref parts,
                wrong,
                condition,
            } => self.complete(upload, parts, wrong, condition),
            Step::Abort { upload } => self.abort(upload),
            Step::SetRetention {
                object,
                pick,
                retention,
                bypass,
            } => {
                let retention = retention.map(|(mode, day)| (mode, bucket::day_millis(day)));
                self.set_retention(object, pick, retention, bypass)
            }
            Step::GetRetention { object, pick } => self.get_retention(object, pick),
            Step::SetHold { object, pick, hold } => self.set_hold(object, pick, hold),
            Step::GetHold { object, pick } => self.get_hold(object, pick),
            Step::SetTags { object, pick, tags } => self.set_tags(object, pick, tags, 200),
            Step::DeleteTags { object, pick } => self.set_tags(object, pick, 0, 204),
            Step::GetTags { object, pick } => self.get_tags(object, pick),
        }
    }

    /// The bucket that is there.
    pub(crate) fn bucket(&self) -> Result<&Bucket, Reply> {
        self.bucket.as_ref().ok_or_else(no_bucket)
    }

    /// The bucket that is there, to be changed.
    pub(crate) fn bucket_mut(&mut self) -> Result<&mut Bucket, Reply> {
        self.bucket.as_mut().ok_or_else(no_bucket)
    }

    /// What a step names.
    pub(crate) fn select(&self, object: usize, pick: Pick) -> Selector {
        bucket::select(&self.made, object, pick)
    }

    fn create_bucket(&mut self, lock: bool) -> Result<Reply, Reply> {
        match &self.bucket {
            Some(own) if lock && own.lock.is_none() => {
                return Err(Reply::refused(409, "BucketAlreadyOwnedByYou"));
            }
            Some(_) => {}
            None => {
                let mut own = Bucket::default();
                if lock {
                    (own.lock, own.versioning) = (Some(None), Versioning::Enabled);
                }
                self.bucket = Some(own);
            }
        }
        Ok(Reply::ok(200))
    }

    fn delete_bucket(&mut self) -> Result<Reply, Reply> {
        if self.bucket()?.usage().1 > 0 {
            return Err(Reply::refused(409, "BucketNotEmpty"));
        }
        self.bucket = None;
        for upload in &mut self.uploads {
            upload.end();
        }
        Ok(Reply::ok(204))
    }

    fn set_versioning(&mut self, enabled: bool) -> Result<Reply, Reply> {
        let bucket = self.bucket_mut()?;
        if bucket.lock.is_some() && !enabled {
            return Err(Reply::refused(409, "InvalidBucketState"));
        }
        bucket.versioning = if enabled {
            Versioning::Enabled
        } else {
            Versioning::Suspended
        };
        Ok(Reply::ok(200))
    }

    fn get_versioning(&self) -> Result<Reply, Reply> {
        let status = match self.bucket()?.versioning {
            Versioning::Unversioned => Vec::new(),
            Versioning::Enabled => vec!["Enabled".to_owned()],
            Versioning::Suspended => vec!["Suspended".to_owned()],
        };
        Ok(Reply::ok(200).with("Status", status))
    }

    fn set_lock(&mut self, default: Option<(Mode, u32)>) -> Result<Reply, Reply> {
        let bucket = self.bucket_mut()?;
        if bucket.versioning != Versioning::Enabled {
            return Err(Reply::refused(409, "InvalidBucketState"));
        }
        bucket.lock = Some(default);
        Ok(Reply::ok(200))
    }

    fn get_lock(&self) -> Result<Reply, Reply> {
        let refusal = || Reply::refused(404, "ObjectLockConfigurationNotFoundError");
        let default = self.bucket()?.lock.ok_or_else(refusal)?;
        let (modes, days) = default.into_iter().unzip::<Mode, u32, Vec<_>, Vec<_>>();
        Ok(Reply::ok(200)
            .with("ObjectLockEnabled", vec!["Enabled".to_owned()])
            .with(
                "Mode",
                modes.iter().map(|mode| mode.name().to_owned()).collect(),
            )
            .with("Days", days.iter().map(u32::to_string).collect()))
    }

    /// The version that a request is about, if it has anything to read or to set.
    pub(crate) fn find(&self, object: usize, selector: Selector) -> Result<&Version, Reply> {
        let bucket = self.bucket()?;
        if selector == Selector::Malformed {
            return Err(Reply::refused(400, "InvalidArgument"));
        }
        let is_named = selector != Selector::Newest;
        let Some(place) = bucket.place(object, selector) else {
            // In a bucket that never kept versions the null version is the object.
            let is_object = selector == Selector::Version(Name::Null) && !bucket.tells();
            return Err(if is_named && !is_object {
                Reply::refused(404, "NoSuchVersion")
            } else {
                Reply::refused(404, "NoSuchKey")
            });
        };
        let version = &bucket.objects[object][place];
        if version.is_marker {
            let refusal = if is_named {
                Reply::refused(405, "MethodNotAllowed")
            } else {
                Reply::refused(404, "NoSuchKey")
            };
            return Err(Reply {
                is_marker: true,
                version: Some(version.name),
                ..refusal
            });
        }
        Ok(version)
    }

    /// As [`Model::find`], to be changed.
    pub(crate) fn find_mut(
        &mut self,
        object: usize,
        selector: Selector,
    ) -> Result<&mut Version, Reply> {
        let order = self.find(object, selector)?.order;
        let mut versions = self.bucket_mut()?.objects[object].iter_mut();
        let found = versions.find(|own| own.order == order);
        Ok(found.expect("the version that was found"))
    }

    fn read(&self, object: usize, pick: Pick, head: bool) -> Result<Reply, Reply> {
        let version = self.find(object, self.select(object, pick))?;
        let reply = Reply {
            object: Some((version.clone(), !head)),
            ..Reply::ok(200)
        };
        Ok(reply.of(self.bucket()?, version.name))
    }

    /// Puts a marker on top.
    fn mark(&mut self, object: usize) -> Result<Name, Reply> {
        let marker = Version {
            name: Name::Null,
            order: 0,
            is_marker: true,
            body: Arc::new(Body::new(Vec::new())),
            etag: String::new(),
            tags: 0,
            metadata: None,
            retention: None,
            hold: false,
        };
        self.stack(object, marker)
    }

    fn delete(
        &mut self,
        object: usize,
        selector: Selector,
        bypass: bool,
        condition: Option<Condition>,
    ) -> Result<Reply, Reply> {
        let bucket = self.bucket_mut()?;
        if selector == Selector::Malformed {
            return Err(Reply::refused(400, "InvalidArgument"));
        }
        let place = bucket.place(object, selector);
        let found = place.map(|place| bucket.objects[object][place].clone());
        if let (Some(condition), Some(found)) = (condition, &found) {
            // Point 39: a marker is there and matches nothing. `Same` is about the newest version.
            let newest = bucket.newest(object).map(|own| &own.etag);
            let holds = match condition {
                Condition::Present => true,
                Condition::Same => newest == Some(&found.etag),
                Condition::Absent | Condition::Other => false,
            };
            if found.is_marker || !holds {
                return Err(Reply::refused(412, "PreconditionFailed"));
            }
        }
        let Selector::Version(name) = selector else {
            return match (bucket.versioning, condition, found) {
                // Point 39: no marker is made of nothing under a condition.
                (_, Some(_), None) => Ok(Reply::ok(204)),
                (Versioning::Unversioned, ..) => {
                    bucket.objects[object].pop();
                    Ok(Reply::ok(204))
                }
                _ => Ok(Reply {
                    version: Some(self.mark(object)?),
                    is_marker: true,
                    ..Reply::ok(204)
                }),
            };
        };
        let reply = Reply::ok(204).of(bucket, name);
        let (Some(place), Some(found)) = (place, found) else {
            return Ok(reply);
        };
        if !found.may_go(bypass) {
            return Err(Reply::refused(403, "AccessDenied"));
        }
        bucket.objects[object].remove(place);
        let is_marker = found.is_marker;
        Ok(Reply { is_marker, ..reply })
    }

    /// Destroys a version if no COMPLIANCE retention and no legal hold keeps it.
    pub(crate) fn destroy(&mut self, object: usize, selector: Selector) -> Reply {
        match self.delete(object, selector, true, None) {
            Ok(reply) | Err(reply) => reply,
        }
    }

    /// The entries of a deletion of several whose order does not matter: they are done at the same
    /// time.
    pub(crate) fn distinct(&self, entries: &[(usize, Pick)]) -> Vec<(usize, Selector)> {
        let mut distinct: Vec<(usize, Selector)> = Vec::new();
        let is_made = |selector| matches!(selector, Selector::Version(Name::Made(_)));
        for (object, pick) in entries {
            let selector = self.select(*object, *pick);
            let meets = |own: &(usize, Selector)| {
                own.0 == *object && (own.1 == selector || !is_made(own.1) && !is_made(selector))
            };
            if !distinct.iter().any(meets) {
                distinct.push((*object, selector));
            }
        }
        distinct
    }

    fn delete_many(&mut self, entries: &[(usize, Pick)], bypass: bool, quiet: bool) -> Reply {
        let mut outcomes = Vec::new();
        for (object, selector) in self.distinct(entries) {
            let reply = match self.delete(object, selector, bypass, None) {
                Ok(reply) | Err(reply) => reply,
            };
            let asked = match selector {
                Selector::Newest => None,
                Selector::Version(name) => Some(Some(name)),
                Selector::Malformed => Some(None),
            };
            let result = match reply.code {
                "" => Ok(reply.version.filter(|_| reply.is_marker)),
                // What is no version id is no version here.
                "InvalidArgument" => Err("NoSuchVersion"),
                code => Err(code),
            };
            if !quiet || result.is_err() {
                outcomes.push(Outcome {
                    object,
                    asked,
                    result,
                });
            }
        }
        Reply {
            outcomes: Some(outcomes),
            ..Reply::ok(200)
        }
    }
}
