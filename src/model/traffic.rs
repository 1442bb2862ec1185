//! What is asked of a bucket, and how much of it was held how long: the figures of usage.
//!
//! Owns: kinds of requests, sums of requests and bytes moved, sums over time.
//! Not here: what is stored now (`model::quota`), rows (`catalog::traffic`,
//! `catalog::usage_hours`).

use crate::model::month::HOUR_MILLIS;

/// A kind of request, as it is told apart in usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Stores an object or a part, also by copying, and begins and completes uploads.
    Put,
    /// Reads an object.
    Get,
    /// Looks at an object or a bucket.
    Head,
    /// Lists.
    List,
    /// Deletes, also many at once, and aborts uploads.
    Delete,
    /// Settings, tags, locks, users and all else.
    Other,
}

impl RequestKind {
    /// All kinds, in the order in which they are stored.
    pub const ALL: [Self; 6] = [
        Self::Put,
        Self::Get,
        Self::Head,
        Self::List,
        Self::Delete,
        Self::Other,
    ];
}

/// What was asked and moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests of each kind, in the order of [`RequestKind::ALL`].
    pub requests: [u64; RequestKind::ALL.len()],
    /// Bytes of requests' bodies, as they came over the wire.
    pub bytes_in: u64,
    /// Bytes of answers' bodies, as they went over the wire.
    pub bytes_out: u64,
}

impl Traffic {
    /// One request.
    pub fn of(kind: RequestKind, bytes_in: u64, bytes_out: u64) -> Self {
        let requests = RequestKind::ALL.map(|own| u64::from(own == kind));
        Self {
            requests,
            bytes_in,
            bytes_out,
        }
    }

    /// Requests of a kind.
    pub fn requests_of(&self, kind: RequestKind) -> u64 {
        let mut kinds = RequestKind::ALL.iter().zip(self.requests);
        kinds
            .find(|(own, _)| **own == kind)
            .map_or(0, |(_, count)| count)
    }
}

impl std::ops::AddAssign for Traffic {
    fn add_assign(&mut self, other: Self) {
        for (own, other) in self.requests.iter_mut().zip(other.requests) {
            *own = own.saturating_add(other);
        }
        self.bytes_in = self.bytes_in.saturating_add(other.bytes_in);
        self.bytes_out = self.bytes_out.saturating_add(other.bytes_out);
    }
}

/// Something held over a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How much at the span's end.
    pub last: u64,
    /// How much times how many milliseconds, added up.
    pub millis: u128,
}

impl Held {
    /// How much times how many hours, to the nearest.
    pub fn hours(&self) -> u64 {
        let hour = u128::from(HOUR_MILLIS);
        let hours = self.millis.saturating_add(hour / 2) / hour;
        u64::try_from(hours).unwrap_or(u64::MAX)
    }

    /// The same of a later span behind this one.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        Self {
            last: later.last,
            millis: self.millis.saturating_add(later.millis),
        }
    }

    /// The same of something else over the same span.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self {
            last: self.last.saturating_add(other.last),
            millis: self.millis.saturating_add(other.millis),
        }
    }
}

/// Usage of a bucket, or of several, over a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bytes of all versions and of all parts of unfinished uploads.
    pub bytes: Held,
    /// Versions and delete markers.
    pub objects: Held,
    /// Bytes of parts of unfinished uploads alone.
    pub upload_bytes: Held,
    /// What was asked and moved.
    pub traffic: Traffic,
}

impl Figures {
    /// The same of a later span behind this one.
    #[must_use]
    pub fn then(mut self, later: &Self) -> Self {
        self.bytes = self.bytes.then(later.bytes);
        self.objects = self.objects.then(later.objects);
        self.upload_bytes = self.upload_bytes.then(later.upload_bytes);
        self.traffic += later.traffic;
        self
    }

    /// The same of another bucket over the same span.
    #[must_use]
    pub fn beside(mut self, other: &Self) -> Self {
        self.bytes = self.bytes.beside(other.bytes);
        self.objects = self.objects.beside(other.objects);
        self.upload_bytes = self.upload_bytes.beside(other.upload_bytes);
        self.traffic += other.traffic;
        self
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_follow_and_buckets_add_up() {
        let figures = |last, millis| Figures {
            bytes: Held { last, millis },
            traffic: Traffic::of(RequestKind::Get, 1, 10),
            ..Figures::default()
        };
        let (first, second) = (figures(5, 100), figures(7, 200));
        let both = first.then(&second);
        assert_eq!((both.bytes.last, both.bytes.millis), (7, 300));
        assert_eq!(both.traffic.requests_of(RequestKind::Get), 2);
        assert_eq!(both.traffic.requests_of(RequestKind::Put), 0);
        assert_eq!(both.traffic.bytes_out, 20);
        let beside = first.beside(&second);
        assert_eq!((beside.bytes.last, beside.bytes.millis), (12, 300));
        assert!(!beside.is_empty() && Figures::default().is_empty());
    }

    #[test]
    fn hours_are_told_to_the_nearest() {
        let hours = |millis| Held { last: 0, millis }.hours();
        assert_eq!(hours(0), 0);
        assert_eq!(hours(1_799_999), 0);
        assert_eq!(hours(1_800_000), 1);
        assert_eq!(hours(3_600_000 * 10), 10);
        assert_eq!(hours(u128::MAX), u64::MAX);
    }
}
