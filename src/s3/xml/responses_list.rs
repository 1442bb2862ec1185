//! Answer documents of listings (s3-behaviour.md 22-28).

use crate::base::encoding::uri_encode_path;
use crate::gateway::listing::ListedObject;
use crate::gateway::multipart::list::{ListedUpload, UploadHolders};
use crate::gateway::{ListEntry, ListPage, StoredPart};
use crate::model::checksum::{ChecksumAlgorithm, ChecksumType};
use crate::model::id::UploadId;
use crate::model::upload::Initiator;
use crate::s3::xml::XmlWriter;
use crate::s3::xml::responses::{Owners, write_checksum_names, write_part_checksum};
use std::borrow::Cow;

/// Bytes of an object's entry in a page, roughly, without its name.
const ENTRY_LEN: usize = 350;

/// What all listings echo of their request.
#[derive(Clone, Copy, Debug)]
pub struct ListEcho<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// `prefix`, empty when absent.
    pub prefix: &'a str,
    /// `delimiter`, when given and not empty.
    pub delimiter: Option<&'a str>,
    /// `max-keys` or `max-uploads`.
    pub limit: usize,
    /// Whether names are percent-encoded.
    pub is_url_encoded: bool,
}

impl ListEcho<'_> {
    pub(in crate::s3) fn encode<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_url_encoded {
            uri_encode_path(text.as_bytes())
        } else {
            Cow::Borrowed(text)
        }
    }

    pub(in crate::s3) fn write_encoding(&self, xml: &mut XmlWriter) {
        if self.is_url_encoded {
            xml.text("EncodingType", "url");
        }
    }

    pub(in crate::s3) fn write_common_prefixes<T>(&self, xml: &mut XmlWriter, page: &ListPage<T>) {
        for entry in &page.entries {
            if let ListEntry::CommonPrefix(prefix) = entry {
                xml.open("CommonPrefixes");
                xml.text("Prefix", &self.encode(prefix));
                xml.close("CommonPrefixes");
            }
        }
    }

    fn write_objects(
        &self,
        xml: &mut XmlWriter,
        page: &ListPage<ListedObject>,
        owners: Option<&Owners>,
    ) {
        let names_len: usize = page.entries.iter().map(|entry| entry.name().len()).sum();
        xml.reserve(names_len + page.entries.len() * ENTRY_LEN);
        for entry in &page.entries {
            let ListEntry::Item(name, object) = entry else {
                continue;
            };
            xml.open("Contents");
            xml.text("Key", &self.encode(name));
            xml.text("LastModified", &object.last_modified.iso8601());
            xml.text("ETag", &object.etag.quoted());
            write_checksum_names(xml, object.checksum);
            xml.number("Size", object.size);
            if let Some(owners) = owners {
                owners.of(object.owner).write(xml, "Owner");
            }
            xml.text("StorageClass", "STANDARD");
            xml.close("Contents");
        }
    }
}

/// ListObjects. Owner is always there; NextMarker only with a delimiter and when truncated (24).
pub fn list_objects(
    echo: ListEcho<'_>,
    marker: &str,
    page: &ListPage<ListedObject>,
    owners: &Owners,
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ListBucketResult");
    xml.text("Name", echo.bucket);
    // boto3 decodes every name but this one (22).
    xml.text("Prefix", echo.prefix);
    xml.text("Marker", &echo.encode(marker));
    let last = page
        .entries
        .last()
        .filter(|_| page.is_truncated && echo.delimiter.is_some());
    if let Some(last) = last {
        xml.text("NextMarker", &echo.encode(last.name()));
    }
    xml.number("MaxKeys", echo.limit as u64);
    xml.optional(
        "Delimiter",
        echo.delimiter.map(|d| echo.encode(d)).as_deref(),
    );
    echo.write_encoding(&mut xml);
    xml.boolean("IsTruncated", page.is_truncated);
    echo.write_objects(&mut xml, page, Some(owners));
    echo.write_common_prefixes(&mut xml, page);
    xml.close("ListBucketResult");
    xml.finish()
}

/// What ListObjectsV2 echoes beyond the common part.
#[derive(Clone, Copy, Debug)]
pub struct V2Echo<'a> {
    /// `continuation-token`, as given.
    pub continuation_token: Option<&'a str>,
    /// The next page's token.
    pub next_continuation_token: Option<&'a str>,
    /// `start-after`, as given.
    pub start_after: Option<&'a str>,
    /// The owners, if `fetch-owner=true`.
    pub owners: Option<&'a Owners>,
}

/// ListObjectsV2.
pub fn list_objects_v2(
    echo: ListEcho<'_>,
    v2: &V2Echo<'_>,
    page: &ListPage<ListedObject>,
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ListBucketResult");
    xml.text("Name", echo.bucket);
    xml.text("Prefix", &echo.encode(echo.prefix));
    xml.optional("ContinuationToken", v2.continuation_token);
    xml.optional("NextContinuationToken", v2.next_continuation_token);
    xml.optional(
        "StartAfter",
        v2.start_after.map(|s| echo.encode(s)).as_deref(),
    );
    xml.number("KeyCount", page.entries.len() as u64);
    xml.number("MaxKeys", echo.limit as u64);
    xml.optional(
        "Delimiter",
        echo.delimiter.map(|d| echo.encode(d)).as_deref(),
    );
    echo.write_encoding(&mut xml);
    xml.boolean("IsTruncated", page.is_truncated);
    echo.write_objects(&mut xml, page, v2.owners);
    echo.write_common_prefixes(&mut xml, page);
    xml.close("ListBucketResult");
    xml.finish()
}

/// ListMultipartUploads.
pub fn list_uploads(
    echo: ListEcho<'_>,
    markers: (&str, &str),
    page: &ListPage<(UploadId, ListedUpload)>,
    owners: &Owners,
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ListMultipartUploadsResult");
    xml.text("Bucket", echo.bucket);
    xml.text("KeyMarker", &echo.encode(markers.0));
    xml.text("UploadIdMarker", markers.1);
    if let Some(last) = page.entries.last().filter(|_| page.is_truncated) {
        xml.text("NextKeyMarker", &echo.encode(last.name()));
        // A common prefix has no upload. The element is there all the same, as in the samples of
        // the S3 API reference: with it empty, the next page begins behind the whole prefix.
        let next_upload = match last {
            ListEntry::Item(_, (upload, _)) => upload.to_string(),
            ListEntry::CommonPrefix(_) => String::new(),
        };
        xml.text("NextUploadIdMarker", &next_upload);
    }
    xml.text("Prefix", &echo.encode(echo.prefix));
    xml.optional(
        "Delimiter",
        echo.delimiter.map(|d| echo.encode(d)).as_deref(),
    );
    xml.number("MaxUploads", echo.limit as u64);
    echo.write_encoding(&mut xml);
    xml.boolean("IsTruncated", page.is_truncated);
    for entry in &page.entries {
        let ListEntry::Item(name, (upload, listed)) = entry else {
            continue;
        };
        xml.open("Upload");
        xml.text("Key", &echo.encode(name));
        xml.text("UploadId", &upload.to_string());
        write_holders(&mut xml, owners, listed.holders);
        xml.text("StorageClass", "STANDARD");
        xml.text("Initiated", &listed.initiated.iso8601());
        xml.close("Upload");
    }
    echo.write_common_prefixes(&mut xml, page);
    xml.close("ListMultipartUploadsResult");
    xml.finish()
}

/// Who began an upload, unless nobody signed it, and whose its object will be.
fn write_holders(xml: &mut XmlWriter, owners: &Owners, holders: UploadHolders) {
    if let Initiator::Account(account) = holders.initiator {
        owners.of(Some(account)).write(xml, "Initiator");
    }
    owners.of(Some(holders.owner)).write(xml, "Owner");
}

/// What ListParts echoes.
#[derive(Clone, Copy, Debug)]
pub struct PartsEcho<'a> {
    /// The bucket.
    pub bucket: &'a str,
    /// The object.
    pub object_key: &'a str,
    /// The upload.
    pub upload: UploadId,
    /// `part-number-marker`, 0 when absent.
    pub marker: u16,
    /// `max-parts`.
    pub limit: usize,
    /// Whether there are more parts.
    pub is_truncated: bool,
    /// The upload's checksum.
    pub checksum: Option<(ChecksumAlgorithm, ChecksumType)>,
}

/// ListParts.
pub fn list_parts(
    echo: PartsEcho<'_>,
    parts: &[StoredPart],
    (owners, holders): (&Owners, UploadHolders),
) -> String {
    let mut xml = XmlWriter::new();
    xml.root("ListPartsResult");
    xml.text("Bucket", echo.bucket);
    xml.text("Key", echo.object_key);
    xml.text("UploadId", &echo.upload.to_string());
    xml.number("PartNumberMarker", echo.marker);
    let last = parts.last().map_or(0, |part| part.entry.part_number.get());
    xml.number("NextPartNumberMarker", last);
    xml.number("MaxParts", echo.limit as u64);
    xml.boolean("IsTruncated", echo.is_truncated);
    for part in parts {
        let entry = &part.entry;
        xml.open("Part");
        xml.number("PartNumber", entry.part_number.get());
        xml.text("LastModified", &part.last_modified.iso8601());
        xml.text("ETag", &format!("\"{}\"", hex::encode(entry.md5)));
        xml.number("Size", entry.size);
        write_part_checksum(&mut xml, entry.checksum.as_ref());
        xml.close("Part");
    }
    write_holders(&mut xml, owners, holders);
    xml.text("StorageClass", "STANDARD");
    write_checksum_names(&mut xml, echo.checksum);
    xml.close("ListPartsResult");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::TenantId;
    use crate::model::time::Timestamp;
    use crate::s3::xml::responses::Owner;
    use std::collections::HashMap;

    fn owners() -> Owners {
        Owners {
            bucket: Owner {
                id: "o".to_owned(),
                display_name: "O".to_owned(),
            },
            others: HashMap::new(),
        }
    }

    fn echo(is_url_encoded: bool) -> ListEcho<'static> {
        ListEcho {
            bucket: "b",
            prefix: "p p",
            delimiter: Some("+"),
            limit: 1,
            is_url_encoded,
        }
    }

    #[test]
    fn uploads_page_that_ends_on_a_common_prefix_has_an_empty_upload_marker() {
        let upload = UploadId::from_bytes([7; 16]);
        let listed = ListedUpload {
            initiated: Timestamp::from_millis(0),
            holders: UploadHolders {
                initiator: Initiator::Nobody,
                owner: TenantId::from_bytes([1; 16]),
            },
        };
        let item = ListEntry::Item("k k".to_owned(), (upload, listed));
        let next = |entries: &[ListEntry<(UploadId, ListedUpload)>], is_truncated| {
            let page = ListPage {
                entries: entries.to_vec(),
                is_truncated,
            };
            let text = list_uploads(echo(true), ("a a", ""), &page, &owners());
            let from = text.find("<NextKeyMarker>")?;
            let to = text.find("<Prefix>")?;
            text.get(from..to).map(str::to_owned)
        };
        let prefix = ListEntry::CommonPrefix("z+".to_owned());
        assert_eq!(
            next(&[item.clone(), prefix.clone()], true).as_deref(),
            Some("<NextKeyMarker>z%2B</NextKeyMarker><NextUploadIdMarker></NextUploadIdMarker>")
        );
        let marker = format!(
            "<NextKeyMarker>k%20k</NextKeyMarker><NextUploadIdMarker>{upload}</NextUploadIdMarker>"
        );
        assert_eq!(next(&[prefix, item.clone()], true), Some(marker));
        assert_eq!(next(&[item], false), None);
    }

    #[test]
    fn point_22_v1_encodes_all_names_but_the_prefix() {
        let page = ListPage {
            entries: vec![ListEntry::CommonPrefix("a b+\u{1}".to_owned())],
            is_truncated: true,
        };
        let text = list_objects(echo(true), "m m", &page, &owners());
        for expected in [
            "<Prefix>p p</Prefix>",
            "<Marker>m%20m</Marker>",
            "<NextMarker>a%20b%2B%01</NextMarker>",
            "<Delimiter>%2B</Delimiter>",
            "<EncodingType>url</EncodingType>",
            "<CommonPrefixes><Prefix>a%20b%2B%01</Prefix></CommonPrefixes>",
        ] {
            assert!(text.contains(expected), "{expected} in {text}");
        }
        let text = list_objects(echo(false), "", &page, &owners());
        assert!(
            text.contains("<NextMarker>a b+&#x1;</NextMarker>"),
            "{text}"
        );
    }
}
