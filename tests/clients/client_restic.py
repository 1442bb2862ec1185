"""restic: a backup repository, which notices every wrong byte by itself."""

from harness import expect, expect_equal, expect_same_file, run


def life_cycle(report, target, corpus):
    """Two backups, read in full, restored, forgotten and pruned."""
    Restic(target, corpus).life_cycle(report)


class Restic:
    """One run of restic. It makes its bucket itself."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.name = f"restic {target.scheme}"
        self.environment = target.environment(
            RESTIC_REPOSITORY=f"s3:{target.endpoint}/restic/repository-{target.scheme}",
            RESTIC_PASSWORD="a password of the test",
            RESTIC_CACHE_DIR=str(target.folder / "restic-cache"),
        )

    def restic(self, *words, **options):
        """`restic` with our repository."""
        command = ["restic", *words]
        if self.target.ca_file:
            command += ["--cacert", self.target.ca_file]
        return run(command, self.environment, **options)

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        source = self.corpus.tree.parent
        extra = self.corpus.tree / "added-later.txt"
        with report.check(f"{self.name}: init and first backup"):
            self.restic("init")
            self.restic("backup", self.corpus.tree.name, self.corpus.large.name, cwd=source)
        with report.check(f"{self.name}: second backup"):
            extra.write_text("Додато касније.", "utf-8")
            try:
                self.restic("backup", self.corpus.tree.name, self.corpus.large.name, cwd=source)
            finally:
                extra.unlink()
        with report.check(f"{self.name}: check --read-data"):
            expect("no errors were found" in self.restic("check", "--read-data"), "errors found")
        with report.check(f"{self.name}: restore of the first, diff -r clean"):
            self.restore(source)
        with report.check(f"{self.name}: forget --prune, then check"):
            self.restic("forget", "--keep-last", "1", "--prune")
            snapshots = self.restic("snapshots", "--compact")
            expect("1 snapshots" in snapshots, snapshots)
            expect("no errors were found" in self.restic("check", "--read-data"), "errors found")

    def restore(self, source):
        """The older of the two snapshots equals what was there then."""
        lines = self.restic("list", "snapshots").split()
        expect_equal(len(lines), 2, "snapshots")
        oldest = self.restic("snapshots", "--compact").splitlines()[2].split()[0]
        folder = self.target.fresh_folder("restic-restored")
        self.restic("restore", oldest, "--target", folder)
        name = self.corpus.tree.name
        run(["diff", "-r", folder / name, source / name], self.environment)
        expect_same_file(folder / self.corpus.large.name, self.corpus.large)
