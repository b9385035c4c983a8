"""F12: the ledger is locked by somebody at a terminal, while people order, come in and read, over HTTP.

Who only comes in or reads is served meanwhile, and whoever would change something is told when to come again, while the lock
is still held. How fast, `make bench ARGS=P17` measures.
"""

import asyncio
import secrets
from pathlib import Path

import httpx

from tests import alerting
from tests.faults.seeing import one_of_each
from tests.stack import Phone, Stack

ORDERS = 16
"""More than a process has connections."""


async def _order(phone: Phone, code: str) -> tuple[int, str]:
    form, headers = {"scene": code, "mode": "metro", "km": 23}, {"idempotency-key": secrets.token_hex(12)}
    answer = await phone.client.post("/api/v1/orders", json=form, headers=headers)
    return answer.status_code, answer.headers.get("retry-after", "")


async def _scrape(stack: Stack) -> str:
    async with httpx.AsyncClient(base_url=stack.base, trust_env=False, timeout=60) as watcher:
        return (await watcher.get("/metrics")).raise_for_status().text


async def test_a_locked_ledger_refuses_orders_and_lets_guests_in(undrawn: Stack, tmp_path: Path) -> None:
    async with undrawn.phone() as buyer, undrawn.phone() as reader, undrawn.database() as holder:
        buyer.client.timeout = reader.client.timeout = 120
        first = await buyer.order()
        await reader.scan()  # what a page shows is known from then on
        await reader.client.get("/books")
        scrapes = [await _scrape(undrawn)]

        lock = holder.transaction()
        await lock.start()
        await holder.execute("LOCK TABLE ledger_account IN ACCESS EXCLUSIVE MODE")
        orders = [asyncio.create_task(_order(buyer, undrawn.code)) for _ in range(ORDERS)]
        let_in: list[tuple[int, int, int]] = []
        while not all(order.done() for order in orders):  # all the while, and once at least
            async with undrawn.phone() as guest:
                guest.client.timeout = 120
                page = await guest.client.get(f"/s/{undrawn.code}")
                session = await guest.client.post("/api/v1/sessions/guest")
                books = await guest.client.get("/books")
                let_in.append((page.status_code, session.status_code, books.status_code))
        refused = await asyncio.gather(*orders)
        is_held = await undrawn.sql(
            "SELECT count(*) AS n FROM pg_locks WHERE relation = 'ledger_account'::regclass"
            " AND mode = 'AccessExclusiveLock' AND granted"
        )
        scrapes.append(await _scrape(undrawn))
        await lock.rollback()

        assert is_held[0]["n"] == 1, "the lock was let go before they were told"
        assert set(let_in) == {(200, 201, 200)}, let_in
        assert {status for status, _ in refused} == {503}, refused
        assert all(again.isdigit() and 1 <= int(again) <= 10 for _, again in refused), refused

        await buyer.pay(first)
        await buyer.certificate(first)
        second = await buyer.order()
        await buyer.pay(second)
        await buyer.certificate(second)
    await one_of_each(undrawn, [first, second])

    change = {"use": "change"}
    assert frozenset(change.items()) in alerting.rises("LockHeld", *scrapes)
    if alerting.has_promtool():
        seen = [scrapes[0]] * 4 + [scrapes[1]] * 4
        alerting.promtool(tmp_path, "LockHeld", {"severity": "page"} | change, seen)
