"""Grams of an account given to another person: promised by a code, taken once by the ledger, or the giver's again."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

import pytest

from app import certificates, footprint
from app.footprint import Span
from app.foundation import identity
from app.gateways.database import fetch, fetch_one, fetch_value
from app.kernel.clock import utc_now
from app.kernel.days import Period
from app.programmes import gifts
from app.programmes.gifts import NewUse, TransferState
from tests.rooms.conftest import FACTORS, KEYRING, connected, refusal
from tests.rooms.programmes.gifts.conftest import KG, Giving
from tests.rooms.programmes.gifts.test_accounts import balance_g, given, some


async def offer(gift_id: UUID, mass_g: int, *, by: UUID, key: str | None = None) -> tuple[UUID, str]:
    """An offer and its code."""
    offer_id = await gifts.offer(gift_id, mass_g, by=by, key=key or uuid4().hex, keyring=KEYRING)
    code = await gifts.code_of_offer(offer_id, keyring=KEYRING)
    assert code is not None
    return offer_id, code


async def take(code: str, *, by: UUID) -> UUID:
    return await gifts.take(code, by=by, keyring=KEYRING)


async def own_figure(person_id: UUID, total_kg: str = "60") -> footprint.FigureFacts:
    """A day of theirs that they kept."""
    inputs = {"mode": "day", "activity_year": 2025, "car_km": total_kg}
    figure_id = await footprint.keep_figure(
        footprint.calculate("personal", inputs, FACTORS), span=Span.DAY,
        period=Period(date(2025, 11, 3), date(2025, 11, 3)), by=person_id, key=uuid4().hex,
    )  # fmt: skip
    return (await footprint.find_figure(figure_id, by=person_id))[0]


def for_figure(mass_g: int, figure: footprint.FigureFacts) -> NewUse:
    return NewUse(mass_g=mass_g, figure=figure, name_sealed=None, language="zh")


async def test_promised_grams_move_once_they_are_taken_and_both_accounts_tell_of_it(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    offer_id, code = await offer(gift, 4 * KG, by=giver)
    assert (await balance_g(giver), await balance_g(taker)) == (10 * KG, 0)
    (held,) = await gifts.held_by(giver)
    assert (held.left_g, held.offered_g, held.given_g) == (6 * KG, 4 * KG, 0)
    assert await take(code, by=taker) == offer_id
    assert (await balance_g(giver), await balance_g(taker)) == (6 * KG, 4 * KG)
    (held,) = await gifts.held_by(giver)
    assert (held.left_g, held.offered_g, held.given_g) == (6 * KG, 0, 4 * KG)
    (got,) = await gifts.held_by(taker)
    assert (got.id, got.left_g, got.is_from_person, got.sponsor_id) == (
        offer_id, 4 * KG, True, into_accounts.sponsor_id,
    )  # fmt: skip
    (told,) = await gifts.offers_of(giver)
    assert (told.state, told.mass_g) == (TransferState.TAKEN, 4 * KG)


async def test_whoever_took_them_retires_them_for_a_figure_of_their_own_and_the_first_giver_stands_on_the_paper(
    into_accounts: Giving,
) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    held_id = await take((await offer(gift, 4 * KG, by=giver))[1], by=taker)
    figure = await own_figure(taker)
    for mass_g in (KG, 3 * KG):
        await gifts.use_held(held_id, for_figure(mass_g, figure), by=taker, key=str(mass_g))
    await into_accounts.work()
    uses = await gifts.uses_of([held_id])
    assert [one.mass_g for one in uses] == [3 * KG, KG]
    issued = await certificates.of_causes([gifts.use_cause(one.id) for one in uses])
    for one in uses:
        paper = await certificates.find(issued[gifts.use_cause(one.id)], by=taker)
        assert "示例城市总工会" in str(paper.record["payer"])
    rows = await fetch("SELECT holder_id, beneficiary_id, payer_id, state FROM retirement ORDER BY id")
    assert {tuple(row.values()) for row in rows} == {(taker, taker, into_accounts.sponsor_id, "settled")}
    first, second = await fetch("SELECT id, purpose, supplements_id FROM claim ORDER BY made_at")
    assert (first["purpose"], second["supplements_id"]) == ("personal", first["id"])
    assert await balance_g(taker) == 0


async def test_without_a_visit_or_a_figure_of_ones_own_it_is_not_retired(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    held_id = await take((await offer(gift, KG, by=giver))[1], by=taker)
    with pytest.raises(gifts.VisitNeeded):
        await gifts.use_held(held_id, some(KG), by=taker, key="one")


async def test_of_many_who_bring_the_code_at_once_one_has_the_grams(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    _, code = await offer(gift, 4 * KG, by=giver)
    takers = [await into_accounts.river.guest() for _ in range(8)]
    told = await asyncio.gather(*(take(code, by=one) for one in takers), return_exceptions=True)
    assert sum(isinstance(one, UUID) for one in told) == 1
    assert sum(isinstance(one, gifts.CodeUsed) for one in told) == 7
    assert sorted([await balance_g(one) for one in takers]) == [0] * 7 + [4 * KG]


async def test_brought_again_by_whoever_took_it_nothing_moves_again(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    _, code = await offer(gift, 4 * KG, by=giver)
    assert len({await take(code, by=taker) for _ in range(3)}) == 1
    assert await balance_g(taker) == 4 * KG


async def test_an_offer_asked_again_is_one_offer_and_with_other_grams_a_fault(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    made = {(await offer(gift, 4 * KG, by=giver, key="one"))[1] for _ in range(3)}
    assert len(made) == 1
    with pytest.raises(gifts.UseKeyTaken):
        await offer(gift, 5 * KG, by=giver, key="one")
    assert (await gifts.held_by(giver))[0].offered_g == 4 * KG


async def test_what_is_promised_is_not_used_and_not_promised_again(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    await offer(gift, 8 * KG, by=giver)
    with pytest.raises(gifts.GiftHasLess) as refused:
        await gifts.use_held(gift, some(3 * KG), by=giver, key="one")
    assert refused.value.facts["left_g"] == 2 * KG
    with pytest.raises(gifts.GiftHasLess):
        await offer(gift, 3 * KG, by=giver)
    await gifts.use_held(gift, some(2 * KG), by=giver, key="two")


async def test_offers_and_uses_at_once_promise_no_gram_twice(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    _, code = await offer(gift, 4 * KG, by=giver)
    told = await asyncio.gather(
        take(code, by=taker),
        *(gifts.use_held(gift, some(2 * KG), by=giver, key=str(no)) for no in range(4)),
        *(gifts.offer(gift, 2 * KG, by=giver, key=f"o{no}", keyring=KEYRING) for no in range(4)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, UUID) for one in told) == 1 + 3
    assert sum(isinstance(one, gifts.GiftHasLess) for one in told) == 5


async def test_taken_back_the_code_opens_nothing_and_the_grams_are_the_givers_to_use(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    offer_id, code = await offer(gift, 4 * KG, by=giver)
    for _ in range(2):
        await gifts.take_offer_back(offer_id, by=giver)
    with pytest.raises(gifts.OfferEnded):
        await take(code, by=taker)
    assert await gifts.code_of_offer(offer_id, keyring=KEYRING) is None
    await gifts.use_held(gift, some(10 * KG), by=giver, key="all")


async def test_taken_and_taken_back_at_once_one_of_them_happens(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    offer_id, code = await offer(gift, 4 * KG, by=giver)
    taken, back = await asyncio.gather(
        take(code, by=taker), gifts.take_offer_back(offer_id, by=giver), return_exceptions=True
    )
    assert isinstance(taken, gifts.OfferEnded) != isinstance(back, gifts.OfferTaken)
    assert await balance_g(taker) == (4 * KG if isinstance(taken, UUID) else 0)


async def test_what_is_taken_cannot_be_taken_back_nor_by_anybody_else(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    offer_id, code = await offer(gift, 4 * KG, by=giver)
    with pytest.raises(gifts.OfferUnknown):
        await gifts.take_offer_back(offer_id, by=taker)
    await take(code, by=taker)
    with pytest.raises(gifts.OfferTaken):
        await gifts.take_offer_back(offer_id, by=giver)


async def test_after_its_time_nobody_takes_it_and_the_sweeper_writes_that_down(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    offer_id, code = await offer(gift, 4 * KG, by=giver)
    async with connected(into_accounts.river.stand.super_url) as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            "UPDATE gift_transfer SET offered_at = offered_at - interval '8 days', expires_at = expires_at - interval '8 days'"
        )
    with pytest.raises(gifts.OfferEnded):
        await take(code, by=await into_accounts.river.guest())
    assert (await gifts.held_by(giver))[0].left_g == 10 * KG, "before the sweeper came"
    assert [await gifts.expire_offers(), await gifts.expire_offers()] == [1, 0]
    assert (await gifts.find_offer(offer_id, by=giver)).state is TransferState.EXPIRED


async def test_nobody_gives_to_themselves_and_an_unknown_code_opens_nothing(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    _, code = await offer(gift, 4 * KG, by=giver)
    with pytest.raises(gifts.OwnOffer):
        await take(code, by=giver)
    for wrong in ("7K3M-9QFX-2R8T-4W6Y-0Z1A", "x", ""):
        with pytest.raises(gifts.CodeUnknown):
            await take(wrong, by=await into_accounts.river.guest())


async def test_what_somebody_was_given_goes_no_further(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    held_id = await take((await offer(gift, 4 * KG, by=giver))[1], by=taker)
    with pytest.raises(gifts.CollectionUnknown):
        await offer(held_id, KG, by=taker)


async def test_who_is_under_14_gives_nothing_away_and_may_be_given_to(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    _, code = await offer(gift, KG, by=giver)
    child = await into_accounts.river.guest()
    for one in (giver, child):
        await identity.set_under_14(one, is_under_14=True)
    with pytest.raises(gifts.GiverMinor):
        await offer(gift, KG, by=giver)
    await take(code, by=child)
    assert await balance_g(child) == KG


async def test_more_codes_than_may_stand_are_refused_until_one_is_taken_back(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    made = [(await offer(gift, 1, by=giver))[0] for _ in range(20)]
    with pytest.raises(gifts.OffersTooMany):
        await offer(gift, 1, by=giver)
    await gifts.take_offer_back(made[0], by=giver)
    await offer(gift, 1, by=giver)


async def test_erased_in_between_the_givers_codes_open_nothing_and_what_was_taken_stays(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    held_id = await take((await offer(gift, 4 * KG, by=giver))[1], by=taker)
    _, standing = await offer(gift, 2 * KG, by=giver)
    await identity.erase(giver, now=utc_now())
    with pytest.raises(gifts.OfferEnded):
        await take(standing, by=await into_accounts.river.guest())
    await gifts.use_held(held_id, for_figure(KG, await own_figure(taker)), by=taker, key="one")
    await into_accounts.work()


async def test_erased_after_taking_the_grams_stay_where_they_are_and_the_proof_holds(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    taker = await into_accounts.river.guest()
    _, code = await offer(gift, 4 * KG, by=giver)
    await take(code, by=taker)
    await identity.erase(taker, now=utc_now())
    assert await balance_g(taker) == 4 * KG
    assert await fetch_value("SELECT bool_and(ok) FROM gifts.prove()")


async def test_the_code_is_kept_nowhere_and_found_by_a_keyed_hash(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    _, code = await offer(gift, 4 * KG, by=giver)
    row = await fetch_one("SELECT row_to_json(t)::text AS told FROM gift_transfer t")
    assert row is not None
    assert code.replace("-", "") not in row["told"] and code not in row["told"]


async def test_the_proof_names_a_transfer_whose_grams_did_not_go_over(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    await take((await offer(gift, 4 * KG, by=giver))[1], by=await into_accounts.river.guest())
    async with connected(into_accounts.river.stand.super_url) as admin:
        tried = admin.transaction()
        await tried.start()
        await admin.execute("SET LOCAL session_replication_role = replica")
        await admin.execute("UPDATE holding_transfer SET mass_g = mass_g - 1 WHERE cause LIKE 'gift_transfer:%'")
        told = await admin.fetch('SELECT "check", ok FROM gifts.prove() WHERE NOT ok')
        await tried.rollback()
    assert [row["check"] for row in told] == ["gift_transfers"]


async def test_an_offer_that_ended_stays_so_also_for_the_owner(into_accounts: Giving) -> None:
    giver, gift = await given(into_accounts)
    offer_id, _ = await offer(gift, 4 * KG, by=giver)
    await gifts.take_offer_back(offer_id, by=giver)
    async with connected(into_accounts.river.stand.owner_url) as owner:
        told = await refusal(owner, "UPDATE gift_transfer SET state = 'offered', ended_at = NULL")
        assert told == ("23514", "gift_transfer_step_check")
        assert (await refusal(owner, "DELETE FROM gift_transfer"))[1] == "gift_transfer_stays"
