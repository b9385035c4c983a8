"""The lines of an order with what they cost: prices of today, and the grams that a smallest amount buys."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from app.commerce.orders.errors import BelowLeast
from app.commerce.orders.reading import HoldLine, Line, PriceFacts, RetireLine
from app.commerce.orders.rules import NewHoldLine, NewRetireLine, line_cause
from app.commerce.orders.writing import NewJointOrder
from app.gateways.database import Tx
from app.kernel import mass, money
from app.kernel.ids import uuid7
from app.registry import claims, credits, holdings
from app.registry.credits import PerTonne, Programme, reaching_g
from app.registry.retirements import Funding


async def reaching(
    order: NewJointOrder, *, on: date, tx: Tx
) -> tuple[NewJointOrder, Mapping[Programme, PerTonne] | None]:
    """The order with as many grams as its smallest amount buys, where it costs less, and the prices that say so.

    Raises:
        BelowLeast: it costs less, and its payer has not agreed to buy more.
    """
    if order.least_minor <= 1:
        return order, None
    (line,) = order.lines
    assert line.mix.single is not None, line.mix
    today = await prices_of(order, [{line.mix.single: line.mass_g}], on=on, tx=tx)
    mass_g = reaching_g(line.mass_g, today[line.mix.single], least_minor=order.least_minor)
    if mass_g > line.mass_g and not order.may_buy_more:
        least = money.text(order.least_minor, order.currency)
        raise BelowLeast(least=least, mass=mass.text(mass_g), least_minor=order.least_minor, grams=mass_g)
    return replace(order, lines=(replace(line, mass_g=mass_g),)), today


async def prices_of(
    order: NewJointOrder, grams: Sequence[Mapping[Programme, int]], *, on: date, tx: Tx
) -> Mapping[Programme, PerTonne]:
    """What a tonne of each programme costs today; all that is rated by one rate."""
    wanted = {programme for own in grams for programme in own}
    today = await credits.price_all(wanted, currency=order.currency, on=on, rate_days=order.rate_days, tx=tx)
    if lacking := sorted(wanted - today.keys()):
        raise credits.PriceUnknown(programme=lacking[0].value)
    return today


async def priced(
    order_id: UUID,
    order: NewJointOrder,
    grams: Sequence[Mapping[Programme, int]],
    today: Mapping[Programme, PerTonne],
    *,
    tx: Tx,
) -> tuple[Line, ...]:
    """The lines with their claims or accounts, their grams by programme and today's prices (`amounts_minor`)."""
    amounts = iter(
        credits.amounts_minor([(mass_g, today[programme]) for own in grams for programme, mass_g in own.items()])
    )
    causes = [line_cause(order_id, no, lines=len(order.lines)) for no in range(1, len(order.lines) + 1)]
    asked = {cause: one.claim for cause, one in zip(causes, order.lines, strict=True) if isinstance(one, NewRetireLine)}
    made = await claims.make(asked, tx=tx) if asked else {}
    mandates = iter(await claims.give(_mandates(order), tx=tx))
    held = [one.account_id for one in order.lines if isinstance(one, NewHoldLine)]
    accounts = await holdings.find_accounts(held, tx=tx) if held else {}
    lines: list[Line] = []
    for no, (cause, one, own) in enumerate(zip(causes, order.lines, grams, strict=True), start=1):
        mix, scheme = None if one.mix.single else str(one.mix), one.accepting.code if one.accepting else None
        prices = tuple(
            PriceFacts(
                programme=programme,
                mass_g=mass_g,
                per_tonne_minor=today[programme].minor,
                amount_minor=next(amounts),
                is_rated=today[programme].rate is not None,
            )
            for programme, mass_g in own.items()
        )
        if isinstance(one, NewRetireLine):
            lines.append(
                RetireLine(
                    id=uuid7(), no=no, cause=cause, claim_id=made[cause].id, account_id=None, claim=made[cause],
                    funding=one.funding, mandate_id=next(mandates) if one.mandate else None, mandate=one.mandate,
                    mass_g=one.mass_g, mix=mix, scheme=scheme, prices=prices,
                )
            )  # fmt: skip
        else:
            lines.append(
                HoldLine(
                    id=uuid7(), no=no, cause=cause, claim_id=None, account_id=one.account_id,
                    account=accounts[one.account_id], funding=Funding.ORDER, mandate_id=None, mass_g=one.mass_g, mix=mix,
                    scheme=scheme, prices=prices, back_g=0, back_minor=0,
                )
            )  # fmt: skip
    return tuple(lines)


def _mandates(order: NewJointOrder) -> list[claims.Given]:
    return [(order.payer_id, line.claim.beneficiary_id, line.mandate) for line in order.retire_lines if line.mandate]
