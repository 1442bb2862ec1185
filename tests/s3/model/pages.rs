//! Listings of the server, paged through and compared with the model's.
//!
//! Owns: following markers and tokens. Not here: which entries there are (`listing`).

use super::bucket::Selector;
use super::compare::{Difference, same};
use super::listing::{Entry, List};
use super::request::Ids;
use super::wire::{Line, elements, text};
use crate::raw::Answer;

/// Where a page of versions begins.
type Markers = (String, Option<String>);

fn escaped(text: &str) -> String {
    text.replace('/', "%2F")
}

fn target(bucket: &str, kind: &str, list: &List) -> String {
    let (prefix, delimiter) = (escaped(list.prefix), escaped(list.delimiter));
    let limit = list.limit;
    format!("/{bucket}?{kind}&prefix={prefix}&delimiter={delimiter}&max-keys={limit}")
}

/// Compares the entries of one page. `is_last`: nothing may follow.
fn page(answer: &Answer, entries: &[Entry], is_last: bool, ids: &Ids) -> Result<(), Difference> {
    let document = answer.body_text();
    let truncated = Some((!is_last).to_string());
    same("IsTruncated", truncated, text(&document, "IsTruncated"))?;
    let prefixes = elements(&document, &["CommonPrefixes"]).into_iter();
    let prefixes: Vec<_> = prefixes
        .filter_map(|(_, own)| text(own, "Prefix"))
        .collect();
    let expected = entries.iter().filter_map(|entry| match entry {
        Entry::Prefix(name) => Some(name.clone()),
        Entry::Item(..) => None,
    });
    same("prefixes", expected.collect::<Vec<_>>(), prefixes)?;
    let names = ["Version", "DeleteMarker", "Contents"];
    let found: Vec<Vec<Option<String>>> = elements(&document, &names)
        .into_iter()
        .map(|(element, own)| {
            let told = |name| text(own, name);
            if element == "Contents" {
                return vec![told("Key"), told("ETag"), told("Size")];
            }
            let (version, newest) = (told("VersionId"), told("IsLatest"));
            vec![told("Key"), told("ETag"), told("Size"), version, newest]
        })
        .collect();
    let is_versions = document.contains("<ListVersionsResult");
    let expected = entries.iter().filter_map(|entry| {
        let Entry::Item(name, own, is_newest) = entry else {
            return None;
        };
        let object = (!own.is_marker).then_some(own);
        let mut told = vec![
            Some((*name).to_owned()),
            object.map(|own| own.etag.clone()),
            object.map(|own| own.body.bytes.len().to_string()),
        ];
        if is_versions {
            told.push(Some(ids.text(own.name).to_owned()));
            told.push(Some(is_newest.to_string()));
        }
        Some(told)
    });
    same("entries", expected.collect(), found)
}

/// Pages through the versions.
pub(crate) fn versions(
    line: &mut Line,
    bucket: &str,
    (list, ids): (&List, &Ids),
    pages: &[Vec<Entry>],
) -> Result<(), Difference> {
    let marked = list.marker.and_then(|(selector, _)| ids.selected(selector));
    let mut markers: Markers = (list.after.to_owned(), marked.map(str::to_owned));
    for (number, entries) in pages.iter().enumerate() {
        let mut target = target(bucket, "versions", list);
        if !markers.0.is_empty() {
            target = format!("{target}&key-marker={}", escaped(&markers.0));
        }
        if let Some(version) = &markers.1 {
            target = format!("{target}&version-id-marker={version}");
        }
        let answer = line.send(line.account.request("GET", &target));
        if matches!(list.marker, Some((Selector::Malformed, _))) {
            let refusal = (400, "InvalidArgument".to_owned());
            return same("listing", refusal, answer.outcome());
        }
        let ok = (200, String::new());
        same("listing", ok, answer.outcome())?;
        let is_last = number + 1 == pages.len();
        let found = page(&answer, entries, is_last, ids);
        found.map_err(|difference| format!("page {number} of {target}: {difference}"))?;
        let document = answer.body_text();
        let next = text(&document, "NextKeyMarker");
        let last = entries.last().filter(|_| !is_last);
        same(
            "NextKeyMarker",
            last.map(|own| own.name().to_owned()),
            next.clone(),
        )?;
        let version = text(&document, "NextVersionIdMarker");
        let is_item = matches!(last, Some(Entry::Item(..)));
        same("NextVersionIdMarker", is_item, version.is_some())?;
        markers = (next.unwrap_or_default(), version);
    }
    Ok(())
}

/// Pages through the objects.
pub(crate) fn objects(
    line: &mut Line,
    bucket: &str,
    (list, ids): (&List, &Ids),
    pages: &[Vec<Entry>],
) -> Result<(), Difference> {
    let mut token = None;
    for (number, entries) in pages.iter().enumerate() {
        let mut target = target(bucket, "list-type=2", list);
        if !list.after.is_empty() {
            target = format!("{target}&start-after={}", escaped(list.after));
        }
        if let Some(token) = token {
            target = format!("{target}&continuation-token={token}");
        }
        let answer = line.send(line.account.request("GET", &target));
        let ok = (200, String::new());
        same("listing", ok, answer.outcome())?;
        let count = Some(entries.len().to_string());
        same("KeyCount", count, answer.text("KeyCount"))?;
        let is_last = number + 1 == pages.len();
        let found = page(&answer, entries, is_last, ids);
        found.map_err(|difference| format!("page {number} of {target}: {difference}"))?;
        token = answer.text("NextContinuationToken");
        same("token", !is_last, token.is_some())?;
        token = token.map(|token| {
            let escaped = token.replace('+', "%2B").replace('=', "%3D");
            escaped.replace('/', "%2F")
        });
    }
    Ok(())
}
