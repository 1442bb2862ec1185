#!/usr/bin/env python3
"""Memory: many large uploads at once must not need memory in proportion.

    memory.py --binary PATH [--size-mib N] [--streams N] [--keep FOLDER]

All uploads are open at the same time, every other one a browser's form, with random bytes. Then
the server's largest resident memory ever (VmHWM) is under 512 MiB, every ETag is the MD5 of what
was sent, and two objects are read back whole.
"""

import argparse
import hashlib
import os
import sys
import threading
import time

from harness import MIB, Report, Server, Target, expect, expect_equal, main_of, say, work_folder
from s3raw import Signer, in_parallel

BUCKET = "memory"
RESIDENT_MAX = 512 * MIB
# Each stream sends this block over and over from a place of its own: as random as the disk can
# tell.
BLOCK_LEN = 64 * MIB
PIECE_LEN = MIB


class Memory:
    """The whole test."""

    def __init__(self, arguments, report, server, folder):
        self.size = arguments.size_mib * MIB
        self.streams = arguments.streams
        self.report = report
        self.server = server
        self.folder = folder
        self.block = memoryview(os.urandom(BLOCK_LEN) + os.urandom(PIECE_LEN))
        self.all_open = threading.Barrier(self.streams)
        self.signer = None

    def pieces(self, number):
        """The content of one stream."""
        offset = number * (BLOCK_LEN // self.streams)
        left = self.size
        while left:
            piece = min(left, PIECE_LEN)
            yield self.block[offset : offset + piece]
            offset = (offset + piece) % BLOCK_LEN
            left -= piece

    def program(self):
        """Uploads, figures, a look at what was stored."""
        self.server.initialise()
        self.server.start()
        credential = self.server.create_tenant("city", "Градска управа")
        self.signer = Signer(Target(self.server, credential, self.folder / "clients"), BUCKET)
        self.signer.client.create_bucket(Bucket=BUCKET)
        idle = self.server.status_field("VmHWM")
        name = f"memory: {self.streams} concurrent uploads of {self.size // MIB} MiB"
        with self.report.check(f"{name} are stored"):
            started = time.monotonic()
            in_parallel(self.streams, self.upload, range(self.streams))
            seconds = time.monotonic() - started
            rate = self.streams * self.size / seconds / 1e6
            say(f"      {seconds:.1f} s, {rate:.0f} MB/s")
        with self.report.check(f"{name} keep the server under {RESIDENT_MAX // MIB} MiB"):
            peak = self.server.status_field("VmHWM")
            say(f"      largest resident memory {peak // MIB} MiB, idle {idle // MIB} MiB")
            expect(peak < RESIDENT_MAX, f"{peak // MIB} MiB")
        with self.report.check("memory: the objects come back identical"):
            for number in [0, self.streams - 1]:
                self.compare(number)
        with self.report.check("memory: reading them keeps the bound"):
            in_parallel(self.streams, self.drain, range(self.streams))
            peak = self.server.status_field("VmHWM")
            say(f"      largest resident memory {peak // MIB} MiB")
            expect(peak < RESIDENT_MAX, f"{peak // MIB} MiB")
        with self.report.check("memory: the server stops cleanly"):
            self.server.stop()

    def upload(self, number):
        """One PUT or one form. No file goes out before all requests are open."""
        name = f"stream-{number}"
        if number % 2:
            url, content_type, head, tail = self.signer.form(name)
            method, status = "POST", 204
        else:
            url, content_type, head, tail = self.signer.url("put_object", name), None, b"", b""
            method, status = "PUT", 200
        connection, place = self.signer.connect(url)
        try:
            connection.putrequest(method, place)
            connection.putheader("Content-Length", str(len(head) + self.size + len(tail)))
            if content_type:
                connection.putheader("Content-Type", content_type)
            connection.endheaders()
            connection.sock.sendall(head)
            self.all_open.wait(120)
            md5 = hashlib.md5()
            for piece in self.pieces(number):
                md5.update(piece)
                connection.sock.sendall(piece)
            connection.sock.sendall(tail)
            answer = connection.getresponse()
            body = answer.read()
            expect(answer.status == status, f"stream {number} answers {answer.status} {body[:300]}")
            expect_equal(answer.headers["ETag"].strip('"'), md5.hexdigest(), f"ETag of {number}")
        except BaseException:
            self.all_open.abort()
            raise
        finally:
            connection.close()

    def read(self, number):
        """One GET, in pieces."""
        connection, place = self.signer.connect(self.signer.url("get_object", f"stream-{number}"))
        try:
            connection.request("GET", place)
            answer = connection.getresponse()
            expect_equal(answer.status, 200, f"status of stream {number}")
            while piece := answer.read(PIECE_LEN):
                yield piece
        finally:
            connection.close()

    def compare(self, number):
        """The whole object, byte by byte."""
        wanted, found = hashlib.sha256(), hashlib.sha256()
        for piece in self.pieces(number):
            wanted.update(piece)
        for piece in self.read(number):
            found.update(piece)
        expect_equal(found.hexdigest(), wanted.hexdigest(), f"SHA-256 of stream {number}")

    def drain(self, number):
        """The whole object, only counted."""
        expect_equal(sum(map(len, self.read(number))), self.size, f"length of stream {number}")


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--size-mib", type=int, default=256, help="size of each upload")
    parser.add_argument("--streams", type=int, default=64, help="concurrent uploads")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        memory = Memory(arguments, report, server, folder)
        return main_of(memory.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
