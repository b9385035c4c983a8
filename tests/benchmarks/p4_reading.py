"""P4: the reading APIs against a bare Litestar handler with one asyncpg primary-key select, in one interleaved run.

Server, database, cache and load generator share the machine's cores. Readers come through a trusted proxy, each
under an address of its own, as behind nginx; all their codes exist, so no limit counts them.
"""

import asyncio
import json
import os
import random
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from app.cli.demo.ports import free_port
from tests.benchmarks import load
from tests.benchmarks.ground import SCENE, Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, ratio, say
from tests.benchmarks.load import Load
from tests.benchmarks.paying import paid_orders

AT_LEAST: Final = {"scene": 1.5, "verify": 0.8}
_CERTIFICATES: Final = 24
_READERS: Final = 4096
_CONNECTIONS: Final = 32
_TURNS: Final = 3
_TURN_S: Final = 1.0


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Rotations of bare, scene, verification in short turns; a ratio is taken inside one rotation."""
    turns = 1 if wishes.is_quick else _TURNS
    chance = random.Random(wishes.seed)
    codes = await _certificates(here, chance)
    bare_port = free_port(here.sandbox_port + 1)
    with here.processes("serve", log="p4", DIANDIAN_TRUSTED_PROXIES="127.0.0.1/32") as tree:
        tree.begin("bare", "-m", "tests.benchmarks.bare", str(bare_port))
        scene_id = await _scene_id(here)
        await _until_there(bare_port, f"/bare/{scene_id}")
        readers = [f"x-forwarded-for: 10.{n >> 8}.{n & 255}.7\r\naccept-language: zh-CN\r\n" for n in range(_READERS)]
        asked = {
            "bare": (bare_port, [load.get(bare_port, f"/bare/{scene_id}", headers=reader) for reader in readers]),
            "scene": (here.port, [load.get(here.port, f"/api/v1/scenes/{SCENE}", headers=one) for one in readers]),
            "verify": (
                here.port,
                [load.get(here.port, f"/api/v1/verify/{chance.choice(codes)}", headers=one) for one in readers],
            ),
        }
        pids = {name: tree._running["bare" if name == "bare" else "serve"].pid for name in asked}
        for port, requests in asked.values():  # plans, caches, connections
            await _drive(port, requests)
        found: dict[str, list[_Rotation]] = {name: [] for name in asked}
        for number in range(wishes.rotations):
            now = {name: _Rotation() for name in asked}
            for _ in range(turns):
                for name, (port, requests) in asked.items():
                    before = _cpu_seconds(pids[name])
                    now[name].turns.append(await _drive(port, requests))
                    now[name].cpu_s += _cpu_seconds(pids[name]) - before
            for name, rotation in now.items():
                found[name].append(rotation)
            say(f"P4 rotation {number + 1}: " + ", ".join(f"{n} {one.per_second:,.0f}/s" for n, one in now.items()))
    return _finding(found)


@dataclass(slots=True)
class _Rotation:
    """One rotation's turns at one handler."""

    turns: list[Load] = field(default_factory=list)
    cpu_s: float = 0.0
    """Of the serving process, in these turns."""

    @property
    def per_second(self) -> float:
        """Answers a second over all turns, which are of one length."""
        return statistics.fmean(turn.per_second for turn in self.turns)

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of processor an answer."""
        return self.cpu_s * 1000 / sum(turn.answers for turn in self.turns)


def _cpu_seconds(pid: int) -> float:
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # told on Linux only; it is context
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


async def _drive(port: int, requests: list[bytes]) -> Load:
    done = await asyncio.to_thread(load.drive, port, requests, connections=_CONNECTIONS, seconds=_TURN_S)
    if set(done.statuses) != {200}:
        raise CannotRun(f"not every answer was 200: {done.statuses}")
    return done


def _finding(found: dict[str, list[_Rotation]]) -> Finding:
    rates = {name: [one.per_second for one in rotations] for name, rotations in found.items()}
    lines = []
    for name, what in (("scene", "scene API ÷ bare handler"), ("verify", "verification API ÷ bare handler")):
        spread = ratio(rates[name], rates["bare"])
        lines.append(
            Line(
                id="P4",
                what=what,
                measured=f"{spread.median:.2f} ×",
                spread=spread.text(),
                target=f"≥ {AT_LEAST[name]} ×",
                is_met=spread.median >= AT_LEAST[name],
                figures={"per_second": rates[name], "bare_per_second": rates["bare"]},
            )
        )
    lines.append(Line(id="P4", what="leaderboard API", measured="not built", target=f"≥ {AT_LEAST['scene']} ×"))
    for name, what in (("bare", "bare handler"), ("scene", "scene API"), ("verify", "verification API")):
        spread = Spread.of(rates[name])
        p99_ms = statistics.median(turn.p99_ms for one in found[name] for turn in one.turns)
        cpu_ms = statistics.median(one.cpu_ms for one in found[name])
        lines.append(
            Line(
                id="P4",
                what=f"  {what}, {cpu_ms:.2f} ms CPU",
                measured=f"{spread.median:,.0f}/s",
                spread=spread.text(",.0f"),
                target=f"{p99_ms:.0f} ms p99",
                figures={"p99_ms": p99_ms, "cpu_ms": cpu_ms},
            )
        )
    note = (
        f"P4: {_CONNECTIONS} connections, one server process, PostgreSQL, Valkey and the load generator on the same"
        " cores. The leaderboard API is not built in this release. A verification unseals the holder's name;"
        " the yardstick does not."
    )
    return Finding(lines, [note])


async def _certificates(here: Ground, chance: random.Random) -> list[str]:
    """Codes of certificates with names, issued by a worker."""
    await paid_orders(here, _CERTIFICATES, chance)
    connection = await here.super()
    try:
        with here.processes("worker", log="p4"):
            for _ in range(600):
                codes = await connection.fetch("SELECT verify_code FROM certificate WHERE name_sealed IS NOT NULL")
                if len(codes) >= _CERTIFICATES:
                    return [row["verify_code"] for row in codes]
                await asyncio.sleep(0.05)
    finally:
        await connection.close()
    raise CannotRun("the worker issued no certificates within 30 s")


async def _scene_id(here: Ground) -> str:
    connection = await here.super()
    try:
        return str(await connection.fetchval("SELECT id FROM scenario WHERE code = $1", SCENE))
    finally:
        await connection.close()


async def _until_there(port: int, path: str) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
        for _ in range(200):
            try:
                answer = await client.get(f"http://127.0.0.1:{port}{path}")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            assert json.loads(answer.content)["code"] == SCENE, answer.text
            return
    raise CannotRun(f"the yardstick did not start on port {port}")
