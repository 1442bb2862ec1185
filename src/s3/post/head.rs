//! The heads of forms and of their parts: types with parameters, and which field a part is.
//!
//! Owns: the grammar of `Content-Type` and `Content-Disposition` as browsers write them (RFC 7578,
//! 4.2; WHATWG HTML, "multipart/form-data"). Not here: where a head begins and ends (`decoder`).

use crate::s3::post::error::FormError;

/// Bytes of the longest boundary (RFC 2046, 5.1.1).
const BOUNDARY_LEN_MAX: usize = 70;
/// The type of a form.
const FORM_TYPE: &str = "multipart/form-data";
/// Encodings of parts that are none. Others are deprecated (RFC 7578, 4.7), and a part in them
/// would be stored as other bytes than its sender means.
const PLAIN_ENCODINGS: [&str; 3] = ["7bit", "8bit", "binary"];
/// The field that is the file.
const FILE: &str = "file";

/// What the head of a part says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartHead {
    /// The field's name, in lower case: letter case does not count.
    pub name: String,
    /// The name of a file. Every field may have one; that makes it none (s3-behaviour.md 104).
    pub filename: Option<String>,
}

impl PartHead {
    /// Reads the lines of a head, without the empty one at its end.
    ///
    /// # Errors
    /// `Head` for what is not the head of a form's part.
    pub fn parse(head: &[u8]) -> Result<Self, FormError> {
        let text = std::str::from_utf8(head).map_err(|_utf8| FormError::Head)?;
        let mut disposition = None;
        for line in text.split("\r\n") {
            let (name, value) = line.split_once(':').ok_or(FormError::Head)?;
            let is_readable = !value.chars().any(|c| c.is_control() && c != '\t');
            if !is_token(name) || !is_readable {
                return Err(FormError::Head);
            }
            let value = value.trim_matches([' ', '\t']);
            match name.to_ascii_lowercase().as_str() {
                "content-disposition" if disposition.replace(value).is_some() => {
                    return Err(FormError::Head);
                }
                "content-transfer-encoding" => {
                    let mut plain = PLAIN_ENCODINGS.iter();
                    if !plain.any(|encoding| value.eq_ignore_ascii_case(encoding)) {
                        return Err(FormError::Head);
                    }
                }
                _ => {}
            }
        }
        let disposition = disposition.and_then(parameters).ok_or(FormError::Head)?;
        let name = disposition.get("name").ok_or(FormError::Head)?;
        if disposition.kind != "form-data" {
            return Err(FormError::Head);
        }
        Ok(Self {
            name: name.to_ascii_lowercase(),
            filename: disposition.get("filename").map(str::to_owned),
        })
    }

    /// Whether the part is the file.
    pub fn is_file(&self) -> bool {
        self.name == FILE
    }
}

/// A type and its parameters.
#[derive(Debug, PartialEq, Eq)]
struct Parameters {
    kind: String,
    pairs: Vec<(String, String)>,
}

impl Parameters {
    fn get(&self, name: &str) -> Option<&str> {
        let mut pairs = self.pairs.iter();
        let found = pairs.find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What a request's `Content-Type` says of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// A form with this boundary.
    Form(String),
    /// A form whose boundary is missing or none.
    FormWithoutBoundary,
    /// Something else.
    Other,
}

/// Reads a `Content-Type`.
pub fn body_type(content_type: &str) -> BodyType {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(FORM_TYPE) {
        return BodyType::Other;
    }
    let parameters = parameters(content_type);
    let boundary = parameters.as_ref().and_then(|own| own.get("boundary"));
    match boundary.filter(|text| is_boundary(text)) {
        Some(boundary) => BodyType::Form(boundary.to_owned()),
        None => BodyType::FormWithoutBoundary,
    }
}

fn is_boundary(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    (1..=BOUNDARY_LEN_MAX).contains(&text.len())
        && text.bytes().all(is_allowed)
        && !text.ends_with(' ')
}

/// Reads `type; name=value; name="value"`. `None` for what is not that, or names a parameter twice:
/// two readers could take one each.
fn parameters(text: &str) -> Option<Parameters> {
    let (kind, mut rest) = text.split_once(';').unwrap_or((text, ""));
    let mut pairs: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            break;
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let (value, after) = after.split_at(after.find(';').unwrap_or(after.len()));
            (value.trim_end_matches([' ', '\t']).to_owned(), after)
        };
        rest = after.trim_start_matches([' ', '\t']);
        let name = name.to_ascii_lowercase();
        let is_known = pairs.iter().any(|(own, _)| *own == name);
        if !is_token(&name) || is_known || !(rest.is_empty() || rest.starts_with(';')) {
            return None;
        }
        pairs.push((name, value));
    }
    let kind = kind.trim_matches([' ', '\t']).to_ascii_lowercase();
    Some(Parameters { kind, pairs })
}

/// The value of a quoted string, and what is behind it. Browsers escape nothing by a backslash, and
/// old ones send whole paths of Windows; other clients escape quotes and backslashes.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => {
                value.push('\\');
                if let Some(escaped) = characters.clone().next().filter(|c| "\"\\".contains(*c)) {
                    value.pop();
                    value.push(escaped);
                    characters.next();
                }
            }
            other => value.push(other),
        }
    }
}

fn is_token(text: &str) -> bool {
    let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(lines: &str) -> Result<(String, Option<String>), FormError> {
        PartHead::parse(lines.as_bytes()).map(|head| (head.name, head.filename))
    }

    #[test]
    fn point_104_heads_are_read_as_clients_write_them() {
        for (lines, name, filename) in [
            ("Content-Disposition: form-data; name=\"key\"", "key", None),
            ("content-disposition:form-data;name=KEY", "key", None),
            (
                "Content-Type: image/png\r\nContent-Disposition: form-data; name=\"file\"; \
                 filename=\"a;b.png\"\r\nX-Other: 1",
                "file",
                Some("a;b.png"),
            ),
            (
                "Content-Disposition: form-data; name=\"key\"; filename=\"key\"",
                "key",
                Some("key"),
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"C:\\docs\\a.txt\"",
                "file",
                Some("C:\\docs\\a.txt"),
            ),
            (
                "Content-Disposition: form-data; name=file; filename=\"a\\\"b\\\\\" ;",
                "file",
                Some("a\"b\\"),
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"\u{17e}.txt\"; \
                 filename*=UTF-8''x",
                "file",
                Some("\u{17e}.txt"),
            ),
            (
                "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\
                 Content-Transfer-Encoding: BINARY",
                "file",
                Some(""),
            ),
        ] {
            let expected = (name.to_owned(), filename.map(str::to_owned));
            assert_eq!(head(lines), Ok(expected), "{lines}");
        }
    }

    #[test]
    fn heads_that_two_readers_could_read_differently_are_refused() {
        for lines in [
            "",
            "Content-Type: text/plain",
            "Content-Disposition: file; name=\"file\"",
            "Content-Disposition: form-data",
            "Content-Disposition: form-data; filename=\"a\"",
            "Content-Disposition: form-data; name=\"a\"; name=\"b\"",
            "Content-Disposition: form-data; name=\"a\"; NAME=\"b\"",
            "Content-Disposition: form-data; name=\"a",
            "Content-Disposition: form-data; name=\"a\" x",
            "Content-Disposition: form-data; x; name=\"a\"",
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=b",
            "Content-Disposition : form-data; name=\"a\"",
            "Content-Disposition: form-data;\r\n name=\"a\"",
            "Content-Disposition: form-data; name=\"a\"\nX: y",
            "Content-Disposition: form-data; name=\"a\r\"",
            "Content-Disposition: form-data; name=\"a\u{0}\"",
            "Content-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64",
            "no colon",
        ] {
            assert_eq!(head(lines), Err(FormError::Head), "{lines:?}");
        }
        assert_eq!(PartHead::parse(b"X: \xff"), Err(FormError::Head));
    }

    #[test]
    fn boundary_comes_from_the_content_type() {
        let form = |boundary: &str| BodyType::Form(boundary.to_owned());
        let long = "x".repeat(70);
        let quoted = format!("multipart/form-data; boundary=\"{long}\"");
        for (text, expected) in [
            ("multipart/form-data; boundary=----a", form("----a")),
            ("Multipart/Form-Data;charset=utf-8;Boundary=a", form("a")),
            ("multipart/form-data; boundary=\"a b:c\"", form("a b:c")),
            (&quoted, form(&long)),
            ("multipart/form-data", BodyType::FormWithoutBoundary),
            (
                "multipart/form-data; boundary=",
                BodyType::FormWithoutBoundary,
            ),
            (
                "multipart/form-data; boundary=\"a \"",
                BodyType::FormWithoutBoundary,
            ),
            (
                "multipart/form-data; boundary=a\u{17e}",
                BodyType::FormWithoutBoundary,
            ),
            (
                "multipart/form-data; boundary=a; boundary=b",
                BodyType::FormWithoutBoundary,
            ),
            (
                &format!("multipart/form-data; boundary={long}x"),
                BodyType::FormWithoutBoundary,
            ),
            ("multipart/mixed; boundary=a", BodyType::Other),
            ("application/x-www-form-urlencoded", BodyType::Other),
            ("", BodyType::Other),
        ] {
            assert_eq!(body_type(text), expected, "{text}");
        }
    }
}
