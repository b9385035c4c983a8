"""`diandian zone support`: what was given to a zone in units of their own, recorded by one of its owner's people."""

import json
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import click
import msgspec

from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import identity
from app.foundation.approvals import Approval
from app.foundation.identity import Register
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.programmes import donations, zones
from app.programmes.donations import NewSupport, Quantity, SupportKind, SupportUnit
from app.views.zones.board_json import support_views
from app.views.zones.support_groups import SupportGroup, read_support
from config.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was typed."""

    donor: str
    """A register number, `CN 91510100MA0000002X`."""
    kind: SupportKind
    quantity: int
    unit: SupportUnit
    told: Text
    received_on: date
    document: Path


async def record(settings: Settings, slug: str, typed: Typed, *, who: Credentials) -> Approval:
    """Propose it; of the document only the digest is taken.

    Raises:
        Whatever `donations.propose_support` raises.
    """
    digest = sha256(typed.document.read_bytes()).digest()
    async with database(settings), acting(settings, who) as by:
        asked = NewSupport(
            donor_id=await _donor(typed.donor), kind=typed.kind, told=typed.told, received_on=typed.received_on,
            quantity=Quantity(number=typed.quantity, unit=typed.unit), document_sha256=digest,
        )  # fmt: skip
        zone = await zones.find(slug)
        return await donations.propose_support(zone, asked, by=by, today=beijing_day(utc_now()))


async def listed(settings: Settings, slug: str) -> tuple[SupportGroup, ...]:
    """What stands beside the donations of a zone.

    Raises:
        ZoneUnknown: there is none.
    """
    async with database(settings):
        return await read_support((await zones.find(slug)).id)


def print_listed(groups: tuple[SupportGroup, ...], *, as_json: bool) -> None:
    """Each kind with its sum, and its lines."""
    language = read_language()
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(support_views(groups)), ensure_ascii=False, indent=2))
        return
    for group in groups:
        line(f"{group.kind.text.in_(language)}  {group.total.text.in_(language)}")
        for one in group.lines:
            words = (one.quantity.text, one.donor, one.told)
            line(f"  {'  '.join(word.in_(language) for word in words)}  {one.received_on}", hang=4)
    if not groups:
        line(say("没有其他支持", "there is no other support"))


async def _donor(register: str) -> UUID:
    country, _, number = register.strip().upper().partition(" ")
    card = await identity.find_registered(Register(country, number))
    if card is None:
        raise donations.DonationUnknown(field="/donor")
    return card.id
