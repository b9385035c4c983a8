"""Screens for tests and benchmarks: people lined up by hand, and a screen that reads its stream as the page does."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby, pairwise
from typing import Any

import httpx

TOKEN = "a-token-of-every-screen"
OPEN = """
INSERT INTO wall_scene (scenario_id, is_premoderated, turn_s, wait_s)
    SELECT id, false, $2, $3 FROM scenario WHERE code = $1
    ON CONFLICT ON CONSTRAINT wall_scene_scenario_key DO UPDATE SET turn_s = $2, wait_s = $3
"""
SCREEN = """
INSERT INTO wall_screen (id, scene_id, label, token_sha256, made_by_id)
    SELECT gen_random_uuid(), w.id, 'x', $2, (SELECT id FROM person LIMIT 1)
    FROM wall_scene w JOIN scenario s ON s.id = w.scenario_id WHERE s.code = $1 ON CONFLICT DO NOTHING
"""
PEOPLE = """
WITH people AS (
    SELECT gen_random_uuid() AS id, n FROM generate_series(1, $1::int) n),
came AS (
    INSERT INTO person (id, language, state, created_at) SELECT p.id, 'zh', 'active', now() FROM people p),
parties AS (
    INSERT INTO party (id, kind) SELECT p.id, 'person' FROM people p),
said AS (
    INSERT INTO consent (person_id, purpose, no, version, language, digest, state, at, place)
    SELECT p.id, 'wall', 1, 30000, 'zh', sha256('x'), 'given', now(), 'page' FROM people p),
lined AS (
    INSERT INTO wall_turn (scene_id, cause, certificate_id, person_id, consent_version, no, turn_s, moderation, asked_at)
    SELECT w.id, 'test:' || p.id, c.id, p.id, 30000, w.last_no + p.n, w.turn_s, 'shown', now()
    FROM people p, wall_scene w JOIN scenario s ON s.id = w.scenario_id AND s.code = $2,
        (SELECT id FROM certificate LIMIT 1) c ORDER BY p.n RETURNING scene_id)
UPDATE wall_scene w SET last_no = w.last_no + $1 WHERE w.id IN (SELECT scene_id FROM lined) RETURNING w.last_no - $1
"""
"""So many people whose turns are all of one certificate: a superuser's act, which switches keys and triggers off before. The
people are real all the same: a turn that is moved and placed again in one transaction has its keys looked at anew."""


async def open_hall(connection: Any, code: str, *, turn_s: int, wait_s: int, token: str = TOKEN) -> None:
    """A screen of the scene, opened by this token."""
    await connection.execute(OPEN, code, turn_s, wait_s)
    await connection.execute(SCREEN, code, sha256(token.encode()).digest())


async def line_up(connection: Any, code: str, people: int) -> range:
    """So many people more in this scene, in one transaction; their numbers."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")
        before = await connection.fetchval(PEOPLE, people, code)
    return range(before + 1, before + people + 1)


@dataclass
class Show:
    """A turn as this screen showed it; server's milliseconds."""

    turn: int
    no: int
    slot: int
    from_ms: int
    to_ms: int
    begun_ms: int
    """When this screen was able to begin."""


@dataclass
class WallScreen:
    """A browser at the wall: knows what it was told, goes on by the clock, and comes again after a second."""

    base: str
    token: str = TOKEN
    shows: list[Show] = field(default_factory=list)
    cleared: dict[int, int] = field(default_factory=dict)
    """When it was told that a turn is off, by turn."""
    numbers: list[int] = field(default_factory=list)
    came: int = 0
    _planned: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def run(self) -> None:
        """Until it is cancelled."""
        last = "0"
        async with httpx.AsyncClient(base_url=self.base, trust_env=False, timeout=httpx.Timeout(5, read=12)) as client:
            while True:
                try:
                    headers = {"last-event-id": last, "accept": "text/event-stream"}
                    async with client.stream("GET", f"/api/v1/wall/{self.token}/stream", headers=headers) as answer:
                        if answer.is_success:
                            self.came += 1
                            number, kind = "", ""
                            async for line in answer.aiter_lines():
                                name, _, said = line.partition(": ")
                                if name == "id":
                                    number = said
                                elif name == "event":
                                    kind = said
                                elif name == "data":
                                    self._told(kind, json.loads(said))
                                elif not line:
                                    if number:
                                        last = number
                                        self.numbers.append(int(number))
                                    number = ""
                except (httpx.TransportError, OSError):
                    pass
                await asyncio.sleep(1)

    def _told(self, kind: str, told: dict[str, Any]) -> None:
        now_ms = round(time.time() * 1000)
        if kind == "cleared":
            self.cleared.setdefault(told["turn"], now_ms)
            self._planned.pop(told["turn"], None)
        elif kind == "turn":
            known = self._planned.get(told["turn"])
            if known is not None and known["from_ms"] == told["from_ms"]:
                return
            if known is not None and known["from_ms"] <= now_ms:
                self._begin(known)  # it was on already, and is to come once more
            told["told_ms"] = now_ms
            self._planned[told["turn"]] = told

    def _begin(self, one: dict[str, Any]) -> None:
        begun_ms = max(one["from_ms"], one["told_ms"])
        self.shows.append(Show(one["turn"], one["no"], one["slot"], one["from_ms"], one["to_ms"], begun_ms))

    def finish(self) -> None:
        """Count what it still had to show."""
        for one in self._planned.values():
            self._begin(one)
        self._planned.clear()


LATE_MS = 250
"""So much later than it is said may a screen begin to show somebody."""


def demand_promise(screens: Sequence[WallScreen], numbers: range, *, turn_ms: int) -> None:
    """Each of these people once, whole, in order and in time on every screen, and all screens alike."""
    shown = []
    for screen in screens:
        screen.finish()
        assert screen.numbers == sorted(set(screen.numbers)), "an event was told twice"
        shows = [show for show in screen.shows if show.no in numbers]
        assert sorted(show.no for show in shows) == list(numbers), "somebody is missing, or came twice"
        ordered = sorted(shows, key=lambda show: (show.from_ms, show.slot))
        assert [show.no for show in ordered] == list(numbers)
        assert {show.to_ms - show.from_ms for show in shows} == {turn_ms}
        late = [show for show in shows if show.begun_ms - show.from_ms > LATE_MS]
        assert not late, late
        for _, own in groupby(sorted(shows, key=lambda show: (show.slot, show.from_ms)), lambda show: show.slot):
            assert all(one.to_ms <= two.from_ms for one, two in pairwise(own))
        shown.append({show.no: (show.from_ms, show.slot) for show in shows})
    assert all(one == shown[0] for one in shown)
