//! Object Lock: what keeps a version from being destroyed (S3 user guide, "Locking objects with
//! Object Lock").
//!
//! Owns: retention and legal hold of a version, a bucket's default retention, and the rules of what
//! may be changed and deleted. Not here: the clock that `now` is read from
//! (`catalog::retention_clock`: it never runs backwards), XML and headers (`s3`).

use crate::model::time::Timestamp;

/// Milliseconds of a day.
const DAY_MILLIS: u64 = 86_400_000;
/// Days of a year, as AWS counts a default retention in years.
const YEAR_DAYS: u64 = 365;

/// How strictly a retention holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionMode {
    /// Nobody shortens it.
    Compliance,
    /// Who has the permission to bypass it may shorten it.
    Governance,
}

impl RetentionMode {
    /// The name in headers and XML.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compliance => "COMPLIANCE",
            Self::Governance => "GOVERNANCE",
        }
    }

    /// Parses the name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Compliance, Self::Governance]
            .into_iter()
            .find(|mode| mode.name() == name)
    }

    /// The number in stored rows; 0 is none.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::Compliance => 1,
            Self::Governance => 2,
        }
    }

    /// The mode of a stored number.
    pub const fn from_stored(stored: u8) -> Option<Self> {
        match stored {
            1 => Some(Self::Compliance),
            2 => Some(Self::Governance),
            _ => None,
        }
    }
}

/// A version's retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How strictly.
    pub mode: RetentionMode,
    /// Until when.
    pub retain_until: Timestamp,
}

/// What keeps a version from being destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LockState {
    /// Its retention, also when it is over.
    pub retention: Option<Retention>,
    /// Whether a legal hold is on it.
    pub legal_hold: bool,
}

impl LockState {
    /// Whether there is anything to store.
    pub const fn is_empty(&self) -> bool {
        self.retention.is_none() && !self.legal_hold
    }

    /// The retention that still holds.
    pub fn active(&self, now: Timestamp) -> Option<Retention> {
        self.retention.filter(|own| own.retain_until > now)
    }

    /// Whether the version may be destroyed. `bypass`: the caller may bypass GOVERNANCE and asks
    /// for it.
    pub fn may_destroy(&self, now: Timestamp, bypass: bool) -> bool {
        let is_retained = match self.active(now) {
            None => false,
            Some(own) => own.mode == RetentionMode::Compliance || !bypass,
        };
        !is_retained && !self.legal_hold
    }

    /// Whether the retention may become `new` (s3-behaviour.md 89): COMPLIANCE is only lengthened;
    /// GOVERNANCE is lengthened freely and changed otherwise by those who may bypass it.
    pub fn may_become(&self, new: Option<Retention>, now: Timestamp, bypass: bool) -> bool {
        let Some(own) = self.active(now) else {
            return true;
        };
        let lengthens =
            new.is_some_and(|new| new.mode == own.mode && new.retain_until >= own.retain_until);
        lengthens || own.mode == RetentionMode::Governance && bypass
    }
}

/// The length of a default retention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionPeriod {
    /// Days, at least one.
    Days(u32),
    /// Years of 365 days, at least one.
    Years(u32),
}

impl RetentionPeriod {
    /// Its milliseconds.
    pub fn millis(self) -> u64 {
        let days = match self {
            Self::Days(days) => u64::from(days),
            Self::Years(years) => u64::from(years).saturating_mul(YEAR_DAYS),
        };
        days.saturating_mul(DAY_MILLIS)
    }
}

/// The retention of versions that come without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DefaultRetention {
    /// How strictly.
    pub mode: RetentionMode,
    /// How long.
    pub period: RetentionPeriod,
}

impl DefaultRetention {
    /// The retention of a version written now.
    pub fn from(&self, now: Timestamp) -> Retention {
        let millis = now.millis().saturating_add(self.period.millis());
        Retention {
            mode: self.mode,
            retain_until: Timestamp::from_millis(millis),
        }
    }
}

/// A bucket's Object Lock configuration; its presence means that the bucket has Object Lock, for
/// good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectLock {
    /// The retention of versions that come without one.
    pub default_retention: Option<DefaultRetention>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000);

    fn state(mode: RetentionMode, until: u64) -> LockState {
        let retain_until = Timestamp::from_millis(until);
        LockState {
            retention: Some(Retention { mode, retain_until }),
            legal_hold: false,
        }
    }

    #[test]
    fn compliance_is_destroyed_only_when_it_is_over() {
        let own = state(RetentionMode::Compliance, 1_000_001);
        assert!(!own.may_destroy(NOW, false) && !own.may_destroy(NOW, true));
        let over = state(RetentionMode::Compliance, 1_000_000);
        assert!(over.may_destroy(NOW, false));
        let held = LockState {
            legal_hold: true,
            ..over
        };
        assert!(!held.may_destroy(NOW, true));
    }

    #[test]
    fn governance_yields_to_bypass_only() {
        let own = state(RetentionMode::Governance, 1_000_001);
        assert!(!own.may_destroy(NOW, false));
        assert!(own.may_destroy(NOW, true));
    }

    #[test]
    fn retention_changes_as_aws_allows() {
        use RetentionMode::{Compliance, Governance};
        let to = |mode, until| state(mode, until).retention;
        let own = state(Compliance, 2_000_000);
        for bypass in [false, true] {
            assert!(own.may_become(to(Compliance, 2_000_000), NOW, bypass));
            assert!(own.may_become(to(Compliance, 2_000_001), NOW, bypass));
            assert!(!own.may_become(to(Compliance, 1_999_999), NOW, bypass));
            assert!(!own.may_become(to(Governance, 3_000_000), NOW, bypass));
            assert!(!own.may_become(None, NOW, bypass));
        }
        let own = state(Governance, 2_000_000);
        assert!(own.may_become(to(Governance, 2_000_001), NOW, false));
        for new in [to(Governance, 1_999_999), to(Compliance, 3_000_000), None] {
            assert!(!own.may_become(new, NOW, false));
            assert!(own.may_become(new, NOW, true));
        }
        let over = state(Compliance, 1_000_000);
        assert!(over.may_become(None, NOW, false));
    }
}
