#!/usr/bin/env python3
"""One flipped bit in a stored data file is never answered as other bytes.

    bitflip.py --binary PATH [--keep FOLDER]

Forty objects of 1 KiB to 4 MiB are stored and the server stops. Then, at several places of the
largest data file of each kind (the engine's own, and that of a long object), one bit is flipped and
the server started: every object comes back identical, or is an error of the server (5xx), or breaks
off; at least half are still served. Before the next place the bit is put right again.
"""

import argparse
import os
import random
import sys

from harness import Failed, Report, Server, Target, expect, main_of, say, work_folder
from s3raw import ABORTED, Signer, in_parallel

BUCKET = "bits"
OBJECT_COUNT = 40
READERS = 4
PLACES = [(1, 4), (1, 2), (3, 4)]
# The engine's, by nature: values apart, tables, the log. The first kind that has a file of this
# size is hurt.
DATA_SUFFIXES = [".blob", ".sst", ".log"]
DATA_FILE_LEN_MIN = 256 * 1024


class BitFlip:
    """The whole test."""

    def __init__(self, report, server, folder):
        self.report = report
        self.server = server
        self.folder = folder
        self.objects = {}
        self.signer = None
        self.hurt_count = 0

    def program(self):
        """Store, stop, and hurt one place after the other."""
        self.server.initialise()
        self.server.start()
        credential = self.server.create_tenant("city", "Градска управа")
        self.signer = Signer(Target(self.server, credential, self.folder / "clients"), BUCKET)
        with self.report.check(f"bit flip: {OBJECT_COUNT} objects are stored"):
            self.fill()
        self.server.stop()
        for path in (self.engine_file(), self.file_of_long_object()):
            self.hurt_everywhere(path)
        with self.report.check("bit flip: with the bits put right everything is served"):
            self.server.start()
            answers = self.read_all()
            self.server.stop()
            expect(all(answer == "identical" for answer in answers.values()), str(answers))

    def hurt_everywhere(self, path):
        """One place of a file after the other."""
        say(f"      hurting {path.name}, {path.stat().st_size} bytes")
        before = self.hurt_count
        for numerator, denominator in PLACES:
            offset = path.stat().st_size * numerator // denominator
            with self.report.check(f"bit flip at byte {offset}: never other bytes, others served"):
                self.hurt(path, offset)
        with self.report.check("bit flip: one of the flips was noticed"):
            expect(self.hurt_count > before, "no flip hit an object: the test shows nothing")

    def fill(self):
        """Sizes from 1 KiB to 4 MiB, each a little larger than the one before."""
        self.signer.client.create_bucket(Bucket=BUCKET)
        source = random.Random(7)
        for number in range(OBJECT_COUNT):
            size = int(1024 * 4096 ** (number / (OBJECT_COUNT - 1)))
            name = f"object-{number}"
            self.objects[name] = source.randbytes(size)
            self.signer.client.put_object(Bucket=BUCKET, Key=name, Body=self.objects[name])
        expect(all(answer == "identical" for answer in self.read_all().values()), "not identical")

    def engine_file(self):
        """The engine's largest file of the first kind that holds data."""
        for suffix in DATA_SUFFIXES:
            files = [path for path in self.server.data.rglob(f"*{suffix}") if path.is_file()]
            files = [path for path in files if path.stat().st_size >= DATA_FILE_LEN_MIN]
            if files:
                return largest(files)
        raise Failed(f"no data file of {DATA_FILE_LEN_MIN // 1024} KiB in {self.server.data}")

    def file_of_long_object(self):
        """The largest file that is one object's alone."""
        files = [path for path in self.server.data.glob("store/blobs/*/*") if path.is_file()]
        expect(files, f"no file of a long object in {self.server.data}")
        return largest(files)

    def hurt(self, path, offset):
        """Flips, starts, reads, stops and puts right."""
        flip_bit(path, offset)
        try:
            self.server.start()
            answers = self.read_all()
            self.server.stop()
        finally:
            self.server.kill()
            # The engine may have removed a file that it knew to be useless.
            if path.exists():
                flip_bit(path, offset)
        wrong = {name: text for name, text in answers.items() if text.startswith("wrong")}
        expect(not wrong, str(wrong))
        identical = sum(text == "identical" for text in answers.values())
        others = {name: text for name, text in answers.items() if text != "identical"}
        say(f"      {identical} identical, others: {others}")
        expect(2 * identical >= OBJECT_COUNT, f"only {identical} of {OBJECT_COUNT} are served")
        self.hurt_count += len(others)

    def read_all(self):
        """What each object answers."""
        names = list(self.objects)
        return dict(zip(names, in_parallel(READERS, self.read, names), strict=True))

    def read(self, name):
        """`identical`, `error ...`, `aborted ...`, or `wrong ...`."""
        status, body = self.signer.get(name)
        wanted = self.objects[name]
        if status == 200:
            return "identical" if body == wanted else f"wrong: {len(body)} other bytes"
        if status == ABORTED:
            # What came before the break has to be right.
            return "aborted" if wanted.startswith(body) else "wrong: other bytes, then a break"
        # Damage is never answered as absence or as the client's fault.
        return f"error {status}" if status >= 500 else f"wrong: status {status}"


def largest(files):
    """The largest of some files."""
    return max(files, key=lambda path: path.stat().st_size)


def flip_bit(path, offset):
    """Turns one bit around."""
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))
        file.flush()
        os.fsync(file.fileno())


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        test = BitFlip(report, server, folder)
        return main_of(test.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
