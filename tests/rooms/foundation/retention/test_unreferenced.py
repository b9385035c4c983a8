"""Retention of what no row refers to: guests, their keys, figures. Foreign keys decide, whatever tables there are."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from app import footprint
from app.foundation import identity, retention
from app.foundation.retention import Keep
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.kernel.text import Language
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import Account, Amount
from tests.conftest import Stand
from tests.rooms.conftest import FACTORS, KEYRING, River, connected

KEEP = Keep(messages_days=30, answers_days=90, sessions_days=30, attempts_days=1, figures_days=30, guests_days=30)


@pytest.fixture
async def owner(database: Stand) -> AsyncIterator[Any]:
    """Whoever lets time pass: the application may not touch when something happened."""
    async with connected(database.super_url) as connection:
        yield connection


async def guest() -> UUID:
    """Somebody who came long ago and whose sign-in is over."""
    long_ago = utc_now() - timedelta(days=100)
    return (await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=long_ago)).session.person_id


async def figure(person_id: UUID) -> UUID:
    inputs = footprint.visit_inputs("metro", "23", round_trip=True, extras={"meals_mixed": "1"})
    return await footprint.keep(footprint.calculate("personal", inputs, FACTORS), by=person_id)


async def persons() -> set[UUID]:
    return {row["id"] for row in await fetch("SELECT id FROM person")}


async def days_pass_over_figures(owner: Any) -> None:
    await owner.execute("UPDATE footprint SET computed_at = computed_at - interval '31 days'")


async def purged() -> dict[str, int]:
    return {kind: rows for kind, rows in (await retention.purge(KEEP)).items() if rows}


async def test_a_guest_whom_nothing_refers_to_goes_with_their_key_and_party_after_the_sign_in(owner: Any) -> None:
    gone = [await guest() for _ in range(3)]
    young = (await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())).session.person_id
    assert await purged() == {"sessions": 3, "guests": 3}
    assert await persons() == {young}
    for table, column in (("party", "id"), ("person_key", "person_id")):
        kept = await owner.fetch(f"SELECT {column} AS id FROM {table} WHERE {column} = ANY($1::uuid[])", [*gone, young])
        assert [row["id"] for row in kept] == [young]
    assert (await retention.purged())["keys"] == 3
    assert await purged() == {}


async def test_who_ordered_who_is_known_and_who_has_a_role_stays(river: River, owner: Any) -> None:
    await river.order()
    known, named = await guest(), await guest()
    await owner.execute(
        "INSERT INTO person_pii (id, person_id, kind, scope, sealed, blind_index, created_at)"
        " VALUES (gen_random_uuid(), $1, 'openid', 'wx', $2, $3, now())",
        known, b"s" * 40, b"b" * 32,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO operator (id, person_id, password_hash, created_at) VALUES (gen_random_uuid(), $1, 'x', now())",
        named,
    )
    await owner.execute("UPDATE person SET created_at = created_at - interval '100 days'")
    await owner.execute("DELETE FROM identity_session")
    await days_pass_over_figures(owner)
    there = await persons()
    assert await purged() == {}
    assert await persons() == there >= {river.person_id, known, named}


async def test_a_table_that_nobody_here_knows_protects_whom_it_refers_to(owner: Any, database: Stand) -> None:
    praised, plain = await guest(), await guest()
    await owner.execute("CREATE TABLE praise (id int, person_id uuid REFERENCES person ON DELETE CASCADE)")
    try:
        await owner.execute(f'ALTER TABLE praise OWNER TO "{urlsplit(database.owner_url).username}"')
        await owner.execute("INSERT INTO praise VALUES (1, $1)", praised)
        assert (await purged())["guests"] == 1
        assert await persons() == {praised}
        await owner.execute("DELETE FROM praise")
        assert await purged() == {"guests": 1}
        assert plain not in await persons()
    finally:
        await owner.execute("DROP TABLE praise")


async def test_a_table_of_somebody_elses_protects_too_though_it_cannot_be_read(owner: Any) -> None:
    praised, plain = await guest(), await guest()
    await owner.execute("CREATE TABLE praise (id int, party_id uuid REFERENCES party)")
    try:
        await owner.execute("INSERT INTO praise VALUES (1, $1)", praised)
        assert (await purged())["guests"] == 1
        assert await persons() == {praised}
        assert plain not in await persons()
    finally:
        await owner.execute("DROP TABLE praise")


@pytest.mark.usefixtures("river")
async def test_whoever_was_given_grams_stays() -> None:
    holder = await guest()
    gift = Amount(holdings.Mix.only(Programme.CDCER), 500)
    async with transaction() as tx:
        await holdings.open_holding(holder, tx=tx)
        await holdings.transfer("gift:1", holdings.PLATFORM, Account.person(holder), gift, reason="赠送", tx=tx)
    assert "guests" not in await purged()
    assert holder in await persons()


async def test_a_figure_by_which_nobody_ordered_goes_and_one_that_was_ordered_by_stays(
    river: River, owner: Any
) -> None:
    order = await river.order()
    lone = await figure(river.person_id)
    await days_pass_over_figures(owner)
    young = await figure(river.person_id)
    assert await purged() == {"figures": 1}
    kept = {row["id"] for row in await fetch("SELECT id FROM footprint")}
    assert kept == {order.footprint_id, young}
    assert lone not in kept


async def test_a_guest_goes_once_their_figures_have_gone(owner: Any) -> None:
    person_id = await guest()
    await figure(person_id)
    assert await purged() == {"sessions": 1}
    await days_pass_over_figures(owner)
    assert await purged() == {"figures": 1, "guests": 1}
    assert await persons() == set()


async def test_a_guest_for_whom_a_row_is_just_being_written_stays(owner: Any) -> None:
    person_id = await guest()
    await owner.execute("DELETE FROM identity_session")
    writing = owner.transaction()
    await writing.start()
    await owner.execute(
        "INSERT INTO identity_session (id, token_hash, person_id, kind, created_at, expires_at)"
        " VALUES (gen_random_uuid(), $1, $2, 'guest', now(), now() + interval '1 day')",
        b"t" * 32, person_id,
    )  # fmt: skip
    assert await purged() == {}
    await writing.commit()
    assert await persons() == {person_id}


async def test_a_key_whose_person_was_never_written_down_goes_after_its_time(owner: Any) -> None:
    old = UUID(int=(uuid7().int >> 80) - 40 * 86_400_000 << 80 | 0x7 << 76 | 0b10 << 62)
    for person_id in (old, uuid7()):
        await owner.execute("INSERT INTO keys.person_key VALUES ($1, $2, 't1')", person_id, b"w" * 60)
    assert await purged() == {"keys": 1}
    assert await fetch_value("SELECT count(*) FROM keys.person_key") == 1


async def test_the_walk_over_persons_goes_on_where_it_was_and_begins_anew(river: River, owner: Any) -> None:
    for number in range(30):
        await river.order(f"k{number}", person_id=await guest())
    kept = await persons()
    lone = [await guest() for _ in range(4)]
    await owner.execute("DELETE FROM identity_session")
    rounds = 0
    while set(lone) & await persons():
        await retention.purge(KEEP, limit=1)
        rounds += 1
        assert rounds < 60
    assert await persons() == kept


async def test_no_table_that_grows_with_the_visitors_is_read_as_a_whole(owner: Any) -> None:
    await owner.execute(
        "INSERT INTO person (id, language, state, created_at)"
        " SELECT gen_random_uuid(), 'zh', 'active', now() - interval '100 days' FROM generate_series(1, 2000)"
    )
    looked_at = (
        "SELECT relname::text AS name, seq_scan FROM pg_stat_xact_user_tables WHERE relname IN ('person', 'party',"
        " 'person_key', 'person_pii', 'identity_session', 'footprint', 'purchase_order', 'sale_line',"
        " 'retirement', 'certificate', 'holding_transfer', 'operator', 'membership') ORDER BY 1"
    )
    async with transaction() as tx:
        before = await fetch(looked_at, tx=tx)
        assert await fetch_value("SELECT retention.purge_guests('30 days', 500)", tx=tx) == 500
        for kind in ("figures", "keys"):
            await fetch(f"SELECT retention.purge_{kind}('30 days', 500)", tx=tx)
        after = await fetch(looked_at, tx=tx)
    whole = {then["name"]: then["seq_scan"] - now["seq_scan"] for then, now in zip(after, before, strict=True)}
    assert {name: count for name, count in whole.items() if count} == {}
