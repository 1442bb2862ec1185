"""The listeners and the command line: slow clients, stop, certificates, virtual hosts, logs."""

import argparse
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import boto3
from botocore.client import Config
from botocore.exceptions import ClientError
from harness import Authority, Report, Server, Target, expect, expect_equal, main_of, work_folder

PATIENCE = "[server]\nbody_idle_timeout_s = 1\nheader_timeout_s = 2\n"
LOG = '[log]\nformat = "json"\n[s3]\ndomains = ["s3.test"]\n'


class Listener:
    """One server, asked in ways that good clients do not ask."""

    def __init__(self, report, server, folder):
        self.report = report
        self.server = server
        self.folder = folder
        self.target = None

    def program(self):
        """All checks."""
        self.server.initialise()
        self.server.start(PATIENCE + LOG)
        credential = self.server.create_tenant("city", "Градска управа")
        self.target = Target(self.server, credential, self.folder / "clients")
        self.s3 = self.target.boto3_client(signature_version="s3v4", retries={"max_attempts": 0})
        self.s3.create_bucket(Bucket="listener")
        checks = [
            ("a body that stalls is answered RequestTimeout", self.stalled_body),
            ("a head that dribbles is given up", self.dribbled_head),
            ("a head over 16 KiB is refused", self.large_head),
            ("virtual-host style finds the bucket", self.virtual_host),
            ("the request id of answer, error body and JSON log are one", self.request_id),
            ("an existing access key is taken over, disabled and deleted", self.access_keys),
            ("a wrong configuration stops the start with its key", self.configuration),
            ("a log that cannot be written stops nobody and is counted", self.full_log),
            ("a stop lets a request in flight finish", self.graceful_stop),
            ("a replaced certificate is shown, connections live on", self.certificates),
        ]
        for name, check in checks:
            with self.report.check(f"listener: {name}"):
                check()

    def open_put(self, name, length):
        """A raw connection with the head of a presigned PUT on it."""
        place = {"Bucket": "listener", "Key": name}
        url = self.s3.generate_presigned_url("put_object", Params=place, ExpiresIn=60)
        path = url.split(self.target.host, 1)[1]
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        head = f"PUT {path} HTTP/1.1\r\nHost: {self.target.host}\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode())
        return connection

    def absent(self, name):
        """Nothing is stored under this name."""
        try:
            self.s3.head_object(Bucket="listener", Key=name)
        except ClientError as error:
            expect_equal(error.response["ResponseMetadata"]["HTTPStatusCode"], 404, "status")
        else:
            expect(False, f"{name} is stored")

    def stalled_body(self):
        """Half a body, then nothing."""
        connection = self.open_put("stalled", 1000)
        connection.sendall(b"x" * 500)
        answer = connection.recv(65536)
        expect(answer.startswith(b"HTTP/1.1 400") and b"RequestTimeout" in answer, answer)
        connection.close()
        self.absent("stalled")

    def dribbled_head(self):
        """One byte at a time, without end."""
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        started = time.monotonic()
        try:
            while time.monotonic() - started < 8 and not connection.recv(1, socket.MSG_DONTWAIT):
                connection.sendall(b"y")
                time.sleep(0.1)
        except BlockingIOError:
            connection.settimeout(8)
            connection.recv(4096)
        except OSError:
            pass
        expect(time.monotonic() - started < 8, "the connection is still open")
        connection.close()

    def large_head(self):
        """More than the configured 16 KiB."""
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"y" * 20000 + b"\r\n\r\n")
        expect(connection.recv(65536).startswith(b"HTTP/1.1 400"), "not refused")
        connection.close()

    def virtual_host(self):
        """The bucket in front of a configured domain; resolved by hand, since no DNS knows it."""
        self.s3.put_object(Bucket="listener", Key="vhost.txt", Body=b"vhost")
        client = boto3.client(
            "s3",
            endpoint_url=f"http://s3.test:{self.server.port}",
            region_name="us-east-1",
            aws_access_key_id=self.target.access_key_id,
            aws_secret_access_key=self.target.secret_access_key,
            config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
        )
        place = {"Bucket": "listener", "Key": "vhost.txt"}
        url = client.generate_presigned_url("get_object", Params=place, ExpiresIn=60)
        host, path = url.removeprefix("http://").split("/", 1)
        expect(host.startswith("listener.s3.test"), f"not virtual-host style: {host}")
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.port}/{path}")
        request.add_unredirected_header("Host", host)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            expect_equal(answer.read(), b"vhost", "body")

    def request_id(self):
        """As a person at the console follows a complaint."""
        try:
            self.s3.get_object(Bucket="listener", Key="absent")
        except ClientError as error:
            metadata = error.response["ResponseMetadata"]
            request_id = metadata["HTTPHeaders"]["x-amz-request-id"]
            expect_equal(metadata["RequestId"], request_id, "request id in the body")
        lines = [json.loads(line) for line in self.server.read_log().splitlines()]
        found = [line for line in lines if line.get("request_id") == request_id]
        expect_equal([line["code"] for line in found], ["NoSuchKey"], "log lines of the request")

    def access_keys(self):
        """An institution brings its credentials along."""
        secret = self.folder / "secret"
        secret.write_text("bring-your-own-secret-0123456789\n")
        words = ["--access-key", "OLDKEY0123", "--secret-key-file", secret]
        self.server.admin("key", "create", "--tenant", "city", *words)
        credential = ("OLDKEY0123", "bring-your-own-secret-0123456789")
        old = Target(self.server, credential, self.folder / "old").boto3_client()
        expect_equal(len(old.list_buckets()["Buckets"]), 1, "buckets of the tenant")
        self.server.admin("key", "disable", "OLDKEY0123")
        self.refused(old)
        self.server.admin("key", "delete", "--yes", "OLDKEY0123")
        self.refused(old)
        keys = [key["access_key_id"] for key in self.server.admin("key", "list")]
        expect_equal(keys, [self.target.access_key_id], "keys left")

    def refused(self, client):
        """The access key does not work any more."""
        try:
            client.list_buckets()
        except ClientError as error:
            expect_equal(error.response["Error"]["Code"], "InvalidAccessKeyId", "code")
        else:
            expect(False, "the access key still works")

    def configuration(self):
        """The operator's slip of the finger."""
        path = self.folder / "wrong.toml"
        for text, wanted in [
            ("[server]\nlissten = 1\n", "lissten"),
            ('[storage]\nengine = "tape"\n', "storage.engine"),
            ('[admin]\nlisten = "0.0.0.0:1"\n', "admin.listen"),
        ]:
            path.write_text(text)
            command = [self.server.binary, "serve", "--config", path]
            ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
            expect(ended.returncode != 0 and wanted in ended.stderr, ended.stderr)

    def full_log(self):
        """The disk that the log goes to is full."""
        self.server.stop()
        log, self.server.log = self.server.log, Path("/dev/full")
        try:
            self.server.start(PATIENCE + LOG)
        finally:
            self.server.log = log
        # More lines than wait in memory.
        for _ in range(400):
            self.absent("absent")
        self.server.settle_log()
        lost = self.server.metrics()["riznica_log_lines_lost_total"]
        expect(0 < lost < 400, f"{lost} lines lost")
        self.server.stop()
        self.server.start(PATIENCE + LOG)

    def graceful_stop(self):
        """Half a body, the signal, the other half."""
        connection = self.open_put("in-flight", 1000)
        connection.sendall(b"x" * 500)
        time.sleep(0.2)
        stopper = threading.Thread(target=self.server.stop)
        stopper.start()
        time.sleep(0.3)
        connection.sendall(b"y" * 500)
        expect(connection.recv(65536).startswith(b"HTTP/1.1 200"), "the request was cut off")
        connection.close()
        stopper.join()
        self.server.start(PATIENCE + LOG)
        body = self.s3.get_object(Bucket="listener", Key="in-flight")["Body"].read()
        expect_equal(body, b"x" * 500 + b"y" * 500, "body")

    def certificates(self):
        """A new certificate takes over by SIGHUP and by its file's change."""
        self.server.stop()
        first = Authority(self.folder / "first")
        config = first.config() + "tls_reload_interval_s = 1\n"
        self.server.start(config)
        connection = self.tls(first)
        process = self.server.process
        for number, by_signal in enumerate([True, False]):
            other = Authority(self.folder / f"other-{number}")
            first.server_private_key.write_bytes(other.server_private_key.read_bytes())
            first.server_certificate.write_bytes(other.server_certificate.read_bytes())
            if by_signal:
                os.kill(process.pid, signal.SIGHUP)
            deadline = time.monotonic() + 10
            while True:
                try:
                    self.tls(other).close()
                    break
                except ssl.SSLError:
                    expect(time.monotonic() < deadline, "the new certificate is not shown")
                    time.sleep(0.1)
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        expect(connection.recv(4096).startswith(b"HTTP/1.1 403"), "the old connection is dead")
        connection.close()

    def tls(self, authority):
        """A connection that trusts this authority alone."""
        context = ssl.create_default_context(cafile=str(authority.certificate))
        plain = socket.create_connection(("127.0.0.1", self.server.port), timeout=10)
        return context.wrap_socket(plain, server_hostname="localhost")


def main():
    """Parses the command line and runs the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    os.environ["NO_PROXY"] = "127.0.0.1"
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")
        listener = Listener(report, server, folder)
        return main_of(listener.program, report, server)


if __name__ == "__main__":
    sys.exit(main())
