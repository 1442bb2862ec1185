//! Operators: their names, their roles, and what each role may do.
//!
//! Owns: `OperatorName`, `Role`, `Roles`, `Permission` and the one table that says which role has
//! which permission (`docs/OPERATIONS.md`, "Operators").
//! Not here: which command needs which permission (`admin::routes`), records of operators
//! (`catalog::operators`).
//!
//! Duties are separated: who runs the installation (tenants, buckets, limits) makes no keys, and
//! who makes keys, operators and retention does not run it. Everybody reads everything that is no
//! secret.

use std::fmt;

/// An operator's name that breaks its rule.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "operator name is not 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or digit"
)]
pub struct InvalidOperatorName;

/// The name of an operator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorName(String);

impl OperatorName {
    /// Accepts 1 to 63 lower-case letters, digits and hyphens that begin with a letter or digit.
    ///
    /// # Errors
    /// For everything else.
    pub fn parse(text: &str) -> Result<Self, InvalidOperatorName> {
        let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_valid = (1..=63).contains(&text.len())
            && text.starts_with(is_alphanumeric)
            && text.chars().all(|c| is_alphanumeric(c) || c == '-');
        if is_valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidOperatorName)
        }
    }

    /// The name of the operator whom `riznica init` makes.
    pub fn first() -> Self {
        Self("operator".to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OperatorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What somebody is on this installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads everything that is no secret, changes nothing.
    Auditor,
    /// Runs the installation: tenants, buckets, limits.
    Operator,
    /// Keys, retention, operators.
    SecurityOfficer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auditor, Self::Operator, Self::SecurityOfficer];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auditor => "auditor",
            Self::Operator => "operator",
            Self::SecurityOfficer => "security-officer",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == text)
    }

    /// The bit of the stored form.
    const fn bit(self) -> u8 {
        match self {
            Self::Operator => 1,
            Self::SecurityOfficer => 2,
            Self::Auditor => 4,
        }
    }
}

/// What a command of the admin listener needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Create buckets.
    Buckets,
    /// Make, switch off and delete access keys.
    Keys,
    /// Set quotas and rates.
    Limits,
    /// Make, change and delete operators.
    Operators,
    /// See what is no secret.
    Read,
    /// Protect what is retained.
    Retention,
    /// Create and change tenants.
    Tenants,
}

impl Permission {
    /// The roles that have it: the table.
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Buckets | Self::Limits | Self::Tenants => &[Role::Operator],
            Self::Keys | Self::Operators | Self::Retention => &[Role::SecurityOfficer],
            Self::Read => &Role::ALL,
        }
    }

    /// Whether it is to see alone.
    pub const fn is_read(self) -> bool {
        matches!(self, Self::Read)
    }

    /// What it lets somebody do, for a refusal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Buckets => "create buckets",
            Self::Keys => "make, switch off or delete access keys",
            Self::Limits => "set quotas and rates",
            Self::Operators => "make, change or delete operators",
            Self::Read => "read",
            Self::Retention => "change what is retained",
            Self::Tenants => "create or change tenants",
        }
    }
}

/// One role or several.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// What `riznica init` gives, and what operators had before there were roles: everything.
    pub const FOUNDER: Self = Self(Role::Operator.bit() | Role::SecurityOfficer.bit());

    /// These roles; `None` when there are none.
    pub fn of(roles: impl IntoIterator<Item = Role>) -> Option<Self> {
        let bits = roles.into_iter().fold(0, |bits, role| bits | role.bit());
        (bits != 0).then_some(Self(bits))
    }

    /// The stored form.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Reads the stored form.
    pub fn from_bits(bits: u8) -> Option<Self> {
        let known = Role::ALL.iter().fold(0, |known, role| known | role.bit());
        (bits != 0 && bits & !known == 0).then_some(Self(bits))
    }

    /// Whether a role is among them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether one of them has the permission.
    pub fn permit(self, permission: Permission) -> bool {
        permission.roles().iter().any(|role| self.has(*role))
    }

    /// The words for them.
    pub fn names(self) -> Vec<&'static str> {
        let own = Role::ALL.into_iter().filter(|role| self.has(*role));
        own.map(Role::name).collect()
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(", "))
    }
}

/// Whether an operator's token works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorStatus {
    /// It does, until it expires.
    Active,
    /// It does not.
    Disabled,
}

impl OperatorStatus {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Active, Self::Disabled];
        all.into_iter().find(|status| status.name() == text)
    }

    /// The stored form.
    pub const fn number(self) -> u8 {
        match self {
            Self::Active => 1,
            Self::Disabled => 2,
        }
    }

    /// Reads the stored form.
    pub fn from_number(number: u8) -> Option<Self> {
        let all = [Self::Active, Self::Disabled];
        all.into_iter().find(|status| status.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
            let roles = Roles::of([role]).unwrap();
            assert_eq!(Roles::from_bits(roles.bits()), Some(roles));
            assert_eq!(roles.names(), [role.name()]);
        }
        assert_eq!(Roles::of([]), None);
        assert_eq!(Roles::from_bits(0), None);
        assert_eq!(Roles::from_bits(8), None);
        assert_eq!(Role::parse("root"), None);
        for status in [OperatorStatus::Active, OperatorStatus::Disabled] {
            assert_eq!(OperatorStatus::parse(status.name()), Some(status));
            assert_eq!(OperatorStatus::from_number(status.number()), Some(status));
        }
        assert_eq!(OperatorStatus::from_number(0), None);
    }

    #[test]
    fn duties_are_separated() {
        let auditor = Roles::of([Role::Auditor]).unwrap();
        let operator = Roles::of([Role::Operator]).unwrap();
        let officer = Roles::of([Role::SecurityOfficer]).unwrap();
        for permission in [
            Permission::Buckets,
            Permission::Keys,
            Permission::Limits,
            Permission::Operators,
            Permission::Read,
            Permission::Retention,
            Permission::Tenants,
        ] {
            let is_read = permission.is_read();
            assert_eq!(auditor.permit(permission), is_read, "{permission:?}");
            let one_of_two = operator.permit(permission) != officer.permit(permission);
            assert_eq!(one_of_two, !is_read, "{permission:?}");
            assert!(Roles::FOUNDER.permit(permission), "{permission:?}");
        }
    }

    #[test]
    fn operator_name_outside_its_rule_is_refused() {
        let (long, longest) = ("a".repeat(64), "a".repeat(63));
        for bad in ["", "-a", "A", "a b", "a:b", "a/b", "a.b", &long] {
            assert_eq!(OperatorName::parse(bad), Err(InvalidOperatorName), "{bad}");
        }
        let first = OperatorName::first();
        for good in ["a", "1", "ana-petrovic", &longest, first.as_str()] {
            assert_eq!(OperatorName::parse(good).unwrap().as_str(), good);
        }
    }
}
