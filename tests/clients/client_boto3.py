"""boto3, as programs use it: transfers, every checksum algorithm, conditions, paging, errors."""

import contextlib
import copy
import hashlib
import os
import ssl
import urllib.error
import urllib.request

from botocore.exceptions import ClientError
from harness import MIB, expect, expect_equal, expect_same_file

ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
DISPOSITION = "attachment; filename*=UTF-8''%D0%9E%D0%B4%D0%BB%D1%83%D0%BA%D0%B0.pdf"


def life_cycle(report, target, corpus, foreign_target):
    """Everything the library's users rely on. `foreign_target` is another tenant's."""
    Boto3(target, corpus, foreign_target).life_cycle(report)


@contextlib.contextmanager
def refused(code, status):
    """The body has to fail with this S3 error."""
    try:
        yield
    except ClientError as error:
        answered = error.response["ResponseMetadata"]["HTTPStatusCode"]
        expect_equal((error.response["Error"]["Code"], answered), (code, status), "refusal")
    else:
        expect(False, f"answered a success instead of {status} {code}")


class Boto3:
    """One run of boto3."""

    def __init__(self, target, corpus, foreign_target):
        self.target = target
        self.corpus = corpus
        self.foreign_target = foreign_target
        self.bucket = "boto3"
        self.name = f"boto3 {target.scheme}"
        self.s3 = target.boto3_client()

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = [
            ("buckets: create, head, location, list", self.buckets),
            ("upload_file and download_file of the large file", self.transfer),
            ("upload_file in parts with each checksum algorithm", self.transfer_checksums),
            ("put_object with each checksum algorithm", self.put_checksums),
            ("a wrong checksum or MD5 stores nothing", self.wrong_checksums),
            ("metadata and content headers", self.metadata),
            ("conditional writes", self.conditional_writes),
            ("conditional reads", self.conditional_reads),
            ("ranges", self.ranges),
            ("multipart: list, unequal parts, complete, abort", self.multipart),
            ("list paging, v1 and v2, prefix and delimiter", self.paging),
            ("copy_object", self.copy),
            ("copy of the large file in parts", self.copy_in_parts),
            ("delete_objects", self.delete_objects),
            ("presigned PUT and GET", self.presigned),
            ("errors are S3's", self.errors),
            ("wrong credentials and another tenant", self.strangers),
            ("delete everything and the bucket", self.clean_up),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def put(self, object_key, body=b"content", **options):
        """put_object into our bucket."""
        return self.s3.put_object(Bucket=self.bucket, Key=object_key, Body=body, **options)

    def get(self, object_key, **options):
        """The whole body of an object."""
        answer = self.s3.get_object(Bucket=self.bucket, Key=object_key, **options)
        return answer["Body"].read()

    def head(self, object_key, **options):
        """head_object in our bucket."""
        return self.s3.head_object(Bucket=self.bucket, Key=object_key, **options)

    def buckets(self):
        """A bucket and what is said of it."""
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.head_bucket(Bucket=self.bucket)
        location = self.s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"]
        expect_equal(location, None, "location of a bucket in us-east-1")
        names = [row["Name"] for row in self.s3.list_buckets()["Buckets"]]
        expect(self.bucket in names, "the bucket is not listed")

    def transfer(self):
        """The transfer manager with its defaults: parts of 8 MiB, CRC32 trailers over TLS."""
        back = self.target.fresh_folder("boto3-large") / "large.bin"
        self.s3.upload_file(str(self.corpus.large), self.bucket, "large.bin")
        self.s3.download_file(self.bucket, "large.bin", str(back))
        expect_same_file(back, self.corpus.large)
        back.unlink()
        etag = self.head("large.bin")["ETag"].strip('"')
        parts = -(-self.corpus.large.stat().st_size // (8 * MIB))
        expect(etag.endswith(f"-{parts}"), f"ETag of {parts} parts is {etag}")

    def transfer_checksums(self):
        """Three parts, with the checksum of each algorithm in the trailer of each part."""
        source = self.target.fresh_folder("boto3-parts") / "parts.bin"
        content = os.urandom(17 * MIB)
        source.write_bytes(content)
        for algorithm in ALGORITHMS:
            extra = {"ChecksumAlgorithm": algorithm}
            self.s3.upload_file(str(source), self.bucket, "parts.bin", ExtraArgs=extra)
            answer = self.s3.get_object(Bucket=self.bucket, Key="parts.bin", ChecksumMode="ENABLED")
            expect(f"Checksum{algorithm}" in answer, f"{algorithm} was not kept")
            expect(answer["Body"].read() == content, f"{algorithm}: other bytes came back")

    def put_checksums(self):
        """The library computes it, the server keeps it, the library verifies it on the way back."""
        content = os.urandom(300_001)
        for algorithm in ALGORITHMS:
            put = self.put(f"sum/{algorithm}", content, ChecksumAlgorithm=algorithm)
            answer = self.s3.get_object(
                Bucket=self.bucket, Key=f"sum/{algorithm}", ChecksumMode="ENABLED"
            )
            field = f"Checksum{algorithm}"
            expect_equal(answer.get(field), put[field], field)
            expect(answer["Body"].read() == content, f"{algorithm}: other bytes came back")
            expect_equal(put["ETag"].strip('"'), hashlib.md5(content).hexdigest(), "ETag")

    def wrong_checksums(self):
        """Damage on the way is noticed before anything is visible."""
        wrong_sha256 = "A" * 43 + "="
        with refused("BadDigest", 400):
            self.put("wrong", ChecksumSHA256=wrong_sha256)
        with refused("BadDigest", 400):
            self.put("wrong", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==")
        with refused("InvalidDigest", 400):
            self.put("wrong", ContentMD5="not base64")
        with refused("404", 404):
            self.head("wrong")

    def metadata(self):
        """What a program says of an object comes back as it said it."""
        headers = {
            "ContentType": "text/plain; charset=utf-8",
            "ContentDisposition": DISPOSITION,
            "ContentLanguage": "sr-Cyrl, sr-Latn",
            "ContentEncoding": "gzip",
            "CacheControl": "private, max-age=60",
        }
        own = {"department": "urbanizam", "title": "=?UTF-8?Q?=D0=9E?=", "empty": ""}
        self.put("metadata", Metadata=own, **headers)
        for answer in [
            self.head("metadata"),
            self.s3.get_object(Bucket=self.bucket, Key="metadata"),
        ]:
            for field, value in headers.items():
                expect_equal(answer.get(field), value, field)
            expect_equal(answer["Metadata"], own, "metadata")
        with refused("MetadataTooLarge", 400):
            self.put("metadata-large", Metadata={"large": "x" * 3000})

    def conditional_writes(self):
        """Create once, replace only what was seen."""
        first = self.put("condition", b"first", IfNoneMatch="*")["ETag"]
        with refused("PreconditionFailed", 412):
            self.put("condition", b"second", IfNoneMatch="*")
        expect_equal(self.get("condition"), b"first", "content after a refused write")
        self.put("condition", b"second", IfMatch=first)
        with refused("PreconditionFailed", 412):
            self.put("condition", b"third", IfMatch=first)
        expect_equal(self.get("condition"), b"second", "content after a refused replacement")
        with refused("NoSuchKey", 404):
            self.put("condition-absent", b"x", IfMatch=first)

    def conditional_reads(self):
        """If-Match, If-None-Match and the dates."""
        etag = self.put("read", b"read")["ETag"]
        expect_equal(self.get("read", IfMatch=etag), b"read", "content")
        with refused("PreconditionFailed", 412):
            self.get("read", IfMatch='"00000000000000000000000000000000"')
        with refused("304", 304):
            self.get("read", IfNoneMatch=etag)
        modified = self.head("read")["LastModified"]
        with refused("304", 304):
            self.get("read", IfModifiedSince=modified)
        expect_equal(self.get("read", IfUnmodifiedSince=modified), b"read", "content")

    def ranges(self):
        """The borders of segments, pieces and parts."""
        content = os.urandom(600_000)
        self.put("range", content)
        cases = [
            (0, 0),
            (65535, 65536),
            (0, 65535),
            (262143, 262144),
            (599_999, 599_999),
            (1, 599_998),
        ]
        for first, last in cases:
            body = self.get("range", Range=f"bytes={first}-{last}")
            expect(body == content[first : last + 1], f"bytes {first}-{last} came back different")
        expect(self.get("range", Range="bytes=-70000") == content[-70000:], "a suffix differs")
        expect(self.get("range", Range="bytes=70000-") == content[70000:], "an open range differs")
        expect(self.get("range", Range="bytes=5-9999999") == content[5:], "a long range differs")
        with refused("InvalidRange", 416):
            self.get("range", Range="bytes=600000-")
        with self.corpus.large.open("rb") as large:
            large.seek(8 * MIB - 100)
            wanted = large.read(200)
        body = self.get("large.bin", Range=f"bytes={8 * MIB - 100}-{8 * MIB + 99}")
        expect(body == wanted, "a range over two parts differs")

    def multipart(self):
        """By hand, with parts of unequal size out of order, one of them sent twice."""
        bodies = {2: os.urandom(6 * MIB), 1: os.urandom(5 * MIB + 1), 5: b"end"}
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="by hand")["UploadId"]
        place = {"Bucket": self.bucket, "Key": "by hand", "UploadId": upload}
        self.s3.upload_part(PartNumber=2, Body=b"replaced by the next one", **place)
        etags = {}
        for number, body in bodies.items():
            etags[number] = self.s3.upload_part(PartNumber=number, Body=body, **place)["ETag"]
        listed = [row["PartNumber"] for row in self.s3.list_parts(**place)["Parts"]]
        expect_equal(listed, [1, 2, 5], "listed parts")
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        expect_equal([row["Key"] for row in uploads], ["by hand"], "listed uploads")
        parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
        with refused("InvalidPartOrder", 400):
            self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts[::-1]}, **place)
        done = self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **place)
        expect(done["ETag"].strip('"').endswith("-3"), f"ETag is {done['ETag']}")
        wanted = b"".join(bodies[number] for number in sorted(bodies))
        expect(self.get("by hand") == wanted, "other bytes came back")
        upload = self.s3.create_multipart_upload(Bucket=self.bucket, Key="aborted")["UploadId"]
        place = {"Bucket": self.bucket, "Key": "aborted", "UploadId": upload}
        self.s3.upload_part(PartNumber=1, Body=b"x", **place)
        self.s3.abort_multipart_upload(**place)
        with refused("NoSuchUpload", 404):
            self.s3.upload_part(PartNumber=2, Body=b"x", **place)

    def paging(self):
        """Pages of seven over names that sort by bytes, not by letters."""
        names = [f"page/{number:02}" for number in range(20)]
        names += ["page/a/1", "page/a/2", "page/Ж/1", "page/ж", "page/z%2F+ &"]
        for name in names:
            self.put(name, b"")
        wanted = sorted(names, key=lambda name: name.encode())
        for operation in ["list_objects", "list_objects_v2"]:
            paginator = self.s3.get_paginator(operation)
            settings = {"PageSize": 7}
            pages = list(
                paginator.paginate(Bucket=self.bucket, Prefix="page/", PaginationConfig=settings)
            )
            found = [row["Key"] for page in pages for row in page.get("Contents", [])]
            expect_equal(found, wanted, f"{operation}: names")
            expect_equal(len(pages), 4, f"{operation}: pages")
            pages = list(
                paginator.paginate(
                    Bucket=self.bucket, Prefix="page/", Delimiter="/", PaginationConfig=settings
                )
            )
            prefixes = [row["Prefix"] for page in pages for row in page.get("CommonPrefixes", [])]
            expect_equal(prefixes, ["page/a/", "page/Ж/"], f"{operation}: common prefixes")
        page = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="page/", StartAfter="page/18")
        expect_equal(page["Contents"][0]["Key"], "page/19", "first name behind StartAfter")

    def copy(self):
        """Copies keep or replace the metadata; a copy onto itself has to change something."""
        self.put("copy source ћ", b"copied", Metadata={"kept": "yes"}, ContentType="text/x-a")
        source = {"Bucket": self.bucket, "Key": "copy source ћ"}
        self.s3.copy_object(Bucket=self.bucket, Key="copied", CopySource=source)
        expect_equal(self.get("copied"), b"copied", "content")
        expect_equal(self.head("copied")["Metadata"], {"kept": "yes"}, "metadata")
        replace = {"MetadataDirective": "REPLACE", "Metadata": {"new": "yes"}}
        self.s3.copy_object(Bucket=self.bucket, Key="copied", CopySource=source, **replace)
        expect_equal(self.head("copied")["Metadata"], {"new": "yes"}, "replaced metadata")
        with refused("InvalidRequest", 400):
            self.s3.copy_object(Bucket=self.bucket, CopySource=source, Key=source["Key"])
        with refused("NoSuchKey", 404):
            absent = {"Bucket": self.bucket, "Key": "absent"}
            self.s3.copy_object(Bucket=self.bucket, Key="copied", CopySource=absent)
        self.s3.delete_object(**source)
        expect_equal(self.get("copied"), b"copied", "copy of a deleted source")

    def copy_in_parts(self):
        """The transfer manager copies by UploadPartCopy over its threshold of 8 MiB."""
        source = {"Bucket": self.bucket, "Key": "large.bin"}
        self.s3.copy(source, self.bucket, "large copy.bin")
        back = self.target.fresh_folder("boto3-copied") / "large.bin"
        self.s3.download_file(self.bucket, "large copy.bin", str(back))
        expect_same_file(back, self.corpus.large)
        back.unlink()
        parts = self.s3.get_object_attributes(
            Bucket=self.bucket, Key="large copy.bin", ObjectAttributes=["ObjectParts"]
        )
        expect(parts["ObjectParts"]["TotalPartsCount"] > 1, "it was not copied in parts")

    def delete_objects(self):
        """Many at once; deleting what is not there is a success."""
        names = [row["Key"] for row in self.list_all("page/")] + ["never there"]
        request = {"Objects": [{"Key": name} for name in names]}
        answer = self.s3.delete_objects(Bucket=self.bucket, Delete=request)
        expect_equal(answer.get("Errors", []), [], "errors")
        expect_equal(sorted(row["Key"] for row in answer["Deleted"]), sorted(names), "deleted")
        expect_equal(self.list_all("page/"), [], "what is left")
        self.s3.delete_object(Bucket=self.bucket, Key="never there")

    def list_all(self, prefix):
        """All rows below a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [row for page in pages for row in page.get("Contents", [])]

    def presigned(self):
        """URLs in place of credentials.

        boto3 presigns by SigV2 in us-east-1 unless it is told otherwise; AWS has refused SigV2 for
        new buckets since 2020, and this server refuses it everywhere, with a text that says what to
        use.
        """
        place = {"Bucket": self.bucket, "Key": "presigned/документ.txt"}
        content = "Садржај.".encode()
        url = self.s3.generate_presigned_url("put_object", Params=place, ExpiresIn=60)
        if "AWSAccessKeyId=" in url:
            status, answer = self.fetch(url, "PUT", content)
            expect_equal(status, 400, "status of a SigV2 URL")
            expect(b"AWS4-HMAC-SHA256" in answer, "the answer does not say what to use")
        signer = self.target.boto3_client(signature_version="s3v4")
        url = signer.generate_presigned_url("put_object", Params=place, ExpiresIn=60)
        expect_equal(self.fetch(url, "PUT", content)[0], 200, "status of PUT")
        url = signer.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
        expect_equal(self.fetch(url, "GET"), (200, content), "GET")
        expect_equal(self.fetch(url, "PUT", b"x")[0], 403, "status of PUT on a URL for GET")
        expect_equal(self.fetch(url[:-1] + "_", "GET")[0], 403, "status of a changed signature")
        expect_equal(self.get(place["Key"]), content, "content afterwards")

    def fetch(self, url, method, body=None):
        """A plain HTTP request: (status, body)."""
        context = ssl.create_default_context(cafile=self.target.ca_file)
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        request = urllib.request.Request(url, data=body, method=method)
        request.add_unredirected_header("Content-Type", "")
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def errors(self):
        """Codes that programs decide on."""
        with refused("NoSuchKey", 404):
            self.get("absent")
        with refused("NoSuchBucket", 404):
            self.s3.list_objects_v2(Bucket="absent-bucket")
        with refused("BucketNotEmpty", 409):
            self.s3.delete_bucket(Bucket=self.bucket)
        with refused("NotImplemented", 501):
            self.s3.put_bucket_accelerate_configuration(
                Bucket=self.bucket, AccelerateConfiguration={"Status": "Enabled"}
            )

    def strangers(self):
        """Who is not the tenant gets nothing."""
        wrong = copy.copy(self.target)
        wrong.secret_access_key = "x" * 40
        with refused("SignatureDoesNotMatch", 403):
            wrong.boto3_client().list_buckets()
        wrong = copy.copy(self.target)
        wrong.access_key_id = "AKIAIOSFODNN7EXAMPLE"
        with refused("InvalidAccessKeyId", 403):
            wrong.boto3_client().list_buckets()
        foreign = self.foreign_target.boto3_client()
        expect_equal(foreign.list_buckets()["Buckets"], [], "buckets of another tenant")
        with refused("AccessDenied", 403):
            foreign.get_object(Bucket=self.bucket, Key="large.bin")
        with refused("AccessDenied", 403):
            foreign.put_object(Bucket=self.bucket, Key="intruder", Body=b"x")
        with refused("AccessDenied", 403):
            foreign.list_objects_v2(Bucket=self.bucket)
        with refused("BucketAlreadyExists", 409):
            foreign.create_bucket(Bucket=self.bucket)

    def clean_up(self):
        """Nothing keeps the bucket but objects."""
        for row in self.list_all(""):
            self.s3.delete_object(Bucket=self.bucket, Key=row["Key"])
        self.s3.delete_bucket(Bucket=self.bucket)
        with refused("404", 404):
            self.s3.head_bucket(Bucket=self.bucket)
