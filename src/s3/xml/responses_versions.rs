//! Answer document of ListObjectVersions (s3-behaviour.md 58).

use crate::gateway::listing::VersionEntry;
use crate::gateway::{ListEntry, ListPage, ListedVersion};
use crate::s3::xml::XmlWriter;
use crate::s3::xml::responses::{Owners, write_checksum_names};
use crate::s3::xml::responses_list::ListEcho;

/// ListObjectVersions. The next version marker is the id that the version has in the rows, so that
/// the page behind a null version is found also when that is gone by then.
pub fn list_versions(
    echo: ListEcho<'_>,
    markers: (&str, &str),
    page: &ListPage<ListedVersion<VersionEntry>>,
    owners: &Owners,
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ListVersionsResult");
    xml.text("Name", echo.bucket);
    xml.text("Prefix", &echo.encode(echo.prefix));
    xml.text("KeyMarker", &echo.encode(markers.0));
    xml.text("VersionIdMarker", markers.1);
    if let Some(last) = page.entries.last().filter(|_| page.is_truncated) {
        xml.text("NextKeyMarker", &echo.encode(last.name()));
        if let ListEntry::Item(_, listed) = last {
            xml.text("NextVersionIdMarker", &listed.version.to_string());
        }
    }
    xml.number("MaxKeys", echo.limit as u64);
    xml.optional(
        "Delimiter",
        echo.delimiter.map(|d| echo.encode(d)).as_deref(),
    );
    echo.write_encoding(&mut xml);
    xml.boolean("IsTruncated", page.is_truncated);
    for entry in &page.entries {
        if let ListEntry::Item(name, listed) = entry {
            write_version(&mut xml, &echo.encode(name), listed, owners);
        }
    }
    echo.write_common_prefixes(&mut xml, page);
    xml.close("ListVersionsResult");
    xml.finish()
}

fn write_version(
    xml: &mut XmlWriter,
    name: &str,
    listed: &ListedVersion<VersionEntry>,
    owners: &Owners,
) {
    let entry = &listed.item;
    let element = match entry.object {
        Some(_) => "Version",
        None => "DeleteMarker",
    };
    xml.open(element);
    xml.text("Key", name);
    xml.text("VersionId", &entry.selector.to_string());
    xml.boolean("IsLatest", listed.is_latest);
    xml.text("LastModified", &entry.last_modified.iso8601());
    if let Some(object) = &entry.object {
        xml.text("ETag", &object.etag.quoted());
        write_checksum_names(xml, object.checksum);
        xml.number("Size", object.size);
    }
    let owner = entry.object.as_ref().and_then(|object| object.owner);
    owners.of(owner).write(xml, "Owner");
    if entry.object.is_some() {
        xml.text("StorageClass", "STANDARD");
    }
    xml.close(element);
}
