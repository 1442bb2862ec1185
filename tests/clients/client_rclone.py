"""rclone with the provider `Other`.

It lists by v1, does not trust multipart ETags and changes times by a copy onto the same key.
"""

import json
import os

from harness import (
    expect,
    expect_equal,
    expect_same_file,
    expect_same_tree,
    relative_files,
    run,
)

# 2020-02-02 02:02:02.123456789 UTC: rclone keeps nanoseconds.
OTHER_TIME_NS = 1580608922123456789


def life_cycle(report, target, corpus):
    """Synced, checked byte by byte, touched, copied on the server and purged."""
    Rclone(target, corpus).life_cycle(report)


class Rclone:
    """One run of rclone."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.remote = "riznica:rclone"
        self.name = f"rclone {target.scheme}"
        self.environment = target.environment(
            RCLONE_CONFIG_RIZNICA_TYPE="s3",
            RCLONE_CONFIG_RIZNICA_PROVIDER="Other",
            RCLONE_CONFIG_RIZNICA_ENV_AUTH="true",
            RCLONE_CONFIG_RIZNICA_ENDPOINT=target.endpoint,
        )
        # rclone has an option of its own for this and fails when the variable is there too.
        self.environment.pop("AWS_CA_BUNDLE", None)

    def rclone(self, *words, **options):
        """`rclone` with our remote, and the authority that signed the server's certificate."""
        command = ["rclone", *words]
        if self.target.ca_file:
            command += ["--ca-cert", self.target.ca_file]
        return run(command, self.environment, **options)

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        with report.check(f"{self.name}: sync {self.corpus.file_count} files up"):
            self.rclone("mkdir", self.remote)
            self.rclone("sync", self.corpus.tree, f"{self.remote}/tree")
        with report.check(f"{self.name}: check --download"):
            self.rclone("check", "--download", self.corpus.tree, f"{self.remote}/tree")
        with report.check(f"{self.name}: size counts them"):
            size = json.loads(self.rclone("size", "--json", f"{self.remote}/tree"))
            expect_equal(size["count"], self.corpus.file_count, "objects")
        with report.check(f"{self.name}: sync down is identical"):
            folder = self.target.fresh_folder("rclone-down")
            self.rclone("sync", f"{self.remote}/tree", folder)
            expect_same_tree(folder, self.corpus.tree)
        with report.check(f"{self.name}: the large file in parts"):
            self.large_file()
        with report.check(f"{self.name}: a new modification time alone is a metadata change"):
            self.touch()
        with report.check(f"{self.name}: copy and move on the server"):
            self.server_side()
        with report.check(f"{self.name}: listed in pages of seven, read in a range"):
            self.pages_and_range()
        with report.check(f"{self.name}: sync removes what is gone"):
            folder = self.target.fresh_folder("rclone-empty")
            (folder / "only.txt").write_text("only")
            self.rclone("sync", folder, f"{self.remote}/tree")
            expect_equal(self.rclone("lsf", "-R", f"{self.remote}/tree"), "only.txt\n", "listing")
        with report.check(f"{self.name}: purge"):
            self.rclone("purge", self.remote)
            expect("rclone/" not in self.rclone("lsf", "riznica:").split(), "the bucket is there")

    def large_file(self):
        """Parts of the smallest size, so that there are many."""
        back = self.target.fresh_folder("rclone-large") / "large.bin"
        remote = f"{self.remote}/large.bin"
        sizes = ["--s3-chunk-size", "5M", "--s3-upload-cutoff", "5M"]
        self.rclone("copyto", *sizes, self.corpus.large, remote)
        self.rclone("copyto", remote, back)
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def touch(self):
        """rclone answers a changed time with CopyObject onto the same key, metadata replaced."""
        source = self.target.fresh_folder("rclone-touch") / "акт.txt"
        source.write_text("Исти садржај.", "utf-8")
        remote = f"{self.remote}/touched/акт.txt"
        self.rclone("copyto", source, remote)
        before = self.stat(remote)
        os.utime(source, ns=(OTHER_TIME_NS, OTHER_TIME_NS))
        self.rclone("copyto", source, remote)
        after = self.stat(remote)
        expect(after["ModTime"].startswith("2020-02-02T"), f"time is {after['ModTime']}")
        expect(before["ModTime"] != after["ModTime"], "the time did not change")
        expect_equal(self.rclone("cat", remote), "Исти садржај.", "content")
        source.write_text("Нов садржај.", "utf-8")
        self.rclone("copyto", source, remote)
        expect_equal(self.rclone("cat", remote), "Нов садржај.", "replaced content")

    def stat(self, remote):
        """What rclone knows of one object."""
        return json.loads(self.rclone("lsjson", "--stat", remote))

    def server_side(self):
        """Copies that do not travel through the client; the source goes, the copy stays."""
        first, second = f"{self.remote}/large.bin", f"{self.remote}/архива/large copy.bin"
        parts = ["--s3-copy-cutoff", "5M", "--s3-chunk-size", "5M"]
        self.rclone("copyto", *parts, first, second)
        self.rclone("deletefile", first)
        moved = f"{self.remote}/moved.bin"
        self.rclone("moveto", second, moved)
        back = self.target.fresh_folder("rclone-copied") / "moved.bin"
        self.rclone("copyto", moved, back)
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def pages_and_range(self):
        """The names of many pages, and the middle of a file."""
        listing = self.rclone("lsf", "-R", "--files-only", "--s3-list-chunk", "7", self.remote)
        names = [name for name in listing.splitlines() if name.startswith("tree/")]
        wanted = [f"tree/{name}" for name in relative_files(self.corpus.tree)]
        expect_equal(sorted(names), sorted(wanted), "listed names")
        middle = ["--offset", "7", "--count", "14"]
        piece = self.rclone("cat", *middle, f"{self.remote}/touched/акт.txt")
        expect_equal(piece, "садржај", "bytes 7 to 20")
