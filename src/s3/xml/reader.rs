//! A bounded, strict reader: from bytes to a small tree.
//!
//! Owns: bounds on depth and number of elements; refusal of document types, entities and processing
//! instructions (attacks.md 45, 46). Attributes are not even parsed: no operation reads one. Not
//! here: what elements mean (`requests`).

use crate::base::kind::ErrorKind;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

/// Deepest nesting of any request document of S3 is five.
const DEPTH_MAX: usize = 8;
/// DeleteObjects: a thousand entries of at most six elements; CompleteMultipartUpload: ten thousand
/// of at most eight.
const ELEMENTS_MAX: usize = 100_000;
/// A start tag with its attributes; a namespace declaration or two.
const TAG_LEN_MAX: usize = 1024;

/// Why a document is refused.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum XmlError {
    /// Not well-formed, or not what the operation takes.
    #[error("document is malformed where={0}")]
    Malformed(&'static str),
    /// A part of the document asks for something that this server does not do.
    #[error("document asks for something not implemented element={0}")]
    NotImplemented(&'static str),
}

impl XmlError {
    /// What the caller should do.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Malformed(_) => ErrorKind::Invalid,
            Self::NotImplemented(_) => ErrorKind::Unavailable,
        }
    }
}

/// An element with its text and children; text around children is white space and dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Text, as written.
    pub text: String,
    /// Children in order.
    pub children: Vec<Self>,
}

impl Element {
    /// Refuses children of other names and names that occur twice: what is misspelt would otherwise
    /// be ignored, and an ignored condition is a wrong success.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn only_once(&self, names: &[&str]) -> Result<(), XmlError> {
        for name in names {
            if self
                .children
                .iter()
                .filter(|child| child.name == *name)
                .count()
                > 1
            {
                return Err(XmlError::Malformed("repeated element"));
            }
        }
        let is_known =
            |child: &Self| names.contains(&child.name.as_str()) && child.children.is_empty();
        if self.children.iter().all(is_known) {
            Ok(())
        } else {
            Err(XmlError::Malformed("unknown element"))
        }
    }

    /// The text of the first child of this name.
    pub fn child_text(&self, name: &str) -> Option<&str> {
        self.children
            .iter()
            .find(|child| child.name == name)
            .map(|child| child.text.as_str())
    }
}

/// Reads a document.
///
/// # Errors
/// `Malformed` for everything that is not one element within the bounds.
pub fn read_document(bytes: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_utf8| XmlError::Malformed("encoding"))?;
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let event = reader
            .read_event()
            .map_err(|_syntax| XmlError::Malformed("syntax"))?;
        match event {
            Event::Start(start) => tree.open(local_name(start.name().into_inner()), start.len())?,
            Event::Empty(start) => {
                tree.open(local_name(start.name().into_inner()), start.len())?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) => tree.text(&text)?,
            Event::CData(data) => tree.text(&data)?,
            Event::GeneralRef(reference) => tree.text(&resolve(&reference)?)?,
            Event::Comment(_) | Event::Decl(_) => {}
            Event::DocType(_) => return Err(XmlError::Malformed("document type")),
            Event::PI(_) => return Err(XmlError::Malformed("processing instruction")),
            Event::Eof => return tree.finish(),
        }
    }
}

/// The five predefined entities and character references; nothing else is ever expanded.
fn resolve(reference: &quick_xml::events::BytesRef<'_>) -> Result<String, XmlError> {
    let malformed = XmlError::Malformed("entity");
    if let Some(character) = reference
        .resolve_char_ref()
        .map_err(|_reference| malformed)?
    {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    let text = match name {
        "amp" => "&",
        "apos" => "'",
        "gt" => ">",
        "lt" => "<",
        "quot" => "\"",
        _ => return Err(malformed),
    };
    Ok(text.to_owned())
}

/// The name without its namespace prefix.
fn local_name(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, name: String, tag_len: usize) -> Result<(), XmlError> {
        self.elements += 1;
        let is_second_root = self.open.is_empty() && self.root.is_some();
        if is_second_root
            || self.open.len() >= DEPTH_MAX
            || self.elements > ELEMENTS_MAX
            || tag_len > TAG_LEN_MAX
        {
            return Err(XmlError::Malformed("bounds"));
        }
        self.open.push(Element {
            name,
            ..Element::default()
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let mut element = self.open.pop().ok_or(XmlError::Malformed("nesting"))?;
        if !element.children.is_empty() {
            if !element.text.trim().is_empty() {
                return Err(XmlError::Malformed("text between elements"));
            }
            element.text.clear();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text
                .trim_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
                .is_empty() => {}
            None => return Err(XmlError::Malformed("text outside")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, XmlError> {
        if !self.open.is_empty() {
            return Err(XmlError::Malformed("end"));
        }
        self.root.ok_or(XmlError::Malformed("empty"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_documents_are_refused() {
        let deep = format!("{}{}", "<a>".repeat(10_000), "</a>".repeat(10_000));
        let joined = |count: usize, one: fn(usize) -> String| {
            (0..count).map(one).collect::<Vec<_>>().concat()
        };
        let attributes = joined(80_000, |n| format!(" a{n}=\"\""));
        let namespaces = joined(100_000, |n| format!(" xmlns:a{n}=\"u\""));
        for bad in [
            "",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a/>x",
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "<a>&x;</a>",
            "<?php x?><a/>",
            "<a>x<b/></a>",
            deep.as_str(),
            &format!("<a{attributes}/>"),
            &format!("<a{namespaces}/>"),
        ] {
            assert!(
                matches!(read_document(bad.as_bytes()), Err(XmlError::Malformed(_))),
                "{}",
                bad.get(..40).unwrap_or(bad)
            );
        }
        assert!(read_document(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn text_keeps_spaces_and_resolves_references() {
        let document = b"<?xml version=\"1.0\"?><s3:D xmlns:s3=\"u\"> <K> a&amp;&#x20;&#10;<![CDATA[<]]> </K> </s3:D>";
        let root = read_document(document).unwrap();
        assert_eq!(root.name, "D");
        assert_eq!(root.child_text("K"), Some(" a& \n< "));
    }
}
