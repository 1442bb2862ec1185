//! What the rules of `tests/tidy.rs` compare with: layers, fences, words, names of secrets, and the
//! exceptions.
//!
//! Owns: the tables. A change of a layer is made here and in `src/lib.rs` together.
//! Not here: how they are applied.

/// Lines before `#[cfg(test)]`.
pub(crate) const CODE_LINES_MAX: usize = 400;
/// Lines in all.
pub(crate) const FILE_LINES_MAX: usize = 600;
/// Characters in a line.
pub(crate) const COLUMNS_MAX: usize = 100;

/// Characters of a text literal from which its line may be longer: rustfmt does not break it.
pub(crate) const LITERAL_MIN: usize = 40;

/// Files that may be longer, with the reason.
pub(crate) const LONG_FILES: &[(&str, &str)] = &[];

/// Files that may hold more than ASCII, with the reason.
pub(crate) const NON_ASCII_FILES: &[(&str, &str)] = &[(
    "src/cli/args_tenants.rs",
    "the help shows that names may be in Cyrillic",
)];

/// Files that may hold a banned word, with the reason.
pub(crate) const WORD_FILES: &[(&str, &str)] = &[
    (
        "tests/crypto/golden.rs",
        "the ignored function writes new vectors, it tests nothing",
    ),
    ("tests/tidy/tables.rs", "lists the words"),
];

/// Functions that nothing may use yet, where they are all the same, and why.
pub(crate) const UNCALLED: &[(&str, &[&str], &str)] = &[(
    "destroy_tenant_key",
    &["src/kms/", "src/crypto/provider.rs"],
    "a retained version under this key would be destroyed with it. First there has to be an index \
     of what keeps a key (retention and holds, by tenant), and 409 InvalidBucketState for as long \
     as it names anything",
)];

/// The layers. Imports point to a lower rank, never sideways.
pub(crate) const RANKS: &[(&str, u8)] = &[
    ("base", 0),
    ("model", 1),
    ("config", 1),
    ("telemetry", 1),
    ("storage", 2),
    ("crypto", 2),
    ("auth", 2),
    ("iam", 3),
    ("kms", 3),
    ("audit", 3),
    ("catalog", 4),
    ("quota", 5),
    ("gateway", 6),
    ("control", 6),
    ("s3", 7),
    ("admin", 7),
    ("jobs", 7),
    ("server", 8),
    ("bench", 8),
    ("cli", 9),
    ("main", 10),
];

/// Imports between modules of one rank that are allowed all the same.
pub(crate) const SIDEWAYS: &[(&str, &str)] = &[("config", "model")];

/// Imports that the rank would allow and the layering does not.
pub(crate) const NEVER: &[(&str, &[&str])] = &[
    ("iam", &["storage", "crypto"]),
    ("kms", &["storage", "auth"]),
    ("audit", &["storage", "auth"]),
    ("catalog", &["kms", "audit"]),
    (
        "quota",
        &["storage", "crypto", "auth", "iam", "kms", "audit"],
    ),
    ("s3", &["storage", "catalog", "crypto", "kms", "quota"]),
    (
        "admin",
        &["storage", "catalog", "crypto", "kms", "quota", "gateway"],
    ),
    ("jobs", &["crypto", "kms"]),
    (
        "bench",
        &[
            "storage", "crypto", "iam", "kms", "audit", "catalog", "quota", "gateway", "control",
            "admin", "jobs", "config",
        ],
    ),
    (
        "main",
        &[
            "base", "storage", "crypto", "auth", "iam", "kms", "catalog", "gateway", "control",
        ],
    ),
];

/// External crates, and the only places in `src` that may name them.
pub(crate) const FENCES: &[(&str, &[&str])] = &[
    ("actix_web", &["src/s3/", "src/admin/", "src/server/"]),
    ("actix_http", &["src/s3/", "src/admin/", "src/server/"]),
    ("rocksdb", &["src/storage/rocks/"]),
    ("hyper", &["src/bench/"]),
    ("hyper_util", &["src/bench/"]),
    ("hdrhistogram", &["src/bench/"]),
    ("indicatif", &["src/cli/"]),
    (
        "ring",
        &["src/crypto/", "src/kms/", "src/auth/", "src/base/"],
    ),
    ("aws_sigv4", &["src/auth/"]),
    ("quick_xml", &["src/s3/xml/"]),
];

/// What does not ship, and what to do instead.
pub(crate) const BANNED: &[(&str, &str)] = &[
    ("dbg!", "use tracing"),
    ("todo!", "finish it or leave it out"),
    ("unimplemented!", "finish it or leave it out"),
    ("TODO", "write an issue"),
    ("FIXME", "write an issue"),
    ("XXX", "write an issue"),
    ("#[ignore", "a test that does not run proves nothing"),
    ("enum Error ", "name it after what failed"),
    ("struct Error ", "name it after what failed"),
];

/// Types that hold secret bytes: wiped, redacted, not copied (crypto.md 20).
pub(crate) const SECRET_TYPES: &[&str] = &[
    "BucketKey",
    "DataKey",
    "KeyEncryptionKey",
    "OpeningKey",
    "RootKey",
    "ScopeKey",
    "SealingKey",
    "Secret",
    "SecretBytes",
    "StreamSecrets",
    "TenantKey",
];
/// What may not be derived for them.
pub(crate) const DERIVES_OF_SECRETS: &[&str] =
    &["Clone", "Copy", "Debug", "Serialize", "Deserialize"];
/// Fields that hold a secret as text: their type writes its own `Debug`.
pub(crate) const SECRET_FIELDS: &[&str] = &[
    "secret_access_key",
    "session_token",
    "passphrase",
    "password",
];
