"""Browsers' forms: policies signed by boto3, sent by curl as a browser sends them.

curl's `-F` writes what a browser writes: a part for each field, the file last, and
`Expect: 100-continue` ahead of a large one.
"""

import xml.etree.ElementTree
from urllib.parse import parse_qs, urlsplit

from harness import MIB, expect, expect_equal, expect_same_file, run

CONTENT = "Садржај обрасца.\r\n--а није граница\r\n".encode()
TAGS = "<Tagging><TagSet><Tag><Key>area</Key><Value>north</Value></Tag></TagSet></Tagging>"


def life_cycle(report, target, corpus):
    """What a web page with an upload form relies on."""
    Forms(target, corpus).life_cycle(report)


class Forms:
    """One run of forms."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.bucket = "forms"
        self.name = f"forms {target.scheme}"
        # As for presigned URLs: boto3 signs by SigV2 in us-east-1 unless it is told otherwise.
        self.s3 = target.boto3_client(signature_version="s3v4")
        self.folder = target.fresh_folder("forms")

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        self.s3.create_bucket(Bucket=self.bucket)
        checks = [
            ("generate_presigned_post and curl -F", self.upload),
            ("${filename}, metadata, tags, status 201", self.fields),
            ("a form signed by SigV2 is told what to use", self.old_signature),
            ("a large file comes back as it was", self.large),
            ("redirect to a page that is told bucket, key and ETag", self.redirect),
            ("limits of the policy: length, type, key, time, extra fields", self.limits),
            ("a form without a policy writes only where that is open", self.anonymous),
            ("delete everything and the bucket", self.clean_up),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def file(self, name, content=CONTENT):
        """A file on the disk."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def signed(self, key, fields=None, conditions=None, seconds=60):
        """URL and fields of a form."""
        return self.s3.generate_presigned_post(
            self.bucket, key, Fields=fields, Conditions=conditions, ExpiresIn=seconds
        )

    def send(self, post, path, **more):
        """(status, headers, body) of a form that curl sends."""
        head, body = self.folder / "head", self.folder / "body"
        body.unlink(missing_ok=True)
        command = ["curl", "--silent", "--show-error", "--dump-header", head, "--output", body]
        if self.target.ca_file:
            command += ["--cacert", self.target.ca_file]
        for name, value in {**post["fields"], **more}.items():
            command += ["--form-string", f"{name}={value}"]
        command += ["--form", f"file=@{path}", "--write-out", "%{http_code}", post["url"]]
        status = int(run(command, self.target.environment()))
        lines = head.read_text("utf-8").splitlines()
        pairs = [line.split(": ", 1) for line in lines if ": " in line]
        headers = {name.lower(): value for name, value in pairs}
        return status, headers, body.read_bytes() if body.exists() else b""

    def refused(self, answer, status, code):
        """The answer is this S3 error."""
        got, _, body = answer
        expect_equal(got, status, f"status, with {body!r}")
        expect_equal(xml.etree.ElementTree.fromstring(body).findtext("Code"), code, "code")

    def get(self, key):
        """An object with its headers."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=key)
        return answer, answer["Body"].read()

    def upload(self):
        """A form as boto3 makes it without being asked for anything."""
        status, headers, body = self.send(self.signed("решење.txt"), self.file("a.txt"))
        expect_equal((status, body), (204, b""), "answer")
        answer, content = self.get("решење.txt")
        expect_equal(content, CONTENT, "content")
        expect_equal(headers["etag"], answer["ETag"], "ETag")

    def fields(self):
        """What the page says of the object."""
        fields = {
            "success_action_status": "201",
            "Content-Type": "text/plain; charset=utf-8",
            "x-amz-meta-office": "Urbanizam",
            "tagging": TAGS,
            "x-ignore-page": "7",
        }
        conditions = [
            {"success_action_status": "201"},
            ["starts-with", "$Content-Type", "text/"],
            {"x-amz-meta-office": "Urbanizam"},
            ["starts-with", "$tagging", ""],
            ["content-length-range", 1, MIB],
        ]
        post = self.signed("in/${filename}", fields, conditions)
        status, headers, body = self.send(post, self.file("b 1.txt"))
        expect_equal(status, 201, f"status, with {body!r}")
        told = xml.etree.ElementTree.fromstring(body)
        expect_equal(told.findtext("Key"), "in/b 1.txt", "key")
        expect_equal(told.findtext("Bucket"), self.bucket, "bucket")
        expect_equal(told.findtext("Location"), headers["location"], "location")
        answer, content = self.get("in/b 1.txt")
        expect_equal(content, CONTENT, "content")
        expect_equal(answer["ContentType"], fields["Content-Type"], "type")
        expect_equal(answer["Metadata"], {"office": "Urbanizam"}, "metadata")
        tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="in/b 1.txt")["TagSet"]
        expect_equal(tags, [{"Key": "area", "Value": "north"}], "tags")

    def old_signature(self):
        """Refused everywhere, as in AWS's newer regions."""
        old = self.target.boto3_client(signature_version="s3")
        post = old.generate_presigned_post(self.bucket, "old.txt")
        expect("AWSAccessKeyId" in post["fields"], "boto3 did not sign by SigV2")
        answer = self.send(post, self.file("old.txt"))
        self.refused(answer, 400, "InvalidRequest")
        expect(b"AWS4-HMAC-SHA256" in answer[2], "the answer does not say what to use")

    def large(self):
        """More than curl sends without asking for it."""
        status, _, body = self.send(self.signed("large.bin"), self.corpus.large)
        expect_equal(status, 204, f"status, with {body!r}")
        back = self.folder / "large.bin"
        self.s3.download_file(self.bucket, "large.bin", str(back))
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def redirect(self):
        """The browser goes on to another page."""
        page = "https://grad.example/hvala?jezik=sr"
        post = self.signed(
            "c.txt", {"success_action_redirect": page}, [{"success_action_redirect": page}]
        )
        status, headers, _ = self.send(post, self.file("c.txt"))
        expect_equal(status, 303, "status")
        expect(headers["location"].startswith(page + "&"), headers["location"])
        told = parse_qs(urlsplit(headers["location"]).query)
        etag = self.s3.head_object(Bucket=self.bucket, Key="c.txt")["ETag"]
        expect_equal(told["bucket"] + told["key"] + told["etag"], [self.bucket, "c.txt", etag], "")

    def limits(self):
        """What the signer did not allow is not stored."""
        path = self.file("d.txt")
        small = self.signed("d.txt", None, [["content-length-range", 1, 10]])
        self.refused(self.send(small, path), 400, "EntityTooLarge")
        self.refused(self.send(small, self.file("empty", b"")), 400, "EntityTooSmall")
        typed = self.signed("d.txt", None, [["starts-with", "$Content-Type", "image/"]])
        wrong = {"Content-Type": "text/html"}
        self.refused(self.send(typed, path, **wrong), 403, "AccessDenied")
        self.refused(self.send(self.signed("d.txt"), path, acl="private"), 403, "AccessDenied")
        other = self.signed("d.txt")
        other["fields"]["key"] = "e.txt"
        self.refused(self.send(other, path), 403, "AccessDenied")
        late = self.signed("d.txt", seconds=-10)
        self.refused(self.send(late, path), 403, "AccessDenied")
        forged = self.signed("d.txt")
        forged["fields"]["x-amz-signature"] = "0" * 64
        self.refused(self.send(forged, path), 403, "SignatureDoesNotMatch")
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="d")
        expect_equal(listed["KeyCount"], 0, "objects")

    def anonymous(self):
        """Nobody's form."""
        post = {"url": f"{self.target.endpoint}/{self.bucket}", "fields": {"key": "open/f.txt"}}
        self.refused(self.send(post, self.file("f.txt")), 403, "AccessDenied")
        self.s3.delete_public_access_block(Bucket=self.bucket)
        policy = (
            '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", '
            f'"Action": "s3:PutObject", "Resource": "arn:aws:s3:::{self.bucket}/open/*"}}}}'
        )
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=policy)
        status, _, body = self.send(post, self.file("f.txt"))
        expect_equal(status, 204, f"status, with {body!r}")
        expect_equal(self.get("open/f.txt")[1], CONTENT, "content")
        post["fields"]["key"] = "closed/f.txt"
        self.refused(self.send(post, self.file("f.txt")), 403, "AccessDenied")

    def clean_up(self):
        """Nothing keeps the bucket but objects."""
        for row in self.s3.list_objects_v2(Bucket=self.bucket)["Contents"]:
            self.s3.delete_object(Bucket=self.bucket, Key=row["Key"])
        self.s3.delete_bucket(Bucket=self.bucket)
