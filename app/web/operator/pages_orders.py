"""Quoted orders for the platform's people: what is too large to be set aside unpaid, until somebody says that it may be."""

from datetime import timedelta
from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app import identity, orders
from app.identity import Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.orders import OrderFacts
from app.views.errors import NotSignedIn
from app.views.house import House
from app.views.ids import order_id as known_order
from app.views.page import Amount
from app.web.kit.house import provide_house
from app.web.kit.responses import html, problems
from app.web.kit.security import forms
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import form_token, shown_roles, staff, to_sign_in
from app.web.operator.views import OrdersPage, QuotedRow

HELD_HOURS: Final = 24
"""How long an order that was reserved here waits for its money; the terminal can say another time."""
_SHOWN: Final = 200
_HERE: Final = "/operator/orders"


@get(_HERE, include_in_schema=False, guards=[staff()])
async def list_quoted(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """Every order that is quoted and whose time is not over."""
    return html.page(await _page(request, session, language, house), language)


@post(
    _HERE,
    include_in_schema=False,
    guards=[staff(Role.OPERATOR), forms.sealed_form, limited("reserve_quoted", 120, is_exact=True)],
    status_code=303,
)
async def reserve(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Let one of them hold its grams for a day."""
    number, reason = data.get("order", "")[:64], data.get("reason", "").strip()[:400]
    until = house.gateways.clock() + timedelta(hours=HELD_HOURS)
    try:
        await orders.reserve_quoted(known_order(number), by=session.person_id, reason=reason, until=until)
    except DomainError as fact:
        notice = fact.message().in_(language)
        view = await _page(request, session, language, house, notice=notice, typed=(number, reason))
        return html.page(view, language, status=problems.status_of(type(fact)))
    return Redirect(_HERE, status_code=303)


async def _page(
    request: Request[Any, Any, Any],
    session: Session,
    language: Language,
    house: House,
    *,
    notice: str | None = None,
    typed: tuple[str, str] = ("", ""),
) -> OrdersPage:
    found = await orders.list_quoted(limit=_SHOWN)
    payers = await identity.introduce([one.payer_id for one in found])
    number, reason = typed

    def row(one: OrderFacts) -> QuotedRow:
        name, shown = payers[one.payer_id].name, ids.public("ord", one.id)
        return QuotedRow(
            number=shown,
            payer=name.in_(language) if name else None,
            mass_g=one.mass_g,
            amount=Amount(minor=one.amount_minor, currency=one.currency),
            placed_at=one.placed_at,
            expires_at=one.expires_at,
            typed_reason=reason if shown == number else "",
        )

    return OrdersPage(
        here=_HERE,
        sandbox=house.issuer.is_sandbox,
        roles=shown_roles(await identity.house_roles(session.person_id)),
        csrf_token=form_token(request, house),
        notice=notice,
        hours=HELD_HOURS,
        quoted=tuple(row(one) for one in found),
    )


routes = Router(
    "/",
    route_handlers=[list_quoted, reserve],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
