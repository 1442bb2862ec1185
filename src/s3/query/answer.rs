//! Answers of the query APIs.

use crate::s3::query::form::Page;
use crate::s3::query::service::ApiAction;
use crate::s3::xml::XmlWriter;
use actix_web::HttpResponse;

/// The elements of one thing in a list; one without a name is its text.
pub type Entry = Vec<(&'static str, String)>;

/// What an action's result holds.
#[derive(Debug, Default)]
pub struct Answer {
    parts: Vec<Part>,
    has_result: bool,
}

#[derive(Debug)]
enum Part {
    Text(String, String),
    Element(&'static str, Entry),
    List(&'static str, Vec<Entry>),
}

impl Answer {
    /// Adds an element with text.
    pub fn text(&mut self, name: &str, text: &str) {
        self.parts
            .push(Part::Text(name.to_owned(), text.to_owned()));
    }

    /// Says that there is a result, also when it has nothing in it: clients look for its element.
    pub fn result(&mut self) {
        self.has_result = true;
    }

    /// Adds an element with elements.
    pub fn element(&mut self, name: &'static str, entry: &Entry) {
        self.parts.push(Part::Element(name, entry.clone()));
    }

    /// Adds the page of a list that is asked for. A page begins behind the entry that has the name
    /// of the marker: the last one of the page before.
    pub fn list(&mut self, name: &'static str, mut entries: Vec<Entry>, page: &Page) {
        if let Some(after) = &page.after {
            let begin = beginning(&entries, after);
            entries.drain(..begin.min(entries.len()));
        }
        let is_truncated = entries.len() > page.limit;
        entries.truncate(page.limit);
        let next = entries.last().and_then(marker).cloned();
        self.parts.push(Part::List(name, entries));
        self.text("IsTruncated", if is_truncated { "true" } else { "false" });
        if let Some(next) = next.filter(|_| is_truncated) {
            self.text("Marker", &next);
        }
    }

    /// The whole answer.
    pub fn response(&self, action: ApiAction, request_id: &str) -> HttpResponse {
        let name = action.name();
        let (response, result) = (format!("{name}Response"), format!("{name}Result"));
        let mut xml = XmlWriter::new();
        xml.root_in(action.api().namespace(), &response);
        if self.has_result || !self.parts.is_empty() {
            xml.open(&result);
            for part in &self.parts {
                part.write(&mut xml);
            }
            xml.close(&result);
        }
        xml.open("ResponseMetadata");
        xml.text("RequestId", request_id);
        xml.close("ResponseMetadata");
        xml.close(&response);
        HttpResponse::Ok()
            .insert_header(("content-type", "text/xml"))
            .body(xml.finish())
    }
}

/// The first entry behind a marker. Where the marker's entry is gone, the first one that sorts
/// behind it: clients delete what they were shown before they ask for more.
fn beginning(entries: &[Entry], after: &str) -> usize {
    let named = |entry: &Entry| marker(entry).is_some_and(|name| name == after);
    if let Some(position) = entries.iter().position(named) {
        return position.saturating_add(1);
    }
    let folded = after.to_ascii_lowercase();
    let is_behind =
        |entry: &Entry| marker(entry).is_some_and(|name| name.to_ascii_lowercase() > folded);
    entries.iter().position(is_behind).unwrap_or(entries.len())
}

/// What names an entry: a key's id, a member's name, the text itself.
fn marker(entry: &Entry) -> Option<&String> {
    let names = ["AccessKeyId", "UserName", "GroupName", "RoleName", ""];
    let named = |name| entry.iter().find(move |(own, _)| *own == name);
    names.into_iter().find_map(named).map(|(_, text)| text)
}

impl Part {
    fn write(&self, xml: &mut XmlWriter) {
        match self {
            Self::Text(name, text) => xml.text(name, text),
            Self::Element(name, entry) => write_entry(xml, name, entry),
            Self::List(name, entries) => {
                xml.open(name);
                for entry in entries {
                    write_entry(xml, "member", entry);
                }
                xml.close(name);
            }
        }
    }
}

fn write_entry(xml: &mut XmlWriter, name: &str, entry: &Entry) {
    if let [("", text)] = entry.as_slice() {
        xml.text(name, text);
        return;
    }
    xml.open(name);
    for (element, text) in entry {
        xml.text(element, text);
    }
    xml.close(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_one_another_to_the_end() {
        let entries: Vec<Entry> = (0..7)
            .map(|number| vec![("UserName", format!("u{number}"))])
            .collect();
        let (mut seen, mut after) = (Vec::new(), None);
        for _ in 0..9 {
            let page = Page { after, limit: 3 };
            let mut answer = Answer::default();
            answer.list("Users", entries.clone(), &page);
            after = None;
            for part in answer.parts {
                match part {
                    Part::List(_, page) => seen.extend(page),
                    Part::Text(name, text) if name == "Marker" => after = Some(text),
                    Part::Text(..) | Part::Element(..) => {}
                }
            }
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, entries);
        // The last entry of the page before may be gone.
        let begin = |after| beginning(&entries, after);
        assert_eq!(
            (begin("U2"), begin("u2x"), begin("a"), begin("v")),
            (3, 3, 0, 7)
        );
    }
}
