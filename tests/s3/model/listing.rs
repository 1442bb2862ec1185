//! Listings of the model, page by page.
//!
//! Owns: which entries a listing has, in which order, and where its pages end. Not here: asking the
//! server (`pages`).

use super::bucket::{Bucket, Name, Selector, Version};
use super::state::Model;
use super::step::{DELIMITERS, NAMES, OBJECTS, Pick, Query};

/// What a listing asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) prefix: &'static str,
    pub(crate) delimiter: &'static str,
    /// Begin behind this name.
    pub(crate) after: &'static str,
    /// Begin behind this version of it, and which place in time that had.
    pub(crate) marker: Option<(Selector, usize)>,
    /// Entries of a page.
    pub(crate) limit: usize,
}

/// An entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Prefix(String),
    /// An object or a marker, and whether it is the newest.
    Item(&'static str, Version, bool),
}

impl Entry {
    /// Its place in the listing.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Prefix(name) => name,
            Self::Item(name, ..) => name,
        }
    }
}

impl List {
    /// Everything, in one page.
    pub(crate) fn whole() -> Self {
        Self {
            prefix: "",
            delimiter: "",
            after: "",
            marker: None,
            limit: 1000,
        }
    }

    /// What a step asks for.
    pub(crate) fn of(model: &Model, query: Query, from: Option<Pick>) -> Self {
        let after = NAMES[query.after];
        let object = OBJECTS.iter().position(|name| *name == after);
        let marker = from.zip(object).and_then(|(pick, object)| {
            let selector = model.select(object, pick);
            Some((selector, place(model, object, selector)?))
        });
        Self {
            prefix: NAMES[query.prefix],
            delimiter: DELIMITERS[query.delimiter],
            after,
            marker,
            limit: query.limit,
        }
    }

    /// All pages of the versions.
    pub(crate) fn versions(&self, bucket: &Bucket) -> Vec<Vec<Entry>> {
        let mut rows = Vec::new();
        for (name, versions) in OBJECTS.iter().zip(&bucket.objects) {
            for (age, own) in versions.iter().rev().enumerate() {
                rows.push(Entry::Item(name, own.clone(), age == 0));
            }
        }
        self.pages(rows)
    }

    /// All pages of the objects.
    pub(crate) fn objects(&self, bucket: &Bucket) -> Vec<Vec<Entry>> {
        let newest = OBJECTS.iter().enumerate().filter_map(|(object, name)| {
            let own = bucket.newest(object)?;
            Some(Entry::Item(name, own.clone(), true))
        });
        self.pages(newest.collect())
    }

    fn pages(&self, rows: Vec<Entry>) -> Vec<Vec<Entry>> {
        let rows = rows.into_iter().filter(|row| {
            let Entry::Item(name, own, _) = row else {
                return false;
            };
            name.starts_with(self.prefix) && self.is_behind(name, own)
        });
        let mut entries: Vec<Entry> = rows
            .map(|row| self.rolled(row.name()).map_or(row, Entry::Prefix))
            .collect();
        entries.dedup();
        let pages: Vec<_> = entries.chunks(self.limit).map(<[_]>::to_vec).collect();
        if pages.is_empty() {
            vec![Vec::new()]
        } else {
            pages
        }
    }

    fn is_behind(&self, name: &str, own: &Version) -> bool {
        if let Some((_, place)) = self.marker {
            return name > self.after || name == self.after && own.order < place;
        }
        let is_prefix = self.rolled(self.after).as_deref() == Some(self.after);
        let is_under = is_prefix && name.starts_with(self.after);
        self.after.is_empty() || name > self.after && !is_under
    }

    /// The common prefix of a name.
    fn rolled(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(self.prefix)?;
        let delimiter = Some(self.delimiter).filter(|own| !own.is_empty())?;
        let (head, _) = rest.split_once(delimiter)?;
        Some(format!("{}{head}{delimiter}", self.prefix))
    }
}

/// The place in time of a version that was there or still is; what never was and a null version
/// that is gone mark the end of their object. `None` for a version of another object.
fn place(model: &Model, object: usize, selector: Selector) -> Option<usize> {
    match selector {
        Selector::Newest => None,
        Selector::Malformed | Selector::Version(Name::Never) => Some(0),
        Selector::Version(Name::Null) => {
            let bucket = model.bucket.as_ref()?;
            let found = bucket.place(object, selector);
            Some(found.map_or(0, |place| bucket.objects[object][place].order))
        }
        Selector::Version(Name::Made(number)) => {
            let made = model.made[number];
            (made.object == object).then_some(made.order)
        }
    }
}
