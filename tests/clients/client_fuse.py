"""s3fs-fuse: a bucket as a folder of the machine, by the kernel's own calls.

It needs /dev/fuse and the right to mount; where they are missing, the run says so.
"""

import os
import shutil
import time

from harness import MIB, Failed, expect, expect_equal, expect_same_file, run, say

MOUNT_SECONDS = 30


def life_cycle(report, target, corpus):
    """Mounted, written, read, renamed, removed, unmounted."""
    if os.geteuid() != 0 or not os.path.exists("/dev/fuse"):
        say(f"left out: s3fs-fuse {target.scheme}: no /dev/fuse here, or not root")
        return
    Fuse(target, corpus).life_cycle(report)


class Fuse:
    """One mounted bucket."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.bucket = "fuse"
        self.name = f"s3fs-fuse {target.scheme}"
        self.s3 = target.boto3_client()
        self.root = target.fresh_folder("fuse")
        extra = {"CURL_CA_BUNDLE": target.ca_file} if target.ca_file else {}
        self.environment = target.environment(**extra)

    def life_cycle(self, report):
        """s3fs makes no buckets, hence boto3 before and after."""
        self.s3.create_bucket(Bucket=self.bucket)
        try:
            with report.check(f"{self.name}: mount"):
                self.mount()
            checks = [
                ("small files in folders", self.small_files),
                ("the large file in parts, back and from its middle", self.large_file),
                ("rename of files and folders, by copies on the server", self.rename),
                ("remove everything", self.remove),
            ]
            for name, check in checks:
                with report.check(f"{self.name}: {name}"):
                    # Without the mount these would pass on the disk.
                    expect(os.path.ismount(self.root), "nothing is mounted")
                    check()
        finally:
            with report.check(f"{self.name}: unmount, remove the bucket"):
                run(["umount", self.root], self.environment)
                self.s3.delete_bucket(Bucket=self.bucket)

    def mount(self):
        """In the background, as `mount` leaves it; credentials come from AWS's variables."""
        options = ["-o", f"url={self.target.endpoint}", "-o", "use_path_request_style"]
        run(["s3fs", self.bucket, self.root, *options], self.environment)
        started = time.monotonic()
        while not os.path.ismount(self.root):
            if time.monotonic() - started > MOUNT_SECONDS:
                raise Failed("nothing was mounted")
            time.sleep(0.05)

    def small_files(self):
        """Names, sizes and permissions, which are metadata of the object."""
        folder = self.root / "предмети" / "2026"
        folder.mkdir(parents=True)
        for size in [0, 1, 65537]:
            (folder / f"акт {size} + (1).bin").write_bytes(b"x" * size)
        names = sorted(os.listdir(folder))
        expect_equal(names, [f"акт {size} + (1).bin" for size in [0, 1, 65537]], "names")
        path = folder / names[2]
        path.chmod(0o640)
        expect_equal((path.stat().st_size, path.stat().st_mode & 0o777), (65537, 0o640), "stat")
        with path.open("ab") as file:
            file.write(b"more")
        expect_equal(path.read_bytes(), b"x" * 65537 + b"more", "content after an append")

    def large_file(self):
        """A seek is a ranged read."""
        shutil.copyfile(self.corpus.large, self.root / "large.bin")
        with (self.root / "large.bin").open("rb") as file, self.corpus.large.open("rb") as wanted:
            for position in [17 * MIB + 3, 5 * MIB - 10]:
                file.seek(position)
                wanted.seek(position)
                expect(file.read(100_000) == wanted.read(100_000), "a range differs")
        expect_same_file(self.root / "large.bin", self.corpus.large)

    def rename(self):
        """A folder's files are copied one by one, a large file in parts."""
        (self.root / "large.bin").rename(self.root / "moved.bin")
        expect_same_file(self.root / "moved.bin", self.corpus.large)
        (self.root / "предмети").rename(self.root / "архива")
        expect_equal(sorted(os.listdir(self.root)), ["moved.bin", "архива"], "names")
        expect_equal(len(os.listdir(self.root / "архива" / "2026")), 3, "moved files")

    def remove(self):
        """The bucket itself says that nothing is left."""
        shutil.rmtree(self.root / "архива")
        (self.root / "moved.bin").unlink()
        expect_equal(os.listdir(self.root), [], "names")
        listed = self.s3.list_objects_v2(Bucket=self.bucket)
        expect_equal(listed["KeyCount"], 0, "objects left")
