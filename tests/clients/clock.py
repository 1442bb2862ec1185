#!/usr/bin/env python3
"""The retention clock under wall clocks that jump, by libfaketime.

    clock.py --binary PATH [--keep FOLDER]

The server and this program, which signs requests, see the same shifted wall clock; the monotonic
clock is the kernel's. The shifts are +400 days, -10 years and both in turn, also across restarts
and kill -9. Then
- the retention clock never runs backwards, nor faster than twice or slower than half of real time;
- the operator sees it: metrics, log, `riznica clock`; the server stays ready;
- a version under COMPLIANCE, under GOVERNANCE or under a legal hold cannot be deleted before its
  time; a default retention ends no earlier than by either clock;
- lifecycle rules destroy nothing before its time;
- Last-Modified and the order of versions stay monotonic.
"""

import argparse
import datetime
import glob
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import (
    Failed,
    Report,
    Server,
    Target,
    clean_environment,
    expect,
    expect_equal,
    main_of,
    run,
    say,
    work_folder,
)

DAY = 86400
AHEAD = 400 * DAY
BEHIND = -3650 * DAY
# What the keeper waits between two looks.
INTERVAL_SECONDS = 1
CONFIG = (
    "[jobs]\n"
    f"retention_clock_interval_s = {INTERVAL_SECONDS}\n"
    # A pass each second, with real days.
    "lifecycle_interval_s = 1\n"
)
NOTICE_SECONDS = 30
# How long a pace is measured.
PACE_SECONDS = 4
FLAPS = 40
RESTARTS = 6
# The file that libfaketime reads the shift from.
SHIFT_FILE = "FAKETIME_TIMESTAMP_FILE"
# What a process needs that is to see the shifted clock.
FAKE_VARIABLES = [
    "LD_PRELOAD",
    "FAKETIME_LIBRARY",
    SHIFT_FILE,
    "FAKETIME_NO_CACHE",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "FAKETIME_DISABLE_SHM",
]
WARNING_AHEAD = "wall clock is ahead of the retention clock"
WARNING_BEHIND = "wall clock is behind the retention clock"
NEWS_OVER = "wall clock and retention clock agree again"
BUCKET = "archive"
RULED = "ruled"
CONTENT = b"public record"


def fake_environment(folder):
    """What makes libfaketime shift the wall clock of a process, and nothing else."""
    found = sorted(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise Failed("there is no libfaketime; scripts/setup.sh test-deps installs it")
    loader = folder / "faketime.so"
    source = Path(__file__).with_name("faketime.c")
    compiler = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    run([*compiler, "-o", loader, source], clean_environment(folder))
    return {
        "LD_PRELOAD": str(loader),
        "FAKETIME_LIBRARY": found[0],
        SHIFT_FILE: str(folder / "shift"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }


class Wall:
    """The wall clock of this program and of the server."""

    def __init__(self, path):
        self.path = Path(path)

    def shift(self, seconds):
        """Sets it so many seconds ahead of the kernel's, at once for everybody."""
        new = self.path.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.path)


class Pace:
    """Readings of the retention clock beside the monotonic clock; each keeps the bounds."""

    def __init__(self, server):
        self.server = server
        self.last = None
        self.first = self.read()

    def read(self):
        """(monotonic before, retention clock, monotonic after). Compares with the last reading."""
        before = time.monotonic()
        figures = self.server.metrics()
        reading = (before, figures["riznica_retention_clock_seconds"], time.monotonic())
        if self.last:
            expect_pace(self.last, reading)
        self.last = reading
        return reading

    def measure(self, seconds):
        """Reads for so long; the pace: seconds of the retention clock in a second."""
        start = self.read()
        while self.last[0] < start[2] + seconds:
            time.sleep(0.05)
            self.read()
        return (self.last[1] - start[1]) / (self.last[0] - start[0])


def expect_pace(one, other):
    """Between half and twice real time. Readings are truncated to milliseconds."""
    gone = other[1] - one[1]
    least, most = other[0] - one[2], other[2] - one[0]
    expect(gone <= 2 * most + 0.002, f"{gone:.3f} s in {most:.3f} s: it ran too fast")
    expect(gone >= least / 2 - 0.002, f"{gone:.3f} s in {least:.3f} s: it ran too slowly")


def wait_for(condition, what):
    """Waits until something is so."""
    end = time.monotonic() + NOTICE_SECONDS
    while not condition():
        expect(time.monotonic() < end, f"{what}: not within {NOTICE_SECONDS} s")
        time.sleep(0.05)


class Clock:
    """The whole test."""

    def __init__(self, report, server, wall, folder):
        self.report = report
        self.server = server
        self.wall = wall
        self.folder = folder
        self.records = None
        self.rules = None

    def program(self):
        """All checks; each finds the wall clock right and leaves it so, if it can."""
        self.server.initialise()
        self.server.start(CONFIG)
        credential = self.server.create_tenant("city", "Градска управа")
        target = Target(self.server, credential, self.folder / "clients")
        self.records = Records(target, self.server, self.wall)
        self.rules = Rules(self.records)
        for name, check in [
            ("at first it is the wall clock", self.right),
            ("records are put under COMPLIANCE, GOVERNANCE and holds", self.records.put),
            ("rules are set", self.rules.put),
            ("+400 days: no jump, an alarm, twice real time", self.ahead),
            ("+400 days: no record can be destroyed", self.records.ahead),
            ("+400 days: a default retention begins at the later clock", self.records.default_ahead),
            ("+400 days: rules destroy nothing", self.rules.attempt),
            ("+400 days: a short retention ends at twice real time", self.records.short),
            ("the wall clock is right again: the alarm ends", self.over),
            ("-10 years: no jump, an alarm, half of real time", self.behind),
            ("-10 years: no record can be destroyed", self.records.behind),
            ("flapping: it keeps its bounds", self.flapping),
            ("flapping: no record can be destroyed", self.records.flapping),
            ("flapping: rules destroy nothing", self.rules.attempt),
            ("restarts and kill -9 under +400 days gain nothing", self.restarts),
            ("after all that no record can be destroyed", self.records.restarted),
            ("after all that rules destroy nothing", self.rules.attempt),
            ("Last-Modified and version order are monotonic", self.records.order),
            ("the server stops cleanly", self.server.stop),
        ]:
            with self.report.check(f"retention clock: {name}"):
                check()

    def figure(self, name):
        """A figure of the clock."""
        return self.server.metrics()[f"riznica_retention_clock_{name}"]

    def wait_for_alarm(self, wanted):
        """Until the metric says so."""
        wait_for(lambda: self.figure("alarm") == wanted, f"alarm {wanted}")

    def log(self):
        """What the server has logged so far."""
        return self.server.log.read_text("utf-8", "replace")

    def right(self):
        """Nothing to be seen, and the pace is one."""
        expect_equal(self.figure("alarm"), 0, "alarm")
        expect(abs(self.figure("lag_seconds")) < 0.1, "there is a lag")
        expect(abs(self.figure("seconds") - time.time()) < 5, "it is not the wall clock")
        shown = self.server.admin("clock")
        expect_equal((shown["alarm"], shown["lag_s"]), (False, 0), "riznica clock")
        pace = Pace(self.server).measure(PACE_SECONDS)
        say(f"      pace {pace:.3f}")
        expect(0.99 < pace < 1.01, f"pace {pace:.3f}")

    def jump(self, seconds, warning, paces):
        """A jump of the wall clock, and all that is to be seen of it."""
        pace = Pace(self.server)
        warnings = self.log().count(warning)
        self.wall.shift(seconds)
        pace.read()
        self.wait_for_alarm(1)
        wait_for(lambda: self.log().count(warning) == warnings + 1, "warning in the log")
        lag = self.figure("lag_seconds")
        expect(abs(lag - seconds) < 120, f"lag {lag} for a jump of {seconds} s")
        expect(self.server.is_ready(), "the server is not ready")
        shown = self.server.admin("clock")
        expect(shown["alarm"], "riznica clock shows no alarm")
        expect(abs(shown["lag_s"] - seconds) < 120, f"riznica clock shows {shown}")
        measured = pace.measure(PACE_SECONDS)
        say(f"      lag {lag / DAY:.3f} days, pace {measured:.3f}")
        expect(paces[0] < measured < paces[1], f"pace {measured:.3f}")
        expect_equal(self.log().count(warning), warnings + 1, "warnings of one jump")
        return pace

    def ahead(self):
        """+400 days."""
        self.jump(AHEAD, WARNING_AHEAD, (1.95, 2.05))
        text = self.table()
        expect("check the machine's clock (NTP)" in text, f"riznica clock prints {text}")

    def table(self):
        """`riznica clock` as people see it."""
        command = [self.server.binary, "clock"]
        command += ["--admin", f"http://127.0.0.1:{self.server.admin_port}"]
        command += ["--credential", self.server.keys / "operator.json"]
        return run(command, clean_environment(self.folder))

    def over(self):
        """The wall clock is set right: the retention clock is ahead by what it caught up."""
        pace = Pace(self.server)
        news = self.log().count(NEWS_OVER)
        self.wall.shift(0)
        self.wait_for_alarm(0)
        wait_for(lambda: self.log().count(NEWS_OVER) == news + 1, "the news in the log")
        pace.read()
        expect("NTP" not in self.table(), "riznica clock still tells to check the clock")

    def behind(self):
        """-10 years."""
        self.jump(BEHIND, WARNING_BEHIND, (0.49, 0.51))

    def flapping(self):
        """Both in turn, five times a second."""
        pace = Pace(self.server)
        for flap in range(FLAPS):
            self.wall.shift(BEHIND if flap % 2 else AHEAD)
            pace.read()
            time.sleep(0.2)
            pace.read()
        seconds = pace.last[0] - pace.first[0]
        say(f"      {pace.last[1] - pace.first[1]:.1f} s in {seconds:.1f} s")

    def restarts(self):
        """What was stored is where a start goes on, whatever the wall clock says."""
        for number in range(RESTARTS):
            self.wall.shift(AHEAD if number % 3 else BEHIND)
            pace = Pace(self.server)
            pace.measure(2 * INTERVAL_SECONDS)
            stop = pace.read()
            is_crash = number % 2 == 1
            if is_crash:
                self.server.kill()
            else:
                self.server.stop()
            self.server.start(CONFIG)
            start = Pace(self.server).first
            gone = start[1] - stop[1]
            most = 2 * (start[2] - stop[0])
            expect(gone <= most, f"it gained {gone:.3f} s over a restart of {most / 2:.3f} s")
            # After a crash it goes on from what was stored last; the disk may be slow.
            least = -2 * INTERVAL_SECONDS - 2 if is_crash else -0.001
            expect(gone >= least, f"it lost {-gone:.3f} s (crash: {is_crash})")
        self.wall.shift(AHEAD)
        self.wait_for_alarm(1)


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


def main():
    """Runs this program again under libfaketime, and there the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    if SHIFT_FILE not in os.environ:
        with tempfile.TemporaryDirectory(prefix="riznica-clock-") as fake_folder:
            fake = fake_environment(Path(fake_folder))
            Wall(fake[SHIFT_FILE]).shift(0)
            environment = {**os.environ, **fake, "NO_PROXY": "127.0.0.1"}
            return subprocess.call([sys.executable, *sys.argv], env=environment)
    wall = Wall(os.environ[SHIFT_FILE])
    report = Report()
    with work_folder(arguments.keep) as folder:
        fake = {name: os.environ[name] for name in FAKE_VARIABLES}
        server = Server(arguments.binary, folder / "server", fake)
        clock = Clock(report, server, wall, folder)
        return main_of(clock.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
