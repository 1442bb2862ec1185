"""What a wall clock that jumps must not destroy: records under Object Lock, and objects that
lifecycle rules would expire if they believed it. The jumps are in clock.py."""

import datetime
import time

from harness import Failed, expect, expect_equal, say

DAY = 86400
AHEAD = 400 * DAY
BEHIND = -3650 * DAY
NOTICE_SECONDS = 30
BUCKET = "archive"
RULED = "ruled"
CONTENT = b"public record"


def wait_for(condition, what):
    """Waits until something is so."""
    end = time.monotonic() + NOTICE_SECONDS
    while not condition():
        expect(time.monotonic() < end, f"{what}: not within {NOTICE_SECONDS} s")
        time.sleep(0.05)


class Records:
    """Versions under COMPLIANCE, and a series of versions put at shifted times."""

    SHORT_SECONDS = 60

    def __init__(self, target, server, wall):
        self.client = target.boto3_client(retries={"max_attempts": 1})
        self.server = server
        self.wall = wall
        self.locked = []
        self.governed = []
        self.held = None
        self.series = []

    def trusted(self):
        """The retention clock."""
        return self.server.metrics()["riznica_retention_clock_seconds"]

    def put(self):
        """A bucket with Object Lock, records for days, one that is held."""
        self.client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        for days in [2, 300]:
            self.lock(f"record-{days}", days * DAY)
        self.lock("governance", 2 * DAY, "GOVERNANCE")
        answer = self.client.put_object(
            Bucket=BUCKET, Key="held", Body=CONTENT, ObjectLockLegalHoldStatus="ON"
        )
        self.held = answer["VersionId"]
        self.append()
        self.attempt()

    def lock(self, object_key, seconds, mode="COMPLIANCE"):
        """A version that is kept for so long."""
        until = datetime.datetime.fromtimestamp(int(self.trusted()) + seconds, datetime.UTC)
        answer = self.client.put_object(
            Bucket=BUCKET,
            Key=object_key,
            Body=CONTENT,
            ObjectLockMode=mode,
            ObjectLockRetainUntilDate=until,
        )
        kept = self.locked if mode == "COMPLIANCE" else self.governed
        kept.append((object_key, answer["VersionId"], until))

    def append(self):
        """One more version of the series."""
        body = f"version {len(self.series)}".encode()
        answer = self.client.put_object(Bucket=BUCKET, Key="series", Body=body)
        self.series.append(answer["VersionId"])

    def denied(self, call, **arguments):
        """The call has to be refused as AWS refuses it."""
        try:
            call(Bucket=BUCKET, **arguments)
        except self.client.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            expect_equal((code, status), ("AccessDenied", 403), f"refusal of {arguments}")
        else:
            raise Failed(f"{arguments} was carried out")

    def attempt(self):
        """Tries to destroy every record, and to shorten its retention."""
        expect(self.locked, "no record was put")
        for object_key, version, until in self.locked:
            which = {"Key": object_key, "VersionId": version}
            self.denied(self.client.delete_object, **which)
            self.denied(self.client.delete_object, BypassGovernanceRetention=True, **which)
            sooner = {"Mode": "COMPLIANCE", "RetainUntilDate": until - datetime.timedelta(hours=1)}
            self.denied(self.client.put_object_retention, Retention=sooner, **which)
            answer = self.client.delete_objects(
                Bucket=BUCKET, Delete={"Objects": [{"Key": object_key, "VersionId": version}]}
            )
            codes = [failed["Code"] for failed in answer.get("Errors", [])]
            expect_equal(codes, ["AccessDenied"], f"errors of DeleteObjects {object_key}")
            self.expect_content(which)
        # Who asks for a bypass may, whatever the clocks say; so these do without.
        for object_key, version, until in self.governed:
            which = {"Key": object_key, "VersionId": version}
            self.denied(self.client.delete_object, **which)
            sooner = {"Mode": "GOVERNANCE", "RetainUntilDate": until - datetime.timedelta(hours=1)}
            self.denied(self.client.put_object_retention, Retention=sooner, **which)
            self.expect_content(which)
        which = {"Key": "held", "VersionId": self.held}
        self.denied(self.client.delete_object, BypassGovernanceRetention=True, **which)
        self.expect_content(which)

    def expect_content(self, which):
        """The version is there, with its bytes."""
        body = self.client.get_object(Bucket=BUCKET, **which)["Body"].read()
        expect_equal(body, CONTENT, f"content of {which}")

    def ahead(self):
        """The wall clock is past every retention."""
        for _, _, until in self.locked:
            expect(time.time() > until.timestamp(), "the wall clock is not past the retention")
        self.attempt()
        self.append()

    def default_ahead(self):
        """Whichever clock is later: what is promised by one of them is kept."""
        until = self.by_default("default ahead")
        left = until.timestamp() - time.time()
        expect(DAY - 60 < left < DAY + 60, f"the default retention of a day ends in {left:.0f} s")

    def by_default(self, object_key):
        """A record under a default retention of a day; when that ends."""
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
        self.client.put_object_lock_configuration(
            Bucket=BUCKET, ObjectLockConfiguration=configuration
        )
        answer = self.client.put_object(Bucket=BUCKET, Key=object_key, Body=CONTENT)
        self.client.put_object_lock_configuration(
            Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )
        which = {"Key": object_key, "VersionId": answer["VersionId"]}
        found = self.client.get_object_retention(Bucket=BUCKET, **which)["Retention"]
        until = found["RetainUntilDate"]
        self.locked.append((object_key, answer["VersionId"], until))
        return until

    def short(self):
        """A retention of a minute is over after half a minute, and not before."""
        self.lock("short", self.SHORT_SECONDS)
        started = time.monotonic()
        object_key, version, until = self.locked.pop()
        which = {"Key": object_key, "VersionId": version}
        while self.trusted() < until.timestamp() - 1:
            self.denied(self.client.delete_object, **which)
            time.sleep(0.5)
        wait_for(lambda: self.trusted() >= until.timestamp(), "the end of the retention")
        self.client.delete_object(Bucket=BUCKET, **which)
        seconds = time.monotonic() - started
        say(f"      {self.SHORT_SECONDS} s of retention were over after {seconds:.1f} s")
        # The date was rounded down to a second.
        expect(seconds >= self.SHORT_SECONDS / 2 - 1, f"it was over after {seconds:.1f} s")

    def behind(self):
        """The wall clock is before everything; a default retention counts from now all the same."""
        self.attempt()
        self.append()
        until = self.by_default("default behind")
        left = until.timestamp() - self.trusted()
        expect(DAY - 60 < left < DAY + 60, f"the default retention of a day ends in {left:.0f} s")
        self.attempt()

    def flapping(self):
        """An attempt at each wall clock."""
        for flap in range(6):
            self.wall.shift(BEHIND if flap % 2 else AHEAD)
            self.attempt()
            self.append()

    def restarted(self):
        """The wall clock is +400 days again."""
        self.attempt()
        self.append()

    def order(self):
        """The versions of the series are listed newest first, with times that never go back."""
        self.wall.shift(0)
        self.append()
        self.attempt()
        answer = self.client.list_object_versions(Bucket=BUCKET, Prefix="series")
        rows = answer["Versions"]
        found = [row["VersionId"] for row in rows]
        expect_equal(found, self.series[::-1], "versions, newest first")
        expect_equal([row["IsLatest"] for row in rows].index(True), 0, "the latest version")
        times = [row["LastModified"] for row in rows]
        expect_equal(times, sorted(times, reverse=True), "Last-Modified, newest first")
        newest = self.client.get_object(Bucket=BUCKET, Key="series")
        expect_equal(newest["LastModified"], times[0], "Last-Modified of the newest")
        wanted = f"version {len(self.series) - 1}".encode()
        expect_equal(newest["Body"].read(), wanted, "content of the newest")


class Rules:
    """Objects that rules would destroy if they believed the wall clock."""

    def __init__(self, records):
        self.client = records.client
        self.records = records
        self.versions = []

    def put(self):
        """An object for a day and one until a date, one that is overwritten, an upload."""
        place = {"Bucket": RULED}
        self.client.create_bucket(**place)
        enabled = {"Status": "Enabled"}
        self.client.put_bucket_versioning(VersioningConfiguration=enabled, **place)
        date = datetime.datetime.fromtimestamp(self.records.trusted(), datetime.UTC)
        date = date.replace(hour=0, minute=0, second=0, microsecond=0)
        date += datetime.timedelta(days=100)
        rules = [
            {"Filter": {"Prefix": "days"}, "Expiration": {"Days": 1}},
            {"Filter": {"Prefix": "date"}, "Expiration": {"Date": date}},
            {"Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
            {"Filter": {}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        ]
        rules = [{"Status": "Enabled", **rule} for rule in rules]
        self.client.put_bucket_lifecycle_configuration(
            LifecycleConfiguration={"Rules": rules}, **place
        )
        for object_key in ["days", "date", "noncurrent", "noncurrent"]:
            self.client.put_object(Key=object_key, Body=CONTENT, **place)
        self.client.create_multipart_upload(Key="upload", **place)
        self.versions = self.found()
        expect_equal(len(self.versions), 5, "versions and uploads")

    def found(self):
        """Ids of all versions and uploads."""
        page = self.client.list_object_versions(Bucket=RULED)
        expect("DeleteMarkers" not in page, "an object has expired")
        found = [row["VersionId"] for row in page["Versions"]]
        uploads = self.client.list_multipart_uploads(Bucket=RULED).get("Uploads", [])
        return found + [upload["UploadId"] for upload in uploads]

    def attempt(self):
        """Three passes from now on."""
        for _ in range(3):
            begun = self.records.trusted()
            wait_for(lambda: self.last_pass() > begun, "a pass of the lifecycle job")
        expect_equal(self.found(), self.versions, "versions and uploads after passes")

    def last_pass(self):
        """When the last pass ended, by the retention clock."""
        return self.records.server.metrics()["riznica_lifecycle_last_pass_seconds"]
