"""Avatars: our own drawing of an upload, sealed, shown to others once it passed, gone at once."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest

from app.foundation import avatars, identity, moderation
from app.foundation.identity import Role
from app.foundation.moderation import CheckState, Reason
from app.gateways.database import fetch, fetch_value
from app.kernel.clock import utc_now
from tests.conftest import Stand
from tests.rooms.conftest import KEYRING
from tests.rooms.foundation.moderation.test_moderation import guest
from tests.rules.hostile_pictures import plain
from tests.staff import staff


@pytest.fixture(autouse=True)
def _tables(database: Stand) -> None:
    """Every test works on empty ones."""


async def put(person_id: UUID, seed: int = 1) -> avatars.Kept:
    return await avatars.put(person_id, plain(seed=seed), by_wechat=False, keyring=KEYRING)


async def check_of(person_id: UUID) -> UUID:
    found: UUID = await fetch_value("SELECT check_id FROM avatar WHERE person_id = $1", person_id)
    return found


async def decide(person_id: UUID, state: CheckState, seen: str = "waiting") -> None:
    await moderation.decide(
        await check_of(person_id), state, reason=Reason.OTHER, seen=seen, by=await staff(Role.OPERATOR)
    )


async def test_others_see_a_picture_only_while_it_has_passed() -> None:
    person = await guest()
    kept = await put(person)

    async def seen() -> bool:
        found = await avatars.fetch_shown(kept.digest, keyring=KEYRING)
        assert (await avatars.shown_of([person]) == {person: kept.digest}) == (found is not None)
        return found is not None

    told = [await seen()]
    for state, before in (
        (CheckState.PASSED, "waiting"),
        (CheckState.REFUSED, "passed"),
        (CheckState.PASSED, "refused"),
    ):
        await decide(person, state, before)
        told.append(await seen())
    assert told == [False, True, False, True]


async def test_what_is_kept_is_our_drawing_sealed_under_its_address() -> None:
    person = await guest()
    kept = await put(person)

    picture = await avatars.fetch_own(person, keyring=KEYRING)
    assert picture is not None
    assert (sha256(picture).digest(), picture[8:12]) == (kept.digest, b"WEBP")
    (row,) = await fetch("SELECT sealed FROM avatar")
    assert picture[20:60] not in row["sealed"]


async def test_another_picture_takes_its_place_and_is_checked_anew() -> None:
    person = await guest()
    first = await put(person)
    await decide(person, CheckState.PASSED)
    second = await put(person, seed=2)

    assert second.state is CheckState.WAITING
    assert await avatars.fetch_shown(first.digest, keyring=KEYRING) is None
    assert await fetch_value("SELECT count(*) FROM avatar") == 1


async def test_the_same_picture_again_keeps_its_check() -> None:
    person = await guest()
    await put(person)
    await decide(person, CheckState.PASSED)

    assert (await put(person)).state is CheckState.PASSED
    assert (await put(await guest())).state is CheckState.PASSED, "whoever else gives it"


async def test_what_is_refused_leaves_the_picture_before() -> None:
    person = await guest()
    kept = await put(person)
    with pytest.raises(avatars.AvatarTypeUnknown):
        await avatars.put(person, b"<svg/>", by_wechat=False, keyring=KEYRING)

    assert await avatars.own(person) == kept


async def test_taken_down_nothing_of_it_is_left() -> None:
    person = await guest()
    kept = await put(person)
    await decide(person, CheckState.PASSED)

    assert [await avatars.remove(person), await avatars.remove(person)] == [True, False]
    assert await avatars.fetch_shown(kept.digest, keyring=KEYRING) is None
    assert await fetch_value("SELECT count(*) FROM avatar") == 0


async def test_it_goes_with_its_person() -> None:
    person = await guest()
    kept = await put(person)
    await decide(person, CheckState.PASSED)
    await identity.destroy_key(person)

    assert await avatars.fetch_shown(kept.digest, keyring=KEYRING) is None
    assert await fetch_value("SELECT count(*) FROM avatar") == 0
    with pytest.raises(avatars.AvatarPersonGone):
        await put(person)


async def test_the_address_for_whoever_checks_ends_and_is_of_one_check() -> None:
    person, other = await guest(), await guest()
    await put(person)
    await put(other, seed=2)
    check, now = await check_of(person), utc_now()
    seal = avatars.check_seal(check, now, keyring=KEYRING)

    good = [
        avatars.is_check_seal(check, seal, now + timedelta(minutes=minutes), keyring=KEYRING) for minutes in (0, 59)
    ]
    bad = [
        avatars.is_check_seal(check, seal, now + timedelta(hours=3), keyring=KEYRING),
        avatars.is_check_seal(check, seal, now - timedelta(hours=2), keyring=KEYRING),
        avatars.is_check_seal(await check_of(other), seal, now, keyring=KEYRING),
        avatars.is_check_seal(check, seal[:-1] + "x", now, keyring=KEYRING),
        avatars.is_check_seal(check, "é", now, keyring=KEYRING),
    ]
    assert (good, any(bad)) == ([True, True], False)
    assert await avatars.fetch_checked(check, keyring=KEYRING) is not None
