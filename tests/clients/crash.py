#!/usr/bin/env python3
"""kill -9 in the middle of 200 concurrent uploads, again and again on the same data.

    crash.py --binary PATH [--rounds N] [--workers N] [--keep FOLDER]

After each kill the server is started again. Then
- it is ready in under two seconds;
- every object whose upload was acknowledged comes back identical;
- an object whose upload was not acknowledged is not there, or is whole and identical;
- an object that was being replaced is the old one or the new one, whole;
- the listing shows what can be read, and nothing else.
At the end nine of ten objects are deleted, and the sweep has returned their space and the space of
what never became visible.
"""

import argparse
import os
import random
import sys
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError
from harness import MIB, Report, Server, Target, expect, expect_equal, main_of, say, work_folder
from s3raw import Signer, in_parallel

BUCKET = "crash"
REOPEN_SECONDS = 2.0
# The sweep runs every second and takes what has been an orphan for a second.
# Space comes back as fast as the disk can: here nobody else uses it.
CONFIG = (
    "[jobs]\nsweep_interval_s = 1\norphan_grace_s = 1\n[storage]\nreclaim_mib_per_s = 0\n"
)
SPACE_SECONDS = 120
# What the engine may hold beyond the objects: logs, tables being merged, blob files partly in use.
SPACE_FACTOR = 1.25
SPACE_SLACK = 160 * MIB
# Of ten objects this many stay, so that the sweep is seen to spare what is in use.
KEPT_OF_TEN = 1
READERS = 16
# Of ten uploads one goes in parts, and one replaces an object.
PART_LEN = 5 * MIB


class Upload:
    """One object key, and the contents that it may have: none is `None`."""

    def __init__(self, object_key):
        self.object_key = object_key
        self.possible = [None]

    def begin(self, content):
        """The content may be there from now on."""
        self.possible.append(content)

    def acknowledge(self, content):
        """The content is there, and nothing else is."""
        self.possible = [content]

    def is_acknowledged(self):
        """Whether there is no doubt."""
        return len(self.possible) == 1 and self.possible[0] is not None


class Content:
    """Bytes that can be made again from a seed, so that nothing large is remembered."""

    def __init__(self, seed, size):
        self.seed = seed
        self.size = size

    def bytes(self):
        """The bytes."""
        return random.Random(self.seed).randbytes(self.size)


class Worker(threading.Thread):
    """Uploads one object after the other until the server is gone."""

    def __init__(self, client, round_number, number):
        super().__init__(daemon=True)
        self.client = client
        self.random = random.Random(f"{round_number}/{number}")
        self.prefix = f"round-{round_number}/worker-{number}"
        self.uploads = []
        self.unexpected = None

    def run(self):
        """Ends with the first upload that fails: the server was killed."""
        try:
            while True:
                self.upload_one()
        except ClientError as error:
            # An answer with an error means that the server was alive: that is a finding.
            self.unexpected = error
        except BotoCoreError:
            pass
        except Exception as error:  # reported by the round
            self.unexpected = error

    def upload_one(self):
        """A new object, or a new content for the last one; small, large or in parts."""
        kind = self.random.randrange(10)
        if kind == 0 and self.uploads:
            upload = self.uploads[-1]
        else:
            upload = Upload(f"{self.prefix}/{len(self.uploads)}")
            self.uploads.append(upload)
        in_parts = kind == 1
        size = PART_LEN + self.random.randrange(2 * MIB) if in_parts else self.size()
        content = Content(self.random.getrandbits(64), size)
        upload.begin(content)
        place = {"Bucket": BUCKET, "Key": upload.object_key}
        if in_parts:
            self.put_in_parts(place, content.bytes())
        else:
            self.client.put_object(Body=content.bytes(), **place)
        upload.acknowledge(content)

    def size(self):
        """Inline, one piece, many pieces."""
        return self.random.choice([
            self.random.randrange(8 * 1024),
            self.random.randrange(256 * 1024),
            self.random.randrange(3 * MIB),
        ])  # fmt: skip

    def put_in_parts(self, place, body):
        """Two parts and their completion."""
        place = {**place, "UploadId": self.client.create_multipart_upload(**place)["UploadId"]}
        parts = []
        for number, part in enumerate([body[:PART_LEN], body[PART_LEN:]], 1):
            etag = self.client.upload_part(Body=part, PartNumber=number, **place)["ETag"]
            parts.append({"PartNumber": number, "ETag": etag})
        self.client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)


class Crash:
    """The whole test."""

    def __init__(self, arguments, report, server, folder):
        self.arguments = arguments
        self.report = report
        self.server = server
        self.folder = folder
        self.target = None
        self.signer = None
        self.uploads = {}
        self.visible_bytes = 0

    def program(self):
        """Rounds on one data folder, then the sweep."""
        self.server.initialise()
        self.server.start(CONFIG)
        credential = self.server.create_tenant("city", "Градска управа")
        self.target = Target(self.server, credential, self.folder / "clients")
        self.signer = Signer(self.target, BUCKET)
        self.signer.client.create_bucket(Bucket=BUCKET)
        for number in range(1, self.arguments.rounds + 1):
            self.round(number)
        with self.report.check("crash: nine of ten objects are deleted, open uploads aborted"):
            self.delete()
        with self.report.check("crash: after a restart and the sweep the space is returned"):
            self.space()
        with self.report.check("crash: everything is still identical after the sweep"):
            self.verify()
        with self.report.check("crash: the server stops cleanly"):
            self.server.stop()

    def round(self, number):
        """Uploads, kill, start, look."""
        config = {"max_pool_connections": self.arguments.workers, "read_timeout": 60}
        client = self.target.boto3_client(retries={"total_max_attempts": 1}, **config)
        workers = [Worker(client, number, index) for index in range(self.arguments.workers)]
        for worker in workers:
            worker.start()
        # Later in each round, so that the kill meets different states of the engine.
        time.sleep(1.0 + number * 0.37)
        self.server.kill()
        for worker in workers:
            worker.join(90)
        name = f"crash round {number}"
        with self.report.check(f"{name}: nothing but the kill ended an upload"):
            expect(not any(worker.is_alive() for worker in workers), "a client hangs")
            faults = [worker.unexpected for worker in workers if worker.unexpected]
            expect(not faults, f"{len(faults)} uploads failed, the first: {faults[:1]}")
        for upload in (upload for worker in workers for upload in worker.uploads):
            self.uploads[upload.object_key] = upload
        with self.report.check(f"{name}: ready again in under {REOPEN_SECONDS:.0f} s"):
            seconds = self.server.start(CONFIG)
            say(f"      ready after {seconds:.2f} s")
            expect(seconds < REOPEN_SECONDS, f"ready after {seconds:.2f} s")
        with self.report.check(f"{name}: acknowledged objects identical, others absent or whole"):
            self.verify()

    def verify(self):
        """Reads every object that was ever tried."""
        # The server is read in its state after the crash, so what was in doubt is settled by this.
        acknowledged = sum(upload.is_acknowledged() for upload in self.uploads.values())
        in_doubt = sum(len(upload.possible) > 1 for upload in self.uploads.values())
        found = in_parallel(READERS, self.settle, list(self.uploads.values()))
        lost = [text for text in found if isinstance(text, str)]
        expect(not lost, f"{len(lost)} wrong of {len(found)}: {'; '.join(lost[:3])}")
        self.visible_bytes = sum(found)
        say(f"      {acknowledged} acknowledged, {in_doubt} in doubt, all right")
        expect(acknowledged > 0, "no upload was acknowledged: the test shows nothing")
        pages = self.signer.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        listed = {row["Key"]: row["Size"] for page in pages for row in page.get("Contents", [])}
        wanted = {
            upload.object_key: upload.possible[0].size
            for upload in self.uploads.values()
            if upload.possible[0] is not None
        }
        expect_equal(len(listed), len(wanted), "listed objects")
        expect(listed == wanted, "the listing differs from what can be read")

    def settle(self, upload):
        """Reads one object: its size if it is what it may be, else what is wrong with it."""
        status, body = self.signer.get(upload.object_key)
        if status == 404 and None in upload.possible:
            upload.possible = [None]
            return 0
        if status != 200:
            return f"{upload.object_key} answers {status}"
        for content in upload.possible:
            if content is not None and content.size == len(body) and content.bytes() == body:
                upload.possible = [content]
                return content.size
        return f"{upload.object_key} has other bytes ({len(body)} of them)"

    def delete(self):
        """Most of the objects, and what the kills left of uploads in parts."""
        client = self.signer.client
        pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=BUCKET)
        for row in [row for page in pages for row in page.get("Uploads", [])]:
            client.abort_multipart_upload(Bucket=BUCKET, Key=row["Key"], UploadId=row["UploadId"])
        visible = [upload for upload in self.uploads.values() if upload.possible[0] is not None]
        doomed = [upload for number, upload in enumerate(visible) if number % 10 >= KEPT_OF_TEN]
        for first in range(0, len(doomed), 1000):
            rows = [{"Key": upload.object_key} for upload in doomed[first : first + 1000]]
            answer = client.delete_objects(Bucket=BUCKET, Delete={"Objects": rows})
            expect_equal(answer.get("Errors", []), [], "errors of DeleteObjects")
        for upload in doomed:
            self.visible_bytes -= upload.possible[0].size
            upload.possible = [None]

    def space(self):
        """The data folder shrinks to what is visible and a bounded rest."""
        before = self.server.disk_bytes()
        # With the restart the engine's log is turned into tables, so that it does not count.
        self.server.stop()
        self.server.start(CONFIG)
        bound = int(self.visible_bytes * SPACE_FACTOR) + SPACE_SLACK
        deadline = time.monotonic() + SPACE_SECONDS
        used = self.server.disk_bytes()
        while used > bound and time.monotonic() < deadline:
            time.sleep(0.5)
            used = self.server.disk_bytes()
        visible, was, now, most = (
            number // 1_000_000 for number in (self.visible_bytes, before, used, bound)
        )
        say(f"      visible {visible} MB, on disk {was}, then {now} MB, bound {most} MB")
        expect(used <= bound, f"{used} bytes on disk, more than {bound}")


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--rounds", type=int, default=5, help="kills")
    parser.add_argument("--workers", type=int, default=200, help="concurrent uploads")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        crash = Crash(arguments, report, server, folder)
        return main_of(crash.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
