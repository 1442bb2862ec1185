"""Plain HTTP on presigned URLs, for tests that look at every byte and at how an answer ends."""

import http.client
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 300
URL_SECONDS = 3600
# An answer that did not come whole.
ABORTED = "aborted"


class Signer:
    """Makes presigned URLs. Signing needs no connection, so any number of threads may share one."""

    def __init__(self, target, bucket):
        self.bucket = bucket
        self.client = target.boto3_client(signature_version="s3v4")
        self._ca_file = target.ca_file
        self._lock = threading.Lock()

    def url(self, operation, object_key):
        """The URL for `get_object`, `put_object` or `delete_object`."""
        place = {"Bucket": self.bucket, "Key": object_key}
        with self._lock:
            return self.client.generate_presigned_url(
                operation, Params=place, ExpiresIn=URL_SECONDS
            )

    def form(self, object_key, fields=None):
        """A browser's form: its URL, its type, and what stands ahead of the file and behind it."""
        conditions = [{name: value} for name, value in (fields or {}).items()]
        with self._lock:
            post = self.client.generate_presigned_post(
                self.bucket, object_key, fields, conditions, URL_SECONDS
            )
        boundary = "----boundary-of-a-form"
        part = f"--{boundary}\r\nContent-Disposition: form-data; name="
        head = "".join(
            f'{part}"{name}"\r\n\r\n{value}\r\n' for name, value in post["fields"].items()
        )
        head += f'{part}"file"; filename="f"\r\n\r\n'
        tail = f"\r\n--{boundary}--\r\n"
        content_type = f"multipart/form-data; boundary={boundary}"
        return post["url"], content_type, head.encode(), tail.encode()

    def connect(self, url):
        """A connection to the URL's server, and what to ask there."""
        parts = urlsplit(url)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=self._ca_file)
            connection = http.client.HTTPSConnection(
                parts.netloc, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        return connection, f"{parts.path}?{parts.query}"

    def get(self, object_key):
        """(status, body): the status is `ABORTED` when the answer ended before its end."""
        connection, place = self.connect(self.url("get_object", object_key))
        try:
            connection.request("GET", place)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except http.client.IncompleteRead as cut:
            return ABORTED, cut.partial
        except (OSError, http.client.HTTPException):
            return ABORTED, b""
        finally:
            connection.close()


def in_parallel(worker_count, function, items):
    """The results of `function` for all items, in their order; the first failure is raised."""
    with ThreadPoolExecutor(worker_count) as pool:
        return list(pool.map(function, items))
