"""Support in its own unit: two of the owner's people agree, its donor says whether they are named, and no gram comes of it."""

from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from app.foundation import approvals, identity
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import donations
from app.programmes.donations import NewSupport, Quantity, Shown, SupportKind, SupportUnit
from tests.owning import as_owner
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import donor
from tests.staff import member

PAPER = sha256(b"a paper").digest()


def green(donor_id: UUID, **changed: Any) -> NewSupport:
    """Green certificates of a year."""
    return NewSupport(
        **{
            "donor_id": donor_id,
            "kind": SupportKind.GREEN_CERTIFICATE,
            "quantity": Quantity(number=1_200, unit=SupportUnit.CERTIFICATE),
            "told": Text(zh="示例风电场 2025 年绿证", en="Certificates of a sample wind farm, 2025"),
            "received_on": beijing_day(utc_now()),
            "document_sha256": PAPER,
        }
        | changed
    )


async def test_support_is_listed_once_two_of_the_owners_people_agree_and_named_once_its_donor_says_so(
    donating: Donating,
) -> None:
    zone, giver = donating.zone, await donor()
    maker, second = await member(zone.owner_id, Role.SPONSOR), await member(zone.owner_id, Role.OPERATOR)
    asked, today = green(giver.id), beijing_day(utc_now())
    waits = await donations.propose_support(zone, asked, by=maker, today=today)
    assert (await donations.propose_support(zone, asked, by=maker, today=today)).id == waits.id
    assert [one.id for one in await donations.waiting_support(zone)] == [waits.id]
    assert await donations.list_support(zone_id=zone.id) == []
    for by, fact in (
        (maker, approvals.SamePerson),
        (giver.person_id, approvals.ApprovalRoleMissing),
    ):
        with pytest.raises(fact):
            await donations.agree_support(waits.id, seen=waits.sha256, by=by)

    before = await donations.neutrality(zone)
    id_ = await donations.agree_support(waits.id, seen=waits.sha256, by=second)
    (listed,) = await donations.list_support(zone_id=zone.id)
    assert (listed.id, listed.shown_as, listed.quantity.text.zh) == (id_, Shown.ANONYMOUS, "1,200 张")
    assert await donations.neutrality(zone) == before, "it is no gram"
    with pytest.raises(donations.SupportRecorded):
        await donations.propose_support(zone, asked, by=maker, today=today)

    with pytest.raises(donations.DonationUnknown):
        await donations.show_support(id_, Shown.NAME, by=maker)
    await donations.show_support(id_, Shown.NAME, by=giver.person_id)
    assert [one.shown_as for one in await donations.list_support(donor_ids=[giver.id])] == [Shown.NAME]


async def test_what_cannot_be_support_is_refused_by_name(donating: Donating) -> None:
    zone, giver = donating.zone, await donor()
    maker, today = await member(zone.owner_id, Role.SPONSOR), beijing_day(utc_now())
    unverified = await donor("未核验公司", is_verified=False)
    for asked, fact, field in (
        (green(giver.id, quantity=Quantity(number=3, unit=SupportUnit.TREE)), donations.DonationUnfit, "/unit"),
        (
            green(giver.id, quantity=Quantity(number=0, unit=SupportUnit.CERTIFICATE)),
            donations.DonationUnfit,
            "/quantity",
        ),
        (green(giver.id, told=Text(zh=" ", en="x")), donations.DonationUnfit, "/told_zh"),
        (green(giver.id, received_on=today + timedelta(days=1)), donations.DonationUnfit, "/received_on"),
        (green(giver.id, document_sha256=b""), donations.DonationUnfit, "/document"),
        (green(unverified.id), donations.DonorUnverified, "/donor"),
        (green(zone.owner_id), donations.OwnZone, "/donor"),
        (green(giver.person_id), donations.DonationUnknown, "/donor"),
    ):
        with pytest.raises(fact) as refused:
            await donations.propose_support(zone, asked, by=maker, today=today)
        assert refused.value.field == field
    with pytest.raises(identity.RoleMissing):
        await donations.propose_support(zone, green(giver.id), by=giver.person_id, today=today)


async def test_postgresql_keeps_support_as_it_was_agreed_and_names_nobody_without_their_word(
    donating: Donating,
) -> None:
    zone, giver = donating.zone, await donor()
    maker, second = await member(zone.owner_id, Role.SPONSOR), await member(zone.owner_id, Role.SPONSOR)
    waits = await donations.propose_support(zone, green(giver.id), by=maker, today=beijing_day(utc_now()))
    id_ = await donations.agree_support(waits.id, seen=waits.sha256, by=second)
    copied = (
        "INSERT INTO donation_support SELECT (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid(),"
        " 'quantity', 9))).* FROM donation_support s"
    )
    for write, name in (
        ("UPDATE donation_support SET quantity = 5", "donation_stays"),
        ("UPDATE donation_support SET shown_as = 'name'", "donation_support_shown_check"),
        (
            f"UPDATE donation_support SET shown_as = 'name', shown_at = now(), shown_by_id = '{maker}'",
            "donation_shown_power",
        ),
        ("DELETE FROM donation_support", "donation_support_stays"),
        (copied, "donation_support_two_people"),
    ):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - which constraint is asked below
            await as_owner(write)
        assert constraint(refused.value) == name, write
    assert [row["id"] for row in await fetch("SELECT id FROM donation_support")] == [id_]
