"""Grams of a gift card given to another person: promised by a code, a card of theirs once brought, or the giver's again."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.foundation import identity
from app.gateways.database import fetch_one, fetch_value
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import Audience, Card, CardState, Outcome, TransferState
from app.programmes.gifts.transferring import named
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.programmes.gifts.conftest import KG, Carded, draft


async def held(carded: Carded, card_g: int = 10 * KG) -> tuple[UUID, UUID, str]:
    """Somebody, their card, and its code."""
    code = (await carded.batch(1, card_g)).codes[0]
    giver = await carded.giving.river.guest()
    return giver, await bind(code, by=giver), code


async def bind(code: str, *, by: UUID) -> UUID:
    return await gifts.bind_card(gifts.code_hash(code, keyring=KEYRING), by=by)


async def offer(card_id: UUID, mass_g: int, *, by: UUID, key: str | None = None) -> tuple[UUID, str]:
    """An offer and its code."""
    offer_id = await gifts.offer_card(card_id, mass_g, by=by, key=key or uuid4().hex, keyring=KEYRING)
    code = await gifts.code_of_offer(offer_id, keyring=KEYRING)
    assert code is not None
    return offer_id, code


async def one_of(person_id: UUID) -> Card:
    (card,) = await gifts.cards_of(person_id)
    return card


async def lines(card_id: UUID) -> list[tuple[str, int]]:
    return [(one.kind, one.mass_g) for one in (await gifts.history_of([card_id]))[card_id]]


async def proved() -> bool:
    return bool(await fetch_value("SELECT bool_and(ok) FROM gifts.prove()"))


async def test_whoever_brings_the_code_has_a_card_of_their_own_and_the_first_has_that_much_less(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    offer_id, code = await offer(card_id, 4 * KG, by=giver)
    first = await one_of(giver)
    assert (first.left_g, first.offered_g, first.given_g, first.free_g) == (10 * KG, 4 * KG, 0, 6 * KG)
    new_id = await bind(code, by=taker)
    first, new = await one_of(giver), await one_of(taker)
    assert (first.state, first.left_g, first.offered_g, first.given_g) == (CardState.BOUND, 6 * KG, 0, 4 * KG)
    assert (new.id, new.state, new.issued_g, new.free_g, new.is_from_person) == (
        new_id, CardState.BOUND, 4 * KG, 4 * KG, True,
    )  # fmt: skip
    assert (new.batch_id, new.campaign_id, new.ends_at, new.no) == (
        first.batch_id, first.campaign_id, first.ends_at, 2,
    )  # fmt: skip
    assert await carded.promised_g() == 10 * KG
    assert await lines(card_id) == [("issued", 10 * KG), ("bound", 0), ("given", 4 * KG)]
    assert await lines(new_id) == [("issued", 4 * KG), ("bound", 0)]
    assert (await gifts.find_offer(offer_id, by=giver)).state is TransferState.TAKEN
    (batch,) = await gifts.batches_of([carded.giving.campaign_id])
    assert (batch.size, batch.given_on, batch.bound, batch.left_g) == (1, 1, 2, 10 * KG)
    assert await proved()


async def test_both_cards_are_used_to_the_last_gram_and_no_further(carded: Carded) -> None:
    giver, card_id, code = await held(carded)
    taker = await carded.giving.river.guest()
    _, given = await offer(card_id, 4 * KG, by=giver)
    await bind(given, by=taker)
    told = [
        await carded.use(code, 8 * KG, giver),
        await carded.use(given, 3 * KG, taker),
        await carded.use(None, KG, taker),
    ]
    assert [(one.outcome, one.mass_g) for one in told] == [
        (Outcome.COLLECTED, 6 * KG), (Outcome.COLLECTED, 3 * KG), (Outcome.COLLECTED, KG),
    ]  # fmt: skip
    assert [(await carded.use(one, 1, who)).outcome for one, who in ((code, giver), (given, taker))] == [
        Outcome.CARD_EMPTY, Outcome.CARD_EMPTY,
    ]  # fmt: skip
    await carded.giving.work()
    assert await carded.giving.count("retirement", "state = 'settled'") == 3
    assert await carded.promised_g() == 0
    assert await proved()


async def test_all_of_a_card_may_be_given_and_then_it_is_used_up(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    await bind((await offer(card_id, 10 * KG, by=giver))[1], by=taker)
    first, new = await one_of(giver), await one_of(taker)
    assert (first.state, first.left_g, new.free_g) == (CardState.USED, 0, 10 * KG)
    assert await proved()


async def test_what_is_promised_is_neither_used_nor_promised_again_and_another_card_is_used_in_its_place(
    carded: Carded,
) -> None:
    giver, card_id, code = await held(carded)
    await offer(card_id, 8 * KG, by=giver)
    with pytest.raises(gifts.GiftHasLess) as refused:
        await offer(card_id, 3 * KG, by=giver)
    assert refused.value.facts["left_g"] == 2 * KG
    assert (await carded.use(code, 5 * KG, giver)).mass_g == 2 * KG
    assert (await carded.use(code, KG, giver)).outcome is Outcome.CARD_EMPTY
    assert (await carded.use(None, KG, giver)).outcome is Outcome.CODE_NEEDED
    await bind((await carded.batch(1)).codes[0], by=giver)
    assert (await carded.use(None, KG, giver)).mass_g == KG


async def test_of_many_who_bring_the_code_at_once_one_has_the_card(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    _, code = await offer(card_id, 4 * KG, by=giver)
    takers = [await carded.giving.river.guest() for _ in range(8)]
    told = await asyncio.gather(*(bind(code, by=one) for one in takers), return_exceptions=True)
    assert sum(isinstance(one, UUID) for one in told) == 1
    assert sum(isinstance(one, gifts.CardTaken) for one in told) == 7, told
    assert await carded.giving.count("gift_card") == 2


async def test_brought_again_by_whoever_has_it_nothing_moves_again(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    _, code = await offer(card_id, 4 * KG, by=giver)
    assert len({await bind(code, by=taker) for _ in range(3)}) == 1
    taps = await asyncio.gather(*(bind(code, by=taker) for _ in range(5)))
    assert len({*taps, (await one_of(taker)).id}) == 1


async def test_an_offer_asked_again_is_one_offer_with_its_code_and_with_other_grams_a_fault(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    assert len({await offer(card_id, 4 * KG, by=giver, key="one") for _ in range(3)}) == 1
    with pytest.raises(gifts.UseKeyTaken):
        await offer(card_id, 5 * KG, by=giver, key="one")
    assert (await one_of(giver)).offered_g == 4 * KG


async def test_offers_uses_and_taking_at_once_promise_no_gram_twice(carded: Carded) -> None:
    giver, card_id, code = await held(carded)
    taker = await carded.giving.river.guest()
    _, given = await offer(card_id, 4 * KG, by=giver)
    told = await asyncio.gather(
        bind(given, by=taker),
        *(carded.use(code, 2 * KG, giver) for _ in range(4)),
        *(gifts.offer_card(card_id, 2 * KG, by=giver, key=f"o{no}", keyring=KEYRING) for no in range(4)),
        return_exceptions=True,
    )
    used_g = sum(one.mass_g or 0 for one in told if isinstance(one, gifts.Collected))
    first = await one_of(giver)
    promised = sum(isinstance(one, UUID) for one in told) - 1
    assert isinstance(told[0], UUID)
    assert (first.given_g, first.offered_g, first.free_g) == (4 * KG, promised * 2 * KG, 0)
    assert used_g + first.given_g + first.left_g == 10 * KG
    assert await proved()


async def test_taken_back_the_code_opens_nothing_and_the_grams_are_the_givers_to_use(carded: Carded) -> None:
    giver, card_id, code = await held(carded)
    offer_id, given = await offer(card_id, 4 * KG, by=giver)
    for _ in range(2):
        await gifts.take_offer_back(offer_id, by=giver)
    with pytest.raises(gifts.OfferEnded):
        await bind(given, by=await carded.giving.river.guest())
    assert await gifts.code_of_offer(offer_id, keyring=KEYRING) is None
    assert (await carded.use(code, 10 * KG, giver)).mass_g == 10 * KG


async def test_taken_back_and_brought_by_many_at_once_one_of_them_happens(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    offer_id, code = await offer(card_id, 4 * KG, by=giver)
    takers = [await carded.giving.river.guest() for _ in range(6)]
    back, *told = await asyncio.gather(
        gifts.take_offer_back(offer_id, by=giver), *(bind(code, by=one) for one in takers), return_exceptions=True
    )
    has_card = [isinstance(one, UUID) for one in told]
    assert isinstance(back, gifts.OfferTaken) == any(has_card)
    assert sum(has_card) == (1 if isinstance(back, gifts.OfferTaken) else 0), told
    first = await one_of(giver)
    assert (first.given_g, first.free_g) == ((4 * KG, 6 * KG) if any(has_card) else (0, 10 * KG))


async def test_what_was_taken_is_not_taken_back_nor_by_anybody_else(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    offer_id, code = await offer(card_id, 4 * KG, by=giver)
    with pytest.raises(gifts.OfferUnknown):
        await gifts.take_offer_back(offer_id, by=taker)
    await bind(code, by=taker)
    with pytest.raises(gifts.OfferTaken):
        await gifts.take_offer_back(offer_id, by=giver)


async def test_a_card_that_was_given_goes_no_further_and_nobody_gives_what_is_not_theirs(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    new_id = await bind((await offer(card_id, 4 * KG, by=giver))[1], by=taker)
    with pytest.raises(gifts.CardGivenOnce):
        await offer(new_id, KG, by=taker)
    for who in (taker, await carded.giving.river.guest()):
        with pytest.raises(gifts.CardUnknown):
            await offer(card_id, KG, by=who)


async def test_nobody_gives_to_themselves_and_the_account_takes_no_card(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    _, code = await offer(card_id, 4 * KG, by=giver)
    with pytest.raises(gifts.OwnOffer):
        await bind(code, by=giver)
    with pytest.raises(gifts.OfferOfCard):
        await gifts.take(code, by=await carded.giving.river.guest(), keyring=KEYRING)
    assert (await gifts.look_at_offer(code, keyring=KEYRING)).card_id == card_id


async def test_who_is_under_14_gives_nothing_away_and_may_be_given_to(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    _, code = await offer(card_id, KG, by=giver)
    child = await carded.giving.river.guest()
    for one in (giver, child):
        await identity.set_under_14(one, is_under_14=True)
    with pytest.raises(gifts.GiverMinor):
        await offer(card_id, KG, by=giver)
    await bind(code, by=child)
    assert (await one_of(child)).free_g == KG


async def test_more_codes_than_may_stand_are_refused_until_one_is_taken_back(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    made = [(await offer(card_id, 1, by=giver))[0] for _ in range(20)]
    with pytest.raises(gifts.OffersTooMany):
        await offer(card_id, 1, by=giver)
    await gifts.take_offer_back(made[0], by=giver)
    await offer(card_id, 1, by=giver)


async def test_a_code_nobody_brought_in_time_opens_nothing_and_the_grams_were_the_givers_all_along(
    carded: Carded,
) -> None:
    giver, card_id, code = await held(carded)
    offer_id, given = await offer(card_id, 4 * KG, by=giver)
    async with connected(carded.giving.river.stand.super_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            "UPDATE gift_transfer SET offered_at = offered_at - interval '8 days', expires_at = expires_at - interval '8 days'"
        )
    with pytest.raises(gifts.OfferEnded):
        await bind(given, by=await carded.giving.river.guest())
    assert (await carded.use(code, 10 * KG, giver)).mass_g == 10 * KG, "before the sweeper came"
    assert await gifts.expire_offers() == 1
    assert (await gifts.find_offer(offer_id, by=giver)).state is TransferState.EXPIRED


async def test_a_code_stands_no_longer_than_its_card_and_expires_with_the_campaign(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    await bind((await offer(card_id, KG, by=giver))[1], by=taker)
    offer_id, code = await offer(card_id, 4 * KG, by=giver)
    one = carded.giving
    assert (await gifts.find_offer(offer_id, by=giver)).expires_at == (await one_of(giver)).ends_at
    now = utc_now()
    await gifts.edit(
        one.campaign_id,
        draft(audience=Audience.CARDS, starts_at=now - timedelta(hours=1), ends_at=now - timedelta(seconds=1)), by=one.by,
    )  # fmt: skip
    assert (await gifts.find_offer(offer_id, by=giver)).state is TransferState.EXPIRED
    with pytest.raises(gifts.OfferEnded):
        await bind(code, by=await one.river.guest())
    with pytest.raises(gifts.GiftOver):
        await offer(card_id, KG, by=giver)
    assert await gifts.end_due() == 1
    assert [(await one_of(who)).state for who in (giver, taker)] == [CardState.EXPIRED, CardState.EXPIRED]
    assert (await lines((await one_of(taker)).id))[-1] == ("expired", KG)
    assert await carded.promised_g() == 0
    assert await proved()


async def test_a_voided_batch_kills_what_nobody_used_of_both_cards_and_the_codes_with_it(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    user, holder = await carded.giving.river.guest(), await carded.giving.river.guest()
    used, _ = [await bind((await offer(card_id, 2 * KG, by=giver))[1], by=one) for one in (user, holder)]
    await carded.use(None, KG, user)
    offer_id, standing = await offer(card_id, 4 * KG, by=giver)
    batch_id = (await one_of(giver)).batch_id
    told = await gifts.void_codes(batch_id, by=carded.giving.by)
    assert (told.left_g, await carded.promised_g()) == (KG, KG)
    assert [(await one_of(one)).state for one in (giver, holder, user)] == [
        CardState.KILLED, CardState.KILLED, CardState.PART_USED,
    ]  # fmt: skip
    with pytest.raises(gifts.CardKilled):
        await bind(standing, by=await carded.giving.river.guest())
    assert (await gifts.find_offer(offer_id, by=giver)).state is TransferState.KILLED
    assert (await lines(card_id))[-1] == ("killed", 6 * KG)
    assert (await lines(used))[-1] == ("used", KG)
    assert (await carded.use(None, KG, user)).mass_g == KG
    assert await proved()


async def test_killed_for_a_refund_every_card_born_of_another_ends_too_and_all_unused_grams_are_free(
    carded: Carded,
) -> None:
    giver, card_id, code = await held(carded)
    taker = await carded.giving.river.guest()
    await bind((await offer(card_id, 4 * KG, by=giver))[1], by=taker)
    await carded.use(code, KG, giver)
    _, standing = await offer(card_id, 2 * KG, by=giver)
    one = carded.giving
    assert await gifts.take_back(one.campaign_id, by=one.by) == 90 * KG, "what cards have, given on or not, stays"
    assert await gifts.kill_cards(one.campaign_id, by=one.by) == 9 * KG
    with pytest.raises(gifts.CardKilled):
        await bind(standing, by=await one.river.guest())
    with pytest.raises(gifts.CardKilled):
        await offer(card_id, KG, by=giver)
    assert await gifts.take_back(one.campaign_id, by=one.by) == 9 * KG
    assert await proved()


async def test_killing_and_bringing_a_code_at_once_leave_no_card_with_grams(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    codes = [(await offer(card_id, KG, by=giver))[1] for _ in range(5)]
    takers = [await carded.giving.river.guest() for _ in codes]
    one = carded.giving
    await asyncio.gather(
        gifts.kill_cards(one.campaign_id, by=one.by),
        *(bind(code, by=who) for code, who in zip(codes, takers, strict=True)),
        return_exceptions=True,
    )
    assert await carded.promised_g() == 0
    assert await one.count("gift_card", "state IN ('issued', 'bound', 'part_used')") == 0
    assert await proved()


@pytest.mark.parametrize("ends", ["killed", "erased"])
async def test_whatever_ends_several_offers_locks_them_in_one_order(carded: Carded, ends: str) -> None:
    """By id, so that killing cards and forgetting their giver never wait for each other."""
    giver, card_id, _ = await held(carded)
    keys = sorted((f"k{no}" for no in range(5)), key=lambda key: named(card_id, by=giver, key=key, keyring=KEYRING)[0])
    made = [(await offer(card_id, KG, by=giver, key=key))[0] for key in reversed(keys)]
    one = carded.giving
    async with connected(one.river.stand.super_url) as first, connected(one.river.stand.super_url) as looks:
        holding = first.transaction()
        await holding.start()
        await first.execute("SELECT FROM gift_transfer WHERE id = $1 FOR UPDATE", made[0])  # the last by id, first made
        ending = asyncio.create_task(
            gifts.kill_cards(one.campaign_id, by=one.by) if ends == "killed" else identity.erase(giver, now=utc_now())
        )
        while not await looks.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert not ending.done()
            await asyncio.sleep(0.02)
        free = await looks.fetch("SELECT id FROM gift_transfer FOR UPDATE SKIP LOCKED")
        await holding.rollback()
        await ending
    assert free == []
    assert {(await gifts.find_offer(offer_id, by=giver)).state for offer_id in made} == {
        TransferState.KILLED if ends == "killed" else TransferState.TAKEN_BACK
    }
    assert await proved()


async def test_who_is_forgotten_while_somebody_is_in_the_way_is_forgotten_all_the_same(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    offer_id, _ = await offer(card_id, KG, by=giver)
    async with connected(carded.giving.river.stand.super_url) as other:
        crossing = other.transaction()
        await crossing.start()
        await other.execute("SELECT FROM gift_transfer WHERE id = $1 FOR UPDATE", offer_id)
        forgetting = asyncio.create_task(identity.erase(giver, now=utc_now()))
        while not await other.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            assert not forgetting.done()
            await asyncio.sleep(0.02)
        await other.execute("SET LOCAL deadlock_timeout = '4s'")  # so of the two it is erasing that is ended
        await other.execute("SELECT FROM person WHERE id = $1 FOR UPDATE", giver)
        await crossing.rollback()
        await forgetting
    assert (await gifts.find_offer(offer_id, by=giver)).state is TransferState.TAKEN_BACK


async def test_erased_the_givers_standing_codes_open_nothing_and_what_was_taken_is_its_takers(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    await bind((await offer(card_id, 4 * KG, by=giver))[1], by=taker)
    _, standing = await offer(card_id, 2 * KG, by=giver)
    await identity.erase(giver, now=utc_now())
    with pytest.raises(gifts.OfferEnded):
        await bind(standing, by=await carded.giving.river.guest())
    assert (await carded.use(None, 4 * KG, taker)).mass_g == 4 * KG
    await carded.giving.work()
    assert await proved()


async def test_erased_the_takers_card_stays_with_its_grams_until_the_campaign_ends(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    taker = await carded.giving.river.guest()
    await bind((await offer(card_id, 4 * KG, by=giver))[1], by=taker)
    await identity.erase(taker, now=utc_now())
    assert (await one_of(giver)).free_g == 6 * KG
    assert await carded.promised_g() == 10 * KG
    assert await proved()


async def test_the_code_is_kept_nowhere_and_found_by_a_keyed_hash(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    _, code = await offer(card_id, 4 * KG, by=giver)
    await bind(code, by=await carded.giving.river.guest())
    row = await fetch_one(
        "SELECT (SELECT json_agg(t) FROM gift_transfer t)::text || (SELECT json_agg(c) FROM gift_code c)::text AS told"
    )
    assert row is not None
    assert code.replace("-", "") not in row["told"] and code not in row["told"]


async def test_the_proof_names_a_card_that_gave_what_nobody_has(carded: Carded) -> None:
    giver, card_id, _ = await held(carded)
    new_id = await bind((await offer(card_id, 4 * KG, by=giver))[1], by=await carded.giving.river.guest())
    await offer(card_id, 3 * KG, by=giver)
    async with connected(carded.giving.river.stand.super_url) as admin:
        for plant, named in (
            (f"UPDATE gift_card SET left_g = 3000, issued_g = 3000 WHERE id = '{new_id}'", "gift_transfers"),
            ("UPDATE gift_card SET given_g = 3000 WHERE given_g > 0", "gift_cards"),
            ("UPDATE gift_transfer SET mass_g = 7000 WHERE state = 'offered'", "gift_cards"),
        ):
            tried = admin.transaction()
            await tried.start()
            await admin.execute("SET LOCAL session_replication_role = replica")
            await admin.execute("ALTER TABLE gift_card DROP CONSTRAINT gift_card_used_check")
            await admin.execute(plant)
            told = {row["check"] for row in await admin.fetch('SELECT "check" FROM gifts.prove() WHERE NOT ok')}
            await tried.rollback()
            assert named in told, plant


async def test_what_was_given_stays_given_also_for_the_owner_and_the_application_changes_it_by_functions_alone(
    carded: Carded,
) -> None:
    giver, card_id, _ = await held(carded)
    await bind((await offer(card_id, 4 * KG, by=giver))[1], by=await carded.giving.river.guest())
    await offer(card_id, KG, by=giver)
    async with connected(carded.giving.river.stand.owner_url) as owner:
        for attack, name in (
            ("UPDATE gift_card SET given_g = 0, left_g = 10000 WHERE given_g > 0", "gift_card_step_check"),
            ("UPDATE gift_card SET given_g = 9000 WHERE given_g > 0", "gift_card_left_check"),
            ("UPDATE gift_card SET given_g = 1 WHERE given_g = 0", "gift_card_left_check"),
            (
                "UPDATE gift_transfer SET collection_id = gen_random_uuid() WHERE state = 'offered'",
                "gift_transfer_step_check",
            ),
            ("UPDATE gift_transfer SET state = 'taken_back' WHERE state = 'taken'", "gift_transfer_step_check"),
            (
                "UPDATE gift_transfer SET state = 'taken', ended_at = now() WHERE state = 'offered'",
                "gift_transfer_taken_check",
            ),
        ):
            assert await refusal(owner, attack) == ("23514", name), attack
    async with connected(carded.giving.river.stand.app_url) as app:
        for attack in (
            "UPDATE gift_card SET given_g = 0",
            "INSERT INTO gift_transfer (id, card_id) SELECT gen_random_uuid(), id FROM gift_card",
            "UPDATE gift_transfer SET mass_g = 1",
        ):
            assert (await refusal(app, attack))[0] == "42501", attack


async def test_a_wish_by_a_code_that_is_only_offered_opens_nothing_by_itself(carded: Carded) -> None:
    """Doors take it first (`views.giving.collecting`); collecting knows cards."""
    giver, card_id, _ = await held(carded)
    _, code = await offer(card_id, KG, by=giver)
    wish = await carded.giving.wish(KG, person_id=await carded.giving.river.guest())
    (answer,) = await carded.giving.collect(replace(wish, code_hash=gifts.code_hash(code, keyring=KEYRING), id=uuid4()))
    assert answer.outcome is Outcome.CODE_UNKNOWN
