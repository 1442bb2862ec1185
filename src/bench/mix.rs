//! Kinds of requests and how often each is sent.
//!
//! Owns: `Kind`, `Mix` and its text form. Not here: what a kind asks for (`worker`).

use crate::bench::random::Sequence;
use std::fmt;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// DeleteObject.
    Delete,
    /// GetObject.
    Get,
    /// HeadObject.
    Head,
    /// ListObjectsV2.
    List,
    /// PutObject.
    Put,
    /// GetObject of a range.
    Range,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Put,
        Self::Get,
        Self::Range,
        Self::Head,
        Self::List,
        Self::Delete,
    ];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Get => "get",
            Self::Head => "head",
            Self::List => "list",
            Self::Put => "put",
            Self::Range => "range",
        }
    }
}

/// A mix that cannot be read, with what to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a mix as put=20,get=70,head=5,delete=5: of put, get, range, head, list and delete, each \
     once at most, with whole numbers up to 1000000 that are not all zero"
)]
pub struct InvalidMix;

/// How often each kind is sent beside the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mix {
    weights: Vec<(Kind, u32)>,
}

impl Mix {
    /// One kind alone.
    pub fn only(kind: Kind) -> Self {
        Self {
            weights: vec![(kind, 1)],
        }
    }

    /// These weights; kinds with a weight of zero are not sent.
    pub fn of(weights: &[(Kind, u32)]) -> Self {
        let weights = weights.iter().copied();
        Self {
            weights: weights.filter(|(_, weight)| *weight > 0).collect(),
        }
    }

    /// Reads `put=20,get=70`.
    ///
    /// # Errors
    /// `InvalidMix` for kinds that do not exist or occur twice, for weights that are no numbers
    /// and when all are zero.
    pub fn parse(text: &str) -> Result<Self, InvalidMix> {
        let mut weights: Vec<(Kind, u32)> = Vec::new();
        for part in text.split(',') {
            let (name, weight) = part.split_once('=').ok_or(InvalidMix)?;
            let mut kinds = Kind::ALL.into_iter();
            let kind = kinds.find(|kind| kind.name() == name.trim());
            let kind = kind.ok_or(InvalidMix)?;
            let weight = weight.trim().parse::<u32>().ok();
            let weight = weight.filter(|weight| *weight <= 1_000_000);
            if weights.iter().any(|(known, _)| *known == kind) {
                return Err(InvalidMix);
            }
            weights.push((kind, weight.ok_or(InvalidMix)?));
        }
        weights.retain(|(_, weight)| *weight > 0);
        if weights.is_empty() {
            return Err(InvalidMix);
        }
        Ok(Self { weights })
    }

    /// Whether a kind is sent.
    pub fn has(&self, kind: Kind) -> bool {
        self.weights.iter().any(|(known, _)| *known == kind)
    }

    /// Whether nothing but this kind is sent.
    pub fn is_only(&self, kind: Kind) -> bool {
        self.has(kind) && self.weights.len() == 1
    }

    /// The next kind.
    pub(super) fn draw(&self, sequence: &mut Sequence) -> Kind {
        let total: u64 = self
            .weights
            .iter()
            .map(|(_, weight)| u64::from(*weight))
            .sum();
        let mut left = sequence.below(total);
        for (kind, weight) in &self.weights {
            match left.checked_sub(u64::from(*weight)) {
                Some(rest) => left = rest,
                None => return *kind,
            }
        }
        // `left` is below the total, so that one of them was it.
        Kind::Get
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [(kind, _)] = self.weights.as_slice() {
            return f.write_str(kind.name());
        }
        let parts = self.weights.iter();
        let parts = parts.map(|(kind, weight)| format!("{}={weight}", kind.name()));
        f.write_str(&parts.collect::<Vec<_>>().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_is_read_and_told_as_people_write_it() {
        let mix = Mix::parse("put=20, get=70,head=5,delete=5").unwrap();
        assert_eq!(mix.to_string(), "put=20,get=70,head=5,delete=5");
        assert!(mix.has(Kind::Delete) && !mix.has(Kind::List));
        assert!(Mix::parse("get=1,put=0").unwrap().is_only(Kind::Get));
        assert_eq!(Mix::only(Kind::Range).to_string(), "range");
        for bad in [
            "",
            "put",
            "put=",
            "put=-1",
            "put=x",
            "copy=1",
            "put=1,put=2",
            "put=0",
            "put=1,",
            "put=1000001",
            "PUT=1",
        ] {
            assert_eq!(Mix::parse(bad), Err(InvalidMix), "{bad}");
        }
    }

    #[test]
    fn kinds_are_drawn_as_often_as_the_mix_says() {
        let mix = Mix::parse("put=20,get=70,list=10").unwrap();
        let mut sequence = Sequence::new(5);
        let mut counts = [0_u32; 3];
        for _ in 0..10_000 {
            match mix.draw(&mut sequence) {
                Kind::Put => counts[0] += 1,
                Kind::Get => counts[1] += 1,
                Kind::List => counts[2] += 1,
                other => panic!("{other:?} is not in the mix"),
            }
        }
        for (count, share) in counts.into_iter().zip([2000, 7000, 1000]) {
            assert!(count.abs_diff(share) < 200, "{counts:?}");
        }
    }
}
