//! Request documents of versioning and Object Lock (s3-behaviour.md 86, 87).
//!
//! Owns: which elements each document may have and how often, and the bounds of a default
//! retention. Not here: answers (`responses_settings`); whether a date has passed and whether a
//! retention may become another (`gateway`).

use crate::model::lock::{DefaultRetention, ObjectLock, Retention, RetentionMode, RetentionPeriod};
use crate::model::time::Timestamp;
use crate::model::versioning::Versioning;
use crate::s3::xml::reader::{Element, XmlError};
use crate::s3::xml::requests::root;

/// Days of a default retention at most (S3 user guide, "Locking objects with Object Lock").
const DEFAULT_DAYS_MAX: u32 = 36_500;
/// Years of a default retention at most.
const DEFAULT_YEARS_MAX: u32 = 100;

/// Reads the body of PutBucketVersioning.
///
/// # Errors
/// `Malformed`; `NotImplemented` for a bucket whose versions could be deleted with a second factor
/// only.
pub fn versioning(bytes: &[u8]) -> Result<Versioning, XmlError> {
    let root = root(bytes, "VersioningConfiguration")?;
    // The API reference has written the second one both ways.
    root.only_once(&["Status", "MfaDelete", "MFADelete"])?;
    for name in ["MfaDelete", "MFADelete"] {
        match token(&root, name) {
            None | Some("Disabled") => {}
            Some("Enabled") => return Err(XmlError::NotImplemented("MfaDelete")),
            Some(_) => return Err(XmlError::Malformed("MfaDelete")),
        }
    }
    match token(&root, "Status") {
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        _ => Err(XmlError::Malformed("Status")),
    }
}

/// Reads the body of PutObjectLockConfiguration.
///
/// # Errors
/// `Malformed`; `Argument` for a period that is not positive, or longer than a hundred years.
pub fn object_lock(bytes: &[u8]) -> Result<ObjectLock, XmlError> {
    let root = root(bytes, "ObjectLockConfiguration")?;
    if root.only_text("ObjectLockEnabled")?.map(str::trim) != Some("Enabled") {
        return Err(XmlError::Malformed("ObjectLockEnabled"));
    }
    let is_rule = |child: &&Element| child.name != "ObjectLockEnabled";
    let mut rules = root.children.iter().filter(is_rule);
    let default_retention = match (rules.next(), rules.next()) {
        (None, _) => None,
        (Some(rule), None) if rule.name == "Rule" => Some(rule_retention(rule)?),
        _ => return Err(XmlError::Malformed("ObjectLockConfiguration")),
    };
    Ok(ObjectLock { default_retention })
}

fn rule_retention(rule: &Element) -> Result<DefaultRetention, XmlError> {
    let [default] = rule.children.as_slice() else {
        return Err(XmlError::Malformed("Rule"));
    };
    if default.name != "DefaultRetention" {
        return Err(XmlError::Malformed("Rule"));
    }
    default.only_once(&["Mode", "Days", "Years"])?;
    let mode = token(default, "Mode").and_then(RetentionMode::parse);
    let mode = mode.ok_or(XmlError::Malformed("Mode"))?;
    let period = match (token(default, "Days"), token(default, "Years")) {
        (Some(days), None) => RetentionPeriod::Days(period("Days", days, DEFAULT_DAYS_MAX)?),
        (None, Some(years)) => RetentionPeriod::Years(period("Years", years, DEFAULT_YEARS_MAX)?),
        _ => return Err(XmlError::Malformed("DefaultRetention")),
    };
    Ok(DefaultRetention { mode, period })
}

/// A number of days or years: what is no number is off the schema, what is out of bounds is an
/// argument that AWS names.
fn period(name: &'static str, text: &str, max: u32) -> Result<u32, XmlError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(XmlError::Malformed(name));
    }
    let is_zero = digits.bytes().all(|byte| byte == b'0');
    if is_zero || digits.len() < text.len() {
        let text = "Default retention period must be a positive integer value.";
        return Err(XmlError::Argument { name, text });
    }
    let number = text.parse().ok().filter(|number| *number <= max);
    number.ok_or(XmlError::Argument {
        name,
        text: "Default retention period too large.",
    })
}

/// Reads the body of PutObjectRetention; an empty document takes the retention away.
///
/// # Errors
/// `Malformed`, also for a mode without a date and a date without a mode.
pub fn retention(bytes: &[u8]) -> Result<Option<Retention>, XmlError> {
    let root = root(bytes, "Retention")?;
    root.only_once(&["Mode", "RetainUntilDate"])?;
    match (token(&root, "Mode"), token(&root, "RetainUntilDate")) {
        (None, None) if root.text.trim().is_empty() => Ok(None),
        (Some(mode), Some(date)) => {
            let mode = RetentionMode::parse(mode).ok_or(XmlError::Malformed("Mode"))?;
            let retain_until =
                Timestamp::parse_iso8601(date).ok_or(XmlError::Malformed("RetainUntilDate"))?;
            Ok(Some(Retention { mode, retain_until }))
        }
        _ => Err(XmlError::Malformed("Retention")),
    }
}

/// Reads the body of PutObjectLegalHold.
///
/// # Errors
/// `Malformed`.
pub fn legal_hold(bytes: &[u8]) -> Result<bool, XmlError> {
    let root = root(bytes, "LegalHold")?;
    root.only_once(&["Status"])?;
    match token(&root, "Status") {
        Some("ON") => Ok(true),
        Some("OFF") => Ok(false),
        _ => Err(XmlError::Malformed("Status")),
    }
}

/// The text of a child without the white space around it.
fn token<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.child_text(name).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(
        read: impl Fn(&[u8]) -> Result<T, XmlError>,
        root: &str,
        inner: &str,
    ) -> Result<T, XmlError> {
        let namespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
        read(format!("<{root} {namespace}>{inner}</{root}>").as_bytes())
    }

    fn is_malformed<T>(result: &Result<T, XmlError>) -> bool {
        matches!(result, Err(XmlError::Malformed(_)))
    }

    #[test]
    fn versioning_is_enabled_or_suspended_in_that_spelling() {
        let versioning = |inner: &str| read(versioning, "VersioningConfiguration", inner);
        let enabled = "<Status>Enabled</Status>";
        assert_eq!(versioning(enabled), Ok(Versioning::Enabled));
        assert_eq!(
            versioning("\n <Status>\nSuspended </Status><MfaDelete>Disabled</MfaDelete>"),
            Ok(Versioning::Suspended)
        );
        for name in ["MfaDelete", "MFADelete"] {
            let document = format!("{enabled}<{name}>Enabled</{name}>");
            let refusal = Err(XmlError::NotImplemented("MfaDelete"));
            assert_eq!(versioning(&document), refusal);
        }
        for bad in [
            "",
            "Enabled",
            "<Status/>",
            "<Status>enabled</Status>",
            "<Status>Disabled</Status>",
            "<Status>Enabled</Status><Status>Suspended</Status>",
            "<Status>Enabled</Status><MfaDelete>Off</MfaDelete>",
            "<Status>Enabled</Status><Other/>",
            "<Status><b/></Status>",
            "<MfaDelete>Disabled</MfaDelete>",
        ] {
            assert!(is_malformed(&versioning(bad)), "{bad}");
        }
        assert!(super::versioning(b"").is_err());
        assert!(super::versioning(b"<Versioning><Status>Enabled</Status></Versioning>").is_err());
    }

    fn object_lock(rule: &str) -> Result<ObjectLock, XmlError> {
        let inner = format!("<ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}");
        read(super::object_lock, "ObjectLockConfiguration", &inner)
    }

    fn rule(inner: &str) -> Result<Option<DefaultRetention>, XmlError> {
        let rule = format!("<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>");
        object_lock(&rule).map(|lock| lock.default_retention)
    }

    #[test]
    fn point_87_default_retention_has_a_mode_and_one_period() {
        let expect = |mode, period| Ok(Some(DefaultRetention { mode, period }));
        assert_eq!(object_lock(""), Ok(ObjectLock::default()));
        assert_eq!(
            rule("<Mode>GOVERNANCE</Mode><Days>36500</Days>"),
            expect(RetentionMode::Governance, RetentionPeriod::Days(36_500))
        );
        assert_eq!(
            rule("<Years> 100 </Years><Mode>COMPLIANCE</Mode>"),
            expect(RetentionMode::Compliance, RetentionPeriod::Years(100))
        );
        for bad in [
            "",
            "<Mode>GOVERNANCE</Mode>",
            "<Days>1</Days>",
            "<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>",
            "<Mode>GOVERNANCE</Mode><Days>1</Days><Days>1</Days>",
            "<Mode>governance</Mode><Days>1</Days>",
            "<Mode>abc</Mode><Days>1</Days>",
            "<Mode>GOVERNANCE</Mode><Days>one</Days>",
            "<Mode>GOVERNANCE</Mode><Days>1.5</Days>",
            "<Mode>GOVERNANCE</Mode><Days>+1</Days>",
            "<Mode>GOVERNANCE</Mode><Days>-</Days>",
            "<Mode>GOVERNANCE</Mode><Days/>",
            "<Mode>GOVERNANCE</Mode><Days>1</Days><Hours>1</Hours>",
        ] {
            assert!(is_malformed(&rule(bad)), "{bad}");
        }
        let good = "<DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention>";
        let good = format!("<Rule>{good}</Rule>");
        assert!(object_lock(&good).is_ok());
        for bad in [
            good.repeat(2),
            "<Rule/>".to_owned(),
            format!("{good}<Other/>"),
        ] {
            assert!(is_malformed(&object_lock(&bad)), "{bad}");
        }
    }

    #[test]
    fn point_87_period_out_of_bounds_is_an_argument_that_is_named() {
        for (name, number) in [
            ("Days", "0"),
            ("Days", "-1"),
            ("Years", "-0"),
            ("Days", "36501"),
            ("Years", "101"),
            ("Years", "99999999999999999999"),
        ] {
            let inner = format!("<Mode>GOVERNANCE</Mode><{name}>{number}</{name}>");
            let named = match rule(&inner) {
                Err(XmlError::Argument { name, .. }) => Some(name),
                _ => None,
            };
            assert_eq!(named, Some(name), "{inner}");
        }
    }

    #[test]
    fn point_87_object_lock_is_enabled_or_malformed() {
        for bad in [
            "",
            "<ObjectLockEnabled/>",
            "<ObjectLockEnabled>Disabled</ObjectLockEnabled>",
            "<ObjectLockEnabled>enabled</ObjectLockEnabled>",
            "<ObjectLockEnabled>Enabled</ObjectLockEnabled>\
             <ObjectLockEnabled>Enabled</ObjectLockEnabled>",
        ] {
            let read = read(super::object_lock, "ObjectLockConfiguration", bad);
            assert!(is_malformed(&read), "{bad}");
        }
    }

    #[test]
    fn point_87_retention_has_mode_and_date_or_neither() {
        let retention = |inner: &str| read(retention, "Retention", inner);
        assert_eq!(retention(""), Ok(None));
        let date = "<RetainUntilDate>2140-01-01T00:00:00.000Z</RetainUntilDate>";
        let expected = Retention {
            mode: RetentionMode::Compliance,
            retain_until: Timestamp::from_millis(5_364_662_400_000),
        };
        let document = format!("<Mode>COMPLIANCE</Mode>{date}");
        assert_eq!(retention(&document), Ok(Some(expected)));
        for bad in [
            "COMPLIANCE".to_owned(),
            date.to_owned(),
            "<Mode>COMPLIANCE</Mode>".to_owned(),
            "<Mode/><RetainUntilDate/>".to_owned(),
            format!("<Mode>compliance</Mode>{date}"),
            format!("<Mode>governance</Mode>{date}"),
            format!("<Mode>abc</Mode>{date}"),
            format!("<Mode>COMPLIANCE</Mode>{date}{date}"),
            format!("<Mode>COMPLIANCE</Mode>{date}<Other/>"),
            "<Mode>COMPLIANCE</Mode><RetainUntilDate>soon</RetainUntilDate>".to_owned(),
        ] {
            assert!(is_malformed(&retention(&bad)), "{bad}");
        }
    }

    #[test]
    fn point_87_legal_hold_is_on_or_off() {
        let legal_hold = |inner: &str| read(legal_hold, "LegalHold", inner);
        assert_eq!(legal_hold("<Status>ON</Status>"), Ok(true));
        assert_eq!(legal_hold("<Status> OFF\n</Status>"), Ok(false));
        for bad in [
            "",
            "<Status/>",
            "<Status>on</Status>",
            "<Status>abc</Status>",
            "<Status>ON</Status><Status>OFF</Status>",
            "<Status>ON</Status><Other/>",
        ] {
            assert!(is_malformed(&legal_hold(bad)), "{bad}");
        }
    }
}
