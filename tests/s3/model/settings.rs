//! What is said and set of a single version: retention, legal hold, tags.

use super::bucket::{self, Retention, Selector};
use super::reply::Reply;
use super::state::Model;
use super::step::Pick;
use super::wire::iso8601;

impl Model {
    /// What a call about locks names, in a bucket that has them.
    fn select_locked(&self, object: usize, pick: Pick) -> Result<Selector, Reply> {
        let selector = self.select(object, pick);
        if selector == Selector::Malformed {
            return Err(Reply::refused(400, "InvalidArgument"));
        }
        match self.bucket()?.lock {
            None => Err(Reply::refused(400, "InvalidRequest")),
            Some(_) => Ok(selector),
        }
    }

    pub(super) fn set_retention(
        &mut self,
        object: usize,
        pick: Pick,
        retention: Option<Retention>,
        bypass: bool,
    ) -> Result<Reply, Reply> {
        let selector = self.select_locked(object, pick)?;
        if retention.is_some_and(|(_, until)| until == bucket::day_millis(0)) {
            return Err(Reply::refused(400, "InvalidArgument"));
        }
        let version = self.find_mut(object, selector)?;
        if !version.may_become(retention, bypass) {
            return Err(Reply::refused(403, "AccessDenied"));
        }
        version.retention = retention;
        Ok(Reply::ok(200))
    }

    pub(super) fn get_retention(&self, object: usize, pick: Pick) -> Result<Reply, Reply> {
        let selector = self.select_locked(object, pick)?;
        let refusal = || Reply::refused(404, "NoSuchObjectLockConfiguration");
        let retention = self.find(object, selector)?.retention;
        let (mode, until) = retention.ok_or_else(refusal)?;
        Ok(Reply::ok(200)
            .with("Mode", vec![mode.name().to_owned()])
            .with("RetainUntilDate", vec![iso8601(until)]))
    }

    pub(super) fn set_hold(
        &mut self,
        object: usize,
        pick: Pick,
        hold: bool,
    ) -> Result<Reply, Reply> {
        let selector = self.select_locked(object, pick)?;
        self.find_mut(object, selector)?.hold = hold;
        Ok(Reply::ok(200))
    }

    pub(super) fn get_hold(&self, object: usize, pick: Pick) -> Result<Reply, Reply> {
        let selector = self.select_locked(object, pick)?;
        let status = if self.find(object, selector)?.hold {
            "ON"
        } else {
            "OFF"
        };
        Ok(Reply::ok(200).with("Status", vec![status.to_owned()]))
    }

    pub(super) fn set_tags(
        &mut self,
        object: usize,
        pick: Pick,
        tags: u8,
        status: u16,
    ) -> Result<Reply, Reply> {
        let version = self.find_mut(object, self.select(object, pick))?;
        version.tags = tags;
        let name = version.name;
        Ok(Reply::ok(status).of(self.bucket()?, name))
    }

    pub(super) fn get_tags(&self, object: usize, pick: Pick) -> Result<Reply, Reply> {
        let version = self.find(object, self.select(object, pick))?;
        let (names, values) = bucket::tags(version.tags).into_iter().unzip();
        let reply = Reply::ok(200).of(self.bucket()?, version.name);
        Ok(reply.with("Key", names).with("Value", values))
    }
}
