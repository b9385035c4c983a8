"""Exchange rates: proposed by one person from a source, agreed to by another; the newest of a day counts."""

from collections.abc import Collection
from datetime import date
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import approvals, identity
from app.foundation.approvals import Approval, Proposal
from app.gateways.database import Row, Tx, constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.kernel.typed import typed_number
from app.registry.credits.errors import RateAhead, RateSourceUnfit, RateTooOld, RateUnfit, RateUnknown
from app.registry.credits.price_rules import BASE, RATE_DAYS, RATE_SCALE, RATED, Rate, read_rate
from app.registry.credits.pricing import PRICING

RATE_KIND: Final = "exchange_rate"
"""Of their approvals, whose subject is the pair: `CNY USD`."""
_SOURCE_MOST: Final = 200
_URL_MOST: Final = 300
_COLUMNS: Final = "id, base, currency, day, base_minor, currency_minor, source, url"


async def propose_rate(rate: str, *, day: date, source: str, url: str, by: UUID) -> Approval:
    """Propose that a US dollar was worth so many yuan on a day, as a source says it; `rate` is written as `7.1234`.

    Nothing changes before another agrees.

    Raises:
        RoleMissing: `by` proposes no prices, now.
        RateUnfit: no number with at most six decimals between 1 and 100.
        RateAhead: of a day that is still to come.
        RateSourceUnfit: without its source in words, or without its `https` address.
        ApprovalPending: another rate waits.
    """
    await identity.demand_platform_role(by, *PRICING)
    base_minor = read_rate(typed_number(rate) or rate)
    if base_minor is None or not RATE_SCALE <= base_minor <= 100 * RATE_SCALE:
        raise RateUnfit
    if day > beijing_day(utc_now()):
        raise RateAhead
    if not 0 < len(source.strip()) <= _SOURCE_MOST:
        raise RateSourceUnfit(field="/source")
    address = url.strip()
    if not address.startswith("https://") or len(address) > _URL_MOST or len(address.split()) != 1:
        raise RateSourceUnfit(field="/url")
    payload = {
        "base": BASE.value,
        "currency": RATED.value,
        "day": day,
        "base_minor": base_minor,
        "currency_minor": RATE_SCALE,
        "source": source.strip(),
        "url": address,
    }
    async with transaction() as tx:
        return await approvals.propose(RATE_KIND, Proposal(subject=f"{BASE} {RATED}", payload=payload), by=by, tx=tx)


async def approve_rate(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Let an agreed rate count from now on, for orders that are still to be placed. What changed is written down (`audit`).

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        RateAhead: of a day that is still to come.
    """
    try:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            await fetch("SELECT credits.set_rate($1)", approved.id, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == "exchange_rate_not_ahead":
            raise RateAhead from refusal
        raise


async def list_rates(*, limit: int = 50) -> list[Rate]:
    """The latest day first, and of one day what was confirmed last."""
    rows = await fetch(f"SELECT {_COLUMNS} FROM exchange_rate ORDER BY day DESC, id DESC LIMIT $1", limit)
    return [_rate(row) for row in rows]


async def count_rates() -> int:
    """How many are confirmed."""
    return int(await fetch_value("SELECT count(*) FROM exchange_rate"))


async def find_rate(currency: Currency, *, on: date, days: int = RATE_DAYS, tx: Tx | None = None) -> Rate:
    """The newest confirmed rate of that day or of at most `days` before it.

    Raises:
        RateUnknown: nobody has confirmed one yet.
        RateTooOld: the newest is older.
    """
    row = await fetch_one(
        f"SELECT {_COLUMNS} FROM exchange_rate WHERE currency = $1 AND day <= $2 ORDER BY day DESC, id DESC LIMIT 1",
        currency.value, on, tx=tx,
    )  # fmt: skip
    if row is None:
        raise RateUnknown(currency=currency.value)
    rate = _rate(row)
    if rate.is_too_old(on=on, days=days):
        raise RateTooOld(currency=currency.value, day=rate.day.isoformat(), days=days)
    return rate


async def read_rates(ids: Collection[int], *, tx: Tx | None = None) -> dict[int, Rate]:
    """These rates by their ids: those that orders kept."""
    if not ids:
        return {}
    rows = await fetch(f"SELECT {_COLUMNS} FROM exchange_rate WHERE id = ANY($1::int[])", list(ids), tx=tx)
    return {row["id"]: _rate(row) for row in rows}


def _rate(row: Row) -> Rate:
    return Rate(**{**row, "base": Currency(row["base"]), "currency": Currency(row["currency"])})
