//! Answers of the server against the model's.
//!
//! Owns: what must be the same, and learning the ids that the server makes. Not here: listings.

use super::bucket::{self, Name, Version};
use super::reply::{Outcome, Reply};
use super::request::Ids;
use super::step::OBJECTS;
use super::wire::{elements, iso8601, text};
use crate::raw::Answer;

/// A difference, told so that it can be understood.
pub(crate) type Difference = String;

/// Fails unless both are equal.
#[expect(
    clippy::needless_pass_by_value,
    reason = "most callers make what they compare"
)]
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    model: T,
    server: T,
) -> Result<(), Difference> {
    if model == server {
        return Ok(());
    }
    Err(format!("{what}: model {model:?}, server {server:?}"))
}

/// Compares an answer with what the model says. Ids of new versions are learned.
pub(crate) fn compare(reply: &Reply, answer: &Answer, ids: &mut Ids) -> Result<(), Difference> {
    let has_body = !answer.body.is_empty();
    let code = if has_body { reply.code } else { "" };
    same(
        "outcome",
        (reply.status, code.to_owned()),
        outcome(reply, answer),
    )?;
    version(
        "x-amz-version-id",
        reply.version,
        answer.header("x-amz-version-id"),
        ids,
    )?;
    let source = "x-amz-copy-source-version-id";
    version(source, reply.source, answer.header(source), ids)?;
    let is_marker = answer.header("x-amz-delete-marker");
    same("marker", reply.is_marker.then_some("true"), is_marker)?;
    if let Some((own, has_bytes)) = &reply.object {
        object(own, *has_bytes, answer)?;
    }
    for (element, texts) in &reply.texts {
        same(element, texts.clone(), answer.texts(element))?;
    }
    if let Some(own) = &reply.outcomes {
        outcomes(own, answer, ids)?;
    }
    Ok(())
}

fn outcome(reply: &Reply, answer: &Answer) -> (u16, String) {
    // An object may hold anything.
    if reply.object.is_some() && answer.status == 200 {
        return (200, String::new());
    }
    if reply.outcomes.is_some() && answer.status == 200 {
        return (200, String::new());
    }
    answer.outcome()
}

/// Compares a version with its id, or learns it if it is new.
fn version(
    what: &str,
    name: Option<Name>,
    told: Option<&str>,
    ids: &mut Ids,
) -> Result<(), Difference> {
    if let (Some(Name::Made(number)), Some(told)) = (name, told)
        && number == ids.versions.len()
    {
        let is_id = told.len() == 32 && told.bytes().all(|byte| byte.is_ascii_hexdigit());
        let is_new = !ids.versions.iter().any(|id| id == told);
        ids.versions.push(told.to_owned());
        return same(what, (true, true), (is_id, is_new));
    }
    same(what, name.map(|name| ids.text(name)), told)
}

/// Compares an object's headers and bytes.
pub(crate) fn object(own: &Version, has_bytes: bool, answer: &Answer) -> Result<(), Difference> {
    let header = |name: &str| answer.header(name).map(str::to_owned);
    same("etag", Some(format!("\"{}\"", own.etag)), header("etag"))?;
    let len = own.body.bytes.len().to_string();
    same("content-length", Some(len), header("content-length"))?;
    let tags = (own.tags > 0).then(|| own.tags.to_string());
    same("tags", tags, header("x-amz-tagging-count"))?;
    let number = own.metadata.map(|number| number.to_string());
    same("metadata", number, header("x-amz-meta-number"))?;
    let mode = own.retention.map(|(mode, _)| mode.name().to_owned());
    same("mode", mode, header("x-amz-object-lock-mode"))?;
    let until = own.retention.map(|(_, until)| iso8601(until));
    same(
        "retention",
        until,
        header("x-amz-object-lock-retain-until-date"),
    )?;
    let hold = own.hold.then(|| "ON".to_owned());
    same("hold", hold, header("x-amz-object-lock-legal-hold"))?;
    if has_bytes && own.body.bytes != answer.body {
        return Err("bytes differ".to_owned());
    }
    Ok(())
}

fn outcomes(own: &[Outcome], answer: &Answer, ids: &mut Ids) -> Result<(), Difference> {
    let document = answer.body_text();
    let found = elements(&document, &["Deleted", "Error"]);
    same("outcomes", own.len(), found.len())?;
    for (own, (element, content)) in own.iter().zip(found) {
        let name = OBJECTS[own.object].to_owned();
        same("key", Some(name), text(content, "Key"))?;
        let asked = own.asked.map(|asked| match asked {
            Some(name) => ids.text(name).to_owned(),
            None => "latest".to_owned(),
        });
        same("version", asked, text(content, "VersionId"))?;
        let code = own.result.err().map(str::to_owned);
        let told = text(content, "Code").filter(|_| element == "Error");
        same("code", code, told)?;
        let marker = own.result.ok().flatten();
        let is_marker = marker.map(|_| "true".to_owned());
        same("marker", is_marker, text(content, "DeleteMarker"))?;
        let told = text(content, "DeleteMarkerVersionId");
        version("marker's version", marker, told.as_deref(), ids)?;
    }
    Ok(())
}

/// The time until which a default retention of so many days holds, if it began between two times.
pub(crate) fn default_until(
    told: Option<u64>,
    days: u32,
    (begun, ended): (u64, u64),
) -> Result<u64, Difference> {
    let len = u64::from(days) * bucket::DAY_MILLIS;
    let told = told.ok_or("no default retention")?;
    if (begun + len..=ended + len).contains(&told) {
        return Ok(told);
    }
    let (told, from) = (iso8601(told), iso8601(begun + len));
    Err(format!("default retention ends at {told}, not at {from}"))
}
