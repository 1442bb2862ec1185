"""What all client tests share: a server under test, a report, real files, a clean environment.

Nothing here knows a client; each client has a module of its own.
"""

import contextlib
import filecmp
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 1024 * 1024
REGION = "us-east-1"
# A first start on a slow, busy machine; how fast it has to be is for the tests that measure it.
READY_SECONDS = 60
STOP_SECONDS = 60
COMMAND_SECONDS = 900
LOG_TAIL_LINES = 40
LOG_SETTLES_SECONDS = 0.2


class Failed(Exception):
    """A check found something other than what it expected."""


def expect(condition, message):
    """Fails the running check with `message` unless `condition` holds."""
    if not condition:
        raise Failed(message)


def expect_equal(actual, wanted, what):
    """Fails the running check unless both are equal; the message shows both."""
    expect(actual == wanted, f"{what}: {actual!r} instead of {wanted!r}")


def say(text):
    """One line of progress, at once."""
    print(text, flush=True)


class Report:
    """Counts checks and prints a line for each."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    @contextlib.contextmanager
    def check(self, name):
        """Runs the body of a `with` as one check. A failure is printed and counted, not raised."""
        started = time.monotonic()
        try:
            yield
        except Exception as error:  # every kind of failure is a failed check
            self.failed += 1
            text = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
            say(f"FAIL  {name}: {text}")
        else:
            self.passed += 1
            say(f"ok    {name} ({time.monotonic() - started:.1f} s)")

    def close(self):
        """Prints the closing line; the exit code is the return value."""
        say(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def free_ports(count):
    """Ports of the loopback interface that nobody listens on, all different."""
    sockets = []
    for _ in range(count):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        sockets.append(listener)
    ports = [listener.getsockname()[1] for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def clean_environment(home, extra=None):
    """An environment without this machine's proxies, profiles and credentials."""
    # The clients installed beside this interpreter come first.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {
        "HOME": str(home),
        "PATH": path,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TMPDIR": tempfile.gettempdir(),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    environment.update(extra or {})
    return environment


def run(command, environment, cwd=None, stdin=None, check=True):
    """Runs a command to its end; its standard output as text. A bad exit code fails the check."""
    done = subprocess.run(
        [str(word) for word in command],
        env=environment,
        cwd=cwd,
        stdin=stdin if stdin is not None else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    output = done.stdout.decode("utf-8", "replace")
    if check and done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip() or output.strip()
        # Options may hold credentials; the command's name and its first words say enough.
        words = [Path(str(command[0])).name, *[str(word) for word in command[1:4]]]
        raise Failed(f"{' '.join(words)} .. ended with {done.returncode}: {complaint[-600:]}")
    return output


class Authority:
    """A certificate authority of our own and a server certificate for loopback, by openssl."""

    def __init__(self, folder):
        folder.mkdir(parents=True)
        self.certificate = folder / "ca.pem"
        self.server_certificate = folder / "server.pem"
        self.server_private_key = folder / "server.key"
        self._folder = folder
        self._make()

    def _openssl(self, *words):
        run(["openssl", *words], clean_environment(self._folder), cwd=self._folder)

    def _make(self):
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        self._openssl(
            "req", "-x509", *curve, "-days", "30", "-subj", "/CN=Riznica test CA",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", "ca.key", "-out", "ca.pem",
        )  # fmt: skip
        self._openssl(
            "req", *curve, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr",
        )  # fmt: skip
        (self._folder / "server.ext").write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
            "basicConstraints=critical,CA:false\n"
            "keyUsage=critical,digitalSignature\n"
            "extendedKeyUsage=serverAuth\n"
        )
        self._openssl(
            "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "30", "-extfile", "server.ext", "-out", "server.pem",
        )  # fmt: skip
        self.server_private_key.chmod(0o600)

    def config(self):
        """The configuration section that makes the server use the certificate."""
        return (
            "[server]\n"
            f"tls_certificate_file = {json.dumps(str(self.server_certificate))}\n"
            f"tls_private_key_file = {json.dumps(str(self.server_private_key))}\n"
        )


class Server:
    """A `riznica` process on a data folder of its own, on free ports of the loopback interface."""

    def __init__(self, binary, folder, environment=None):
        self.binary = Path(binary).resolve()
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self.keys = self.folder / "data.keys"
        self.log = self.folder / "server.log"
        self.port, self.admin_port = free_ports(2)
        self.process = None
        self._environment = clean_environment(self.folder, environment)

    def initialise(self):
        """`riznica init`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        run([self.binary, "init", "--data-dir", self.data], self._environment)

    def start(self, config=""):
        """Starts the server with the text of a configuration; seconds until it was ready."""
        command = [self.binary, "serve", "--data-dir", self.data]
        command += ["--listen", f"127.0.0.1:{self.port}"]
        command += ["--admin-listen", f"127.0.0.1:{self.admin_port}"]
        if config:
            config_file = self.folder / "riznica.toml"
            config_file.write_text(config)
            command += ["--config", config_file]
        started = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        while not self.is_ready():
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode} while starting")
            expect(time.monotonic() - started < READY_SECONDS, "the server did not become ready")
            time.sleep(0.01)
        return time.monotonic() - started

    def is_ready(self):
        """What /health/ready says."""
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def stop(self):
        """Ends the server as an operator does. It has to end by itself and cleanly."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"the server did not stop within {STOP_SECONDS} s") from None
        expect_equal(status, 0, "exit code of the stopped server")

    def kill(self):
        """Ends the server as a crash does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def admin(self, *words):
        """An administration command; its JSON."""
        command = [self.binary, *words, "--admin", f"http://127.0.0.1:{self.admin_port}"]
        command += ["--credential", self.keys / "operator.json", "--output", "json"]
        return json.loads(run(command, self._environment))

    def metrics(self):
        """The figures of /metrics without labels: name and number."""
        operator = json.loads((self.keys / "operator.json").read_text())
        credential = f"Bearer {operator['operator']}:{operator['token']}"
        connection = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=30)
        try:
            connection.request("GET", "/metrics", headers={"Authorization": credential})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        expect_equal(answer.status, 200, "status of /metrics")
        lines = [line.split() for line in text.splitlines() if line[0] != "#" and "{" not in line]
        return {name: float(number) for name, number in lines}

    def create_tenant(self, name, display_name):
        """A tenant with one access key: (access key id, secret access key)."""
        self.admin("tenant", "create", name, "--display-name", display_name)
        answer = self.admin("key", "create", "--tenant", name)
        return answer["access_key_id"], answer["secret_access_key"]

    def status_field(self, name):
        """A field of the kernel's /proc/PID/status, such as VmHWM, in bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise Failed(f"the kernel does not tell {name}")

    def disk_bytes(self):
        """What the data folder takes on disk."""
        total = 0
        for path in self.data.rglob("*"):
            with contextlib.suppress(FileNotFoundError):  # the engine removes files meanwhile
                total += path.lstat().st_blocks * 512
        return total

    def settle_log(self):
        """Waits for the last lines: they are written some milliseconds late."""
        time.sleep(LOG_SETTLES_SECONDS)

    def read_log(self):
        """The server's log, its last lines included."""
        self.settle_log()
        return self.log.read_text("utf-8", "replace")

    def print_log_tail(self):
        """The end of the server's log, for a person who looks for the cause of a failure."""
        if not self.log.exists():
            return
        say(f"----- the end of {self.log}")
        for line in self.log.read_text("utf-8", "replace").splitlines()[-LOG_TAIL_LINES:]:
            say(line)
        say("-----")


class Target:
    """Where a client test goes: endpoint, credentials, certificate authority, folders."""

    def __init__(self, server, credential, folder, authority=None):
        self.scheme = "https" if authority else "http"
        self.host = f"127.0.0.1:{server.port}"
        self.endpoint = f"{self.scheme}://{self.host}"
        self.access_key_id, self.secret_access_key = credential
        self.session_token = None
        self.ca_file = str(authority.certificate) if authority else None
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)

    def environment(self, **extra):
        """The environment of a client that reads AWS's variables."""
        aws = {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
        }
        if self.session_token:
            aws["AWS_SESSION_TOKEN"] = self.session_token
        if self.ca_file:
            aws["AWS_CA_BUNDLE"] = self.ca_file
        return clean_environment(self.home, {**aws, **extra})

    def boto3_client(self, service="s3", **config):
        """A boto3 client, of S3 unless another service is named; keyword arguments go into botocore's `Config`."""
        import boto3  # only here: the other modules do without it
        from botocore.config import Config

        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token,
            region_name=REGION,
            verify=self.ca_file,
            config=Config(proxies={}, **config),
        )

    def fresh_folder(self, name):
        """An empty folder of this name below the target's."""
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


# Names that clients and servers are known to trip over; the city administration has such files.
AWKWARD_NAMES = [
    "Решење бр. 12-3 + прилог (1).txt",
    "подфасцикла/Одлука о буџету за 2026.txt",
    "Šifarnik čćšđž.txt",
    "a+b=c&d,e;f@g.txt",
    "percent%20sign%.txt",
    "tilde~ 'single' !star*.txt",
    "#hash [brackets] {braces}.txt",
    "empty.bin",
]
# aws and boto3 switch to multipart at 8 MiB; restic and rclone have other borders near it.
AWKWARD_SIZES = [1, 65535, 65536, 65537, 262144, 262145, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1]


class Corpus:
    """Real files of this machine, awkward names and sizes, and one large random file."""

    def __init__(self, folder, file_count, large_bytes):
        self.tree = folder / "tree"
        self.large = folder / "large.bin"
        self._random = random.Random(2026)
        self._copy_real_files(file_count)
        self._make_awkward_files()
        self._make_large_file(large_bytes)
        self.file_count = sum(1 for path in self.tree.rglob("*") if path.is_file())

    def _copy_real_files(self, file_count):
        # The second is for machines that are installed without documentation.
        roots = [Path("/usr/share/doc"), Path(os.__file__).parent]
        copied = 0
        for root in roots:
            for source in sorted(root.rglob("*")):
                if copied == file_count:
                    return
                if source.is_symlink() or not source.is_file():
                    continue
                target = self.tree / root.name / source.relative_to(root)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
                copied += 1
        raise Failed(f"only {copied} real files on this machine, {file_count} wanted")

    def _make_awkward_files(self):
        folder = self.tree / "awkward"
        for number, name in enumerate(AWKWARD_NAMES):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            size = 0 if name == "empty.bin" else 1000 + number
            path.write_bytes(self._random.randbytes(size))
        for size in AWKWARD_SIZES:
            (folder / f"size-{size}.bin").write_bytes(self._random.randbytes(size))

    def _make_large_file(self, large_bytes):
        with self.large.open("wb") as file:
            left = large_bytes
            while left:
                piece = min(left, 4 * MIB)
                file.write(self._random.randbytes(piece))
                left -= piece


def expect_same_file(path, wanted):
    """Fails the running check unless two files hold the same bytes."""
    expect(Path(path).is_file(), f"{Path(path).name} is missing")
    expect(filecmp.cmp(path, wanted, shallow=False), f"{Path(path).name} came back different")


def relative_files(folder):
    """All files below a folder, as sorted relative names."""
    files = [path for path in Path(folder).rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in files)


def expect_same_tree(folder, wanted):
    """Fails the running check unless two trees hold the same files with the same bytes."""
    names, wanted_names = relative_files(folder), relative_files(wanted)
    missing = sorted(set(wanted_names) - set(names))
    extra = sorted(set(names) - set(wanted_names))
    expect(not missing and not extra, f"missing {missing[:5]}, extra {extra[:5]}")
    for name in names:
        expect_same_file(Path(folder) / name, Path(wanted) / name)


@contextlib.contextmanager
def work_folder(keep=None):
    """A folder for one run: a temporary one that goes away, or a named one that stays."""
    if keep:
        folder = Path(keep).resolve()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="riznica-test-") as folder:
        yield Path(folder)


def main_of(program, report, server):
    """Runs a whole test program; ends the server in any case; shows its log on failure."""
    try:
        program()
    except Exception as error:
        report.failed += 1
        say(f"FAIL  the test could not go on: {type(error).__name__}: {error}")
    finally:
        if report.failed:
            server.print_log_tail()
        server.kill()
    return report.close()
