//! The form of a request: names and values, each name once.

use crate::auth::{QueryPair, parse_query};
use crate::s3::query::error::QueryError;

/// Entries of a page, when the request does not say.
const PAGE_DEFAULT: usize = 100;
/// Entries of a page at most (IAM API Reference, MaxItems).
const PAGE_MAX: usize = 1000;

/// A form.
#[derive(Debug)]
pub struct Form {
    pairs: Vec<QueryPair>,
}

/// Which part of a list is asked for.
#[derive(Clone, Debug)]
pub struct Page {
    /// The last entry of the page before.
    pub after: Option<String>,
    /// Entries at most.
    pub limit: usize,
}

impl Form {
    /// Reads a body.
    ///
    /// # Errors
    /// For what is no form, and for a name that occurs twice: two readers could take one each.
    pub fn parse(body: &[u8]) -> Result<Self, QueryError> {
        let text = std::str::from_utf8(body).ok();
        let pairs = text.and_then(parse_query);
        let pairs = pairs.ok_or_else(|| QueryError::malformed("The form cannot be read."))?;
        for (index, pair) in pairs.iter().enumerate() {
            let mut earlier = pairs.iter().take(index);
            if earlier.any(|other| other.name == pair.name) {
                return Err(QueryError::malformed("A parameter occurs more than once."));
            }
        }
        Ok(Self { pairs })
    }

    /// A value; an empty one is none.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub fn get(&self, name: &str) -> Result<Option<&str>, QueryError> {
        let pair = self.pairs.iter().find(|pair| pair.name == name.as_bytes());
        let Some(pair) = pair.filter(|pair| !pair.value.is_empty()) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&pair.value);
        let text = text.map_err(|_utf8| QueryError::invalid(name, "it is not UTF-8"))?;
        Ok(Some(text))
    }

    /// A value that has to be there.
    ///
    /// # Errors
    /// When it is not.
    pub fn need(&self, name: &str) -> Result<&str, QueryError> {
        self.get(name)?.ok_or_else(|| QueryError::missing(name))
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// For what is none, in AWS's own words.
    pub fn number(&self, name: &str, (least, most): (u32, u32)) -> Result<Option<u32>, QueryError> {
        let Some(text) = self.get(name)? else {
            return Ok(None);
        };
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        let digits = text.trim_start_matches('0');
        if !is_number {
            return Err(QueryError::invalid(name, "it is no number"));
        }
        // More digits than the number type has are more than any bound.
        let number = match digits {
            "" => 0,
            _ => digits.parse::<u32>().unwrap_or(u32::MAX),
        };
        if number < least {
            let rule = format!("Member must have value greater than or equal to {least}");
            return Err(QueryError::constraint(name, digits, &rule));
        }
        if number > most {
            let rule = format!("Member must have value less than or equal to {most}");
            return Err(QueryError::constraint(name, digits, &rule));
        }
        Ok(Some(number))
    }

    /// Refuses parameters whose meaning this server does not have: what they ask for would not be
    /// so.
    ///
    /// # Errors
    /// When one of them, or a member of it, is there.
    pub fn refuse(&self, names: &[&'static str]) -> Result<(), QueryError> {
        let asks_for = |name: &str| {
            self.pairs.iter().any(|pair| {
                let rest = pair.name.strip_prefix(name.as_bytes());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"."))
            })
        };
        match names.iter().find(|name| asks_for(name)) {
            Some(name) => Err(QueryError::unsupported(name)),
            None => Ok(()),
        }
    }

    /// Which action it asks for.
    ///
    /// # Errors
    /// When it says none.
    pub fn action(&self) -> Result<&str, QueryError> {
        self.get("Action")?
            .ok_or_else(|| QueryError::malformed("The parameter Action is missing."))
    }

    /// Which version of the API it asks for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn version(&self) -> Result<Option<&str>, QueryError> {
        self.get("Version")
    }

    /// Which part of a list it asks for.
    ///
    /// # Errors
    /// For a number of entries that is none.
    pub fn page(&self) -> Result<Page, QueryError> {
        let limit = match self.get("MaxItems")? {
            None => PAGE_DEFAULT,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=PAGE_MAX).contains(limit))
                .ok_or_else(|| QueryError::invalid("MaxItems", "it is not 1 to 1000"))?,
        };
        Ok(Page {
            after: self.get("Marker")?.map(str::to_owned),
            limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds_and_unsupported_parameters_are_found() {
        let number = |text: &str| {
            let form = Form::parse(format!("N={text}").as_bytes()).unwrap();
            form.number("N", (900, 3600))
        };
        assert_eq!(number("").unwrap(), None);
        assert_eq!(number("900").unwrap(), Some(900));
        assert_eq!(number("03600").unwrap(), Some(3600));
        for text in ["899", "0", "3601", "-900", "%2B900", "1e3", "9 00"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert!(number(&"9".repeat(40)).is_err());
        let form = Form::parse(b"Tags.member.1.Key=a&TagsX=1&Policy=").unwrap();
        assert!(form.refuse(&["Tag", "Other"]).is_ok());
        assert!(form.refuse(&["Other", "Tags"]).is_err());
        assert!(form.refuse(&["TagsX"]).is_err());
    }

    #[test]
    fn forms_are_read_once_and_strictly() {
        let form = Form::parse(b"Action=GetUser&UserName=Ana%2BEva&Empty=&MaxItems=7").unwrap();
        assert_eq!(form.action().unwrap(), "GetUser");
        assert_eq!(form.need("UserName").unwrap(), "Ana+Eva");
        assert_eq!(form.get("Empty").unwrap(), None);
        assert!(form.need("Empty").is_err() && form.need("Other").is_err());
        assert_eq!(form.page().unwrap().limit, 7);
        for body in ["Action=a&Action=b", "Action=%zz", "Action=a&Action=a"] {
            assert!(Form::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Form::parse(b"\xff").is_err());
        for limit in ["0", "1001", "-1", "x"] {
            let form = Form::parse(format!("MaxItems={limit}").as_bytes()).unwrap();
            assert!(form.page().is_err(), "{limit}");
        }
    }
}
