"""P14: the page of a personal account with two thousand entries, over HTTP on an idle stack, and the bytes it sends.

Half of the entries are figures of days, half are visits whose orders were paid, retired and certified by a worker, so
the account has four thousand and more rows behind it. A gift lies in it, and an order that is not paid yet.
"""

import asyncio
import gzip
import random
import time
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

import httpx

from app import footprint, wiring
from app.footprint import Span
from app.foundation import identity
from app.kernel.clock import utc_now
from app.kernel.days import Period
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import Delivery, Wish
from tests.benchmarks import gift_ground
from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Wishes, percentile, say
from tests.benchmarks.paying import paid_orders, unpaid_orders

MOST_KB: Final = 20.0
MOST_MS: Final = 50.0
_HALF: Final = 1_000
_LOOKS: Final = 100
_PATIENCE_S: Final = 300.0
_DAY: Final = {"mode": "day", "activity_year": 2024, "meals_mixed": "2"}


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """One reader, look after look, each with a breath before; the first ones warm plans and templates."""
    half = 100 if wishes.is_quick else _HALF
    connection = await here.super()
    try:
        token, person_id = await fill(here, connection, half, random.Random(wishes.seed))
        await connection.execute("VACUUM ANALYZE")
        entries = await connection.fetchval(
            "SELECT (SELECT count(*) FROM personal_figure WHERE person_id = $1)"
            " + (SELECT count(*) FROM retirement WHERE beneficiary_id = $1 AND state = 'settled')",
            person_id,
        )
    finally:
        await connection.close()
    with here.processes("serve", log="p14"):
        seconds, size = await _looks(here, token, 20 if wishes.is_quick else _LOOKS)
    p50, p95 = percentile(seconds, 0.5) * 1000, percentile(seconds, 0.95) * 1000
    return Finding(
        [
            Line(
                id="P14",
                what=f"account page of {entries:,} entries, p50",
                measured=f"{p50:.1f} ms",
                spread=f"{min(seconds) * 1000:.1f} – {max(seconds) * 1000:.1f}",
                target=f"≤ {MOST_MS:.0f} ms",
                is_met=p50 <= MOST_MS,
                figures={"seconds": seconds, "p95_ms": p95},
            ),
            Line(
                id="P14",
                what="  its bytes, as browsers take them",
                measured=f"{size / 1024:.1f} KB",
                target=f"≤ {MOST_KB:.0f} KB",
                is_met=size <= MOST_KB * 1024,
            ),
        ],
        [f"P14: one reader at a time over HTTP, one API process, no worker; p95 {p95:.1f} ms."],
    )


async def fill(here: Ground, connection: Any, half: int, chance: random.Random) -> tuple[str, UUID]:
    """Somebody with `half` figures and `half` certified visits, a gift and an unpaid order; their token and id."""
    await here.open_rooms()
    settings = here.settings
    guest = await identity.open_guest_session(Language.ZH, keyring=wiring.keyring(settings), now=utc_now())
    by = guest.session.person_id
    factors = footprint.load_factor_set(settings.factor_folder)
    for number in range(half):
        on = date(2024, 12, 31) - timedelta(days=number)
        inputs = _DAY | {"activity_year": on.year, "metro_km": str(chance.randint(1, 90))}
        await footprint.keep_figure(
            footprint.calculate("personal", inputs, factors),
            span=Span.DAY,
            period=Period(on, on),
            by=by,
            key=str(number),
        )
    say(f"P14: {half:,} figures")
    await paid_orders(here, half, chance, by=by)
    say(f"P14: {half:,} paid orders")
    campaign_id = await gift_ground.campaign(here, connection, pool_g=1_000_000, delivers=Delivery.ACCOUNT)
    gift = Wish(person_id=by, wanted_g=12_000, least_g=12_000, emission_g=0, calculation=None, language="zh")
    (got,) = await gifts.collect(campaign_id, [gift])
    if got.id is None:
        raise CannotRun(f"the gift was not collected: {got.outcome}")
    await unpaid_orders(here, 1, chance, by=by)
    with here.processes("worker", log="p14"):
        deadline = time.monotonic() + _PATIENCE_S
        while await connection.fetchval("SELECT count(*) FROM certificate WHERE holder_id = $1", by) < half:
            if time.monotonic() > deadline:
                raise CannotRun("the worker did not certify every order in time")
            await asyncio.sleep(0.5)
    return guest.token, by


async def _looks(here: Ground, token: str, count: int) -> tuple[list[float], int]:
    headers = {"accept": "text/html", "accept-language": "zh-CN", "authorization": f"Bearer {token}"}
    seconds, size = [], 0
    async with httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as browser:
        for number in range(count + 10):
            await asyncio.sleep(0.05)
            began = time.perf_counter()
            page = await browser.get(f"{here.url}/me")
            if number >= 10:
                seconds.append(time.perf_counter() - began)
            if page.status_code != 200:
                raise CannotRun(f"/me answered {page.status_code}")
            size = len(gzip.compress(page.content, 6))
    return seconds, size
