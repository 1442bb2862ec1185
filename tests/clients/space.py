#!/usr/bin/env python3
"""Space comes back: what is deleted returns to the file system while others go on working.

    space.py --binary PATH [--small N] [--large N] [--quick] [--keep FOLDER]

Small objects of 4 KiB and large ones of 8 MiB are stored and every second one of both is deleted.
Within ten minutes, without a restart, nine tenths of the deleted bytes are free on the file system,
and what is left is identical. Meanwhile a client PUTs and GETs 4 KiB at a steady rate: the 99th
percentile of each of both is at most twice the one before, while the others delete, from the first
byte that comes back on, and over all of it. Times are counted from when a request was to be sent,
not from when the one before it left room for it: a stall counts for all that it delays.
--quick takes fewer objects and a wider bound: its few seconds are not enough for the other on a
machine that does other things too.
"""

import argparse
import hashlib
import http.client
import multiprocessing
import os
import statistics
import sys
import time
from urllib.parse import urlsplit

from harness import MIB, Report, Server, Target, expect, expect_equal, main_of, say, work_folder
from s3raw import Signer, in_parallel

BUCKET = "space"
FOREGROUND = "foreground"
SMALL_LEN = 4096
LARGE_LEN = 8 * MIB
FREED_SHARE = 0.9
BACK_SECONDS = 600
P99_RATIO_MAX = 2.0
# With --quick, and only above a time that a person notices.
QUICK_RATIO_MAX = 10.0
QUICK_P99_SECONDS = 0.1
# The steady client: so many connections, on each a PUT or a GET in turn, so far apart.
LINES = 4
REQUEST_SECONDS = 0.02
FOREGROUND_KEYS = 200
WORKERS = 16
# Fewer requests have no 99th percentile.
SAMPLES_MIN = 100


def foreground(places, port, stop, samples):
    """PUT and GET in turn on each line until told to stop; what it took into the queue: when it was
    to be sent, the method, the seconds until the answer was there."""
    taken, failures = [], []
    begun = time.monotonic()

    def line(number):
        body = os.urandom(SMALL_LEN)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        planned = begun + number * REQUEST_SECONDS / LINES
        while not stop.is_set() and not failures:
            put, get = places[number % len(places)]
            number += LINES
            for method, place in [("PUT", put), ("GET", get)]:
                time.sleep(max(0, planned - time.monotonic()))
                connection.request(method, place, body=body if method == "PUT" else None)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    failures.append(f"{method} answers {answer.status}")
                    return
                taken.append((planned, method, time.monotonic() - planned))
                planned += REQUEST_SECONDS

    in_parallel(LINES, line, range(LINES))
    samples.put(failures[0] if failures else taken)


def p99(seconds):
    """The 99th percentile."""
    return statistics.quantiles(seconds, n=100)[98]


class Space:
    """The whole test."""

    def __init__(self, arguments, report, server, folder):
        self.quick = arguments.quick
        self.counts = {"small": arguments.small, "large": arguments.large}
        self.lens = {"small": SMALL_LEN, "large": LARGE_LEN}
        self.report = report
        self.server = server
        self.folder = folder
        self.block = os.urandom(LARGE_LEN + MIB)
        self.signer = None
        self.figures = {}
        # When each phase began, by the monotonic clock.
        self.begun = {}

    def body(self, kind, number):
        """The content of an object: as random as the disk can tell."""
        offset = number * 4099 % MIB
        return self.block[offset : offset + self.lens[kind]]

    def items(self, kept=None):
        """All objects, or only those that are kept, or that are not."""
        for kind, count in self.counts.items():
            for number in range(count):
                if kept is None or kept == (number % 2 == 0):
                    yield kind, number

    def put_all(self):
        """All objects, over one connection a worker."""
        items = list(self.items())

        def put(start):
            connection = None
            for kind, number in items[start::WORKERS]:
                url = self.signer.url("put_object", f"{kind}/{number}")
                if connection is None:
                    connection, place = self.signer.connect(url)
                parts = urlsplit(url)
                place = f"{parts.path}?{parts.query}"
                connection.request("PUT", place, body=self.body(kind, number))
                answer = connection.getresponse()
                answer.read()
                expect_equal(answer.status, 200, f"PUT of {kind}/{number}")

        in_parallel(WORKERS, put, range(WORKERS))

    def settled(self):
        """What the data folder takes once it does not change any more."""
        last, since = self.server.disk_bytes(), time.monotonic()
        while time.monotonic() - since < 5:
            time.sleep(0.5)
            now = self.server.disk_bytes()
            if abs(now - last) > MIB:
                last, since = now, time.monotonic()
        return last

    def delete_half(self):
        """DeleteObjects, a thousand at a time."""
        client = self.signer.client
        doomed = [{"Key": f"{kind}/{number}"} for kind, number in self.items(kept=False)]
        for start in range(0, len(doomed), 1000):
            request = {"Objects": doomed[start : start + 1000], "Quiet": True}
            answer = client.delete_objects(Bucket=BUCKET, Delete=request)
            expect_equal(answer.get("Errors", []), [], "errors of DeleteObjects")

    def await_space(self, target, notable):
        """Seconds until the data folder is as small as the target; notes when it begins to."""
        begun = time.monotonic()
        most = 0
        while (now := self.server.disk_bytes()) > target:
            most = max(most, now)
            if now < most - notable:
                self.begun.setdefault("reclaiming", time.monotonic())
            waited = time.monotonic() - begun
            expect(waited < BACK_SECONDS, f"{now // MIB} MiB, wanted {target // MIB} MiB")
            time.sleep(0.5)
        self.begun.setdefault("reclaiming", time.monotonic())
        self.figures["after"] = now
        return time.monotonic() - begun

    def compare(self):
        """What is left is what was stored; what was deleted is gone."""
        for kind, number in self.items():
            if kind == "small" and number % 97 > 1:
                continue
            status, body = self.signer.get(f"{kind}/{number}")
            if number % 2:
                expect_equal(status, 404, f"status of the deleted {kind}/{number}")
                continue
            wanted = hashlib.sha256(self.body(kind, number)).digest()
            same = status == 200 and hashlib.sha256(body).digest() == wanted
            expect(same, f"{kind}/{number} answers {status} or other bytes")

    def program(self):
        """Fill, delete, wait, look."""
        self.server.initialise()
        # So long may a read of a deleted object go on before its space goes.
        self.server.start("[jobs]\norphan_grace_s = 5\n" if self.quick else "")
        credential = self.server.create_tenant("city", "Градска управа")
        target = Target(self.server, credential, self.folder / "clients")
        self.signer = Signer(target, BUCKET)
        self.signer.client.create_bucket(Bucket=BUCKET)
        name = f"space: {self.counts['small']} objects of 4 KiB, {self.counts['large']} of 8 MiB"
        with self.report.check(f"{name} are stored"):
            self.put_all()
            self.figures["before"] = self.settled()
        self.with_foreground(target)
        with self.report.check("space: what is left is identical, what was deleted is gone"):
            self.compare()
        with self.report.check("space: the server stops cleanly"):
            self.server.stop()

    def with_foreground(self, target):
        """Deletes half beside the steady client."""
        other = Signer(target, FOREGROUND)
        other.client.create_bucket(Bucket=FOREGROUND)
        places = []
        for number in range(FOREGROUND_KEYS):
            urls = [urlsplit(other.url(verb, str(number))) for verb in ("put_object", "get_object")]
            places.append([f"{url.path}?{url.query}" for url in urls])
        stop, samples = multiprocessing.Event(), multiprocessing.Queue()
        arguments = (places, self.server.port, stop, samples)
        steady = multiprocessing.Process(target=foreground, args=arguments)
        steady.start()
        # The clients that delete would be on other machines: here they get what the server and the
        # steady client leave of the processor, so that what is measured is not the queue for it.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        try:
            # The first of each key is a new one, and the lines open their connections.
            time.sleep(5)
            self.begun["before"] = time.monotonic()
            time.sleep(5 if self.quick else 60)
            self.begun["deleting"] = time.monotonic()
            with self.report.check("space: every second one is deleted"):
                begun = time.monotonic()
                self.delete_half()
                say(f"      {time.monotonic() - begun:.1f} s")
            self.begun["waiting"] = time.monotonic()
            deleted = sum(self.lens[kind] for kind, _ in self.items(kept=False))
            with self.report.check("space: nine tenths of it are back within ten minutes"):
                wanted = self.figures["before"] - int(FREED_SHARE * deleted)
                seconds = self.await_space(wanted, deleted // 50)
                before, after = self.figures["before"] // MIB, self.figures["after"] // MIB
                say(f"      {before} MiB before, {deleted // MIB} MiB deleted, {after} MiB")
                say(f"      {seconds:.0f} s after the last deletion")
        finally:
            stop.set()
            taken = samples.get(timeout=120)
            steady.join()
        with self.report.check("space: the steady client keeps its pace"):
            self.judge(taken)

    def judge(self, taken):
        """The percentiles of each phase and method; those of the phases are held to the bound."""
        expect(not isinstance(taken, str), taken)
        names = ["before", "deleting", "waiting", "reclaiming"]
        expect_equal(list(self.begun), names, "phases")
        ends = [*list(self.begun.values())[1:], float("inf")]
        spans = dict(zip(names, zip(self.begun.values(), ends)))
        spans["deleting until back"] = (self.begun["deleting"], float("inf"))
        faults = []
        for method in ["PUT", "GET"]:
            usual = None
            for name, (begin, end) in spans.items():
                own = [late for at, sent, late in taken if sent == method and begin <= at < end]
                if len(own) < SAMPLES_MIN:
                    say(f"      {method} {name}: {len(own)} requests, too few to judge alone")
                    expect(name not in ("before", "deleting until back"), "too few requests")
                    continue
                now = p99(own)
                usual = usual or now
                say(
                    f"      {method} {name}: p50 {statistics.median(own) * 1000:.2f} ms, "
                    f"p99 {now * 1000:.2f} ms ({now / usual:.2f} times), "
                    f"longest {max(own) * 1000:.0f} ms, {len(own)} requests"
                )
                bound = usual * P99_RATIO_MAX
                if self.quick:
                    bound = max(usual * QUICK_RATIO_MAX, QUICK_P99_SECONDS)
                if now > bound:
                    faults.append(f"{method} {name}: {now / usual:.2f} times")
        expect(not faults, "; ".join(faults))


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--small", type=int, help="objects of 4 KiB")
    parser.add_argument("--large", type=int, help="objects of 8 MiB")
    parser.add_argument("--quick", action="store_true", help="fewer objects, a wider bound on p99")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    arguments.small = arguments.small or (5_000 if arguments.quick else 100_000)
    arguments.large = arguments.large or (40 if arguments.quick else 200)
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        space = Space(arguments, report, server, folder)
        return main_of(space.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
