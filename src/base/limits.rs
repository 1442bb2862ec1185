//! Every bound of the product in one place, each with its reason and source.
//!
//! Owns: constants. What an operator may change is in `config`, with these as defaults or ceilings.

/// One AEAD segment of plaintext (crypto.md 9).
pub const SEGMENT_LEN: usize = 64 * 1024;
/// AES-GCM tag after each segment.
pub const TAG_LEN: usize = 16;
/// Plaintext of one engine piece: four segments. Large enough that RocksDB's cost per value
/// vanishes, small enough that a ranged read of 4 KiB does not read a megabyte.
pub const PIECE_PLAIN_LEN: usize = 4 * SEGMENT_LEN;
/// Alignment of stored streams in memory: a byte lies as far beyond a multiple of this as it lies
/// in its stream, so that files are written from there past the kernel's cache. Enough for disks
/// with blocks of 512 bytes and of 4 KiB.
pub const STORED_ALIGNMENT: usize = 4096;
/// Longest object key in bytes (S3: "up to 1,024 bytes long when UTF-8 encoded").
pub const OBJECT_KEY_LEN_MAX: usize = 1024;
/// Largest object of a single PUT and largest part: 5 GiB (S3 quotas).
pub const PUT_LEN_MAX: u64 = 5 * 1024 * 1024 * 1024;
/// Largest object: 5 TiB (S3 quotas, multipart).
pub const OBJECT_LEN_MAX: u64 = 5 * 1024 * 1024 * 1024 * 1024;
/// Smallest part but the last: 5 MiB (S3 quotas).
pub const PART_LEN_MIN: u64 = 5 * 1024 * 1024;
/// Highest part number (S3 quotas).
pub const PART_NUMBER_MAX: u16 = 10_000;
/// Most keys, uploads or parts on a listing page (S3 reference, `max-keys`).
pub const LIST_PAGE_MAX: usize = 1000;
/// Most keys in one DeleteObjects (S3 reference).
pub const DELETE_OBJECTS_MAX: usize = 1000;
/// User metadata: names and values together (S3: 2 KB within the PUT request header).
pub const USER_METADATA_LEN_MAX: usize = 2 * 1024;
/// XML request bodies but DeleteObjects (attacks.md 46).
pub const XML_BODY_LEN_MAX: usize = 1024 * 1024;
/// A form but for its file, ahead of it: fields, boundaries and heads (S3 API reference, "HTML form
/// fields": 20 KB).
pub const FORM_FIELDS_LEN_MAX: usize = 20 * 1024;
/// A whole form: the largest file, and fields on both sides of it.
pub const FORM_LEN_MAX: u64 = PUT_LEN_MAX + 1024 * 1024;
/// The head of one part of a form: a field's name and a file's, in escapes.
pub const FORM_PART_HEAD_LEN_MAX: usize = 8 * 1024;
/// CompleteMultipartUpload: ten thousand parts with escaped ETags and a SHA-256 each are 1.8 MB, so
/// the cap of 1 MiB of attacks.md 46 would refuse what S3 allows.
pub const COMPLETE_BODY_LEN_MAX: usize = 4 * 1024 * 1024;
/// DeleteObjects: a thousand keys of 1,024 bytes, escaped (attacks.md 46).
pub const DELETE_OBJECTS_BODY_LEN_MAX: usize = 2 * 1024 * 1024;
/// Longest header of an aws-chunked frame (attacks.md, rule 7).
pub const CHUNK_HEADER_LEN_MAX: usize = 1024;
/// Largest chunk that is buffered whole because its signature has to hold before its bytes count
/// (attacks.md, rule 7).
pub const CHUNK_LEN_MAX: usize = 16 * 1024 * 1024;
/// Seconds a presigned URL may live: seven days (S3, SigV4 query parameters).
pub const PRESIGNED_SECONDS_MAX: u64 = 604_800;
/// Seconds a request's date may differ from our clock (S3, RequestTimeTooSkewed).
pub const SKEW_SECONDS_MAX: u64 = 15 * 60;
/// Most buckets of one tenant (S3's default quota is 100, raised on demand to 1,000 and more).
pub const BUCKETS_PER_TENANT_MAX: u64 = 10_000;
