"""A zone of an invented event, and companies that hold credits to give to it."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from app import scenarios
from app.foundation import approvals, identity
from app.foundation.approvals import Proposal
from app.foundation.identity import OrganisationKind, Role
from app.gateways.database import fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language, Text
from app.programmes import donations, zones
from app.programmes.donations import Gift, Shown
from app.programmes.zones import BoardDefinition, CertificateEdition, GiverKind, StatedMass, Theme, Zone, ZoneDocument
from app.registry import holdings
from app.registry.credits import Programme
from app.registry.holdings import AccountKind, Amount, Mix
from tests.rooms.conftest import open_lot
from tests.staff import member, opened, staff, verified

TONNE = 1_000_000
GIVEN_T = (27_695, 10_000, 40_000, 300_000, 20_000)
"""As the report has them, in the order in which they came."""


@dataclass(frozen=True, slots=True)
class Donor:
    """A company with credits, and somebody of it who gives."""

    id: UUID
    person_id: UUID


def board(code: str = "organisations", of: GiverKind = GiverKind.ORGANISATION, **changed: Any) -> BoardDefinition:
    """A board that counts everything."""
    return BoardDefinition(
        **{
            "code": code,
            "of": of,
            "title": Text(zh="特别贡献榜", en="Special contributions"),
            "since": date(2020, 1, 1),
            "minimum_g": 1,
            "anonymous": Text(zh="一位不留名的捐赠者", en="A donor who stays unnamed"),
        }
        | changed
    )


def document(slug: str = "sample-games", **changed: Any) -> ZoneDocument:
    """What the zone says."""
    return ZoneDocument(
        **{
            "slug": slug,
            "owner_register": "CN 91510100MA0000002X",
            "name": Text(zh="示例运动会低碳专区", en="Sample Games low-carbon zone"),
            "languages": (Language.ZH, Language.EN),
            "theme": Theme(),
            "welcome": Text(zh="欢迎", en="Welcome"),
            "starts_on": date(2026, 7, 28),
            "ends_on": date(2026, 8, 8),
            "scenes": (),
            "payment_methods": None,
            "certificate": CertificateEdition(),
            "boards": (board(), board("persons", GiverKind.PERSON)),
            "emissions": StatedMass(
                mass_g=374_600 * TONNE, source=Text(zh="第三方核算", en="Third party"), stated_on=date(2026, 9, 20)
            ),
            "reductions": StatedMass(
                mass_g=32_500 * TONNE, source=Text(zh="组委会", en="Committee"), stated_on=date(2026, 9, 20)
            ),
        }
        | changed
    )


async def event_scene(owner_id: UUID, title: str = "示例运动会") -> UUID:
    """An open scene of the event, of the zone's owner."""
    today = beijing_day(utc_now())
    code = await opened(
        scenarios.Draft(
            kind=scenarios.ScenarioKind.EVENT,
            title=Text(zh=title, en="Sample Games"),
            organiser=Text(zh="示例组委会", en="Sample Committee"),
            organisation_id=owner_id,
            starts_on=today,
            ends_on=today,
            setup=scenarios.Setup(modes=("metro", "car"), extras={"meals_mixed": "1"}),
        )
    )
    return (await scenarios.open_scene(code, today=today)).id


async def published(said: ZoneDocument, owner_id: UUID, scenes: list[UUID]) -> Zone:
    """A version of a zone that two people agreed to."""
    version = 1 + int(
        await fetch_value(
            "SELECT count(*) FROM zone_edition e JOIN zone z ON z.id = e.zone_id WHERE z.slug = $1", said.slug
        )
    )
    payload = {
        "slug": said.slug, "applicant": str(owner_id), "version": version,
        "document": json.loads(msgspec.json.encode(said)), "scenes": [str(one) for one in scenes],
    }  # fmt: skip
    async with transaction() as tx:
        made = await approvals.propose(
            "zone_version", Proposal(subject=said.slug, payload=payload), by=await staff(Role.OPERATOR), tx=tx
        )
    async with transaction() as tx:
        approved = await approvals.approve(made.id, seen=made.sha256, by=await staff(Role.REVIEWER), tx=tx)
        account = await holdings.open_named(AccountKind.ZONE, said.slug, said.name, owner_id=owner_id, tx=tx)
        await fetch_value("SELECT zones.publish($1, $2)", approved.id, account.id, tx=tx)
    return await zones.find(said.slug)


async def sample_zone(**changed: Any) -> Zone:
    """A zone with one scene of its event."""
    owner_id = await verified(Text(zh="示例组委会", en="Sample Committee"), OrganisationKind.COMPANY)
    return await published(document(**changed), owner_id, [await event_scene(owner_id)])


async def donor(name: str = "示例能源集团", *, holds_t: int = 0, is_verified: bool = True) -> Donor:
    """A company that holds so many tonnes."""
    text = Text(zh=name, en=f"Sample {name}")
    if is_verified:
        id_ = await verified(text)
    else:
        id_ = await identity.enrol_organisation(text, kind=OrganisationKind.COMPANY, now=utc_now())
    if holds_t:
        await fill(id_, holds_t * TONNE)
    return Donor(id_, await member(id_, Role.OPERATOR))


async def fill(party_id: UUID, mass_g: int, programme: Programme = Programme.CDCER) -> None:
    """Let a party hold grams, out of the platform's stock."""
    account = await holdings.open_holding(party_id)
    await holdings.move(
        f"test:{party_id}:{mass_g}",
        holdings.PLATFORM,
        account.account,
        Amount(Mix.only(programme), mass_g),
        reason="test",
    )


async def large_lot(tonnes: int = 400_000) -> int:
    """Credits enough for everybody."""
    return await open_lot("CDCER-2021-LARGE", f"CDCER-2021-7777-1-{tonnes}", year=2021)


async def gives(
    zone: Zone, one: Donor, tonnes: int, *, key: str = "k", shown_as: Shown = Shown.NAME, **changed: Any
) -> UUID:
    """The donor gives so many tonnes."""
    asked = Gift(**{"donor_id": one.id, "mass_g": tonnes * TONNE, "shown_as": shown_as} | changed)
    return await donations.give(zone, asked, by=one.person_id, key=key)
