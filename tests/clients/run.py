#!/usr/bin/env python3
"""Ring 3: the clients that people have, against a real server process, over HTTP and HTTPS.

    run.py --binary PATH [--quick] [--only aws,rclone] [--scheme http|https] [--keep FOLDER]

Every client goes through its life cycle on real files, and what comes back is compared byte by
byte. No client gets an option that makes it more compatible. HTTPS uses the same data folder after
a restart, with a certificate of an authority that the clients are told to trust. A line for each
check; the closing line counts them; the exit code says whether all passed.
"""

import argparse
import os
import sys

import client_acl
import client_aws
import client_boto3
import client_forms
import client_fuse
import client_iam
import client_js
import client_lifecycle
import client_lock
import client_minio
import client_parquet
import client_rclone
import client_restic
import client_s3cmd
import client_s3fs
from harness import MIB, Authority, Corpus, Report, Server, Target, main_of, say, work_folder

# File count and size of the large file in bytes, per scheme. Large enough for several parts even
# when quick.
FULL = {"http": (2200, 300_000_000), "https": (2200, 300_000_000)}
QUICK = {"http": (250, 24 * MIB + 17), "https": (60, 24 * MIB + 17)}

CLIENTS = {
    "aws": client_aws.life_cycle,
    "aws2": client_aws.life_cycle_2,
    "boto3": client_boto3.life_cycle,
    "acl": client_acl.life_cycle,
    "forms": client_forms.life_cycle,
    "iam": client_iam.life_cycle,
    "lock": client_lock.life_cycle,
    "lifecycle": client_lifecycle.life_cycle,
    "js": client_js.life_cycle,
    "rclone": client_rclone.life_cycle,
    "s3cmd": client_s3cmd.life_cycle,
    "restic": client_restic.life_cycle,
    "minio": client_minio.life_cycle,
    "fuse": client_fuse.life_cycle,
    "parquet": client_parquet.life_cycle,
    "s3fs": client_s3fs.life_cycle,
}

CITY = ("city", "Градска управа / Gradska uprava čćšđž")
FOREIGN = ("foreign", "Somebody else")


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", required=True, help="the riznica binary")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller files")
    parser.add_argument("--only", help="clients, separated by commas")
    parser.add_argument("--scheme", choices=["http", "https"], help="only one of the two")
    parser.add_argument("--keep", help="work in this folder and leave it")
    arguments = parser.parse_args()
    arguments.clients = arguments.only.split(",") if arguments.only else list(CLIENTS)
    unknown = sorted(set(arguments.clients) - set(CLIENTS))
    if unknown:
        parser.error(f"no such client: {', '.join(unknown)}; there are {', '.join(CLIENTS)}")
    return arguments


def drive(report, arguments, server, folder, scheme, authority, credentials):
    """All clients with one scheme."""
    file_count, large_bytes = (QUICK if arguments.quick else FULL)[scheme]
    say(f"----- {scheme}: {file_count} real files, a large one of {large_bytes} bytes")
    corpus = Corpus(folder / f"corpus-{scheme}", file_count, large_bytes)
    target = Target(server, credentials[CITY], folder / scheme, authority)
    foreign = Target(server, credentials[FOREIGN], folder / f"{scheme}-foreign", authority)
    for name in arguments.clients:
        more = [foreign] if name in ("acl", "boto3") else []
        CLIENTS[name](report, target, corpus, *more)


def main():
    """Initialises, starts, drives every client, restarts with TLS, drives them again."""
    arguments = parse_arguments()
    # The libraries that run in this process take none of this machine's settings.
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        del os.environ[name]
    schemes = [arguments.scheme] if arguments.scheme else ["http", "https"]
    report = Report()
    with work_folder(arguments.keep) as folder:
        server = Server(arguments.binary, folder / "server")

        def program():
            authority = Authority(folder / "authority")
            server.initialise()
            server.start(client_lifecycle.JOBS)
            credentials = {tenant: server.create_tenant(*tenant) for tenant in [CITY, FOREIGN]}
            with report.check("admin: a display name in Cyrillic and Latin comes back"):
                shown = server.admin("tenant", "show", CITY[0])
                if CITY[1] not in str(shown):
                    raise ValueError(f"tenant show answers {shown}")
            if "http" in schemes:
                drive(report, arguments, server, folder, "http", None, credentials)
            with report.check("server: stops cleanly and starts again on the same data with TLS"):
                server.stop()
                server.start(client_lifecycle.JOBS + authority.config())
            if "https" in schemes:
                drive(report, arguments, server, folder, "https", authority, credentials)
            with report.check("server: stops cleanly"):
                server.stop()

        return main_of(program, report, server)


if __name__ == "__main__":
    sys.exit(main())
