"""An order as the API tells it: its lines, their prices, and where each stands."""

from typing import Annotated, Final

import msgspec

from app.commerce import orders
from app.commerce.orders import OrderFacts
from app.kernel import ids, mass, money
from app.kernel.clock import rfc3339
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.claims import Reach
from app.registry.credits import Rate
from app.views.certificates.figures import FigureView, figure_view
from app.views.claim_json import ClaimView, told
from app.views.orders import ordering
from app.views.orders.order_page import OrderPhase

EXAMPLE_LINE: Final = "lin_01JD8Q9T5K3V2M7N4P6R8S0W1X"
LineId = Annotated[str, msgspec.Meta(examples=[EXAMPLE_LINE])]


class PriceView(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one programme, and at which price."""

    programme: Annotated[str, msgspec.Meta(examples=["CCER"])]
    grams: int
    mass_text: str
    per_tonne_minor: int
    """As its price list says it, in `per_tonne_currency`."""
    per_tonne_currency: Annotated[str, msgspec.Meta(examples=["CNY"])]
    amount_minor: int
    """What of the order's price it is. What goes through the order's `rate` is rounded up once for all of it."""
    currency: Annotated[str, msgspec.Meta(examples=["CNY"])]
    """ISO 4217, of `amount_minor`."""
    amount_text: Annotated[str, msgspec.Meta(examples=["¥0.62"])]


class RateView(msgspec.Struct, frozen=True, kw_only=True):
    """The exchange rate that an order was priced by, and keeps: `base_minor` of `base` for `currency_minor` of `currency`."""

    base: str
    currency: str
    base_minor: int
    currency_minor: int
    text: Annotated[str, msgspec.Meta(examples=["1 USD = 7.1234 CNY"])]
    day: Annotated[str, msgspec.Meta(examples=["2026-11-27"])]
    source: str
    url: str


class RetireLineView(ClaimView, frozen=True, kw_only=True, tag_field="fulfil", tag="retire"):
    """What an order retires for one claim, and where that stands."""

    id: LineId
    no: int
    grams: int
    mass_text: str
    coverage_percent: Annotated[str, msgspec.Meta(examples=["100.00"])] | None
    """Of this line by itself: grams of emission, two decimals, rounded down; null where no emission is stated. With an actual
    `figure`, all that is retired for the claim of that."""
    figure: FigureView | None = None
    """How the claim stands by its actual figure; null while there is none and none is overdue."""
    amount_minor: int
    currency: str
    amount_text: str
    scheme: str | None = None
    """The recognition scheme under which it was ordered."""
    prices: tuple[PriceView, ...]
    retirement_number: str | None = None
    certificate_id: str | None = None
    certificate_url: str | None = None


class HoldLineView(msgspec.Struct, frozen=True, kw_only=True, tag_field="fulfil", tag="hold"):
    """What an order holds in an account, and what of it was given back."""

    id: LineId
    no: int
    account: Annotated[str, msgspec.Meta(examples=["acc_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    grams: int
    mass_text: str
    amount_minor: int
    currency: str
    amount_text: str
    prices: tuple[PriceView, ...]
    returned_grams: int = 0
    returned_minor: int = 0
    """What of `amount_minor` went back, or is on its way."""


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order, and where it stands."""

    id: Annotated[str, msgspec.Meta(examples=["ord_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    phase: OrderPhase
    state: Annotated[str, msgspec.Meta(examples=["placed"])] = "placed"
    """`quoted`, `placed`, `paid`, `partly_refunded`, `expired`, `cancelled`, `refunding` or `refunded`."""
    grams: int
    mass_text: str
    amount_minor: int
    currency: str
    amount_text: str
    programme: str
    reserved: bool = True
    """False: an unpaid order for which nothing is set aside; its credits are taken when its money comes, or all of the
    money goes back."""
    needed_grams: int | None = None
    """What the footprint needed, where `grams` are more because of the smallest amount that can be paid."""
    rate: RateView | None = None
    """By which it was priced, where a price list is in another currency."""
    placed_at: str
    expires_at: str
    retirement_number: str | None = None
    certificate_id: str | None = None
    """Of the first line; a visitor's order has one."""
    certificate_url: str | None = None
    lines: tuple[RetireLineView | HoldLineView, ...]
    """By number. `fulfil` says what becomes of a line's grams: `retire`d for a claim, or in an account (`hold`)."""


def price(
    programme: str,
    mass_g: int,
    per_tonne_minor: int,
    amount_minor: int,
    currency: Currency,
    *,
    listed_in: Currency | None = None,
) -> PriceView:
    """A price with its figures in words."""
    return PriceView(
        programme=programme,
        grams=mass_g,
        mass_text=mass.text(mass_g),
        per_tonne_minor=per_tonne_minor,
        per_tonne_currency=(listed_in or currency).value,
        amount_minor=amount_minor,
        currency=currency.value,
        amount_text=money.text(amount_minor, currency),
    )


EXAMPLE = OrderView(
    id="ord_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    phase=OrderPhase.UNPAID,
    grams=12_400,
    mass_text="12.4 kg",
    amount_minor=62,
    currency="CNY",
    amount_text="¥0.62",
    programme="CDCER 碳惠天府减排量",
    placed_at="2026-11-22T10:02:07+08:00",
    expires_at="2026-11-22T10:32:07+08:00",
    lines=(
        RetireLineView(
            id=EXAMPLE_LINE,
            no=1,
            purpose="event",
            beneficiary=None,
            subject=None,
            period_from="2026-11-22",
            period_to="2026-11-22",
            emission_grams=12_400,
            emission_text="12.4 kg",
            grams=12_400,
            mass_text="12.4 kg",
            coverage_percent="100.00",
            amount_minor=62,
            currency="CNY",
            amount_text="¥0.62",
            prices=(price("CDCER", 12_400, 5_000, 62, Currency.CNY),),
        ),
    ),
)


async def view(order: OrderFacts, language: Language) -> OrderView:
    """The order as the API tells it, with where it stands now."""
    return shown(await ordering.progress(order), language)


def shown(at: ordering.Progress, language: Language) -> OrderView:
    """The same of an order whose progress is known."""
    order = at.order
    certificate_id = ids.public("crt", at.certificate_id) if at.certificate_id else None
    return OrderView(
        id=ids.public("ord", order.id),
        phase=at.phase,
        state=order.shown_state,
        grams=order.mass_g,
        mass_text=mass.text(order.mass_g),
        amount_minor=order.amount_minor,
        currency=order.currency.value,
        amount_text=money.text(order.amount_minor, order.currency),
        programme=order.programme.text.in_(language),
        reserved=order.state is not orders.OrderState.QUOTED,
        needed_grams=order.needed_g,
        rate=rate_view(order.rate),
        placed_at=rfc3339(order.placed_at),
        expires_at=rfc3339(order.expires_at),
        retirement_number=at.retirement_number,
        certificate_id=certificate_id,
        certificate_url=f"/c/{certificate_id}" if certificate_id else None,
        lines=tuple(
            _hold(order, line) if isinstance(line, orders.HoldLine) else _retire(order, line, at.steps[line.cause])
            for line in order.lines
        ),
    )


def _prices(order: OrderFacts, line: orders.LineRow) -> tuple[PriceView, ...]:
    return tuple(
        price(
            one.programme.value,
            one.mass_g,
            one.per_tonne_minor,
            one.amount_minor,
            order.currency,
            listed_in=order.rate.base if order.rate and one.is_rated else None,
        )
        for one in line.prices
    )


def rate_view(rate: Rate | None) -> RateView | None:
    """An exchange rate as the API tells it."""
    if rate is None:
        return None
    return RateView(
        base=rate.base.value, currency=rate.currency.value, base_minor=rate.base_minor, currency_minor=rate.currency_minor,
        text=str(rate), day=rate.day.isoformat(), source=rate.source, url=rate.url,
    )  # fmt: skip


def _hold(order: OrderFacts, hold: orders.HoldLine) -> HoldLineView:
    return HoldLineView(
        id=ids.public("lin", hold.id),
        no=hold.no,
        account=ids.public("acc", hold.account.id),
        grams=hold.mass_g,
        mass_text=mass.text(hold.mass_g),
        amount_minor=hold.amount_minor,
        currency=order.currency.value,
        amount_text=money.text(hold.amount_minor, order.currency),
        prices=_prices(order, hold),
        returned_grams=hold.back_g,
        returned_minor=hold.back_minor,
    )


def _retire(order: OrderFacts, line: orders.RetireLine, step: ordering.Step) -> RetireLineView:
    certificate_id = ids.public("crt", step.certificate_id) if step.certificate_id else None
    return RetireLineView(
        **told(line.claim, line.funding, maker=order.person_id),
        id=ids.public("lin", line.id),
        no=line.no,
        grams=line.mass_g,
        mass_text=mass.text(line.mass_g),
        coverage_percent=(step.figure.reach if step.figure else Reach(line.claim.emission_g, line.mass_g)).percent,
        figure=figure_view(step.figure),
        amount_minor=line.amount_minor,
        currency=order.currency.value,
        amount_text=money.text(line.amount_minor, order.currency),
        scheme=line.scheme,
        prices=_prices(order, line),
        retirement_number=step.retirement.number if step.retirement else None,
        certificate_id=certificate_id,
        certificate_url=f"/c/{certificate_id}" if certificate_id else None,
    )
