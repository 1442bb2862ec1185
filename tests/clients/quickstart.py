#!/usr/bin/env python3
"""What a newcomer does: start the gateway by `scripts/run.sh` and paste the lines that it prints.

    quickstart.py --binary PATH [--keep FOLDER]

Every printed line has to work. Ctrl-C ends the gateway cleanly; a second start is on the same data,
with the same key.
"""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from harness import (
    Failed,
    Report,
    clean_environment,
    expect,
    expect_equal,
    free_ports,
    run,
    say,
    work_folder,
)

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 60
# The last line of what the script prints when the gateway is ready.
LAST_LINE = "Ctrl-C stops it."


class Quickstart:
    """One data folder, started as often as asked."""

    def __init__(self, binary, folder):
        self.folder = folder
        self.process = None
        listen, admin_listen = free_ports(2)
        home = folder / "home"
        home.mkdir()
        self.environment = clean_environment(home)
        self.script_environment = {
            **self.environment,
            "BINARY": str(Path(binary).resolve()),
            "DATA_DIR": str(folder / "data"),
            "LISTEN": f"127.0.0.1:{listen}",
            "ADMIN_LISTEN": f"127.0.0.1:{admin_listen}",
        }

    def start(self):
        """Starts the script; what it printed until the gateway was ready."""
        self.process = subprocess.Popen(
            [ROOT / "scripts" / "run.sh"],
            env=self.script_environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            # As in a terminal: Ctrl-C goes to the whole process group.
            start_new_session=True,
            # A background job without job control hands its ignored SIGINT on; a terminal does not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if lines[-1] == LAST_LINE:
                return lines
        raise Failed(f"scripts/run.sh ended with {self.process.wait()}")

    def interrupt(self):
        """Ctrl-C; the script has to end by itself."""
        process, self.process = self.process, None
        os.killpg(process.pid, signal.SIGINT)
        expect_equal(process.wait(STOP_SECONDS), 0, "exit code after Ctrl-C")

    def paste(self, lines, word):
        """Runs the printed lines that call a tool; what they printed."""
        commands = [line.strip() for line in lines if f" {word} " in f"{line} " and "=" in line]
        expect(commands, f"no line for {word}")
        return "".join(
            run(["bash", "-c", command], self.environment, cwd=ROOT) for command in commands
        )


def value_of(lines, name):
    """What is printed behind a name."""
    for line in lines:
        if line.startswith(f"  {name}  "):
            return line.split()[-1]
    raise Failed(f"{name} is not printed")


def drive(report, quickstart):
    """Twice, as on two days."""
    lines = []
    with report.check("make run: starts on an empty folder and prints how to use it"):
        lines += quickstart.start()
    with report.check("make run: the aws lines work"):
        expect("docs/" in quickstart.paste(lines, "aws"), "nothing under docs/ is listed")
    with report.check("make run: the rclone lines work"):
        quickstart.paste(lines, "rclone")
    with report.check("make run: the s3cmd lines work"):
        expect("README.md" in quickstart.paste(lines, "s3cmd"), "README.md is not listed")
    with report.check("make run: Ctrl-C ends it cleanly"):
        quickstart.interrupt()
    with report.check("make run: keys and data are for their owner only"):
        for name in ["data.keys", "data.keys/demo.json", "data.keys/operator.json"]:
            mode = (quickstart.folder / name).stat().st_mode & 0o077
            expect_equal(mode, 0, f"rights of others on {name}")
    again = []
    with report.check("make run: a second start has the same key and the same data"):
        again += quickstart.start()
        for name in ["access key id", "secret access key"]:
            expect(value_of(lines, name) == value_of(again, name), f"another {name}")
        without_bucket = [line for line in again if " s3 mb " not in line]
        expect("docs/" in quickstart.paste(without_bucket, "aws"), "nothing is listed")
        expect("README.md" in quickstart.paste(again, "s3cmd"), "README.md is not listed")
    with report.check("make run: Ctrl-C ends it cleanly again"):
        quickstart.interrupt()


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    report = Report()
    with work_folder(arguments.keep) as folder:
        quickstart = Quickstart(arguments.binary, folder)
        try:
            drive(report, quickstart)
        finally:
            if quickstart.process is not None and quickstart.process.poll() is None:
                os.killpg(quickstart.process.pid, signal.SIGTERM)
                quickstart.process.wait(STOP_SECONDS)
            log = folder / "data.log"
            if report.failed and log.exists():
                say(f"----- the end of {log}")
                say("\n".join(log.read_text("utf-8", "replace").splitlines()[-40:]))
        return report.close()


if __name__ == "__main__":
    sys.exit(main())
