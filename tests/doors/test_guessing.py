"""S4 and S6: a thousand guesses hit nothing, all misses are one answer, and no forged address buys another guess."""

import random
import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from litestar import Litestar

from app.gateways import metrics
from app.gateways.database import fetch
from app.kernel.ids import ALPHABET, check_character
from app.web.kit.security import scanning
from app.web.public import looking_up
from tests.doors.conftest import PAGE, PUBLIC, Door

SEED = 20_261_129
SLIPS = ["7K3M9QFX2R", "ZZZZZZZZZZ", "0000000001", "A1B2C3D4E5"]
FITTING = [head + check_character(head) for head in ("7K3M9QFX2", "000000001", "A1B2C3D4E")]
"""Verification codes that nobody has: their check character is wrong, and right."""
_VARIES = re.compile(r"req_[0-9A-Z]{26}|ord_\w+")


def browser(application: Litestar, host: str, **headers: str) -> httpx.AsyncClient:
    """Somebody at an address."""
    transport = httpx.ASGITransport(app=application, client=(host, 40_000))
    return httpx.AsyncClient(transport=transport, base_url=PUBLIC, headers=headers)


def _borrowed() -> float:
    """Connections that were lent so far; of this figure alone, since all of them take a tenth of a second to read."""
    (family,) = metrics._connection_wait_seconds.collect()
    name = f"{family.name}_count"
    return sum(
        one.value for one in family.samples if (one.name, one.labels) == (name, {"outcome": "given", "use": "read"})
    )


def _guess(chance: random.Random, length: int) -> str:
    return "".join(chance.choices(ALPHABET, k=length))


@pytest.mark.parametrize(
    ("length", "path", "guesses"),
    [(6, "/api/v1/scenes/{}", 500), (10, "/api/v1/verify/{}", 350), (10, "/api/v1/verify/{}/findings", 150)],
    ids=["scenes", "verification", "findings"],
)
async def test_a_thousand_guesses_from_as_many_places_hit_nothing_and_read_one_answer(
    door: Door, length: int, path: str, guesses: int
) -> None:
    print(f"seed {SEED}")  # noqa: T201 - so that it can be walked again
    chance, answers = random.Random(SEED), set()
    codes = {row["code"] for row in await fetch("SELECT code FROM scenario")}
    for number in range(guesses):
        async with browser(door.app, f"198.51.{number // 250}.{number % 250 + 1}") as stranger:
            code = _guess(chance, length)
            assert code not in codes
            answer = await stranger.get(path.format(code))
        answers.add((answer.status_code, _VARIES.sub("", answer.text).replace(code, "")))
    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1


@pytest.mark.parametrize("kind", ["scenes", "verify"])
async def test_every_kind_of_miss_asks_the_database_as_often_and_says_the_same(door: Door, kind: str) -> None:
    """What takes the same way takes the same time: nobody learns from a watch which codes nearly exist."""
    await door.as_superuser(
        "SET session_replication_role = replica;"
        " UPDATE scenario SET state = 'draft', approval_id = NULL WHERE title_zh = '示例步行日'"
    )
    misses = {
        "scenes": ["ZZZZZZ", "A1B2C3", door.walking, "7K3M9Q"],
        "verify": [*SLIPS, *FITTING],
    }[kind]
    seen: dict[str, tuple[int, float, str]] = {}
    for number, code in enumerate(misses):
        async with browser(door.app, f"198.51.100.{number + 1}") as stranger:
            before = _borrowed()
            answer = await stranger.get(f"/api/v1/{kind}/{code}")
            asked = _borrowed() - before
        seen[code] = answer.status_code, asked, _VARIES.sub("", answer.text).replace(code, "")
    assert {status for status, _, _ in seen.values()} == {404}
    assert len({text for _, _, text in seen.values()}) == 1
    looked_up = {seen[code][1] for code in misses if code not in SLIPS}
    assert len(looked_up) == 1, seen
    # A verification code bears a check character: a slip is told without looking for it.
    assert {seen[code][1] for code in misses if code in SLIPS} <= {looked_up.pop() - 1}, seen


FORGED: dict[str, Callable[[random.Random], tuple[str, dict[str, str]]]] = {
    "X-Forwarded-For": lambda chance: ("203.0.113.77", {"x-forwarded-for": _address(chance)}),
    "many hops": lambda chance: ("203.0.113.78", {"x-forwarded-for": f"{_address(chance)}, {_address(chance)}"}),
    "Forwarded and its kin": lambda chance: (
        "203.0.113.79",
        {"forwarded": f"for={_address(chance)}", "x-real-ip": _address(chance), "true-client-ip": _address(chance)},
    ),
    "a rotated IPv6 address": lambda chance: (
        f"2001:db8:7:7:{chance.getrandbits(16):x}::{chance.getrandbits(16):x}",
        {},
    ),
}


@pytest.mark.parametrize("how", FORGED)
async def test_no_address_that_one_gives_oneself_buys_a_guess_more(
    door: Door, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(scanning.SCENES, "_sharing", 1)
    monkeypatch.setattr(looking_up.GUESSING, "_sharing", 1)
    for one in (
        scanning.SCENES,
        looking_up.GUESSING,
    ):  # in an hour: on a busy machine a guess would come back meanwhile
        monkeypatch.setattr(one, "_limit", replace(one._limit, window_s=3600))
    chance, told = random.Random(SEED), []
    for _ in range(100):
        host, headers = FORGED[how](chance)
        async with browser(door.app, host, **(PAGE | headers)) as stranger:
            told.append((await stranger.get(f"/s/{_guess(chance, 6)}")).status_code)
    assert told == [404] * 60 + [429] * 40


def _address(chance: random.Random) -> str:
    return ".".join(str(chance.randint(1, 250)) for _ in range(4))
