"""boto3 on lifecycle rules: points 81 to 85. The server's job takes two seconds for a day
(`JOBS` is part of its configuration); what clients are told has real days."""

import datetime
import time

from client_boto3 import refused
from harness import MIB, expect, expect_equal

DAY_SECONDS = 2
JOBS = (
    "[jobs]\n"
    "lifecycle_interval_s = 1\n"
    f"lifecycle_test_day_s = {DAY_SECONDS}\n"
    "lifecycle_actions_per_s = 1000\n"
)
PATIENCE_SECONDS = 60
NONE = "NoSuchLifecycleConfiguration"


def life_cycle(report, target, corpus):
    """What rules say, what is told of them, what they do."""
    del corpus
    Lifecycle(target).life_cycle(report)


def rule(name, scope, **actions):
    """A rule in force."""
    return {"ID": name, "Status": "Enabled", "Filter": scope, **actions}


class Lifecycle:
    """One run of boto3."""

    def __init__(self, target):
        self.name = f"lifecycle {target.scheme}"
        self.plain = f"rules-{target.scheme}"
        self.versioned = f"rules-versioned-{target.scheme}"
        self.s3 = target.boto3_client()

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = [
            ("rules come back as they were given", self.rules),
            ("what is no rule is refused and changes nothing", self.wrong_rules),
            ("transitions are not implemented, and it says why", self.transitions),
            ("put, copy, complete, head and get tell when, in real days", self.told),
            ("objects expire by prefix, tag and size", self.expire),
            ("versions, markers and uploads go", self.versions),
            ("rules that were deleted do nothing", self.deleted),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def set(self, bucket, *rules):
        """put_bucket_lifecycle_configuration."""
        self.s3.put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": list(rules)}
        )

    def found(self, bucket):
        """get_bucket_lifecycle_configuration."""
        return self.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]

    def put(self, bucket, object_key, body=b"content", **options):
        """put_object."""
        return self.s3.put_object(Bucket=bucket, Key=object_key, Body=body, **options)

    def keys(self, bucket):
        """Object keys in sight."""
        answer = self.s3.list_objects_v2(Bucket=bucket)
        return [row["Key"] for row in answer.get("Contents", [])]

    def await_equal(self, look, wanted, what):
        """Waits until a look finds what is wanted."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (found := look()) != wanted and time.monotonic() < end:
            time.sleep(0.1)
        expect_equal(found, wanted, what)

    def rules(self):
        """Set, read, replace, delete."""
        self.s3.create_bucket(Bucket=self.plain)
        with refused(NONE, 404):
            self.found(self.plain)
        tags = [{"Key": "rok", "Value": "10 godina"}, {"Key": "в", "Value": "да"}]
        both = {"Prefix": "a&b/", "Tags": tags, "ObjectSizeGreaterThan": 5}
        date = datetime.datetime(2140, 1, 1, tzinfo=datetime.timezone.utc)
        noncurrent = {"NoncurrentDays": 3, "NewerNoncurrentVersions": 7}
        wanted = [
            rule("days", {"Prefix": "a/"}, Expiration={"Days": 365}),
            rule("date", {"Tag": tags[0]}, Expiration={"Date": date}),
            rule("and", {"And": both}, NoncurrentVersionExpiration=noncurrent),
            rule(
                "marker",
                {"Prefix": ""},
                Expiration={"ExpiredObjectDeleteMarker": True},
                AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
            ),
        ]
        self.set(self.plain, *wanted)
        expect_equal(self.found(self.plain), wanted, "rules")
        self.set(self.plain, wanted[0])
        expect_equal(self.found(self.plain), wanted[:1], "rules in their place")
        for _ in range(2):
            self.s3.delete_bucket_lifecycle(Bucket=self.plain)
            with refused(NONE, 404):
                self.found(self.plain)

    def wrong_rules(self):
        """Each of the codes."""
        good = rule("one", {"Prefix": ""}, Expiration={"Days": 9})
        unscoped = {key: value for key, value in good.items() if key != "Filter"}
        tagged = {"Tag": {"Key": "a", "Value": "1"}}
        newer = {"NewerNoncurrentVersions": 5}
        marker = {"ExpiredObjectDeleteMarker": True}
        self.set(self.plain, good)
        for code, rules in [
            ("InvalidArgument", [{**good, "Expiration": {"Days": 0}}]),
            ("InvalidArgument", [{**good, "Expiration": {"Days": -1}}]),
            ("InvalidArgument", [good, good]),
            ("InvalidArgument", [{**good, "ID": "x" * 256}]),
            ("InvalidArgument", [rule("n", {}, NoncurrentVersionExpiration=newer)]),
            ("MalformedXML", [unscoped]),
            ("MalformedXML", [{**good, "Status": "enabled"}]),
            ("MalformedXML", [{**good, "Expiration": {}}]),
            ("MalformedXML", []),
            ("InvalidRequest", [rule("idle", {"Prefix": ""})]),
            ("InvalidRequest", [rule("tagged", tagged, Expiration=marker)]),
        ]:
            with refused(code, 400):
                self.set(self.plain, *rules)
        expect_equal(self.found(self.plain), [good], "rules after refusals")

    def transitions(self):
        """There is one storage class."""
        before = self.found(self.plain)
        move = {"StorageClass": "GLACIER"}
        for actions in [
            {"Transitions": [{"Days": 1, **move}]},
            {"NoncurrentVersionTransitions": [{"NoncurrentDays": 1, **move}]},
        ]:
            try:
                self.set(self.plain, rule("cold", {"Prefix": ""}, **actions))
            except self.s3.exceptions.ClientError as error:
                told = error.response["Error"]
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                expect_equal((told["Code"], status), ("NotImplemented", 501), "refusal")
                expect("one storage class" in told["Message"], f"it says {told['Message']}")
            else:
                expect(False, f"{actions} were accepted")
        expect_equal(self.found(self.plain), before, "rules after refusals")

    def told(self):
        """x-amz-expiration."""
        self.set(self.plain, rule("a b", {"Prefix": "told/"}, Expiration={"Days": 100}))
        place = {"Bucket": self.plain, "Key": "told/1"}
        tellers = [
            lambda: self.put(self.plain, "told/1"),
            lambda: self.s3.copy_object(CopySource=dict(place), **{**place, "Key": "told/2"}),
            lambda: self.complete("told/3"),
            lambda: self.s3.head_object(**place),
            lambda: self.s3.get_object(**place),
        ]
        for teller in tellers:
            before = datetime.datetime.now(datetime.timezone.utc)
            answer = teller().get("Expiration", "")
            written = [answer_date(at) for at in (before, before + datetime.timedelta(minutes=5))]
            wanted = [f'expiry-date="{date}", rule-id="a%20b"' for date in written]
            expect(answer in wanted, f"told {answer!r} instead of {wanted[0]!r}")
        expect_equal(self.put(self.plain, "other").get("Expiration"), None, "Expiration")

    def complete(self, object_key):
        """An upload of one part, completed."""
        place = {"Bucket": self.plain, "Key": object_key}
        upload = self.s3.create_multipart_upload(**place)["UploadId"]
        part = self.s3.upload_part(UploadId=upload, PartNumber=1, Body=b"part", **place)
        parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
        return self.s3.complete_multipart_upload(UploadId=upload, MultipartUpload=parts, **place)

    def expire(self):
        """What is due goes, and nothing else."""
        self.s3.delete_bucket_lifecycle(Bucket=self.plain)
        for object_key, body, tagging in [
            ("go/prefix", b"1", ""),
            ("and/go", b"1234", "keep=no"),
            ("and/stay tag", b"1234", "keep=yes"),
            ("and/stay size", b"123", "keep=no"),
            ("large/go", b"x" * MIB, ""),
            ("small/stay", b"x", ""),
        ]:
            self.put(self.plain, object_key, body, Tagging=tagging)
        tags = [{"Key": "keep", "Value": "no"}]
        both = {"Prefix": "and/", "Tags": tags, "ObjectSizeGreaterThan": 3}
        due = {"Expiration": {"Days": 1}}
        past = datetime.datetime(2015, 1, 1, tzinfo=datetime.timezone.utc)
        self.put(self.plain, "past/go")
        self.set(
            self.plain,
            rule("prefix", {"Prefix": "go/"}, **due),
            rule("and", {"And": both}, **due),
            rule("size", {"ObjectSizeGreaterThan": MIB - 1}, **due),
            rule("date", {"Prefix": "past/"}, Expiration={"Date": past}),
            rule("told", {"Prefix": "told/"}, Expiration={"Days": 100}),
        )
        wanted = ["and/stay size", "and/stay tag", "other", "small/stay"]
        wanted += ["told/1", "told/2", "told/3"]
        self.await_equal(lambda: self.keys(self.plain), sorted(wanted), "keys in sight")

    def rows(self):
        """Versions and markers by key: how many of each."""
        page = self.s3.list_object_versions(Bucket=self.versioned)
        kinds = [page.get(kind, []) for kind in ("Versions", "DeleteMarkers")]
        return [sorted(row["Key"] for row in rows) for rows in kinds]

    def versions(self):
        """Noncurrent versions, markers that are alone, uploads, current versions."""
        bucket = {"Bucket": self.versioned}
        self.s3.create_bucket(**bucket)
        enabled = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(VersioningConfiguration=enabled, **bucket)
        for _ in range(4):
            self.put(self.versioned, "trim")
            self.put(self.versioned, "keep")
        self.put(self.versioned, "expire")
        self.s3.delete_object(Key="lone", **bucket)
        for object_key in ["abort", "keep"]:
            self.s3.create_multipart_upload(Key=object_key, **bucket)
        noncurrent = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 1}
        abort = {"DaysAfterInitiation": 1}
        self.set(
            self.versioned,
            rule("trim", {"Prefix": "trim"}, NoncurrentVersionExpiration=noncurrent),
            rule("expire", {"Prefix": "expire"}, Expiration={"Days": 1}),
            rule("lone", {"Prefix": "lone"}, Expiration={"ExpiredObjectDeleteMarker": True}),
            rule("abort", {"Prefix": "abort"}, AbortIncompleteMultipartUpload=abort),
        )
        wanted = [["expire"] + 4 * ["keep"] + 2 * ["trim"], ["expire"]]
        self.await_equal(self.rows, wanted, "versions and markers")

        def uploads():
            answer = self.s3.list_multipart_uploads(**bucket)
            return [row["Key"] for row in answer.get("Uploads", [])]

        self.await_equal(uploads, ["keep"], "uploads")
        # Never a second marker.
        time.sleep(2 * DAY_SECONDS)
        expect_equal(self.rows(), wanted, "versions and markers later")

    def deleted(self):
        """The job forgets them at once."""
        self.s3.delete_bucket_lifecycle(Bucket=self.plain)
        self.put(self.plain, "go/again")
        time.sleep(3 * DAY_SECONDS)
        expect("go/again" in self.keys(self.plain), "a rule that was deleted acted")


def answer_date(written):
    """The midnight behind the hundredth day, as the header writes it."""
    end = written + datetime.timedelta(days=101)
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.strftime("%a, %d %b %Y %H:%M:%S GMT")
