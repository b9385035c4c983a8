"""Upstream cancellation from the terminal: looking, and proposing under one's own name. Reviewing is for the pages."""

import json
from dataclasses import dataclass

import click
from tortoise import Tortoise

from app import wiring
from app.cli.columns import flushed
from app.cli.listing import Listed, print_cut
from app.cli.output import line, read_language, say
from app.cli.signing_in import acting
from app.cli.words import word
from app.foundation import identity
from app.foundation.identity import Role
from app.kernel import mass
from app.kernel.clock import rfc3339
from app.kernel.errors import Forbidden
from app.kernel.text import Text
from app.registry import cancellations
from app.registry.cancellations import CancellationFacts, LotCoverage, Mode
from config.settings import Settings


class NotAnOperator(Forbidden):
    """The right password of somebody who may not propose here."""

    code = "cancellation.not_an_operator"
    text = Text(zh="{email} 不是本平台的经办。", en="{email} is no operator of this platform.")


@dataclass(frozen=True, slots=True)
class Everything:
    """What there is to tell."""

    lots: list[LotCoverage]
    cancellations: Listed[CancellationFacts]


async def everything(settings: Settings, *, limit: int) -> Everything:
    """Every lot with its gap, and the latest cancellations.

    Raises:
        SettingsUnfit: production, and the database is not fit for it.
    """
    await wiring.open_database(settings)
    try:
        latest = Listed(await cancellations.list_latest(limit=limit), await cancellations.count_all())
        return Everything(await cancellations.lot_coverages(), latest)
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
            if Role.OPERATOR not in await identity.platform_roles(person_id):
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


def print_cancellations(found: Everything, *, as_json: bool) -> None:
    """Tell it on standard output."""
    if as_json:
        document = {
            "lots": [_lot(one) for one in found.lots],
            "cancellations": [_one(one) for one in found.cancellations.rows],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(found.cancellations, as_json=True)
        return
    for lot in found.lots:
        _print_lot(lot)
    for one in found.cancellations.rows:
        state = one.state.text.in_(read_language())
        line(f"{one.reference}  {one.lot} #{one.first}–{one.last}  {word(one.mode.value)}  {state}")
        if one.registry_reference:
            line(f"  {one.registry_reference}, {one.cancelled_on}")
    if not (found.lots or found.cancellations.rows):
        line(say("还没有注销过", "nothing was retired yet"))
    print_cut(found.cancellations, as_json=False)


def _print_lot(lot: LotCoverage) -> None:
    retired, gap = flushed(mass.text(lot.retired_g), 12), flushed(mass.text(lot.uncovered_g), 12)
    cancelled = f"{lot.cancelled_t:,} t"
    said = say(
        f"已注销 {retired}  上游 {cancelled:>10}  缺口 {gap}",
        f"retired {retired} upstream {cancelled:>10} gap {gap}",
    )
    line(f"{lot.lot.code:<18} {said}")
    if lot.uncovered_since:
        since = rfc3339(lot.uncovered_since)
        line(say(f"  缺口始于 {since}", f"  gap since {since}"))


def _lot(one: LotCoverage) -> dict[str, object]:
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
