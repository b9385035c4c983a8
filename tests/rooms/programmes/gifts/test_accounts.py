"""A gift that goes into the receiver's account: exact, used bit by bit, with the giver on each paper."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app import certificates, footprint
from app.gateways.database import fetch, fetch_one, fetch_value, transaction
from app.kernel.clock import utc_now
from app.programmes import gifts
from app.programmes.gifts import Delivery, NewUse
from app.registry import holdings, ledger
from app.registry.credits import Programme
from app.registry.holdings import PLATFORM, Amount, Mix, Portion
from tests.rooms.conftest import FACTORS, connected, open_lot, refusal
from tests.rooms.programmes.gifts.conftest import KG, Giving, draft


async def given(giving: Giving, mass_g: int = 10 * KG, *, is_there: bool = True) -> tuple[UUID, UUID]:
    """A person and what they collected, in their account."""
    wish = await giving.wish(mass_g)
    (answer,) = await giving.collect(wish)
    assert answer.id is not None
    if is_there:
        await giving.work()
    return wish.person_id, answer.id


async def balance_g(person_id: UUID) -> int:
    return sum(one.mass_g for one in await holdings.balances(holdings.Account.person(person_id)))


def some(mass_g: int) -> NewUse:
    return NewUse(mass_g=mass_g, name_sealed=None, language="zh")


async def test_what_is_collected_lies_in_the_account_to_the_gram_and_nothing_is_retired(into_accounts: Giving) -> None:
    wishes = [await into_accounts.wish(mass_g) for mass_g in (10 * KG, 7 * KG, 1)]
    await into_accounts.collect(*wishes)
    await into_accounts.work()
    await into_accounts.work()
    assert [await balance_g(one.person_id) for one in wishes] == [10 * KG, 7 * KG, 1]
    assert await into_accounts.count("retirement") == 0
    assert (await into_accounts.campaign()).left_g == 100 * KG - 17_001
    (held,) = await gifts.held_by(wishes[1].person_id)
    assert (held.left_g, held.used_g, held.is_there, held.sponsor_id) == (7 * KG, 0, True, into_accounts.sponsor_id)


async def test_it_is_used_bit_by_bit_and_the_giver_stands_on_each_paper(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts)
    uses = [await gifts.use_held(id_, some(mass_g), by=person_id, key=str(mass_g)) for mass_g in (4 * KG, 6 * KG)]
    await into_accounts.work()
    for use_id, mass_g in zip(uses, (4 * KG, 6 * KG), strict=True):
        row = await fetch_one("SELECT * FROM retirement WHERE cause = $1", gifts.use_cause(use_id))
        assert row is not None
        assert (row["state"], row["funding"], row["mass_g"]) == ("settled", "gift", mass_g)
        assert (row["payer_id"], row["holder_id"], row["beneficiary_id"]) == (
            into_accounts.sponsor_id,
            person_id,
            person_id,
        )
        issued = await certificates.of_causes([gifts.use_cause(use_id)])
        paper = await certificates.find(issued[gifts.use_cause(use_id)], by=person_id)
        assert "示例城市总工会" in str(paper.record["payer"])
    first, second = await fetch("SELECT id, supplements_id FROM claim WHERE cause LIKE 'gift_use:%' ORDER BY made_at")
    assert (first["supplements_id"], second["supplements_id"]) == (
        None,
        first["id"],
    )  # one visit, one claim and its supplement
    (held,) = await gifts.held_by(person_id)
    assert (held.left_g, await balance_g(person_id)) == (0, 0)
    assert [one.mass_g for one in await gifts.uses_of([id_])] == [6 * KG, 4 * KG]


async def test_a_use_asked_again_is_one_use_and_with_other_grams_a_fault(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts)
    told = await asyncio.gather(*(gifts.use_held(id_, some(3 * KG), by=person_id, key="one") for _ in range(4)))
    assert len(set(told)) == 1
    with pytest.raises(gifts.UseKeyTaken):
        await gifts.use_held(id_, some(4 * KG), by=person_id, key="one")
    assert await balance_g(person_id) == 7 * KG


async def test_two_devices_never_use_a_gram_twice(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts)
    told = await asyncio.gather(
        *(gifts.use_held(id_, some(3 * KG), by=person_id, key=str(no)) for no in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, UUID) for one in told) == 3
    refused = [one for one in told if isinstance(one, gifts.GiftHasLess)]
    assert len(refused) == 3
    assert all(one.facts["left_g"] == KG for one in refused)
    assert await balance_g(person_id) == KG


async def test_more_than_is_left_is_refused_and_names_what_is_left(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts)
    with pytest.raises(gifts.GiftHasLess, match=r"gifts\.has_less|10") as refused:
        await gifts.use_held(id_, some(10 * KG + 1), by=person_id, key="one")
    assert (refused.value.field, refused.value.facts["left_g"]) == ("/grams", 10 * KG)


async def test_what_a_worker_has_not_brought_yet_is_on_its_way_and_not_used(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts, is_there=False)
    (held,) = await gifts.held_by(person_id)
    assert not held.is_there
    with pytest.raises(gifts.GiftComing):
        await gifts.use_held(id_, some(KG), by=person_id, key="one")
    await into_accounts.work()
    await gifts.use_held(id_, some(KG), by=person_id, key="one")


async def test_nobody_else_uses_it_and_a_gift_that_is_retired_at_once_is_none(into_accounts: Giving) -> None:
    _, id_ = await given(into_accounts)
    with pytest.raises(gifts.CollectionUnknown):
        await gifts.use_held(id_, some(KG), by=await into_accounts.river.guest(), key="one")


async def test_a_gift_that_is_retired_at_once_lies_in_no_account(giving: Giving) -> None:
    person_id, id_ = await given(giving)
    assert await gifts.held_by(person_id) == []
    with pytest.raises(gifts.CollectionUnknown):
        await gifts.use_held(id_, some(KG), by=person_id, key="one")


async def test_a_use_for_another_visit_is_a_claim_of_its_own(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts)
    inputs = footprint.visit_inputs("car", "12", round_trip=True, extras={})
    visit = (into_accounts.scene.id, footprint.calculate("personal", inputs, FACTORS))
    at_home = NewUse(mass_g=2 * KG, visit=visit, name_sealed=None, language="en")
    await gifts.use_held(id_, some(KG), by=person_id, key="one")
    await gifts.use_held(id_, at_home, by=person_id, key="two")
    claims = await fetch("SELECT emission_g, supplements_id, language FROM claim ORDER BY made_at")
    assert [one["supplements_id"] for one in claims] == [None, None]
    assert (claims[1]["emission_g"], claims[1]["language"]) == (visit[1].total_g, "en")


async def test_uses_of_a_gift_that_crosses_lots_take_each_lots_own_grams(into_accounts: Giving) -> None:
    younger = await open_lot("CDCER-2023-0007", "CDCER-2023-0007-1-100", year=2023)
    await into_accounts.fill_from(Portion(younger, 50 * KG))
    await given(into_accounts, 95 * KG)
    person_id, id_ = await given(into_accounts, 20 * KG)  # 5 kg of the old lot, 15 of the young one
    for no, mass_g in enumerate((4 * KG, 4 * KG, 12 * KG)):
        await gifts.use_held(id_, some(mass_g), by=person_id, key=str(no))
    rows = await fetch(
        "SELECT l.lot_id, l.mass_g FROM retirement r JOIN retirement_line l ON l.retirement_id = r.id"
        " ORDER BY r.requested_at, l.lot_id"
    )
    old = into_accounts.river.lot_id
    assert [tuple(one.values()) for one in rows] == [
        (old, 4 * KG), (old, KG), (younger, 3 * KG), (younger, 12 * KG)
    ]  # fmt: skip
    await into_accounts.work()


async def test_the_account_keeps_what_was_given_and_lets_go_of_what_was_bought(into_accounts: Giving) -> None:
    person_id, id_ = await given(into_accounts)
    own = holdings.Account.person(person_id)
    await holdings.move(f"own:{uuid4()}", PLATFORM, own, Amount(Mix.only(Programme.CDCER), 5 * KG), reason="test")

    async def give_away(mass_g: int) -> None:
        async with transaction() as tx:
            pool = holdings.Account.read((await into_accounts.campaign()).holder)
            portions = [Portion(into_accounts.river.lot_id, mass_g)]
            await holdings.transfer(f"away:{uuid4()}", own, pool, portions, reason="test", tx=tx)

    with pytest.raises(ledger.BalanceTooLow):
        await give_away(5 * KG + 1)
    await give_away(5 * KG)
    await gifts.use_held(id_, some(10 * KG), by=person_id, key="one")
    assert await balance_g(person_id) == 0


async def test_what_nobody_collected_comes_back_and_what_lies_in_accounts_stays(into_accounts: Giving) -> None:
    person_id, _ = await given(into_accounts)
    await gifts.end(into_accounts.campaign_id, by=into_accounts.by)
    assert await gifts.return_due(grace=timedelta(0)) == 1
    home = await holdings.open_holding(into_accounts.sponsor_id)
    assert sum(one.mass_g for one in await holdings.balances(home.account)) == 90 * KG
    assert await balance_g(person_id) == 10 * KG


async def test_where_the_grams_go_stays_once_it_was_opened_and_cards_hold_theirs_themselves(giving: Giving) -> None:
    with pytest.raises(gifts.CampaignUnfit) as refused:
        await gifts.edit(giving.campaign_id, draft(delivers=Delivery.ACCOUNT), by=giving.by)
    assert refused.value.field == "/delivers"
    cards = draft(audience=gifts.Audience.CARDS, delivers=Delivery.ACCOUNT)
    with pytest.raises(gifts.CampaignUnfit) as refused:
        await gifts.draft(giving.scene.id, cards, by=giving.by, now=utc_now())
    assert refused.value.field == "/delivers"
    async with connected(giving.river.stand.app_url) as app:
        told = await refusal(app, "UPDATE gift_campaign SET delivers = 'account'")
    assert told == ("23514", "gift_campaign_step_check")


async def test_the_proof_holds_at_every_step_of_a_gift_into_accounts(into_accounts: Giving) -> None:
    steps: list[bool] = []

    async def look() -> None:
        steps.append(await fetch_value("SELECT bool_and(ok) FROM gifts.prove()"))

    person_id, id_ = await given(into_accounts, is_there=False)
    await look()  # on its way
    await into_accounts.work()
    await look()  # in the account
    await gifts.use_held(id_, some(3 * KG), by=person_id, key="one")
    await look()  # a part is asked to be retired
    await gifts.use_held(id_, some(7 * KG), by=person_id, key="two")
    await into_accounts.work()
    await look()
    assert steps == [True] * 4


async def test_a_use_stays_and_the_proof_names_an_account_that_has_less_than_it_was_given(
    into_accounts: Giving,
) -> None:
    person_id, id_ = await given(into_accounts)
    await gifts.use_held(id_, some(KG), by=person_id, key="one")
    async with connected(into_accounts.river.stand.owner_url) as owner:
        assert (await refusal(owner, "UPDATE gift_use SET stop_g = stop_g + 1"))[1] == "gift_use_stays"
        tried = owner.transaction()
        await tried.start()
        await owner.execute("ALTER TABLE gift_use DISABLE TRIGGER gift_use_stays")
        await owner.execute("DELETE FROM gift_use")
        told = await owner.fetch(
            "SELECT \"check\", ok FROM gifts.prove() WHERE \"check\" IN ('gift_held', 'gift_uses')"
        )
        await tried.rollback()
    assert {row["check"]: row["ok"] for row in told} == {"gift_held": False, "gift_uses": True}
    assert await fetch_value("SELECT count(*) FROM gift_use") == 1
