"""What the benchmarks stand on: our own servers in a folder of their own, and our processes as the demo starts them."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
from tortoise import Tortoise

from app import wiring
from app.cli.demo.ports import free_port
from app.cli.demo.setup import environment
from app.cli.demo.tree import Tree
from app.cli.seeding.scenes import LIVE_CODE
from app.embedded import Servers, start
from config.loading import load
from config.settings import PROJECT, Settings
from tests.benchmarks.harness import CannotRun

SCENE: Final = LIVE_CODE
_UNTOUCHED: Final = "untouched"
_READY_S: Final = 60.0


@dataclass(slots=True)
class Ground:
    """Servers with a migrated, seeded database; processes are started by whoever needs them."""

    servers: Servers
    folder: Path
    environment: dict[str, str]
    port: int
    sandbox_port: int
    postgresql: str
    is_open: bool = False

    @property
    def settings(self) -> Settings:
        """As the processes read them."""
        return load(self.environment)

    @property
    def url(self) -> str:
        """Where the API answers once `processes("serve")` runs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def super_url(self) -> str:
        """For looking and for moving due times; never for what is measured."""
        return self.servers.database_url("postgres")

    async def super(self) -> Any:
        """A connection as the superuser."""
        return await asyncpg.connect(self.super_url)

    async def untouched(self) -> Any:
        """A superuser's connection to the database as it was seeded, for one benchmark that counts all it finds."""
        return await asyncpg.connect(self.servers.database_url("postgres", database=_UNTOUCHED))

    async def open_rooms(self) -> None:
        """Let the rooms' own functions run in this process."""
        if not self.is_open:
            await wiring.open_database(self.settings)
            self.is_open = True

    async def close_rooms(self) -> None:
        """The end of it; a process opens the rooms once."""
        if self.is_open:
            await Tortoise.close_connections()

    @contextlib.contextmanager
    def processes(self, *names: str, log: str = "", **more: str) -> Iterator[Tree]:
        """Our processes by name (sandbox, serve, worker, hop_by_hop, render), ready; they end with the block."""
        logs = self.folder / "logs" / log
        logs.mkdir(parents=True, exist_ok=True)
        tree = Tree(logs, self.environment | more)
        base = f"http://127.0.0.1:{self.sandbox_port}"
        try:
            for name in names:
                match name:
                    case "sandbox":
                        folder = str(self.folder / "data" / "sandbox")  # where its keys were made
                        tree.begin(
                            name, "-m", "app.sandbox", "--port", str(self.sandbox_port), "--folder", folder,
                            "--base-url", base,
                        )  # fmt: skip
                    case "serve":
                        tree.begin(name, "-m", "app.cli", "serve", "--port", str(self.port))
                    case "worker":
                        tree.begin(name, "-m", "app.cli", "worker")
                    case "hop_by_hop":
                        tree.begin(name, "-m", "tests.benchmarks.hop_by_hop")
                    case "render":
                        tree.begin(name, "-m", "app.cli", "worker", "--render")
            for name, url in (("serve", f"{self.url}/readyz"), ("sandbox", f"{base}/readyz")):
                if name in names:
                    tree.wait(url, run="")  # no demo: neither was given a run of its own
            for name in {"worker", "hop_by_hop", "render"} & set(names):
                _await_line(logs / f"{name}.log", "worker.ready", tree)
            yield tree
        finally:
            tree.end()


@contextlib.asynccontextmanager
async def ground() -> Any:
    """The servers of one run; everything ends and every file goes with the block.

    Raises:
        CannotRun: they do not come up, or are not as durable as our figures demand.
    """
    folder = Path(tempfile.mkdtemp(prefix="dd-bench-"))
    try:
        with start(folder / "data") as servers:
            port = free_port(18_000)
            sandbox_port = free_port(port + 1)
            given = environment(
                folder / "data",
                servers,
                public=f"http://127.0.0.1:{port}",
                sandbox=f"http://127.0.0.1:{sandbox_port}",
            )
            given.pop("FAULT_POINT", None)
            for verb in ("migrate", "seed"):
                _once(verb, given)
            await _copy(servers)
            here = Ground(servers, folder, given, port, sandbox_port, await _durable(servers))
            try:
                yield here
            finally:
                await here.close_rooms()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _copy(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.database_url("postgres", database="postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {_UNTOUCHED} TEMPLATE diandian")
    finally:
        await connection.close()


async def _durable(servers: Servers) -> str:
    connection = await asyncpg.connect(servers.database_url("postgres"))
    try:
        for knob in ("fsync", "synchronous_commit", "full_page_writes"):
            if await connection.fetchval(f"SHOW {knob}") != "on":
                raise CannotRun(f"PostgreSQL runs without {knob}: its speed would mean nothing")
        return f"PostgreSQL {await connection.fetchval('SHOW server_version')}"
    finally:
        await connection.close()


def _once(verb: str, given: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", verb], env=given, cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotRun(f"`{verb}` failed: {(done.stdout + done.stderr)[-600:]}")


def _await_line(log: Path, mark: str, tree: Tree) -> None:
    deadline = time.monotonic() + _READY_S
    while mark not in log.read_text(errors="replace"):
        tree.check()
        if time.monotonic() > deadline:
            raise CannotRun(f"{log.name} did not say {mark} within {_READY_S:.0f} s")
        time.sleep(0.02)
