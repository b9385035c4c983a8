"""Invoices for the platform's finance: what a range of days holds, as a list, CSV and XLSX; each marked once."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.commerce import invoices
from app.commerce.invoices import InvoiceState
from app.foundation import privacy
from app.foundation.identity import Role
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.views import listing
from app.views.console import Console, Tone
from app.views.errors import NotSignedIn
from app.views.ids import order_id as known_order
from app.views.listing import Filter, Paging
from app.views.orders import invoices as invoice_view
from app.views.orders.invoices import PayerInvoice, Range
from app.views.page import Amount
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import unmasking
from app.web.operator.unmasking import UnmaskForm

HERE: Final = "/operator/invoices"
_STATES: Final = {
    "todo": Text(zh="待办", en="To do"),
    "issued": Text(zh="已开票", en="Issued"),
    "all": Text(zh="全部", en="All"),
}
_TODO: Final = frozenset({InvoiceState.TO_ISSUE, InvoiceState.TO_REVERSE, InvoiceState.UNASKED})
_TONES: Final[dict[InvoiceState, Tone]] = {
    InvoiceState.UNASKED: "void",
    InvoiceState.TO_ISSUE: "todo",
    InvoiceState.ISSUED: "done",
    InvoiceState.TO_REVERSE: "todo",
    InvoiceState.NOTHING: "void",
}
_STEP: Final = [staff(Role.FINANCE), limited("invoices", 240, is_exact=True)]
_KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """An order that an organisation paid."""

    order: str
    url: str
    payer: str
    title: str | None
    tax_number: str | None
    email: str | None
    state: str
    tone: Tone
    paid: Amount
    left: Amount
    """To be invoiced; below zero, to be reversed."""
    seen: int
    """The same, as the form sends it."""
    number: str | None
    paid_on: str
    can_mark: bool
    is_reversal: bool
    is_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicesPage(Console):
    """Invoices of a range of days. POST to `/operator/invoices` with `order`, `seen` and `number`."""

    template: ClassVar[str] = "operator/invoices.html"

    since: str
    until: str
    show: str
    filters: tuple[Filter, ...]
    rows: tuple[InvoiceRow, ...]
    paging: Paging
    open: InvoiceRow | None
    unmask: UnmaskForm | None = None
    """Of the one that is open, where it has an address that is masked."""
    take: UnmaskForm | None = None
    """Of the whole range: a file with addresses in full."""
    closed_url: str
    csv_url: str
    xlsx_url: str
    typed_number: str = ""
    is_finance: bool = True


@get(HERE, include_in_schema=False, guards=[staff(*TRANSFER_READERS)])
async def list_invoices(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What was paid in a range of days, and what is to be invoiced of it."""
    try:
        chosen = _range(desk)
    except invoice_view.DaysUnfit as fact:
        return desk.page(await _page(desk, invoice_view.read_range("", "", today=beijing_day(desk.now)), fact), fact)
    return desk.page(await _page(desk, chosen))


@get(
    [f"{HERE}.csv", f"{HERE}.xlsx"],
    include_in_schema=False,
    guards=[staff(*TRANSFER_READERS), limited("export", 20)],
)
async def export(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What is to be invoiced or reversed, a row for each line."""
    chosen, kind = _range(desk), desk.request.scope["path"].rpartition(".")[2]
    told = await invoice_view.of_days(chosen, keyring=desk.services.keyring)
    write = invoice_view.as_csv if kind == "csv" else invoice_view.as_sheet
    return _file(await write(told, desk.language), chosen, kind)


@post(
    HERE,
    include_in_schema=False,
    guards=_STEP,
    status_code=303,
)
async def mark(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Mark one as issued, or what went back since as reversed; a second press finds nothing to mark."""
    order, seen, number = data.get("order", "")[:64], data.get("seen", "")[:20], data.get("number", "")[:40]

    async def do() -> None:
        digits = seen.removeprefix("-")
        minor = int(seen) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else 0
        await invoices.mark(known_order(order), seen_minor=minor, number=number, by=desk.person_id)

    chosen = invoice_view.read_range("", "", today=beijing_day(desk.now))
    return await desk.step(
        data,
        do,
        onward=f"{HERE}?show=issued",
        again=lambda fact: _page(desk, chosen, fact, order=order, number=number),
    )


@post(f"{HERE}/unmask", include_in_schema=False, guards=_STEP, status_code=200)
async def unmask(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes]:
    """Where one invoice is sent to, in full, once it is written down that somebody sees it."""
    order, chosen = data.get("order", "")[:64], _typed_range(desk, data)
    try:
        desk.demand_seal(data)
        ground = privacy.read_ground(data.get("reason", ""), data.get("said", ""))
        told = await invoice_view.of_days(chosen, keyring=desk.services.keyring)
        one = [each for each in told if each.order == order]
        await invoice_view.write_email_look(one, ground, by=desk.person_id, keyring=desk.services.keyring)
    except DomainError as fact:
        return desk.page(await _page(desk, chosen, fact, order=order, typed=data), fact)
    return desk.page(await _page(desk, chosen, order=order, is_unmasked=True))


@post(f"{HERE}/take", include_in_schema=False, guards=[*_STEP, limited("export", 20)], status_code=200)
async def take(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes]:
    """The rows with addresses in full, as XLSX: each person whose address stands there is shown that it was taken, and why."""
    chosen = _typed_range(desk, data)
    try:
        desk.demand_seal(data)
        ground = privacy.read_ground(data.get("reason", ""), data.get("said", ""))
        told = await invoice_view.of_days(chosen, keyring=desk.services.keyring)
        seen = await invoice_view.with_emails_seen(told, ground, by=desk.person_id, keyring=desk.services.keyring)
    except DomainError as fact:
        return desk.page(await _page(desk, chosen, fact, taking=data), fact)
    return _file(await invoice_view.as_sheet(seen, desk.language, are_emails_seen=True), chosen, "xlsx")


def _file(content: bytes, chosen: Range, kind: str) -> Response[bytes]:
    return Response(
        content,
        media_type=_KINDS[kind],
        headers={
            "content-disposition": f'attachment; filename="invoices-{chosen.since}-{chosen.until}.{kind}"',
            "cache-control": "no-store",
        },
    )


def _typed_range(desk: Desk, data: dict[str, str]) -> Range:
    return invoice_view.read_range(data.get("since", ""), data.get("until", ""), today=beijing_day(desk.now))


def _range(desk: Desk) -> Range:
    query = desk.request.query_params
    return invoice_view.read_range(query.get("since", ""), query.get("until", ""), today=beijing_day(desk.now))


async def _page(
    desk: Desk,
    chosen: Range,
    fact: DomainError | None = None,
    *,
    order: str = "",
    number: str = "",
    typed: dict[str, str] | None = None,
    taking: dict[str, str] | None = None,
    is_unmasked: bool = False,
) -> InvoicesPage:
    days = f"since={chosen.since}&until={chosen.until}"
    asked = listing.read(HERE, desk.request.query_params, {"show": tuple(_STATES)})
    told = await invoice_view.of_days(chosen, keyring=desk.services.keyring)
    is_finance = Role.FINANCE in await desk.roles()
    of_state = {
        "todo": [one for one in told if one.invoice.state in _TODO],
        "issued": [one for one in told if one.invoice.state is InvoiceState.ISSUED],
        "all": told,
    }
    shown = of_state[asked.chosen["show"]]
    rows = tuple(
        replace(_row(one, desk, days, is_finance=is_finance), is_open=one.order == (order or asked.open))
        for one in shown[asked.offset : asked.offset + listing.PIECE]
    )
    wanted = order or asked.open
    opened = next((one for one in told if one.order == wanted), None)
    return InvoicesPage(
        **desk.frame(asked.here, fact),
        roles=(),
        since=chosen.since.isoformat(),
        until=chosen.until.isoformat(),
        show=asked.chosen["show"],
        filters=tuple(
            Filter(
                label=label.in_(desk.language),
                url=f"{HERE}?show={name}&{days}",
                is_on=asked.chosen["show"] == name,
                count=len(of_state[name]),
            )
            for name, label in _STATES.items()
        ),
        rows=rows,
        paging=asked.paging(len(shown)),
        open=_row(opened, desk, days, is_finance=is_finance, is_unmasked=is_unmasked) if opened else None,
        unmask=(
            unmasking.form(f"{HERE}/unmask", desk.language, kept=_kept(chosen) | {"order": opened.order}, typed=typed)
            if opened and opened.invoice.email and is_finance and not is_unmasked
            else None
        ),
        take=unmasking.form(f"{HERE}/take", desk.language, kept=_kept(chosen), typed=taking) if is_finance else None,
        closed_url=f"{HERE}?show={asked.chosen['show']}&{days}",
        csv_url=f"{HERE}.csv?{days}",
        xlsx_url=f"{HERE}.xlsx?{days}",
        typed_number=number,
        is_finance=is_finance,
    )


def _kept(chosen: Range) -> dict[str, str]:
    return {"since": chosen.since.isoformat(), "until": chosen.until.isoformat()}


def _row(one: PayerInvoice, desk: Desk, days: str, *, is_finance: bool, is_unmasked: bool = False) -> InvoiceRow:
    invoice = one.invoice
    shown = invoice.email if is_unmasked or not invoice.email else invoice_view.masked_email(invoice.email)
    return InvoiceRow(
        order=one.order,
        url=f"{HERE}?show=all&{days}&open={one.order}",
        payer=one.payer.in_(desk.language),
        title=invoice.title,
        tax_number=invoice.tax_number,
        email=shown,
        state=invoice_view.STATES[invoice.state].in_(desk.language),
        tone=_TONES[invoice.state],
        paid=Amount(minor=invoice.paid_minor, currency=invoice.currency),
        left=Amount(minor=invoice.left_minor, currency=invoice.currency),
        seen=invoice.left_minor,
        number=invoice.number,
        paid_on=beijing_day(invoice.paid_at).isoformat(),
        can_mark=is_finance and invoice.state in {InvoiceState.TO_ISSUE, InvoiceState.TO_REVERSE},
        is_reversal=invoice.left_minor < 0,
    )


routes = Router(
    "/",
    route_handlers=[list_invoices, export, mark, unmask, take],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
