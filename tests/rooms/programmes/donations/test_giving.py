"""What counts as given, and what PostgreSQL refuses, whoever asks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch_value, transaction
from app.gateways.files import FolderStore
from app.kernel.clock import beijing_day, utc_now
from app.kernel.ids import uuid7
from app.programmes import donations
from app.programmes.donations import Asked, NewIntent, Shown, Stage
from app.registry import holdings, retirements
from app.registry.claims import NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Account, AccountKind, Amount, Mix
from tests.flow import at_once
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import (
    TONNE,
    Donor,
    board,
    document,
    donor,
    fill,
    gives,
    published,
)
from tests.staff import member

PDF = b"%PDF-1.7 sample agreement"


@pytest.fixture
async def company(donating: Donating) -> Donor:
    return await donor(holds_t=100)


@pytest.fixture
async def owner(donating: Donating) -> AsyncIterator[Any]:
    async with connected(donating.river.stand.owner_url) as connection:
        yield connection


async def given_t(donating: Donating) -> int:
    return (await donations.neutrality(donating.zone)).donated_g // TONNE


def intent(one: Donor, **changed: Any) -> NewIntent:
    day = beijing_day(utc_now()) + timedelta(days=30)
    return NewIntent(**{"donor_id": one.id, "mass_g": 50 * TONNE, "due_on": day} | changed)


async def test_a_donation_repeated_by_many_at_once_is_given_once_and_its_key_stands_for_nothing_else(
    donating: Donating, company: Donor
) -> None:
    ids = await at_once(lambda: gives(donating.zone, company, 40), 8)
    assert len(set(ids)) == 1
    assert await given_t(donating) == 40
    with pytest.raises(donations.DonationKeyUsedOtherwise):
        await gives(donating.zone, company, 41)
    await gives(donating.zone, company, 60, key="rest")
    with pytest.raises(holdings.CreditsExhausted):
        await gives(donating.zone, company, 1, key="more")
    assert await gives(donating.zone, company, 40) == ids[0]  # the same answer with an empty holding
    assert await given_t(donating) == 100
    await donating.work()


async def test_only_who_acts_for_a_verified_donor_gives_and_never_the_organiser_to_itself(
    donating: Donating, company: Donor
) -> None:
    stranger = Donor(company.id, await member((await donor("示例旁人")).id, Role.OPERATOR))
    with pytest.raises(donations.DonationUnknown):
        await gives(donating.zone, stranger, 1)
    with pytest.raises(identity.RoleMissing):
        await gives(donating.zone, Donor(company.id, await member(company.id, Role.AUDITOR)), 1)
    with pytest.raises(donations.DonorUnverified):
        await gives(donating.zone, await donor("示例未核验", is_verified=False), 1)
    with pytest.raises(donations.OwnZone):
        await gives(
            donating.zone, Donor(donating.zone.owner_id, await member(donating.zone.owner_id, Role.OPERATOR)), 1
        )
    with pytest.raises(donations.DonationUnfit):
        await gives(donating.zone, company, 0)
    assert await given_t(donating) == 0


async def test_a_person_gives_out_of_their_own_holding_and_stands_on_the_board_of_persons(donating: Donating) -> None:
    person = await donating.river.guest()
    await fill(person, 3_000)
    asked = donations.Gift(donor_id=person, mass_g=3_000, shown_as=Shown.ANONYMOUS)
    await donations.give(donating.zone, asked, by=person, key="mine")
    await donating.work()
    organisations, persons = await donations.boards_of(donating.zone.id)
    assert (organisations.rows, [(row.donor_id, row.mass_g) for row in persons.rows]) == ((), [(person, 3_000)])


async def test_an_intent_never_counts_and_its_day_its_agreement_and_its_gift_say_how_far_it_is(
    donating: Donating, company: Donor, tmp_path: Any
) -> None:
    zone, today, files = donating.zone, beijing_day(utc_now()), FolderStore(tmp_path)

    async def stages(on: Any = today) -> list[Stage]:
        return [one.stage for one in await donations.list_intents(today=on, donor_ids=[company.id])]

    id_ = await donations.intend(zone, intent(company), by=company.person_id, now=utc_now())
    assert (await stages(), await given_t(donating)) == ([Stage.INTENT], 0)
    assert await stages(today + timedelta(days=31)) == [Stage.LAPSED]
    with pytest.raises(donations.AgreementUnfit):
        await donations.keep_agreement(id_, b"<html>", by=company.person_id, files=files, keyring=KEYRING)
    for _ in range(2):
        await donations.keep_agreement(id_, PDF, by=company.person_id, files=files, keyring=KEYRING)
    with pytest.raises(donations.AgreementKept):
        await donations.keep_agreement(id_, PDF + b"2", by=company.person_id, files=files, keyring=KEYRING)
    assert (await stages(), await given_t(donating)) == ([Stage.AGREED], 0)
    assert all(PDF not in path.read_bytes() for path in tmp_path.rglob("*.agreement"))  # sealed on disk
    organiser = await member(zone.owner_id, Role.OPERATOR)
    assert await donations.fetch_agreement(id_, by=organiser, files=files, keyring=KEYRING) == PDF
    with pytest.raises(donations.DonationUnknown):
        await donations.fetch_agreement(id_, by=(await donor("示例旁人")).person_id, files=files, keyring=KEYRING)

    await gives(zone, company, 50, intent_id=id_)
    assert (await stages(), await given_t(donating)) == ([Stage.TRANSFERRED], 50)
    for step in (
        gives(zone, company, 50, key="again", intent_id=id_),
        donations.withdraw(id_, by=company.person_id),
    ):
        with pytest.raises(donations.IntentOver):
            await step
    other = await donations.intend(
        zone, intent(company, mass_g=None, amount_fen=5), by=company.person_id, now=utc_now()
    )
    await donations.withdraw(other, by=company.person_id)
    with pytest.raises(donations.IntentOver):
        await gives(zone, company, 1, key="late", intent_id=other)
    assert await stages() == [Stage.WITHDRAWN, Stage.TRANSFERRED]
    await donating.work()


async def test_an_intent_that_is_said_many_times_at_once_is_one(donating: Donating, company: Donor) -> None:
    id_ = uuid7()
    said = await at_once(
        lambda: donations.intend(
            donating.zone, intent(company), by=company.person_id, now=utc_now(), intent_id=id_
        ),
        8,
    )  # fmt: skip
    assert set(said) == {id_}
    assert await fetch_value("SELECT count(*) FROM donation_intent") == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"mass_g": 0}, "/mass"), ({"mass_g": None}, "/mass"), ({"amount_fen": 1}, "/mass"),
        ({"mass_g": None, "amount_fen": -1}, "/amount"), ({"due_on": beijing_day(utc_now()) - timedelta(days=1)}, "/due_on"),
        ({"due_on": beijing_day(utc_now()) + timedelta(days=400)}, "/due_on"),
    ],
)  # fmt: skip
async def test_an_intent_that_cannot_be_names_its_field(
    donating: Donating, company: Donor, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(donations.DonationUnfit) as fact:
        await donations.intend(donating.zone, intent(company, **changed), by=company.person_id, now=utc_now())
    assert fact.value.field == field


async def test_postgresql_refuses_a_donation_that_is_not_its_transfer_and_a_second_one_of_it(
    donating: Donating, company: Donor, owner: Any
) -> None:
    zone = donating.zone
    id_ = await gives(zone, company, 40)
    await donating.work()
    copy = (
        "INSERT INTO donation (id, zone_id, donor_id, transfer_id, mass_g, transferred_at, language, shown_as, shown_at,"
        " shown_by_id, by_id) SELECT {id}, zone_id, {donor}, {transfer}, {mass}, transferred_at, 'zh', 'name', now(), by_id,"
        " by_id FROM donation"
    )
    plain = {"id": "gen_random_uuid()", "donor": "donor_id", "transfer": "transfer_id", "mass": "mass_g"}
    other = await donor("示例旁人")
    async with transaction() as tx:  # a transfer into the zone that is no donation
        await fill(other.id, 5 * TONNE)
        moved = await holdings.transfer(
            "test:plain", Account.organisation(other.id), Account.named(AccountKind.ZONE, zone.slug),
            Amount(Mix.only(Programme.CDCER), 5 * TONNE), reason="test", tx=tx,
        )  # fmt: skip
    assert moved.is_new
    plain_transfer = "(SELECT id FROM holding_transfer WHERE cause = 'test:plain')"
    for changed in (
        {},  # the same transfer under another id
        {"mass": "mass_g + 1"},
        {"donor": f"'{other.id}'"},
        {"transfer": plain_transfer, "mass": "5000000", "donor": f"'{other.id}'"},
    ):
        assert await refusal(owner, copy.format(**plain | changed)) == ("23514", "donation_of_its_transfer")
    same = copy.format(**plain | {"id": f"'{id_}'"})
    assert await refusal(owner, same) in {("23505", "donation_pkey"), ("23505", "donation_transfer_key")}
    for change, name in (
        ("UPDATE donation SET mass_g = 1", "donation_stays"),
        ("DELETE FROM donation", "donation_stays"),
        (f"UPDATE donation SET shown_as = 'anonymous', shown_by_id = '{other.person_id}'", "donation_shown_power"),
    ):
        assert (await refusal(owner, change))[1] == name
    assert await given_t(donating) == 40  # the plain transfer is nobody's donation


async def test_what_was_given_is_moved_nowhere_and_retired_only_whole_and_for_the_event(
    donating: Donating, company: Donor
) -> None:
    zone = donating.zone
    await gives(zone, company, 40)
    await donating.work()
    by = await member(zone.owner_id, Role.OPERATOR)
    account = Account.named(AccountKind.ZONE, zone.slug)
    with pytest.raises(donations.GivenStays), donations.refusals():
        await holdings.move(
            "test:back", account, Account.organisation(zone.owner_id), Amount(Mix.only(Programme.CDCER), 1), reason="x"
        )
    claim = NewClaim(
        purpose=Purpose.ORGANISATION, scenario_id=await donating.scene_id(), beneficiary_id=zone.owner_id, subject="2026",
        period_from=beijing_day(utc_now()), period_to=beijing_day(utc_now()), emission_g=1, language="zh",
    )  # fmt: skip
    for changed, mass_g, fact in (
        (claim, 40 * TONNE, donations.GivenStays),
        (replace(claim, purpose=Purpose.EVENT), TONNE, donations.AccountChanged),
    ):
        asked = retirements.HeldRetirement(
            account_id=zone.account_id, claim=changed, mass_g=mass_g, mix=Mix.only(Programme.CDCER)
        )
        with pytest.raises(fact), donations.refusals():
            await retirements.retire_held(asked, by=by, key=str(mass_g), limit_g=50 * TONNE)
    await donations.retire(
        zone, Asked(today=beijing_day(utc_now()), language="zh"), by=by, key="all", limit_g=50 * TONNE
    )
    await donating.work()
    assert (await donations.neutrality(zone)).held_g == 0
    with pytest.raises(donations.NothingGiven):
        await donations.retire(
            zone, Asked(today=beijing_day(utc_now()), language="zh"), by=by, key="b", limit_g=50 * TONNE
        )


async def test_what_comes_between_proposing_and_agreeing_is_looked_at_again(donating: Donating, company: Donor) -> None:
    zone = donating.zone
    await gives(zone, company, 60)
    people = [await member(zone.owner_id, Role.OPERATOR) for _ in range(2)]
    asked = Asked(today=beijing_day(utc_now()), language="zh")
    made = await donations.propose(zone, asked, by=people[0], key="all")
    await gives(zone, company, 40, key="later")
    with pytest.raises(donations.AccountChanged):
        await donations.agree(made.id, seen=made.sha256, by=people[1])
    await donating.work()
    figures = await donations.neutrality(zone)
    assert (figures.donors_g, figures.held_g) == (0, 100 * TONNE)


async def test_a_board_follows_its_edition_its_ties_and_whoever_takes_their_name_back(
    donating: Donating, company: Donor, owner: Any
) -> None:
    zone = donating.zone
    first, second, third = company, await donor("示例乙", holds_t=100), await donor("示例丙", holds_t=100)
    id_ = await gives(zone, first, 30)
    await gives(zone, second, 30)
    await gives(zone, third, 20)
    await gives(zone, first, 1, key="more", shown_as=Shown.ANONYMOUS)
    await donating.work()

    async def rows(at: int = 0) -> list[tuple[UUID, int, str]]:
        found = (await donations.boards_of(zone.id))[at].rows
        return [(row.donor_id, row.mass_g // TONNE, row.shown_as.value) for row in found]

    # Equal sums: whoever reached them first. With and without a name stand apart.
    assert await rows() == [
        (first.id, 30, "name"), (second.id, 30, "name"), (third.id, 20, "name"), (first.id, 1, "anonymous"),
    ]  # fmt: skip
    await donations.show(id_, Shown.ANONYMOUS, by=first.person_id)
    assert await rows() == [(first.id, 31, "anonymous"), (second.id, 30, "name"), (third.id, 20, "name")]
    with pytest.raises(donations.DonationUnknown):
        await donations.show(id_, Shown.NAME, by=second.person_id)

    again = await published(document(boards=(board(minimum_g=25 * TONNE),)), zone.owner_id, [await donating.scene_id()])
    (only,) = await donations.boards_of(again.id)
    assert (only.version, [row.mass_g // TONNE for row in only.rows]) == (2, [31, 30])
    assert await fetch_value("SELECT count(*) FROM donation_board WHERE ended_at IS NOT NULL") == 2
    second_live = (
        "INSERT INTO donation_board (id, zone_id, code, giver_kind, version, what, since, minimum_g, anonymous_zh,"
        " anonymous_en, made_at) SELECT gen_random_uuid(), zone_id, code, giver_kind, 9, what, since, minimum_g, 'x', 'x',"
        " now() FROM donation_board WHERE ended_at IS NULL"
    )
    assert await refusal(owner, second_live) == ("23505", "donation_board_one_live_key")


async def test_a_board_that_was_touched_is_found_by_the_proof_and_written_anew(
    donating: Donating, company: Donor
) -> None:
    await gives(donating.zone, company, 30)
    await donating.work()
    await as_owner("UPDATE donation_board_row SET mass_g = mass_g + 1")
    found = await as_owner(
        "SELECT array_to_string(detail, ' ') FROM donations.prove() WHERE \"check\" = 'donation_boards'"
    )
    assert "board organisations of zone sample-games (version 1)" in found
    assert await donations.rebuild_boards(donating.zone.id) == 2
    assert (await donations.boards_of(donating.zone.id))[0].rows[0].mass_g == 30 * TONNE


async def test_a_retirement_for_somebody_else_s_restoration_is_no_row(donating: Donating) -> None:
    """Only transfers count: a retirement in the zone's scenes makes no row, whatever it is for."""
    await donating.guest_retires("test:visit", 5_000)
    await donating.work()
    assert [one.rows for one in await donations.boards_of(donating.zone.id)] == [(), ()]
