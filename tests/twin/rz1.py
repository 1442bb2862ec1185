#!/usr/bin/env python3
"""Second implementation of format RZ1: opens what Riznica seals (docs/FORMAT.md). Needs the package cryptography.

    rz1.py vectors FOLDER      checks every vector file in FOLDER
"""

import base64
import json
import pathlib
import struct
import sys

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time, hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEGMENT_LEN = 65536
TAG_LEN = 16
KINDS = {"blob-header", "keyring", "record", "stream", "wrapped-key"}


class Refused(Exception):
    """Stored bytes that are not opened; the argument is the reason's name in the vector files."""


class Reader:
    """Takes little-endian fields off the front."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def fixed(self, length):
        if self.at + length > len(self.data):
            raise Refused("undecodable")
        self.at += length
        return self.data[self.at - length : self.at]

    def u8(self):
        return self.fixed(1)[0]

    def u32(self):
        return struct.unpack("<I", self.fixed(4))[0]

    def u64(self):
        return struct.unpack("<Q", self.fixed(8))[0]

    def field(self):
        return self.fixed(self.u32())

    def finish(self):
        if self.at != len(self.data):
            raise Refused("undecodable")


def field(data):
    return struct.pack("<I", len(data)) + data


def hkdf(secret, salt, info, length):
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def aead_open(secret, nonce, associated_data, sealed):
    try:
        if len(sealed) < TAG_LEN:
            raise Refused("unauthentic")
        return AESGCM(secret).decrypt(nonce, sealed, associated_data)
    except InvalidTag:
        raise Refused("unauthentic") from None


def once_open(secret, label, salt, commitment, associated_data, sealed):
    """Opens a message whose key is used once."""
    derived = hkdf(secret, salt, label, 32 + 12 + 32)
    if not constant_time.bytes_eq(derived[44:], commitment):
        raise Refused("unauthentic")
    return aead_open(derived[:32], derived[32:44], associated_data, sealed)


def known(number, reason):
    if number != 1:
        raise Refused(reason)


def open_record(data, scope_key, key_version, tenant, bucket, object_key, version):
    """Returns the readable and the sealed part."""
    r = Reader(data)
    known(r.u8(), "unknown_format")
    known(r.u8(), "unknown_algorithm")
    stored_version = r.u32()
    salt, commitment = r.fixed(32), r.fixed(32)
    plain = r.field()
    readable = data[: r.at]
    sealed = r.field()
    r.finish()
    if stored_version != key_version:
        raise Refused("unknown_key_version")
    places = [b"\x01", b"\x01", tenant, bucket, object_key, version, readable]
    associated_data = b"".join(field(place) for place in places)
    return plain, once_open(scope_key, b"rz1/record", salt, commitment, associated_data, sealed)


def open_wrapped_key(data, tenant_key, tenant, bucket, version):
    """Returns the scope key; bucket is None for a credentials key. tenant_key maps a generation to a key."""
    r = Reader(data)
    known(r.u8(), "unknown_format")
    generation = r.u32()
    opaque = r.field()
    r.finish()
    r = Reader(opaque)
    known(r.u8(), "unknown_algorithm")
    salt, commitment = r.fixed(32), r.fixed(32)
    sealed = r.fixed(32 + TAG_LEN)
    r.finish()
    scope = b"\x02" if bucket is None else b"\x01" + bucket
    head = struct.pack("<I", generation) + opaque[:65]
    places = [b"RZ1", tenant, scope, struct.pack("<I", version), head]
    associated_data = b"".join(field(place) for place in places)
    return once_open(tenant_key(generation), b"rz1/wrap", salt, commitment, associated_data, sealed)


def open_keyring(data, root_key):
    """Returns {tenant: {generation: key}}."""
    r = Reader(data)
    if r.fixed(4) != b"RZ1K":
        raise Refused("undecodable")
    known(r.u8(), "unknown_format")
    known(r.u8(), "undecodable")
    salt, commitment = r.fixed(32), r.fixed(32)
    contents = once_open(root_key, b"rz1/keyring", salt, commitment, data[:70], data[70:])
    r = Reader(contents)
    tenants = {}
    for _ in range(r.u32()):
        tenant = r.fixed(16)
        tenants[tenant] = {}
        for _ in range(r.u32()):
            generation = r.u32()
            tenants[tenant][generation] = r.fixed(32)
    r.finish()
    return tenants


def open_stream(sealed, data_key, part_number, salt, commitment, plaintext_len):
    info = b"rz1/part" + struct.pack(">I", part_number)
    derived = hkdf(data_key, salt, info, 32 + 7 + 32)
    if not constant_time.bytes_eq(derived[39:], commitment):
        raise Refused("unauthentic")
    segment_count = max(1, -(-plaintext_len // SEGMENT_LEN))
    if len(sealed) != plaintext_len + segment_count * TAG_LEN:
        raise Refused("unauthentic")
    plaintext = b""
    for counter in range(segment_count):
        is_last = counter == segment_count - 1
        nonce = derived[32:39] + struct.pack(">IB", counter, is_last)
        start = counter * (SEGMENT_LEN + TAG_LEN)
        segment = sealed[start : start + SEGMENT_LEN + TAG_LEN]
        plaintext += aead_open(derived[:32], nonce, b"", segment)
    return plaintext


def read_blob_header(data):
    r = Reader(data)
    if r.fixed(4) != b"RZ1B":
        raise Refused("undecodable")
    known(r.u8(), "unknown_format")
    if r.fixed(3) != bytes(3):
        raise Refused("undecodable")
    header = {"tenant": r.fixed(16), "bucket": r.fixed(16), "owner": r.fixed(16)}
    header |= {"part_number": r.u32()}
    header |= {"salt": r.fixed(32), "commitment": r.fixed(32), "created_unix_millis": r.u64()}
    if r.fixed(28) != bytes(28):
        raise Refused("undecodable")
    return header


# Vectors from here on.


def unhex(case, name):
    return None if case[name] is None else bytes.fromhex(case[name])


def expect(is_met, what):
    if not is_met:
        raise AssertionError(what)


def check_record(case, data):
    plain, secret = open_record(
        data, unhex(case, "scope_key"), case["key_version"], unhex(case, "tenant"),
        unhex(case, "bucket"), unhex(case, "object_key"), unhex(case, "version"),
    )
    expect(plain == unhex(case, "plain"), "readable part")
    expect(secret == unhex(case, "secret"), "sealed part")


def check_stream(case, data):
    plaintext = open_stream(
        data, unhex(case, "data_key"), case["part_number"], unhex(case, "salt"),
        unhex(case, "commitment"), case["plaintext_len"],
    )
    expected = bytes((31 * i + 7 * (i >> 8)) & 0xFF for i in range(case["plaintext_len"]))
    expect(plaintext == expected, "plaintext")


def check_wrapped_key(case, data):
    scope_key = open_wrapped_key(
        data, lambda _: unhex(case, "tenant_key"), unhex(case, "tenant"), unhex(case, "bucket"),
        case["version"],
    )
    expect(scope_key == unhex(case, "scope_key"), "scope key")
    expect(Reader(data[1:]).u32() == case["generation"], "generation")


def check_keyring(case, data):
    tenant, bucket, version = unhex(case, "tenant"), unhex(case, "bucket"), case["version"]
    generations = open_keyring(data, unhex(case, "root_key"))[tenant]
    wrapped = base64.b64decode(case["wrapped"])
    scope_key = open_wrapped_key(wrapped, generations.__getitem__, tenant, bucket, version)
    _, secret = open_record(
        base64.b64decode(case["record"]), scope_key, version, tenant, bucket,
        unhex(case, "object_key"), unhex(case, "record_version"),
    )
    expect(secret == unhex(case, "secret"), "sealed part")


def check_blob_header(case, data):
    header = read_blob_header(data)
    for name, value in header.items():
        expected = case[name] if isinstance(value, int) else unhex(case, name)
        expect(value == expected, name)


CHECKS = {
    "blob-header": check_blob_header,
    "keyring": check_keyring,
    "record": check_record,
    "stream": check_stream,
    "wrapped-key": check_wrapped_key,
}


def with_changes(good, changes):
    case, data = dict(good), bytearray(base64.b64decode(good["bytes"]))
    sealed_segment = SEGMENT_LEN + TAG_LEN
    for change in changes:
        new = bytes.fromhex(change["bytes"]) if "bytes" in change else b""
        match change["op"]:
            case "append":
                data += new
            case "context":
                case[change["field"]] = change["value"]
            case "drop_segment":
                start = change["a"] * sealed_segment
                del data[start : start + sealed_segment]
            case "flip":
                data[change["at"] % len(data)] ^= change["mask"]
            case "set":
                data[change["at"] : change["at"] + len(new)] = new
            case "set_tail":
                data[change["at"] :] = new
            case "swap_segments":
                places = (change["a"], change["b"])
                spans = [slice(n * sealed_segment, (n + 1) * sealed_segment) for n in places]
                data[spans[0]], data[spans[1]] = data[spans[1]], data[spans[0]]
            case "truncate":
                del data[len(data) - change["count"] :]
            case other:
                raise AssertionError(f"unknown change {other}")
    return case, bytes(data)


def check_vectors(folder):
    passed, failed, kinds = 0, 0, set()
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        vectors = json.loads(path.read_text(encoding="utf-8"))
        check = CHECKS[vectors["kind"]]
        kinds.add(vectors["kind"])
        good = {case["name"]: case for case in vectors["good"]}
        cases = [
            (case["name"], case, base64.b64decode(case["bytes"]), None)
            for case in vectors["good"]
        ]
        for malformed in vectors["malformed"]:
            case, data = with_changes(good[malformed["base"]], malformed["changes"])
            cases.append((malformed["name"], case, data, malformed["expect"]))
        for name, case, data, expected in cases:
            try:
                check(case, data)
                outcome = None
            except Refused as refusal:
                outcome = refusal.args[0]
            except AssertionError as difference:
                outcome = f"opened to other bytes: {difference}"
            if outcome == expected:
                passed += 1
            else:
                failed += 1
                print(f"{path.name}: {name}: expected {expected or 'to open'}, got {outcome or 'opened'}")
    for missing in sorted(KINDS - kinds):
        failed += 1
        print(f"no vectors of kind {missing}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "vectors":
        sys.exit(__doc__)
    sys.exit(check_vectors(sys.argv[2]))
