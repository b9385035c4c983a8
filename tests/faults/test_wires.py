"""F11: the lines between our processes become slow, or dead without saying so; nobody hangs, and everybody comes back."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.effort import slowness
from tests.faults.seeing import SETTLED_WITHIN_S, one_of_each
from tests.faults.wires import Wire, wire
from tests.scratch import scratch
from tests.stack import DUE_NOW, Phone, Stack

LINES = ("API to PostgreSQL", "worker to PostgreSQL", "API to Redis", "worker to Redis", "API to gateway")
SLOW_S = {"API to PostgreSQL": 0.05, "worker to PostgreSQL": 0.05}
"""A piece on its way to PostgreSQL takes so long, and a request sends some twenty; on the other lines half a second."""
ANSWERED_WITHIN_S = 30.0
"""The longest any request may take while its line is dead: several deadlines one after the other, on a busy machine."""


@contextlib.asynccontextmanager
async def through_a_wire(stack: Stack, line: str) -> AsyncIterator[Wire]:
    """Begin the process at the one end of the line anew, with the line between it and the other end."""
    name = "worker" if line.startswith("worker") else "serve"
    assert stack.servers is not None
    with scratch("wire") as folder:
        folder.chmod(0o711)
        if line.endswith("PostgreSQL"):
            opened = wire(Path(stack.servers.socket_dir) / ".s.PGSQL.5432", folder / ".s.PGSQL.5432")
        elif line.endswith("Redis"):
            opened = wire(Path(stack.servers.redis_socket), folder / "valkey.sock")
        else:
            parts = urlsplit(stack.sandbox)
            opened = wire((str(parts.hostname), int(parts.port or 0)))
        async with opened as between:
            variables = {"DATABASE_URL": stack.environment["DATABASE_URL"]}
            if line.endswith("PostgreSQL"):
                (there,) = parse_qs(urlsplit(variables["DATABASE_URL"]).query)["host"]
                variables = {"DATABASE_URL": variables["DATABASE_URL"].replace(there, str(folder))}
            elif line.endswith("Redis"):
                variables = {"REDIS_URL": f"unix://{folder / 'valkey.sock'}"}
            else:
                variables = {"DIANDIAN_WECHATPAY_URL": "http://{}:{}".format(*between.place)}
            await stack.kill(name)
            stack.begin(name, **variables)
            await stack.ready(name)
            try:
                yield between
            finally:
                await stack.kill(name)


@pytest.mark.parametrize("line", LINES)
async def test_a_slow_line_delays_and_loses_nothing(undrawn: Stack, line: str) -> None:
    async with through_a_wire(undrawn, line) as between, undrawn.phone() as phone:
        phone.client.timeout = ANSWERED_WITHIN_S
        await phone.enter()
        between.delay_s = SLOW_S.get(line, 0.5)
        before = between.pieces
        order = await phone.order()
        await phone.pay(order)
        await phone.certificate(order, 60)
        assert between.pieces > before, "nothing went by this line"
    await one_of_each(undrawn, [order])


@pytest.mark.parametrize("line", [line for line in LINES if line != "worker to PostgreSQL"])
async def test_a_half_open_line_is_given_up_and_everybody_comes_back(undrawn: Stack, line: str) -> None:
    """What was open on it stays dead for ever: whoever waits there must let go of it without being told.

    A worker's statements may take 25 s, so its line to PostgreSQL is for `make campaign`, and in
    tests/workers/test_half_open.py for whoever has a connection of its own.
    """
    await half_open(undrawn, line, silent_s=2.0)


async def half_open(stack: Stack, line: str, *, silent_s: float) -> list[Any]:
    """Visitors before, during and after; the orders, each of which has its certificate."""
    async with through_a_wire(stack, line) as between, stack.phone() as phone:
        phone.client.timeout = ANSWERED_WITHIN_S + 10
        first = await phone.order()
        await phone.pay(first)
        await phone.certificate(first, SETTLED_WITHIN_S)

        between.fall_silent()
        asking = asyncio.create_task(_asked_meanwhile(phone.client, stack.code))
        paying = asyncio.create_task(_paid(phone))
        await asyncio.sleep(silent_s)
        between.come_back()
        second = await paying
        statuses = await asking
        # Its notice never comes: the sweeper, which has a connection of its own, must ask.
        await stack.sql(DUE_NOW)
        await phone.certificate(second, 90)
        assert {status for status in statuses if status >= 500} <= {503}, statuses
        # Whoever still listened on a connection that is dead would leave this one lying.
        third = await phone.order()
        await phone.pay(third)
        await phone.certificate(third, SETTLED_WITHIN_S)
    await one_of_each(stack, [first, second, third])
    return [first, second, third]


async def _asked_meanwhile(client: httpx.AsyncClient, code: str) -> list[int]:
    """Reading and coming in while the line is dead: each is answered within its deadlines, whatever the answer."""
    began = time.monotonic()
    asked = (client.get(f"/api/v1/scenes/{code}"), client.post("/api/v1/sessions/guest"), client.get("/readyz"))
    statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert time.monotonic() - began < ANSWERED_WITHIN_S * slowness()
    return statuses


async def _paid(phone: Phone) -> Any:
    order = await phone.order()
    await phone.pay(order, "success_no_notify")
    return order
