//! After the figures: what the run has made is deleted.
//!
//! Owns: listing all versions below the run's prefix, deleting them by the thousand, and looking
//! again until nothing is there: a request that was given up may have been carried out later.

use crate::base::clock::Clock;
use crate::base::digest::{DigestAlgorithm, digest};
use crate::base::encoding::{base64_encode, uri_encode};
use crate::bench::body::RequestBody;
use crate::bench::client::{Call, Client, Expected};
use crate::bench::fault::{Fault, Wrong};
use crate::bench::objects::Objects;
use crate::bench::prepare::patiently;
use crate::bench::progress::Progress;
use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::{Element, read_document};

/// One version or delete marker: its key and its version id.
type Version = (String, String);

/// A page of a listing of versions.
#[derive(Debug, PartialEq, Eq)]
struct Page {
    versions: Vec<Version>,
    /// Where the next page begins.
    next: Option<Version>,
}

/// Deletes everything below the run's prefix; how much it was.
///
/// # Errors
/// The first refusal. What could be deleted is deleted all the same.
///
/// # Cancel safety
/// Dropping the future leaves the rest.
pub(super) async fn sweep(
    client: &mut Client,
    objects: &Objects,
    clock: &dyn Clock,
    progress: &dyn Progress,
) -> Result<u64, Fault> {
    let mut deleted = 0;
    loop {
        let before = deleted;
        let (mut marker, mut refusal) = (None, None);
        loop {
            let listed = patiently(client, clock, None, || list(objects, marker.as_ref())).await;
            let page = page(&listed.result?.document, objects.prefix())?;
            if !page.versions.is_empty() {
                let call = || delete(objects, &page.versions);
                let answered = patiently(client, clock, None, call).await;
                let refused = refusals(&answered.result?.document)?;
                deleted += (page.versions.len() as u64).saturating_sub(refused.count);
                refusal = refusal.or(refused.first);
                progress.update(deleted, None);
            }
            marker = page.next;
            if marker.is_none() {
                break;
            }
        }
        if let Some(fault) = refusal {
            return Err(fault);
        }
        if deleted == before {
            return Ok(deleted);
        }
    }
}

/// ListObjectVersions below the run's prefix.
fn list(objects: &Objects, marker: Option<&Version>) -> Call {
    let mut call = Call::new("GET", objects.bucket_path(), Expected::Document);
    let text = |text: &str| uri_encode(text.as_bytes());
    call.query = format!("versions&prefix={}", text(objects.prefix()));
    if let Some((object_key, version_id)) = marker {
        let (object_key, version_id) = (text(object_key), text(version_id));
        let markers = format!("&key-marker={object_key}&version-id-marker={version_id}");
        call.query.push_str(&markers);
    }
    call
}

/// DeleteObjects.
fn delete(objects: &Objects, versions: &[Version]) -> Call {
    let mut xml = XmlWriter::new();
    xml.root("Delete");
    xml.boolean("Quiet", true);
    for (object_key, version_id) in versions {
        xml.open("Object");
        xml.text("Key", object_key);
        xml.text("VersionId", version_id);
        xml.close("Object");
    }
    xml.close("Delete");
    let document = bytes::Bytes::from(xml.finish());
    let md5 = base64_encode(&digest(DigestAlgorithm::Md5, &document));
    let mut call = Call::new("POST", objects.bucket_path(), Expected::Document);
    "delete".clone_into(&mut call.query);
    call.headers.push(("content-md5", md5));
    call.headers
        .push(("content-type", "application/xml".to_owned()));
    call.body = RequestBody::Document(document);
    call
}

/// Reads a listing. One that names a key outside the prefix is refused as a whole: nothing but what
/// the run made may be deleted, whatever the server says.
fn page(document: &[u8], prefix: &str) -> Result<Page, Fault> {
    let document = read_document(document).map_err(|_xml| Wrong::Document)?;
    let is_version = |child: &&Element| matches!(child.name.as_str(), "DeleteMarker" | "Version");
    let versions = document.children.iter().filter(is_version).map(|child| {
        let object_key = child.child_text("Key")?;
        let version_id = child.child_text("VersionId")?;
        let is_own = object_key.starts_with(prefix);
        is_own.then(|| (object_key.to_owned(), version_id.to_owned()))
    });
    let versions = versions.collect::<Option<Vec<_>>>();
    let text = |name| document.child_text(name).unwrap_or_default().to_owned();
    let is_truncated = document.child_text("IsTruncated") == Some("true");
    let is_listing = document.name == "ListVersionsResult";
    let versions = versions.filter(|_| is_listing).ok_or(Wrong::Document)?;
    let next = is_truncated.then(|| (text("NextKeyMarker"), text("NextVersionIdMarker")));
    Ok(Page { versions, next })
}

/// What DeleteObjects did not delete.
struct Refusals {
    count: u64,
    first: Option<Fault>,
}

fn refusals(document: &[u8]) -> Result<Refusals, Fault> {
    let document = read_document(document).map_err(|_xml| Wrong::Document)?;
    if document.name != "DeleteResult" {
        return Err(Wrong::Document.into());
    }
    let errors = || {
        document
            .children
            .iter()
            .filter(|child| child.name == "Error")
    };
    let first = errors().next().map(|error| {
        let text = |name| error.child_text(name).unwrap_or_default().to_owned();
        let told = (text("Code"), text("Message"));
        Fault::refused("POST", 200, Some(told), None)
    });
    let count = errors().count() as u64;
    Ok(Refusals { count, first })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(keys: &[&str], further: &str) -> String {
        let versions = keys.iter().map(|object_key| {
            format!("<Version><Key>{object_key}</Key><VersionId>1</VersionId></Version>")
        });
        let versions: String = versions.collect();
        format!("<ListVersionsResult xmlns=\"x\">{further}{versions}</ListVersionsResult>")
    }

    fn read(document: &str) -> Result<Page, Fault> {
        page(document.as_bytes(), "bench/77/")
    }

    #[test]
    fn versions_and_markers_below_the_prefix_are_found() {
        let marker = "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
                      <NextVersionIdMarker>2</NextVersionIdMarker>\
                      <DeleteMarker><Key>bench/77/b</Key><VersionId>3</VersionId></DeleteMarker>";
        let found = read(&listing(&["bench/77/a"], marker)).unwrap();
        let of = |object_key: &str, id: &str| (object_key.to_owned(), id.to_owned());
        assert_eq!(
            found.versions,
            [of("bench/77/b", "3"), of("bench/77/a", "1")]
        );
        assert_eq!(found.next, Some(of("k", "2")));
        assert_eq!(read(&listing(&[], "")).unwrap().versions, []);
    }

    #[test]
    fn listing_that_names_anything_else_is_refused() {
        for keys in [
            &["bench/77/a", "bench/78/a"][..],
            &["secret"],
            &["bench/77"],
        ] {
            assert_eq!(
                read(&listing(keys, "")).unwrap_err().code(),
                "(wrong document)"
            );
        }
        let without_id = "<Version><Key>bench/77/a</Key></Version>";
        assert_eq!(
            read(&listing(&[], without_id)).unwrap_err().code(),
            "(wrong document)"
        );
        assert_eq!(
            read("<ListBucketResult/>").unwrap_err().code(),
            "(wrong document)"
        );
    }

    #[test]
    fn refused_deletions_are_counted() {
        let error = "<Error><Key>k</Key><Code>AccessDenied</Code><Message>m</Message></Error>";
        let document = format!("<DeleteResult>{error}{error}</DeleteResult>");
        let refused = refusals(document.as_bytes()).unwrap();
        assert_eq!(refused.count, 2);
        assert_eq!(refused.first.unwrap().code(), "AccessDenied");
        assert_eq!(refusals(b"<DeleteResult/>").unwrap().count, 0);
    }
}
