"""The AWS command line: `aws s3` as people use it, `aws s3api`, and presigned URLs with curl.

Version 1 is PyPI's, beside this interpreter; version 2 is Debian's package.
"""

import json
import sys
from pathlib import Path

from harness import (
    Failed,
    expect,
    expect_equal,
    expect_same_file,
    expect_same_tree,
    relative_files,
    run,
)


VERSION_1 = Path(sys.executable).parent / "aws"
VERSION_2 = Path("/usr/bin/aws")


def life_cycle(report, target, corpus):
    """Up, down, listed, copied, signed and removed, by version 1."""
    Aws(target, corpus, 1, VERSION_1).life_cycle(report)


def life_cycle_2(report, target, corpus):
    """The same by version 2."""
    Aws(target, corpus, 2, VERSION_2).life_cycle(report)


class Aws:
    """One run of the AWS command line of one version."""

    def __init__(self, target, corpus, version, program):
        self.target = target
        self.corpus = corpus
        self.version = version
        self.program = program
        self.bucket = f"aws-cli-{version}"
        self.environment = target.environment()
        self.name = f"aws {version} {target.scheme}"

    def aws(self, *words, **options):
        """`aws` with our endpoint."""
        command = [self.program, "--endpoint-url", self.target.endpoint, *words]
        return run(command, self.environment, **options)

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        with report.check(f"{self.name}: make bucket and list buckets"):
            shown = run([self.program, "--version"], self.environment)
            expect(shown.startswith(f"aws-cli/{self.version}."), f"it is {shown}")
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
        with report.check(f"{self.name}: s3api list-objects-v2 in pages of seven"):
            self.pages()
        if self.version == 1:  # Debian's version 2 is older than the option
            with report.check(f"{self.name}: s3api put-object --if-none-match creates once"):
                self.conditional_write()
        with report.check(f"{self.name}: mv and cp on the server"):
            self.server_side()
        with report.check(f"{self.name}: cp of the large file on the server, in parts"):
            self.server_side_in_parts()
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
        if self.version == 1:
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

    def pages(self):
        """The program puts the pages together; the last one comes by its own token."""
        command = ["s3api", "list-objects-v2", "--bucket", self.bucket, "--prefix", "tree/"]
        paged = ["--page-size", "7", "--query", "Contents[].Key", "--output", "json"]
        names = sorted(f"tree/{name}" for name in relative_files(self.corpus.tree))
        listed = json.loads(self.aws(*command, *paged))
        expect_equal(listed, sorted(names, key=str.encode), "listed keys")
        first = json.loads(self.aws(*command, "--max-items", "5"))
        rest = json.loads(self.aws(*command, "--starting-token", first["NextToken"]))
        found = [row["Key"] for row in first["Contents"] + rest["Contents"]]
        expect_equal(found, listed, "keys before and behind the token")

    def conditional_write(self):
        """The second writer is told, and the first one's content stays."""
        body = self.target.fresh_folder("aws-once") / "body"
        place = ["--bucket", self.bucket, "--key", "once", "--body", body, "--if-none-match", "*"]
        body.write_text("first")
        self.aws("s3api", "put-object", *place)
        body.write_text("second")
        try:
            self.aws("s3api", "put-object", *place)
        except Failed as refusal:
            expect("PreconditionFailed" in str(refusal), str(refusal))
        else:
            raise Failed("the second write succeeded")
        expect_equal(self.aws("s3", "cp", f"s3://{self.bucket}/once", "-"), "first", "content")

    def server_side_in_parts(self):
        """Over 8 MiB both versions copy by parts, and ask for what else the object has."""
        first, second = f"s3://{self.bucket}/large.bin", f"s3://{self.bucket}/copies/large.bin"
        self.aws("s3", "cp", "--only-show-errors", first, second)
        back = self.target.fresh_folder("aws-copied") / "large.bin"
        self.aws("s3", "cp", "--only-show-errors", second, back)
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def server_side(self):
        """Copies that do not travel through the client."""
        first, second = f"s3://{self.bucket}/pipe.txt", f"s3://{self.bucket}/copied/pipe.txt"
        self.aws("s3", "cp", "--only-show-errors", first, second)
        self.aws("s3", "mv", "--only-show-errors", second, f"s3://{self.bucket}/moved.txt")
        listing = self.aws("s3", "ls", "--recursive", f"s3://{self.bucket}/")
        expect("moved.txt" in listing and "copied/" not in listing, "mv left or lost an object")
        content = self.aws("s3", "cp", f"s3://{self.bucket}/moved.txt", "-")
        expect_equal(content, self.aws("s3", "cp", first, "-"), "moved content")
