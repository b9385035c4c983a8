"""Sessions: found by one query, alive up to their end, extended once a day, over when signed out."""

import asyncio
import contextvars
import hashlib
from datetime import timedelta

import pytest

from app.foundation import identity
from app.foundation.identity import keeping_sessions
from app.gateways.database import fetch, fetch_value, transaction
from app.kernel.text import Language
from tests.rooms.conftest import connected

INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


@pytest.fixture
async def guest(keyring, now):
    return await identity.open_guest_session(Language.ZH, keyring=keyring, now=now)


async def test_finding_a_session_makes_one_query(guest, now, statements):
    assert await identity.find_session(guest.token, now) is not None
    assert len(statements) == 1


async def test_that_query_goes_by_indexes_only(guest, now, stand):
    async with connected(stand.super_url) as connection:
        filling = connection.transaction()
        await filling.start()  # as many as a day brings, and none of them stays
        await connection.execute(
            "INSERT INTO identity_session (id, token_hash, person_id, kind, created_at, expires_at)"
            " SELECT gen_random_uuid(), sha256(n::text::bytea), s.person_id, s.kind, s.created_at, s.expires_at"
            " FROM identity_session s, generate_series(1, 5000) n"
        )
        await connection.execute("ANALYZE identity_session, person, membership")
        plan = await connection.fetch("EXPLAIN " + keeping_sessions._FIND, [b"h" * 32], now)
        await filling.rollback()
    text = "\n".join(line["QUERY PLAN"] for line in plan)
    assert "identity_session_token_hash_key" in text
    assert "Seq Scan on identity_session" not in text


async def test_a_session_is_found_until_its_end_and_not_at_it(guest, now):
    end = now + timedelta(days=30)
    assert guest.session.expires_at == end
    assert await identity.find_session(guest.token, end) is None
    assert await identity.find_session(guest.token, end - INSTANT) is not None


async def test_within_a_day_the_end_stays(guest, now):
    found = await identity.find_session(guest.token, now + DAY - INSTANT)
    assert found is not None and found.expires_at == now + timedelta(days=30)


async def test_after_a_day_use_moves_the_end_once(guest, now, statements):
    found = await identity.find_session(guest.token, now + DAY)
    assert found is not None and found.expires_at == now + timedelta(days=31)
    assert len(statements) == 2
    assert await identity.find_session(guest.token, now + DAY + timedelta(hours=23)) == found
    assert len(statements) == 3
    assert await fetch_value("SELECT expires_at FROM identity_session WHERE person_id = $1", found.person_id) == (
        now + timedelta(days=31)
    )


async def test_of_uses_at_once_only_the_first_moves_the_end(guest, now):
    person = guest.session.person_id
    async with asyncio.timeout(120), transaction() as tx:
        await fetch("SELECT 1 FROM identity_session WHERE person_id = $1 FOR UPDATE", person, tx=tx)
        uses = []
        for waiting, at in enumerate((now + DAY + timedelta(hours=2), now + DAY), start=1):
            # An empty context: else the task would join this transaction instead of waiting for it.
            use = asyncio.create_task(identity.find_session(guest.token, at), context=contextvars.Context())
            uses.append(use)
            while (  # noqa: ASYNC110 - only PostgreSQL knows who waits
                await fetch_value("SELECT count(*) FROM pg_locks WHERE NOT granted", tx=tx) < waiting
            ):
                await asyncio.sleep(0.01)
    assert all(await asyncio.gather(*uses))
    end = await fetch_value("SELECT expires_at FROM identity_session WHERE person_id = $1", person)
    assert end == now + timedelta(days=31, hours=2)


async def test_a_session_used_after_its_end_does_not_come_back(guest, now):
    late = now + timedelta(days=40)
    assert await identity.find_session(guest.token, late) is None
    assert await identity.find_session(guest.token, late) is None


async def test_signing_out_ends_this_session_and_no_other(guest, keyring, now):
    other = await identity.open_guest_session(Language.ZH, keyring=keyring, now=now)
    await identity.sign_out(guest.token, now)
    await identity.sign_out(guest.token, now)
    assert await identity.find_session(guest.token, now) is None
    assert await identity.find_session(guest.token, now + DAY) is None
    assert await identity.find_session(other.token, now) is not None


async def test_signing_out_everywhere_ends_all_sessions_of_one_person(guest, keyring, now):
    other = await identity.open_guest_session(Language.ZH, keyring=keyring, now=now)
    await identity.sign_out_everywhere(guest.session.person_id, now)
    assert await identity.find_session(guest.token, now) is None
    assert await identity.find_session(other.token, now) is not None


@pytest.mark.parametrize("token", ["", "a" * 42, "a" * 43, "é" * 43, "\ud800" * 43, "\x00" * 43, "' OR true --"])
async def test_a_token_nobody_was_given_finds_nothing(guest, token, now):
    assert await identity.find_session(guest.token, now) is not None  # there is somebody who could be found
    assert await identity.find_session(token, now) is None
    await identity.sign_out(token, now)


async def test_a_token_has_256_bits_and_fits_a_header(guest):
    assert len(guest.token) == 43 and guest.token.replace("-", "a").replace("_", "a").isalnum()


async def test_all_that_is_kept_of_a_token_is_its_sha256(guest):
    kept = await fetch_value("SELECT token_hash FROM identity_session WHERE person_id = $1", guest.session.person_id)
    assert kept == hashlib.sha256(guest.token.encode()).digest()


async def test_the_database_refuses_two_sessions_with_one_token(guest, now):
    with pytest.raises(Exception, match="identity_session_token_hash_key"):
        await fetch(
            "INSERT INTO identity_session (id, token_hash, person_id, kind, created_at, expires_at)"
            " SELECT gen_random_uuid(), token_hash, person_id, kind, created_at, expires_at"
            " FROM identity_session WHERE person_id = $1",
            guest.session.person_id,
        )


async def test_a_crowd_is_looked_up_at_once_and_each_is_told_as_if_alone(keyring, now):
    first, second = [await identity.open_guest_session(Language.ZH, keyring=keyring, now=now) for _ in range(2)]
    await identity.sign_out(second.token, now)
    asked = [second.token, "x" * 43, first.token, "short", first.token]

    found = await identity.find_sessions(asked, now)

    assert found == [await identity.find_session(token, now) for token in asked]
    assert [one.person_id if one else None for one in found] == [
        None, None, first.session.person_id, None, first.session.person_id
    ]  # fmt: skip
