//! Names of users, groups, roles, their policies, and the sessions of roles.
//!
//! Owns: `IamName`, `IamPath`, what kinds of members an account has.
//! Not here: their records (`catalog::accounts`), what policies say (`iam::policy`).
//!
//! Source: AWS IAM User Guide, "IAM and AWS STS quotas", "IAM identifiers".

use std::fmt;

/// Characters of a user's name at most.
const USER_LEN_MAX: usize = 64;
/// Characters of a group's or a policy's name at most.
const OTHER_LEN_MAX: usize = 128;
/// Characters of a path at most.
const PATH_LEN_MAX: usize = 512;

/// A name that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("name is not 1 to {max} letters, digits and +=,.@_-")]
pub struct InvalidIamName {
    /// Its longest length.
    pub max: usize,
}

/// A name of a session that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("name is not 2 to 64 letters, digits and +=,.@_-")]
pub struct InvalidSessionName;

/// A path that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("path does not begin and end with a slash, or is longer than 512 characters")]
pub struct InvalidIamPath;

/// The name of a user, a group, a role, a policy or a session. Names that differ in case alone are
/// the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IamName(String);

impl IamName {
    /// A user's name: 1 to 64 characters.
    ///
    /// # Errors
    /// For everything else.
    pub fn user(text: &str) -> Result<Self, InvalidIamName> {
        Self::parse(text, USER_LEN_MAX)
    }

    /// The name of a group or a policy: 1 to 128 characters.
    ///
    /// # Errors
    /// For everything else.
    pub fn other(text: &str) -> Result<Self, InvalidIamName> {
        Self::parse(text, OTHER_LEN_MAX)
    }

    /// A name of a role's session: 2 to 64 characters.
    ///
    /// # Errors
    /// For everything else.
    pub fn session(text: &str) -> Result<Self, InvalidSessionName> {
        let name = Self::user(text).map_err(|_name| InvalidSessionName)?;
        if text.len() < 2 {
            return Err(InvalidSessionName);
        }
        Ok(name)
    }

    fn parse(text: &str, max: usize) -> Result<Self, InvalidIamName> {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b);
        if (1..=max).contains(&text.len()) && text.bytes().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIamName { max })
        }
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which names are compared and rows are named.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// Whether it is the same name.
    pub fn is(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for IamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where in an organisation a user, group or role stands; part of its ARN, no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IamPath(String);

impl Default for IamPath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl IamPath {
    /// Accepts `/`, and printable ASCII between two slashes.
    ///
    /// # Errors
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, InvalidIamPath> {
        let is_framed = text.starts_with('/') && text.ends_with('/');
        if is_framed && text.len() <= PATH_LEN_MAX && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidIamPath)
        }
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a member of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberKind {
    /// Several users that share policies.
    Group,
    /// What others may act as for a while.
    Role,
    /// Somebody with access keys.
    User,
}

impl MemberKind {
    /// The word in ARNs and texts.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Role => "role",
            Self::User => "user",
        }
    }

    /// Parses a name of this kind.
    ///
    /// # Errors
    /// As [`IamName::user`] and [`IamName::other`].
    pub fn name(self, text: &str) -> Result<IamName, InvalidIamName> {
        match self {
            Self::Group => IamName::other(text),
            Self::Role | Self::User => IamName::user(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_keep_their_rules() {
        for text in [
            "a",
            "Ana.Petrovic@kragujevac.rs",
            "x=1,+_-",
            &"u".repeat(64),
        ] {
            assert_eq!(IamName::user(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a/b", "a:b", "\u{10d}", &"u".repeat(65)] {
            assert!(IamName::user(text).is_err(), "{text}");
        }
        assert!(
            IamName::other(&"g".repeat(128)).is_ok() && IamName::other(&"g".repeat(129)).is_err()
        );
        assert!(IamName::session("ab").is_ok() && IamName::session("a").is_err());
        assert!(IamName::session("a b").is_err() && IamName::session(&"s".repeat(65)).is_err());
        let name = |text| IamName::user(text).unwrap();
        assert!(name("Ana").is(&name("aNA")) && !name("Ana").is(&name("Eva")));
        for text in ["/", "/archive/", "/a/b/"] {
            assert_eq!(IamPath::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a", "/a", "a/", "/a b/"] {
            assert!(IamPath::parse(text).is_err(), "{text}");
        }
    }
}
