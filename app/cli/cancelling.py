"""Upstream cancellation from the terminal: looking, and proposing under one's own name. Reviewing is for the pages."""

import json
from dataclasses import dataclass

import click
from tortoise import Tortoise

from app import cancellations, identity, wiring
from app.cancellations import CancellationFacts, LotStanding, Mode
from app.cli.signing_in import acting
from app.identity import Role
from app.kernel import mass
from app.kernel.clock import rfc3339
from app.kernel.errors import Forbidden
from app.kernel.text import Text
from config.settings import Settings


class NotAnOperator(Forbidden):
    """The right password of somebody who may not propose here."""

    code = "cancellation.not_an_operator"
    text = Text(zh="{email} 不是本平台的经办。", en="{email} is no operator of this platform.")


@dataclass(frozen=True, slots=True)
class Everything:
    """What there is to tell."""

    lots: list[LotStanding]
    cancellations: list[CancellationFacts]


async def everything(settings: Settings) -> Everything:
    """Every lot with its gap, and the latest cancellations.

    Raises:
        SettingsUnfit: production, and the database is not fit for it.
    """
    await wiring.open_database(settings)
    try:
        return Everything(await cancellations.standings(), list(await cancellations.list_latest(limit=200)))
    finally:
        await Tortoise.close_connections()


async def propose(settings: Settings, lot: str, *, email: str, password: str, by_wire: bool) -> str:
    """Propose the next tonnes of a lot as the operator with this email; answers our number.

    Raises:
        WrongCredentials, SignInLocked: as on the sign-in page.
        NotAnOperator: without the role in the platform's own organisation.
        LotUnknown, NothingToCancel, TonnesTaken, ModeUnavailable: see the room.
    """
    gateways = wiring.gateways(settings)
    await wiring.open_database(settings)
    try:
        async with acting(settings, (email, password)) as person_id:
            if Role.OPERATOR not in await identity.house_roles(person_id):
                raise NotAnOperator(email=email)
            return await cancellations.propose(
                lot,
                mode=Mode.REGISTRY if by_wire else Mode.HAND,
                by=person_id,
                beneficiary=Text(zh=settings.issuer_zh, en=settings.issuer_en),
                wired=gateways.registries.keys(),
            )
    finally:
        await gateways.aclose()
        await Tortoise.close_connections()


def tell(found: Everything, *, as_json: bool) -> None:
    """Tell it on standard output."""
    if as_json:
        told = {"lots": [_lot(one) for one in found.lots], "cancellations": [_one(one) for one in found.cancellations]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    for lot in found.lots:
        since = f" since {rfc3339(lot.uncovered_since)}" if lot.uncovered_since else ""
        click.echo(
            f"{lot.lot.code:<20} retired {mass.text(lot.retired_g):>12}  cancelled {lot.cancelled_t:>8,} t  "
            f"gap {mass.text(lot.uncovered_g):>12}{since}"
        )
    for one in found.cancellations:
        proof = f"  {one.registry_reference}, {one.cancelled_on}" if one.registry_reference else ""
        click.echo(f"{one.reference}  {one.lot} #{one.first}–{one.last}  {one.mode.value}  {one.state.value}{proof}")


def _lot(one: LotStanding) -> dict[str, object]:
    return {
        "lot": one.lot.code,
        "programme": one.lot.programme.value,
        "retired_g": one.retired_g,
        "cancelled_t": one.cancelled_t,
        "under_way_t": one.under_way_t,
        "uncovered_g": one.uncovered_g,
        "uncovered_since": rfc3339(one.uncovered_since) if one.uncovered_since else None,
        "next_t": one.next.count if one.next else 0,
    }


def _one(one: CancellationFacts) -> dict[str, object]:
    return {
        "reference": one.reference,
        "lot": one.lot,
        "first": one.first,
        "last": one.last,
        "mode": one.mode.value,
        "state": one.state.value,
        "registry_reference": one.registry_reference,
        "cancelled_on": one.cancelled_on.isoformat() if one.cancelled_on else None,
    }
