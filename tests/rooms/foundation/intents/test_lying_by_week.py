"""Answers lie by week: the week of an answer stands in its id, and a week that is over is dropped whole."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from app.foundation import intents, retention
from app.foundation.intents import KeptAnswer
from app.foundation.retention import Keep
from app.gateways.database import fetch_value
from tests.answers import aged
from tests.conftest import Stand
from tests.rooms.conftest import connected

BODY = b"s" * 32
KEEP = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1, figures_days=3650, guests_days=3650)
PLACE = "SELECT tableoid::regclass::text FROM intent_answer WHERE actor = $1"


@pytest.fixture
async def owner(database: Stand) -> AsyncIterator[Any]:
    """Whoever makes weeks of the past; the weeks of a test go with it."""
    async with connected(database.super_url) as connection:
        for monday in await weeks(connection):
            await connection.execute(f"DROP TABLE {place(monday)}")
        yield connection
        for monday in await weeks(connection):
            await connection.execute(f"DROP TABLE {place(monday)}")


async def weeks(connection: Any) -> list[date]:
    return [row[0] for row in await connection.fetch("SELECT intents.weeks()")]


def place(monday: date) -> str:
    return f"intent_answer_w{monday:%Y%m%d}"


def monday(*, ago: int = 0) -> date:
    """Of this week, or of one so many weeks before."""
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday() + 7 * ago)


async def make(owner: Any, of: date) -> None:
    """A place for a week of the past, as `make_weeks` would have made it."""
    first, stop = await owner.fetchrow("SELECT first_id, stop_id FROM intents.ids_of($1)", of)
    await owner.execute(
        f"CREATE TABLE {place(of)} (LIKE intent_answer INCLUDING ALL);"
        f" CREATE UNIQUE INDEX ON {place(of)} (actor, key); ALTER TABLE {place(of)} OWNER TO ddt_owner;"
        f" ALTER TABLE intent_answer ATTACH PARTITION {place(of)} FOR VALUES FROM ({first}) TO ({stop})"
    )


async def kept(owner: Any, key: str, *, days_ago: int = 0) -> UUID:
    """Somebody's answer under this key, kept so many days ago."""
    actor = uuid4()
    await intents.keep(actor, key, BODY, 201, key.encode())
    await owner.execute(f"{aged(days_ago)} WHERE actor = $1", actor)
    return actor


async def test_weeks_are_made_ahead_once_and_an_answer_lies_in_its_own(owner: Any) -> None:
    assert await intents.make_weeks(2) == 3
    assert await weeks(owner) == [monday() + timedelta(weeks=ahead) for ahead in range(3)]
    assert await intents.make_weeks(2) == 0
    ann = await kept(owner, "k")
    assert await fetch_value(PLACE, ann) in {place(monday()), place(monday(ago=1))}


async def test_an_answer_without_a_place_lies_among_the_rest_and_is_told(owner: Any) -> None:
    ann = await kept(owner, "k")
    assert await fetch_value(PLACE, ann) == "intent_answer_rest"
    await intents.make_weeks(1)
    assert monday() not in await weeks(owner)
    assert await intents.find(ann, "k") == KeptAnswer(BODY, 201, b"k")


async def test_a_repeat_weeks_later_reads_the_first_answer_and_adds_none(owner: Any) -> None:
    await make(owner, monday(ago=5))
    await intents.make_weeks(1)
    ann = await kept(owner, "k", days_ago=35)
    assert await fetch_value(PLACE, ann) == place(monday(ago=5))
    await intents.keep(ann, "k", BODY, 409, b"second")
    assert await intents.find(ann, "k") == KeptAnswer(BODY, 201, b"k")
    assert await fetch_value("SELECT count(*) FROM intent_answer") == 1


async def test_of_two_answers_on_two_sides_of_a_midnight_the_first_is_told(owner: Any) -> None:
    ann = await kept(owner, "k")
    await make(owner, monday(ago=2))
    await owner.execute(
        "INSERT INTO intent_answer (id, actor, key, body_sha256, status, answer, kept_at)"
        " SELECT id - (14::bigint << 38), actor, key, body_sha256, 200, 'first', kept_at FROM intent_answer"
    )
    assert await fetch_value("SELECT count(DISTINCT tableoid) FROM intent_answer") == 2
    assert await intents.find(ann, "k") == KeptAnswer(BODY, 200, b"first")


async def test_a_week_that_is_over_for_long_enough_goes_whole_and_a_younger_one_stays(owner: Any) -> None:
    for ago in (12, 15):
        await make(owner, monday(ago=ago))
    await intents.make_weeks(1)
    today = datetime.now(UTC).date()
    old = await kept(owner, "old", days_ago=(today - monday(ago=15)).days)
    young = await kept(owner, "young", days_ago=(today - monday(ago=12)).days)
    rest = await kept(owner, "rest", days_ago=200)
    assert await fetch_value(PLACE, rest) == "intent_answer_rest"
    assert (await retention.purge(KEEP))["answers"] == 2
    assert monday(ago=15) not in await weeks(owner)
    assert monday(ago=12) in await weeks(owner)
    assert [await intents.find(one, key) is not None for one, key in ((old, "old"), (young, "young"), (rest, "rest"))] == [
        False, True, False,
    ]  # fmt: skip
    assert (await retention.purge(KEEP))["answers"] == 0


async def test_a_week_that_is_not_over_cannot_be_dropped(owner: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="a day after its end"):
        await owner.fetchval("SELECT intents.drop_week(clock_timestamp())")


async def test_an_answer_that_was_kept_before_there_were_weeks_is_told_and_goes_with_its_age(owner: Any) -> None:
    ann = uuid4()
    await owner.execute(
        "INSERT INTO intent (actor, key, body_sha256, status, answer, kept_at)"
        " VALUES ($1, 'k', $2, 201, 'before', clock_timestamp() - interval '91 days')",
        ann, BODY,
    )  # fmt: skip
    await intents.keep(ann, "k", BODY, 409, b"second")
    assert await intents.find(ann, "k") == KeptAnswer(BODY, 201, b"before")
    assert await fetch_value("SELECT count(*) FROM intent_answer") == 0
    assert (await retention.purge(KEEP))["answers"] == 1
    assert await intents.find(ann, "k") is None


async def test_what_a_release_from_before_the_weeks_keeps_later_is_not_told_instead_of_the_first(owner: Any) -> None:
    """While releases roll it does not see the first, asks the room again, and keeps what it says then."""
    ann = await kept(owner, "k")
    await owner.execute(
        "INSERT INTO intent (actor, key, body_sha256, status, answer, kept_at)"
        " VALUES ($1, 'k', $2, 409, '', clock_timestamp())",
        ann, b"o" * 32,
    )  # fmt: skip
    assert await intents.find(ann, "k") == KeptAnswer(BODY, 201, b"k")
