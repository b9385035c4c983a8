"""The whole product as real processes on loopback: PostgreSQL, Valkey, sandbox, API, two workers, and phones.

    with Stack() as stack:                      # servers of its own; Stack(stand) shares the tests' servers
        async with stack.phone() as phone:
            certificate = await phone.neutralise()

Processes are named `sandbox`, `serve`, `worker`, `render`; a second one of a kind is `worker:2`. Each can be
killed, stopped, begun again and given variables of its own, such as `FAULT_POINT`.
"""

import asyncio
import atexit
import contextlib
import html
import itertools
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Condition, Thread
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx

from app.cli.demo.ports import free_port
from app.cli.demo.setup import environment
from app.cli.seeding.scenes import LIVE_CODE
from app.embedded import Servers, start
from app.sandbox import keys as sandbox_keys
from tests import migrated
from tests.conftest import PROJECT, Stand, numbered
from tests.effort import slowness
from tests.scratch import scratch

T = TypeVar("T")
TIME_FACTOR = 0.02
"""A notice nobody took comes again after 0.3 s, 0.3 s, 0.6 s, 3.6 s, 12 s instead of 15 s … 10 min."""
DUE_NOW = (
    "UPDATE payment SET next_query_at = clock_timestamp() WHERE id IN"
    " (SELECT id FROM payment WHERE state IN ('created', 'pending') ORDER BY id FOR UPDATE)"
)
"""Open payments are due to be asked about; locked in the order in which the running platform locks them."""
PATIENCE_S = 20.0
_numbers = itertools.count(1)


class Stack:
    """Servers, a fresh migrated and seeded database, and the processes over it. Ends all of them with the block."""

    def __init__(self, stand: Stand | None = None, *, redis: bool = True, time_factor: float = TIME_FACTOR) -> None:
        self._stand = stand
        self._has_redis = redis
        self._time_factor = time_factor
        self._pids: dict[str, int] = {}
        self._marks: dict[str, int] = {}
        self.code = LIVE_CODE
        """What the seeded live scene's QR code says."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as closing:
            self.folder = closing.enter_context(scratch("stack"))
            self.nursery = nursery()
            self.logs = self.folder / "logs"
            self.logs.mkdir()
            self.servers: Servers | None = None
            if self._stand is None:
                home = self.folder / "servers"
                home.mkdir(mode=0o711)
                self.folder.chmod(0o711)  # PostgreSQL's own account passes through when we are root
                migrated.fill(home)
                self.servers = closing.enter_context(start(home))
            port = free_port(random.randrange(18_000, 30_000))  # below the range of outgoing connections
            sandbox_port = free_port(port + 1)
            self.base, self.sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
            self.environment = environment(self.folder, self.servers, public=self.base, sandbox=self.sandbox)
            self.environment |= {"DIANDIAN_TRUSTED_PROXIES": "127.0.0.1/32"}  # so that each phone has its address
            self.keys = sandbox_keys.ensure(self.folder / "sandbox")
            if self._stand is None:
                assert self.servers is not None
                self.super_url = self.servers.database_url("postgres")
            else:
                self._make_database(self._stand, closing)
            if not self._has_redis:
                self.environment["REDIS_URL"] = ""
            closing.callback(self._end)
            self.begin("sandbox")
            self.begin("prepare")
            code = self.nursery.wait(self._pids.pop("prepare"), 180 * slowness())  # a busy machine migrates slowly
            assert code == 0, self.log("prepare")
            for name in ("serve", "worker", "render"):
                self.begin(name)
            for name in ("sandbox", "serve"):
                self._wait_for_port(name)
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    # Processes

    def begin(self, name: str, *more: str, **variables: str) -> int:
        """Begin a process and answer its number; `ready` waits for it. An empty variable is as good as none.

        `more` are further arguments of `serve` or `worker`.
        """
        assert name not in self._pids or not self.is_running(name), f"{name} runs already"
        port, sandbox_port = urlsplit(self.base).port, urlsplit(self.sandbox).port
        arguments = {
            "sandbox": [
                "sandbox", "--port", str(sandbox_port), "--folder", str(self.folder / "sandbox"),
                "--base-url", self.sandbox, "--time-factor", str(self._time_factor),
            ],
            "prepare": ["prepare"],
            "serve": ["serve", "--port", str(port), *more],
            "worker": ["worker", *more],
            "render": ["worker", "--render"],
        }[name.partition(":")[0]]  # fmt: skip
        self._marks[name] = len(self.log(name))
        self._pids[name] = self.nursery.begin(arguments, self.environment | variables, self.logs / f"{name}.log")
        return self._pids[name]

    def pid(self, name: str) -> int:
        """The number of the process that runs, or ran last, under this name."""
        return self._pids[name]

    def is_running(self, name: str) -> bool:
        """Whether it has not ended."""
        return name in self._pids and self.nursery.code(self._pids[name]) is None

    def signal(self, name: str, sign: signal.Signals) -> None:
        """Send it a signal."""
        with contextlib.suppress(ProcessLookupError):
            self.nursery.signal(self._pids[name], sign)

    async def ended(self, name: str, within_s: float = PATIENCE_S) -> int:
        """Wait until it has ended; its exit code, negative for the signal that killed it."""
        code = await eventually(lambda: self.nursery.code(self._pids[name]), within_s, f"{name} does not end")
        assert code is not None
        return code

    async def kill(self, name: str) -> None:
        """SIGKILL; returns when it is gone."""
        self.signal(name, signal.SIGKILL)
        await self.ended(name)

    async def stop(self, name: str, within_s: float = 30.0) -> tuple[int, float]:
        """SIGTERM; its exit code and how many seconds it took."""
        began = time.monotonic()
        self.signal(name, signal.SIGTERM)
        return await self.ended(name, within_s), time.monotonic() - began

    async def ready(self, name: str, within_s: float = PATIENCE_S) -> None:
        """Wait until it serves, or works."""
        if name.partition(":")[0] in {"worker", "render"}:
            await eventually(lambda: "worker.ready" in self.fresh_log(name), within_s, f"{name} is not ready")
            return
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            url = f"{self.sandbox if name == 'sandbox' else self.base}/readyz"
            last = "nothing"

            async def answers() -> bool:
                nonlocal last
                try:
                    answer = await client.get(url)
                except httpx.TransportError as trouble:
                    last = repr(trouble)
                    return False
                last = f"{answer.status_code} {answer.text[:1000]}"
                return answer.is_success

            def unready() -> str:
                return f"{url} is not ready, it last said {last}; its log ends with {self.fresh_log(name)[-3000:]}"

            await eventually(answers, within_s, unready)

    async def again(self, name: str, **variables: str) -> None:
        """Kill it and begin it with these variables; returns when it is ready, which on a busy machine takes a while."""
        await self.kill(name)
        self.begin(name, **variables)
        await self.ready(name, 3 * PATIENCE_S)

    async def heal(self, names: Sequence[str] = ("sandbox", "serve", "worker", "render")) -> None:
        """End what does not belong to these, begin what does not run and wait for it: where every fault test starts."""
        for name in [name for name in self._pids if name not in names and self.is_running(name)]:
            await self.kill(name)
        for name in names:
            if not self.is_running(name):
                self.begin(name)
        for name in names:
            await self.ready(name)

    def log(self, name: str) -> str:
        """All that processes of this name have said."""
        path = self.logs / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def fresh_log(self, name: str) -> str:
        """What it has said since it was begun last."""
        return self.log(name)[self._marks.get(name, 0) :]

    # What a test may look at and move

    @asynccontextmanager
    async def database(self) -> AsyncIterator[asyncpg.Connection]:
        """A superuser's connection."""
        connection = await asyncpg.connect(self.super_url)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Run one statement as the superuser."""
        async with self.database() as connection:
            return await connection.fetch(statement, *values)

    async def control(self, verb: str, **data: object) -> Any:
        """Tell the sandbox something: `pay`, `notify`, `fault`, `clock`, … as in `app/sandbox/control.py`."""
        answer = await self._sandbox("POST", verb, json=data)
        assert answer.is_success, f"{verb}: {answer.status_code} {answer.text}"
        return answer.json()

    async def truth(self) -> Any:
        """Every trade, refund and notice as the sandbox knows it."""
        return (await self._sandbox("GET", "truth")).json()

    async def trade_of(self, redirect_url: str) -> Any:
        """The sandbox's trade behind a cashier's address."""
        token = urlsplit(redirect_url).path.rsplit("/", 1)[-1]
        (found,) = [trade for trade in (await self.truth())["trades"] if trade["token"] == token]
        return found

    @asynccontextmanager
    async def phone(self) -> AsyncIterator["Phone"]:
        """Somebody new with a phone of their own."""
        async with Phone(self) as phone:
            yield phone

    async def _sandbox(self, method: str, verb: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10) as client:
            headers = {"authorization": f"Bearer {self.keys.control_token}"}
            return await client.request(method, f"{self.sandbox}/_sandbox/{verb}", headers=headers, **more)

    def _make_database(self, stand: Stand, closing: contextlib.ExitStack) -> None:
        """A database beside the tests' own, on the same servers; Redis gives us a number of its own."""
        name, theirs = f"dd_stack_{secrets.token_hex(4)}", urlsplit(stand.super_url).path[1:]
        owner = urlsplit(stand.owner_url).username
        migrated.execute(
            stand.super_url,
            f'CREATE DATABASE {name} OWNER "{owner}" TEMPLATE {migrated.fresh(theirs)}',
            f"GRANT CONNECT ON DATABASE {name} TO ddt_app",
        )
        closing.callback(migrated.execute, stand.super_url, f"DROP DATABASE {name} WITH (FORCE)")
        self.super_url, owner_url, app_url = (
            urlunsplit(urlsplit(url)._replace(path=f"/{name}")) if urlsplit(url).netloc else url
            for url in (stand.super_url, stand.owner_url, stand.app_url)
        )
        self.environment |= {"DATABASE_URL": app_url, "DATABASE_OWNER_URL": owner_url}
        self.environment["REDIS_URL"] = numbered(stand.redis_url, 8 + next(_numbers) % 8)

    def _wait_for_port(self, name: str) -> None:
        url = f"{self.sandbox if name == 'sandbox' else self.base}/readyz"
        deadline = time.monotonic() + 60 * slowness()
        while time.monotonic() < deadline:
            assert self.is_running(name), self.log(name)
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(url, timeout=5, trust_env=False, verify=False).is_success:
                    return
            time.sleep(0.02)
        raise AssertionError(f"{url} does not answer: {self.log(name)[-2000:]}")

    def _end(self) -> None:
        if kept := os.environ.get("STACK_LOGS"):  # for whoever looks for a cause
            shutil.copytree(self.logs, kept, dirs_exist_ok=True)
        for name in self._pids:
            if self.is_running(name):
                self.signal(name, signal.SIGCONT)
                self.signal(name, signal.SIGTERM)
        for name, pid in self._pids.items():
            if self.nursery.wait(pid, 10 * slowness()) is None:
                self.signal(name, signal.SIGKILL)
                self.nursery.wait(pid, 5)


class Phone:
    """A citizen with a phone: a session, and what the pages and the API give.

    `transport` is for whoever looks at each request and its answer.
    """

    def __init__(self, stack: Stack, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.stack = stack
        number = next(_numbers)
        self.client = httpx.AsyncClient(
            base_url=stack.base,
            headers={
                "user-agent": "Mozilla/5.0 (Linux; Android 14; Mobile) Chrome/130 Mobile Safari/537.36",
                "accept-language": "zh-CN",
                "x-forwarded-for": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            },
            timeout=10,
            transport=transport,
            trust_env=False,
            verify=False,  # there is no TLS on loopback, and reading the authorities costs more than a request
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def scan(self, code: str | None = None) -> str:
        """The page behind the scene's code."""
        return _expect(await self.client.get(f"/s/{code or self.stack.code}"), 200).text

    async def enter(self) -> None:
        """Open a guest's session; `order` does so by itself."""
        token = _expect(await self.client.post("/api/v1/sessions/guest"), 201).json()["token"]
        self.client.headers["authorization"] = f"Bearer {token}"

    async def order(self, *, km: str = "23", name: str = "", key: str | None = None) -> Any:
        """Order the neutralisation of a visit by metro; asks again with the same key while the server is away."""
        if "authorization" not in self.client.headers:
            await self.insist(self.enter)
        form = {"scene": self.stack.code, "mode": "metro", "km": float(km), "name": name}
        headers = {"idempotency-key": key or secrets.token_hex(12)}

        async def ask() -> Any:
            return _expect(await self.client.post("/api/v1/orders", json=form, headers=headers), 201).json()

        return await self.insist(ask)

    async def open_payment(self, order: Mapping[str, Any], *, key: str | None = None) -> str:
        """The cashier's address of an order's payment."""
        url, headers = f"/api/v1/orders/{order['id']}/payments", {"idempotency-key": key or secrets.token_hex(12)}

        async def ask() -> str:
            answer = await self.client.post(url, json={"method": "wechatpay.h5"}, headers=headers)
            return str(_expect(answer, 201).json()["redirect_url"])

        return await self.insist(ask)

    async def pay(self, order: Mapping[str, Any], outcome: str = "success") -> str:
        """Open the payment and end the visit at the sandbox's cashier so; the far side's trade number."""
        redirect_url = await self.open_payment(order)
        await self.decide(redirect_url, outcome)
        return str((await self.stack.trade_of(redirect_url))["out_trade_no"])

    async def decide(self, redirect_url: str, outcome: str = "success") -> None:
        """At the cashier, press a button."""
        till = _expect(await self.client.get(redirect_url), 200)
        answer = await self.client.post(redirect_url, data=fields_of(till.text) | {"outcome": outcome})
        assert answer.status_code == 303, answer.text[:300]

    async def look(self, order: Mapping[str, Any]) -> Any:
        """The order as it stands."""
        return _expect(await self.client.get(f"/api/v1/orders/{order['id']}"), 200).json()

    async def certificate(self, order: Mapping[str, Any], within_s: float = PATIENCE_S) -> Any:
        """Wait for the certificate of a paid order; asks as a page does, through outages."""
        seen: dict[str, Any] = {}

        async def issued() -> Any:
            seen.update(await self.insist(lambda: self.look(order), within_s))
            return seen.get("certificate_id")

        id_ = await eventually(issued, within_s, lambda: f"no certificate: {seen}")
        return _expect(await self.client.get(f"/api/v1/certificates/{id_}"), 200).json()

    async def ask(self, certificate: Mapping[str, Any]) -> None:
        """Ask for PDF and PNG, and go away."""
        for name in ("zh.pdf", "zh.png"):
            _expect(await self.client.get(certificate["files"][name]), 202)

    async def files(self, certificate: Mapping[str, Any], within_s: float = PATIENCE_S) -> dict[str, bytes]:
        """Ask for PDF and PNG and wait until they are drawn; their bytes by name."""
        got: dict[str, bytes] = {}
        for name in ("zh.pdf", "zh.png"):

            async def fetched(name: str = name) -> bool:
                answer = await self.client.get(certificate["files"][name])
                if answer.status_code == 200:  # 202: it is being drawn
                    got[name] = answer.content
                return name in got

            await eventually(fetched, within_s, f"{name} is not drawn")
        return got

    async def neutralise(self, *, km: str = "23", outcome: str = "success") -> Any:
        """Scan, order, pay, wait: the whole way, to the certificate."""
        await self.scan()
        order = await self.order(km=km)
        await self.pay(order, outcome)
        return await self.certificate(order)

    async def insist(self, ask: Callable[[], Awaitable[T]], within_s: float = PATIENCE_S) -> T:
        """Ask until there is an answer that is no 502–504, no twin at work and no broken line."""
        deadline = time.monotonic() + within_s * slowness()
        while True:
            try:
                return await ask()
            except (httpx.TransportError, Away) as trouble:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(trouble.wait_s if isinstance(trouble, Away) else 0.1)


class Away(Exception):
    """The server said that it cannot just now; asking again is right, after the pause it asked for."""

    def __init__(self, text: str, *, wait_s: float = 0.1) -> None:
        super().__init__(text)
        self.wait_s = wait_s


class Nursery:
    """Our end of the pipe to `tests/fork_server.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PROJECT / "tests" / "fork_server.py")],
            env={"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"},
            cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self._changed = Condition()
        self._codes: dict[int, int | None] = {}
        self._begun: list[int] = []
        self._has_ended = False
        self._thread = Thread(target=self._listen, name="nursery", daemon=True)
        self._thread.start()

    def begin(self, arguments: list[str], environment: Mapping[str, str], log: Path, *, out: Path | None = None) -> int:
        """Begin a process; its standard output goes to the log as well, or to a file of its own."""
        wish = {"arguments": arguments, "environment": dict(environment), "log": str(log)}
        if out is not None:
            wish["out"] = str(out)
        with self._changed:
            assert self._process.stdin is not None
            before = len(self._begun)
            self._process.stdin.write(json.dumps(wish).encode() + b"\n")
            self._process.stdin.flush()
            answered = self._changed.wait_for(lambda: len(self._begun) > before or self._has_ended, 60)
            assert answered and not self._has_ended, "the nursery could not read the program: see standard error"
            return self._begun[before]

    def code(self, pid: int) -> int | None:
        """Its exit code; None while it runs."""
        with self._changed:
            return self._codes.get(pid)

    def wait(self, pid: int, within_s: float) -> int | None:
        """Its exit code; None where it still runs after that time."""
        with self._changed:
            self._changed.wait_for(lambda: self._codes.get(pid) is not None, within_s)
            return self._codes.get(pid)

    def signal(self, pid: int, sign: signal.Signals) -> None:
        """Send a signal to one that we began and that has not been collected."""
        with self._changed:
            if self._codes.get(pid) is None:
                os.kill(pid, sign)

    def close(self) -> None:
        """End, with all that still runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._thread.join(5)
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            fact = json.loads(line)
            with self._changed:
                if "pid" in fact:
                    self._codes[fact["pid"]] = None
                    self._begun.append(fact["pid"])
                elif "ended" in fact:
                    self._codes[fact["ended"]] = fact["code"]
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()


async def eventually(
    look: Callable[[], T | Awaitable[T]], within_s: float, failure: str | Callable[[], str], *, every_s: float = 0.05
) -> T:
    """Look until something is there (a zero counts), and answer it; else fail with these words.

    The time is that of an idle machine; where others want its cores too, it is as much longer as they are many.
    """
    within_s *= slowness()
    deadline = time.monotonic() + within_s
    while True:
        found = look()
        if isinstance(found, Awaitable):
            found = await found
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{failure() if callable(failure) else failure} within {within_s:.0f} s")
        await asyncio.sleep(every_s)


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


_nurseries: list[Nursery] = []


def nursery() -> Nursery:
    """One for the whole run: what it has read serves every stack."""
    if not _nurseries:
        _nurseries.append(Nursery())
        atexit.register(_nurseries[0].close)
    return _nurseries[0]


def _expect(answer: httpx.Response, status: int) -> httpx.Response:
    if answer.status_code in {429, 502, 503, 504} or "IDEMPOTENCY_IN_PROGRESS" in answer.text[:200]:
        wait_s = float(answer.headers.get("retry-after", 0.1))
        raise Away(f"{answer.request.url}: {answer.status_code}", wait_s=min(wait_s, 3.0))
    assert answer.status_code == status, f"{answer.request.url}: {answer.status_code} {answer.text[:500]}"
    return answer
