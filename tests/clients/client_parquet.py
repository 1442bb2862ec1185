"""Parquet on S3: pyarrow writes tables and reads columns by ranges; DuckDB queries them.

DuckDB's extension comes as a PyPI package, because it cannot be downloaded in a closed network;
DuckDB itself checks the extension's signature when it loads it. The package's own code is not run.
"""

import hashlib
import importlib.util
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from harness import MIB, REGION, expect, expect_equal
from pyarrow import fs

ROWS = 400_000
ROWS_OF_A_GROUP = 50_000
OFFICES = ["Урбанизам", "Буџет", "Матична служба", "Инспекција", "Писарница"]


def life_cycle(report, target, corpus):
    """Written, listed, read by ranges, queried, copied and removed."""
    del corpus  # these programs bring tables of their own
    Parquet(target).life_cycle(report)


class Parquet:
    """One run of pyarrow and DuckDB on one bucket."""

    def __init__(self, target):
        self.target = target
        self.bucket = "parquet"
        self.folder = target.fresh_folder("parquet")
        self.path = f"{self.bucket}/предмети/cases 2026.parquet"
        self.table = make_table()
        self.local = self.folder / "local.parquet"
        self.s3 = fs.S3FileSystem(
            access_key=target.access_key_id,
            secret_key=target.secret_access_key,
            region=REGION,
            scheme=target.scheme,
            endpoint_override=target.host,
            tls_ca_file_path=target.ca_file,
            # Without these two it refuses to make and remove buckets.
            allow_bucket_creation=True,
            allow_bucket_deletion=True,
        )

    def life_cycle(self, report):
        """All checks, in an order in which each finds what it needs."""
        checks = {
            "pyarrow": [
                ("make a bucket, small files, metadata", self.small_files),
                ("write a table in parts, the same bytes come back", self.write),
                ("read one column of one row group by ranges", self.read_ranges),
                ("write and filter a partitioned dataset", self.dataset),
                ("list, copy and move", self.list_and_copy),
            ],
            "duckdb": [
                ("query one column, reading a part of the file", self.query),
                ("query partitions by a pattern", self.query_pattern),
                ("COPY TO the bucket and read it back", self.copy_to),
            ],
            "pyarrow at last": [("delete files, folders and the bucket", self.remove)],
        }
        for program, named in checks.items():
            for name, check in named:
                with report.check(f"{program} {self.target.scheme}: {name}"):
                    check()

    def small_files(self):
        """A file and what is said of it."""
        self.s3.create_dir(self.bucket)
        path = f"{self.bucket}/small + ш.txt"
        with self.s3.open_output_stream(path, metadata={"Content-Type": "text/x-case"}) as stream:
            stream.write("Решење".encode())
        with self.s3.open_input_stream(path) as stream:
            expect_equal(stream.read(), "Решење".encode(), "content")
            kept = stream.metadata()
        expect_equal(kept.get("Content-Type"), b"text/x-case", f"content type in {kept}")
        absent = self.s3.get_file_info(f"{self.bucket}/absent")
        expect_equal(absent.type, fs.FileType.NotFound, "type of an absent file")

    def write(self):
        """More than one part of 10 MiB; the file is the one that pyarrow writes locally."""
        options = {"row_group_size": ROWS_OF_A_GROUP, "compression": "none"}
        pq.write_table(self.table, self.local, **options)
        expect(self.local.stat().st_size > 10 * MIB, "the file is too small for parts")
        pq.write_table(self.table, self.path, filesystem=self.s3, **options)
        with self.s3.open_input_stream(self.path) as stream:
            remote = hashlib.sha256(stream.read()).hexdigest()
        expect_equal(remote, hashlib.sha256(self.local.read_bytes()).hexdigest(), "SHA-256")

    def read_ranges(self):
        """The footer, then the pages of one column: never the whole file."""
        with pq.ParquetFile(self.path, filesystem=self.s3, pre_buffer=True) as file:
            expect_equal(file.num_row_groups, ROWS // ROWS_OF_A_GROUP, "row groups")
            part = file.read_row_group(5, columns=["amount"])
        wanted = self.table.select(["amount"]).slice(5 * ROWS_OF_A_GROUP, ROWS_OF_A_GROUP)
        expect(part.equals(wanted), "a column of a row group came back different")
        with self.s3.open_input_file(self.path) as file, self.local.open("rb") as local:
            for position, length in [(0, 4), (MIB - 1, 3), (10 * MIB - 7, 20), (5, 2 * MIB)]:
                local.seek(position)
                expect(file.read_at(length, position) == local.read(length), "a range differs")

    def dataset(self):
        """A folder for each office; a filter reads one of them."""
        base = f"{self.bucket}/by-office"
        partitioning = ds.partitioning(pa.schema([("office", pa.string())]), flavor="hive")
        ds.write_dataset(
            self.table, base, filesystem=self.s3, format="parquet", partitioning=partitioning
        )
        found = ds.dataset(base, filesystem=self.s3, partitioning=partitioning)
        expect_equal(found.count_rows(), ROWS, "rows of the dataset")
        wanted = pc.sum(self.table.filter(pc.field("office") == OFFICES[1])["amount"]).as_py()
        part = found.to_table(columns=["amount"], filter=pc.field("office") == OFFICES[1])
        expect_equal(pc.sum(part["amount"]).as_py(), wanted, "sum of one office")

    def list_and_copy(self):
        """Folders, and copies on the server."""
        selector = fs.FileSelector(self.bucket)
        names = sorted(row.base_name for row in self.s3.get_file_info(selector))
        expect_equal(names, ["by-office", "small + ш.txt", "предмети"], "names")
        copied, moved = f"{self.bucket}/copy.parquet", f"{self.bucket}/moved/copy.parquet"
        self.s3.copy_file(self.path, copied)
        self.s3.move(copied, moved)
        absent = self.s3.get_file_info(copied)
        expect_equal(absent.type, fs.FileType.NotFound, "type of what was moved")
        expect(pq.read_table(moved, filesystem=self.s3).equals(self.table), "the copy differs")

    def duckdb(self):
        """A connection with the extension and a secret for our endpoint."""
        package = Path(importlib.util.find_spec("duckdb_extension_httpfs").origin).parent
        extension = package / "extensions" / f"v{duckdb.__version__}" / "httpfs.duckdb_extension"
        connection = duckdb.connect(config={"home_directory": str(self.target.home)})
        connection.execute(f"LOAD '{extension}'")
        if self.target.ca_file:
            connection.execute(f"SET ca_cert_file = '{self.target.ca_file}'")
        connection.execute(
            f"CREATE SECRET (TYPE s3, KEY_ID '{self.target.access_key_id}', "
            f"SECRET '{self.target.secret_access_key}', REGION '{REGION}', "
            f"ENDPOINT '{self.target.host}', URL_STYLE 'path', "
            f"USE_SSL {str(self.target.scheme == 'https').lower()})"
        )
        return connection

    def query(self):
        """What DuckDB says of its traffic shows that it read by ranges."""
        with self.duckdb() as connection:
            question = f"SELECT sum(amount), count(*) FROM 's3://{self.path}' WHERE number < 1000"
            wanted = (pc.sum(self.table["amount"].slice(0, 1000)).as_py(), 1000)
            expect_equal(connection.execute(question).fetchone(), wanted, "answer")
        with self.duckdb() as connection:  # a new one has nothing cached
            plan = connection.execute(f"EXPLAIN ANALYZE {question}").fetchone()[1]
            read = re.search(r"in: ([0-9.]+) (\w+)", plan)
            expect(read, f"the plan does not tell the traffic: {plan[:300]}")
            units = {"bytes": 1, "KiB": 1024, "MiB": MIB}
            count = float(read[1]) * units[read[2]]
            size = self.local.stat().st_size
            expect(count < size / 4, f"{count:.0f} of {size} bytes were read")

    def query_pattern(self):
        """A pattern is a listing."""
        with self.duckdb() as connection:
            source = f"read_parquet('s3://{self.bucket}/by-office/*/*.parquet')"
            rows = connection.execute(
                f"SELECT office, count(*) FROM {source} GROUP BY office"
            ).fetchall()
        each = ROWS // len(OFFICES)
        expect_equal(sorted(rows), sorted((name, each) for name in OFFICES), "rows by office")

    def copy_to(self):
        """DuckDB writes in parts too."""
        place = f"{self.bucket}/duckdb.parquet"
        with self.duckdb() as connection:
            connection.execute(
                f"COPY (SELECT * FROM 's3://{self.path}') TO 's3://{place}' (FORMAT parquet)"
            )
        back = pq.read_table(place, filesystem=self.s3)
        expect(back.equals(self.table), "the table came back different")

    def remove(self):
        """Nothing keeps the bucket but objects."""
        self.s3.delete_file(self.path)
        self.s3.delete_dir(f"{self.bucket}/by-office")
        left = self.s3.get_file_info(fs.FileSelector(self.bucket, recursive=True))
        names = sorted(row.path for row in left if row.type == fs.FileType.File)
        wanted = ["duckdb.parquet", "moved/copy.parquet", "small + ш.txt"]
        expect_equal(names, [f"{self.bucket}/{name}" for name in wanted], "what is left")
        self.s3.delete_dir(self.bucket)
        absent = self.s3.get_file_info(self.bucket)
        expect_equal(absent.type, fs.FileType.NotFound, "type of the removed bucket")


def make_table():
    """Rows of a case register; the text column makes the file large."""
    numbers = list(range(ROWS))
    columns = {
        "number": pa.array(numbers, pa.int64()),
        "office": pa.array([OFFICES[number % len(OFFICES)] for number in numbers]),
        "amount": pa.array([number * 7919 % 100_003 for number in numbers], pa.int64()),
        "text": pa.array([f"предмет {number * 2654435761 % 2**32:08x}" for number in numbers]),
    }
    return pa.table(columns)
