"""Files in a bucket of any S3-compatible object storage, by `obstore`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.gateways.files.base import place_of
from app.gateways.waiting import Line
from app.kernel.errors import Unavailable

AT_ONCE: Final = 16
WAITING_MOST: Final = 128
CONNECT_S: Final = 2
ANSWER_S: Final = 8
"""For one try, from the first byte out to the last one in."""
DEADLINE_S: Final = 12
"""For a file with all its tries."""
RETRIES: Final = 2
_ABSENT: Final = "<Code>NoSuchKey</Code>"
"""S3 says 404 for a missing bucket too; only this code means that the file is not there.

Source: Amazon S3 API reference, "Error responses".
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Where the bucket is and who we are there."""

    url: str
    """`s3://bucket` or `s3://bucket/a/place/in/it`."""
    endpoint: str
    """`https://host`, with the bucket in the path (what MinIO, Ceph and others serve); empty: Amazon's of the region."""
    region: str
    key_id: str
    secret: str = field(repr=False)


class BucketStore:
    """Keeps files in one bucket. They are read and written through us and have no address of their own: what is a
    person's is sealed, and only we can open it."""

    def __init__(self, bucket: Bucket) -> None:
        parts = urlsplit(bucket.url)
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            endpoint=bucket.endpoint or None,
            region=bucket.region,
            access_key_id=bucket.key_id,
            secret_access_key=bucket.secret,
            virtual_hosted_style_request=not bucket.endpoint,
            client_options={
                "allow_http": bucket.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "timeout": timedelta(seconds=ANSWER_S),
            },
            retry_config={
                "max_retries": RETRIES,
                "retry_timeout": timedelta(seconds=DEADLINE_S),
                "backoff": {
                    "init_backoff": timedelta(milliseconds=100),
                    "max_backoff": timedelta(seconds=1),
                    "base": 2,
                },
            },
        )
        self._line = Line(AT_ONCE, waiting_most=WAITING_MOST)

    async def fetch(self, name: str) -> bytes | None:
        try:
            async with self._asking():
                found = await obstore.get_async(self._store, place_of(name))
                return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def keep(self, name: str, data: bytes) -> None:
        async with self._asking():
            # One request, whatever its size: parts would need a second one to end them, and may stay behind.
            await obstore.put_async(self._store, place_of(name), data, use_multipart=False)

    async def drop(self, name: str) -> None:
        try:
            async with self._asking():
                await obstore.delete_async(self._store, place_of(name))
        except FileNotFoundError:
            return

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """A place in line and a deadline; raises FileNotFoundError where the store says that there is no such file."""
        async with self._line.turn():
            try:
                async with asyncio.timeout(DEADLINE_S):
                    yield
            except TimeoutError as silence:
                raise Unavailable(f"files: no answer within {DEADLINE_S} s") from silence
            except (BaseError, OSError) as refusal:
                if isinstance(refusal, FileNotFoundError) and _ABSENT in str(refusal):
                    raise
                # The library's own text names the bucket and what it asked for: enough, and no secret.
                raise Unavailable(f"files: {str(refusal).partition(chr(10))[0]}") from refusal
