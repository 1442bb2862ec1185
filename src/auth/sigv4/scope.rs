//! Credential scope, request date, and the rules about them (steps 3 and 4).
//!
//! Owns: the five fields of a credential, the two date formats, clock skew, the life of a presigned
//! URL.
//! Not here: reading the clock at arrival (`verify`).

use crate::auth::error::{AuthError, MalformedReason};
use crate::base::limits::SKEW_SECONDS_MAX;
use crate::model::time::Timestamp;
use time::format_description::FormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

const ISO_BASIC: &[FormatItem<'_>] =
    format_description!("[year][month][day]T[hour][minute][second]Z");
/// Length of an ISO 8601 basic date and time, and of its date.
const ISO_BASIC_LEN: usize = 16;
const DAY_LEN: usize = 8;

/// When a request was signed.
#[derive(Clone)]
pub(super) struct RequestDate {
    at: Timestamp,
    /// ISO 8601 basic: `20261123T100000Z`.
    text: String,
}

impl RequestDate {
    /// Parses `yyyymmddThhmmssZ`.
    pub(super) fn parse_iso(text: &str) -> Option<Self> {
        // The year's sign, which `time` takes, is not part of the format.
        if text.len() != ISO_BASIC_LEN || !text.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let date = PrimitiveDateTime::parse(text, ISO_BASIC).ok()?.assume_utc();
        let seconds = u64::try_from(date.unix_timestamp()).ok()?;
        Some(Self {
            at: Timestamp::from_millis(seconds * 1000),
            text: text.to_owned(),
        })
    }

    /// Parses the forms of a `Date` header: HTTP dates, RFC 2822 as with `-0000`, ISO 8601 basic.
    pub(super) fn parse_any(text: &str) -> Option<Self> {
        if let Some(date) = Self::parse_iso(text) {
            return Some(date);
        }
        Self::of(Timestamp::parse_http(text)?)
    }

    /// The date of a point in time, to the second. `None` behind the year 9999.
    pub(super) fn of(at: Timestamp) -> Option<Self> {
        let date = OffsetDateTime::from_unix_timestamp(i64::try_from(at.seconds()).ok()?).ok()?;
        let text = date
            .format(ISO_BASIC)
            .ok()
            .filter(|text| text.len() == ISO_BASIC_LEN)?;
        Some(Self { at, text })
    }

    /// As the string to sign has it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The first eight digits, as the scope has them.
    pub(super) fn day(&self) -> &str {
        self.text.get(..DAY_LEN).unwrap_or_default()
    }

    /// Milliseconds of midnight and later on that day, as signing keys are derived for.
    pub(super) fn at(&self) -> Timestamp {
        self.at
    }

    /// A header-signed request is within 15 minutes of our clock, before or after.
    ///
    /// # Errors
    /// `RequestTimeTooSkewed`.
    pub(super) fn within_skew(&self, server_time: Timestamp) -> Result<(), AuthError> {
        if self.at.millis().abs_diff(server_time.millis()) > SKEW_SECONDS_MAX * 1000 {
            return Err(AuthError::RequestTimeTooSkewed {
                request_time: self.at,
                server_time,
            });
        }
        Ok(())
    }

    /// A presigned request has begun, give or take 15 minutes, and has not expired.
    ///
    /// # Errors
    /// `RequestTimeTooSkewed` before its start, `ExpiredPresigned` after its end and when its life
    /// is zero.
    pub(super) fn within_life(
        &self,
        expires_seconds: u64,
        server_time: Timestamp,
    ) -> Result<(), AuthError> {
        let start = self.at.millis();
        let expired_at = Timestamp::from_millis(start.saturating_add(expires_seconds * 1000));
        if expires_seconds == 0 || server_time > expired_at {
            return Err(AuthError::ExpiredPresigned {
                expired_at,
                expires_seconds,
                server_time,
            });
        }
        if start > server_time.millis().saturating_add(SKEW_SECONDS_MAX * 1000) {
            return Err(AuthError::RequestTimeTooSkewed {
                request_time: self.at,
                server_time,
            });
        }
        Ok(())
    }
}

/// `date/region/service/aws4_request`, as the request has it.
pub(super) struct CredentialScope {
    day: String,
    region: String,
    service: String,
    terminator: String,
}

impl CredentialScope {
    /// Splits a credential into the access key id and the scope.
    pub(super) fn parse(credential: &str) -> Result<(String, Self), MalformedReason> {
        let mut fields = credential.split('/').map(str::to_owned);
        let mut next = || fields.next().ok_or(MalformedReason::CredentialSyntax);
        let access_key_id = next()?;
        let scope = Self {
            day: next()?,
            region: next()?,
            service: next()?,
            terminator: next()?,
        };
        if fields.next().is_some() {
            return Err(MalformedReason::CredentialSyntax);
        }
        Ok((access_key_id, scope))
    }

    /// Every field is the expected one. An empty region is legal for IAM and STS only, which are
    /// not served here.
    pub(super) fn matches(
        &self,
        date: &RequestDate,
        region: &str,
        service: &str,
    ) -> Result<(), MalformedReason> {
        if self.terminator != "aws4_request" {
            return Err(MalformedReason::ScopeTerminator);
        }
        if self.service != service {
            return Err(MalformedReason::ScopeService);
        }
        if self.region != region {
            return Err(MalformedReason::ScopeRegion);
        }
        if self.day != date.day() {
            return Err(MalformedReason::ScopeDate);
        }
        Ok(())
    }

    /// The region.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// The scope as the string to sign has it.
    pub(super) fn text(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.day, self.region, self.service, self.terminator
        )
    }
}
