"""s3fs with its default settings: one life cycle, a line for each check.

client_s3fs.py calls it. Settings come from the environment: RIZNICA_LARGE_FILE and AWS's own
variables. Output: "ok TEXT" or "FAIL TEXT: REASON"; TEXT holds no colon.
"""

import hashlib
import os
import ssl
import sys
import urllib.request

import s3fs

MIB = 1024 * 1024
BUCKET = "s3fs"
LARGE_FILE = os.environ["RIZNICA_LARGE_FILE"]


def sha256(data):
    """Of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def expect_equal(actual, wanted, what):
    """Fails the check unless both are equal."""
    if actual != wanted:
        raise AssertionError(f"{what}: {actual!r} instead of {wanted!r}")


def expect_raises(kind, call, *arguments, **options):
    """The call has to fail with this kind of exception."""
    try:
        call(*arguments, **options)
    except kind:
        return
    raise AssertionError(f"{call.__name__} succeeded instead of raising {kind.__name__}")


class LifeCycle:
    """Checks in an order in which each finds what it needs."""

    def __init__(self):
        self.fs = s3fs.S3FileSystem()

    def make_bucket(self):
        """make, list and find a bucket"""
        expect_equal(self.fs.exists(BUCKET), False, "existence before")
        self.fs.mkdir(BUCKET)
        expect_equal(self.fs.exists(BUCKET), True, "existence")
        expect_equal(BUCKET in self.fs.ls(""), True, "presence in the list")

    def small_files(self):
        """small files, empty ones and awkward names"""
        for size in [0, 1, 65536, 262145]:
            path = f"{BUCKET}/предмет/{size} a+b=c&d %20'(1)*.txt"
            content = os.urandom(size)
            self.fs.pipe_file(path, content)
            expect_equal(sha256(self.fs.cat_file(path)), sha256(content), path)
            expect_equal(self.fs.info(path)["size"], size, "size")

    def large_file(self):
        """a large file up in parts, down, and read in ranges"""
        with open(LARGE_FILE, "rb") as file:
            content = file.read()
        path = f"{BUCKET}/large.bin"
        self.fs.put_file(LARGE_FILE, path, chunksize=5 * MIB)
        expect_equal("-" in self.fs.info(path)["ETag"], True, "parts in the ETag")
        expect_equal(sha256(self.fs.cat_file(path)), sha256(content), "content")
        for start, end in [(0, 1), (5 * MIB - 10, 5 * MIB + 10), (MIB, 7 * MIB), (-100, None)]:
            piece = self.fs.cat_file(path, start=start, end=end)
            expect_equal(sha256(piece), sha256(content[start:end]), f"range {start}:{end}")
        with self.fs.open(path, block_size=MIB) as file:
            at = 12 * MIB + 3
            file.seek(at)
            expect_equal(sha256(file.read(70_000)), sha256(content[at : at + 70_000]), "seek")

    def written_in_blocks(self):
        """a file written in blocks of unknown number"""
        path = f"{BUCKET}/blocks.bin"
        content = os.urandom(13 * MIB + 5)
        with self.fs.open(path, "wb", block_size=5 * MIB) as file:
            for start in range(0, len(content), MIB):
                file.write(content[start : start + MIB])
        expect_equal(sha256(self.fs.cat_file(path)), sha256(content), "content")

    def appended(self):
        """append to a small file and, by a copied part, to a large one"""
        for size in [1000, 6 * MIB]:
            path = f"{BUCKET}/append-{size}.bin"
            content, more = os.urandom(size), os.urandom(4321)
            self.fs.pipe_file(path, content)
            with self.fs.open(path, "ab") as file:
                file.write(more)
            expect_equal(sha256(self.fs.cat_file(path)), sha256(content + more), path)

    def created_once(self):
        """exclusive creation"""
        path = f"{BUCKET}/once.txt"
        self.fs.pipe_file(path, b"first", mode="create")
        expect_raises(FileExistsError, self.fs.pipe_file, path, b"second", mode="create")
        with self.fs.open(f"{BUCKET}/once-2.txt", "xb") as file:
            file.write(b"first")
        expect_raises(FileExistsError, self.write_exclusively, f"{BUCKET}/once-2.txt")
        expect_equal(self.fs.cat_file(path), b"first", "content")
        expect_equal(self.fs.cat_file(f"{BUCKET}/once-2.txt"), b"first", "content")

    def write_exclusively(self, path):
        """What has to fail when the file is there."""
        with self.fs.open(path, "xb") as file:
            file.write(b"second")

    def listed(self):
        """folders listed, found in pages, globbed and walked"""
        names = [f"{BUCKET}/list/{number:04}.txt" for number in range(1100)]
        self.fs.pipe({name: b"x" for name in names})
        self.fs.pipe_file(f"{BUCKET}/list/фасцикла/1.txt", b"12345")
        self.fs.invalidate_cache()
        expect_equal(self.fs.find(f"{BUCKET}/list")[:1100], names, "found names")
        entries = self.fs.ls(f"{BUCKET}/list", detail=True)
        folders = [row["name"] for row in entries if row["type"] == "directory"]
        expect_equal((len(entries), folders), (1101, [f"{BUCKET}/list/фасцикла"]), "entries")
        expect_equal(len(self.fs.glob(f"{BUCKET}/list/00*.txt")), 100, "globbed names")
        expect_equal(self.fs.du(f"{BUCKET}/list"), 1105, "bytes")
        walked = [folder for folder, _, _ in self.fs.walk(f"{BUCKET}/list")]
        expect_equal(walked, [f"{BUCKET}/list", f"{BUCKET}/list/фасцикла"], "walked folders")

    def metadata(self):
        """metadata and content type"""
        path = f"{BUCKET}/metadata.txt"
        self.fs.pipe_file(path, b"x", ContentType="text/x-a", Metadata={"office": "north"})
        expect_equal(self.fs.info(path)["ContentType"], "text/x-a", "content type")
        expect_equal(self.fs.metadata(path), {"office": "north"}, "metadata")
        self.fs.setxattr(path, office="south")
        expect_equal(self.fs.getxattr(path, "office"), "south", "changed metadata")
        expect_equal(self.fs.cat_file(path), b"x", "content")

    def copied(self):
        """copied and moved on the server"""
        first, second, third = [f"{BUCKET}/copy/{name} ћ.bin" for name in "abc"]
        content = os.urandom(700_000)
        self.fs.pipe_file(first, content)
        self.fs.cp_file(first, second)
        self.fs.mv(second, third)
        expect_equal(self.fs.exists(second), False, "existence of what was moved")
        expect_equal(sha256(self.fs.cat_file(third)), sha256(content), "content")
        expect_equal(self.fs.checksum(first) == self.fs.checksum(third), True, "same checksum")

    def linked(self):
        """a signed link, by SigV4 where the library's default is SigV2"""
        context = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
        signer = s3fs.S3FileSystem(config_kwargs={"signature_version": "s3v4"})
        url = signer.sign(f"{BUCKET}/once.txt", expiration=60)
        with urllib.request.urlopen(url, context=context) as answer:
            expect_equal(answer.read(), b"first", "content")

    def missing(self):
        """what is missing is told apart"""
        expect_raises(FileNotFoundError, self.fs.cat_file, f"{BUCKET}/absent")
        expect_raises(FileNotFoundError, self.fs.ls, "no-such-bucket-here")
        stranger = s3fs.S3FileSystem(secret="wrong", key=os.environ["AWS_ACCESS_KEY_ID"])
        expect_raises(PermissionError, stranger.cat_file, f"{BUCKET}/once.txt")

    def removed(self):
        """files, folders and the bucket removed"""
        self.fs.rm_file(f"{BUCKET}/once.txt")
        expect_equal(self.fs.exists(f"{BUCKET}/once.txt"), False, "existence")
        self.fs.rm(f"{BUCKET}/list", recursive=True)
        self.fs.invalidate_cache()
        expect_equal(self.fs.find(f"{BUCKET}/list"), [], "what is left")
        self.fs.rm(BUCKET, recursive=True)
        self.fs.invalidate_cache()
        expect_equal(self.fs.exists(BUCKET), False, "existence of the bucket")


def main():
    """Runs the checks; the lines are the result."""
    cycle = LifeCycle()
    checks = [
        cycle.make_bucket,
        cycle.small_files,
        cycle.large_file,
        cycle.written_in_blocks,
        cycle.appended,
        cycle.created_once,
        cycle.listed,
        cycle.metadata,
        cycle.copied,
        cycle.linked,
        cycle.missing,
        cycle.removed,
    ]
    for check in checks:
        try:
            check()
        except Exception as error:  # every kind of failure is a failed check
            reason = f"{type(error).__name__}: {error}".replace("\n", " ")
            print(f"FAIL {check.__doc__}: {reason[:600]}", flush=True)
        else:
            print(f"ok {check.__doc__}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
