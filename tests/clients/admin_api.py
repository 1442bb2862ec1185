#!/usr/bin/env python3
"""The admin API against its own OpenAPI document, and the question before something is destroyed.

    admin_api.py --binary PATH [--quick]

schemathesis makes requests from the document, good ones and bad ones, one by one and in
sequences, and compares every answer of a real server with it: no server error, no status, header,
type or field that is not documented, bad requests refused, other methods 405 with Allow.
"""

import argparse
import json
import os
import pty
import sys
from pathlib import Path

from harness import Report, Server, expect, expect_equal, main_of, run, work_folder

# Seconds that schemathesis may take for its phases with random data.
FULL_SECONDS, QUICK_SECONDS = 60, 30
# Random requests for each operation and phase.
FULL_EXAMPLES, QUICK_EXAMPLES = 40, 15
# What is left out. Good by the schemas, yet refused: the rules of bucket names and patterns, what
# actions there are, and that 1.0 is no integer, are more than a schema says. Without a credential
# it wants 401, and ours is 403 for all who may not; `ignored_auth` looks at the same.
LEFT_OUT = "positive_data_acceptance,missing_required_header"


class AdminApi:
    """One server, asked as its document says and as it does not."""

    def __init__(self, report, server, folder, quick):
        self.report = report
        self.server = server
        self.folder = folder
        self.quick = quick

    def program(self):
        """All checks."""
        self.server.initialise()
        self.server.start()
        self.server.create_tenant("city", "Градска управа")
        self.server.admin("bucket", "create", "records", "--tenant", "city")
        checks = [
            ("the document lists what the command line covers", self.document),
            ("schemathesis finds nothing that is not documented", self.schemathesis),
            ("the first operator still is what it was", self.founder),
            ("what destroys asks, and takes no for an answer", self.question),
            ("nothing failed in the server", self.log),
        ]
        for name, check in checks:
            with self.report.check(f"admin API: {name}"):
                check()

    def document(self):
        """It is the one that the command prints."""
        document = self.server.admin("openapi")
        expect_equal(document["openapi"], "3.1.0", "version")
        operations = [one for path in document["paths"].values() for one in path.values()]
        expect(len(operations) > 30, f"only {len(operations)} operations")
        commands = [one["x-riznica-command"] for one in operations]
        expect(all(command.startswith("riznica ") for command in commands), str(commands))

    def schemathesis(self):
        """All of its phases, and its checks but those that are left out."""
        operator = json.loads((self.server.keys / "operator.json").read_text())
        credential = f"{operator['operator']}:{operator['token']}"
        hooks = Path(__file__).with_name("admin_hooks.py")
        config = self.folder / "schemathesis.toml"
        config.write_text(
            f"hooks = {json.dumps(str(hooks))}\n"
            f"[auth.openapi]\noperator = {{ bearer = {json.dumps(credential)} }}\n"
        )
        document = self.folder / "openapi.json"
        document.write_text(json.dumps(self.server.admin("openapi")))
        seconds = QUICK_SECONDS if self.quick else FULL_SECONDS
        examples = QUICK_EXAMPLES if self.quick else FULL_EXAMPLES
        program = Path(sys.executable).with_name("schemathesis")
        command = [
            program, "--config-file", config, "--no-color", "run", document,
            "--url", f"http://127.0.0.1:{self.server.admin_port}", "--checks", "all", "--exclude-checks", LEFT_OUT,
            "--phases", "examples,coverage,fuzzing,stateful", "--mode", "all",
            "--max-examples", examples, "--max-time", seconds, "--seed", "2026",
            "--generation-database", "none", "--warnings", "off", "--continue-on-failure",
        ]  # fmt: skip
        environment = {**os.environ, "HOME": str(self.folder), "PYTHONUTF8": "1"}
        output = run(command, environment, cwd=self.folder)
        expect("No issues found" in output, output[-2000:])
        for phase in ["Coverage", "Fuzzing", "Stateful"]:
            expect(any(line.split()[1:] == [phase] for line in output.splitlines()
                       if line.strip().startswith("\u2705")), f"{phase} did not run: {output}")

    def founder(self):
        """Nothing that was tried has changed who it is."""
        shown = self.server.admin("operator", "show", "operator")
        expect_equal(shown["roles"], ["operator", "security-officer"], "roles")
        expect_equal(shown["status"], "active", "status")
        changes = self.server.admin("changes", "--limit", "5")
        expect_equal(changes[0]["operation"], "init", "first change")

    def on_a_terminal(self, words, answer):
        """Runs a command on a terminal of its own and answers its question; its exit code."""
        command = [
            str(self.server.binary), *words,
            "--admin", f"http://127.0.0.1:{self.server.admin_port}",
            "--credential", str(self.server.keys / "operator.json"),
        ]  # fmt: skip
        process, terminal = pty.fork()
        if process == 0:
            os.execv(command[0], command)
        told = b""
        while b"[y/N]" not in told:
            told += os.read(terminal, 1000)
        os.write(terminal, answer)
        _, status = os.waitpid(process, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status)

    def question(self):
        """No is no, and so is anything but yes."""
        key = self.server.admin("key", "create", "--tenant", "city")["access_key_id"]

        def is_there():
            return key in [own["access_key_id"] for own in self.server.admin("key", "list")]

        for answer in [b"n\n", b"\n", b"yes please\n", b"\x04"]:
            code = self.on_a_terminal(["key", "delete", key], answer)
            expect(code == 1 and is_there(), f"{answer!r} deleted the key")
        code = self.on_a_terminal(["key", "delete", key], b"Yes\n")
        expect(code == 0 and not is_there(), "yes did not delete the key")

    def log(self):
        """No error, whatever was asked."""
        lines = self.server.read_log().splitlines()
        errors = [line for line in lines if " ERROR riznica" in line or "panicked" in line]
        expect(not errors, "\n".join(errors[:3]))


def main():
    """Parses the command line and runs all checks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--quick", action="store_true", help="fewer requests")
    arguments = parser.parse_args()
    report = Report()
    with work_folder() as folder:
        server = Server(arguments.binary, folder / "server")
        test = AdminApi(report, server, folder, arguments.quick)
        return main_of(test.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
