//! Requests over one connection that stays open, and what documents say.
//!
//! Owns: the connection, elements in their order, times as text. Not here: signing (`raw`).

use crate::raw::{Account, Answer, Connection, Request};
use time::OffsetDateTime;
use time::macros::format_description;

/// A tenant's connection.
#[derive(Debug)]
pub(crate) struct Line {
    /// The tenant.
    pub(crate) account: Account,
    connection: Connection,
}

impl Line {
    /// Connects.
    pub(crate) fn open(account: Account) -> Self {
        let connection = Connection::open(account.port);
        Self {
            account,
            connection,
        }
    }

    /// Sends a request and reads its answer.
    pub(crate) fn send(&mut self, request: Request) -> Answer {
        let wire = request.wire();
        let bytes = [wire.head(), wire.body].concat();
        self.connection.write(&bytes);
        let answer = self.connection.answer(&wire.method);
        if answer.closes() {
            self.connection = Connection::open(self.account.port);
        }
        answer
    }
}

/// The elements of these names in the order of the document: name and content.
pub(crate) fn elements<'a>(
    document: &'a str,
    names: &[&'static str],
) -> Vec<(&'static str, &'a str)> {
    let mut found = Vec::new();
    let mut rest = document;
    loop {
        let next = names.iter().filter_map(|name| {
            let open = format!("<{name}>");
            rest.find(&open).map(|at| (at, at + open.len(), *name))
        });
        let Some((_, start, name)) = next.min() else {
            return found;
        };
        let content = &rest[start..];
        let end = content.find(&format!("</{name}>"));
        let end = end.expect("the end of the element");
        found.push((name, &content[..end]));
        rest = &content[end..];
    }
}

/// The text of an element. No text of the model has to be escaped, but quotes of ETags.
pub(crate) fn text(content: &str, name: &'static str) -> Option<String> {
    let found = elements(content, &[name]).into_iter().next();
    found.map(|(_, text)| text.replace("&quot;", ""))
}

/// `2100-01-01T00:00:00.000Z`
pub(crate) fn iso8601(millis: u64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    at.expect("a time").format(format).expect("a date")
}

/// Milliseconds of a time as [`iso8601`] writes it.
pub(crate) fn millis(text: &str) -> Option<u64> {
    let format = &time::format_description::well_known::Iso8601::DEFAULT;
    let at = OffsetDateTime::parse(text, format).ok()?;
    u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}
