#!/usr/bin/env python3
"""Nothing that a tenant stores can be read in the data folder or in the logs.

    canary.py --binary PATH [--keep FOLDER]

A string nobody else has goes in as body, metadata and content headers, in one request and in parts,
and is listed, copied and read. Then neither it nor its base64 and hexadecimal forms are in any file
of the data folder or in the log, while the server runs and after it stopped. Object keys stay
readable (crypto.md): one of them shows that the search finds what is there.
"""

import argparse
import base64
import os
import secrets
import sys

from harness import MIB, Report, Server, Target, expect, expect_equal, main_of, say, work_folder
from s3raw import Signer

BUCKET = "canary"
OVERLAP = 256


def forms(text):
    """How bytes may be written: as they are, hexadecimal, base64 at each of its three positions."""
    raw = text.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        # The first and last characters depend on the neighbours.
        found.add(coded[4:-4])
    return found


def files_with(folder_or_file, needles):
    """Names of the files that hold one of the needles."""
    paths = [folder_or_file] if folder_or_file.is_file() else folder_or_file.rglob("*")
    found = []
    for path in paths:
        if path.is_file() and holds(path, needles):
            found.append(path.name)
    return found


def holds(path, needles):
    """Whether a file holds one of the needles."""
    rest = b""
    with path.open("rb") as file:
        while piece := file.read(4 * MIB):
            window = rest + piece
            if any(needle in window for needle in needles):
                return True
            rest = window[-OVERLAP:]
    return False


class Canary:
    """The whole test."""

    def __init__(self, report, server, folder):
        self.report = report
        self.server = server
        self.folder = folder
        self.canary = f"canary{secrets.token_hex(12)}"
        self.control = f"control{secrets.token_hex(12)}"
        self.secret = None

    def program(self):
        """Store everywhere, then search."""
        self.server.initialise()
        self.server.start()
        credential = self.server.create_tenant("city", "Градска управа")
        self.secret = credential[1]
        target = Target(self.server, credential, self.folder / "clients")
        with self.report.check("canary: stored as body, metadata and headers, read and copied"):
            self.store(target.boto3_client())
            self.post(Signer(target, BUCKET))
        self.search("while the server runs")
        with self.report.check("canary: the server stops cleanly"):
            self.server.stop()
        self.search("after it stopped")
        with self.report.check("canary: the search finds an object key, which is not secret"):
            needles = {self.control[-16:].encode()}
            expect(files_with(self.server.data, needles), "the object key is in no file")

    def store(self, s3):
        """Small and large, alone and in parts, with every header that a client may choose."""
        text = self.canary
        headers = {
            "ContentType": f"text/x-{text}",
            "ContentDisposition": f'attachment; filename="{text}"',
            "ContentLanguage": text,
            "ContentEncoding": text,
            "CacheControl": f"private, x={text}",
            "Metadata": {"department": text, text: "name"},
        }
        s3.create_bucket(Bucket=BUCKET)
        bodies = {
            self.control: text.encode(),
            "large": text.encode() * 200_000,
        }
        for name, body in bodies.items():
            s3.put_object(Bucket=BUCKET, Key=name, Body=body, **headers)
            answer = s3.get_object(Bucket=BUCKET, Key=name)
            expect(answer["Body"].read() == body, "other bytes came back")
            expect_equal(answer["ContentType"], headers["ContentType"], "content type")
        place = {"Bucket": BUCKET, "Key": "in parts"}
        place["UploadId"] = s3.create_multipart_upload(**place, **headers)["UploadId"]
        etags = [
            s3.upload_part(PartNumber=number, Body=body, **place)["ETag"]
            for number, body in [(1, bodies["large"] * 2), (2, text.encode())]
        ]
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)
        # One that stays open: its metadata waits for the completion.
        s3.create_multipart_upload(Bucket=BUCKET, Key="open", **headers)
        source = {"Bucket": BUCKET, "Key": self.control}
        s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
        s3.list_objects_v2(Bucket=BUCKET)

    def post(self, signer):
        """A browser's form, with every field that it may choose; one that is refused, too."""
        text = self.canary
        fields = {
            "Content-Type": f"text/x-{text}",
            "Cache-Control": f"private, x={text}",
            "x-amz-meta-department": text,
            "success_action_redirect": f"https://{text}.example/",
            "tagging": f"<Tagging><TagSet><Tag><Key>{text}</Key><Value/></Tag></TagSet></Tagging>",
        }
        url, content_type, head, tail = signer.form("posted", fields)
        wrong = head.replace(f"private, x={text}".encode(), b"public")
        for ahead, status in [(head, 303), (wrong, 403)]:
            connection, place = signer.connect(url)
            body = ahead + text.encode() + tail
            connection.request("POST", place, body, {"Content-Type": content_type})
            expect_equal(connection.getresponse().status, status, "status of a form")
            connection.close()

    def search(self, when):
        """The data folder and the log hold neither the canary nor the secret access key."""
        for what, text in [("canary", self.canary), ("secret access key", self.secret)]:
            with self.report.check(f"canary: no {what} on disk or in the log {when}"):
                found = files_with(self.server.data, forms(text))
                self.server.settle_log()
                found += files_with(self.server.log, forms(text))
                expect(not found, f"found in {found}")
        size = sum(path.stat().st_size for path in self.server.data.rglob("*") if path.is_file())
        say(f"      {size} bytes searched")
        expect(size > MIB, "the data folder is too small to hold what was stored")


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
        canary = Canary(report, server, folder)
        return main_of(canary.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
