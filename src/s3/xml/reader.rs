//! A bounded, strict reader of request bodies: from bytes to a small tree.
//!
//! Owns: the bounds on depth, elements and tags; refusal of document types, entities and processing
//! instructions (attacks.md 45, 46). Nothing is ever expanded but the five predefined entities and
//! character references.
//! Not here: the bound on length (`base::limits`, held while the body is read); what elements mean
//! (`requests`).
//!
//! Attributes carry nothing in S3's requests but namespaces: they are held to a bound and to the
//! syntax, then dropped, and prefixes of names are dropped with them. A start tag is bounded before
//! its attributes are looked at, because the search for duplicates among them is quadratic.

use crate::base::kind::ErrorKind;
use crate::model::cors::InvalidCors;
use crate::model::lifecycle::InvalidLifecycle;
use crate::model::tags::InvalidTags;
use quick_xml::XmlVersion;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

/// Deepest nesting; that of S3's own documents is five.
const DEPTH_MAX: usize = 8;
/// `CompleteMultipartUpload`: ten thousand parts of at most eight elements.
const ELEMENTS_MAX: usize = 100_000;
/// Bytes of a start tag: a long name and a handful of namespace declarations.
const TAG_LEN_MAX: usize = 1024;

/// Why a document is refused.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum XmlError {
    /// Well-formed and of the schema, but with a value that the operation does not take.
    #[error("document holds a wrong value argument={name} text={text}")]
    Argument {
        /// The element.
        name: &'static str,
        /// What the client is told.
        text: &'static str,
    },
    /// Well-formed and of the schema, but with CORS rules that are none.
    #[error("document holds wrong cors rules")]
    Cors(#[from] InvalidCors),
    /// Well-formed and of the schema, but with lifecycle rules that are none.
    #[error("document holds wrong lifecycle rules")]
    Lifecycle(#[from] InvalidLifecycle),
    /// Not well-formed, beyond the bounds, or not what the operation takes. Names what is wrong,
    /// never the input.
    #[error("document is malformed where={0}")]
    Malformed(&'static str),
    /// A part of the document asks for something that this server does not do.
    #[error("document asks for something not implemented element={0}")]
    NotImplemented(&'static str),
    /// Well-formed and of the schema, but with tags that are none.
    #[error("document holds wrong tags")]
    Tags(#[from] InvalidTags),
}

impl XmlError {
    /// What the caller should do.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Argument { .. }
            | Self::Cors(_)
            | Self::Lifecycle(_)
            | Self::Malformed(_)
            | Self::Tags(_) => ErrorKind::Invalid,
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

    /// The text of the child of this name, `None` without such a child.
    ///
    /// # Errors
    /// `Malformed` if there are two of them, or if it has children: which one counts would be a
    /// guess, and two readers of one document would guess differently.
    pub fn only_text(&self, name: &str) -> Result<Option<&str>, XmlError> {
        let mut named = self.children.iter().filter(|child| child.name == name);
        match (named.next(), named.next()) {
            (None, _) => Ok(None),
            (Some(child), None) if child.children.is_empty() => Ok(Some(&child.text)),
            (Some(_), None) => Err(XmlError::Malformed("element in place of text")),
            (Some(_), Some(_)) => Err(XmlError::Malformed("repeated element")),
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
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.chars().any(is_not_xml) {
        return Err(XmlError::Malformed("character"));
    }
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
    loop {
        let event = reader
            .read_event()
            .map_err(|_syntax| XmlError::Malformed("syntax"))?;
        match event {
            Event::Start(start) => tree.open(&start)?,
            Event::Empty(start) => {
                tree.open(&start)?;
                tree.close()?;
            }
            Event::End(_) => tree.close()?,
            Event::Text(text) if text.contains("]]>") => return Err(XmlError::Malformed("text")),
            Event::Text(text) => tree.literal(&text.xml10_content())?,
            Event::CData(data) => tree.escaped(&data.xml10_content())?,
            Event::GeneralRef(reference) => tree.reference(&reference)?,
            Event::Comment(_) => tree.is_begun = true,
            Event::Decl(declaration) => tree.declare(&declaration)?,
            Event::DocType(_) => return Err(XmlError::Malformed("document type")),
            Event::PI(_) => return Err(XmlError::Malformed("processing instruction")),
            Event::Eof => return tree.finish(),
        }
    }
}

/// Whether a literal character is outside XML 1.0, production 2.
const fn is_not_xml(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'
    )
}

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// The elements that are open, from the root inwards, and the root once it is closed.
#[derive(Debug, Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    is_begun: bool,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), XmlError> {
        self.elements += 1;
        if start.len() > TAG_LEN_MAX
            || self.open.len() >= DEPTH_MAX
            || self.elements > ELEMENTS_MAX
            || (self.open.is_empty() && self.root.is_some())
        {
            return Err(XmlError::Malformed("bounds"));
        }
        if !start
            .attributes()
            .all(|attribute| attribute.is_ok_and(|attribute| is_attribute(&attribute)))
        {
            return Err(XmlError::Malformed("attribute"));
        }
        let local_name = start.local_name();
        let name = local_name.into_inner();
        // No document of S3 has this element; in XInclude it reads other documents.
        if !is_name(name) || name == "include" {
            return Err(XmlError::Malformed("name"));
        }
        self.is_begun = true;
        self.open.push(Element {
            name: name.to_owned(),
            ..Element::default()
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let mut element = self.open.pop().ok_or(XmlError::Malformed("nesting"))?;
        if !element.children.is_empty() {
            // White space that indents children is not content; anything else has no place there.
            if !element.text.chars().all(is_space) {
                return Err(XmlError::Malformed("text between elements"));
            }
            element.text = String::new();
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
        Ok(())
    }

    /// Text as it stands; outside the root only white space may.
    fn literal(&mut self, text: &str) -> Result<(), XmlError> {
        self.is_begun = true;
        if self.open.is_empty() && text.chars().all(is_space) {
            return Ok(());
        }
        self.escaped(text)
    }

    /// Text of a reference or a CDATA section, which may only stand inside the root.
    fn escaped(&mut self, text: &str) -> Result<(), XmlError> {
        let element = self
            .open
            .last_mut()
            .ok_or(XmlError::Malformed("text outside the root"))?;
        element.text.push_str(text);
        Ok(())
    }

    /// The five predefined entities and character references; nothing else is ever expanded.
    ///
    /// References to control characters are taken although XML 1.0 has no such characters: S3
    /// writes keys that way, and a client that lists such a key must be able to delete it. U+0000
    /// is in no key.
    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), XmlError> {
        let malformed = XmlError::Malformed("reference");
        if let Some(character) = reference
            .resolve_char_ref()
            .map_err(|_reference| malformed)?
        {
            return self.escaped(character.encode_utf8(&mut [0; 4]));
        }
        match &**reference {
            "amp" => self.escaped("&"),
            "apos" => self.escaped("'"),
            "gt" => self.escaped(">"),
            "lt" => self.escaped("<"),
            "quot" => self.escaped("\""),
            _ => Err(malformed),
        }
    }

    /// The declaration stands first or nowhere, and names the encoding that we read.
    fn declare(&mut self, declaration: &BytesDecl<'_>) -> Result<(), XmlError> {
        let malformed = XmlError::Malformed("declaration");
        if self.is_begun || declaration.len() > TAG_LEN_MAX {
            return Err(malformed);
        }
        self.is_begun = true;
        let version = declaration.version().map_err(|_version| malformed)?;
        let encoding = declaration
            .encoding()
            .transpose()
            .map_err(|_encoding| malformed)?;
        let is_utf8 = encoding.is_none_or(|name| {
            ["utf-8", "utf8", "us-ascii"]
                .iter()
                .any(|known| name.eq_ignore_ascii_case(known))
        });
        if version == "1.0" && is_utf8 {
            Ok(())
        } else {
            Err(malformed)
        }
    }

    fn finish(self) -> Result<Element, XmlError> {
        if !self.open.is_empty() {
            return Err(XmlError::Malformed("end"));
        }
        self.root.ok_or(XmlError::Malformed("no element"))
    }
}

/// Name, an optional prefix before it, and a value without markup or unknown entities.
fn is_attribute(attribute: &Attribute<'_>) -> bool {
    let name = attribute.key.into_inner();
    let (prefix, local) = name.split_once(':').unwrap_or(("xmlns", name));
    is_name(prefix)
        && is_name(local)
        && !attribute.value.contains('<')
        && attribute.normalized_value(XmlVersion::Explicit1_0).is_ok()
}

fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    let is_first = |c: char| c.is_alphabetic() || c == '_';
    characters.next().is_some_and(is_first)
        && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::{Clock as _, SystemClock};
    use proptest::prelude::*;
    use std::time::Duration;

    const MIB: usize = 1024 * 1024;

    fn read(text: &str) -> Result<Element, XmlError> {
        read_document(text.as_bytes())
    }

    #[test]
    fn row_45_document_type_entity_and_xinclude_are_malformed() {
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
        for bad in [
            laughs,
            "<!DOCTYPE a><a/>",
            "<!DOCTYPE a SYSTEM \"http://127.0.0.1/x\"><a/>",
            "<a>&x;</a>",
            "<a>&xxe;</a>",
            "<a>&;</a>",
            "<a>& b</a>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<a>&#x110000;</a>",
            "<a>&#+65;</a>",
            "<?php x?><a/>",
            "<a><?x y?></a>",
            "<a><xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"x\"/></a>",
            "<a><include href=\"x\"/></a>",
        ] {
            assert!(matches!(read(bad), Err(XmlError::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn document_that_is_not_well_formed_is_malformed() {
        for bad in [
            "",
            " ",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "x<a/>",
            "<a/>x",
            "<a/>&amp;",
            "<a>x<b/></a>",
            "<a b></a>",
            "<a b=c/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a b=\"&x;\"/>",
            "<a b=\"<\"/>",
            "<a 1=\"\"/>",
            "<a b:c:d=\"\"/>",
            "<a xmlns:b=\"u\" xmlns:b=\"u\"/>",
            "<a",
            "<a>]]></a>",
            "<a>\u{1}</a>",
            "<a><b></a></b>",
            "<![CDATA[ ]]><a/>",
            "<a/><![CDATA[ ]]>",
            "<a><!-- -- --></a>",
            "<1a/>",
            "< a/>",
            "<a/><?xml version=\"1.0\"?>",
            " <?xml version=\"1.0\"?><a/>",
            "<?xml version=\"1.1\"?><a/>",
            "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>",
            "<?xml?><a/>",
            "<s3:/>",
        ] {
            assert!(matches!(read(bad), Err(XmlError::Malformed(_))), "{bad}");
        }
        assert_eq!(
            read_document(&[0xff, 0xfe]),
            Err(XmlError::Malformed("encoding"))
        );
    }

    /// `before0after before1after ..`
    fn numbered(count: usize, before: &str, after: &str) -> String {
        (0..count)
            .flat_map(|n| [before.to_owned(), n.to_string(), after.to_owned()])
            .collect()
    }

    #[test]
    fn row_46_hostile_document_is_refused_in_time() {
        let deep = "<a>".repeat(10_000);
        let deep_closed = format!("{deep}{}", "</a>".repeat(10_000));
        let attributes = numbered(80_000, " a", "=\"\"");
        let namespaces = numbered(100_000, " xmlns:a", "=\"u\"");
        let many_tags = "<b xmlns:a=\"u\" xmlns:b=\"v\"/>".repeat(MIB / 29);
        let clock = SystemClock::new();
        for bad in [
            deep,
            deep_closed,
            format!("<a{attributes}/>"),
            format!("<a{namespaces}/>"),
            format!("<a>{many_tags}"),
            format!("<a>{}", "<b/>".repeat(MIB / 4)),
            format!("<a>{}", "&amp;".repeat(MIB / 5)),
            format!("<a>{}", "<!---->".repeat(MIB / 7)),
            "<".repeat(MIB),
            format!("<{}/>", "a".repeat(MIB)),
            format!("<a>{}", "<![CDATA[".repeat(MIB / 9)),
        ] {
            // The fastest of several runs: the other tests share the machine.
            let fastest = (0..5).map(|_run| {
                let start = clock.monotonic();
                assert!(matches!(read(&bad), Err(XmlError::Malformed(_))));
                clock.monotonic().saturating_sub(start)
            });
            // 50 ms is the promise of a release build; without optimisation ten times as much.
            let limit = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 50 });
            let fastest = fastest.min().unwrap();
            assert!(
                fastest < limit,
                "{fastest:?} for {}",
                bad.get(..30).unwrap_or_default()
            );
        }
    }

    #[test]
    fn depth_and_tag_at_the_bound_are_read_and_beyond_are_not() {
        let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
        assert!(read(&nested(DEPTH_MAX)).is_ok());
        assert_eq!(
            read(&nested(DEPTH_MAX + 1)),
            Err(XmlError::Malformed("bounds"))
        );
        let tag = |n: usize| format!("<a b=\"{}\"></a>", "x".repeat(n - 6));
        assert!(read(&tag(TAG_LEN_MAX)).is_ok());
        assert_eq!(
            read(&tag(TAG_LEN_MAX + 1)),
            Err(XmlError::Malformed("bounds"))
        );
    }

    #[test]
    fn text_keeps_spaces_and_resolves_references() {
        let root = read(
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c -->\n\
             <s3:D xmlns:s3=\"u\">\n <s3:K at='1'> a&amp;&lt;&gt;&quot;&apos;&#x20;&#10;&#x0D;&#x1;\
             <![CDATA[<&amp;]]> </s3:K>\n</s3:D>\n",
        )
        .unwrap();
        assert_eq!(root.name, "D");
        assert_eq!(root.child_text("K"), Some(" a&<>\"' \n\r\u{1}<&amp; "));
        assert_eq!(root.child_text("L"), None);
    }

    #[test]
    fn literal_line_ends_are_normalised() {
        assert_eq!(
            read("<a>1\r\n2\r3\n&#13;<![CDATA[\r\n]]></a>")
                .unwrap()
                .text,
            "1\n2\n3\n\r\n"
        );
    }

    #[test]
    fn children_that_are_repeated_nested_or_unknown_are_malformed() {
        let only_once = |text: &str| read(text).unwrap().only_once(&["b", "c"]);
        assert!(only_once("<a><c>1</c><b>2</b></a>").is_ok());
        assert!(only_once("<a><b>1</b><b>2</b></a>").is_err());
        assert!(only_once("<a><c><d/></c></a>").is_err());
        assert!(only_once("<a><b/><d/></a>").is_err());
        let root = read("<a><b>1</b><b>2</b><c><d/></c><e> </e></a>").unwrap();
        assert!(root.only_text("b").is_err());
        assert!(root.only_text("c").is_err());
        assert_eq!(root.only_text("e"), Ok(Some(" ")));
        assert_eq!(root.only_text("f"), Ok(None));
    }

    proptest! {
        #[test]
        fn row_76_random_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..512)
        ) {
            let is_expected = matches!(read_document(&bytes), Ok(_) | Err(XmlError::Malformed(_)));
            prop_assert!(is_expected);
        }

        #[test]
        fn row_76_random_markup_never_panics(text in "[<>/&;#x!\\[\\]\\-?a\"'= \\n]{0,64}") {
            let is_expected = matches!(read(&text), Ok(_) | Err(XmlError::Malformed(_)));
            prop_assert!(is_expected);
        }
    }
}
