//! `GetObjectAttributesResponse`.

use crate::gateway::object::attributes::{ObjectAttributes, PartsOfObject};
use crate::s3::xml::XmlWriter;
use crate::s3::xml::responses::{write_checksum, write_part_checksum};

/// An attribute that a client can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectAttribute {
    /// Checksum of the object.
    Checksum,
    /// ETag.
    ETag,
    /// Parts of a multipart object.
    ObjectParts,
    /// Bytes.
    ObjectSize,
    /// Storage class.
    StorageClass,
}

impl ObjectAttribute {
    /// Parses a name of `x-amz-object-attributes`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Checksum" => Self::Checksum,
            "ETag" => Self::ETag,
            "ObjectParts" => Self::ObjectParts,
            "ObjectSize" => Self::ObjectSize,
            "StorageClass" => Self::StorageClass,
            _ => return None,
        })
    }
}

/// What the request said.
#[derive(Clone, Copy, Debug)]
pub struct AttributesEcho<'a> {
    /// The attributes to answer.
    pub wanted: &'a [ObjectAttribute],
    /// The part number that the page begins behind.
    pub marker: u16,
    /// Parts of a page.
    pub limit: usize,
}

/// GetObjectAttributes. What the object does not have is left out (s3-behaviour.md 103).
pub fn object_attributes(echo: &AttributesEcho<'_>, found: &ObjectAttributes) -> String {
    let secret = &found.record.secret;
    let wants = |attribute| echo.wanted.contains(&attribute);
    let mut xml = XmlWriter::new();
    xml.root("GetObjectAttributesResponse");
    if wants(ObjectAttribute::ETag) {
        xml.text("ETag", secret.etag.quoted().trim_matches('"'));
    }
    if wants(ObjectAttribute::Checksum) && secret.checksum.is_some() {
        xml.open("Checksum");
        write_checksum(&mut xml, secret.checksum.as_ref());
        xml.close("Checksum");
    }
    if let Some(parts) = &found.parts
        && wants(ObjectAttribute::ObjectParts)
    {
        write_parts(&mut xml, echo, parts);
    }
    if wants(ObjectAttribute::StorageClass) {
        xml.text("StorageClass", "STANDARD");
    }
    if wants(ObjectAttribute::ObjectSize) {
        xml.number("ObjectSize", found.record.plain.size);
    }
    xml.close("GetObjectAttributesResponse");
    xml.finish()
}

fn write_parts(xml: &mut XmlWriter, echo: &AttributesEcho<'_>, page: &PartsOfObject) {
    let last = page.parts.last().map(|part| part.part_number.get());
    xml.open("ObjectParts");
    xml.number("PartsCount", page.count as u64);
    xml.number("PartNumberMarker", echo.marker);
    xml.number("NextPartNumberMarker", last.unwrap_or(echo.marker));
    xml.number("MaxParts", echo.limit as u64);
    xml.boolean("IsTruncated", page.is_truncated);
    for part in &page.parts {
        xml.open("Part");
        write_part_checksum(xml, part.checksum.as_ref());
        xml.number("PartNumber", part.part_number.get());
        xml.number("Size", part.size);
        xml.close("Part");
    }
    xml.close("ObjectParts");
}
