"""boto3 on records that cannot be destroyed: versions, Object Lock and tags, as a program that
keeps public records uses them."""

import datetime
import hashlib
import os
import time

from client_boto3 import refused
from harness import MIB, expect, expect_equal, expect_same_file

FAR = datetime.datetime(2140, 1, 1, tzinfo=datetime.timezone.utc)
FARTHER = datetime.datetime(2141, 6, 1, 12, 30, tzinfo=datetime.timezone.utc)
# Longer than the requests before the end of it take on a busy machine.
SHORT_SECONDS = 8
PATIENCE_SECONDS = 60


def life_cycle(report, target, corpus):
    """Everything that keeps a version, and that lets go of it when its time has come."""
    Lock(target, corpus).life_cycle(report)


def from_now(**span):
    """A date so far from now."""
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**span)


def whole_seconds(at):
    """The date as boto3 writes it into a header."""
    return at.replace(microsecond=0)


class Lock:
    """One run of boto3."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.name = f"lock {target.scheme}"
        self.versioned = f"versioned-{target.scheme}"
        self.locked = f"locked-{target.scheme}"
        self.s3 = target.boto3_client()

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = [
            ("versioning: unset, Enabled, Suspended, Enabled", self.states),
            ("versions: put, read, hide, restore, copy back", self.versions),
            ("versions: list_object_versions in pages finds each once", self.paging),
            ("versions: multipart upload makes one, and it is read by its id", self.transfer),
            ("versions: null versions of a Suspended bucket", self.null_versions),
            ("versions: delete_objects makes markers, also of what is not there", self.markers),
            ("versions: MFA delete is not implemented", self.mfa_delete),
            ("tags: put, get, delete, of versions", self.tags),
            ("tags: by header on put, copy and multipart", self.tags_by_header),
            ("tags: what is none is refused", self.wrong_tags),
            ("tags: of a bucket", self.bucket_tags),
            ("lock: a bucket with it, a default retention", self.configuration),
            ("lock: COMPLIANCE is only lengthened", self.compliance),
            ("lock: GOVERNANCE yields to a bypass", self.governance),
            ("lock: legal hold", self.legal_hold),
            ("lock: delete_objects errs for the locked one alone", self.delete_objects),
            ("lock: a large file uploaded in parts under retention", self.locked_transfer),
            ("lock: on a bucket that was there", self.existing),
            ("lock: a retention ends when it says", self.expiry),
            ("lock: what is no lock is refused", self.wrong_locks),
            ("versions: everything deletable is deleted, the locked stay", self.clean_up),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def put(self, bucket, object_key, body=b"content", **options):
        """put_object; the version's id."""
        answer = self.s3.put_object(Bucket=bucket, Key=object_key, Body=body, **options)
        return answer.get("VersionId")

    def get(self, bucket, object_key, version=None):
        """The whole body of a version, or of the newest one."""
        options = {"VersionId": version} if version else {}
        return self.s3.get_object(Bucket=bucket, Key=object_key, **options)["Body"].read()

    def delete(self, bucket, object_key, version=None, **options):
        """delete_object."""
        if version:
            options["VersionId"] = version
        return self.s3.delete_object(Bucket=bucket, Key=object_key, **options)

    def set_versioning(self, bucket, status):
        """put_bucket_versioning."""
        settings = {"Status": status}
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=settings)
        answer = self.s3.get_bucket_versioning(Bucket=bucket)
        expect_equal(answer.get("Status"), status, "status")

    def rows(self, bucket, **options):
        """Versions and markers: (key, id, whether the latest)."""
        pages = self.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, **options)
        found = []
        for page in pages:
            for row in page.get("Versions", []) + page.get("DeleteMarkers", []):
                found.append((row["Key"], row["VersionId"], row["IsLatest"]))
        return found

    def states(self):
        """The three states of a bucket."""
        self.s3.create_bucket(Bucket=self.versioned)
        answer = self.s3.get_bucket_versioning(Bucket=self.versioned)
        expect("Status" not in answer, "a new bucket has a status")
        version = self.put(self.versioned, "before", b"before")
        expect_equal(version, None, "version of a write into a bucket without versioning")
        for status in ["Enabled", "Suspended", "Enabled"]:
            self.set_versioning(self.versioned, status)
        expect_equal(self.rows(self.versioned), [("before", "null", True)], "versions")

    def versions(self):
        """What a records office does with a document."""
        name = "Одлука/нацрт 1.txt"
        first = self.put(self.versioned, name, b"first")
        second = self.put(self.versioned, name, b"second")
        expect(first and second and first != second, f"ids are {first} and {second}")
        expect_equal(self.get(self.versioned, name), b"second", "newest")
        expect_equal(self.get(self.versioned, name, first), b"first", "first version")
        marker = self.delete(self.versioned, name)
        expect_equal(marker.get("DeleteMarker"), True, "DeleteMarker")
        with refused("NoSuchKey", 404):
            self.get(self.versioned, name)
        with refused("MethodNotAllowed", 405):
            self.get(self.versioned, name, marker["VersionId"])
        gone = self.delete(self.versioned, name, marker["VersionId"])
        expect_equal(gone.get("DeleteMarker"), True, "DeleteMarker of the deleted marker")
        expect_equal(self.get(self.versioned, name), b"second", "restored")
        source = {"Bucket": self.versioned, "Key": name, "VersionId": first}
        copied = self.s3.copy_object(Bucket=self.versioned, Key=name, CopySource=source)
        expect_equal(copied.get("CopySourceVersionId"), first, "CopySourceVersionId")
        expect_equal(self.get(self.versioned, name), b"first", "brought back")
        self.delete(self.versioned, name, second)
        self.delete(self.versioned, name, second)
        with refused("NoSuchVersion", 404):
            self.get(self.versioned, name, second)
        with refused("InvalidArgument", 400):
            self.get(self.versioned, name, "no version")
        found = [row[1:] for row in self.rows(self.versioned, Prefix=name)]
        expect_equal(found, [(copied["VersionId"], True), (first, False)], "versions left")

    def paging(self):
        """Pages of three over keys that need encoding, with versions and markers."""
        wanted = set()
        for name in ["page/a b", "page/a+b", "page/ж/1", "page/z\n", "page/%2F"]:
            for body in [b"1", b"2"]:
                wanted.add((name, self.put(self.versioned, name, body)))
            wanted.add((name, self.delete(self.versioned, name)["VersionId"]))
            wanted.add((name, self.put(self.versioned, name, b"3")))
        for size in [1, 3, 7, 1000]:
            settings = {"PageSize": size}
            rows = self.rows(self.versioned, Prefix="page/", PaginationConfig=settings)
            expect_equal(len(rows), len(wanted), f"rows in pages of {size}")
            expect_equal({row[:2] for row in rows}, wanted, f"pages of {size}")
            expect_equal(sum(1 for row in rows if row[2]), 5, "latest versions")

    def transfer(self):
        """The transfer manager, and a download of the version that was replaced."""
        self.s3.upload_file(str(self.corpus.large), self.versioned, "large.bin")
        version = self.s3.head_object(Bucket=self.versioned, Key="large.bin")["VersionId"]
        self.put(self.versioned, "large.bin", b"replaced")
        back = self.target.fresh_folder("lock-large") / "large.bin"
        extra = {"VersionId": version}
        self.s3.download_file(self.versioned, "large.bin", str(back), ExtraArgs=extra)
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def null_versions(self):
        """A Suspended bucket has one null version for each key."""
        version = self.put(self.versioned, "null", b"version")
        self.set_versioning(self.versioned, "Suspended")
        for body in [b"null 1", b"null 2"]:
            expect_equal(self.put(self.versioned, "null", body), None, "id of a suspended write")
        completed = self.complete("suspended parts")
        expect_equal(completed.get("VersionId"), None, "id of a suspended upload")
        rows = self.rows(self.versioned, Prefix="null")
        expect_equal(rows, [("null", "null", True), ("null", version, False)], "versions")
        expect_equal(self.get(self.versioned, "null", "null"), b"null 2", "null version")
        self.delete(self.versioned, "null")
        self.set_versioning(self.versioned, "Enabled")
        self.delete(self.versioned, "null", "null")
        expect_equal(self.get(self.versioned, "null"), b"version", "the version below")
        completed = self.complete("suspended parts")
        rows = self.rows(self.versioned, Prefix="suspended parts")
        wanted = [(completed["VersionId"], True), ("null", False)]
        expect_equal([row[1:] for row in rows], wanted, "versions of completed uploads")

    def complete(self, object_key):
        """An upload of one part, completed."""
        place = {"Bucket": self.versioned, "Key": object_key}
        upload = self.s3.create_multipart_upload(**place)["UploadId"]
        part = self.s3.upload_part(UploadId=upload, PartNumber=1, Body=b"part", **place)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        return self.s3.complete_multipart_upload(UploadId=upload, MultipartUpload=parts, **place)

    def markers(self):
        """Without versions nothing is destroyed."""
        version = self.put(self.versioned, "many/there")
        names = ["many/absent", "many/there"]
        entries = [{"Key": name} for name in names]
        answer = self.s3.delete_objects(Bucket=self.versioned, Delete={"Objects": entries})
        expect("Errors" not in answer, f"errors: {answer.get('Errors')}")
        made = {row["Key"]: row["DeleteMarkerVersionId"] for row in answer["Deleted"]}
        expect_equal([row.get("DeleteMarker") for row in answer["Deleted"]], [True, True], "kind")
        rows = self.rows(self.versioned, Prefix="many/")
        wanted = {(name, made[name], True) for name in names}
        wanted.add(("many/there", version, False))
        expect_equal(set(rows), wanted, "versions and markers")
        entries = [{"Key": name, "VersionId": made[name]} for name in names]
        answer = self.s3.delete_objects(Bucket=self.versioned, Delete={"Objects": entries})
        told = {(row["Key"], row["VersionId"], row["DeleteMarker"]) for row in answer["Deleted"]}
        expect_equal(told, {(name, made[name], True) for name in names}, "deleted markers")
        expect_equal(self.get(self.versioned, "many/there"), b"content", "in sight again")

    def mfa_delete(self):
        """It takes a device that this server does not know."""
        settings = {"Status": "Suspended", "MFADelete": "Enabled"}
        with refused("NotImplemented", 501):
            self.s3.put_bucket_versioning(Bucket=self.versioned, VersioningConfiguration=settings)
        answer = self.s3.get_bucket_versioning(Bucket=self.versioned)
        expect_equal(answer.get("Status"), "Enabled", "status")

    def tags_of(self, bucket, object_key, version=None):
        """Tags as a dictionary."""
        options = {"VersionId": version} if version else {}
        answer = self.s3.get_object_tagging(Bucket=bucket, Key=object_key, **options)
        return {row["Key"]: row["Value"] for row in answer["TagSet"]}

    def set_tags(self, bucket, object_key, tags, **options):
        """put_object_tagging."""
        rows = [{"Key": key, "Value": value} for key, value in tags.items()]
        place = {"Bucket": bucket, "Key": object_key, **options}
        return self.s3.put_object_tagging(Tagging={"TagSet": rows}, **place)

    def tags(self):
        """Tags belong to a version."""
        first = self.put(self.versioned, "tags", b"1")
        second = self.put(self.versioned, "tags", b"2")
        expect_equal(self.tags_of(self.versioned, "tags"), {}, "tags of a new version")
        old, new = {"rok": "10 godina", "одељење": "урбанизам"}, {"b": "", "a": "1 + 1 = 2"}
        answer = self.set_tags(self.versioned, "tags", old, VersionId=first)
        expect_equal(answer.get("VersionId"), first, "VersionId")
        self.set_tags(self.versioned, "tags", new)
        expect_equal(self.tags_of(self.versioned, "tags", first), old, "tags of the first")
        expect_equal(self.tags_of(self.versioned, "tags", second), new, "tags of the newest")
        head = self.s3.get_object(Bucket=self.versioned, Key="tags")
        expect_equal(head.get("TagCount"), 2, "TagCount")
        self.s3.delete_object_tagging(Bucket=self.versioned, Key="tags")
        expect_equal(self.tags_of(self.versioned, "tags"), {}, "tags after their deletion")
        expect_equal(self.tags_of(self.versioned, "tags", first), old, "tags of the first")
        expect_equal(self.get(self.versioned, "tags"), b"2", "content")

    def tags_by_header(self):
        """Tags that come with the object."""
        self.put(self.versioned, "header", b"1", Tagging="a=1&b=%C5%BD%2B&c=")
        tags = {"a": "1", "b": "Ž+", "c": ""}
        expect_equal(self.tags_of(self.versioned, "header"), tags, "tags of a put")
        source = {"Bucket": self.versioned, "Key": "header"}
        place = {"Bucket": self.versioned, "Key": "header copy", "CopySource": source}
        self.s3.copy_object(**place)
        expect_equal(self.tags_of(self.versioned, "header copy"), tags, "tags of a copy")
        self.s3.copy_object(TaggingDirective="REPLACE", Tagging="new=yes", **place)
        expect_equal(self.tags_of(self.versioned, "header copy"), {"new": "yes"}, "replaced tags")
        source = self.target.fresh_folder("lock-tags") / "parts.bin"
        source.write_bytes(os.urandom(9 * MIB))
        extra = {"Tagging": "kind=parts"}
        self.s3.upload_file(str(source), self.versioned, "header parts", ExtraArgs=extra)
        expect_equal(self.tags_of(self.versioned, "header parts"), {"kind": "parts"}, "tags")
        source.unlink()

    def wrong_tags(self):
        """Too many, too long: nothing is stored."""
        self.put(self.versioned, "wrong tags", b"1", Tagging="kept=yes")
        too_many = {str(number): "x" for number in range(11)}
        for tags in [too_many, {"k" * 129: "v"}, {"k": "v" * 257}]:
            with refused("InvalidTag", 400):
                self.set_tags(self.versioned, "wrong tags", tags)
        with refused("NoSuchKey", 404):
            self.set_tags(self.versioned, "absent", {"a": "b"})
        expect_equal(self.tags_of(self.versioned, "wrong tags"), {"kept": "yes"}, "tags")

    def bucket_tags(self):
        """Tags of a bucket."""
        with refused("NoSuchTagSet", 404):
            self.s3.get_bucket_tagging(Bucket=self.versioned)
        tags = [{"Key": "odeljenje", "Value": "arhiva"}, {"Key": "rok", "Value": "trajno"}]
        self.s3.put_bucket_tagging(Bucket=self.versioned, Tagging={"TagSet": tags})
        found = self.s3.get_bucket_tagging(Bucket=self.versioned)["TagSet"]
        expect_equal(found, tags, "tags of the bucket")
        self.s3.delete_bucket_tagging(Bucket=self.versioned)
        with refused("NoSuchTagSet", 404):
            self.s3.get_bucket_tagging(Bucket=self.versioned)

    def retention_of(self, object_key, version=None, bucket=None):
        """Mode and date, as both calls tell them."""
        place = {"Bucket": bucket or self.locked, "Key": object_key}
        if version:
            place["VersionId"] = version
        found = self.s3.get_object_retention(**place)["Retention"]
        head = self.s3.head_object(**place)
        told = (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"])
        expect_equal((found["Mode"], found["RetainUntilDate"]), told, "GetObjectRetention")
        return told

    def retain(self, object_key, mode, until, version=None, **options):
        """put_object_retention."""
        if version:
            options["VersionId"] = version
        retention = {"Mode": mode, "RetainUntilDate": until}
        self.s3.put_object_retention(
            Bucket=self.locked, Key=object_key, Retention=retention, **options
        )

    def configuration(self):
        """A bucket that is made for records."""
        self.s3.create_bucket(Bucket=self.locked, ObjectLockEnabledForBucket=True)
        answer = self.s3.get_bucket_versioning(Bucket=self.locked)
        expect_equal(answer.get("Status"), "Enabled", "versioning of a bucket with lock")
        with refused("InvalidBucketState", 409):
            self.set_versioning(self.locked, "Suspended")
        rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}
        wanted = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        place = {"Bucket": self.locked}
        self.s3.put_object_lock_configuration(ObjectLockConfiguration=wanted, **place)
        found = self.s3.get_object_lock_configuration(**place)["ObjectLockConfiguration"]
        expect_equal(found, wanted, "configuration")
        earliest = from_now(days=30, seconds=-2)
        self.put(self.locked, "default")
        mode, until = self.retention_of("default")
        expect_equal(mode, "GOVERNANCE", "mode by default")
        expect(earliest <= until <= from_now(days=30, seconds=2), f"until {until} by default")
        self.s3.put_object_lock_configuration(
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}, **place
        )
        self.put(self.locked, "no default")
        with refused("NoSuchObjectLockConfiguration", 404):
            self.retention_of("no default")

    def compliance(self):
        """Nobody shortens it."""
        body = os.urandom(100_000)
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": FAR}
        version = self.put(self.locked, "compliance", body, **lock)
        expect_equal(self.retention_of("compliance"), ("COMPLIANCE", FAR), "retention")
        for bypass in [{}, {"BypassGovernanceRetention": True}]:
            with refused("AccessDenied", 403):
                self.delete(self.locked, "compliance", version, **bypass)
            with refused("AccessDenied", 403):
                self.retain("compliance", "COMPLIANCE", from_now(days=1), **bypass)
            with refused("AccessDenied", 403):
                self.retain("compliance", "GOVERNANCE", FARTHER, **bypass)
        self.retain("compliance", "COMPLIANCE", FARTHER)
        expect_equal(self.retention_of("compliance"), ("COMPLIANCE", FARTHER), "lengthened")
        marker = self.delete(self.locked, "compliance")["VersionId"]
        self.put(self.locked, "compliance", b"newer")
        self.delete(self.locked, "compliance", marker)
        found = self.get(self.locked, "compliance", version)
        wanted = hashlib.sha256(body).hexdigest()
        expect_equal(hashlib.sha256(found).hexdigest(), wanted, "content of the locked version")
        with refused("BucketNotEmpty", 409):
            self.s3.delete_bucket(Bucket=self.locked)

    def governance(self):
        """Who may bypass it says so."""
        lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": FARTHER}
        version = self.put(self.locked, "governance", **lock)
        with refused("AccessDenied", 403):
            self.retain("governance", "GOVERNANCE", FAR)
        self.retain("governance", "GOVERNANCE", FAR, BypassGovernanceRetention=True)
        expect_equal(self.retention_of("governance"), ("GOVERNANCE", FAR), "shortened")
        with refused("AccessDenied", 403):
            self.delete(self.locked, "governance", version)
        self.delete(self.locked, "governance", version, BypassGovernanceRetention=True)
        with refused("NoSuchVersion", 404):
            self.get(self.locked, "governance", version)

    def hold(self, object_key, status):
        """put_object_legal_hold."""
        place = {"Bucket": self.locked, "Key": object_key}
        self.s3.put_object_legal_hold(LegalHold={"Status": status}, **place)
        found = self.s3.get_object_legal_hold(**place)["LegalHold"]
        expect_equal(found, {"Status": status}, "legal hold")

    def legal_hold(self):
        """A hold has no end and no bypass."""
        version = self.put(self.locked, "held", ObjectLockLegalHoldStatus="ON")
        head = self.s3.head_object(Bucket=self.locked, Key="held")
        expect_equal(head.get("ObjectLockLegalHoldStatus"), "ON", "legal hold")
        with refused("AccessDenied", 403):
            self.delete(self.locked, "held", version, BypassGovernanceRetention=True)
        for status in ["OFF", "ON", "OFF"]:
            self.hold("held", status)
        self.delete(self.locked, "held", version)

    def delete_objects(self):
        """One locked, one free."""
        lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": FAR}
        locked = self.put(self.locked, "many/locked", **lock)
        free = self.put(self.locked, "many/free")
        entries = [
            {"Key": "many/locked", "VersionId": locked},
            {"Key": "many/free", "VersionId": free},
        ]
        answer = self.s3.delete_objects(Bucket=self.locked, Delete={"Objects": entries})
        expect_equal([row["Key"] for row in answer["Deleted"]], ["many/free"], "deleted")
        errors = [(row["Key"], row["VersionId"], row["Code"]) for row in answer["Errors"]]
        expect_equal(errors, [("many/locked", locked, "AccessDenied")], "errors")
        answer = self.s3.delete_objects(
            Bucket=self.locked, Delete={"Objects": entries[:1]}, BypassGovernanceRetention=True
        )
        expect("Errors" not in answer, f"errors with a bypass: {answer.get('Errors')}")

    def locked_transfer(self):
        """The transfer manager hands the lock to the upload's creation."""
        until = whole_seconds(from_now(days=1))
        extra = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        extra["Tagging"] = "kind=large"
        source = self.target.fresh_folder("lock-parts") / "parts.bin"
        source.write_bytes(os.urandom(17 * MIB))
        self.s3.upload_file(str(source), self.locked, "parts.bin", ExtraArgs=extra)
        expect_equal(self.retention_of("parts.bin"), ("COMPLIANCE", until), "retention")
        version = self.s3.head_object(Bucket=self.locked, Key="parts.bin")["VersionId"]
        with refused("AccessDenied", 403):
            self.delete(self.locked, "parts.bin", version)
        back = source.with_name("back.bin")
        self.s3.download_file(self.locked, "parts.bin", str(back))
        expect_same_file(back, source)
        expect_equal(self.tags_of(self.locked, "parts.bin"), {"kind": "large"}, "tags")
        self.set_tags(self.locked, "parts.bin", {"kind": "other"})
        expect_equal(self.retention_of("parts.bin"), ("COMPLIANCE", until), "after new tags")

    def existing(self):
        """Object Lock comes to the bucket of the first checks."""
        settings = {"ObjectLockEnabled": "Enabled"}
        place = {"Bucket": self.versioned, "ObjectLockConfiguration": settings}
        with refused("ObjectLockConfigurationNotFoundError", 404):
            self.s3.get_object_lock_configuration(Bucket=self.versioned)
        with refused("InvalidRequest", 400):
            self.s3.get_object_retention(Bucket=self.versioned, Key="before")
        with refused("InvalidRequest", 400):
            self.put(self.versioned, "locked", ObjectLockLegalHoldStatus="ON")
        self.set_versioning(self.versioned, "Suspended")
        with refused("InvalidBucketState", 409):
            self.s3.put_object_lock_configuration(**place)
        self.set_versioning(self.versioned, "Enabled")
        self.s3.put_object_lock_configuration(**place)
        retention = {"Mode": "GOVERNANCE", "RetainUntilDate": FAR}
        null = {"Bucket": self.versioned, "Key": "before", "VersionId": "null"}
        self.s3.put_object_retention(Retention=retention, **null)
        with refused("AccessDenied", 403):
            self.s3.delete_object(**null)
        self.s3.delete_object(BypassGovernanceRetention=True, **null)

    def expiry(self):
        """Not before, and not much later."""
        until = whole_seconds(from_now(seconds=SHORT_SECONDS))
        lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": until}
        version = self.put(self.locked, "short", **lock)
        with refused("AccessDenied", 403):
            self.delete(self.locked, "short", version)
        patience = until + datetime.timedelta(seconds=PATIENCE_SECONDS)
        while True:
            try:
                self.delete(self.locked, "short", version)
            except self.s3.exceptions.ClientError as error:
                expect_equal(error.response["Error"]["Code"], "AccessDenied", "refusal")
                expect(from_now() < patience, "still locked long after its end")
                time.sleep(0.2)
            else:
                break
        expect(from_now() >= until, "deleted before its end")

    def wrong_locks(self):
        """A date alone, a mode alone, the past, another mode."""
        past = from_now(days=-1)
        lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": FAR}
        for code, options in [
            ("InvalidArgument", {"ObjectLockMode": "GOVERNANCE"}),
            ("InvalidArgument", {"ObjectLockRetainUntilDate": FAR}),
            ("InvalidArgument", {**lock, "ObjectLockRetainUntilDate": past}),
            ("InvalidArgument", {**lock, "ObjectLockMode": "governance"}),
            ("InvalidArgument", {"ObjectLockLegalHoldStatus": "on"}),
        ]:
            with refused(code, 400):
                self.put(self.locked, "wrong", **options)
        with refused("404", 404):
            self.s3.head_object(Bucket=self.locked, Key="wrong")
        for default in [{"Mode": "GOVERNANCE"}, {"Mode": "GOVERNANCE", "Days": 1, "Years": 1}]:
            settings = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}
            with refused("MalformedXML", 400):
                self.s3.put_object_lock_configuration(
                    Bucket=self.locked, ObjectLockConfiguration=settings
                )
        for period in [{"Days": 0}, {"Years": 0}, {"Days": -1}]:
            default = {"Mode": "GOVERNANCE", **period}
            settings = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}
            with refused("InvalidArgument", 400):
                self.s3.put_object_lock_configuration(
                    Bucket=self.locked, ObjectLockConfiguration=settings
                )

    def clean_up(self):
        """A program that deletes all that it may leaves what is locked, and nothing else."""
        for bucket in [self.versioned, self.locked]:
            for object_key, version, _ in self.rows(bucket):
                try:
                    self.delete(bucket, object_key, version, BypassGovernanceRetention=True)
                except self.s3.exceptions.ClientError as error:
                    expect_equal(error.response["Error"]["Code"], "AccessDenied", "refusal")
        expect_equal(self.rows(self.versioned), [], "versions left")
        self.s3.delete_bucket(Bucket=self.versioned)
        left = sorted(row[0] for row in self.rows(self.locked))
        expect_equal(left, ["compliance", "parts.bin"], "locked versions left")
        with refused("BucketNotEmpty", 409):
            self.s3.delete_bucket(Bucket=self.locked)
