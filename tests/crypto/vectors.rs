//! The vector files: how they are made and what a reader has to say about each case.
//!
//! A file holds good cases, with all inputs and the sealed bytes, and malformed ones: a good case
//! by name, changes to its bytes or its inputs, and the refusal expected. `tests/twin/rz1.py` reads
//! the same files.

use crate::samples::{self, BUCKET, SEALED_SEGMENT_LEN, TENANT};
use riznica::base::encoding::{base64_decode, base64_encode};
use riznica::base::entropy::Entropy;
use riznica::crypto::{
    BlobHeader, DataKey, KeyContext, KeyEncryptionKey, KeyScope, OpenError, Opener, RecordContext,
    RecordView, ScopeKey, StreamParameters, WrappedKey, seal_record,
};
use riznica::model::id::{BucketId, TenantId};
use serde_json::{Value, json};

/// Gives the entropy of a case by its name.
pub(crate) type EntropySource<'a> = &'a dyn Fn(&str) -> Box<dyn Entropy>;

/// All vector files but the keyring's: name and contents.
pub(crate) fn build(entropy: EntropySource<'_>) -> Vec<(&'static str, Value)> {
    vec![
        (
            "blob-header.json",
            file("blob-header", &[blob_header()], &malformed_blob_headers()),
        ),
        (
            "record.json",
            file("record", &records(entropy), &malformed_records()),
        ),
        (
            "stream.json",
            file("stream", &streams(entropy), &malformed_streams()),
        ),
        (
            "wrapped-key.json",
            file(
                "wrapped-key",
                &wrapped_keys(entropy),
                &malformed_wrapped_keys(),
            ),
        ),
    ]
}

pub(crate) fn file(kind: &str, good: &[Value], malformed: &[Value]) -> Value {
    assert!(
        malformed.len() > good.len(),
        "more malformed cases than good ones"
    );
    json!({ "format": "RZ1", "kind": kind, "good": good, "malformed": malformed })
}

/// A malformed case: the good case `base` with `changes`, and the refusal expected.
pub(crate) fn malformed_case(name: &str, base: &str, changes: &[Value], expect: &str) -> Value {
    json!({ "name": name, "base": base, "changes": changes, "expect": expect })
}

/// A change of an input.
pub(crate) fn context(field: &str, value: impl Into<Value>) -> Value {
    let value = value.into();
    json!({ "op": "context", "field": field, "value": value })
}

/// A change of a byte; `at` counts from the end when negative.
pub(crate) fn flip(at: i64, mask: u8) -> Value {
    json!({ "op": "flip", "at": at, "mask": mask })
}

fn records(entropy: EntropySource<'_>) -> Vec<Value> {
    let case = |name: &str, object_key: &[u8], plain: &[u8], secret: &[u8]| {
        let context = RecordContext {
            object_key,
            ..samples::record_context()
        };
        let scope_key = samples::scope_key();
        let entropy = entropy(&format!("record/{name}"));
        let record = seal_record(&scope_key, &context, plain, secret, &*entropy).unwrap();
        json!({
            "name": name, "scope_key": hex::encode([0x5c; 32]), "key_version": 3,
            "tenant": TENANT.to_string(), "bucket": BUCKET.to_string(),
            "object_key": hex::encode(object_key), "version": hex::encode(context.version),
            "plain": hex::encode(plain), "secret": hex::encode(secret),
            "bytes": base64_encode(&record),
        })
    };
    vec![
        case(
            "usual",
            b"folder/file.txt",
            b"readable part",
            &samples::plaintext(300),
        ),
        case("empty parts", b"k", b"", b""),
        case("empty object key", b"", b"p", b"s"),
        case(
            "longest object key",
            &[0xc5; 1024],
            &samples::plaintext(97),
            &[0xff; 4096],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn malformed_records() -> Vec<Value> {
    let flip = |at| flip(at, 1);
    // Layout of "usual": format 0, algorithm 1, key version 2, salt 6, commitment 38, length 70,
    // plain 74, length 87.
    let case = |name, change, expect| malformed_case(name, "usual", &[change], expect);
    vec![
        case(
            "other tenant",
            context("tenant", "00".repeat(16)),
            "unauthentic",
        ),
        case(
            "other bucket",
            context("bucket", "00".repeat(16)),
            "unauthentic",
        ),
        case(
            "other object key",
            context("object_key", "00"),
            "unauthentic",
        ),
        case("no object key", context("object_key", ""), "unauthentic"),
        case("other version", context("version", "7632"), "unauthentic"),
        case(
            "other scope key",
            context("scope_key", "5d".repeat(32)),
            "unauthentic",
        ),
        case(
            "other key version",
            context("key_version", 4),
            "unknown_key_version",
        ),
        case(
            "format 0",
            json!({ "op": "set", "at": 0, "bytes": "00" }),
            "unknown_format",
        ),
        case(
            "format 2",
            json!({ "op": "set", "at": 0, "bytes": "02" }),
            "unknown_format",
        ),
        case(
            "algorithm 0",
            json!({ "op": "set", "at": 1, "bytes": "00" }),
            "unknown_algorithm",
        ),
        case(
            "algorithm 2",
            json!({ "op": "set", "at": 1, "bytes": "02" }),
            "unknown_algorithm",
        ),
        case("stored key version", flip(2), "unknown_key_version"),
        case("salt", flip(6), "unauthentic"),
        case("commitment", flip(69), "unauthentic"),
        case(
            "plain length beyond the end",
            json!({ "op": "set", "at": 70, "bytes": "ffffffff" }),
            "undecodable",
        ),
        case("plain part", flip(74), "unauthentic"),
        case("end of plain part", flip(86), "unauthentic"),
        case("sealed length", flip(87), "undecodable"),
        case("sealed part", flip(91), "unauthentic"),
        case("tag", flip(-1), "unauthentic"),
        case(
            "last byte missing",
            json!({ "op": "truncate", "count": 1 }),
            "undecodable",
        ),
        case(
            "header only",
            json!({ "op": "truncate", "count": 333 }),
            "undecodable",
        ),
        case(
            "one byte more",
            json!({ "op": "append", "bytes": "00" }),
            "undecodable",
        ),
        case(
            "sealed part shorter than a tag",
            json!({
            "op": "set_tail", "at": 87, "bytes": "0f000000000000000000000000000000000000" }),
            "unauthentic",
        ),
        case(
            "nothing",
            json!({ "op": "set_tail", "at": 0, "bytes": "" }),
            "undecodable",
        ),
    ]
}

fn streams(entropy: EntropySource<'_>) -> Vec<Value> {
    let cases = [
        ("empty", 0, 0),
        ("one byte", 0, 1),
        ("one segment", 0, 65_536),
        ("two segments", 7, 65_537),
        ("two pieces", 0, 262_151),
    ];
    let case = |(name, part_number, len): (&str, u32, usize)| {
        let entropy = entropy(&format!("stream/{name}"));
        let plaintext = samples::plaintext(len);
        let (parameters, sealed) =
            samples::seal_stream(&samples::data_key(), part_number, &plaintext, &*entropy);
        json!({
            "name": name, "data_key": hex::encode([0xda; 32]), "part_number": part_number,
            "salt": hex::encode(parameters.salt), "commitment": hex::encode(parameters.commitment),
            "plaintext_len": len, "bytes": base64_encode(&sealed),
        })
    };
    cases.into_iter().map(case).collect()
}

#[expect(clippy::too_many_lines, reason = "a table of vectors")]
fn malformed_streams() -> Vec<Value> {
    let case = |name, base, changes: &[Value]| malformed_case(name, base, changes, "unauthentic");
    let flip = |at| flip(at, 128);
    let cut = |count: usize| json!({ "op": "truncate", "count": count });
    let len = |len: usize| context("plaintext_len", len);
    vec![
        case("empty stream without its segment", "empty", &[cut(16)]),
        case("empty stream, tag", "empty", &[flip(0)]),
        case("empty stream taken for one byte", "empty", &[len(1)]),
        case("one byte taken for none", "one byte", &[len(0)]),
        case("one byte, byte", "one byte", &[flip(0)]),
        case("one byte, tag", "one byte", &[flip(-1)]),
        case(
            "first byte of the second segment",
            "two segments",
            &[flip(65_552)],
        ),
        case(
            "last byte of the first tag",
            "two segments",
            &[flip(65_551)],
        ),
        case("last byte", "two segments", &[flip(-1)]),
        case("last byte missing", "two segments", &[cut(1)]),
        case("last segment missing", "two segments", &[cut(17)]),
        case(
            "last segment missing, length edited",
            "two segments",
            &[cut(17), len(65_536)],
        ),
        case(
            "last segment missing, two pieces",
            "two pieces",
            &[cut(23), len(262_144)],
        ),
        case("length one less", "two segments", &[len(65_536)]),
        case("length one more", "two segments", &[len(65_538)]),
        case(
            "one byte more",
            "two segments",
            &[json!({ "op": "append", "bytes": "00" })],
        ),
        case(
            "one segment more",
            "one byte",
            &[json!({ "op": "append", "bytes": "00".repeat(17) })],
        ),
        case(
            "first two swapped",
            "two pieces",
            &[json!({ "op": "swap_segments", "a": 0, "b": 1 })],
        ),
        case(
            "across pieces",
            "two pieces",
            &[json!({ "op": "swap_segments", "a": 1, "b": 3 })],
        ),
        case(
            "segment dropped, length edited",
            "two pieces",
            &[json!({ "op": "drop_segment", "a": 1 }), len(196_615)],
        ),
        case(
            "other part number",
            "two segments",
            &[context("part_number", 8)],
        ),
        case(
            "part taken for a simple object",
            "two segments",
            &[context("part_number", 0)],
        ),
        case(
            "other data key",
            "one byte",
            &[context("data_key", "db".repeat(32))],
        ),
        case(
            "other salt",
            "one byte",
            &[context("salt", "00".repeat(32))],
        ),
        case(
            "other commitment",
            "one byte",
            &[context("commitment", "00".repeat(32))],
        ),
    ]
}

fn wrapped_keys(entropy: EntropySource<'_>) -> Vec<Value> {
    let case = |name: &str, scope: KeyScope, generation: u32| {
        let context = KeyContext {
            scope,
            ..samples::key_context()
        };
        let entropy = entropy(&format!("wrapped-key/{name}"));
        let tenant_key = KeyEncryptionKey::from_slice(&[0x7e; 32]).unwrap();
        let wrapped = tenant_key
            .wrap_key(&samples::scope_key(), generation, &context, &*entropy)
            .unwrap();
        let bucket = match scope {
            KeyScope::Bucket(bucket) => bucket.to_string().into(),
            KeyScope::Credentials => Value::Null,
        };
        json!({
            "name": name, "tenant_key": hex::encode([0x7e; 32]), "generation": generation,
            "tenant": TENANT.to_string(), "bucket": bucket, "version": context.version,
            "scope_key": hex::encode([0x5c; 32]), "bytes": base64_encode(&wrapped.encode()),
        })
    };
    vec![
        case("bucket", KeyScope::Bucket(BUCKET), 1),
        case("credentials", KeyScope::Credentials, 1),
        case("late generation", KeyScope::Bucket(BUCKET), 0x0102_0304),
    ]
}

fn malformed_wrapped_keys() -> Vec<Value> {
    let case = |name, change, expect| malformed_case(name, "bucket", &[change], expect);
    let flip = |at| flip(at, 1);
    // Layout: format 0, generation 1, length 5, algorithm 9, salt 10, commitment 42, sealed 74, tag
    // 106, end 122.
    vec![
        case(
            "other tenant",
            context("tenant", "00".repeat(16)),
            "unauthentic",
        ),
        case(
            "other bucket",
            context("bucket", "00".repeat(16)),
            "unauthentic",
        ),
        case(
            "bucket key taken for a credentials key",
            context("bucket", Value::Null),
            "unauthentic",
        ),
        case("other version", context("version", 4), "unauthentic"),
        case(
            "other tenant key",
            context("tenant_key", "7f".repeat(32)),
            "unauthentic",
        ),
        case(
            "format 2",
            json!({ "op": "set", "at": 0, "bytes": "02" }),
            "unknown_format",
        ),
        case("generation", flip(1), "unauthentic"),
        case("length", flip(5), "undecodable"),
        case(
            "algorithm 2",
            json!({ "op": "set", "at": 9, "bytes": "02" }),
            "unknown_algorithm",
        ),
        case("salt", flip(10), "unauthentic"),
        case("commitment", flip(42), "unauthentic"),
        case("sealed key", flip(74), "unauthentic"),
        case("tag", flip(-1), "unauthentic"),
        case(
            "last byte missing",
            json!({ "op": "truncate", "count": 1 }),
            "undecodable",
        ),
        case(
            "one byte more",
            json!({ "op": "append", "bytes": "00" }),
            "undecodable",
        ),
        case(
            "nothing",
            json!({ "op": "set_tail", "at": 0, "bytes": "" }),
            "undecodable",
        ),
    ]
}

fn blob_header() -> Value {
    let parameters = StreamParameters {
        salt: [0x11; 32],
        commitment: [0x22; 32],
    };
    let header = BlobHeader {
        tenant: TENANT,
        bucket: BUCKET,
        owner: [0x33; 16],
        part_number: 10_000,
        parameters,
        created_unix_millis: 1_764_000_000_123,
    };
    json!({
        "name": "usual", "tenant": TENANT.to_string(), "bucket": BUCKET.to_string(),
        "owner": hex::encode(header.owner), "part_number": header.part_number,
        "salt": hex::encode(parameters.salt), "commitment": hex::encode(parameters.commitment),
        "created_unix_millis": header.created_unix_millis, "bytes": base64_encode(&header.encode()),
    })
}

fn malformed_blob_headers() -> Vec<Value> {
    let case = |name, change, expect| malformed_case(name, "usual", &[change], expect);
    let flip = |at| flip(at, 1);
    vec![
        case("magic", flip(0), "undecodable"),
        case("format", flip(4), "unknown_format"),
        case("reserved bytes", flip(5), "undecodable"),
        case("padding", flip(132), "undecodable"),
        case("last byte of the padding", flip(-1), "undecodable"),
        case(
            "last byte missing",
            json!({ "op": "truncate", "count": 1 }),
            "undecodable",
        ),
        case(
            "nothing",
            json!({ "op": "set_tail", "at": 0, "bytes": "" }),
            "undecodable",
        ),
    ]
}

/// Opens a case; `Err` has the refusal's name in the vector files.
pub(crate) fn open(kind: &str, case: &Value) -> Result<(), &'static str> {
    let bytes = base64_decode(case["bytes"].as_str().unwrap()).unwrap();
    let opened = match kind {
        "blob-header" => open_blob_header(case, &bytes),
        "record" => open_record(case, &bytes),
        "stream" => open_stream(case, bytes),
        "wrapped-key" => open_wrapped_key(case, &bytes),
        other => panic!("unknown kind {other}"),
    };
    opened.map_err(|refusal| match refusal {
        OpenError::Unauthentic => "unauthentic",
        OpenError::Undecodable(_) => "undecodable",
        OpenError::UnknownAlgorithm { .. } => "unknown_algorithm",
        OpenError::UnknownFormat { .. } => "unknown_format",
        OpenError::UnknownKeyVersion { .. } => "unknown_key_version",
    })
}

fn open_blob_header(case: &Value, bytes: &[u8]) -> Result<(), OpenError> {
    let header = BlobHeader::decode(bytes)?;
    assert_eq!(header.tenant, tenant(case));
    assert_eq!(header.bucket, BucketId::from_bytes(array(case, "bucket")));
    assert_eq!(header.owner, array(case, "owner"));
    assert_eq!(header.part_number, number(case, "part_number"));
    assert_eq!(header.parameters, parameters(case));
    assert_eq!(
        Some(header.created_unix_millis),
        case["created_unix_millis"].as_u64()
    );
    assert_eq!(header.encode().as_slice(), bytes);
    Ok(())
}

fn open_record(case: &Value, bytes: &[u8]) -> Result<(), OpenError> {
    let view = RecordView::decode(bytes)?;
    let scope_key =
        ScopeKey::from_slice(number(case, "key_version"), &field(case, "scope_key")).unwrap();
    let (object_key, version) = (field(case, "object_key"), field(case, "version"));
    let context = RecordContext {
        tenant: tenant(case),
        bucket: BucketId::from_bytes(array(case, "bucket")),
        object_key: &object_key,
        version: &version,
    };
    let secret = view.open(&scope_key, &context)?;
    assert_eq!(secret.expose(), field(case, "secret"));
    assert_eq!(view.plain, field(case, "plain"));
    Ok(())
}

fn open_stream(case: &Value, mut bytes: Vec<u8>) -> Result<(), OpenError> {
    let data_key = DataKey::from_slice(&field(case, "data_key")).unwrap();
    let opening_key = data_key.opening_key(number(case, "part_number"), &parameters(case))?;
    let plaintext_len = case["plaintext_len"].as_u64().unwrap();
    let opened = Opener::new(opening_key, plaintext_len).open_whole(&mut bytes)?;
    assert_eq!(
        bytes[..opened],
        samples::plaintext(plaintext_len.try_into().unwrap())
    );
    Ok(())
}

fn open_wrapped_key(case: &Value, bytes: &[u8]) -> Result<(), OpenError> {
    let wrapped = WrappedKey::decode(bytes)?;
    let tenant_key = KeyEncryptionKey::from_slice(&field(case, "tenant_key")).unwrap();
    let version = number(case, "version");
    let scope = if case["bucket"].is_null() {
        KeyScope::Credentials
    } else {
        KeyScope::Bucket(BucketId::from_bytes(array(case, "bucket")))
    };
    let context = KeyContext {
        tenant: tenant(case),
        scope,
        version,
    };
    let scope_key = tenant_key.unwrap_key(&wrapped, &context)?;
    assert!(scope_key.is_equal(&ScopeKey::from_slice(version, &field(case, "scope_key")).unwrap()));
    assert_eq!(wrapped.generation(), number(case, "generation"));
    Ok(())
}

/// The malformed case as a whole case: the good one with its changes.
pub(crate) fn with_changes(good: &Value, changes: &Value) -> Value {
    let mut case = good.clone();
    let mut bytes = base64_decode(good["bytes"].as_str().unwrap()).unwrap();
    for change in changes.as_array().unwrap() {
        let at = |name: &str| usize::try_from(change[name].as_u64().unwrap()).unwrap();
        match change["op"].as_str().unwrap() {
            "append" => bytes.extend(field(change, "bytes")),
            "context" => case[change["field"].as_str().unwrap()] = change["value"].clone(),
            "drop_segment" => {
                let start = at("a") * SEALED_SEGMENT_LEN;
                drop(bytes.drain(start..start + SEALED_SEGMENT_LEN));
            }
            "flip" => {
                let len = i64::try_from(bytes.len()).unwrap();
                let index = change["at"].as_i64().unwrap().rem_euclid(len);
                bytes[usize::try_from(index).unwrap()] ^= u8::try_from(at("mask")).unwrap();
            }
            "set" => {
                let new = field(change, "bytes");
                bytes[at("at")..at("at") + new.len()].copy_from_slice(&new);
            }
            "set_tail" => {
                bytes.truncate(at("at"));
                bytes.extend(field(change, "bytes"));
            }
            "swap_segments" => {
                let (a, b) = (at("a") * SEALED_SEGMENT_LEN, at("b") * SEALED_SEGMENT_LEN);
                let (head, tail) = bytes.split_at_mut(b);
                head[a..a + SEALED_SEGMENT_LEN].swap_with_slice(&mut tail[..SEALED_SEGMENT_LEN]);
            }
            "truncate" => bytes.truncate(bytes.len() - at("count")),
            other => panic!("unknown change {other}"),
        }
    }
    case["bytes"] = base64_encode(&bytes).into();
    case
}

pub(crate) fn field(case: &Value, name: &str) -> Vec<u8> {
    hex::decode(case[name].as_str().unwrap()).unwrap()
}

fn array<const N: usize>(case: &Value, name: &str) -> [u8; N] {
    field(case, name).try_into().unwrap()
}

fn number(case: &Value, name: &str) -> u32 {
    u32::try_from(case[name].as_u64().unwrap()).unwrap()
}

fn tenant(case: &Value) -> TenantId {
    TenantId::from_bytes(array(case, "tenant"))
}

fn parameters(case: &Value) -> StreamParameters {
    StreamParameters {
        salt: array(case, "salt"),
        commitment: array(case, "commitment"),
    }
}
