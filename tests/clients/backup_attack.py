"""What an attacker does who has an institution's own keys: everything that the API has."""

from harness import expect, expect_equal

CODES = ("AccessDenied", "InvalidBucketState", "BucketNotEmpty", "MethodNotAllowed")


class Attack:
    """An attacker on one bucket."""

    def __init__(self, client, bucket, may_bypass):
        self.s3 = client
        self.bucket = bucket
        # A COMPLIANCE bucket withstands this too.
        self.may_bypass = may_bypass
        self.refused = 0

    def attempt(self, call, **options):
        """One call, which may be refused."""
        try:
            getattr(self.s3, call)(Bucket=self.bucket, **options)
        except self.s3.exceptions.ClientError as error:
            expect(error.response["Error"]["Code"] in CODES, f"{call}: {error}")
            self.refused += 1

    def versions(self):
        """(key, version id) of all versions and markers."""
        found = []
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for row in page.get("Versions", []) + page.get("DeleteMarkers", []):
                found.append((row["Key"], row["VersionId"]))
        return found

    def weaken(self):
        """The bucket's settings."""
        suspended = {"Status": "Suspended"}
        self.attempt("put_bucket_versioning", VersioningConfiguration=suspended)
        # What is stored from now on may be retained for less; what is there stays as it is.
        retention = {"Mode": "GOVERNANCE", "Days": 1}
        lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
        self.attempt("put_object_lock_configuration", ObjectLockConfiguration=lock)
        expire = {"ID": "all", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
        expire["NoncurrentVersionExpiration"] = {"NoncurrentDays": 1}
        rules = {"Rules": [expire]}
        self.attempt("put_bucket_lifecycle_configuration", LifecycleConfiguration=rules)

    def shorten(self):
        """The retention of each version."""
        for object_key, version in self.versions():
            place = {"Key": object_key, "VersionId": version}
            self.attempt("put_object_legal_hold", LegalHold={"Status": "OFF"}, **place)
            self.attempt("put_object_retention", Retention={}, **place, **self.bypass())

    def bypass(self):
        """Bypass of GOVERNANCE, where that would be of use to nobody."""
        return {"BypassGovernanceRetention": True} if self.may_bypass else {}

    def delete_all(self):
        """Plain deletions, deletions of versions, one by one and many at once; the bucket."""
        for object_key in {object_key for object_key, _ in self.versions()}:
            self.attempt("delete_object", Key=object_key)
        versions = self.versions()
        for object_key, version in versions:
            self.attempt("delete_object", Key=object_key, VersionId=version, **self.bypass())
        entries = [{"Key": own, "VersionId": version} for own, version in versions]
        for start in range(0, len(entries), 1000):
            objects = {"Objects": entries[start : start + 1000]}
            self.s3.delete_objects(Bucket=self.bucket, Delete=objects, **self.bypass())
        self.attempt("delete_bucket")

    def overwrite_all(self):
        """Rubbish in the place of everything that has a name."""
        for object_key in {object_key for object_key, _ in self.versions()}:
            self.attempt("put_object", Key=object_key, Body=b"encrypted; pay 5 bitcoin")

    def run(self, overwrites):
        """All of it."""
        self.weaken()
        if overwrites:
            self.overwrite_all()
        self.shorten()
        self.delete_all()
        expect(self.refused > 0, "nothing was refused")
        status = self.s3.get_bucket_versioning(Bucket=self.bucket).get("Status")
        expect_equal(status, "Enabled", "versioning after the attack")
