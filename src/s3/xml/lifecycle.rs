//! The document of lifecycle rules, read and written (s3-behaviour.md 81, 82, 84).
//!
//! Owns: its elements. What is read is written back as it was given.
//! Not here: which values a rule may have (`model::lifecycle`).

use crate::model::lifecycle::{
    AndFilter, Expiration, Filter, FilterTag, InvalidLifecycle, LifecycleConfiguration,
    NoncurrentExpiration, Rule, Scope,
};
use crate::model::time::Timestamp;
use crate::s3::xml::XmlWriter;
use crate::s3::xml::reader::{Element, XmlError};
use crate::s3::xml::requests::root;

/// Milliseconds of a day.
const DAY_MILLIS: u64 = 86_400_000;

/// Reads the body of PutBucketLifecycleConfiguration.
///
/// # Errors
/// `Malformed`; `Lifecycle` for rules that AWS does not take; `NotImplemented` for transitions:
/// there is one storage class.
pub fn lifecycle(bytes: &[u8]) -> Result<LifecycleConfiguration, XmlError> {
    let root = root(bytes, "LifecycleConfiguration")?;
    let rules = root.children.iter().map(rule).collect::<Result<_, _>>()?;
    Ok(LifecycleConfiguration::new(rules)?)
}

fn rule(element: &Element) -> Result<Rule, XmlError> {
    if element.name != "Rule" {
        return Err(XmlError::Malformed("LifecycleConfiguration"));
    }
    for name in ["Transition", "NoncurrentVersionTransition"] {
        if element.children.iter().any(|child| child.name == name) {
            return Err(XmlError::NotImplemented(name));
        }
    }
    children_once(
        element,
        &[
            "ID",
            "Prefix",
            "Filter",
            "Status",
            "Expiration",
            "NoncurrentVersionExpiration",
            "AbortIncompleteMultipartUpload",
        ],
    )?;
    let is_enabled = match element.only_text("Status")?.map(str::trim) {
        Some("Enabled") => true,
        Some("Disabled") => false,
        _ => return Err(XmlError::Malformed("Status")),
    };
    let scope = match (element.only_text("Prefix")?, child(element, "Filter")) {
        (Some(prefix), None) => Scope::Prefix(prefix.to_owned()),
        (None, Some(own)) => Scope::Filter(filter(own)?),
        _ => return Err(XmlError::Malformed("Filter")),
    };
    Ok(Rule {
        id: element.only_text("ID")?.unwrap_or_default().to_owned(),
        is_enabled,
        scope,
        expiration: child(element, "Expiration").map(expiration).transpose()?,
        noncurrent: child(element, "NoncurrentVersionExpiration")
            .map(noncurrent)
            .transpose()?,
        abort_incomplete_multipart_days: child(element, "AbortIncompleteMultipartUpload")
            .map(abort)
            .transpose()?,
    })
}

/// Refuses children of other names and names that occur twice; the children may have children.
fn children_once(element: &Element, names: &[&str]) -> Result<(), XmlError> {
    let is_known = |own: &Element| names.contains(&own.name.as_str());
    let is_once = |name: &&str| {
        element
            .children
            .iter()
            .filter(|own| own.name == **name)
            .count()
            < 2
    };
    let has_text = !element.text.trim().is_empty();
    if has_text || !element.children.iter().all(is_known) || !names.iter().all(is_once) {
        return Err(XmlError::Malformed("element of a rule"));
    }
    Ok(())
}

fn child<'a>(element: &'a Element, name: &str) -> Option<&'a Element> {
    element.children.iter().find(|own| own.name == name)
}

fn filter(element: &Element) -> Result<Filter, XmlError> {
    let sizes = ["ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    children_once(element, &["Prefix", "Tag", sizes[0], sizes[1], "And"])?;
    Ok(Filter {
        prefix: element.only_text("Prefix")?.map(str::to_owned),
        tag: child(element, "Tag").map(tag).transpose()?,
        size_greater_than: size(element, sizes[0])?,
        size_less_than: size(element, sizes[1])?,
        and: child(element, "And").map(and).transpose()?,
    })
}

fn and(element: &Element) -> Result<AndFilter, XmlError> {
    let mut others = element.clone();
    others.children.retain(|own| own.name != "Tag");
    let sizes = ["ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    children_once(&others, &["Prefix", sizes[0], sizes[1]])?;
    if element.children.is_empty() {
        return Err(XmlError::Malformed("And"));
    }
    let tags = element.children.iter().filter(|own| own.name == "Tag");
    Ok(AndFilter {
        prefix: others.only_text("Prefix")?.map(str::to_owned),
        tags: tags.map(tag).collect::<Result<_, _>>()?,
        size_greater_than: size(&others, sizes[0])?,
        size_less_than: size(&others, sizes[1])?,
    })
}

/// Name and value as they stand: white space may be part of both.
fn tag(element: &Element) -> Result<FilterTag, XmlError> {
    element.only_once(&["Key", "Value"])?;
    match (element.child_text("Key"), element.child_text("Value")) {
        (Some(name), Some(value)) => Ok(FilterTag {
            name: name.to_owned(),
            value: value.to_owned(),
        }),
        _ => Err(XmlError::Malformed("Tag")),
    }
}

fn size(element: &Element, name: &'static str) -> Result<Option<u64>, XmlError> {
    let text = element.only_text(name)?.map(str::trim);
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parse = |text: &str| {
        let number = text.parse().ok().filter(|_| is_number(text));
        number.ok_or(XmlError::Malformed(name))
    };
    text.map(parse).transpose()
}

fn expiration(element: &Element) -> Result<Expiration, XmlError> {
    element.only_once(&["Date", "Days", "ExpiredObjectDeleteMarker"])?;
    let [given] = element.children.as_slice() else {
        return Err(XmlError::Malformed("Expiration"));
    };
    let text = given.text.trim();
    match given.name.as_str() {
        "Date" => date(text).map(Expiration::Date),
        "Days" => positive(text, "Days", "Expiration").map(Expiration::Days),
        _ => match text {
            "true" | "1" => Ok(Expiration::ExpiredObjectDeleteMarker(true)),
            "false" | "0" => Ok(Expiration::ExpiredObjectDeleteMarker(false)),
            _ => Err(XmlError::Malformed("ExpiredObjectDeleteMarker")),
        },
    }
}

/// A day, with the midnight that it begins with or alone.
fn date(text: &str) -> Result<u32, XmlError> {
    let midnight = || Timestamp::parse_iso8601(&format!("{text}T00:00:00Z"));
    let at = Timestamp::parse_iso8601(text).or_else(midnight);
    let millis = at.ok_or(XmlError::Malformed("Date"))?.millis();
    if !millis.is_multiple_of(DAY_MILLIS) {
        return Err(InvalidLifecycle::DateNotMidnight.into());
    }
    u32::try_from(millis / DAY_MILLIS).map_err(|_day| XmlError::Malformed("Date"))
}

fn noncurrent(element: &Element) -> Result<NoncurrentExpiration, XmlError> {
    let action = "NoncurrentVersionExpiration";
    element.only_once(&["NoncurrentDays", "NewerNoncurrentVersions"])?;
    let number = |name: &'static str| {
        let text = element.child_text(name).map(str::trim);
        text.map(|text| positive(text, name, action)).transpose()
    };
    let newer_versions = number("NewerNoncurrentVersions")?;
    // AWS says of days that are missing what it says of days that are none.
    let days = number("NoncurrentDays")?.unwrap_or(0);
    Ok(NoncurrentExpiration {
        days,
        newer_versions,
    })
}

fn abort(element: &Element) -> Result<u32, XmlError> {
    element.only_once(&["DaysAfterInitiation"])?;
    let name = "DaysAfterInitiation";
    let text = element.child_text(name).map(str::trim);
    let text = text.ok_or(XmlError::Malformed(name))?;
    positive(text, name, "AbortIncompleteMultipartUpload")
}

/// A number above zero and within 31 bits. What is no number is off the schema.
fn positive(text: &str, element: &'static str, action: &'static str) -> Result<u32, XmlError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(XmlError::Malformed(element));
    }
    let number: i64 = text.parse().map_err(|_len| XmlError::Malformed(element))?;
    if number <= 0 {
        return Err(InvalidLifecycle::NotPositive { element, action }.into());
    }
    let number = i32::try_from(number).map_err(|_len| XmlError::Malformed(element))?;
    Ok(number.unsigned_abs())
}

/// GetBucketLifecycleConfiguration.
pub fn document(configuration: &LifecycleConfiguration) -> String {
    let mut xml = XmlWriter::new();
    xml.root("LifecycleConfiguration");
    for rule in configuration.rules() {
        write_rule(&mut xml, rule);
    }
    xml.close("LifecycleConfiguration");
    xml.finish()
}

fn write_rule(xml: &mut XmlWriter, rule: &Rule) {
    xml.open("Rule");
    xml.text("ID", &rule.id);
    match &rule.scope {
        Scope::Prefix(prefix) => xml.text("Prefix", prefix),
        Scope::Filter(filter) => write_filter(xml, filter),
    }
    xml.text(
        "Status",
        if rule.is_enabled {
            "Enabled"
        } else {
            "Disabled"
        },
    );
    if let Some(expiration) = rule.expiration {
        xml.open("Expiration");
        match expiration {
            Expiration::Date(day) => {
                let millis = u64::from(day).saturating_mul(DAY_MILLIS);
                xml.text("Date", &Timestamp::from_millis(millis).iso8601());
            }
            Expiration::Days(days) => xml.number("Days", days),
            Expiration::ExpiredObjectDeleteMarker(is_removed) => {
                xml.boolean("ExpiredObjectDeleteMarker", is_removed);
            }
        }
        xml.close("Expiration");
    }
    if let Some(noncurrent) = rule.noncurrent {
        xml.open("NoncurrentVersionExpiration");
        xml.number("NoncurrentDays", noncurrent.days);
        if let Some(newer_versions) = noncurrent.newer_versions {
            xml.number("NewerNoncurrentVersions", newer_versions);
        }
        xml.close("NoncurrentVersionExpiration");
    }
    if let Some(days) = rule.abort_incomplete_multipart_days {
        xml.open("AbortIncompleteMultipartUpload");
        xml.number("DaysAfterInitiation", days);
        xml.close("AbortIncompleteMultipartUpload");
    }
    xml.close("Rule");
}

fn write_filter(xml: &mut XmlWriter, filter: &Filter) {
    xml.open("Filter");
    xml.optional("Prefix", filter.prefix.as_deref());
    write_tags(xml, filter.tag.as_slice());
    write_sizes(xml, filter.size_greater_than, filter.size_less_than);
    if let Some(and) = &filter.and {
        xml.open("And");
        xml.optional("Prefix", and.prefix.as_deref());
        write_tags(xml, &and.tags);
        write_sizes(xml, and.size_greater_than, and.size_less_than);
        xml.close("And");
    }
    xml.close("Filter");
}

fn write_tags(xml: &mut XmlWriter, tags: &[FilterTag]) {
    for own in tags {
        xml.open("Tag");
        xml.text("Key", &own.name);
        xml.text("Value", &own.value);
        xml.close("Tag");
    }
}

fn write_sizes(xml: &mut XmlWriter, greater: Option<u64>, less: Option<u64>) {
    for (name, bound) in [
        ("ObjectSizeGreaterThan", greater),
        ("ObjectSizeLessThan", less),
    ] {
        if let Some(bound) = bound {
            xml.number(name, bound);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rules: &str) -> Result<LifecycleConfiguration, XmlError> {
        let namespace = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
        let document =
            format!("<LifecycleConfiguration {namespace}>{rules}</LifecycleConfiguration>");
        lifecycle(document.as_bytes())
    }

    /// A rule with everything but what is given.
    fn rule(inner: &str) -> String {
        format!("<Rule><ID>one</ID><Status>Enabled</Status>{inner}</Rule>")
    }

    const DAYS: &str = "<Expiration><Days>1</Days></Expiration>";
    const PREFIX: &str = "<Prefix/>";

    #[test]
    fn point_81_what_is_read_is_written_as_it_was_given() {
        let tag = "<Tag><Key>a b</Key><Value>x:1</Value></Tag>";
        let sizes = "<ObjectSizeGreaterThan>0</ObjectSizeGreaterThan>\
                     <ObjectSizeLessThan>18446744073709551615</ObjectSizeLessThan>";
        let scopes = [
            "<Prefix></Prefix>".to_owned(),
            "<Prefix>a&amp;/</Prefix>".to_owned(),
            "<Filter></Filter>".to_owned(),
            "<Filter><Prefix></Prefix></Filter>".to_owned(),
            format!("<Filter>{tag}</Filter>"),
            format!("<Filter><Prefix>p</Prefix>{tag}{sizes}</Filter>"),
            format!("<Filter><And><Prefix>p</Prefix>{tag}{sizes}</And></Filter>"),
            format!("<Filter><Prefix>p</Prefix><And>{tag}</And></Filter>"),
        ];
        let actions = [
            "<Expiration><Days>2147483647</Days></Expiration>",
            "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>",
            "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays>\
             <NewerNoncurrentVersions>100</NewerNoncurrentVersions></NoncurrentVersionExpiration>",
        ];
        for scope in &scopes {
            for action in actions {
                let given =
                    format!("<Rule><ID>one</ID>{scope}<Status>Disabled</Status>{action}</Rule>");
                let written = document(&read(&given).expect(&given));
                assert!(written.contains(&given), "{written}");
            }
        }
        let others = [
            "<Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>",
            "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>\
             </AbortIncompleteMultipartUpload>",
        ];
        for action in others {
            let written = document(&read(&rule(&format!("{PREFIX}{action}"))).unwrap());
            assert!(written.contains(action), "{written}");
        }
    }

    #[test]
    fn rules_off_the_schema_are_malformed() {
        let with = |inner: &str| rule(&format!("{PREFIX}{inner}"));
        let filtered = |inner: &str| rule(&format!("<Filter>{inner}</Filter>{DAYS}"));
        for bad in [
            String::new(),
            "<Other/>".to_owned(),
            "<Rule/>".to_owned(),
            rule(DAYS),
            rule(&format!("{PREFIX}<Filter/>{DAYS}")),
            rule(&format!("{PREFIX}{PREFIX}{DAYS}")),
            with(&format!("{DAYS}{DAYS}")),
            with(&format!("{DAYS}<Other/>")),
            with(&format!("{DAYS}<Status>Enabled</Status>")),
            with(&format!("{DAYS}text")),
            with(DAYS).replace("Enabled", "enabled"),
            with(DAYS).replace("Enabled", "disabled"),
            with(DAYS).replace("Enabled", ""),
            with("<Expiration/>"),
            with("<Expiration><Days>1</Days><Date>2030-01-01</Date></Expiration>"),
            with("<Expiration><Days>one</Days></Expiration>"),
            with("<Expiration><Days>1.5</Days></Expiration>"),
            with("<Expiration><Days>+1</Days></Expiration>"),
            with("<Expiration><Days>2147483648</Days></Expiration>"),
            with("<Expiration><Days/></Expiration>"),
            with("<Expiration><Date>tomorrow</Date></Expiration>"),
            with(
                "<Expiration><ExpiredObjectDeleteMarker>yes</ExpiredObjectDeleteMarker></Expiration>",
            ),
            with("<AbortIncompleteMultipartUpload/>"),
            with("<NoncurrentVersionExpiration><Days>1</Days></NoncurrentVersionExpiration>"),
            filtered("<Other/>"),
            filtered("<And/>"),
            filtered("<And><And/></And>"),
            filtered("<Tag><Key>a</Key></Tag>"),
            filtered("<ObjectSizeGreaterThan>-1</ObjectSizeGreaterThan>"),
            filtered("<ObjectSizeLessThan>+1</ObjectSizeLessThan>"),
            filtered("<Prefix>a</Prefix><Prefix>b</Prefix>"),
            with(DAYS).repeat(1001),
        ] {
            let read = read(&bad);
            let is_malformed = matches!(
                read,
                Err(XmlError::Malformed(_) | XmlError::Lifecycle(InvalidLifecycle::RuleCount))
            );
            assert!(is_malformed, "{bad}: {read:?}");
        }
        assert!(lifecycle(b"").is_err());
        assert!(lifecycle(b"<Lifecycle/>").is_err());
    }

    #[test]
    fn point_82_values_that_aws_refuses_are_told_apart() {
        let with = |inner: &str| rule(&format!("{PREFIX}{inner}"));
        let not_positive = |element, action| InvalidLifecycle::NotPositive { element, action };
        let noncurrent = "NoncurrentVersionExpiration";
        let of_versions = |inner: &str| with(&format!("<{noncurrent}>{inner}</{noncurrent}>"));
        for (document, wanted) in [
            (
                with("<Expiration><Days>0</Days></Expiration>"),
                not_positive("Days", "Expiration"),
            ),
            (
                with("<Expiration><Days>-5</Days></Expiration>"),
                not_positive("Days", "Expiration"),
            ),
            (
                with("<Expiration><Date>1970-08-22T19:08:21Z</Date></Expiration>"),
                InvalidLifecycle::DateNotMidnight,
            ),
            (
                with("<Expiration><Date>2030-01-01T00:00:00+01:00</Date></Expiration>"),
                InvalidLifecycle::DateNotMidnight,
            ),
            (
                of_versions("<NewerNoncurrentVersions>5</NewerNoncurrentVersions>"),
                not_positive("NoncurrentDays", noncurrent),
            ),
            (of_versions(""), not_positive("NoncurrentDays", noncurrent)),
            (with(DAYS).repeat(2), InvalidLifecycle::IdTaken),
            (with(""), InvalidLifecycle::NoAction),
        ] {
            assert_eq!(
                read(&document),
                Err(XmlError::Lifecycle(wanted)),
                "{document}"
            );
        }
        for name in ["Transition", "NoncurrentVersionTransition"] {
            let document = with(&format!("{DAYS}<{name}><Days>1</Days></{name}>"));
            assert_eq!(read(&document), Err(XmlError::NotImplemented(name)));
        }
    }

    #[test]
    fn date_is_a_day_with_or_without_its_midnight() {
        for text in [
            "2030-01-01",
            "2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00.000Z",
            "2030-01-01T01:00:00+01:00",
        ] {
            assert_eq!(date(text), Ok(21_915), "{text}");
        }
    }
}
