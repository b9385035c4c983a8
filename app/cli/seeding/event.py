"""A city's event to look at: five donations to the sample zone, its board, and a big screen. Set up once the demo serves."""

from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from tortoise import Tortoise

from app import scenarios, wiring
from app.cli.seeding.people import Hosts, Staff, organisation
from app.foundation import identity
from app.foundation.identity import OrganisationKind, Role
from app.gateways.database import fetch_value
from app.kernel.clock import beijing_day, utc_now
from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Text
from app.programmes import donations, wall, zones
from app.programmes.donations import Gift, NewIntent, Shown
from app.programmes.zones import Zone
from app.registry import credits, holdings
from app.registry.credits import NewLot, NewProject, Programme, UnitKind
from app.registry.holdings import PLATFORM, Account, Amount, Mix
from app.views.demo_roles import COMMITTEE_EMAIL, DONOR_EMAIL, SECOND_COMMITTEE_EMAIL, ZONE_SCENE, ZONE_SLUG
from config.settings import Settings

_LABEL: Final = "演示大屏 Demo screen"
_AHEAD_G: Final = 1_000 * GRAMS_PER_TONNE
"""What the donor of the one-click link has left to give."""
_INTENT_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class _Donor:
    name: Text
    number: int
    tonnes: int
    shown_as: Shown = Shown.NAME


_DONOR: Final = _Donor(Text(zh="示例交通集团", en="Sample Transport Group"), 33, 40_000)
_DONORS: Final = (
    _Donor(Text(zh="示例水泥", en="Sample Cement"), 31, 27_695),
    _Donor(Text(zh="示例客运", en="Sample Buses"), 32, 10_000, Shown.ANONYMOUS),
    _DONOR,
    _Donor(Text(zh="示例能源集团", en="Sample Energy Group"), 34, 300_000),
    _Donor(Text(zh="示例银行", en="Sample Bank"), 35, 20_000),
)
"""Invented, with the masses of the report's five donations, in its order."""


async def open_event(settings: Settings, *, screen: str) -> str | None:
    """Let five invented companies give, and open the zone's big screen; what is there stays as it is.

    Answers the token of a screen: `screen` where that opens it still, else a new one. None in data of a release that had
    no administrator to invite with.

    Raises:
        CreditsExhausted: the credits that the donors are given were used for something else.
    """
    await wiring.open_database(settings)
    try:
        hosts = Hosts(settings)
        staff = await hosts.staff()
        if staff is None or staff.administrator is None:
            return None
        zone = await zones.find(ZONE_SLUG)
        owner = await _member(hosts, zone.owner_id, COMMITTEE_EMAIL, "示例执委会甲", by=staff.administrator)
        await _second(hosts, zone.owner_id, by=staff.administrator)
        if len(await donations.list_of_zone(zone.id)) < len(_DONORS):
            await _give_all(hosts, zone, staff, staff.administrator)
        return await _screen(zone, screen, by=owner)
    finally:
        await Tortoise.close_connections()


async def _give_all(hosts: Hosts, zone: Zone, staff: Staff, administrator: UUID) -> None:
    """In the report's order, each out of the donor's own holding; a repeat after an interruption gives nothing twice."""
    await credits.open_lot(_lot())
    first: UUID | None = None
    for donor in _DONORS:
        donor_id = await organisation(donor.name, OrganisationKind.COMPANY, donor.number, staff)
        if donor is _DONOR:
            by = await _member(hosts, donor_id, DONOR_EMAIL, "示例捐赠方", by=administrator)
        else:
            by = first = await _agent(hosts, donor_id, first, by=administrator)
        mass_g = donor.tonnes * GRAMS_PER_TONNE
        await holdings.open_holding(donor_id)
        await holdings.move(
            f"seed:donor/{donor.number}", PLATFORM, Account.organisation(donor_id),
            Amount(Mix.only(Programme.CCER), mass_g + (_AHEAD_G if donor is _DONOR else 0)), reason="seed",
        )  # fmt: skip
        asked = Gift(donor_id=donor_id, mass_g=mass_g, programme=Programme.CCER, shown_as=donor.shown_as)
        await donations.give(zone, asked, by=by, key=f"seed:{donor.number}")
        if donor is _DONOR:
            await _mean_more(zone, donor_id, by=by)


async def _mean_more(zone: Zone, donor_id: UUID, *, by: UUID) -> None:
    """Half of what the donor has left, within a month: an intent is not counted."""
    asked = NewIntent(
        donor_id=donor_id, mass_g=_AHEAD_G // 2, due_on=beijing_day(utc_now()) + timedelta(days=_INTENT_DAYS),
        shown_as=Shown.NAME,
    )  # fmt: skip
    intent_id = UUID(bytes=sha256(f"seed intent {donor_id}".encode()).digest()[:16], version=4)
    await donations.intend(zone, asked, by=by, now=utc_now(), intent_id=intent_id)


async def _screen(zone: Zone, known: str, *, by: UUID) -> str:
    scene = await scenarios.open_scene(ZONE_SCENE, today=beijing_day(utc_now()))
    if await wall.find_wall(scene.id) is None:
        await wall.open_wall(scene.id)
    try:
        await wall.find_screen(known)
    except wall.ScreenUnknown:
        _, known = await wall.make_screen(scene.id, _LABEL, organisation_id=zone.owner_id, by=by)
    return known


async def _member(hosts: Hosts, organisation_id: UUID, email: str, name: str, *, by: UUID) -> UUID:
    """The first sponsor there; invited where there is none."""
    known = await fetch_value(
        "SELECT person_id FROM membership WHERE organisation_id = $1 AND role = 'sponsor' ORDER BY created_at LIMIT 1",
        organisation_id,
    )
    return known or await hosts.invite(organisation_id, Role.SPONSOR, email, name, by=by)


async def _second(hosts: Hosts, organisation_id: UUID, *, by: UUID) -> None:
    """A second sponsor, who agrees to what the first proposes."""
    count = await fetch_value(
        "SELECT count(*) FROM membership WHERE organisation_id = $1 AND role = 'sponsor'", organisation_id
    )
    if count < 2:
        await hosts.invite(organisation_id, Role.SPONSOR, SECOND_COMMITTEE_EMAIL, "示例执委会乙", by=by)


async def _agent(hosts: Hosts, organisation_id: UUID, known: UUID | None, *, by: UUID) -> UUID:
    """One person gives for the companies that have no link of their own."""
    if known is None:
        return await _member(hosts, organisation_id, "donors@demo.example", "示例捐赠方代办", by=by)
    if not await identity.acts_for(known, organisation_id, Role.SPONSOR):
        await hosts.join(organisation_id, Role.SPONSOR, known, by=by)
    return known


def _lot() -> NewLot:
    """Beside what the demo sells, so that the donors leave enough of it."""
    project = NewProject(
        programme=Programme.CCER,
        number="CCER-S-077",
        name=Text(zh="示例高原光伏", en="Sample highland solar farm"),
        methodology="CCER-01-001-V01",
        unit_kind=UnitKind.REDUCTION,
        place=Text(zh="四川（示例）", en="Sichuan (sample)"),
    )
    return NewLot(
        code="CCER-2024-0077",
        project=project,
        serial="CCER-2024-0077-1-400000",
        vintage_start=date(2024, 1, 1),
        vintage_end=date(2024, 12, 31),
        issued_on=date(2025, 6, 30),
        trade_number="TRADE-CCER-2024-0077",
    )
