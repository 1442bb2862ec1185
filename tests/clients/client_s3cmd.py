"""s3cmd: 100-continue, MD5 against the ETag, names with spaces and Cyrillic."""

from harness import MIB, expect, expect_equal, expect_same_file, expect_same_tree, run


def life_cycle(report, target, corpus):
    """Put, listed, read, copied and deleted."""
    S3cmd(target, corpus).life_cycle(report)


class S3cmd:
    """One run of s3cmd, configured as `s3cmd --configure` leaves it."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.bucket = "s3://s3cmd"
        self.name = f"s3cmd {target.scheme}"
        self.environment = target.environment()
        self.config = target.home / ".s3cfg"
        self.config.write_text(
            "[default]\n"
            f"access_key = {target.access_key_id}\n"
            f"secret_key = {target.secret_access_key}\n"
            f"host_base = {target.host}\n"
            f"host_bucket = {target.host}\n"
            f"use_https = {target.scheme == 'https'}\n"
            f"ca_certs_file = {target.ca_file or ''}\n"
        )

    def s3cmd(self, *words):
        """`s3cmd` with our configuration."""
        return run(["s3cmd", "--config", self.config, *words], self.environment)

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        with report.check(f"{self.name}: mb and ls"):
            self.s3cmd("mb", self.bucket)
            expect(self.bucket in self.s3cmd("ls"), "the bucket is not listed")
        with report.check(f"{self.name}: put, ls, get, del of awkward names"):
            self.awkward_names()
        with report.check(f"{self.name}: put in parts and get"):
            back = self.target.fresh_folder("s3cmd-large") / "large.bin"
            sizes = ["--multipart-chunk-size-mb", "5"]
            self.s3cmd("put", *sizes, self.corpus.large, f"{self.bucket}/large.bin")
            self.s3cmd("get", f"{self.bucket}/large.bin", back)
            expect_same_file(back, self.corpus.large)
            back.unlink()
        with report.check(f"{self.name}: get --continue reads the rest only"):
            back.write_bytes(self.corpus.large.read_bytes()[: 6 * MIB + 1])
            self.s3cmd("get", "--continue", f"{self.bucket}/large.bin", back)
            expect_same_file(back, self.corpus.large)
            back.unlink()
        with report.check(f"{self.name}: info, cp, mv"):
            self.server_side()
        with report.check(f"{self.name}: sync up and down"):
            self.sync()
        with report.check(f"{self.name}: del --recursive and rb"):
            self.s3cmd("del", "--recursive", "--force", self.bucket)
            expect_equal(self.s3cmd("ls", "--recursive", self.bucket), "", "listing")
            self.s3cmd("rb", self.bucket)

    def awkward_names(self):
        """Each file by itself: up, listed, down, away."""
        folder = self.corpus.tree / "awkward"
        back = self.target.fresh_folder("s3cmd-names") / "back"
        for source in sorted(path for path in folder.iterdir() if path.stat().st_size < 2000):
            if not source.is_file():
                continue
            remote = f"{self.bucket}/имена/{source.name}"
            self.s3cmd("put", source, remote)
            listing = self.s3cmd("ls", f"{self.bucket}/имена/")
            expect(remote in listing, f"{source.name} is not listed")
            self.s3cmd("get", "--force", remote, back)
            expect_same_file(back, source)
            self.s3cmd("del", remote)
        expect_equal(self.s3cmd("ls", f"{self.bucket}/имена/"), "", "listing after del")

    def server_side(self):
        """What the server knows, and copies that it makes."""
        source = self.corpus.tree / "awkward" / "size-65537.bin"
        first, second = f"{self.bucket}/one file.bin", f"{self.bucket}/два/copy.bin"
        self.s3cmd("put", "--mime-type=application/x-case-file", source, first)
        info = self.s3cmd("info", first)
        expect("65537" in info and "application/x-case-file" in info, info)
        self.s3cmd("cp", first, second)
        self.s3cmd("mv", second, f"{self.bucket}/moved.bin")
        back = self.target.fresh_folder("s3cmd-moved") / "moved.bin"
        self.s3cmd("get", f"{self.bucket}/moved.bin", back)
        expect_same_file(back, source)

    def sync(self):
        """A small folder, up and down, and nothing to do the second time."""
        folder = self.corpus.tree / "awkward"
        self.s3cmd("sync", f"{folder}/", f"{self.bucket}/sync/")
        expect_equal(self.s3cmd("sync", f"{folder}/", f"{self.bucket}/sync/"), "", "second sync")
        back = self.target.fresh_folder("s3cmd-sync")
        self.s3cmd("sync", f"{self.bucket}/sync/", f"{back}/")
        expect_same_tree(back, folder)
