"""An object storage as a process: moto's S3 server, somebody else's reading of the same documents."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from app.gateways.files.bucket import Bucket

_STARTS_S = 60


@dataclass(frozen=True, slots=True)
class Storage:
    """A running one with an empty bucket."""

    url: str
    pid: int

    def bucket(self, name: str = "files", *, key_id: str = "rehearsal") -> Bucket:
        """What our settings would say of it."""
        return Bucket(url=f"s3://{name}/papers", endpoint=self.url, region="us-east-1", key_id=key_id, secret="secret")

    def names(self) -> list[str]:
        """What lies in the bucket, asked by another client."""
        return [one["Key"] for one in self._client().list_objects_v2(Bucket="files").get("Contents", [])]

    def read(self, name: str) -> bytes:
        """One object of it."""
        data: bytes = self._client().get_object(Bucket="files", Key=name)["Body"].read()
        return data

    def make_bucket(self) -> None:
        self._client().create_bucket(Bucket="files")

    def stop(self) -> None:
        """Silence: connections are taken and nothing is answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _client(self):  # type: ignore[no-untyped-def] # boto3 makes its classes when it runs
        return boto3.client(
            "s3", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="rehearsal",
            aws_secret_access_key="secret", config=Config(proxies={}),
        )  # fmt: skip


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with running(tmp_path_factory.mktemp("storage") / "said") as found:
        yield found


@contextlib.contextmanager
def running(said: Path) -> Iterator[Storage]:
    """One that runs while the block does; what it says goes into this file."""
    with (
        said.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"], stdout=out, stderr=out, env=_quiet()
        ) as server,
    ):
        try:
            found = Storage(_address(said, server), server.pid)
            found.make_bucket()
            yield found
        finally:
            server.kill()


def _address(said: Path, server: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + _STARTS_S
    while server.poll() is None and time.monotonic() < until:
        for line in said.read_text().splitlines():
            if " on http://127.0.0.1:" in line:
                return line.rpartition(" on ")[2].strip()
        time.sleep(0.05)
    raise AssertionError(said.read_text())


def _quiet() -> dict[str, str]:
    return {**os.environ, "PYTHONWARNINGS": "ignore"}
