//! What the model says that the server answers.
//!
//! Owns: `Reply`. Not here: when it is said (`state`, `writes`), comparing (`compare`).

use super::bucket::{Bucket, Name, Version};

/// A new version of an object: what the model cannot know of it is asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// The object.
    pub(crate) object: usize,
    /// Which version of it.
    pub(crate) order: usize,
    /// Days of the default retention that it got.
    pub(crate) days: Option<u32>,
}

/// An answer. What is not in it is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The S3 code of an error.
    pub(crate) code: &'static str,
    /// `x-amz-version-id`
    pub(crate) version: Option<Name>,
    /// `x-amz-copy-source-version-id`
    pub(crate) source: Option<Name>,
    /// `x-amz-delete-marker`
    pub(crate) is_marker: bool,
    /// ETags that are right; any when empty.
    pub(crate) etags: Vec<String>,
    /// The object that is described, and whether its bytes are there too.
    pub(crate) object: Option<(Version, bool)>,
    /// Texts of the document's elements.
    pub(crate) texts: Vec<(&'static str, Vec<String>)>,
    /// Outcomes of a deletion of several.
    pub(crate) outcomes: Option<Vec<Outcome>>,
    /// What was written.
    pub(crate) written: Option<Written>,
}

/// What happened to one object of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) object: usize,
    /// The version that was named; the text of what is none.
    #[expect(
        clippy::option_option,
        reason = "a text that is no version's is a third case"
    )]
    pub(crate) asked: Option<Option<Name>>,
    /// The S3 code, or the marker that was made or destroyed.
    pub(crate) result: Result<Option<Name>, &'static str>,
}

impl Reply {
    /// A success that says nothing more.
    pub(crate) fn ok(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// An error.
    pub(crate) fn refused(status: u16, code: &'static str) -> Self {
        Self {
            code,
            ..Self::ok(status)
        }
    }

    /// Names a version, if the bucket's answers do.
    pub(crate) fn of(self, bucket: &Bucket, name: Name) -> Self {
        Self {
            version: bucket.tells().then_some(name),
            ..self
        }
    }

    /// The texts of an element.
    pub(crate) fn with(mut self, element: &'static str, texts: Vec<String>) -> Self {
        self.texts.push((element, texts));
        self
    }
}
