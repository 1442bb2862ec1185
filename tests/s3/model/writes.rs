//! What makes new versions: PUT, copies, uploads.
//!
//! Owns: a version put on top of the others, with the lock that it gets. Not here: markers
//! (`state`).

use super::bucket::{self, Body, LARGE, Made, Name, Selector, Version, Versioning};
use super::reply::{Reply, Written};
use super::state::Model;
use super::step::{Condition, Step, Write};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A multipart upload.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) object: usize,
    /// Its parts by number.
    pub(crate) parts: BTreeMap<u16, Arc<Body>>,
    write: Write,
    end: Option<End>,
}

#[derive(Clone, Debug)]
enum End {
    /// Aborted, or gone with its bucket.
    Gone,
    /// Completed: what was answered.
    Done(Box<Reply>),
}

impl Upload {
    /// Ends it, whatever became of it.
    pub(crate) fn end(&mut self) {
        self.end = Some(End::Gone);
    }

    /// Bytes of parts that wait for the end.
    pub(crate) fn waiting_bytes(&self) -> usize {
        let parts = self.parts.values().filter(|_| self.end.is_none());
        parts.map(|part| part.bytes.len()).sum()
    }

    /// The parts that a request to complete it lists.
    pub(crate) fn listed(&self, parts: &[u16]) -> Vec<u16> {
        let all = || self.parts.keys().copied().collect::<Vec<_>>();
        let listed = if parts.is_empty() {
            all()
        } else {
            parts.to_vec()
        };
        if listed.is_empty() { vec![1] } else { listed }
    }
}

/// The ETag of an object that came in one piece.
pub(crate) fn etag(body: &Body) -> String {
    hex::encode(body.md5)
}

impl Model {
    /// Puts a version on top: a null version takes the place of the null version that there was.
    pub(super) fn stack(&mut self, object: usize, mut version: Version) -> Result<Name, Reply> {
        let order = self.orders;
        let number = self.made.len();
        let bucket = self.bucket_mut()?;
        let is_null = bucket.versioning != Versioning::Enabled;
        version.order = order;
        version.name = if is_null {
            Name::Null
        } else {
            Name::Made(number)
        };
        if is_null {
            bucket.objects[object].retain(|own| own.name != Name::Null);
        }
        let name = version.name;
        bucket.objects[object].push(version);
        self.orders += 1;
        if !is_null {
            self.made.push(Made { object, order });
        }
        Ok(name)
    }

    /// Whether a lock may be asked for.
    fn judge_lock(&self, write: Write) -> Result<(), Reply> {
        let is_asked = write.retention.is_some() || write.hold.is_some();
        if is_asked && self.bucket()?.lock.is_none() {
            return Err(Reply::refused(400, "InvalidRequest"));
        }
        match write.retention {
            Some((_, 0)) => Err(Reply::refused(400, "InvalidArgument")),
            _ => Ok(()),
        }
    }

    fn judge_condition(&self, object: usize, condition: Option<Condition>) -> Result<(), Reply> {
        match self.bucket()?.holds(object, condition) {
            Some(true) => Ok(()),
            Some(false) => Err(Reply::refused(412, "PreconditionFailed")),
            None => Err(Reply::refused(404, "NoSuchKey")),
        }
    }

    /// Makes a new version of an object with the lock that was asked for or that is the default.
    fn create(
        &mut self,
        object: usize,
        new: (Arc<Body>, Vec<String>),
        write: Write,
        metadata: Option<u8>,
    ) -> Result<Reply, Reply> {
        let (body, etags) = new;
        let asked = write
            .retention
            .map(|(mode, day)| (mode, bucket::day_millis(day)));
        let default = self.bucket()?.lock.flatten().filter(|_| asked.is_none());
        let order = self.orders;
        let version = Version {
            name: Name::Null,
            order,
            is_marker: false,
            body,
            etag: etags[0].clone(),
            tags: write.tags,
            metadata,
            // The server tells the time.
            retention: asked.or_else(|| default.map(|(mode, _)| (mode, 0))),
            hold: write.hold == Some(true),
        };
        let name = self.stack(object, version)?;
        Ok(Reply {
            version: (name != Name::Null).then_some(name),
            etags,
            written: Some(Written {
                object,
                order,
                days: default.map(|(_, days)| days),
            }),
            ..Reply::ok(200)
        })
    }

    pub(super) fn put(
        &mut self,
        object: usize,
        body: Arc<Body>,
        write: Write,
    ) -> Result<Reply, Reply> {
        self.judge_lock(write)?;
        self.judge_condition(object, write.condition)?;
        let etags = vec![etag(&body)];
        self.create(object, (body, etags), write, None)
    }

    pub(super) fn copy(&mut self, step: &Step) -> Result<Reply, Reply> {
        let Step::Copy {
            from: (from, pick),
            to,
            metadata,
            new_tags,
            write,
        } = *step
        else {
            return Ok(Reply::ok(200));
        };
        let selector = self.select(from, pick);
        if selector == Selector::Malformed {
            return Err(Reply::refused(400, "InvalidArgument"));
        }
        self.judge_lock(write)?;
        let found = self.find(from, selector).cloned();
        let source = found.map_err(|refusal| match refusal.code {
            "MethodNotAllowed" => Reply::refused(400, "InvalidRequest"),
            _ => refusal,
        })?;
        let bucket = self.bucket()?;
        let is_current = bucket
            .newest(from)
            .is_some_and(|own| own.order == source.order);
        let is_locking = write.retention.is_some() || write.hold == Some(true);
        if from == to && is_current && metadata.is_none() && !new_tags && !is_locking {
            return Err(Reply::refused(400, "InvalidRequest"));
        }
        self.judge_condition(to, write.condition)?;
        let told = bucket.tells().then_some(source.name);
        let tags = if new_tags { write.tags } else { source.tags };
        let metadata = metadata.or(source.metadata);
        // An object that is not read anew keeps the ETag of its parts.
        let etags = vec![etag(&source.body), source.etag];
        let reply = self.create(to, (source.body, etags), Write { tags, ..write }, metadata)?;
        Ok(Reply {
            source: told,
            ..reply
        })
    }

    /// The upload that a step means.
    pub(crate) fn upload(&self, upload: usize) -> Option<usize> {
        self.uploads.len().checked_sub(upload + 1)
    }

    fn open_upload(&mut self, upload: usize) -> Result<&mut Upload, Reply> {
        let found = self.upload(upload).map(|place| &mut self.uploads[place]);
        let open = found.filter(|own| own.end.is_none());
        open.ok_or_else(|| Reply::refused(404, "NoSuchUpload"))
    }

    pub(super) fn create_upload(&mut self, object: usize, write: Write) -> Result<Reply, Reply> {
        self.judge_lock(write)?;
        self.uploads.push(Upload {
            object,
            parts: BTreeMap::new(),
            write,
            end: None,
        });
        Ok(Reply::ok(200))
    }

    pub(super) fn upload_part(
        &mut self,
        upload: usize,
        number: u16,
        body: usize,
    ) -> Result<Reply, Reply> {
        let body = bucket::body(body);
        let etags = vec![etag(&body)];
        self.open_upload(upload)?.parts.insert(number, body);
        Ok(Reply {
            etags,
            ..Reply::ok(200)
        })
    }

    pub(super) fn abort(&mut self, upload: usize) -> Result<Reply, Reply> {
        self.open_upload(upload)?.end();
        Ok(Reply::ok(204))
    }

    pub(super) fn complete(
        &mut self,
        upload: usize,
        parts: &[u16],
        wrong: bool,
        condition: Option<Condition>,
    ) -> Result<Reply, Reply> {
        let place = self.upload(upload);
        if let Some(End::Done(reply)) = place.and_then(|place| self.uploads[place].end.as_ref()) {
            return Ok((**reply).clone());
        }
        let own = self.open_upload(upload)?.clone();
        let mut listed = own.listed(parts);
        // Of a part that is listed twice the last entry counts.
        listed.dedup();
        let stored = listed.iter().map(|number| own.parts.get(number));
        let Some(stored) = stored.collect::<Option<Vec<_>>>().filter(|_| !wrong) else {
            return Err(Reply::refused(400, "InvalidPart"));
        };
        let least = bucket::body(LARGE).bytes.len();
        if stored
            .iter()
            .rev()
            .skip(1)
            .any(|part| part.bytes.len() < least)
        {
            return Err(Reply::refused(400, "EntityTooSmall"));
        }
        self.judge_condition(own.object, condition)?;
        let digests: Vec<u8> = stored.iter().flat_map(|part| part.md5).collect();
        let etag = format!("{}-{}", etag(&Body::new(digests)), stored.len());
        let bytes = stored
            .iter()
            .flat_map(|part| part.bytes.iter().copied())
            .collect();
        let body = Arc::new(Body::new(bytes));
        let reply = self.create(own.object, (body, vec![etag]), own.write, None)?;
        let again = Reply {
            written: None,
            ..reply.clone()
        };
        if let Some(place) = place {
            self.uploads[place].end = Some(End::Done(Box::new(again)));
        }
        Ok(reply)
    }
}
