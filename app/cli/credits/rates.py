"""`diandian rate`: what a US dollar is worth, and whether it may be used today."""

import json
from datetime import date
from uuid import UUID

import click

from app.cli.listing import Listed, print_cut
from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting, person_of
from app.foundation import approvals
from app.foundation.approvals import Approval
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import credits
from app.registry.credits import PRICING, RATE_KIND
from app.views import inbox
from app.views.prices import rates
from config.settings import Settings

TypedRate = tuple[str, date | None, str, str]
"""The rate as it is written, its day, its source and its address."""
Found = tuple[Listed[rates.Listed], Text | None]
"""The rates, and why none may be used today."""


async def listed(settings: Settings, *, limit: int) -> Found:
    """The confirmed rates, the newest first."""
    async with database(settings):
        found = await rates.rates(today=beijing_day(utc_now()), days=settings.exchange_rate_days, limit=limit)
        return Listed(list(found.listed), await credits.count_rates()), found.refused


async def propose(settings: Settings, told: TypedRate, *, who: Credentials) -> Approval:
    """Propose a rate, of today where no day is given."""
    written, day, source, url = told
    async with database(settings):
        by = await person_of(settings, who, *PRICING)
        return await credits.propose_rate(written, day=day or beijing_day(utc_now()), source=source, url=url, by=by)


async def confirm(settings: Settings, approval_id: UUID, sha256: str, *, who: Credentials) -> Approval:
    """Agree to a proposed rate, as a second person.

    Raises:
        ApprovalUnknown: there is none of this number, or it is about something else.
        ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: as `credits.approve_rate`.
    """
    async with database(settings), acting(settings, who) as by:
        if (await approvals.find(approval_id)).kind != RATE_KIND:
            raise approvals.ApprovalUnknown
        return await inbox.approve(approval_id, seen=sha256, typed="", by=by)


def print_rates(found: Found, *, as_json: bool) -> None:
    """Each rate in a line with its source, and why none may be used where that is so."""
    shown, refused = found
    if as_json:
        document = [
            {
                "base": one.rate.base.value, "currency": one.rate.currency.value, "day": one.rate.day.isoformat(),
                "base_minor": one.rate.base_minor, "currency_minor": one.rate.currency_minor,
                "source": one.rate.source, "url": one.rate.url, "is_used": one.is_used,
            }
            for one in shown.rows
        ]  # fmt: skip
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(shown, as_json=True)
        return
    for one in shown.rows:
        mark = "✔" if one.is_used else "✘" if one.is_too_old else " "
        line(f"{mark} {one.rate.day}  {one.rate}  {one.rate.source}", hang=4)
        line(f"    {one.rate.url}", hang=4)
    print_cut(shown, as_json=False)
    if refused is not None:
        line(refused.in_(read_language()))
    elif not shown.rows:
        line(say("还没有汇率", "there is no rate yet"))
