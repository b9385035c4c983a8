"""The processes of the demo, one supervised tree: none of them outlives the process that began it."""

import contextlib
import http.client
import subprocess
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from config.settings import PROJECT

_READY_S: Final = 60.0
_GRACE_S: Final = 8.0
_TAIL_LINES: Final = 12


class ProcessEnded(Exception):
    """One of our processes ended by itself; its log says why."""


class Tree:
    """Our processes; they are told to end together and killed when they do not."""

    def __init__(self, logs: Path, environment: dict[str, str]) -> None:
        self._logs = logs
        self._environment = environment
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, name: str, *arguments: str) -> None:
        """Start one; its output goes to a log of its own. It ends when this process is gone, however that happens."""
        with (self._logs / f"{name}.log").open("wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "app.cli.demo.tied", *arguments],
                env=self._environment, cwd=PROJECT, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                process_group=0,
            )  # fmt: skip

    def check(self) -> None:
        """Raise where one has ended by itself.

        Raises:
            ProcessEnded: with the end of its log.
        """
        for name, process in self._running.items():
            if process.poll() is not None:
                raise ProcessEnded(f"{name} ended with {process.returncode}:\n{self._tail(name)}")

    def wait(self, url: str) -> None:
        """Until this address answers well.

        Raises:
            ProcessEnded: one of ours ended meanwhile, or it took too long.
        """
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline:
            self.check()
            if _answers_well(url):
                return
            time.sleep(0.05)
        raise ProcessEnded(f"{url} did not answer within {_READY_S:.0f} s")

    def end(self) -> None:
        """Ask all to end, wait, and kill what stays."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + _GRACE_S
        for process in self._running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _tail(self, name: str) -> str:
        return "\n".join((self._logs / f"{name}.log").read_text(errors="replace").splitlines()[-_TAIL_LINES:])


def _answers_well(url: str) -> bool:
    """Without an HTTP client of many modules: this process stays for as long as the demo does."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
