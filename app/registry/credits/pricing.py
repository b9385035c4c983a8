"""Price lists: one for each programme and currency, a line for each run of days."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation import approvals, identity
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch, transaction
from app.kernel.clock import beijing_day, utc_now
from app.kernel.money import Currency
from app.registry.credits.errors import PriceBackdated, PriceOverlaps, PriceUnfit
from app.registry.credits.rules import Programme

PER_TONNE_MOST: Final = 1_000_000_000
PRICING: Final = (Role.OPERATOR, Role.FINANCE)
"""Who proposes prices and exchange rates."""
PRICE_KIND: Final = "credit_price"
"""Of their approvals, whose subject is the list: `CDCER CNY`."""


@dataclass(frozen=True, slots=True)
class Price:
    """One line of a price list; both its days are included."""

    programme: Programme
    currency: Currency
    per_tonne_minor: int
    valid_from: date
    valid_to: date | None
    """None: until further notice."""


async def propose_price(
    programme: Programme,
    *,
    per_tonne_minor: int,
    currency: Currency,
    valid_from: date,
    valid_to: date | None = None,
    by: UUID,
) -> Approval:
    """Propose that a tonne costs this from `valid_from` to `valid_to`, both included, or until the next line begins.

    `valid_from` is today in Beijing or later, also on the day of the decision. Nothing changes before another agrees.

    Raises:
        RoleMissing: `by` proposes no prices, now.
        PriceUnfit: no such price, or it would end before it begins.
        PriceBackdated: it would begin before today.
        ApprovalPending: another price of this list waits.
    """
    await identity.demand_platform_role(by, *PRICING)
    if not 1 <= per_tonne_minor <= PER_TONNE_MOST:
        raise PriceUnfit
    if valid_to is not None and valid_to < valid_from:
        raise PriceUnfit(field="/valid_to")
    if valid_from < beijing_day(utc_now()):
        raise PriceBackdated(field="/valid_from")
    payload = {
        "programme": programme.value,
        "currency": currency.value,
        "per_tonne_minor": per_tonne_minor,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }
    wanted = Proposal(subject=f"{programme.value} {currency.value}", payload=payload)
    async with transaction() as tx:
        return await approvals.propose(PRICE_KIND, wanted, by=by, tx=tx)


async def approve_price(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Let an agreed price stand in its list.

    The line before it ends the day before; a line with the same first day is replaced, as long as it has not begun or
    begins today. What changed is written down with who proposed it (`audit`).

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
        PriceBackdated: its first day has passed while it waited.
        PriceOverlaps: it would reach into a later line.
    """
    try:
        async with transaction() as tx:
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            await fetch("SELECT credits.set_price($1)", approved.id, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == "credit_price_not_backdated":
            raise PriceBackdated(field="/valid_from") from refusal
        if constraint(refusal) == "credit_price_one_a_day":
            raise PriceOverlaps from refusal
        raise


async def price_list(programme: Programme | None = None, *, since: date | None = None) -> list[Price]:
    """The lines that are valid on `since` or later (all without it), by programme, currency and day."""
    rows = await fetch(
        "SELECT programme, currency, per_tonne_minor, valid_from, valid_to FROM credit_price"
        " WHERE replaced_at IS NULL AND ($1::text IS NULL OR programme = $1)"
        " AND ($2::date IS NULL OR valid_to IS NULL OR valid_to >= $2)"
        " ORDER BY programme, currency, valid_from",
        programme.value if programme else None, since,
    )  # fmt: skip
    return [
        Price(
            Programme(row["programme"]), Currency(row["currency"]), row["per_tonne_minor"], row["valid_from"], row["valid_to"]
        )
        for row in rows
    ]  # fmt: skip
