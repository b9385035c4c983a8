"""The far side of the wire for every suite that needs it: a real process on a free loopback port.

`sandbox` is emptied before each test. After it, refusals that a test did not announce by
`sandbox.expect_refusals()` fail it: a client that is refused for its form is a bug, not weather.
A conftest that wants these fixtures imports `sandbox_process`, `sandbox`, `own_sandbox` and `notice_door` from here;
all of them share one process.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.sandbox import keys as sandbox_keys
from app.sandbox.keys import SandboxKeys
from tests.loopback import serving
from tests.scratch import scratch

TIME_FACTOR = 0.01
_STARTS_S = 300  # a busy machine imports slowly
"""The far side waits a hundredth of its real times: 15 s become 0.15 s."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Sandbox:
    """One running far side. `control` speaks to its control plane; the rest is for assertions."""

    folder: Path
    keys: SandboxKeys
    port: int = field(default_factory=free_port)
    time_factor: float = TIME_FACTOR
    refusals_expected: bool = False
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def control(self, method: str, path: str, json: dict[str, Any] | None = None) -> Any:
        """Call `/_sandbox/<path>`; anything but a 2xx fails the test with the sandbox's words."""
        headers = {"Authorization": f"Bearer {self.keys.control_token}"}
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, verify=False, timeout=60) as client:
            answer = await client.request(method, f"/_sandbox/{path}", json=json, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def reset(self) -> None:
        """Forget every trade, notice, fault, code and clock shift; the keys stay."""
        await self.control("POST", "reset")
        self.refusals_expected = False

    async def truth(self) -> dict[str, Any]:
        return await self.control("GET", "truth")

    async def trade(self, out_trade_no: str) -> dict[str, Any]:
        """The far side's own row of one trade."""
        return next(row for row in (await self.truth())["trades"] if row["out_trade_no"] == out_trade_no)

    async def refusals(self) -> list[dict[str, Any]]:
        """What the far side refused for its form, oldest first, each with what it expected."""
        return [row for row in (await self.control("GET", "log"))["refusals"] if row["is_form"]]

    def expect_refusals(self) -> None:
        """This test provokes refusals on purpose."""
        self.refusals_expected = True

    def start(self) -> None:
        """Start the process and wait until it answers."""
        arguments = ["--port", str(self.port), "--folder", str(self.folder), "--time-factor", str(self.time_factor)]
        self._process = subprocess.Popen([sys.executable, "-m", "app.sandbox", *arguments], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + _STARTS_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, f"the sandbox ended by itself: {self._process.returncode}"
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz", trust_env=False, verify=False, timeout=1).is_success:
                    return
            time.sleep(0.05)
        self.kill()
        pytest.fail(f"the sandbox did not become ready within {_STARTS_S} s")

    def kill(self) -> None:
        """kill -9: nothing is said good-bye to."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                os.kill(self._process.pid, how)
            self._process.wait(timeout=60)
            self._process = None


_RUNNING: pytest.StashKey[Sandbox] = pytest.StashKey()


@pytest.fixture(scope="session")
def sandbox_process(request: pytest.FixtureRequest) -> Sandbox:
    """The one process of this run, whichever suite asks first."""
    if _RUNNING not in request.config.stash:
        at_the_end = contextlib.ExitStack()
        folder = at_the_end.enter_context(scratch("sandbox")) / "sandbox"
        running = Sandbox(folder=folder, keys=sandbox_keys.ensure(folder))
        running.start()
        patch = pytest.MonkeyPatch()
        # Everything here is plain http on loopback: no client needs to read a hundred root certificates.
        patch.setenv("SSL_CERT_FILE", str(folder / "authority_certificate.pem"))
        request.config.add_cleanup(at_the_end.close)
        request.config.add_cleanup(running.stop)  # the last added comes first
        request.config.add_cleanup(patch.undo)
        request.config.stash[_RUNNING] = running
    return request.config.stash[_RUNNING]


@pytest.fixture
async def sandbox(sandbox_process: Sandbox) -> AsyncIterator[Sandbox]:
    """The far side, empty. `.url`, `.keys`, `.folder`, `await .control(...)`, `await .reset()`."""
    await sandbox_process.reset()
    yield sandbox_process
    if not sandbox_process.refusals_expected:
        refusals = await sandbox_process.refusals()
        assert not refusals, f"the sandbox refused the form of a request: {refusals}"


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Makes a far side of this test's own, for tests that kill it; the caller starts it."""
    made: list[Sandbox] = []

    def make(**options: Any) -> Sandbox:
        one = Sandbox(folder=tmp_path, keys=sandbox_keys.ensure(tmp_path), **options)
        made.append(one)
        return one

    yield make
    for one in made:
        one.stop()


@dataclass(frozen=True)
class Delivery:
    """One notice as it arrived: exact bytes, header names in lower case."""

    body: bytes
    headers: dict[str, str]
    path: str
    at: float


@dataclass
class NoticeDoor:
    """A merchant's door that keeps what comes and answers by `statuses` and `bodies` in turn, then by the last of them."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [204])
    bodies: list[bytes] = field(default_factory=lambda: [b""])
    deliveries: list[Delivery] = field(default_factory=list)
    delay_s: float = 0.0
    answers_after: int = 0
    """Nothing is answered before so many have come."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/notify"

    async def wait(self, count: int, *, within_s: float = 60.0) -> list[Delivery]:
        """The deliveries, once there are `count`; fails the test when they do not come."""
        end = time.monotonic() + within_s
        while len(self.deliveries) < count:
            assert time.monotonic() < end, f"{len(self.deliveries)} of {count} notices came in {within_s} s"
            await asyncio.sleep(0.01)
        return self.deliveries

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.deliveries.append(Delivery(body, headers, head[0].split(" ")[1], time.monotonic()))
            await asyncio.sleep(self.delay_s)
            await self.wait(self.answers_after)
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            said = self.bodies.pop(0) if len(self.bodies) > 1 else self.bodies[0]
            head_out = f"HTTP/1.1 {status} Answer\r\ncontent-length: {len(said)}\r\nconnection: close\r\n\r\n"
            writer.write(head_out.encode() + said)
            await writer.drain()


@pytest.fixture
async def notice_door() -> AsyncIterator[NoticeDoor]:
    """A loopback address to be given as `notify_url`."""
    door = NoticeDoor()
    async with serving(door.serve) as door.port:
        yield door
