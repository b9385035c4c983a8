"""`diandian price`: what a tonne costs, and from when on."""

import json
import re
from collections.abc import Sequence
from datetime import date

import click

from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, person_of
from app.foundation.approvals import Approval
from app.kernel import money
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry import credits
from app.registry.credits import PRICING, Price, Programme
from config.settings import Settings


async def lines(settings: Settings) -> list[Price]:
    """The lines of all price lists that hold today or later."""
    async with database(settings):
        return await credits.price_list(since=beijing_day(utc_now()))


async def propose(
    settings: Settings,
    programme: str,
    per_tonne_minor: int,
    currency: str,
    days: tuple[date | None, date | None],
    *,
    who: Credentials,
) -> Approval:
    """Propose a line of a price list, from today where its first day is left out."""
    async with database(settings):
        by = await person_of(settings, who, *PRICING)
        return await credits.propose_price(
            Programme(programme.upper()),
            per_tonne_minor=per_tonne_minor,
            currency=Currency(currency),
            valid_from=days[0] or beijing_day(utc_now()),
            valid_to=days[1],
            by=by,
        )


def minor(written: str) -> int:
    """`50`, `50.5` or `50.00` as minor units.

    Raises:
        ValueError: it is no amount with at most two decimals.
    """
    match = re.fullmatch(r"(?P<whole>[0-9]{1,8})(?:\.(?P<part>[0-9]{1,2}))?", written)
    if match is None:
        raise ValueError(say(f"{written} 不是价格；例如 50.00", f"{written} is no price such as 50.00"))
    return int(match["whole"]) * 100 + int((match["part"] or "0").ljust(2, "0"))


def print_prices(prices: Sequence[Price], *, as_json: bool) -> None:
    """Tell each line of the lists in one line."""
    if as_json:
        document = [
            {
                "programme": price.programme.value,
                "currency": price.currency.value,
                "per_tonne_minor": price.per_tonne_minor,
                "valid_from": price.valid_from.isoformat(),
                "valid_to": price.valid_to.isoformat() if price.valid_to else None,
            }
            for price in prices
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for price in prices:
        days = f"{price.valid_from} – {price.valid_to or '…'}"
        line(f"{price.programme.value:<9} {money.text(price.per_tonne_minor, price.currency):>14} / t  {days}")
    if not prices:
        line(say("今天和以后都没有价格", "no price today or later"))
