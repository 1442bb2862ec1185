"""The AWS command line: `aws s3` as people use it, `aws s3api`, and presigned URLs with curl."""

import json

from harness import expect, expect_equal, expect_same_file, expect_same_tree, run


def life_cycle(report, target, corpus):
    """Up, down, listed, copied, signed and removed."""
    Aws(target, corpus).life_cycle(report)


class Aws:
    """One run of the AWS command line."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.bucket = "aws-cli"
        self.environment = target.environment()
        self.name = f"aws {target.scheme}"

    def aws(self, *words, **options):
        """`aws` with our endpoint."""
        command = ["aws", "--endpoint-url", self.target.endpoint, *words]
        return run(command, self.environment, **options)

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        with report.check(f"{self.name}: make bucket and list buckets"):
            self.aws("s3", "mb", f"s3://{self.bucket}")
            expect(self.bucket in self.aws("s3", "ls"), "the bucket is not listed")
        with report.check(f"{self.name}: sync {self.corpus.file_count} files up"):
            self.sync_up()
        with report.check(f"{self.name}: sync again finds nothing to do"):
            expect_equal(self.sync_up(), "", "output of the second sync")
        with report.check(f"{self.name}: ls --recursive --summarize counts them"):
            listing = self.aws(
                "s3", "ls", "--recursive", "--summarize", f"s3://{self.bucket}/tree/"
            )
            expect(f"Total Objects: {self.corpus.file_count}" in listing, listing[-200:])
        with report.check(f"{self.name}: sync down is identical"):
            folder = self.target.fresh_folder("aws-down")
            self.aws("s3", "sync", "--only-show-errors", f"s3://{self.bucket}/tree", folder)
            expect_same_tree(folder, self.corpus.tree)
        with report.check(f"{self.name}: cp of the large file up and down"):
            self.large_file()
        with report.check(f"{self.name}: cp from and to a pipe"):
            self.pipe()
        with report.check(f"{self.name}: presign and curl"):
            self.presigned()
        with report.check(f"{self.name}: s3api put-object, head-object, get-object with a range"):
            self.s3api()
        with report.check(f"{self.name}: mv and cp on the server"):
            self.server_side()
        with report.check(f"{self.name}: rm --recursive and rb"):
            self.aws("s3", "rm", "--recursive", "--only-show-errors", f"s3://{self.bucket}")
            expect_equal(self.aws("s3", "ls", "--recursive", f"s3://{self.bucket}"), "", "listing")
            self.aws("s3", "rb", f"s3://{self.bucket}")

    def sync_up(self):
        """Uploads what changed; the names of what was uploaded."""
        return self.aws("s3", "sync", "--no-progress", self.corpus.tree, f"s3://{self.bucket}/tree")

    def large_file(self):
        """Multipart with the client's own part size."""
        back = self.target.fresh_folder("aws-large") / "large.bin"
        self.aws(
            "s3", "cp", "--only-show-errors", self.corpus.large, f"s3://{self.bucket}/large.bin"
        )
        self.aws("s3", "cp", "--only-show-errors", f"s3://{self.bucket}/large.bin", back)
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def pipe(self):
        """A body whose length the client does not know beforehand."""
        content = "Записник са седнице\n"
        source = self.target.fresh_folder("aws-pipe") / "source.txt"
        source.write_text(content, "utf-8")
        with source.open("rb") as stdin:
            self.aws("s3", "cp", "-", f"s3://{self.bucket}/pipe.txt", stdin=stdin)
        expect_equal(self.aws("s3", "cp", f"s3://{self.bucket}/pipe.txt", "-"), content, "content")

    def presigned(self):
        """A link as an office sends it to a citizen.

        Version 1 of the command line presigns by SigV2 in us-east-1 unless it is told otherwise;
        AWS has refused SigV2 for new buckets since 2020, and this server refuses it everywhere.
        """
        settings = self.target.fresh_folder("aws-settings") / "config"
        settings.write_text("[default]\ns3 =\n    signature_version = s3v4\n")
        self.environment = {**self.environment, "AWS_CONFIG_FILE": str(settings)}
        url = self.aws(
            "s3", "presign", "--expires-in", "120", f"s3://{self.bucket}/large.bin"
        ).strip()
        back = self.target.fresh_folder("aws-presigned") / "large.bin"
        curl = ["curl", "--silent", "--show-error"]
        if self.target.ca_file:
            curl += ["--cacert", self.target.ca_file]
        run([*curl, "--fail", "--output", back, url], self.environment)
        expect_same_file(back, self.corpus.large)
        back.unlink()
        status = ["--output", "/dev/null", "--write-out", "%{http_code}"]
        tampered = url.replace("large.bin", "pipe.txt")
        expect_equal(
            run([*curl, *status, tampered], self.environment), "403", "another object's URL"
        )

    def s3api(self):
        """Operations by name, with metadata and a checksum that is asked for."""
        source = self.corpus.tree / "awkward" / "size-262145.bin"
        back = self.target.fresh_folder("aws-api") / "part.bin"
        place = ["--bucket", self.bucket, "--key", "api/фасцикла/датотека 1.bin"]
        self.aws(
            "s3api", "put-object", *place, "--body", source, "--checksum-algorithm", "SHA256",
            "--metadata", "department=urbanizam,case=12-3",
            "--content-type", "application/x-case-file",
        )  # fmt: skip
        head = json.loads(self.aws("s3api", "head-object", *place, "--checksum-mode", "ENABLED"))
        expect_equal(head["ContentLength"], 262145, "content length")
        expect_equal(head["ContentType"], "application/x-case-file", "content type")
        expect_equal(head["Metadata"], {"department": "urbanizam", "case": "12-3"}, "metadata")
        expect("ChecksumSHA256" in head, "the checksum was not kept")
        self.aws("s3api", "get-object", *place, "--range", "bytes=65530-131080", back)
        expect_equal(back.read_bytes(), source.read_bytes()[65530:131081], "range")
        page = json.loads(
            self.aws("s3api", "list-objects-v2", "--bucket", self.bucket, "--prefix", "api/")
        )
        expect_equal([row["Key"] for row in page["Contents"]], [place[3]], "listed keys")

    def server_side(self):
        """Copies that do not travel through the client."""
        first, second = f"s3://{self.bucket}/pipe.txt", f"s3://{self.bucket}/copied/pipe.txt"
        self.aws("s3", "cp", "--only-show-errors", first, second)
        self.aws("s3", "mv", "--only-show-errors", second, f"s3://{self.bucket}/moved.txt")
        listing = self.aws("s3", "ls", "--recursive", f"s3://{self.bucket}/")
        expect("moved.txt" in listing and "copied/" not in listing, "mv left or lost an object")
        content = self.aws("s3", "cp", f"s3://{self.bucket}/moved.txt", "-")
        expect_equal(content, self.aws("s3", "cp", first, "-"), "moved content")
