//! Entity tags.
//!
//! Owns: the two forms that S3 gives out, MD5 of a simple PUT and MD5-of-MD5s with the part count,
//! and their text. Not here: conditions that compare them (`model::conditions`).

use crate::base::digest::{DigestAlgorithm, Digester};
use std::fmt;

/// An object's or a part's ETag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ETag {
    md5: [u8; 16],
    /// 0: simple PUT or part; else the number of parts of a multipart object.
    part_count: u16,
}

impl ETag {
    /// The ETag of bytes stored in one piece.
    pub const fn single(md5: [u8; 16]) -> Self {
        Self { md5, part_count: 0 }
    }

    /// The ETag of a multipart object: MD5 over the parts' MD5s, then `-N` (also for one part).
    pub fn multipart<'a>(part_md5s: impl Iterator<Item = &'a [u8; 16]>) -> Self {
        let mut digester = Digester::new(DigestAlgorithm::Md5);
        let mut part_count = 0_u16;
        for md5 in part_md5s {
            digester.update(md5);
            part_count = part_count.saturating_add(1);
        }
        let mut md5 = [0; 16];
        md5.copy_from_slice(&digester.finish());
        Self { md5, part_count }
    }

    /// The stored form.
    pub const fn to_stored(self) -> ([u8; 16], u16) {
        (self.md5, self.part_count)
    }

    /// From the stored form.
    pub const fn from_stored(md5: [u8; 16], part_count: u16) -> Self {
        Self { md5, part_count }
    }

    /// The MD5 inside.
    pub const fn md5(&self) -> &[u8; 16] {
        &self.md5
    }

    /// Parses what a client sends back, quoted or not, weak marker ignored.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("W/").unwrap_or(text);
        let text = text
            .strip_prefix('"')
            .and_then(|t| t.strip_suffix('"'))
            .unwrap_or(text);
        let (digits, part_count) = match text.split_once('-') {
            None => (text, 0),
            Some((digits, count)) => (digits, count.parse::<u16>().ok().filter(|n| *n > 0)?),
        };
        let mut md5 = [0; 16];
        hex::decode_to_slice(digits, &mut md5).ok()?;
        Some(Self { md5, part_count })
    }

    /// The text in double quotes, as in the `ETag` header.
    pub fn quoted(&self) -> String {
        format!("\"{self}\"")
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; 32];
        hex::encode_to_slice(self.md5, &mut digits).map_err(|_length| fmt::Error)?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_digits| fmt::Error)?)?;
        if self.part_count > 0 {
            write!(f, "-{}", self.part_count)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn etag_text_round_trips_quoted_or_not() {
        for etag in [
            ETag::single([7; 16]),
            ETag::multipart([[1; 16], [2; 16]].iter()),
        ] {
            assert_eq!(ETag::parse(&etag.to_string()), Some(etag));
            assert_eq!(ETag::parse(&etag.quoted()), Some(etag));
        }
        assert!(
            ETag::multipart([[1; 16]].iter())
                .to_string()
                .ends_with("-1")
        );
        for bad in [
            "",
            "\"\"",
            "zz",
            "0123",
            "00000000000000000000000000000000-0",
        ] {
            assert_eq!(ETag::parse(bad), None, "{bad}");
        }
    }
}
