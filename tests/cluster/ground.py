"""The processes of the platform over the cluster's servers: three APIs, two settling workers and one that draws.

`prepared` makes the data once: a migrated and seeded database, and the far side's folder. Each step begins with a copy.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

import httpx

from app.cli.demo.ports import free_port
from app.cli.demo.setup import environment
from app.embedded import processes
from app.embedded.places import Binaries, Place
from app.embedded.processes import _LIBC, _PR_SET_PDEATHSIG
from app.embedded.valkey import Valkey
from app.sandbox import keys as sandbox_keys
from tests.cluster.between import Pooler, Proxy
from tests.cluster.counting import Counting, Tally
from tests.cluster.database import Server
from tests.cluster.programs import Programs
from tests.conftest import PROJECT
from tests.effort import slowness
from tests.scratch import scratch
from tests.stack import PATIENCE_S, Nursery, Phone, Stack, eventually, nursery
from tests.storage import Storage

APIS: Final = ("serve:1", "serve:2", "serve:3")
WORKERS: Final = ("worker:1", "worker:2", "render:3")
Standby = Literal["none", "follows", "confirms"]
"""`confirms`: a commit waits until the standby shows it."""
TIME_FACTOR: Final = 0.2
"""A notice nobody took comes again after three seconds; sooner, it would meet itself on a busy machine."""
SPARE: Final = "serve:4"
"""One that nobody is led to."""
_PATIENCE_S: Final = 60.0
"""Of a visitor for one answer: what comes late is no failure here, what never comes is."""
DRAIN_S: Final = 3
"""More than the proxy's interval times its failures, which is one second."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What every step copies, and what stays the same for all of them."""

    folder: Path
    """`postgres`, shut down, and `data` with the far side's books, secrets and files."""
    found: Programs
    storage: Storage
    ports: Mapping[str, int]

    @property
    def base(self) -> str:
        """Where visitors come in: the proxy."""
        return f"http://127.0.0.1:{self.ports['proxy']}"

    @property
    def sandbox(self) -> str:
        """Where the far side is."""
        return f"http://127.0.0.1:{self.ports['sandbox']}"


def prepare(folder: Path, found: Programs, storage: Storage, checkout: Path | None = None) -> Prepared:
    """Make the data, with the program of this checkout, or of another."""
    ports: dict[str, int] = {}
    port = random.randrange(18_000, 30_000)  # below the range of outgoing connections
    for name in ("proxy", "sandbox", "pooler", *APIS, SPARE):
        ports[name] = port = free_port(port + 1)
    ready = Prepared(folder, found, storage, ports)
    folder.mkdir(mode=0o711)
    (folder / "data").mkdir()
    server = Server(folder, "postgres", found)
    try:
        server.make()
        given = environment(folder / "data", None, public=ready.base, sandbox=ready.sandbox)
        given |= {"DATABASE_URL": server.url("ddt_app"), "DATABASE_OWNER_URL": server.url("ddt_owner"), "REDIS_URL": ""}
        with _sandbox(ready, folder / "data", given):
            for verb in ("migrate", "seed"):
                _run_cli([verb], given, checkout or PROJECT)
    finally:
        server.stop()
    return ready


class Cluster(Stack):
    """A copy of what was prepared, running on its own servers. Ends all of them with the block."""

    def __init__(self, ready: Prepared) -> None:
        super().__init__(redis=True, time_factor=TIME_FACTOR)
        self.ready_made = ready
        self.tally = Tally()
        """Every answer that visitors were given."""
        self.checkout: Path | None = None
        """Whose program `begin` begins: another release's, or ours."""

    def __enter__(self) -> Self:
        ready = self.ready_made
        with contextlib.ExitStack() as closing:
            self.folder = closing.enter_context(scratch("cluster"))
            self.folder.chmod(0o711)
            self.nursery = Both(nursery())  # type: ignore[assignment]
            self.logs = self.folder / "logs"
            self.logs.mkdir()
            shutil.copytree(ready.folder / "data", self.folder / "data")
            self.base, self.sandbox = ready.base, ready.sandbox
            self.keys = sandbox_keys.ensure(self.folder / "data" / "sandbox")
            self.primary = self._server("primary", closing)
            self.primary.copy_of(ready.folder / "postgres")
            self.pooler = Pooler(self.folder, self.logs, ready.ports["pooler"], ready.found)
            self.proxy = Proxy(
                self.folder, ready.ports["proxy"], {name: ready.ports[name] for name in APIS}, ready.found
            )
            self.environment = self._environment(closing)
            self.super_url = self.primary.url("postgres")
            closing.callback(self.pooler.end)
            closing.callback(self.proxy.end)
            closing.callback(self._end)
            self._closing = closing.pop_all()
        return self

    async def begin_all(self, *, standby: Standby = "none", **settings: str) -> Server:
        """The primary with these settings, and everything over it; returns when the proxy sends requests to every API.

        Answers the standby where there is to be one, else the primary.
        """
        self.primary.begin(**settings)
        await self.primary.ready(leads=True)
        servers = [self.primary]
        if standby != "none":
            second = self._server("standby", self._closing)
            second.backup_of(self.primary, follows=True)
            second.begin()
            await second.ready(leads=False)
            await self.primary.demand_standby(synchronous=standby == "confirms")
            servers.append(second)
            self.environment["DATABASE_READ_URL"] = second.url("ddt_app")
        self.lead_to(*servers)
        self.pooler.begin(self.primary)
        self.begin("sandbox")
        await self.begin_platform()
        return servers[-1]

    async def begin_platform(self) -> None:
        """APIs, workers and, where it is not there, the proxy."""
        for name in (*APIS, *WORKERS):
            self.begin(name)
        await self.ready("sandbox")
        for name in (*APIS, *WORKERS):
            await self.ready(name, 3 * PATIENCE_S)
        if self.proxy._process is None:
            self.proxy.begin()
        await self.all_up()

    async def all_up(self) -> None:
        """Wait until the proxy sends requests to every API."""
        await eventually(lambda: self.proxy.up() == set(APIS) or None, 30, lambda: f"the proxy has {self.proxy.up()}")

    def spare(self, name: str) -> Server:
        """Another server without data; it does not run."""
        return self._server(name, self._closing)

    def lead_to(self, *servers: Server) -> None:
        """What the processes begun from now on are told: these hosts, in their order."""
        hosts = ",".join(str(server.run) for server in servers)
        self.environment |= {
            "DATABASE_DIRECT_URL": f"postgresql://ddt_app@/diandian?host={hosts}",
            "DATABASE_OWNER_URL": f"postgresql://ddt_owner@/diandian?host={hosts}",
        }

    def begin(self, name: str, *more: str, **variables: str) -> int:
        """As `Stack.begin`: `serve:2` and `worker:2` are on the second machine, with a data folder of its own."""
        assert name not in self._pids or not self.is_running(name), f"{name} runs already"
        kind, _, number = name.partition(":")
        ports = self.ready_made.ports
        arguments = {
            "sandbox": _sandbox_arguments(self.ready_made, self.folder / "data"),
            "serve": ["serve", "--port", str(ports.get(name, 0)), *more],
            "worker": ["worker", *more],
            "render": ["worker", "--render", *more],
        }[kind]
        given = self.environment | variables
        if number:
            machine = self.folder / f"machine-{number}"
            machine.mkdir(exist_ok=True)
            given |= {"DIANDIAN_DATA_FOLDER": str(machine)}
        self._marks[name] = len(self.log(name))
        assert isinstance(self.nursery, Both)
        checkout = self.checkout if number else None
        self._pids[name] = self.nursery.begin(arguments, given, self.logs / f"{name}.log", checkout=checkout)
        return self._pids[name]

    async def ready(self, name: str, within_s: float = PATIENCE_S) -> None:
        """Wait until it serves, or works."""
        if not name.startswith("serve"):
            await super().ready(name, within_s)
            return
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:

            async def answers() -> bool:
                assert self.is_running(name), self.fresh_log(name)[-2000:]
                with contextlib.suppress(httpx.TransportError):
                    return (await client.get(f"{self.api(name)}/readyz")).is_success
                return False

            await eventually(answers, within_s, lambda: f"{name} is not ready: {self.fresh_log(name)[-2000:]}")

    def api(self, name: str) -> str:
        """One API's own address, past the proxy."""
        return f"http://127.0.0.1:{self.ready_made.ports[name]}"

    @asynccontextmanager
    async def phone(self) -> AsyncIterator[Phone]:
        """Somebody new, whose every answer is counted."""
        async with Phone(self, Counting(self.tally, self.base)) as phone:
            phone.client.timeout = httpx.Timeout(_PATIENCE_S)
            yield phone

    def says(self, words: str) -> list[str]:
        """The lines with these words, over all APIs and workers."""
        return [line for name in (*APIS, *WORKERS) for line in self.log(name).splitlines() if words in line]

    def _server(self, name: str, closing: contextlib.ExitStack) -> Server:
        server = Server(self.folder, name, self.ready_made.found)
        server.log = self.logs / f"{name}.log"
        closing.callback(server.stop)
        return server

    def _environment(self, closing: contextlib.ExitStack) -> dict[str, str]:
        """Settings of a platform on several machines, as docs/operations.md asks for them."""
        data = self.folder / "data"
        given = environment(data, None, public=self.base, sandbox=self.sandbox)
        # Alipay's word that there is no bill is believed on the next day only, by a clock that cannot be moved here.
        given = {name: value for name, value in given.items() if "_ALIPAY_" not in name}
        bucket = self._bucket(data / "files")
        return given | {
            "DATABASE_URL": self.pooler.url("ddt_app"),
            "DIANDIAN_STATEMENT_CACHE": "0",
            "REDIS_URL": self._valkey(closing),
            "DIANDIAN_FILES_URL": f"s3://{bucket}/papers",
            "DIANDIAN_FILES_ENDPOINT": self.ready_made.storage.url,
            "DIANDIAN_FILES_KEY_ID": "rehearsal",
            "DIANDIAN_FILES_SECRET": "secret",
            "DIANDIAN_TRUSTED_PROXIES": "127.0.0.1/32",
            "DIANDIAN_PROXY_HOPS": "2",  # what the phones come through, and HAProxy
            "DIANDIAN_API_PROCESSES": str(len(APIS)),
            "DIANDIAN_DRAIN_S": str(DRAIN_S),
        }

    def _bucket(self, files: Path) -> str:
        """An empty bucket with what the preparing kept as files, under the same names."""
        self.bucket = f"cluster-{self.folder.name.lower().replace('_', '-')}"
        client = self.ready_made.storage._client()  # type: ignore[no-untyped-call]
        client.create_bucket(Bucket=self.bucket)
        for file in files.rglob("*") if files.is_dir() else []:
            if file.is_file():
                client.put_object(
                    Bucket=self.bucket, Key=f"papers/{file.relative_to(files).as_posix()}", Body=file.read_bytes()
                )
        return self.bucket

    def objects(self) -> list[str]:
        """The names of what lies in the bucket."""
        client = self.ready_made.storage._client()  # type: ignore[no-untyped-call]
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [one["Key"] for page in pages for one in page.get("Contents", [])]

    def _valkey(self, closing: contextlib.ExitStack) -> str:
        found = self.ready_made.found
        place = Place(self.folder, None, Binaries(found.postgres, found.valkey), ())
        place.valkey.mkdir()
        place.log.mkdir()
        self.valkey = Valkey(place, self.folder)
        self.valkey.start()
        closing.callback(self.valkey.kill)
        return f"unix://{self.valkey.socket}"


class Both:
    """Begins processes of ours, as forks of one that has read the program, and those of another release's checkout."""

    def __init__(self, ours: Nursery) -> None:
        self._ours = ours
        self._theirs: dict[int, subprocess.Popen[bytes]] = {}

    def begin(self, arguments: list[str], given: Mapping[str, str], log: Path, *, checkout: Path | None = None) -> int:
        """Its number."""
        if checkout is None:
            return self._ours.begin(arguments, given, log)
        with log.open("ab") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *arguments], cwd=checkout, stdin=subprocess.DEVNULL, stdout=said,
                stderr=said, env=dict(given) | {"PYTHONPATH": str(checkout)}, process_group=0,
                preexec_fn=_end_with_us,  # noqa: PLW1509 - one call of the C library, which takes no lock
            )  # fmt: skip
        self._theirs[process.pid] = process
        return process.pid

    def code(self, pid: int) -> int | None:
        """Its exit code; None while it runs."""
        return self._theirs[pid].poll() if pid in self._theirs else self._ours.code(pid)

    def wait(self, pid: int, within_s: float) -> int | None:
        """Its exit code; None where it still runs after that time."""
        if pid not in self._theirs:
            return self._ours.wait(pid, within_s)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._theirs[pid].wait(within_s)
        return self._theirs[pid].poll()

    def signal(self, pid: int, sign: signal.Signals) -> None:
        """Send a signal to one that has not ended."""
        if pid in self._theirs:
            if self._theirs[pid].poll() is None:
                os.kill(pid, sign)
            return
        self._ours.signal(pid, sign)


def _end_with_us() -> None:
    """Nothing outlives whoever began it (Linux), however that ends."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def _sandbox_arguments(ready: Prepared, data: Path) -> list[str]:
    return [
        "sandbox", "--port", str(ready.ports["sandbox"]), "--folder", str(data / "sandbox"),
        "--base-url", ready.sandbox, "--time-factor", str(TIME_FACTOR),
    ]  # fmt: skip


@contextlib.contextmanager
def _sandbox(ready: Prepared, data: Path, given: Mapping[str, str]) -> Iterator[None]:
    """The far side, while the data are made."""
    log = ready.folder / "sandbox.log"
    one = nursery()
    pid = one.begin(_sandbox_arguments(ready, data), given, log)
    try:
        answered = processes.wait_until(lambda: _answers(f"{ready.sandbox}/readyz"), timeout_s=60 * slowness())
        assert answered, log.read_text()[-2000:]
        yield
    finally:
        one.signal(pid, signal.SIGTERM)
        if one.wait(pid, 10) is None:
            one.signal(pid, signal.SIGKILL)


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, timeout=5, trust_env=False, verify=False).is_success
    return False


def _run_cli(words: list[str], given: Mapping[str, str], checkout: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", *words], cwd=checkout, env=dict(given) | {"PYTHONPATH": str(checkout)},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(words)} left with {done.returncode}: {done.stdout}{done.stderr}"
