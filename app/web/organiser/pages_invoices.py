"""Invoices for an organisation: its paid orders, and what it wants on the invoice of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.commerce import invoices
from app.commerce.invoices import InvoiceState, NewAsking
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.views import listing
from app.views.console import Console, Tone
from app.views.errors import NotSignedIn
from app.views.ids import order_id as known_order
from app.views.listing import Asked, Paging
from app.views.orders import invoices as invoice_view
from app.views.orders.invoices import PayerInvoice
from app.views.page import Amount
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services

HERE: Final = "/organiser/invoices"
_FIELDS: Final = ("title", "tax_number", "email")
_MOST: Final = 1000
_TONES: Final[dict[InvoiceState, Tone]] = {
    InvoiceState.UNASKED: "todo",
    InvoiceState.TO_ISSUE: "wait",
    InvoiceState.ISSUED: "done",
    InvoiceState.TO_REVERSE: "wait",
    InvoiceState.NOTHING: "void",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInvoice:
    """One paid order."""

    order: str
    url: str
    payer: str
    state: str
    tone: Tone
    net: Amount
    paid_on: str
    number: str | None
    can_ask: bool
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInvoicesPage(Console):
    """Paid orders. POST to the page itself with `order`, `title`, `tax_number` and `email`."""

    template: ClassVar[str] = "organiser/invoices.html"

    rows: tuple[OwnInvoice, ...]
    paging: Paging
    open: OwnInvoice | None
    closed_url: str
    typed: Mapping[str, str] = field(default_factory=dict)


@get(HERE, include_in_schema=False, guards=[by_password])
async def list_own(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The paid orders of the reader's organisations."""
    return desk.page(await _page(desk))


@post(HERE, include_in_schema=False, guards=[by_password, limited("invoices", 60, is_exact=True)], status_code=303)
async def ask(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Say what an invoice should bear; said again before it is made, the last counts."""
    order = data.get("order", "")[:64]
    typed = {name: data.get(name, "")[:200] for name in _FIELDS}

    async def do() -> None:
        await invoices.ask(known_order(order), NewAsking(**typed), by=desk.person_id, keyring=desk.services.keyring)

    return await desk.step(data, do, onward=HERE, again=lambda fact: _page(desk, fact, order=order, typed=typed))


async def _page(
    desk: Desk, fact: DomainError | None = None, *, order: str = "", typed: Mapping[str, str] | None = None
) -> OwnInvoicesPage:
    asked = listing.read(HERE, desk.request.query_params)
    found = await invoices.list_own(desk.person_id, keyring=desk.services.keyring, limit=_MOST)
    told = await invoice_view.with_payers(found[::-1])
    wanted = order or asked.open
    opened = next((one for one in told if one.order == wanted), None)
    return OwnInvoicesPage(
        **desk.frame(asked.here, fact),
        roles=(),
        door="organiser",
        rows=tuple(_row(one, asked, desk) for one in told[asked.offset : asked.offset + listing.PIECE]),
        paging=asked.paging(len(told)),
        open=_row(opened, asked, desk) if opened else None,
        closed_url=asked.closed,
        typed=typed or (_said(opened, told) if opened else {}),
    )


def _said(opened: PayerInvoice, told: list[PayerInvoice]) -> dict[str, str]:
    """What was said for this order, else what the same organisation said last."""
    source = next(
        (
            one.invoice
            for one in (opened, *told)
            if one.invoice.title is not None and one.invoice.payer_id == opened.invoice.payer_id
        ),
        opened.invoice,
    )
    return {"title": source.title or "", "tax_number": source.tax_number or "", "email": source.email or ""}


def _row(one: PayerInvoice, asked: Asked, desk: Desk) -> OwnInvoice:
    invoice = one.invoice
    return OwnInvoice(
        order=one.order,
        url=asked.opening(one.order),
        payer=one.payer.in_(desk.language),
        state=invoice_view.STATES[invoice.state].in_(desk.language),
        tone=_TONES[invoice.state],
        net=Amount(minor=invoice.net_minor, currency=invoice.currency),
        paid_on=beijing_day(invoice.paid_at).isoformat(),
        number=invoice.number,
        is_open=asked.open == one.order,
        can_ask=invoice.state in {InvoiceState.UNASKED, InvoiceState.TO_ISSUE},
    )


routes = Router(
    "/",
    route_handlers=[list_own, ask],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
