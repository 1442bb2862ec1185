//! Who owns what others write into a bucket, and so whether access control lists count in it.
//!
//! Owns: the settings of object ownership, and what a bucket's header says of its own list.
//! Not here: lists (`model::acl`).
//!
//! Source: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs for your
//! bucket".

/// Who owns what is written into a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ObjectOwnership {
    /// The bucket's owner owns everything, and lists do not count.
    #[default]
    BucketOwnerEnforced,
    /// The bucket's owner owns what is written with `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// The writer.
    ObjectWriter,
    /// The setting was taken away: as `ObjectWriter`.
    Unset,
}

impl ObjectOwnership {
    const ALL: [Self; 4] = [
        Self::BucketOwnerEnforced,
        Self::BucketOwnerPreferred,
        Self::ObjectWriter,
        Self::Unset,
    ];

    /// The word in documents and headers; none for what was taken away.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::BucketOwnerEnforced => Some("BucketOwnerEnforced"),
            Self::BucketOwnerPreferred => Some("BucketOwnerPreferred"),
            Self::ObjectWriter => Some("ObjectWriter"),
            Self::Unset => None,
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == Some(text))
    }

    /// Whether access control lists count.
    pub const fn allows_acls(self) -> bool {
        !matches!(self, Self::BucketOwnerEnforced)
    }

    /// The stored form.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::BucketOwnerEnforced => 0,
            Self::BucketOwnerPreferred => 1,
            Self::ObjectWriter => 2,
            Self::Unset => 3,
        }
    }

    /// Reads the stored form.
    pub fn from_stored(stored: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.to_stored() == stored)
    }
}

/// What a bucket's header says of its list, so that it is looked for only where there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BucketList {
    /// There is none: the owner has everything, nobody else anything.
    #[default]
    None,
    /// There is one that grants nothing to anybody but the owner.
    OwnerOnly,
    /// There is one that grants something to others.
    Others,
}

impl BucketList {
    const ALL: [Self; 3] = [Self::None, Self::OwnerOnly, Self::Others];

    /// The stored form.
    pub const fn to_stored(self) -> u8 {
        match self {
            Self::None => 0,
            Self::OwnerOnly => 1,
            Self::Others => 2,
        }
    }

    /// Reads the stored form.
    pub fn from_stored(stored: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.to_stored() == stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_they_are_written() {
        for own in ObjectOwnership::ALL {
            assert_eq!(ObjectOwnership::from_stored(own.to_stored()), Some(own));
            if let Some(name) = own.name() {
                assert_eq!(ObjectOwnership::parse(name), Some(own));
            }
        }
        assert_eq!(ObjectOwnership::from_stored(4), None);
        assert_eq!(ObjectOwnership::parse("Unset"), None);
        for own in BucketList::ALL {
            assert_eq!(BucketList::from_stored(own.to_stored()), Some(own));
        }
        assert_eq!(BucketList::from_stored(3), None);
        assert!(!ObjectOwnership::default().allows_acls());
    }
}
