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
- Last-Modified and the order of versions stay monotonic;
- temporary credentials end when the wall clock says so, and what was issued while it was ahead is
  worth nothing afterwards.
"""

import argparse
import copy
import glob
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from botocore.exceptions import ClientError
from clock_records import AHEAD, BEHIND, DAY, Records, Rules, wait_for
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

# What the keeper waits between two looks.
INTERVAL_SECONDS = 1
CONFIG = (
    "[jobs]\n"
    f"retention_clock_interval_s = {INTERVAL_SECONDS}\n"
    # A pass each second, with real days.
    "lifecycle_interval_s = 1\n"
)
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


class Clock:
    """The whole test."""

    def __init__(self, report, server, wall, folder):
        self.report = report
        self.server = server
        self.wall = wall
        self.folder = folder
        self.target = None
        self.records = None
        self.rules = None

    def program(self):
        """All checks; each finds the wall clock right and leaves it so, if it can."""
        self.server.initialise()
        self.server.start(CONFIG)
        credential = self.server.create_tenant("city", "Градска управа")
        target = Target(self.server, credential, self.folder / "clients")
        self.target = target
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
            ("temporary credentials end by the wall clock", self.sessions),
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
        return self.server.read_log()

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

    def session(self):
        """A target with temporary credentials of the shortest life."""
        given = self.target.boto3_client("sts").get_session_token(DurationSeconds=900)
        own = given["Credentials"]
        taken = copy.copy(self.target)
        taken.access_key_id, taken.secret_access_key = own["AccessKeyId"], own["SecretAccessKey"]
        taken.session_token = own["SessionToken"]
        return taken

    def outcome(self, taken, service="s3"):
        """The code that a request gets, `None` when it is let in."""
        client = taken.boto3_client(service)
        try:
            if service == "s3":
                client.list_buckets()
            else:
                client.get_caller_identity()
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    def sessions(self):
        """Alive, over, and from a future that never was."""
        self.wall.shift(0)
        taken = self.session()
        expect_equal(self.outcome(taken), None, "at once")
        self.wall.shift(800)
        expect_equal(self.outcome(taken), None, "after 800 s")
        self.wall.shift(901)
        for service in ["s3", "sts"]:
            expect_equal(self.outcome(taken, service), "ExpiredToken", f"{service} after 901 s")
        expect_equal(self.outcome(self.target), None, "the lasting key after 901 s")
        self.wall.shift(AHEAD)
        ahead = self.session()
        expect_equal(self.outcome(ahead), None, "ahead")
        self.wall.shift(0)
        expect_equal(self.outcome(ahead), "InvalidToken", "issued ahead")
        expect_equal(self.outcome(ahead, "sts"), "InvalidClientTokenId", "issued ahead, sts")

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
