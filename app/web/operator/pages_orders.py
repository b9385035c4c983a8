"""Quoted orders for the platform's people: what is too large to be set aside unpaid, until somebody says that it may be."""

from datetime import timedelta
from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.commerce import orders
from app.commerce.orders import OrderFacts
from app.foundation import identity
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.views import listing
from app.views.errors import NotSignedIn
from app.views.ids import order_id as known_order
from app.views.page import Amount
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import shown_roles, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.views import OrdersPage, QuotedRow

HELD_HOURS: Final = 24
"""How long an order that was reserved here waits for its money; the terminal can say another time."""
_MOST: Final = 1000
_HERE: Final = "/operator/orders"
_PAYERS: Final = {
    "all": Text(zh="全部", en="All"),
    "organisation": Text(zh="机构", en="Organisations"),
    "person": Text(zh="个人", en="People"),
}


@get(_HERE, include_in_schema=False, guards=[staff()])
async def list_quoted(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Every order that is quoted and whose time is not over."""
    return desk.page(await _page(desk))


@post(
    _HERE,
    include_in_schema=False,
    guards=[staff(Role.OPERATOR), limited("reserve_quoted", 120, is_exact=True)],
    status_code=303,
)
async def reserve(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Let one of them hold its grams for a day."""
    number, reason = data.get("order", "")[:64], data.get("reason", "").strip()[:400]

    async def do() -> None:
        until = desk.now + timedelta(hours=HELD_HOURS)
        await orders.reserve_quoted(known_order(number), by=desk.person_id, reason=reason, until=until)

    return await desk.step(data, do, onward=_HERE, again=lambda fact: _page(desk, fact, number=number, reason=reason))


async def _page(desk: Desk, fact: DomainError | None = None, *, number: str = "", reason: str = "") -> OrdersPage:
    asked = listing.read(_HERE, desk.request.query_params, {"payer": tuple(_PAYERS)})
    found = await orders.list_quoted(limit=_MOST)
    payers = await identity.introduce([one.payer_id for one in found])
    names = {one.id: payers[one.payer_id].name for one in found}
    counts = {
        "all": len(found),
        "organisation": sum(name is not None for name in names.values()),
        "person": sum(name is None for name in names.values()),
    }
    kind = asked.chosen["payer"]
    shown = [one for one in found if kind == "all" or (names[one.id] is not None) == (kind == "organisation")]

    def row(one: OrderFacts) -> QuotedRow:
        name, order_number = names[one.id], ids.public("ord", one.id)
        return QuotedRow(
            number=order_number,
            url=asked.opening(order_number),
            payer=name.in_(desk.language) if name else None,
            mass_g=one.mass_g,
            amount=Amount(minor=one.amount_minor, currency=one.currency),
            placed_at=one.placed_at,
            expires_at=one.expires_at,
        )

    rows = tuple(row(one) for one in shown[asked.offset : asked.offset + listing.PIECE])
    chosen = number or asked.open
    return OrdersPage(
        **desk.frame(asked.here, fact),
        roles=shown_roles(await desk.roles()),
        hours=HELD_HOURS,
        filters=tuple(
            asked.filter("payer", one, label.in_(desk.language), counts[one]) for one, label in _PAYERS.items()
        ),
        quoted=rows,
        paging=asked.paging(len(shown)),
        open=next((one for one in rows if one.number == chosen), rows[0] if rows and not chosen else None),
        is_asked=bool(chosen),
        closed_url=asked.closed,
        typed_reason=reason,
    )


routes = Router(
    "/",
    route_handlers=[list_quoted, reserve],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
