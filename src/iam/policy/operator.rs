//! Condition operators.
//!
//! Owns: their names and how each compares a value of the policy with one of the request.
//! Not here: several values, absent keys (`condition`).
//!
//! Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".

use crate::iam::policy::error::PolicyError;
use crate::iam::policy::evaluate::Context;
use crate::iam::policy::pattern::Pattern;
use crate::model::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ipnet::IpNet;
use std::cmp::Ordering;
use std::net::IpAddr;

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The same text.
    Text,
    /// The same text, letters of either case.
    TextIgnoringCase,
    /// Wildcards.
    TextPattern,
    /// Numbers.
    Number(Relation),
    /// Times.
    Date(Relation),
    /// True or false.
    Truth,
    /// The same bytes, in Base64.
    Bytes,
    /// An address in a range.
    Address,
    /// ARNs with wildcards, part by part.
    Arn,
}

/// Which order of the request's value to the policy's is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same.
    Equal,
    /// Less.
    Less,
    /// Less or the same.
    LessOrEqual,
    /// More.
    Greater,
    /// More or the same.
    GreaterOrEqual,
}

impl Relation {
    fn holds(self, found: Option<Ordering>) -> bool {
        let Some(found) = found else { return false };
        match self {
            Self::Equal => found == Ordering::Equal,
            Self::Less => found == Ordering::Less,
            Self::LessOrEqual => found != Ordering::Greater,
            Self::Greater => found == Ordering::Greater,
            Self::GreaterOrEqual => found != Ordering::Less,
        }
    }
}

/// An operator without its quantifier and `IfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// Its name.
    pub name: &'static str,
    /// How it compares.
    pub comparison: Comparison,
    /// Whether it asks for the opposite.
    pub is_negated: bool,
}

macro_rules! operators {
    ($($name:literal => $comparison:expr, $is_negated:literal;)*) => {
        /// All operators but `Null`, which compares nothing.
        const OPERATORS: &[Operator] = &[$(Operator {
            name: $name,
            comparison: $comparison,
            is_negated: $is_negated,
        },)*];
    };
}

operators! {
    "StringEquals" => Comparison::Text, false;
    "StringNotEquals" => Comparison::Text, true;
    "StringEqualsIgnoreCase" => Comparison::TextIgnoringCase, false;
    "StringNotEqualsIgnoreCase" => Comparison::TextIgnoringCase, true;
    "StringLike" => Comparison::TextPattern, false;
    "StringNotLike" => Comparison::TextPattern, true;
    "NumericEquals" => Comparison::Number(Relation::Equal), false;
    "NumericNotEquals" => Comparison::Number(Relation::Equal), true;
    "NumericLessThan" => Comparison::Number(Relation::Less), false;
    "NumericLessThanEquals" => Comparison::Number(Relation::LessOrEqual), false;
    "NumericGreaterThan" => Comparison::Number(Relation::Greater), false;
    "NumericGreaterThanEquals" => Comparison::Number(Relation::GreaterOrEqual), false;
    "DateEquals" => Comparison::Date(Relation::Equal), false;
    "DateNotEquals" => Comparison::Date(Relation::Equal), true;
    "DateLessThan" => Comparison::Date(Relation::Less), false;
    "DateLessThanEquals" => Comparison::Date(Relation::LessOrEqual), false;
    "DateGreaterThan" => Comparison::Date(Relation::Greater), false;
    "DateGreaterThanEquals" => Comparison::Date(Relation::GreaterOrEqual), false;
    "Bool" => Comparison::Truth, false;
    "BinaryEquals" => Comparison::Bytes, false;
    "IpAddress" => Comparison::Address, false;
    "NotIpAddress" => Comparison::Address, true;
    "ArnEquals" => Comparison::Arn, false;
    "ArnLike" => Comparison::Arn, false;
    "ArnNotEquals" => Comparison::Arn, true;
    "ArnNotLike" => Comparison::Arn, true;
}

impl Operator {
    /// The operator of this name.
    pub fn find(name: &str) -> Option<Self> {
        OPERATORS.iter().copied().find(|known| known.name == name)
    }
}

/// A value of the policy, read for its operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// A text with or without wildcards.
    Text(Pattern),
    /// The parts of an ARN.
    Arn(Vec<Pattern>),
    /// A number.
    Number(f64),
    /// Milliseconds since 1970.
    Date(i128),
    /// True or false.
    Truth(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A range of addresses.
    Address(IpNet),
}

impl Wanted {
    /// Reads a value of the policy.
    ///
    /// # Errors
    /// `InvalidValue`, `InvalidVariable`.
    pub fn parse(operator: Operator, text: &str, has_variables: bool) -> Result<Self, PolicyError> {
        let invalid = || PolicyError::InvalidValue {
            operator: operator.name,
        };
        Ok(match operator.comparison {
            Comparison::Text | Comparison::TextIgnoringCase => {
                Self::Text(Pattern::parse_exact(text, has_variables)?)
            }
            Comparison::TextPattern => Self::Text(Pattern::parse(text, has_variables)?),
            Comparison::Number(_) => Self::Number(number(text).ok_or_else(invalid)?),
            Comparison::Date(_) => Self::Date(date(text).ok_or_else(invalid)?),
            Comparison::Truth => Self::Truth(truth(text).ok_or_else(invalid)?),
            Comparison::Bytes => Self::Bytes(BASE64.decode(text).map_err(|_text| invalid())?),
            Comparison::Address => Self::Address(network(text).ok_or_else(invalid)?),
            Comparison::Arn => {
                let parts = arn_parts(text).map(|part| Pattern::parse(part, has_variables));
                Self::Arn(parts.collect::<Result<_, _>>()?)
            }
        })
    }

    /// Whether a value of the request is what is wanted.
    pub fn is(&self, comparison: Comparison, found: &str, context: &dyn Context) -> bool {
        match (self, comparison) {
            (Self::Text(pattern), Comparison::TextIgnoringCase) => {
                pattern.matches_ignoring_case(found, context)
            }
            (Self::Text(pattern), _) => pattern.matches(found, context),
            (Self::Arn(patterns), _) => {
                let parts = arn_parts(found);
                parts.clone().count() == patterns.len()
                    && patterns
                        .iter()
                        .zip(parts)
                        .all(|(pattern, part)| pattern.matches(part, context))
            }
            (Self::Number(wanted), Comparison::Number(relation)) => {
                let order = number(found).and_then(|found| found.partial_cmp(wanted));
                relation.holds(order)
            }
            (Self::Date(wanted), Comparison::Date(relation)) => {
                relation.holds(date(found).map(|found| found.cmp(wanted)))
            }
            (Self::Truth(wanted), _) => truth(found) == Some(*wanted),
            (Self::Bytes(wanted), _) => BASE64.decode(found).is_ok_and(|found| found == *wanted),
            (Self::Address(wanted), _) => {
                address(found).is_some_and(|found| wanted.contains(&found))
            }
            (Self::Number(_) | Self::Date(_), _) => false,
        }
    }
}

impl Wanted {
    /// Whether few values are it: no wildcards, no range wider than AWS takes for a few.
    pub fn is_narrow(&self) -> bool {
        const ACCOUNT: usize = 4;
        match self {
            Self::Text(pattern) => pattern.is_fixed(),
            Self::Arn(parts) => parts.get(ACCOUNT).is_some_and(Pattern::is_fixed),
            Self::Number(_) | Self::Date(_) | Self::Truth(_) | Self::Bytes(_) => true,
            Self::Address(IpNet::V4(network)) => network.prefix_len() >= 8,
            Self::Address(IpNet::V6(network)) => network.prefix_len() >= 32,
        }
    }
}

/// The six parts of an ARN; colons in the last one are its own.
fn arn_parts(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.splitn(6, ':')
}

fn number(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then_some(number)
}

/// ISO 8601, or seconds since 1970.
fn date(text: &str) -> Option<i128> {
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(i128::from(seconds) * 1000);
    }
    let whole = format!("{text}T00:00:00Z");
    let parsed = Timestamp::parse_iso8601(text).or_else(|| Timestamp::parse_iso8601(&whole));
    parsed.map(|time| i128::from(time.millis()))
}

fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

fn network(text: &str) -> Option<IpNet> {
    let network: Option<IpNet> = text.parse().ok();
    network.or_else(|| address(text).map(IpNet::from))
}

/// An IPv4 address that came over an IPv6 socket is an IPv4 address.
fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::policy::evaluate::NoContext;

    fn holds(operator: &str, wanted: &str, found: &str) -> bool {
        let operator = Operator::find(operator).unwrap();
        let wanted = Wanted::parse(operator, wanted, true).unwrap();
        wanted.is(operator.comparison, found, &NoContext)
    }

    #[test]
    fn every_comparison_compares() {
        assert!(holds("StringEquals", "a*", "a*") && !holds("StringEquals", "a*", "ab"));
        assert!(holds(
            "StringEqualsIgnoreCase",
            "\u{413}\u{440}\u{430}\u{434}",
            "\u{433}\u{420}\u{410}\u{414}"
        ));
        assert!(holds("StringLike", "a*", "ab"));
        assert!(holds("NumericLessThan", "10", "9.5") && !holds("NumericLessThan", "10", "10"));
        assert!(!holds("NumericEquals", "1", "one"));
        assert!(holds(
            "DateGreaterThan",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:01Z"
        ));
        assert!(holds("DateLessThan", "2026-01-01", "1700000000"));
        assert!(holds("Bool", "TRUE", "true") && !holds("Bool", "true", "yes"));
        assert!(holds("BinaryEquals", "AQI=", "AQI="));
        assert!(holds("IpAddress", "10.0.0.0/8", "10.9.8.7"));
        assert!(holds("IpAddress", "10.1.1.1", "::ffff:10.1.1.1"));
        assert!(holds("IpAddress", "2001:db8::/32", "2001:db8::1"));
        assert!(!holds("IpAddress", "10.0.0.0/8", "11.0.0.1"));
        assert!(holds(
            "ArnLike",
            "arn:aws:iam::*:user/a*",
            "arn:aws:iam::1:user/ana"
        ));
        assert!(!holds("ArnLike", "arn:aws:*", "arn:aws:iam::1:user/ana"));
    }

    #[test]
    fn values_that_cannot_be_compared_with_are_refused() {
        for (operator, text) in [
            ("NumericEquals", "one"),
            ("NumericEquals", "NaN"),
            ("DateEquals", "yesterday"),
            ("Bool", "1"),
            ("BinaryEquals", "***"),
            ("IpAddress", "10.0.0.0/33"),
            ("IpAddress", "everywhere"),
        ] {
            let operator = Operator::find(operator).unwrap();
            assert!(Wanted::parse(operator, text, true).is_err(), "{text}");
        }
    }
}
