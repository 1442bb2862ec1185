#!/usr/bin/env python3
"""Hostile connections: thousands that say nothing, a thousand that dribble.

    hostile.py --binary PATH [--idle N] [--dribbling N] [--rounds N] [--quick] [--keep FOLDER]

Rounds without and with the hostile connections take turns; in each a good client opens a connection
and asks for a small object many times. With them its 99th percentile (median over the rounds) is
less than 20 % above the one without, and the server's largest resident memory stays under 512 MiB
(attacks.md 70). --quick checks all but the latency, which a shared machine cannot hold still.
"""

import argparse
import multiprocessing
import os
import selectors
import socket
import statistics
import sys
import time

from harness import MIB, Report, Server, Target, expect, expect_equal, main_of, say, work_folder
from s3raw import Signer

BUCKET = "hostile"
OBJECT = "small"
OBJECT_LEN = 4096
REQUESTS_A_ROUND = 4000
RATIO_MAX = 1.2
RESIDENT_MAX = 512 * MIB
# So many more are opened than the server has to hold: it closes those whose head takes too long,
# and until they are opened again they are missing.
SPARE = 0.05
# Every dribbling connection sends one byte in this time.
DRIBBLE_SECONDS = 1.0
DRIBBLED = b"GET /hostile/small HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"s" * 4000
CONNECT_SECONDS = 120


class Hostile:
    """Keeps so many connections open whatever the server does; runs in a process of its own."""

    def __init__(self, port, idle, dribbling):
        self.port = port
        self.wanted = {"idle": idle, "dribbling": dribbling}
        self.open = {"idle": {}, "dribbling": {}}
        self.selector = selectors.DefaultSelector()

    def connect(self, kind):
        """One more connection of a kind."""
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self.port))
        self.open[kind][connection] = 0
        self.selector.register(connection, selectors.EVENT_READ, kind)

    def drop(self, connection, kind):
        """The server has closed a connection."""
        self.selector.unregister(connection)
        del self.open[kind][connection]
        connection.close()

    def fill(self):
        """Opens what is missing, a few at a time: the listener's backlog is finite."""
        for kind, wanted in self.wanted.items():
            for _ in range(min(200, wanted - len(self.open[kind]))):
                self.connect(kind)

    def dribble(self):
        """The next byte on every dribbling connection."""
        for connection, sent in list(self.open["dribbling"].items()):
            try:
                connection.send(DRIBBLED[sent : sent + 1])
                self.open["dribbling"][connection] = sent + 1
            except BlockingIOError:
                pass
            except OSError:
                self.drop(connection, "dribbling")

    def program(self, ready, stop):
        """Until told to stop."""
        next_byte = time.monotonic()
        while not stop.is_set():
            self.fill()
            for event, _ in self.selector.select(0.02):
                try:
                    is_over = not event.fileobj.recv(4096)
                except BlockingIOError:
                    is_over = False
                except OSError:
                    is_over = True
                if is_over:
                    self.drop(event.fileobj, event.data)
            if all(len(self.open[kind]) == wanted for kind, wanted in self.wanted.items()):
                ready.set()
            if time.monotonic() >= next_byte:
                self.dribble()
                next_byte += DRIBBLE_SECONDS


def in_process(port, idle, dribbling, ready, stop):
    """Entry of the hostile process."""
    Hostile(port, idle, dribbling).program(ready, stop)


class Siege:
    """The whole test."""

    def __init__(self, arguments, report, server, folder):
        self.arguments = arguments
        self.report = report
        self.server = server
        self.folder = folder
        self.signer = None
        self.body = os.urandom(OBJECT_LEN)

    def latencies(self):
        """Milliseconds of each request of a good client, on a new connection."""
        connection, place = self.signer.connect(self.signer.url("get_object", OBJECT))
        taken = []
        try:
            for _ in range(REQUESTS_A_ROUND):
                since = time.perf_counter()
                connection.request("GET", place)
                answer = connection.getresponse()
                body = answer.read()
                taken.append((time.perf_counter() - since) * 1000)
                expect(answer.status == 200 and body == self.body, f"answer {answer.status}")
        finally:
            connection.close()
        return taken

    def besieged(self):
        """The latencies of a round with the hostile connections."""
        ready, stop = multiprocessing.Event(), multiprocessing.Event()
        wanted = (self.arguments.idle, self.arguments.dribbling)
        idle, dribbling = (round(count * (1 + SPARE)) for count in wanted)
        words = (self.server.port, idle, dribbling, ready, stop)
        enemy = multiprocessing.Process(target=in_process, args=words)
        enemy.start()
        try:
            expect(ready.wait(CONNECT_SECONDS), "the hostile connections are not all open")
            self.wait_for_connections()
            taken = self.latencies()
        finally:
            stop.set()
            enemy.join()
        return taken

    def wait_for_connections(self):
        """Until the server itself holds as many connections as it has to."""
        wanted = self.arguments.idle + self.arguments.dribbling
        deadline = time.monotonic() + CONNECT_SECONDS
        while (held := self.connections()) < wanted:
            expect(time.monotonic() < deadline, f"the server holds {held} of {wanted} connections")
            time.sleep(0.05)

    def connections(self):
        """Sockets that the server has open."""
        folder = f"/proc/{self.server.process.pid}/fd"
        links = []
        for name in os.listdir(folder):
            try:
                links.append(os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:
                continue
        return sum(link.startswith("socket:") for link in links)

    def program(self):
        """Rounds in turn."""
        self.server.initialise()
        self.server.start()
        credential = self.server.create_tenant("city", "Градска управа")
        self.signer = Signer(Target(self.server, credential, self.folder / "clients"), BUCKET)
        self.signer.client.create_bucket(Bucket=BUCKET)
        self.signer.client.put_object(Bucket=BUCKET, Key=OBJECT, Body=self.body)
        self.latencies()
        quiet, besieged = [], []
        counts = f"{self.arguments.idle} idle and {self.arguments.dribbling} dribbling connections"
        with self.report.check(f"hostile: a good client is served beside {counts}"):
            for _ in range(self.arguments.rounds):
                quiet.append(percentile_99(self.latencies()))
                besieged.append(percentile_99(self.besieged()))
        if not besieged:
            return
        ratio = statistics.median(besieged) / statistics.median(quiet)
        say(f"      p99 without: {as_text(quiet)} ms; with: {as_text(besieged)} ms; {ratio:.2f}")
        if not self.arguments.quick:
            with self.report.check("hostile: its 99th percentile rises by less than 20 %"):
                expect(ratio < RATIO_MAX, f"it rises to {ratio:.2f} of the quiet one")
        with self.report.check(f"hostile: the server stays under {RESIDENT_MAX // MIB} MiB"):
            peak = self.server.status_field("VmHWM")
            say(f"      largest resident memory {peak // MIB} MiB")
            expect(peak < RESIDENT_MAX, f"{peak // MIB} MiB")
        with self.report.check("hostile: a body can be sent afterwards, the server stops cleanly"):
            self.signer.client.put_object(Bucket=BUCKET, Key="after", Body=self.body)
            status, body = self.signer.get("after")
            expect_equal((status, body), (200, self.body), "the object")
            self.server.stop()


def percentile_99(values):
    """The 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def as_text(values):
    """Milliseconds for a person."""
    return ", ".join(f"{value:.2f}" for value in values)


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--idle", type=int, default=5000, help="connections that say nothing")
    parser.add_argument("--dribbling", type=int, default=1000, help="connections that dribble")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each kind")
    parser.add_argument("--quick", action="store_true", help="without the latency")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        siege = Siege(arguments, report, server, folder)
        return main_of(siege.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
