//! Conditions: one operator, one key, its values.
//!
//! Owns: quantifiers, `IfExists`, `Null`, absent keys. Not here: comparing two values
//! (`operator`), what a key is in a request (`evaluate::Context`).
//!
//! Source: AWS IAM User Guide, "Condition operators", "Multivalued context keys".

use crate::iam::policy::error::PolicyError;
use crate::iam::policy::evaluate::Context;
use crate::iam::policy::operator::{Operator, Wanted};
use std::borrow::Cow;

/// How several values of the request are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// The key has one value.
    One,
    /// Each of them; also when there is none.
    All,
    /// One of them.
    Any,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    /// Whether the key is absent.
    Null { is_absent: bool },
    /// A comparison with any of the values.
    Compare {
        operator: Operator,
        quantifier: Quantifier,
        if_exists: bool,
        wanted: Vec<Wanted>,
    },
}

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    key: String,
    test: Test,
}

/// Names of keys are alike in either case; a tag's name behind the slash is its own.
pub fn normalized_key(key: &str) -> String {
    match key.split_once('/') {
        None => key.to_ascii_lowercase(),
        Some((name, tag)) => format!("{}/{tag}", name.to_ascii_lowercase()),
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// `InvalidOperator`, `InvalidValue`, `InvalidVariable`.
    pub fn parse(
        operator: &str,
        key: &str,
        values: &[String],
        has_variables: bool,
    ) -> Result<Self, PolicyError> {
        let invalid = || PolicyError::InvalidOperator {
            operator: operator.to_owned(),
        };
        let test = if operator == "Null" {
            let truths = values
                .iter()
                .map(|value| value.parse::<bool>().map_err(|_value| invalid_null()));
            let truths = truths.collect::<Result<Vec<_>, _>>()?;
            match truths.as_slice() {
                [is_absent] => Test::Null {
                    is_absent: *is_absent,
                },
                _ => return Err(invalid_null()),
            }
        } else {
            let (quantifier, rest) = match operator.split_once(':') {
                None => (Quantifier::One, operator),
                Some(("ForAllValues", rest)) => (Quantifier::All, rest),
                Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
                Some(_) => return Err(invalid()),
            };
            let (name, if_exists) = match rest.strip_suffix("IfExists") {
                None => (rest, false),
                Some(name) => (name, true),
            };
            let operator = Operator::find(name).ok_or_else(invalid)?;
            let wanted = values
                .iter()
                .map(|value| Wanted::parse(operator, value, has_variables))
                .collect::<Result<_, _>>()?;
            Test::Compare {
                operator,
                quantifier,
                if_exists,
                wanted,
            }
        };
        Ok(Self {
            key: normalized_key(key),
            test,
        })
    }

    /// The key, in lower case but for a tag's name.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it leaves few callers of everybody (AWS, "The meaning of \"public\"").
    pub fn narrows(&self) -> bool {
        const NARROWING: &[&str] = &[
            "aws:sourceip",
            "aws:sourcearn",
            "aws:sourceaccount",
            "aws:userid",
            "aws:username",
            "aws:principalarn",
            "aws:principalaccount",
        ];
        let Test::Compare {
            operator,
            quantifier,
            if_exists,
            wanted,
        } = &self.test
        else {
            return false;
        };
        // What an absent key fulfils narrows nothing.
        let needs_key = !operator.is_negated && !if_exists && *quantifier != Quantifier::All;
        needs_key && NARROWING.contains(&self.key.as_str()) && wanted.iter().all(Wanted::is_narrow)
    }

    /// Whether the request fulfils it.
    pub fn holds(&self, context: &dyn Context) -> bool {
        let values = context.values(&self.key);
        let (operator, quantifier, if_exists, wanted) = match &self.test {
            Test::Null { is_absent } => return values.is_none() == *is_absent,
            Test::Compare {
                operator,
                quantifier,
                if_exists,
                wanted,
            } => (operator, *quantifier, *if_exists, wanted),
        };
        let fulfils = |found: &Cow<'_, str>| {
            let is_any = wanted
                .iter()
                .any(|wanted| wanted.is(operator.comparison, found, context));
            is_any != operator.is_negated
        };
        let found = values.unwrap_or_default();
        if found.is_empty() {
            return match quantifier {
                Quantifier::One => if_exists || operator.is_negated,
                Quantifier::All => true,
                Quantifier::Any => if_exists,
            };
        }
        match quantifier {
            // A key of several values without a quantifier: none of them may be what is not
            // wanted, one must be what is.
            Quantifier::One if operator.is_negated => found.iter().all(fulfils),
            Quantifier::One | Quantifier::Any => found.iter().any(fulfils),
            Quantifier::All => found.iter().all(fulfils),
        }
    }
}

fn invalid_null() -> PolicyError {
    PolicyError::InvalidValue { operator: "Null" }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Values(Option<&'static [&'static str]>);

    impl Context for Values {
        fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
            assert_eq!(key, "s3:prefix");
            let values = self.0?;
            Some(values.iter().map(|value| Cow::Borrowed(*value)).collect())
        }
    }

    fn holds(operator: &str, wanted: &[&str], found: Option<&'static [&'static str]>) -> bool {
        let wanted: Vec<_> = wanted.iter().map(|&text| text.to_owned()).collect();
        let condition = Condition::parse(operator, "S3:Prefix", &wanted, true).unwrap();
        condition.holds(&Values(found))
    }

    #[test]
    fn point_74_absent_keys_fulfil_negations_and_if_exists_only() {
        assert!(!holds("StringEquals", &["a"], None));
        assert!(holds("StringNotEquals", &["a"], None));
        assert!(holds("StringEqualsIfExists", &["a"], None));
        assert!(!holds("StringEqualsIfExists", &["a"], Some(&["b"])));
        assert!(holds("Null", &["true"], None) && !holds("Null", &["false"], None));
        assert!(holds("Null", &["false"], Some(&["b"])));
    }

    #[test]
    fn several_wanted_values_are_alternatives() {
        assert!(holds("StringEquals", &["a", "b"], Some(&["b"])));
        assert!(!holds("StringNotEquals", &["a", "b"], Some(&["b"])));
        assert!(holds("StringNotEquals", &["a", "b"], Some(&["c"])));
    }

    #[test]
    fn row_35_quantifiers_over_empty_and_overlapping_sets() {
        let (all, any) = ("ForAllValues:StringEquals", "ForAnyValue:StringEquals");
        assert!(holds(all, &["a", "b"], Some(&["a"])));
        assert!(!holds(all, &["a", "b"], Some(&["a", "c"])));
        assert!(holds(all, &["a"], None) && holds(all, &["a"], Some(&[])));
        assert!(holds(any, &["a", "b"], Some(&["c", "a"])));
        assert!(!holds(any, &["a"], Some(&["c"])) && !holds(any, &["a"], None));
        let none_of = "ForAllValues:StringNotEquals";
        assert!(holds(none_of, &["a"], Some(&["b", "c"])));
        assert!(!holds(none_of, &["a"], Some(&["b", "a"])));
        let one_other = "ForAnyValue:StringNotEquals";
        assert!(holds(one_other, &["a"], Some(&["b", "a"])) && !holds(one_other, &["a"], None));
    }

    #[test]
    fn operators_that_do_not_exist_are_refused() {
        for operator in [
            "StringEqual",
            "stringequals",
            "NullIfExists",
            "ForAllValues:Null",
            "ForSomeValues:StringEquals",
            "ForAllValues:ForAnyValue:StringEquals",
            "",
        ] {
            let parsed = Condition::parse(operator, "s3:prefix", &["a".to_owned()], true);
            let operator = operator.to_owned();
            assert_eq!(parsed, Err(PolicyError::InvalidOperator { operator }));
        }
    }
}
