#!/usr/bin/env python3
"""docs/BACKUP.md: each of its commands as it is written, and a restore after an attack.

    backup.py --binary PATH [--quick] [--keep FOLDER]

The buckets are made with the profiles that the document names. In the middle of each section an
attacker with the institution's own keys deletes, overwrites and reconfigures whatever can be; then
the document's way back has to give every document, every snapshot and every row of the database
back. A block that is marked as refused has to fail; a block that was not run is a failure.
"""

import argparse
import datetime
import json
import os
import random
import re
import shutil
import sys
import time
from pathlib import Path

from backup_attack import Attack
from backup_shell import Shell, commands_in_text, sections
from harness import (
    MIB, Authority, Report, Server, Target, expect, expect_equal, expect_same_tree, main_of,
    work_folder,
)  # fmt: skip

# Commands that the document has in its running text and says of that no test runs them.
NOT_RUN = {
    'pgbackrest --repo-target-time="2026-11-23 10:00:00+00" restore',
    'rclone purge "city:$BUCKET/2026-11"',
}
FIRST_TEXT = "Одлука о буџету за 2026. годину\n"
ROWS = 1000


def now():
    """A time between what was done and what comes, as the document writes it."""
    time.sleep(1.1)
    at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    time.sleep(1.1)
    return at


class Backup:
    """The whole test."""

    def __init__(self, arguments, report, server, folder):
        self.large_len = (4 if arguments.quick else 64) * MIB
        self.file_count = 30 if arguments.quick else 400
        self.report = report
        self.server = server
        self.folder = folder
        self.target = None
        self.authority = None
        self.client = None
        self.environment = {}
        self.shells = {}
        self.random = random.Random(4)

    def program(self):
        """One section after the other."""
        # PostgreSQL's account has to reach its own folder in it.
        self.folder.chmod(0o755)
        authority = self.authority = Authority(self.folder / "authority")
        certificate = self.folder / "ca.pem"
        shutil.copy(authority.certificate, certificate)
        self.server.initialise()
        self.server.start(authority.config())
        credential = self.server.create_tenant("city", "Градска управа")
        self.target = Target(self.server, credential, self.folder / "clients", authority)
        self.client = self.target.boto3_client()
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "riznica").symlink_to(self.server.binary)
        self.environment = self.target.environment(
            S3_HOST="localhost",
            S3_PORT=str(self.server.port),
            SSL_CERT_FILE=str(certificate),
            RIZNICA_ADMIN=f"http://127.0.0.1:{self.server.admin_port}",
            RIZNICA_CREDENTIAL=str(self.server.keys / "operator.json"),
        )
        # rclone stumbles over it.
        del self.environment["AWS_CA_BUNDLE"]
        path = [str(programs), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
        self.environment["PATH"] = os.pathsep.join([*path, self.environment["PATH"]])
        found = sections()
        known = {
            "Profiles": self.profiles,
            "What the commands expect": self.credentials,
            "restic": self.restic,
            "rclone": self.rclone,
            "s3cmd": self.s3cmd,
            "pgBackRest": self.pgbackrest,
        }
        expect_equal(sorted(found), sorted(known), "sections with commands")
        in_blocks = "".join(block.text for blocks in found.values() for block in blocks)
        beside = {command for command in commands_in_text() if command not in in_blocks}
        expect_equal(beside, NOT_RUN, "commands that nobody runs")
        for title, program in known.items():
            with self.report.check(f"backup: {title}: every command does what the document says"):
                program(found[title])

    def shell(self, name, **options):
        """A shell with a folder, documents and a bucket of its own."""
        folder = self.folder / name
        documents = folder / "documents"
        variables = {"BUCKET": f"city-{name}", "DOCUMENTS": str(documents)}
        shell = Shell(folder, {**self.environment, **variables}, **options)
        documents.mkdir()
        (documents / "akt.txt").write_text(FIRST_TEXT)
        for number in range(self.file_count):
            path = documents / f"fascikla-{number % 7}" / f"akt-{number}.bin"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(self.random.randbytes(self.random.randrange(1, 100_000)))
        (documents / "large.bin").write_bytes(self.random.randbytes(self.large_len))
        return shell, documents

    def attack(self, name, may_bypass, overwrites):
        """The institution's own key in the wrong hands."""
        Attack(self.client, f"city-{name}", may_bypass).run(overwrites)

    def profiles(self, blocks):
        """What operators look at."""
        shell, _ = self.shell("profiles")
        for block in blocks:
            text = shell.run(block.text, block.is_refused)
        expect("[object_lock]" in text, "no profile was shown")

    def credentials(self, blocks):
        """A key, good for requests."""
        shell, _ = self.shell("credentials")
        for block in blocks:
            told = shell.run(block.text, block.is_refused)
            credential = re.findall(r"\b([A-Z0-9]{16,}|[A-Za-z0-9+/]{40,})\b", told)
            expect_equal(len(credential), 2, "an access key's id and its secret")
            target = Target(self.server, credential, self.folder / "new-key", self.authority)
            target.boto3_client().list_buckets()

    def restic(self, blocks):
        """Snapshots of documents that change; locks; two attacks."""
        shell, documents = self.shell("restic")
        (shell.folder / "restic-password").write_text("only the institution knows it\n")
        copies = []
        after = iter(["deletes", "overwrites"])
        before = None
        for block in blocks:
            if block.heading == "After an attack":
                if before is None:
                    before = now()
                    shell.environment["BEFORE"] = before
                self.attack("restic", may_bypass=True, overwrites=next(after) == "overwrites")
            if block.text.startswith("restic unlock"):
                self.leave_lock(shell)
            shell.run(block.text, block.is_refused)
            if "restic backup" in block.text:
                copies = self.back_up_more(shell, documents)
            if block.text.startswith("restic unlock"):
                expect_equal(self.locks(), [], "locks after 'restic unlock'")
            if block.is_refused:
                expect_equal(len(self.snapshots(shell)), len(copies), "snapshots")
            if block.heading == "After an attack":
                self.restore_all(shell, block, copies)
        expect_equal(next(after, None), None, "an attack without a way back")

    def back_up_more(self, shell, documents):
        """Two more snapshots of changed documents; copies of all three states."""
        copies = []
        for state in range(3):
            if state:
                (documents / "akt.txt").write_text(f"{FIRST_TEXT}Измена {state}\n")
                (documents / f"new-{state}.bin").write_bytes(self.random.randbytes(300_000))
                (documents / f"fascikla-1/akt-{state * 7 + 1}.bin").unlink()
                shell.run('restic backup "$DOCUMENTS"')
            copy = shell.folder / f"state-{state}"
            shutil.copytree(documents, copy)
            copies.append(copy)
        return copies

    def snapshots(self, shell, repository=""):
        """Ids, oldest first."""
        listed = json.loads(shell.run(f"restic {repository} snapshots --no-lock --json"))
        return [own["id"] for own in sorted(listed, key=lambda own: own["time"])]

    def restore_all(self, shell, block, copies):
        """Every snapshot, byte for byte."""
        saved = "--repo saved-repository" if "saved-repository" in block.text else ""
        ids = self.snapshots(shell, saved)
        expect_equal(len(ids), len(copies), "snapshots after the attack")
        for number, (snapshot, copy) in enumerate(zip(ids, copies)):
            folder = shell.folder / f"again-{number}"
            shutil.rmtree(folder, ignore_errors=True)
            shell.run(f"restic {saved} restore --no-lock {snapshot} --target {folder}")
            expect_same_tree(folder / copy.parent.relative_to("/") / "documents", copy)

    def locks(self):
        """Locks of the repository."""
        answer = self.client.list_objects_v2(Bucket="city-restic", Prefix="2026-11/locks/")
        return [own["Key"] for own in answer.get("Contents", [])]

    def leave_lock(self, shell):
        """A backup that is killed once it holds its lock."""
        process = shell.start("restic backup --limit-upload 1 / --exclude /proc --exclude /sys")
        deadline = time.monotonic() + 60
        while not self.locks():
            expect(time.monotonic() < deadline, "restic took no lock")
            time.sleep(0.05)
        process.kill()
        process.wait()
        expect(self.locks(), "the lock is gone with its backup")

    def rclone(self, blocks):
        """A mirror; what it was before a sync of rubbish and an attack."""
        shell, documents = self.shell("rclone")
        copy = shell.folder / "copy"
        for block in blocks:
            if "$BEFORE" in block.text:
                shutil.copytree(documents, copy)
                shell.environment["BEFORE"] = now()
                (documents / "akt.txt").write_text("rubbish\n")
                (documents / "large.bin").unlink()
                shell.run('rclone sync "$DOCUMENTS" "city:$BUCKET/documents"')
                self.attack("rclone", may_bypass=False, overwrites=True)
            shell.run(block.text, block.is_refused)
            if "$BEFORE" in block.text:
                expect_same_tree(shell.folder / "documents-before", copy)

    def s3cmd(self, blocks):
        """A mirror; one document back."""
        shell, documents = self.shell("s3cmd")
        for block in blocks:
            if "list-object-versions" in block.text:
                (documents / "akt.txt").write_text("rubbish\n")
                shell.run('$S3 sync "$DOCUMENTS/" "s3://$BUCKET/documents/"')
                self.attack("s3cmd", may_bypass=False, overwrites=True)
            shell.run(block.text, block.is_refused)
        expect_equal((shell.folder / "akt-before.txt").read_text(), FIRST_TEXT, "the document")

    def pgbackrest(self, blocks):
        """A database; its rows after an attack."""
        shell, _ = self.shell("pgbackrest", is_unprivileged=True)
        data, sockets = shell.folder / "database", shell.folder
        shell.environment.update(PGDATA=str(data), PGHOST=str(sockets), PGPORT="5499")
        shell.run(
            "initdb --auth=trust --username=postgres > /dev/null\n"
            "printf '%s\\n' \"listen_addresses = ''\" \"port = $PGPORT\" "
            "\"unix_socket_directories = '$PGHOST'\" >> \"$PGDATA/postgresql.conf\"\n"
            "export PGUSER=postgres\n"
            'pg_ctl start --wait --log "$HOME/postgres.log" > /dev/null\n'
        )
        try:
            self.with_database(shell, blocks)
        finally:
            shell.run('pg_ctl stop --mode=immediate > "$HOME/stop.log"')

    def with_database(self, shell, blocks):
        """The section's commands beside a database that is written to."""
        restored = None
        query = "psql --dbname postgres --tuples-only --no-align --command"
        for block in blocks:
            if block.heading == "After an attack":
                shell.run(
                    f'{query} "INSERT INTO akt SELECT generate_series({ROWS} + 1, 2 * {ROWS})"\n'
                    f'{query} "SELECT pg_switch_wal()"\n'
                    "pgbackrest check\n"
                )
                shell.environment["BEFORE"] = now()
                self.attack("pgbackrest", may_bypass=True, overwrites=True)
                restored = shell.folder / "restored"
            elif "pgbackrest --type=full" in block.text:
                shell.run(f'{query} "CREATE TABLE akt AS SELECT generate_series(1, {ROWS}) AS n"')
            shell.run(block.text, block.is_refused)
        expect(restored is not None, "the section has no way back from an attack")
        shell.run(
            f'pg_ctl start --wait --pgdata {restored} --options "-p 5498" '
            '--log "$HOME/restored.log" > /dev/null'
        )
        try:
            # It answers as soon as it is consistent, while it still brings back the WAL.
            shell.run(
                f"until [ $(PGPORT=5498 {query} 'SELECT pg_is_in_recovery()') = f ]; "
                "do sleep 0.2; done"
            )
            count = shell.run(f'PGPORT=5498 {query} "SELECT count(*), sum(n) FROM akt"')
            rows = 2 * ROWS
            expect_equal(count.strip(), f"{rows}|{rows * (rows + 1) // 2}", "rows")
        finally:
            shell.run(f"pg_ctl stop --mode=immediate --pgdata {restored} > stop.log")


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller documents")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        backup = Backup(arguments, report, server, folder)
        return main_of(backup.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
