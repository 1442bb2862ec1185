"""`aws iam`, `aws sts` and bucket policies: an administrator makes a user that may only read, and
the user's own tools find that it can read and nothing else. A role lets it write for a while."""

import copy
import json
import sys
from pathlib import Path

from botocore.exceptions import ClientError
from harness import Failed, expect, expect_equal, expect_same_tree, run

AWS = Path(sys.executable).parent / "aws"
PUBLIC_BLOCKS = [
    "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets",
]  # fmt: skip


def life_cycle(report, target, corpus):
    """Users, groups, keys and policies, from creation to deletion."""
    Iam(target, corpus).life_cycle(report)


def policy(*statements):
    """A policy's text."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


class Iam:
    """One run of an administrator with the AWS command line."""

    def __init__(self, target, corpus):
        self.target = target
        self.corpus = corpus
        self.name = f"iam {target.scheme}"
        self.bucket = f"iam-{target.scheme}"
        self.user = f"clerk-{target.scheme}"
        self.group = f"clerks-{target.scheme}"
        self.role_name = f"writer-{target.scheme}"
        self.account = self.reader = self.taken = None

    def aws(self, *words, by=None, check=True):
        """`aws` by the administrator, or by somebody else."""
        by = by or self.target
        command = [AWS, "--endpoint-url", by.endpoint, *words]
        return run(command, by.environment(), check=check)

    def ask(self, *words, **options):
        """`aws` with an answer in JSON."""
        return json.loads(self.aws("--output", "json", *words, **options) or "null")

    def refused(self, *words, code="AccessDenied", by=None):
        """Fails the check unless the command is refused with this code."""
        try:
            self.aws(*words, by=by)
        except Failed as failed:
            is_refused = code in str(failed) or (code == "AccessDenied" and "403" in str(failed))
            expect(is_refused, f"{words[:2]} failed otherwise: {failed}")
            return
        raise Failed(f"{words[:2]} was done")

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = [
            ("sts get-caller-identity of the root", self.root_identity),
            ("create-user, create-access-key, list-users, list-access-keys", self.create),
            ("a user without a policy does nothing", self.nothing),
            ("put-user-policy: aws s3 reads and does not write", self.read_only),
            ("rclone reads and does not write", self.rclone),
            ("sts get-caller-identity of the user", self.user_identity),
            ("the user mints no keys and changes no policies", self.minting),
            ("create-group, put-group-policy, add-user-to-group", self.groups),
            ("put-bucket-policy, get-bucket-policy, get-bucket-policy-status", self.bucket_policy),
            ("put-public-access-block keeps a policy from being public", self.public_access),
            ("aws:SecureTransport is what the connection is", self.transport),
            ("create-role, put-role-policy, assume-role: aws s3 writes for a while", self.role),
            ("a profile with role_arn: the command line takes the role by itself", self.profile),
            ("boto3 AssumeRole with a session policy", self.boto3_role),
            ("get-session-token: aws s3 and rclone as the user itself", self.session_token),
            ("delete-role-policy, delete-role end its sessions", self.delete_role),
            ("update-access-key stops a key at once", self.disable),
            ("delete-access-key, -user-policy, -group, -user", self.delete),
        ]
        for name, check in checks:
            with report.check(f"{self.name}: {name}"):
                check()

    def root_identity(self):
        """The root of an account is the account."""
        identity = self.ask("sts", "get-caller-identity")
        self.account = identity["Account"]
        expect_equal(identity["Arn"], f"arn:aws:iam::{self.account}:root", "ARN")
        self.aws("s3", "mb", f"s3://{self.bucket}")
        tree = self.corpus.tree / "awkward"
        self.aws("s3", "sync", "--only-show-errors", tree, f"s3://{self.bucket}/tree")

    def create(self):
        """A user with a key."""
        made = self.ask("iam", "create-user", "--user-name", self.user, "--path", "/archive/")
        expect_equal(
            made["User"]["Arn"], f"arn:aws:iam::{self.account}:user/archive/{self.user}", "ARN"
        )
        self.refused("iam", "create-user", "--user-name", self.user, code="EntityAlreadyExists")
        issued = self.ask("iam", "create-access-key", "--user-name", self.user)["AccessKey"]
        credential = issued["AccessKeyId"], issued["SecretAccessKey"]
        self.reader = self.of(credential)
        users = self.ask("iam", "list-users")["Users"]
        expect(self.user in [user["UserName"] for user in users], "the user is not listed")
        listed = self.ask("iam", "list-access-keys", "--user-name", self.user)
        keys = [(own["AccessKeyId"], own["Status"]) for own in listed["AccessKeyMetadata"]]
        expect_equal(keys, [(credential[0], "Active")], "keys")

    def of(self, credential):
        """The target of a user's key."""
        reader = copy.copy(self.target)
        reader.access_key_id, reader.secret_access_key = credential
        return reader

    def nothing(self):
        """No policy allows anything."""
        self.refused("s3", "ls", by=self.reader)
        self.refused("s3", "ls", f"s3://{self.bucket}", by=self.reader)
        self.refused("iam", "list-users", by=self.reader)

    def read_only(self):
        """A policy as tutorials write it."""
        bucket = f"arn:aws:s3:::{self.bucket}"
        text = policy(
            {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
            {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
             "Resource": bucket},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/*"},
        )  # fmt: skip
        put = ["--user-name", self.user, "--policy-name", "read", "--policy-document", text]
        self.aws("iam", "put-user-policy", *put)
        got = self.ask("iam", "get-user-policy", *put[:4])
        expect_equal(got["PolicyDocument"], json.loads(text), "policy")
        names = self.ask("iam", "list-user-policies", "--user-name", self.user)["PolicyNames"]
        expect_equal(names, ["read"], "policies")
        down = self.target.fresh_folder("iam-down")
        self.aws(
            "s3", "sync", "--only-show-errors", f"s3://{self.bucket}/tree", down, by=self.reader
        )
        expect_same_tree(down, self.corpus.tree / "awkward")
        file = down / "empty.bin"
        self.refused("s3", "cp", file, f"s3://{self.bucket}/new", by=self.reader)
        self.refused("s3", "rm", f"s3://{self.bucket}/tree/empty.bin", by=self.reader)
        self.refused("s3", "mb", f"s3://{self.bucket}-another", by=self.reader)
        self.refused("s3", "rb", f"s3://{self.bucket}", by=self.reader)

    def rclone(self):
        """The same by another program: reads come back identical, writes are refused."""
        reader = self.reader
        settings = {
            "RCLONE_CONFIG_RIZNICA_TYPE": "s3",
            "RCLONE_CONFIG_RIZNICA_PROVIDER": "Other",
            "RCLONE_CONFIG_RIZNICA_ACCESS_KEY_ID": reader.access_key_id,
            "RCLONE_CONFIG_RIZNICA_SECRET_ACCESS_KEY": reader.secret_access_key,
            "RCLONE_CONFIG_RIZNICA_ENDPOINT": reader.endpoint,
            "RCLONE_RETRIES": "1",
            "RCLONE_LOW_LEVEL_RETRIES": "1",
        }
        environment = reader.environment(**settings)
        # rclone has an option of its own for this and fails when the variable is there too.
        environment.pop("AWS_CA_BUNDLE", None)
        words = ["rclone", *(["--ca-cert", reader.ca_file] if reader.ca_file else [])]
        down = self.target.fresh_folder("iam-rclone")
        run([*words, "sync", f"riznica:{self.bucket}/tree", down], environment)
        expect_same_tree(down, self.corpus.tree / "awkward")
        extra = down / "extra.txt"
        extra.write_text("extra")
        for attempt in [
            ["copyto", extra, f"riznica:{self.bucket}/extra.txt"],
            ["deletefile", f"riznica:{self.bucket}/tree/empty.bin"],
            ["mkdir", f"riznica:{self.bucket}-another"],
            ["purge", f"riznica:{self.bucket}/tree"],
        ]:
            try:
                run([*words, *attempt], environment)
            except Failed as failed:
                expect("403" in str(failed) or "AccessDenied" in str(failed), str(failed))
            else:
                raise Failed(f"rclone {attempt[0]} was done")
        listing = run([*words, "lsf", "-R", "--files-only", f"riznica:{self.bucket}"], environment)
        count = sum(1 for path in (self.corpus.tree / "awkward").rglob("*") if path.is_file())
        expect_equal(len(listing.splitlines()), count, "objects")

    def user_identity(self):
        """A user knows its own name."""
        identity = self.ask("sts", "get-caller-identity", by=self.reader)
        arn = f"arn:aws:iam::{self.account}:user/archive/{self.user}"
        expect_equal((identity["Account"], identity["Arn"]), (self.account, arn), "identity")

    def minting(self):
        """A reader stays a reader."""
        text = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
        own = ["--user-name", self.user, "--policy-name", "read", "--policy-document", text]
        self.refused("iam", "create-access-key", "--user-name", self.user, by=self.reader)
        self.refused("iam", "create-access-key", by=self.reader)
        self.refused("iam", "put-user-policy", *own, by=self.reader)
        self.refused("iam", "create-user", "--user-name", "another", by=self.reader)

    def groups(self):
        """What a group may do counts for its users while they are in it."""
        name = ["--group-name", self.group]
        member = [*name, "--user-name", self.user]
        text = policy(
            {"Effect": "Allow", "Action": "s3:PutObject",
             "Resource": f"arn:aws:s3:::{self.bucket}/from/${{aws:username}}/*"}
        )  # fmt: skip
        self.aws("iam", "create-group", *name)
        put = ["--policy-name", "write", "--policy-document", text]
        self.aws("iam", "put-group-policy", *name, *put)
        source = self.target.fresh_folder("iam-group") / "source.txt"
        source.write_text("from a group")
        to = f"s3://{self.bucket}/from/{self.user}/source.txt"
        self.refused("s3", "cp", source, to, by=self.reader)
        self.aws("iam", "add-user-to-group", *member)
        self.aws("s3", "cp", "--only-show-errors", source, to, by=self.reader)
        self.refused("s3", "cp", source, f"s3://{self.bucket}/from/other/x", by=self.reader)
        users = self.ask("iam", "get-group", *name)["Users"]
        expect_equal([user["UserName"] for user in users], [self.user], "users of the group")
        groups = self.ask("iam", "list-groups-for-user", "--user-name", self.user)["Groups"]
        expect_equal([own["GroupName"] for own in groups], [self.group], "groups of the user")
        groups = self.ask("iam", "list-groups")["Groups"]
        expect(self.group in [own["GroupName"] for own in groups], "the group is not listed")
        names = self.ask("iam", "list-group-policies", *name)["PolicyNames"]
        expect_equal(names, ["write"], "policies")
        got = self.ask("iam", "get-group-policy", *name, "--policy-name", "write")
        expect_equal(got["PolicyDocument"], json.loads(text), "policy")
        self.refused("iam", "delete-group", *name, code="DeleteConflict")
        self.aws("iam", "remove-user-from-group", *member)
        self.refused("s3", "cp", source, to, by=self.reader)

    def bucket_policy(self):
        """A bucket's policy denies what a user's allows."""
        bucket = ["--bucket", self.bucket]
        self.refused("s3api", "get-bucket-policy", *bucket, code="NoSuchBucketPolicy")
        text = policy(
            {"Sid": "closed", "Effect": "Deny", "Principal": {"AWS": self.account},
             "Action": "s3:GetObject",
             "Resource": f"arn:aws:s3:::{self.bucket}/tree/*",
             "Condition": {"StringNotEquals": {"aws:username": self.user}}}
        )  # fmt: skip
        self.aws("s3api", "put-bucket-policy", *bucket, "--policy", text)
        expect_equal(self.ask("s3api", "get-bucket-policy", *bucket)["Policy"], text, "policy")
        status = self.ask("s3api", "get-bucket-policy-status", *bucket)["PolicyStatus"]
        expect_equal(status, {"IsPublic": False}, "status")
        self.aws("s3", "cp", f"s3://{self.bucket}/tree/size-1.bin", "-", by=self.reader)
        self.refused("s3", "cp", f"s3://{self.bucket}/tree/size-1.bin", "-")
        self.refused("s3api", "delete-bucket-policy", *bucket, by=self.reader)
        wrong = text.replace("Deny", "deny")
        put = ["s3api", "put-bucket-policy", *bucket, "--policy", wrong]
        self.refused(*put, code="MalformedPolicy")
        self.aws("s3api", "delete-bucket-policy", *bucket)
        self.aws("s3", "cp", f"s3://{self.bucket}/tree/size-1.bin", "-")

    def public_access(self):
        """A new bucket has all four blocks; without them a policy opens it to everybody."""
        bucket = ["--bucket", self.bucket]
        block = self.ask("s3api", "get-public-access-block", *bucket)
        block = block["PublicAccessBlockConfiguration"]
        expect_equal(block, dict.fromkeys(PUBLIC_BLOCKS, True), "blocks")
        text = policy(
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
             "Resource": f"arn:aws:s3:::{self.bucket}/tree/*"}
        )  # fmt: skip
        put = ["s3api", "put-bucket-policy", *bucket, "--policy", text]
        self.refused(*put)
        off = ",".join(f"{name}=false" for name in PUBLIC_BLOCKS)
        configuration = ["--public-access-block-configuration", off]
        self.aws("s3api", "put-public-access-block", *bucket, *configuration)
        self.aws(*put)
        status = self.ask("s3api", "get-bucket-policy-status", *bucket)["PolicyStatus"]
        expect_equal(status, {"IsPublic": True}, "status")
        unsigned = ["--no-sign-request", "s3", "cp", f"s3://{self.bucket}/tree/size-1.bin", "-"]
        self.aws(*unsigned)
        self.aws("s3api", "put-public-access-block", *bucket,
                 "--public-access-block-configuration", off.replace("false", "true"))  # fmt: skip
        self.refused(*unsigned)
        self.aws("s3api", "delete-public-access-block", *bucket)
        code = "NoSuchPublicAccessBlockConfiguration"
        self.refused("s3api", "get-public-access-block", *bucket, code=code)
        self.aws("s3api", "delete-bucket-policy", *bucket)

    def transport(self):
        """The policy that every guide has: nothing without TLS."""
        bucket = ["--bucket", self.bucket]
        text = policy(
            {"Effect": "Deny", "Principal": "*", "Action": "s3:*",
             "Resource": [f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        )  # fmt: skip
        self.aws("s3api", "put-bucket-policy", *bucket, "--policy", text)
        read = ["s3", "cp", f"s3://{self.bucket}/tree/size-1.bin", "-"]
        if self.target.scheme == "https":
            self.aws(*read)
        else:
            self.refused(*read)
        self.aws("s3api", "delete-bucket-policy", *bucket)
        self.aws(*read)

    def role_arn(self):
        """The ARN of the role."""
        return f"arn:aws:iam::{self.account}:role/backup/{self.role_name}"

    def temporary(self, *words, by):
        """The target of the credentials that a command of `aws sts` gives out."""
        given = self.ask("sts", *words, by=by)["Credentials"]
        taken = self.of((given["AccessKeyId"], given["SecretAccessKey"]))
        taken.session_token = given["SessionToken"]
        return taken

    def role(self):
        """Who may only read takes a role that may write."""
        arn = f"arn:aws:iam::{self.account}:user/archive/{self.user}"
        trust = policy(
            {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
        )  # fmt: skip
        made = self.ask("iam", "create-role", "--role-name", self.role_name, "--path", "/backup/",
                        "--assume-role-policy-document", trust,
                        "--max-session-duration", "7200")["Role"]  # fmt: skip
        expect_equal(made["Arn"], self.role_arn(), "ARN")
        expect_equal(made["AssumeRolePolicyDocument"], json.loads(trust), "trust")
        bucket = f"arn:aws:s3:::{self.bucket}"
        text = policy(
            {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject", "s3:PutObject"],
             "Resource": [bucket, f"{bucket}/*"]}
        )  # fmt: skip
        name = ["--role-name", self.role_name]
        self.aws("iam", "put-role-policy", *name, "--policy-name", "write",
                 "--policy-document", text)  # fmt: skip
        names = self.ask("iam", "list-role-policies", *name)["PolicyNames"]
        expect_equal(names, ["write"], "policies")
        self.aws("iam", "update-role", *name, "--description", "Writes backups",
                 "--max-session-duration", "3600")  # fmt: skip
        got = self.ask("iam", "get-role", *name)["Role"]
        expect_equal((got["Description"], got["MaxSessionDuration"]), ("Writes backups", 3600),
                     "role")  # fmt: skip
        roles = self.ask("iam", "list-roles")["Roles"]
        expect(self.role_name in [own["RoleName"] for own in roles], "the role is not listed")
        taken = self.temporary("assume-role", "--role-arn", self.role_arn(),
                               "--role-session-name", "nightly", by=self.reader)  # fmt: skip
        told = self.ask("sts", "get-caller-identity", by=taken)["Arn"]
        session = f"arn:aws:sts::{self.account}:assumed-role/{self.role_name}/nightly"
        expect_equal(told, session, "session")
        file = self.corpus.tree / "awkward" / "size-1.bin"
        self.refused("s3", "cp", file, f"s3://{self.bucket}/role/one", by=self.reader)
        self.aws("s3", "cp", file, f"s3://{self.bucket}/role/one", by=taken)
        large = self.target.fresh_folder("iam-role") / "large.bin"
        large.write_bytes(bytes(9 * 1024 * 1024))
        self.aws("s3", "cp", large, f"s3://{self.bucket}/role/large", by=taken)
        back = large.with_name("back.bin")
        self.aws("s3", "cp", f"s3://{self.bucket}/role/large", back, by=taken)
        expect_equal(back.read_bytes(), large.read_bytes(), "bytes")
        self.refused("s3", "rm", f"s3://{self.bucket}/role/one", by=taken)
        self.refused("iam", "list-roles", by=taken)
        self.refused("sts", "assume-role", "--role-arn", self.role_arn(), "--role-session-name",
                     "nightly", "--duration-seconds", "3601", code="ValidationError",
                     by=self.reader)  # fmt: skip
        self.refused("sts", "assume-role", "--role-arn", self.role_arn() + "x",
                     "--role-session-name", "nightly", by=self.reader)  # fmt: skip
        self.taken = taken

    def profile(self):
        """A profile in the configuration file, as users write it."""
        folder = self.target.fresh_folder("iam-profile")
        config = folder / "config"
        reader = self.reader
        config.write_text(
            "[profile clerk]\n"
            f"aws_access_key_id = {reader.access_key_id}\n"
            f"aws_secret_access_key = {reader.secret_access_key}\n"
            "[profile backup]\n"
            f"role_arn = {self.role_arn()}\n"
            "source_profile = clerk\n"
            "role_session_name = by-profile\n"
        )
        environment = reader.environment(
            AWS_CONFIG_FILE=str(config), AWS_ENDPOINT_URL=reader.endpoint
        )
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]:
            environment.pop(name, None)
        command = [AWS, "--endpoint-url", reader.endpoint, "--profile", "backup"]
        told = json.loads(run([*command, "--output", "json", "sts", "get-caller-identity"],
                              environment))  # fmt: skip
        expect(told["Arn"].endswith("/by-profile"), told["Arn"])
        file = self.corpus.tree / "awkward" / "size-1.bin"
        run([*command, "s3", "cp", file, f"s3://{self.bucket}/role/profile"], environment)

    def boto3_role(self):
        """boto3 takes the role, narrowed to one object."""
        narrow = policy(
            {"Effect": "Allow", "Action": "s3:PutObject",
             "Resource": f"arn:aws:s3:::{self.bucket}/role/boto3"}
        )  # fmt: skip
        sts = self.reader.boto3_client("sts")
        given = sts.assume_role(RoleArn=self.role_arn(), RoleSessionName="boto3", Policy=narrow,
                                DurationSeconds=900)  # fmt: skip
        expect(given["PackedPolicySize"] > 0, "no size of the policy")
        expect(given["AssumedRoleUser"]["AssumedRoleId"].endswith(":boto3"), "no such id")
        own = given["Credentials"]
        taken = self.of((own["AccessKeyId"], own["SecretAccessKey"]))
        taken.session_token = own["SessionToken"]
        s3 = taken.boto3_client()
        s3.put_object(Bucket=self.bucket, Key="role/boto3", Body=b"by boto3")
        for attempt in [
            lambda: s3.put_object(Bucket=self.bucket, Key="role/other", Body=b"no"),
            lambda: s3.get_object(Bucket=self.bucket, Key="role/boto3"),
        ]:
            try:
                attempt()
            except ClientError as error:
                expect_equal(error.response["Error"]["Code"], "AccessDenied", "code")
            else:
                raise Failed("the session policy was passed")

    def session_token(self):
        """Credentials for a while that act as the user itself, and never reach IAM."""
        taken = self.temporary("get-session-token", "--duration-seconds", "900", by=self.reader)
        told = self.ask("sts", "get-caller-identity", by=taken)["Arn"]
        expect_equal(told, f"arn:aws:iam::{self.account}:user/archive/{self.user}", "ARN")
        down = self.target.fresh_folder("iam-session")
        self.aws("s3", "cp", f"s3://{self.bucket}/tree/size-1.bin", down / "one", by=taken)
        self.refused("s3", "cp", down / "one", f"s3://{self.bucket}/new", by=taken)
        self.refused("iam", "get-user", code="InvalidClientTokenId", by=taken)
        self.refused("sts", "get-session-token", by=taken)
        environment = taken.environment(
            RCLONE_CONFIG_RIZNICA_TYPE="s3", RCLONE_CONFIG_RIZNICA_PROVIDER="Other",
            RCLONE_CONFIG_RIZNICA_ENV_AUTH="true",
            RCLONE_CONFIG_RIZNICA_ENDPOINT=taken.endpoint,
        )  # fmt: skip
        # rclone has an option of its own for this and fails when the variable is there too.
        environment.pop("AWS_CA_BUNDLE", None)
        words = ["rclone", *(["--ca-cert", taken.ca_file] if taken.ca_file else [])]
        run([*words, "copyto", f"riznica:{self.bucket}/tree/size-1.bin", down / "two"],
            environment)  # fmt: skip
        expect_equal((down / "two").read_bytes(), (down / "one").read_bytes(), "bytes")

    def delete_role(self):
        """What a role gave ends with it."""
        listing = ["s3", "ls", f"s3://{self.bucket}"]
        self.aws(*listing, by=self.taken)
        name = ["--role-name", self.role_name]
        self.refused("iam", "delete-role", *name, code="DeleteConflict")
        self.aws("iam", "delete-role-policy", *name, "--policy-name", "write")
        self.aws("iam", "delete-role", *name)
        self.refused(*listing, code="InvalidToken", by=self.taken)
        self.refused("iam", "get-role", *name, code="NoSuchEntity")

    def disable(self):
        """Off is off, on is on."""
        key = ["--user-name", self.user, "--access-key-id", self.reader.access_key_id]
        listing = ["s3", "ls", f"s3://{self.bucket}"]
        self.aws("iam", "update-access-key", *key, "--status", "Inactive")
        self.refused(*listing, code="InvalidAccessKeyId", by=self.reader)
        self.aws("iam", "update-access-key", *key, "--status", "Active")
        self.aws(*listing, by=self.reader)

    def delete(self):
        """Everything that a user has goes before the user."""
        user = ["--user-name", self.user]
        self.refused("iam", "delete-user", *user, code="DeleteConflict")
        key = ["--access-key-id", self.reader.access_key_id]
        self.aws("iam", "delete-access-key", *user, *key)
        self.refused("s3", "ls", code="InvalidAccessKeyId", by=self.reader)
        self.aws("iam", "delete-user-policy", *user, "--policy-name", "read")
        group = ["--group-name", self.group]
        self.aws("iam", "delete-group-policy", *group, "--policy-name", "write")
        self.aws("iam", "delete-group", *group)
        self.aws("iam", "delete-user", *user)
        self.refused("iam", "get-user", *user, code="NoSuchEntity")
        self.aws("s3", "rb", "--force", f"s3://{self.bucket}")
