"""Whoever holds a code may decline, or pass it on once; what was collected stays collected."""

import asyncio
from collections.abc import Awaitable

import pytest

from app.gateways.database import fetch, fetch_value
from app.kernel.errors import DomainError
from app.programmes import gifts
from app.programmes.gifts import Outcome
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.programmes.gifts.conftest import Giving
from tests.rooms.programmes.gifts.test_codes import batch, coded, collect

__all__ = ["coded"]


async def said(doing: Awaitable[object]) -> str:
    """`done`, or what stood in the way."""
    try:
        await doing
    except DomainError as fact:
        return type(fact).__name__
    return "done"


async def test_a_declined_code_opens_nothing_and_takes_nothing_from_the_pool(coded: Giving) -> None:
    made = await batch(coded)
    before = (await coded.campaign()).left_g
    for _ in range(2):  # a repeat changes nothing
        await gifts.decline(coded.campaign_id, made.codes[0].lower(), keyring=KEYRING)
    assert await collect(coded, made.codes[0]) is Outcome.CODE_DECLINED
    assert (await coded.campaign()).left_g == before
    (told,) = await gifts.batches_of([coded.campaign_id])
    assert (told.used, told.declined, told.passed_on) == (0, 1, 0)


async def test_a_code_that_was_passed_on_is_dead_and_the_new_one_collects(coded: Giving) -> None:
    made, giver = await batch(coded), await coded.river.guest()
    new = await gifts.pass_on(coded.campaign_id, made.codes[0], by=giver, keyring=KEYRING)
    assert await collect(coded, made.codes[0]) is Outcome.CODE_PASSED_ON
    assert await collect(coded, new) is Outcome.COLLECTED
    (told,) = await gifts.batches_of([coded.campaign_id])
    assert (told.size, told.used, told.declined, told.passed_on) == (3, 1, 0, 1)
    rows = await fetch("SELECT no, passed_from_id IS NOT NULL AS passed FROM gift_code ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [(1, False), (2, False), (3, False), (1, True)]


async def test_who_asks_again_is_told_the_same_new_code_and_nobody_else_is_told_it(coded: Giving) -> None:
    made, giver, other = await batch(coded), await coded.river.guest(), await coded.river.guest()
    first = await gifts.pass_on(coded.campaign_id, made.codes[0], by=giver, keyring=KEYRING)
    assert await gifts.pass_on(coded.campaign_id, made.codes[0], by=giver, keyring=KEYRING) == first
    with pytest.raises(gifts.CodePassedOn):
        await gifts.pass_on(coded.campaign_id, made.codes[0], by=other, keyring=KEYRING)


async def test_it_goes_once_and_not_after_collecting_and_not_what_is_no_code(coded: Giving) -> None:
    made, giver = await batch(coded), await coded.river.guest()
    new = await gifts.pass_on(coded.campaign_id, made.codes[0], by=giver, keyring=KEYRING)
    await collect(coded, made.codes[1])
    for code, fact in (
        (new, "CodePassedOnce"), (made.codes[1], "CodeUsed"), ("0" * 20, "CodeUnknown"), ("short", "CodeUnknown"),
    ):  # fmt: skip
        assert await said(gifts.pass_on(coded.campaign_id, code, by=giver, keyring=KEYRING)) == fact, code
    assert await said(gifts.decline(coded.campaign_id, made.codes[1], keyring=KEYRING)) == "CodeUsed"
    assert await said(gifts.decline(coded.campaign_id, made.codes[0], keyring=KEYRING)) == "CodePassedOn"
    await gifts.decline(coded.campaign_id, new, keyring=KEYRING)  # whom it was passed on to may
    await gifts.pause(coded.campaign_id, by=coded.by)
    await gifts.decline(coded.campaign_id, made.codes[2], keyring=KEYRING)
    await gifts.end(coded.campaign_id, by=coded.by)
    assert await said(gifts.pass_on(coded.campaign_id, made.codes[2], by=giver, keyring=KEYRING)) == "CodeDeclined"


async def test_after_the_end_and_of_a_voided_batch_nothing_is_passed_on(coded: Giving) -> None:
    made, voided, giver = await batch(coded), await batch(coded), await coded.river.guest()
    await gifts.void_codes(voided.id, by=coded.by)
    await gifts.end(coded.campaign_id, by=coded.by)
    assert await said(gifts.pass_on(coded.campaign_id, made.codes[0], by=giver, keyring=KEYRING)) == "GiftOver"
    assert await said(gifts.decline(coded.campaign_id, voided.codes[0], keyring=KEYRING)) == "CodeUnknown"


async def test_two_hundred_who_pass_on_decline_and_collect_at_once_are_one(coded: Giving) -> None:
    made = await batch(coded, 1)
    people = [await coded.river.guest() for _ in range(120)]

    async def tap(at: int) -> str:
        if at % 5 == 0:
            return (
                "done"
                if await collect(coded, made.codes[0], person_id=people[at], mass_g=100) is Outcome.COLLECTED
                else "no"
            )
        return await said(gifts.pass_on(coded.campaign_id, made.codes[0], by=people[at], keyring=KEYRING))

    told = await asyncio.gather(*(tap(at) for at in range(120)), *(tap(at) for at in range(80)))
    won = {at for at, one in enumerate(told) if one == "done"}
    assert len({people[at % 120] for at in won}) == 1, told  # a second tap of the same person is told the same
    ended, used = await fetch_value("SELECT count(*) FROM gift_code_end"), await coded.count("gift_collection")
    assert (ended + used, await coded.count("gift_code")) == (1, 1 + ended)


async def test_the_application_writes_no_code_past_the_functions(coded: Giving) -> None:
    made = await batch(coded)
    await gifts.decline(coded.campaign_id, made.codes[0], keyring=KEYRING)
    async with connected(coded.river.stand.app_url) as app:
        for attack in (
            "DELETE FROM gift_code_end",
            "INSERT INTO gift_code_end (code_id, kind, at) SELECT id, 'declined', now() FROM gift_code",
            (
                "INSERT INTO gift_code (batch_id, no, code_hash, passed_from_id)"
                " SELECT batch_id, no, sha256('x'), id FROM gift_code"
            ),
        ):
            assert (await refusal(app, attack))[0] == "42501", attack
    async with connected(coded.river.stand.owner_url) as owner:
        assert await refusal(owner, "DELETE FROM gift_code_end") == ("23514", "gift_code_end_stays")
