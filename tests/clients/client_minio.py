"""minio-py: asks for the bucket's location first, streams bodies of unknown length."""

import io
import os

import urllib3
from harness import MIB, expect, expect_equal, expect_same_file
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteObject
from minio.error import S3Error


def life_cycle(report, target, corpus):
    """Put, listed, read, copied and removed."""
    MinioPy(target, corpus).life_cycle(report)


class MinioPy:
    """One run of minio-py."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.bucket = "minio-py"
        self.name = f"minio-py {target.scheme}"
        self.client = Minio(
            endpoint=target.host,
            access_key=target.access_key_id,
            secret_key=target.secret_access_key,
            secure=target.scheme == "https",
            http_client=urllib3.PoolManager(ca_certs=target.ca_file),
        )

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = [
            ("make_bucket, bucket_exists, list_buckets", self.buckets),
            ("fput_object and fget_object in parts", self.files),
            ("put_object of unknown length, ranges", self.streams),
            ("stat_object and metadata", self.metadata),
            ("list_objects, copy_object", self.list_and_copy),
            ("presigned_get_object", self.presigned),
            ("remove_objects, remove_bucket", self.remove),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def buckets(self):
        """A bucket and what is said of it."""
        expect(not self.client.bucket_exists(bucket_name=self.bucket), "the bucket is there")
        self.client.make_bucket(bucket_name=self.bucket)
        expect(self.client.bucket_exists(bucket_name=self.bucket), "the bucket is not there")
        names = [bucket.name for bucket in self.client.list_buckets()]
        expect(self.bucket in names, "the bucket is not listed")

    def files(self):
        """A file in parts of 5 MiB."""
        back = self.target.fresh_folder("minio-large") / "large.bin"
        place = {"bucket_name": self.bucket, "object_name": "large.bin"}
        self.client.fput_object(file_path=str(self.corpus.large), part_size=5 * MIB, **place)
        self.client.fget_object(file_path=str(back), **place)
        expect_same_file(back, self.corpus.large)
        back.unlink()

    def read(self, name, **options):
        """The whole body of an object."""
        answer = self.client.get_object(bucket_name=self.bucket, object_name=name, **options)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def streams(self):
        """The client does not know the length before the end."""
        content = os.urandom(11 * MIB)
        self.client.put_object(
            bucket_name=self.bucket,
            object_name="ток/stream.bin",
            data=io.BytesIO(content),
            length=-1,
            part_size=5 * MIB,
        )
        expect(self.read("ток/stream.bin") == content, "other bytes came back")
        middle = self.read("ток/stream.bin", offset=5 * MIB - 10, length=20)
        expect(middle == content[5 * MIB - 10 : 5 * MIB + 10], "a range differs")

    def metadata(self):
        """User metadata and content type."""
        self.client.put_object(
            bucket_name=self.bucket,
            object_name="metadata.txt",
            data=io.BytesIO(b"content"),
            length=7,
            content_type="text/plain; charset=utf-8",
            metadata={"department": "urbanizam"},
        )
        stat = self.client.stat_object(bucket_name=self.bucket, object_name="metadata.txt")
        expect_equal(stat.size, 7, "size")
        expect_equal(stat.content_type, "text/plain; charset=utf-8", "content type")
        expect_equal(stat.metadata.get("x-amz-meta-department"), "urbanizam", "metadata")

    def names(self, **options):
        """Listed names."""
        return [
            row.object_name for row in self.client.list_objects(bucket_name=self.bucket, **options)
        ]

    def list_and_copy(self):
        """Folders are common prefixes."""
        self.client.copy_object(
            bucket_name=self.bucket,
            object_name="copies/metadata.txt",
            source=CopySource(bucket_name=self.bucket, object_name="metadata.txt"),
        )
        expect_equal(self.read("copies/metadata.txt"), b"content", "content of the copy")
        names = sorted(self.names())
        expect_equal(names, ["copies/", "large.bin", "metadata.txt", "ток/"], "top level")
        expect_equal(len(self.names(recursive=True)), 4, "all names")

    def presigned(self):
        """A URL in place of credentials."""
        url = self.client.presigned_get_object(bucket_name=self.bucket, object_name="metadata.txt")
        pool = urllib3.PoolManager(ca_certs=self.target.ca_file)
        answer = pool.request("GET", url)
        expect_equal((answer.status, answer.data), (200, b"content"), "GET")

    def remove(self):
        """Many at once, then the bucket."""
        doomed = [DeleteObject(name) for name in self.names(recursive=True)]
        errors = list(
            self.client.remove_objects(bucket_name=self.bucket, delete_object_list=doomed)
        )
        expect_equal(errors, [], "errors")
        try:
            self.client.stat_object(bucket_name=self.bucket, object_name="large.bin")
        except S3Error as error:
            expect_equal(error.code, "NoSuchKey", "code")
        else:
            expect(False, "a removed object is there")
        self.client.remove_bucket(bucket_name=self.bucket)
