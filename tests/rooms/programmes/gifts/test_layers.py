"""Whose emissions the organiser answers for: their gifts and payments are additional, everybody else's are their own."""

from dataclasses import replace
from uuid import uuid4

import pytest

from app.gateways.database import fetch, fetch_value, transaction
from app.programmes import gifts
from app.programmes.gifts import Audience
from app.registry.claims import Layer
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.programmes.gifts.conftest import KG, Giving
from tests.rooms.programmes.gifts.grouped import LAYERS, brings, claim_for, codes, grouped, orders_visit
from tests.rooms.programmes.gifts.test_papers_of_gifts import MINUTE, paper


async def test_a_code_says_the_group_and_the_group_the_layer_of_a_gift(giving: Giving) -> None:
    host = await grouped(giving)
    (runner,), (other,) = await codes(host, 1, "runners"), await codes(host, 1, None)
    _, covered = await brings(host, runner, 4 * KG)
    _, own = await brings(host, other, 4 * KG)
    await host.work()
    found = [await claim_for(gifts.cause_of(one)) for one in (covered, own)]
    assert [(one.group_code, one.layer) for one in found] == [("runners", Layer.ADDITIONAL), ("guests", Layer.OWN)]
    assert [one.group_code for one in await gifts.batches_of([host.campaign_id])] == [None, "runners"]


async def test_who_comes_without_a_code_is_of_the_default_group_and_nobody_is_asked(giving: Giving) -> None:
    host = await grouped(giving, layers=replace(LAYERS, default_group="runners"), audience=Audience.EVERYONE)
    _, collected = await brings(host, None, 4 * KG)
    await host.work()
    order = await orders_visit(host, await host.river.guest())
    (line,) = order.retire_lines
    for claim in (await claim_for(gifts.cause_of(collected)), line.claim):
        assert (claim.group_code, claim.layer) == ("runners", Layer.ADDITIONAL)


async def test_who_holds_a_code_and_pays_themselves_is_of_its_group_while_it_lives(giving: Giving) -> None:
    host = await grouped(giving)
    (runner,), (given_up,) = await codes(host, 1, "runners"), await codes(host, 1, "runners")
    hashed = [gifts.code_hash(one, keyring=KEYRING) for one in (runner, given_up)]
    await gifts.decline(host.campaign_id, given_up, keyring=KEYRING)
    assert [await gifts.group_of(one, host.scene.id) for one in (*hashed, None)] == ["runners", None, None]
    order = await orders_visit(
        host, await host.river.guest(), group_code=await gifts.group_of(hashed[0], host.scene.id)
    )
    (line,) = order.retire_lines
    assert (line.claim.group_code, line.claim.layer) == ("runners", Layer.ADDITIONAL)
    assert await gifts.group_of(hashed[0], uuid4()) is None, "another scene's"


async def test_what_one_adds_to_a_gift_is_of_the_gifts_group_and_layer(giving: Giving) -> None:
    host = await grouped(giving)
    (runner,) = await codes(host, 1, "runners")
    person_id, collected = await brings(host, runner, 2 * KG)
    async with transaction() as tx:
        root = await gifts.claim_of(collected, name_wait=MINUTE, tx=tx)
    assert root is not None
    order = await orders_visit(host, person_id, root=root, besides_g=2 * KG)
    (line,) = order.retire_lines
    assert (line.claim.supplements_id, line.claim.group_code, line.claim.layer) == (
        root.id,
        "runners",
        Layer.ADDITIONAL,
    )
    await host.work()  # the worker makes the same claim again
    assert await host.count("claim", "cause LIKE 'gift:%'") == 1


async def test_a_scene_of_before_has_no_groups_and_everything_there_is_ones_own(giving: Giving) -> None:
    await as_owner("ALTER TABLE scenario DISABLE TRIGGER scenario_two_people")
    await as_owner("UPDATE scenario SET setup = setup - 'layers'")  # as the release before wrote it
    await as_owner("ALTER TABLE scenario ENABLE TRIGGER scenario_two_people")
    _, collected = await brings(giving, None, 4 * KG)
    await giving.work()
    claim = await claim_for(gifts.cause_of(collected))
    assert (claim.group_code, claim.layer) == (None, Layer.OWN)


async def test_the_paper_of_a_covered_person_says_in_addition_to_whom(giving: Giving) -> None:
    host = await grouped(giving)
    (runner,), (other,) = await codes(host, 1, "runners"), await codes(host, 1, None)
    found = [await brings(host, runner, 4 * KG), await brings(host, other, 4 * KG)]
    for person_id, id_ in found:
        await gifts.say_name(id_, by=person_id, name_sealed=None)
    await host.work()
    covered, own = [await paper(id_, person_id) for person_id, id_ in found]
    assert covered is not None and own is not None
    assert (covered.record["layer"], own.record["layer"]) == ("additional", "own")


@pytest.mark.parametrize("group", ["staff", "Runners", ""])
async def test_a_batch_is_of_no_group_that_the_scene_does_not_have(giving: Giving, group: str) -> None:
    host = await grouped(giving)
    with pytest.raises(gifts.CampaignUnfit) as refused:
        await codes(host, 1, group)
    assert refused.value.field == "/group"
    forged = (
        "INSERT INTO gift_batch (id, campaign_id, label, group_code, size, key_id, made_by_id, made_at)"
        f" VALUES (gen_random_uuid(), '{host.campaign_id}', 'x', '{group}', 1, 'k', '{host.by}', now())"
    )
    async with connected(host.river.stand.app_url) as app:
        assert await refusal(app, forged) == ("23514", "gift_batch_group_check")


async def test_postgresql_puts_a_claim_into_its_layer_whatever_somebody_writes(giving: Giving) -> None:
    host = await grouped(giving)
    (runner,) = await codes(host, 1, "runners")
    _, id_ = await brings(host, runner, 4 * KG)
    await host.work()
    forged = (
        "INSERT INTO claim (id, cause, purpose, layer, group_code, scenario_id, beneficiary_id, beneficiary_kind, period_from,"
        " period_to, emission_g, language, made_at) SELECT gen_random_uuid(), 'x/' || {group}, purpose, {layer}, {group},"
        " scenario_id, beneficiary_id, beneficiary_kind, period_from, period_to, 1, 'zh', now() FROM claim"
        f" WHERE cause = '{gifts.cause_of(id_)}'"
    )
    async with connected(host.river.stand.app_url) as app:
        stranger = forged.format(group="'staff'", layer="'own'")
        assert await refusal(app, stranger) == ("23514", "claim_group_check")
        await app.execute(forged.format(group="'runners'", layer="'own'"))
        await app.execute(forged.format(group="'guests'", layer="'additional'"))
    told = {row["cause"]: row["layer"] for row in await fetch("SELECT cause, layer FROM claim WHERE cause LIKE 'x/%'")}
    assert told == {"x/runners": "additional", "x/guests": "own"}
    assert await fetch_value("SELECT count(*) FROM claim WHERE layer = 'additional'") == 2
