"""Access control lists and object ownership with boto3, `aws s3api` and s3cmd, and what anonymous
readers get."""

import json
import ssl
import urllib.error
import urllib.request

import client_aws
from client_boto3 import refused
from client_s3cmd import S3cmd
from harness import Failed, expect, expect_equal, run

OPEN = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}
EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"


def life_cycle(report, target, corpus, foreign_target):
    """Lists where they count, and where they do not."""
    Acl(target, corpus, foreign_target).life_cycle(report)


class Acl:
    """One run of the three clients."""

    def __init__(self, target, corpus, foreign_target):
        self.target = target
        self.corpus = corpus
        self.bucket = f"acl-{target.scheme}"
        self.enforced = f"acl-enforced-{target.scheme}"
        self.name = f"acl {target.scheme}"
        self.s3 = target.boto3_client()
        self.foreign = foreign_target.boto3_client()
        self.foreign_id = self.foreign.list_buckets()["Owner"]["ID"]
        self.own_id = self.s3.list_buckets()["Owner"]["ID"]
        self.s3cmd = S3cmd(target, corpus).s3cmd

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = [
            ("boto3: a bucket where lists count", self.ownership),
            ("boto3: put_object_acl and anonymous reading", self.canned),
            ("boto3: ExtraArgs ACL and grants of upload_file", self.transfer),
            ("boto3: another account writes, owns and shares", self.other_writer),
            ("aws s3api: put-object-acl, put-bucket-acl", self.command_line),
            ("aws s3api: ownership controls", self.controls),
            ("s3cmd: setacl --acl-public, --acl-private, --acl-grant", self.s3cmd_lists),
            ("all: refused where the bucket's owner owns everything", self.where_enforced),
            ("boto3: everything is deleted", self.clean_up),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def read(self, key):
        """The status of an anonymous GET."""
        context = ssl.create_default_context(cafile=self.target.ca_file)
        url = f"{self.target.endpoint}/{self.bucket}/{key}"
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        try:
            with urllib.request.build_opener(*handlers).open(url) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def grants(self, key):
        """Grantees and permissions of an object."""
        told = self.s3.get_object_acl(Bucket=self.bucket, Key=key)
        return [
            (grant["Grantee"].get("URI") or grant["Grantee"]["ID"], grant["Permission"])
            for grant in told["Grants"]
        ]

    def ownership(self):
        """Created with ObjectWriter, public access not blocked."""
        self.s3.create_bucket(Bucket=self.bucket, ObjectOwnership="ObjectWriter")
        self.s3.create_bucket(Bucket=self.enforced)
        for bucket in [self.bucket, self.enforced]:
            self.s3.put_public_access_block(
                Bucket=bucket, PublicAccessBlockConfiguration=OPEN
            )
        told = self.s3.get_bucket_ownership_controls(Bucket=self.bucket)
        expect_equal(
            told["OwnershipControls"]["Rules"], [{"ObjectOwnership": "ObjectWriter"}], "rules"
        )

    def canned(self):
        """Private, public and private again."""
        self.s3.put_object(Bucket=self.bucket, Key="a", Body=b"a")
        expect_equal(self.read("a"), 403, "private")
        self.s3.put_object_acl(Bucket=self.bucket, Key="a", ACL="public-read")
        expect_equal(self.read("a"), 200, "public")
        full = (self.own_id, "FULL_CONTROL")
        expect_equal(self.grants("a"), [(EVERYBODY, "READ"), full], "grants")
        policy = self.s3.get_object_acl(Bucket=self.bucket, Key="a")
        policy = {name: policy[name] for name in ["Owner", "Grants"]}
        policy["Grants"] = policy["Grants"][1:]
        self.s3.put_object_acl(Bucket=self.bucket, Key="a", AccessControlPolicy=policy)
        expect_equal(self.grants("a"), [full], "grants")
        expect_equal(self.read("a"), 403, "private again")

    def transfer(self):
        """A file in parts with a list, one with grants, and a copy."""
        acl = {"ACL": "public-read"}
        self.s3.upload_file(str(self.corpus.large), self.bucket, "large", ExtraArgs=acl)
        expect_equal(self.read("large"), 200, "public")
        grant = {"GrantRead": f'id="{self.foreign_id}"'}
        source = {"Bucket": self.bucket, "Key": "a"}
        self.s3.copy(source, self.bucket, "granted", ExtraArgs=grant)
        expect_equal(self.grants("granted"), [(self.foreign_id, "READ")], "grants")
        body = self.foreign.get_object(Bucket=self.bucket, Key="granted")["Body"].read()
        expect_equal(body, b"a", "body")
        with refused("AccessDenied", 403):
            self.foreign.get_object(Bucket=self.bucket, Key="a")

    def other_writer(self):
        """A grantee of the bucket writes; the bucket's owner reads what it is granted."""
        self.s3.put_bucket_acl(
            Bucket=self.bucket,
            GrantWrite=f'id="{self.foreign_id}"',
            GrantFullControl=f'id="{self.own_id}"',
        )
        self.foreign.put_object(Bucket=self.bucket, Key="theirs", Body=b"theirs")
        with refused("AccessDenied", 403):
            self.s3.get_object(Bucket=self.bucket, Key="theirs")
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix="theirs", FetchOwner=True)
        expect_equal(listed["Contents"][0]["Owner"]["ID"], self.foreign_id, "owner")
        self.foreign.put_object_acl(
            Bucket=self.bucket, Key="theirs", ACL="bucket-owner-full-control"
        )
        body = self.s3.get_object(Bucket=self.bucket, Key="theirs")["Body"].read()
        expect_equal(body, b"theirs", "body")
        self.s3.put_bucket_acl(Bucket=self.bucket, ACL="private")
        with refused("AccessDenied", 403):
            self.foreign.put_object(Bucket=self.bucket, Key="theirs", Body=b"again")

    def aws(self, *words, check=True):
        """`aws s3api` of version 1 with our endpoint."""
        command = [client_aws.VERSION_1, "--endpoint-url", self.target.endpoint, "s3api"]
        return run([*command, *words], self.target.environment(), check=check)

    def aws_refused(self, code, *words):
        """The command has to fail with this S3 error: a success prints nothing, either."""
        try:
            self.aws(*words)
        except Failed as failed:
            expect(f"({code})" in str(failed), f"{words[0]} failed otherwise: {failed}")
        else:
            expect(False, f"{words[0]} was done instead of {code}")

    def command_line(self):
        """By name, by grant, and told."""
        named = ["--bucket", self.bucket, "--key", "a"]
        self.aws("put-object-acl", *named, "--acl", "public-read")
        expect_equal(self.read("a"), 200, "public")
        self.aws("put-object-acl", *named, "--grant-read", f"id={self.foreign_id}")
        expect_equal(self.read("a"), 403, "not public")
        told = json.loads(self.aws("get-object-acl", *named))
        expect_equal(told["Grants"][0]["Grantee"]["ID"], self.foreign_id, "grantee")
        self.aws("put-object-acl", *named, "--acl", "private")
        self.aws("put-bucket-acl", "--bucket", self.bucket, "--acl", "public-read")
        told = json.loads(self.aws("get-bucket-acl", "--bucket", self.bucket))
        expect_equal(told["Grants"][0]["Grantee"]["URI"], EVERYBODY, "grantee")
        listed = self.foreign.list_objects_v2(Bucket=self.bucket)
        expect("a" in [entry["Key"] for entry in listed["Contents"]], "it is not listed")

    def controls(self):
        """Enforced only without a list that counts; taken away; set again."""
        named = ["--bucket", self.bucket]
        enforced = "Rules=[{ObjectOwnership=BucketOwnerEnforced}]"
        put = ["put-bucket-ownership-controls", *named, "--ownership-controls"]
        with refused("InvalidBucketAclWithObjectOwnership", 400):
            self.s3.put_bucket_ownership_controls(
                Bucket=self.bucket,
                OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            )
        self.aws("put-bucket-acl", *named, "--acl", "private")
        self.aws(*put, enforced)
        body = self.s3.get_object(Bucket=self.bucket, Key="theirs")["Body"].read()
        expect_equal(body, b"theirs", "body")
        expect_equal(self.read("large"), 403, "a list that does not count")
        self.aws("delete-bucket-ownership-controls", *named)
        with refused("OwnershipControlsNotFoundError", 404):
            self.s3.get_bucket_ownership_controls(Bucket=self.bucket)
        expect_equal(self.read("large"), 200, "a list that counts again")
        self.aws(*put, "Rules=[{ObjectOwnership=BucketOwnerPreferred}]")
        told = json.loads(self.aws("get-bucket-ownership-controls", *named))
        rule = told["OwnershipControls"]["Rules"][0]["ObjectOwnership"]
        expect_equal(rule, "BucketOwnerPreferred", "rule")

    def s3cmd_lists(self):
        """It reads the list, changes it and puts it back."""
        url = f"s3://{self.bucket}/a"
        self.s3cmd("setacl", "--acl-public", url)
        expect_equal(self.read("a"), 200, "public")
        self.s3cmd("setacl", f"--acl-grant=read:{self.foreign_id}", url)
        expect((self.foreign_id, "READ") in self.grants("a"), "it is not granted")
        expect_equal(self.read("a"), 200, "still public")
        self.s3cmd("setacl", "--acl-private", url)
        expect_equal(self.read("a"), 403, "private")
        self.s3cmd("setacl", f"--acl-grant=read:{self.foreign_id}", url)
        self.foreign.get_object(Bucket=self.bucket, Key="a")
        self.s3cmd("setacl", f"--acl-revoke=read:{self.foreign_id}", url)
        with refused("AccessDenied", 403):
            self.foreign.get_object(Bucket=self.bucket, Key="a")
        self.s3cmd("put", "--acl-public", self.corpus.large, f"s3://{self.bucket}/s3cmd")
        expect_equal(self.read("s3cmd"), 200, "put as public")
        self.s3cmd("cp", f"s3://{self.bucket}/s3cmd", f"s3://{self.bucket}/s3cmd-copy")

    def where_enforced(self):
        """Every way to ask for a list is refused, and nothing comes of it."""
        named = {"Bucket": self.enforced, "Key": "a"}
        code, public = "AccessControlListNotSupported", ["--acl", "public-read"]
        self.s3.put_object(**named, Body=b"a")
        with refused(code, 400):
            self.s3.put_object_acl(**named, ACL="public-read")
        with refused(code, 400):
            self.s3.put_object(**named, Body=b"b", ACL="public-read")
        with refused(code, 400):
            self.s3.put_bucket_acl(Bucket=self.enforced, ACL="public-read")
        self.aws_refused(code, "put-object-acl", "--bucket", self.enforced, "--key", "a", *public)
        self.aws_refused(code, "put-bucket-acl", "--bucket", self.enforced, *public)
        told = self.s3.get_object_acl(**named)
        expect_equal([grant["Permission"] for grant in told["Grants"]], ["FULL_CONTROL"], "grants")
        expect_equal(self.s3.get_object(**named)["Body"].read(), b"a", "body")

    def clean_up(self):
        """Also what another account owns."""
        for bucket in [self.bucket, self.enforced]:
            for entry in self.s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                self.s3.delete_object(Bucket=bucket, Key=entry["Key"])
            self.s3.delete_bucket(Bucket=bucket)
