"""Invoices at a terminal."""

import json
import re
from collections.abc import Mapping
from typing import Final

import click

from app.cli.orders import staff_decisions
from app.cli.orders.joint import Who, signed_in
from app.cli.output import line, say
from app.cli.setup import database
from app.commerce import invoices
from app.commerce.invoices import NewAsking
from app.foundation.identity import Role
from app.kernel import money
from app.kernel.clock import beijing_day, rfc3339, utc_now
from app.kernel.text import Language
from app.kernel.typed import typed_code
from app.views.ids import order_id as known_order
from app.views.orders import invoices as invoice_view
from app.views.orders.invoices import PayerInvoice
from app.wiring import keyring
from config.settings import Settings

_AMOUNT: Final = re.compile(r"(-?)([0-9]{1,12})\.([0-9]{2})", re.ASCII)


async def of_days(settings: Settings, since: str, until: str) -> list[PayerInvoice]:
    """What was paid on these days.

    Raises:
        DaysUnfit: see `invoice_view.read_range`.
    """
    chosen = invoice_view.read_range(since, until, today=beijing_day(utc_now()))
    async with database(settings):
        return await invoice_view.of_days(chosen, keyring=keyring(settings))


async def exported(settings: Settings, since: str, until: str, language: Language, *, is_xlsx: bool, who: Who) -> bytes:
    """The same as a file, with the e-mail addresses, for somebody of the platform's finance.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        DaysUnfit: see `invoice_view.read_range`.
    """
    chosen = invoice_view.read_range(since, until, today=beijing_day(utc_now()))
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await staff_decisions.demand(who, person_id, Role.FINANCE)
        told = await invoice_view.of_days(chosen, keyring=keyring(settings))
        return await (invoice_view.as_sheet if is_xlsx else invoice_view.as_csv)(told, language)


async def ask(settings: Settings, order: str, asked: Mapping[str, str], *, who: Who) -> None:
    """Say what an invoice should bear.

    Raises:
        WrongCredentials, SignInLocked: of `who`.
        Whatever `invoices.ask` raises.
    """
    order_id = known_order(order)
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await invoices.ask(order_id, NewAsking(**asked), by=person_id, keyring=keyring(settings))


async def mark(settings: Settings, order: str, amount: str, number: str, *, who: Who) -> None:
    """Mark what was made, as somebody of the platform's finance.

    Raises:
        WrongCredentials, SignInLocked, NotPlatformStaff: of `who`.
        Whatever `invoices.mark` raises; an amount that is none is another than the one to be marked.
    """
    order_id, found = known_order(order), _AMOUNT.fullmatch(typed_code(amount))
    minor = int(f"{found[1]}{found[2]}{found[3]}") if found else 0
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        await staff_decisions.demand(who, person_id, Role.FINANCE)
        await invoices.mark(order_id, seen_minor=minor, number=number, by=person_id)


def print_days(told: list[PayerInvoice], language: Language, *, as_json: bool) -> None:
    """Each with its state, what is to be invoiced or reversed, its title and its tax number."""
    if as_json:
        click.echo(json.dumps([_document(one) for one in told], ensure_ascii=False, indent=2))
        return
    for one in told:
        invoice = one.invoice
        left = money.text(invoice.left_minor, invoice.currency)
        state = invoice_view.STATES[invoice.state].in_(language)
        line(f"{one.order}  {left:>14}  {state}  {invoice.title or one.payer.in_(language)}", hang=4)
    if not told:
        line(say("这些日子没有机构支付的订单", "organisations paid no order on these days"))


def _document(one: PayerInvoice) -> dict[str, object]:
    invoice = one.invoice
    return {
        "order": one.order,
        "payer_zh": one.payer.zh,
        "payer_en": one.payer.en,
        "paid_at": rfc3339(invoice.paid_at),
        "currency": invoice.currency.value,
        "paid_minor": invoice.paid_minor,
        "net_minor": invoice.net_minor,
        "left_minor": invoice.left_minor,
        "state": invoice.state.value,
        "title": invoice.title,
        "tax_number": invoice.tax_number,
        "number": invoice.number,
    }
