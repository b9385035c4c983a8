"""P12: the whole stack over HTTP: how many orders a second are paid and certified while nobody waits too long.

Citizens arrive by a clock, whether those before them are through or not (open loop): scan, order, pay at the sandbox's
cashier, wait for the certificate, open its public page. A rate holds where all of them came through and 95 of 100 saw
a page that verifies within a second of paying. The ladder climbs until a rate does not hold. API, worker, sandbox,
PostgreSQL and the citizens share the same cores.
"""

import asyncio
import random
import time
from dataclasses import dataclass
from itertools import count
from typing import Final

from tests.benchmarks.ground import SCENE, Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, percentile, say
from tests.benchmarks.phone import Phone

AT_LEAST: Final = 30.0
"""Orders a second."""
MOST_P95_S: Final = 1.0
_RATES: Final = (3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 40, 45, 50)
_RUNG_S: Final = 15.0
_PATIENCE_S: Final = 30.0
_LOOK_EVERY_S: Final = 0.1
"""As often as a page that waits may ask; what it adds to a figure is counted against us."""


@dataclass(frozen=True, slots=True)
class _Rung:
    """What came of some seconds of arrivals at one rate."""

    rate: float
    seconds: list[float]
    """From paying to a page that verifies, of each citizen who came through."""
    lost: list[str]
    """Why the others did not."""
    behind_s: float
    """How late the last citizen set out: a load generator that cannot keep up measures itself."""

    @property
    def p95_s(self) -> float:
        """Infinite where nobody came through."""
        return percentile(self.seconds, 0.95) if self.seconds else float("inf")

    @property
    def is_held(self) -> bool:
        """Everybody came through, and fast enough."""
        return not self.lost and self.p95_s <= MOST_P95_S


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """A ladder a rotation, each from two rungs below the last one that held."""
    chance = random.Random(wishes.seed)
    numbers = count(1)
    seconds = 4.0 if wishes.is_quick else _RUNG_S
    rotations: list[list[_Rung]] = []
    start = 0
    with here.processes("sandbox", "serve", "worker", log="p12", DIANDIAN_TRUSTED_PROXIES="127.0.0.1/32") as tree:
        for _ in range(3):
            await _citizen(here, next(numbers))  # warms templates, plans, pools
        for rotation in range(wishes.rotations):
            rungs: list[_Rung] = []
            for rate in _RATES[start:]:
                rungs.append(await _rung(here, rate, seconds, numbers, chance))
                tree.check()
                say(f"P12 rotation {rotation + 1}: {rate}/s, p95 {rungs[-1].p95_s:.2f} s, lost {len(rungs[-1].lost)}")
                if not rungs[-1].is_held:
                    break
            rotations.append(rungs)
            start = max(0, _RATES.index(int(rungs[-1].rate)) - 2)
    return _finding(rotations)


async def _rung(here: Ground, rate: float, seconds: float, numbers: "count[int]", chance: random.Random) -> _Rung:
    """Arrivals at this rate with the gaps of chance; ends when the last citizen is through."""
    began = due = time.perf_counter()
    citizens: list[asyncio.Task[float]] = []
    behind_s = 0.0
    while due < began + seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        behind_s = time.perf_counter() - due
        citizens.append(asyncio.create_task(_citizen(here, next(numbers))))
        due += chance.expovariate(rate)
    outcomes = await asyncio.gather(*citizens, return_exceptions=True)
    lost = [f"{type(one).__name__}: {one}" for one in outcomes if isinstance(one, Exception)]
    return _Rung(rate, [one for one in outcomes if isinstance(one, float)], lost, behind_s)


async def _citizen(here: Ground, number: int) -> float:
    """Scan, order, pay, and wait for the page that verifies; answers the seconds since paying."""
    phone = Phone(f"10.{10 + (number >> 16)}.{number >> 8 & 255}.{number & 255}")
    scene = f"{here.url}/s/{SCENE}"
    try:
        page = (await phone.get(scene)).expect(200)
        cashier = await phone.send(scene, page, {"mode": "metro", "km": "23", "pay": "own"})
        page = (await phone.get(cashier)).expect(200)
        till = await phone.send(cashier, page, {"method": "wechatpay.h5", "name": "林小川"})
        page = (await phone.get(till)).expect(200)
        await phone.send(till, page, {"outcome": "success"})
        paid_at = time.perf_counter()
        order = f"{here.url}/api/v1/orders/{cashier.rsplit('/', 1)[-1]}"
        while (certificate := (await phone.get(order)).expect(200).json()["certificate_id"]) is None:
            if time.perf_counter() - paid_at > _PATIENCE_S:
                raise CannotRun(f"no certificate within {_PATIENCE_S:.0f} s")
            await asyncio.sleep(_LOOK_EVERY_S)
        paper = (await phone.get(f"{here.url}/api/v1/certificates/{certificate}")).expect(200).json()
        page = (await phone.get(f"{here.url}/v/{paper['verify_code']}")).expect(200)
        if paper["number"] not in page.text:
            raise CannotRun(f"the page of {paper['verify_code']} does not show {paper['number']}")
        return time.perf_counter() - paid_at
    finally:
        phone.hang_up()


def _finding(rotations: list[list[_Rung]]) -> Finding:
    held = [max((rung.rate for rung in rungs if rung.is_held), default=0.0) for rungs in rotations]
    spread = Spread.of(held)
    lines = [
        Line(
            id="P12",
            what="paid → verifying page, p95 ≤ 1 s",
            measured=f"{spread.median:.0f}/s",
            spread=spread.text(".0f"),
            target=f"≥ {AT_LEAST:.0f}/s",
            is_met=spread.median >= AT_LEAST,
            figures={"held_per_second": held},
        )
    ]
    by_rate: dict[float, list[_Rung]] = {}
    for rung in (rung for rungs in rotations for rung in rungs):
        by_rate.setdefault(rung.rate, []).append(rung)
    for rate, rungs in sorted(by_rate.items()):
        p95 = Spread.of([rung.p95_s for rung in rungs])
        p50 = Spread.of([percentile(rung.seconds, 0.5) if rung.seconds else float("inf") for rung in rungs])
        lines.append(
            Line(
                id="P12",
                what=f"  at {rate:.0f}/s: p95 (p50 {p50.median:.2f} s)",
                measured=f"{p95.median:.2f} s",
                spread=p95.text(),
                figures={"seconds": [rung.seconds for rung in rungs], "lost": [rung.lost for rung in rungs]},
            )
        )
    every = [rung for rungs in rotations for rung in rungs]
    late_s = max(rung.behind_s for rung in every)
    told = (
        f"P12: {sum(len(rung.seconds) for rung in every):,} citizens, each over HTTP with nine requests and a look every"
        f" {_LOOK_EVERY_S} s; one API process, one worker, no files drawn. The last of a rung set out {late_s:.2f} s late"
        " at most."
    )
    notes = [told]
    if lost := [why for rung in every for why in rung.lost]:
        notes.append(f"P12: {len(lost)} did not come through; the first: {lost[0]}")
    return Finding(lines, notes)
