//! What may be stored, and what is.
//!
//! Owns: limits, usage and its changes, the finding that a limit would be passed.
//! Not here: the counters (`catalog::usage`).

use std::fmt;

/// How much a bucket or a tenant may hold; `None` is without a limit. Counted are all versions and
/// delete markers, and the parts of unfinished uploads, in logical bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotaLimits {
    /// Bytes of all versions and of all parts of unfinished uploads.
    pub bytes: Option<u64>,
    /// Versions and delete markers.
    pub objects: Option<u64>,
    /// Bytes of the parts of unfinished uploads alone.
    pub upload_bytes: Option<u64>,
}

impl QuotaLimits {
    /// Whether nothing is limited.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::default()
    }

    /// The limit of one kind.
    pub fn of(&self, kind: QuotaKind) -> Option<u64> {
        match kind {
            QuotaKind::Bytes => self.bytes,
            QuotaKind::Objects => self.objects,
            QuotaKind::UploadBytes => self.upload_bytes,
            QuotaKind::Buckets => None,
        }
    }
}

/// How much a tenant may hold in all its buckets, and how many of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantLimits {
    /// What its buckets hold together.
    pub usage: QuotaLimits,
    /// Its buckets.
    pub buckets: Option<u64>,
}

impl TenantLimits {
    /// The limit of one kind.
    pub fn of(&self, kind: QuotaKind) -> Option<u64> {
        match kind {
            QuotaKind::Buckets => self.buckets,
            QuotaKind::Bytes | QuotaKind::Objects | QuotaKind::UploadBytes => self.usage.of(kind),
        }
    }
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaKind {
    /// Bytes of versions and of parts of unfinished uploads.
    Bytes,
    /// Versions and delete markers.
    Objects,
    /// Bytes of parts of unfinished uploads.
    UploadBytes,
    /// Buckets of a tenant.
    Buckets,
}

impl QuotaKind {
    /// The kinds that buckets and tenants have.
    pub const STORED: [Self; 3] = [Self::Bytes, Self::Objects, Self::UploadBytes];

    /// Its name in metrics and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Objects => "objects",
            Self::UploadBytes => "upload_bytes",
            Self::Buckets => "buckets",
        }
    }

    /// What is counted, for people.
    fn counted(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Objects => "versions and delete markers",
            Self::UploadBytes => "bytes in unfinished uploads",
            Self::Buckets => "buckets",
        }
    }
}

/// Whose limit it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaScope {
    /// The bucket's.
    Bucket,
    /// The tenant's.
    Tenant,
}

impl QuotaScope {
    /// Its name in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Tenant => "tenant",
        }
    }
}

/// A change would pass a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct QuotaExceeded {
    /// Whose limit.
    pub scope: QuotaScope,
    /// Of what.
    pub kind: QuotaKind,
    /// The limit.
    pub limit: u64,
    /// What is there now.
    pub used: u64,
    /// What would come.
    pub added: u64,
}

impl fmt::Display for QuotaExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            limit, used, added, ..
        } = self;
        let (scope, counted) = (self.scope.name(), self.kind.counted());
        write!(
            f,
            "the {scope}'s quota is {limit} {counted}; {used} are in use and {added} more would pass it"
        )
    }
}

/// What is held now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Logical bytes of all versions.
    pub bytes: u64,
    /// Number of versions and delete markers.
    pub objects: u64,
    /// Logical bytes in parts of unfinished uploads.
    pub upload_bytes: u64,
}

impl Usage {
    /// What a limit of this kind is compared with.
    pub fn of(&self, kind: QuotaKind) -> u64 {
        match kind {
            QuotaKind::Bytes => self.bytes.saturating_add(self.upload_bytes),
            QuotaKind::Objects => self.objects,
            QuotaKind::UploadBytes => self.upload_bytes,
            QuotaKind::Buckets => 0,
        }
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.objects = self.objects.saturating_add(other.objects);
        self.upload_bytes = self.upload_bytes.saturating_add(other.upload_bytes);
    }
}

/// A change of usage, as signed differences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageChange {
    /// Logical bytes of versions.
    pub bytes: i64,
    /// Versions and delete markers.
    pub objects: i64,
    /// Logical bytes of parts of unfinished uploads.
    pub upload_bytes: i64,
}

impl UsageChange {
    /// The difference that a limit of this kind is about.
    pub fn of(&self, kind: QuotaKind) -> i64 {
        match kind {
            QuotaKind::Bytes => self.bytes.saturating_add(self.upload_bytes),
            QuotaKind::Objects => self.objects,
            QuotaKind::UploadBytes => self.upload_bytes,
            QuotaKind::Buckets => 0,
        }
    }
}

impl std::ops::AddAssign for UsageChange {
    fn add_assign(&mut self, other: Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.objects = self.objects.saturating_add(other.objects);
        self.upload_bytes = self.upload_bytes.saturating_add(other.upload_bytes);
    }
}

/// A length as a signed number; lengths are below 5 TiB, so this never saturates.
pub fn signed(len: u64) -> i64 {
    i64::try_from(len).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_of_bytes_counts_unfinished_uploads() {
        let usage = Usage {
            bytes: 5,
            objects: 1,
            upload_bytes: 7,
        };
        assert_eq!(usage.of(QuotaKind::Bytes), 12);
        assert_eq!(usage.of(QuotaKind::UploadBytes), 7);
        let completed = UsageChange {
            bytes: 7,
            objects: 1,
            upload_bytes: -7,
        };
        assert_eq!(completed.of(QuotaKind::Bytes), 0);
    }

    #[test]
    fn finding_names_limit_and_usage() {
        let found = QuotaExceeded {
            scope: QuotaScope::Tenant,
            kind: QuotaKind::Objects,
            limit: 10,
            used: 9,
            added: 2,
        };
        let text = found.to_string();
        for part in ["tenant", "10 versions", "9 are in use", "2 more"] {
            assert!(text.contains(part), "{text}");
        }
    }
}
