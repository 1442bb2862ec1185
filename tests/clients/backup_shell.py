"""The commands of docs/BACKUP.md, and a shell that runs them as they are written."""

import os
import pwd
import re
import subprocess
from pathlib import Path

from harness import Failed, expect

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "BACKUP.md"
BLOCK_SECONDS = 600
UNPRIVILEGED = "postgres"
# What a command of the document begins with.
PROGRAMS = ("aws", "pg_ctl", "pgbackrest", "psql", "rclone", "restic", "riznica", "s3cmd")


class Block:
    """One block of commands."""

    def __init__(self, heading, text, is_refused):
        self.heading = heading
        self.text = text
        self.is_refused = is_refused


def sections():
    """Blocks by the title of their section, in their order."""
    found, title, heading, is_refused = {}, None, None, False
    lines = iter(DOCUMENT.read_text("utf-8").splitlines())
    for line in lines:
        if match := re.match(r"#{2,3} (.*)", line):
            heading = match[1]
            title = heading if line.startswith("## ") else title
        elif line == "<!-- refused -->":
            is_refused = True
        elif line == "```sh":
            text = []
            while (line := next(lines)) != "```":
                text.append(line)
            block = Block(heading, "\n".join(text) + "\n", is_refused)
            found.setdefault(title, []).append(block)
            is_refused = False
    return found


def commands_in_text():
    """Commands that stand in the running text instead of in a block, as they are written."""
    text, is_block = [], False
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("```"):
            is_block = not is_block
        elif not is_block:
            text.append(line)
    found = set()
    for span in re.findall(r"`([^`]+)`", "\n".join(text)):
        words = span.split()
        if words[0] in PROGRAMS and words[1:] not in ([], [".."]):
            found.add(" ".join(words))
    return found


class Shell:
    """A shell whose working folder and exported variables outlive each block."""

    def __init__(self, folder, environment, is_unprivileged=False):
        self.folder = folder
        self.folder.mkdir(parents=True)
        self.state = folder / ".state"
        self.environment = {**environment, "HOME": str(folder)}
        # PostgreSQL does not run as root.
        self.account = None
        if is_unprivileged and os.geteuid() == 0:
            self.account = pwd.getpwnam(UNPRIVILEGED)
            os.chown(folder, self.account.pw_uid, self.account.pw_gid)

    def run(self, text, is_refused=False):
        """Runs a block to its end; its output. It has to succeed, or has to be refused."""
        state = f"source {self.state}\n" if self.state.exists() else ""
        script = f"set -euo pipefail\n{state}{text}\nexport -p > {self.state}\n"
        options = {}
        if self.account and not text.startswith("riznica "):
            options = {"user": self.account.pw_uid, "group": self.account.pw_gid}
            options["extra_groups"] = []
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BLOCK_SECONDS,
            check=False,
            **options,
        )
        output = done.stdout.decode("utf-8", "replace")
        if is_refused:
            expect(done.returncode != 0, f"was not refused: {text}{output[-800:]}")
        elif done.returncode != 0:
            raise Failed(f"{done.returncode} from:\n{text}{output[-1500:]}")
        if self.account and self.state.exists():
            os.chown(self.state, self.account.pw_uid, self.account.pw_gid)
        return output

    def start(self, text):
        """Starts a command beside; for who means to kill it."""
        script = f"source {self.state}\nexec {text}\n"
        return subprocess.Popen(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
