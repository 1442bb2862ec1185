//! What keeps a bucket from becoming public, and what a bucket's header says of access.
//!
//! Owns: the four public access blocks and their stored form.
//! Not here: what is public (`iam::policy`), the document (`s3::xml`).
//!
//! Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".

/// The four blocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent switches, as S3 has them"
)]
pub struct PublicAccessBlock {
    /// Requests that would set a public ACL are refused.
    pub block_public_acls: bool,
    /// Public ACLs have no effect.
    pub ignore_public_acls: bool,
    /// Public policies are refused.
    pub block_public_policy: bool,
    /// A public policy opens the bucket to its owner's account alone.
    pub restrict_public_buckets: bool,
}

/// What a bucket's header says of access, so that requests look for more only where there is more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BucketAccess {
    /// Whether there are CORS rules.
    pub has_cors: bool,
    /// Whether there is a policy.
    pub has_policy: bool,
    /// Whether the policy binds the owner's root also in what it does to the policy: its author has
    /// confirmed that (`x-amz-confirm-remove-self-bucket-access`).
    pub binds_root: bool,
    /// The blocks, if they were set.
    pub public_access_block: Option<PublicAccessBlock>,
}

const HAS_POLICY: u8 = 1;
const BINDS_ROOT: u8 = 2;
const HAS_BLOCK: u8 = 4;
const BLOCK_ACLS: u8 = 8;
const IGNORE_ACLS: u8 = 16;
const BLOCK_POLICY: u8 = 32;
const RESTRICT: u8 = 64;
const HAS_CORS: u8 = 128;

impl PublicAccessBlock {
    /// All four on.
    pub const ALL: Self = Self {
        block_public_acls: true,
        ignore_public_acls: true,
        block_public_policy: true,
        restrict_public_buckets: true,
    };
}

impl BucketAccess {
    /// What a bucket begins with.
    pub fn of_new_bucket(blocks_public_access: bool) -> Self {
        Self {
            public_access_block: blocks_public_access.then_some(PublicAccessBlock::ALL),
            ..Self::default()
        }
    }

    /// The blocks in force.
    pub fn block(self) -> PublicAccessBlock {
        self.public_access_block.unwrap_or_default()
    }

    /// The stored form.
    pub fn to_stored(self) -> u8 {
        let block = self.block();
        [
            (self.has_cors, HAS_CORS),
            (self.has_policy, HAS_POLICY),
            (self.binds_root, BINDS_ROOT),
            (self.public_access_block.is_some(), HAS_BLOCK),
            (block.block_public_acls, BLOCK_ACLS),
            (block.ignore_public_acls, IGNORE_ACLS),
            (block.block_public_policy, BLOCK_POLICY),
            (block.restrict_public_buckets, RESTRICT),
        ]
        .iter()
        .filter(|(is_set, _)| *is_set)
        .fold(0, |sum, (_, bit)| sum | bit)
    }

    /// Reads the stored form; `None` for what this version does not write.
    pub fn from_stored(stored: u8) -> Option<Self> {
        let has = |bit: u8| stored & bit != 0;
        let block = PublicAccessBlock {
            block_public_acls: has(BLOCK_ACLS),
            ignore_public_acls: has(IGNORE_ACLS),
            block_public_policy: has(BLOCK_POLICY),
            restrict_public_buckets: has(RESTRICT),
        };
        let access = Self {
            has_cors: has(HAS_CORS),
            has_policy: has(HAS_POLICY),
            binds_root: has(BINDS_ROOT),
            public_access_block: has(HAS_BLOCK).then_some(block),
        };
        (access.to_stored() == stored).then_some(access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_form_is_read_back_or_refused() {
        let read = (0..=u8::MAX).filter_map(|stored| {
            let access = BucketAccess::from_stored(stored)?;
            assert_eq!(access.to_stored(), stored);
            Some(access)
        });
        // CORS, policy, confirmation, and no block or one of sixteen.
        assert_eq!(read.count(), 8 * 17);
    }
}
