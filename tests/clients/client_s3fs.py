"""s3fs, the file system of pandas and Dask on S3: filesystem/lifecycle.py.

It needs an older botocore than boto3's newest, hence the environment and process of its own.
"""

from pathlib import Path

from script import report_script

SCRIPT = Path(__file__).parent / "filesystem" / "lifecycle.py"
PYTHON = Path.home() / ".cache" / "riznica" / "venv-s3fs" / "bin" / "python"


def life_cycle(report, target, corpus):
    """Files and folders, written, read in ranges, listed, appended to, moved and removed."""
    environment = target.environment(
        AWS_ENDPOINT_URL=target.endpoint,
        RIZNICA_LARGE_FILE=str(corpus.large),
        PYTHONDONTWRITEBYTECODE="1",
    )
    report_script(report, f"s3fs {target.scheme}", [PYTHON, SCRIPT], environment)
