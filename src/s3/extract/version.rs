//! `versionId` in requests, and the headers that name versions in answers.

use crate::model::versioning::VersionSelector;
use crate::s3::error::S3Error;
use crate::s3::route::Query;
use actix_web::HttpResponseBuilder;

/// The query parameter.
pub const PARAMETER: &str = "versionId";
/// The header that names the version that was read or written.
pub const VERSION_HEADER: &str = "x-amz-version-id";
/// The header that names the version that was copied.
pub const SOURCE_VERSION_HEADER: &str = "x-amz-copy-source-version-id";
/// The header that says that a version is a delete marker.
pub const DELETE_MARKER_HEADER: &str = "x-amz-delete-marker";

/// The version that the request names.
///
/// # Errors
/// `InvalidArgument` for what is no version id.
pub fn selector(query: &Query) -> Result<Option<VersionSelector>, S3Error> {
    query.get(PARAMETER)?.map(parse).transpose()
}

/// Reads a version id.
///
/// # Errors
/// `InvalidArgument` for what is none.
pub fn parse(text: &str) -> Result<VersionSelector, S3Error> {
    VersionSelector::parse(text).map_err(|_id| {
        let why = if text.is_empty() {
            "Version id cannot be the empty string"
        } else {
            "Invalid version id specified"
        };
        S3Error::argument(PARAMETER, text, why)
    })
}

/// Tells a version in an answer, if there is one to tell.
pub fn tell(response: &mut HttpResponseBuilder, header: &str, told: Option<VersionSelector>) {
    if let Some(version) = told {
        response.insert_header((header, version.to_string()));
    }
}
