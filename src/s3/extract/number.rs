//! Numbers in query parameters and headers.
//!
//! Owns: what S3 refuses as a number, and the text it refuses it with.
//! Not here: numbers in request documents (`s3::xml`).

use crate::base::limits::{LIST_PAGE_MAX, PART_NUMBER_MAX};
use crate::model::upload::PartNumber;
use crate::s3::error::S3Error;

/// Most buckets of a page (S3 API reference, ListBuckets).
const BUCKETS_PAGE_MAX: usize = 10_000;

/// A number from 0 to 2^31 - 1, as S3 counts pages and markers.
fn count(name: &str, text: &str) -> Result<u32, S3Error> {
    // `parse` alone would take a plus sign.
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse::<u32>().ok().filter(|_| is_number);
    number
        .filter(|number| i32::try_from(*number).is_ok())
        .ok_or_else(|| {
            let message = format!("Argument {name} must be an integer between 0 and 2147483647");
            S3Error::argument(name, text, &message)
        })
}

/// A number of bytes: digits and nothing else, where Rust would take a leading plus.
pub fn byte_count(text: &str) -> Option<u64> {
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_digits)
}

/// Entries of a page: at most 1,000 whatever is asked for, 1,000 when nothing is.
///
/// # Errors
/// `InvalidArgument`.
pub fn page_limit(name: &str, text: Option<&str>) -> Result<usize, S3Error> {
    match text {
        None | Some("") => Ok(LIST_PAGE_MAX),
        Some(text) => {
            let number = count(name, text)?;
            Ok(usize::try_from(number)
                .unwrap_or(LIST_PAGE_MAX)
                .min(LIST_PAGE_MAX))
        }
    }
}

/// Buckets of a page, 10,000 when nothing is asked for.
///
/// # Errors
/// `InvalidArgument`.
pub fn buckets_limit(text: Option<&str>) -> Result<usize, S3Error> {
    let name = "max-buckets";
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(BUCKETS_PAGE_MAX);
    };
    let number = usize::try_from(count(name, text)?).ok();
    let number = number.filter(|number| (1..=BUCKETS_PAGE_MAX).contains(number));
    number.ok_or_else(|| {
        let message = "Argument max-buckets must be an integer between 1 and 10000";
        S3Error::argument(name, text, message)
    })
}

/// The part number that a page begins behind; 0 when there is none.
///
/// # Errors
/// `InvalidArgument`.
pub fn part_marker(name: &str, text: Option<&str>) -> Result<u16, S3Error> {
    let number = match text {
        None | Some("") => 0,
        Some(text) => count(name, text)?,
    };
    let number = u16::try_from(number).unwrap_or(PART_NUMBER_MAX);
    Ok(number.min(PART_NUMBER_MAX))
}

/// The number of a part.
///
/// # Errors
/// `InvalidArgument`.
pub fn part_number(text: &str) -> Result<PartNumber, S3Error> {
    PartNumber::parse(text).map_err(|_number| {
        let message = "Part number must be an integer between 1 and 10000, inclusive";
        S3Error::argument("partNumber", text, message)
    })
}
