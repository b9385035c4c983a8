"""An order as the API tells it: its parts, their lines, and where each stands."""

from typing import Annotated

import msgspec

from app.commerce import orders
from app.commerce.orders import OrderFacts
from app.kernel import ids, mass, money
from app.kernel.clock import rfc3339
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry.claims import Reach
from app.views.claim_json import ClaimView, told
from app.views.orders import ordering
from app.views.orders.order_page import OrderPhase


class LineView(msgspec.Struct, frozen=True, kw_only=True):
    """How much of one programme, and at which price."""

    programme: Annotated[str, msgspec.Meta(examples=["CCER"])]
    grams: int
    mass_text: str
    per_tonne_minor: int
    amount_minor: int
    currency: Annotated[str, msgspec.Meta(examples=["CNY"])]
    """ISO 4217, of both amounts."""
    amount_text: Annotated[str, msgspec.Meta(examples=["¥0.62"])]


class PartView(ClaimView, frozen=True, kw_only=True):
    """What an order retires for one claim, and where that stands."""

    no: int
    grams: int
    mass_text: str
    coverage_percent: Annotated[str, msgspec.Meta(examples=["100.00"])] | None
    """Of this part by itself: grams of emission, two decimals, rounded down; null where no emission is stated."""
    amount_minor: int
    currency: str
    amount_text: str
    scheme: str | None = None
    """The recognition scheme under which it was ordered."""
    lines: tuple[LineView, ...]
    retirement_number: str | None = None
    certificate_id: str | None = None
    certificate_url: str | None = None


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """What an order holds in an account, and what of it was given back."""

    id: Annotated[str, msgspec.Meta(examples=["lin_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    no: int
    account: Annotated[str, msgspec.Meta(examples=["acc_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    grams: int
    mass_text: str
    amount_minor: int
    currency: str
    amount_text: str
    lines: tuple[LineView, ...]
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
    placed_at: str
    expires_at: str
    retirement_number: str | None = None
    certificate_id: str | None = None
    """Of the first part; a visitor's order has one."""
    certificate_url: str | None = None
    parts: tuple[PartView, ...]
    """What is retired."""
    holds: tuple[HoldView, ...] = ()
    """What is held in accounts."""


def line(programme: str, mass_g: int, per_tonne_minor: int, amount_minor: int, currency: Currency) -> LineView:
    """A line with its figures in words."""
    return LineView(
        programme=programme,
        grams=mass_g,
        mass_text=mass.text(mass_g),
        per_tonne_minor=per_tonne_minor,
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
    parts=(
        PartView(
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
            lines=(line("CDCER", 12_400, 5_000, 62, Currency.CNY),),
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
        placed_at=rfc3339(order.placed_at),
        expires_at=rfc3339(order.expires_at),
        retirement_number=at.retirement_number,
        certificate_id=certificate_id,
        certificate_url=f"/c/{certificate_id}" if certificate_id else None,
        parts=tuple(_part(order, part, step) for part, step in zip(order.parts, at.parts, strict=True)),
        holds=tuple(_hold(order, hold) for hold in order.holds),
    )


def _hold(order: OrderFacts, hold: orders.HoldFacts) -> HoldView:
    return HoldView(
        id=ids.public("lin", hold.id),
        no=hold.no,
        account=ids.public("acc", hold.account.id),
        grams=hold.mass_g,
        mass_text=mass.text(hold.mass_g),
        amount_minor=hold.amount_minor,
        currency=order.currency.value,
        amount_text=money.text(hold.amount_minor, order.currency),
        lines=tuple(
            line(one.programme.value, one.mass_g, one.per_tonne_minor, one.amount_minor, order.currency)
            for one in hold.lines
        ),
        returned_grams=hold.back_g,
        returned_minor=hold.back_minor,
    )


def _part(order: OrderFacts, part: orders.PartFacts, step: ordering.Step) -> PartView:
    certificate_id = ids.public("crt", step.certificate_id) if step.certificate_id else None
    return PartView(
        **told(part.claim, part.funding, maker=order.person_id),
        no=part.no,
        grams=part.mass_g,
        mass_text=mass.text(part.mass_g),
        coverage_percent=Reach(part.claim.emission_g, part.mass_g).percent,
        amount_minor=part.amount_minor,
        currency=order.currency.value,
        amount_text=money.text(part.amount_minor, order.currency),
        scheme=part.scheme,
        lines=tuple(
            line(one.programme.value, one.mass_g, one.per_tonne_minor, one.amount_minor, order.currency)
            for one in part.lines
        ),
        retirement_number=step.retirement.number if step.retirement else None,
        certificate_id=certificate_id,
        certificate_url=f"/c/{certificate_id}" if certificate_id else None,
    )
