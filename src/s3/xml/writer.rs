//! A small XML writer: elements and text, no attributes but namespaces and types.

/// Namespace of S3's documents.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Writes one document.
#[derive(Debug)]
pub struct XmlWriter {
    text: String,
}

impl XmlWriter {
    /// A document with its declaration.
    #[expect(
        clippy::new_without_default,
        reason = "an empty writer is not an empty document"
    )]
    pub fn new() -> Self {
        Self {
            text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
        }
    }

    /// Makes room for so many bytes more, where it is known that they come: a page of a listing
    /// would otherwise be copied again and again while it grows.
    pub fn reserve(&mut self, len: usize) {
        self.text.reserve(len);
    }

    /// Opens the root element with S3's namespace.
    pub fn root(&mut self, name: &str) {
        self.root_in(NAMESPACE, name);
    }

    /// Opens the root element with a namespace.
    pub fn root_in(&mut self, namespace: &str, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push_str(" xmlns=\"");
        self.text.push_str(namespace);
        self.text.push_str("\">");
    }

    /// Opens an element.
    pub fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    /// Opens an element of a type of XML Schema's instances.
    pub fn open_typed(&mut self, name: &str, type_name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text
            .push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"");
        self.text.push_str(type_name);
        self.text.push_str("\">");
    }

    /// Closes an element.
    pub fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    /// Writes an element with text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        escape(&mut self.text, text);
        self.close(name);
    }

    /// Writes an element with a number.
    pub fn number(&mut self, name: &str, number: impl Into<u64>) {
        self.text(name, &number.into().to_string());
    }

    /// Writes an element with a truth value.
    pub fn boolean(&mut self, name: &str, is_true: bool) {
        self.text(name, if is_true { "true" } else { "false" });
    }

    /// Writes an element if there is text for it.
    pub fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// The document.
    pub fn finish(self) -> String {
        self.text
    }
}

/// Whether a byte stands for itself. Most text is made of such bytes, and looking at bytes takes a
/// fraction of what looking at characters does.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'&' | b'<' | b'>' | b'"')
}

/// Escapes text as S3 does: the five predefined entities, and control characters as references, so
/// that a carriage return survives the reader's line-end rule. References to other control
/// characters are not well-formed XML 1.0; S3 writes them all the same, and clients ask for
/// `encoding-type=url` when they expect such keys.
fn escape(out: &mut String, text: &str) {
    if text.bytes().all(is_plain) {
        out.push_str(text);
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| {
        matches!(c, '&' | '<' | '>' | '"' | '\u{fffe}' | '\u{ffff}') || c.is_control()
    }) {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some(other) => {
                let number = format!("&#x{:X};", u32::from(other));
                out.push_str(&number);
            }
            None => {}
        }
        rest = characters.as_str();
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::xml::reader::read_document;
    use proptest::prelude::*;

    #[test]
    fn text_is_escaped_as_s3_does() {
        let mut xml = XmlWriter::new();
        xml.text("K", "a&b<c>\"d'\r\n\u{1}\u{17e}");
        assert!(
            xml.finish()
                .ends_with("<K>a&amp;b&lt;c&gt;&quot;d'&#xD;&#xA;&#x1;\u{17e}</K>")
        );
    }

    proptest! {
        /// Whatever can be an object key comes back, but for U+0000, which no key has.
        #[test]
        fn object_key_survives_writer_and_reader(object_key in "[^\\x00]{0,64}") {
            let mut xml = XmlWriter::new();
            xml.root("Root");
            xml.text("Key", &object_key);
            xml.close("Root");
            let root = read_document(xml.finish().as_bytes()).unwrap();
            prop_assert_eq!(root.only_text("Key"), Ok(Some(object_key.as_str())));
        }
    }
}
