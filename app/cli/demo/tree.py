"""The processes of the demo, one supervised tree: none of them outlives the process that began it."""

import contextlib
import http.client
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.cli.output import say
from config.settings import PROJECT

_READY_S: Final = 60.0
_GRACE_S: Final = 8.0
_PROOFS: Final = 8
ADDRESS_TAKEN: Final = 3
"""How `serve` and the sandbox leave where somebody has their port."""


class ProcessEnded(Exception):
    """One of our processes ended by itself; its log, which the sentence names, says why."""


class AddressTaken(Exception):
    """A stranger listens on a port that was to be ours; the next ones may be free."""


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
                [sys.executable, "-m", "app.cli.demo.child", *arguments],
                env=self._environment, cwd=PROJECT, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
                process_group=0,
            )  # fmt: skip

    def check(self) -> None:
        """Raise where one has ended by itself.

        Raises:
            AddressTaken: since somebody else has its port.
            ProcessEnded: naming its log.
        """
        for name, process in self._running.items():
            if process.poll() == ADDRESS_TAKEN:
                raise AddressTaken
            if process.returncode is not None:
                log, code = shown(self._logs / f"{name}.log"), process.returncode
                raise ProcessEnded(
                    say(
                        f"进程 {name} 结束了（退出码 {code}）；日志：{log}", f"{name} ended with {code}; its log: {log}"
                    )
                )

    def wait(self, url: str, *, run: str) -> None:
        """Until this address answers well, as the process of ours that was given this `run`.

        Asked several times, each on a connection of its own: of two who share a port each gets some of them.

        Raises:
            AddressTaken: a stranger answers there, or has the port.
            ProcessEnded: one of ours ended meanwhile, or it took too long.
        """
        deadline, proofs = time.monotonic() + _READY_S, 0
        while time.monotonic() < deadline:
            self.check()
            answered = _asked(url)
            if answered is not None and answered[1] != run:
                raise AddressTaken
            if answered == (200, run):
                proofs += 1
                if proofs == _PROOFS:
                    return
                continue
            time.sleep(0.05)
        raise ProcessEnded(
            say(
                f"{url} 在 {_READY_S:.0f} 秒内没有就绪；日志：{shown(self._logs)}",
                f"{url} did not answer within {_READY_S:.0f} s; logs: {shown(self._logs)}",
            )
        )

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


def shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    return min(str(path), os.path.relpath(path), key=len)


def _asked(url: str) -> tuple[int, str] | None:
    """The status, and which run answers; None where nobody does.

    Without an HTTP client of many modules: this process stays for as long as the demo does.
    """
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("demo-run") or ""
    except OSError:
        return None
    except http.client.HTTPException:
        return 0, ""  # whoever it is, it does not speak as ours does
    finally:
        connection.close()
