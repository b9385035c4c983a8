"""What an order holds in accounts, as its pages and the terminal show it; and how any line tells its prices and scheme."""

from collections.abc import Sequence
from typing import Final

from app.commerce import orders
from app.commerce.orders import HoldLine, LineRow, OrderFacts, OrderState
from app.kernel.text import Language
from app.registry.holdings import Recognition
from app.views.orders.order_lines import HoldLineShown, HoldLineState, PriceShown
from app.views.orders.order_page import OrderPhase
from app.views.orders.ordering import Progress
from app.views.page import Amount

_NOTHING_BOUGHT: Final = frozenset(
    {OrderState.EXPIRED, OrderState.CANCELLED, OrderState.REFUNDING, OrderState.REFUNDED}
)


async def holds_of(
    at: Progress, shown: Sequence[HoldLine], language: Language, recognition: Recognition
) -> tuple[HoldLineShown, ...]:
    """These held lines of the order, with what of each can be given back now: of a paid order only."""
    is_paid = at.order.state is OrderState.PAID
    grams = await orders.free_grams(at.order.id) if is_paid else {}
    minor = await orders.refundable(at.order.id) if is_paid else {}
    currency = at.order.currency
    return tuple(
        HoldLineShown(
            no=hold.no,
            account=hold.account.name.in_(language) if hold.account.name else None,
            mass_g=hold.mass_g,
            amount=Amount(minor=hold.amount_minor, currency=currency),
            prices=prices_of(at.order, hold, language),
            scheme=scheme_name(hold.scheme, language, recognition),
            state=_state(at, hold),
            back_g=hold.back_g,
            back=Amount(minor=hold.back_minor, currency=currency) if hold.back_g else None,
            free_g=(free_g := grams.get(hold.id, 0)),
            free=Amount(minor=minor.get(hold.id, 0), currency=currency) if free_g else None,
        )
        for hold in shown
    )


def prices_of(order: OrderFacts, line: LineRow, language: Language) -> tuple[PriceShown, ...]:
    """A line's grams of each programme, and what they cost; what is rated has its price per tonne in the rate's base."""
    rate = order.rate
    return tuple(
        PriceShown(
            programme=one.programme.short.in_(language),
            mass_g=one.mass_g,
            per_tonne=Amount(
                minor=one.per_tonne_minor, currency=rate.base if rate and one.is_rated else order.currency
            ),
            amount=Amount(minor=one.amount_minor, currency=order.currency),
        )
        for one in line.prices
    )


def scheme_name(code: str | None, language: Language, recognition: Recognition) -> str | None:
    """A scheme's name; of one that is no longer in the table its code."""
    known = recognition.get(code) if code else None
    return known.name.in_(language) if known else code


def _state(at: Progress, hold: HoldLine) -> HoldLineState:
    if at.order.state in _NOTHING_BOUGHT or hold.back_g == hold.mass_g:
        return HoldLineState.RETURNED
    if at.order.state is OrderState.PAID:
        return HoldLineState.HELD
    return (
        HoldLineState.WAITING
        if at.phase in {OrderPhase.UNPAID, OrderPhase.CLOSED, OrderPhase.CONFIRMING}
        else HoldLineState.ARRIVING
    )
