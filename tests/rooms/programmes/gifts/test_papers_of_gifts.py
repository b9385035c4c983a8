"""What was collected is retired at once, and its paper waits for a name: given, declined, or not coming in time."""

import asyncio
import contextvars
from datetime import timedelta
from uuid import UUID

import pytest

from app import certificates
from app.commerce import orders
from app.foundation import identity
from app.gateways.database import fetch, fetch_one, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.programmes import gifts
from app.registry import claims, holdings, retirements
from app.registry.credits import Programme
from app.registry.retirements import Funding, RetirementState
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, River, connected, refusal
from tests.rooms.foundation.privacy.leaks import dump, found
from tests.rooms.programmes.gifts.conftest import KG, Giving

MINUTE = timedelta(minutes=1)


async def sealed(person_id: UUID, name: str) -> bytes:
    return await identity.seal(person_id, name, purpose=certificates.NAME_PURPOSE, keyring=KEYRING)


async def collected(giving: Giving, mass_g: int = 10 * KG) -> tuple[UUID, UUID]:
    """A person and their collection, which nobody has worked on yet."""
    wish = await giving.wish(mass_g)
    (answer,) = await giving.collect(wish)
    assert answer.id is not None
    return wish.person_id, answer.id


async def paper(collection_id: UUID, person_id: UUID) -> certificates.CertificateFacts | None:
    id_ = (await certificates.of_causes([gifts.cause_of(collection_id)])).get(gifts.cause_of(collection_id))
    return await certificates.find(id_, by=person_id) if id_ else None


async def name_on(one: certificates.CertificateFacts | None) -> str | None:
    assert one is not None
    if one.name_sealed is None:
        return None
    return await identity.unseal(one.holder_id, one.name_sealed, purpose=certificates.NAME_PURPOSE, keyring=KEYRING)


async def test_the_grams_are_retired_at_once_for_whoever_collected_and_the_giver_stands_on_it(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    await giving.work()
    row = await fetch_one("SELECT * FROM retirement WHERE cause = $1", gifts.cause_of(id_))
    assert row is not None
    assert (row["state"], row["funding"], row["mass_g"]) == (RetirementState.SETTLED, Funding.GIFT, 10 * KG)
    assert (row["payer_id"], row["holder_id"], row["beneficiary_id"]) == (
        giving.sponsor_id,
        giving.sponsor_id,
        person_id,
    )
    assert await paper(id_, person_id) is None  # it waits for the name
    await gifts.say_name(id_, by=person_id, name_sealed=await sealed(person_id, "林小川"))
    await giving.work()
    one = await paper(id_, person_id)
    assert await name_on(one) == "林小川"
    assert one is not None
    assert "示例城市总工会" in str(one.record["payer"])


async def test_a_name_that_comes_before_the_worker_stands_on_the_paper_at_once(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    await gifts.say_name(id_, by=person_id, name_sealed=await sealed(person_id, "王𠮷"))
    await giving.work()
    assert await name_on(await paper(id_, person_id)) == "王𠮷"


async def test_a_name_that_comes_while_a_worker_makes_the_claim_stands_on_the_paper(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    name = await sealed(person_id, "林小川")
    (set_id,) = [row["id"] for row in await fetch("SELECT id FROM gift_set")]
    outside = contextvars.copy_context()
    async with transaction() as tx:
        await gifts.request([set_id], name_wait=MINUTE, tx=tx)
        naming = asyncio.create_task(gifts.say_name(id_, by=person_id, name_sealed=name), context=outside)
        while not await fetch_value("SELECT count(*) FROM pg_locks WHERE NOT granted", tx=tx):  # noqa: ASYNC110 - the server's
            await asyncio.sleep(0.01)
    await naming
    await giving.work()
    assert await name_on(await paper(id_, person_id)) == "林小川"


async def test_who_declines_has_a_paper_without_a_name_and_waits_for_nothing(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    await giving.work()
    await gifts.say_name(id_, by=person_id, name_sealed=None)
    await giving.work()
    assert await name_on(await paper(id_, person_id)) is None


async def test_a_name_that_does_not_come_in_time_holds_nothing_up_and_is_too_late_then(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    giving.tools = type(giving.tools)(
        gateways=giving.tools.gateways, issuer=giving.tools.issuer, studio=None, profiles=giving.tools.profiles,
        name_wait=timedelta(0),
    )  # fmt: skip
    await giving.work()
    assert await paper(id_, person_id) is None
    assert await retirements.end_naming_due() == 1
    assert await retirements.end_naming_due() == 0
    await giving.work()
    assert await name_on(await paper(id_, person_id)) is None
    with pytest.raises(gifts.NameSettled):
        await gifts.say_name(id_, by=person_id, name_sealed=await sealed(person_id, "晚了"))
    assert (await gifts.find_collection(id_, by=person_id)).is_named is False


async def test_a_name_is_given_once_and_only_by_whoever_collected(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    with pytest.raises(gifts.CollectionUnknown):
        await gifts.say_name(id_, by=await giving.river.guest(), name_sealed=None)
    await gifts.say_name(id_, by=person_id, name_sealed=None)
    with pytest.raises(gifts.NameSettled):
        await gifts.say_name(id_, by=person_id, name_sealed=await sealed(person_id, "二次"))


async def test_the_look_of_every_minute_takes_a_paper_that_waits_for_its_name_for_no_difference(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    await giving.work()
    assert await paper(id_, person_id) is None
    async with connected(giving.river.stand.super_url) as connection:
        look = "SELECT \"check\" FROM books.compare_since(now() - interval '1 h') WHERE NOT ok"
        assert await connection.fetch(look) == []
        tried = connection.transaction()
        await tried.start()
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute("UPDATE claim SET name_until = now() - interval '11 min' WHERE name_until IS NOT NULL")
        overdue = await connection.fetch(look)
        await tried.rollback()
    assert [row["check"] for row in overdue] == ["certified"]


async def test_postgresql_lets_nobody_wait_longer_for_a_name_or_write_one_afterwards(giving: Giving) -> None:
    _, id_ = await collected(giving)
    await giving.work()
    where = f"WHERE cause = '{gifts.cause_of(id_)}'"
    async with connected(giving.river.stand.owner_url) as owner:
        longer = f"UPDATE claim SET name_until = name_until + interval '1 h' {where}"
        assert await refusal(owner, longer) == ("23514", "claim_name_until_stays")
        over = f"UPDATE claim SET name_until = NULL {where}"
        late = f"UPDATE claim SET name_sealed = '\\x01' {where}"
        assert await refusal(owner, over, late) == ("23514", "claim_name_stays")


async def test_requesting_twice_requests_nothing_twice(giving: Giving) -> None:
    _, id_ = await collected(giving)
    set_id = await fetch_value("SELECT set_id FROM gift_collection WHERE id = $1", id_)
    async with transaction() as tx:
        assert len(await gifts.request([set_id], name_wait=MINUTE, tx=tx)) == 1
    async with transaction() as tx:
        assert await gifts.request([set_id], name_wait=MINUTE, tx=tx) == []
    await giving.work()
    assert await giving.count("retirement") == 1


async def test_nobody_retires_of_a_pool_what_was_not_collected(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    await giving.work()
    campaign = await giving.campaign()
    async with transaction() as tx:
        made = await claims.make({"gift:x": await _claim(giving.river, person_id)}, tx=tx)
    written = (
        "INSERT INTO retirement (id, cause, number, claim_id, purpose, beneficiary_id, funding, payer_id, holder_id, mass_g,"
        " account_id, state, requested_at) VALUES (gen_random_uuid(), '{cause}', 'R-9', '{claim}', 'personal',"
        f" '{person_id}', 'gift', '{giving.sponsor_id}', '{giving.sponsor_id}', {{grams}}, '{campaign.account_id}',"
        " 'requested', now())"
    )
    async with connected(giving.river.stand.app_url) as app:
        for cause, grams in ((f"gift:{giving.by}", 10 * KG), ("order:1", 10 * KG), ("nothing", 1)):
            statement = written.format(cause=cause, claim=made["gift:x"].id, grams=grams)
            assert await refusal(app, statement) == ("23514", "retirement_of_holding_check")
    assert id_


async def _claim(river: River, person_id: UUID) -> claims.NewClaim:
    today = utc_now().date()
    return claims.NewClaim(
        purpose=claims.Purpose.PERSONAL, scenario_id=river.scene.id, beneficiary_id=person_id, period_from=today,
        period_to=today, emission_g=KG, language="zh",
    )  # fmt: skip


async def test_a_trip_paid_half_by_the_pool_and_half_by_oneself_is_one_claim_and_one_supplement(giving: Giving) -> None:
    wish = await giving.wish(2 * KG)
    emission_g = wish.emission_g  # 23 km there and back by metro, and a meal: more than the gift
    (answer,) = await giving.collect(wish)
    assert answer.id is not None
    assert answer.mass_g == 2 * KG < emission_g
    async with transaction() as tx:
        root = await gifts.claim_of(answer.id, name_wait=MINUTE, tx=tx)
    assert root is not None
    order = await orders.place(
        orders.NewOrder(
            footprint_id=root.footprint_id, scenario_id=giving.scene.id, emission_g=root.emission_g, step_g=1,  # type: ignore[arg-type]
            programme=Programme.CDCER, currency=Currency.CNY, language="zh", purpose=root.purpose, supplements=root,
            besides_g=2 * KG,
        ),
        by=wish.person_id, key="rest", clock=utc_now,
    )  # fmt: skip
    assert order.mass_g == emission_g - 2 * KG
    (line,) = order.retire_lines
    assert (line.claim.supplements_id, line.claim.emission_g) == (root.id, emission_g)
    await giving.work()
    assert await giving.count("claim", "cause LIKE 'gift:%'") == 1  # made once, here or by the worker


async def test_at_forty_percent_used_sixty_percent_of_the_grams_come_back(giving: Giving) -> None:
    await giving.collect(*[await giving.wish(20 * KG) for _ in range(2)])  # 40 of 100 kg
    await gifts.end(giving.campaign_id, by=giving.by)
    assert await gifts.take_back(giving.campaign_id, by=giving.by) == 60 * KG
    assert await gifts.take_back(giving.campaign_id, by=giving.by) == 0
    holding = await holdings.open_holding(giving.sponsor_id)
    assert sum(one.mass_g for one in await holdings.balances(holding.account)) == 60 * KG
    await giving.work()
    assert await fetch_value("SELECT sum(mass_g)::bigint FROM retirement WHERE state = 'settled'") == 40 * KG


async def test_the_proof_names_a_line_with_a_gap_and_a_collection_that_nothing_retires(giving: Giving) -> None:
    _, id_ = await collected(giving)
    assert {row["ok"] for row in await _proved()} == {True}
    await as_owner("UPDATE outbox_message SET done_at = now() WHERE job = 'request_gifts'")
    lost = {row["check"] for row in await _proved() if not row["ok"]}
    assert lost == {"gift_retired"}
    await as_owner("UPDATE outbox_message SET done_at = NULL WHERE job = 'request_gifts'")
    await as_owner("UPDATE gift_pool SET next_g = next_g + 1")
    assert {row["check"] for row in await _proved() if not row["ok"]} == {"gift_line"}
    await as_owner("UPDATE gift_pool SET next_g = next_g - 1")
    assert id_


async def _proved() -> list[dict[str, object]]:
    return await fetch("SELECT * FROM gifts.prove()")


async def test_the_name_on_a_gifts_paper_goes_with_its_person_and_the_paper_still_verifies(giving: Giving) -> None:
    person_id, id_ = await collected(giving)
    await gifts.say_name(id_, by=person_id, name_sealed=await sealed(person_id, "欧阳听雨"))
    await giving.work()
    one = await paper(id_, person_id)
    assert await name_on(one) == "欧阳听雨"
    assert one is not None
    await identity.erase(person_id, now=utc_now())
    assert found({"name": "欧阳听雨".encode()}, await dump(giving.river.stand.super_url)) == []
    assert str(one.record["mass_g"]) in (await certificates.verify(one.verify_code)).record_json
