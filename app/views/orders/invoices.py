"""Invoices (发票) as doors and the terminal tell them: what a range of days holds, and the same as CSV and XLSX."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Final
from uuid import UUID

from app.commerce import invoices
from app.commerce.invoices import InvoiceState, OrderInvoice
from app.foundation import identity, privacy
from app.foundation.identity import Keyring, Role
from app.foundation.privacy import Ground, LookedAt
from app.kernel import days, ids, mass
from app.kernel.clock import beijing_day
from app.kernel.errors import Invalid
from app.kernel.text import Language, Text
from app.kernel.typed import typed_code
from app.views import sheets

MOST: Final = 5000
"""Orders of one range."""
STATES: Final = {
    InvoiceState.UNASKED: Text(zh="待填抬头", en="No title yet"),
    InvoiceState.TO_ISSUE: Text(zh="待开票", en="To be issued"),
    InvoiceState.ISSUED: Text(zh="已开票", en="Issued"),
    InvoiceState.TO_REVERSE: Text(zh="待红冲", en="To be reversed"),
    InvoiceState.NOTHING: Text(zh="无需开票", en="Nothing to invoice"),
}
_HEADINGS: Final = (
    ("订单", "Order"), ("行号", "Line"), ("状态", "State"), ("付款日", "Paid on"), ("付款机构", "Payer"),
    ("抬头", "Title"), ("税号", "Tax number"), ("邮箱", "E-mail"), ("项目", "Item"), ("数量（千克）", "Kilograms"),
    ("币种", "Currency"), ("金额", "Amount"), ("订单待开金额", "To invoice of the order"), ("发票号码", "Invoice number"),
)  # fmt: skip
_RETIRED: Final = Text(zh="碳信用注销服务", en="Retirement of carbon credits")
_HELD: Final = Text(zh="碳信用", en="Carbon credits")
_WHOLE: Final = Text(zh="渠道退回或整单退款", en="Given back by the channel, or of the whole order")
_FORMULA: Final = "=+-@\t\r＝＋－＠"


class DaysUnfit(Invalid):
    """They are no days, or not a range of at most so many."""

    code = "invoice.days_unfit"
    text = Text(
        zh="请填写起止日期，例如 2026-11-01，最多 {most} 天。",
        en="Give the first and the last day, such as 2026-11-01, at most {most} days.",
    )
    field = "/until"


@dataclass(frozen=True, slots=True)
class Range:
    """Days of Beijing, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerInvoice:
    """An order with who paid it."""

    invoice: OrderInvoice
    order: str
    """`ord_…`"""
    payer: Text


def read_range(since: str, until: str, *, today: date) -> Range:
    """The days that were typed; left out, this month of Beijing until today.

    Raises:
        DaysUnfit
    """
    try:
        last = days.read_day(typed_code(until)) if until.strip() else today
        first = days.read_day(typed_code(since)) if since.strip() else last.replace(day=1)
    except ValueError as none:
        raise DaysUnfit(most=invoices.DAYS_MOST) from none
    if not timedelta() <= last - first < timedelta(days=invoices.DAYS_MOST):
        raise DaysUnfit(most=invoices.DAYS_MOST)
    return Range(first, last)


async def with_payers(orders: Sequence[OrderInvoice]) -> list[PayerInvoice]:
    """These orders with their payers' names."""
    names = await identity.introduce({one.payer_id for one in orders})
    return [
        PayerInvoice(
            invoice=one, order=ids.public("ord", one.order_id), payer=names[one.payer_id].name or Text(zh="—", en="—")
        )
        for one in orders
    ]


async def of_days(chosen: Range, *, keyring: Keyring) -> list[PayerInvoice]:
    """What was paid in a range of days."""
    return await with_payers(await invoices.list_days(chosen.since, chosen.until, keyring=keyring, limit=MOST))


def masked_email(email: str) -> str:
    """`f***@example.org`: enough to be told apart, and written to by nobody."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}***@{host}"


def _is_wanted(one: PayerInvoice) -> bool:
    return one.invoice.state in {InvoiceState.TO_ISSUE, InvoiceState.TO_REVERSE}


async def write_email_look(told: Sequence[PayerInvoice], ground: Ground, *, by: UUID, keyring: Keyring) -> None:
    """Write down that somebody of finance sees in full where these invoices are sent to: to each who gave an address.

    Raises:
        RoleMissing: they are nobody of finance, now.
    """
    if askers := [one.invoice.asked_by for one in told if one.invoice.email and one.invoice.asked_by]:
        await privacy.write_look(askers, LookedAt.EMAIL, ground, by=by, roles={Role.FINANCE}, keyring=keyring)


async def with_emails_seen(
    told: Sequence[PayerInvoice], ground: Ground, *, by: UUID, keyring: Keyring
) -> list[PayerInvoice]:
    """What is to be invoiced or reversed, to be written with addresses in full: a look at each of them, written down first.

    Raises:
        RoleMissing: they are nobody of finance, now.
    """
    wanted = [one for one in told if _is_wanted(one)]
    await write_email_look(wanted, ground, by=by, keyring=keyring)
    return wanted


async def as_rows(
    told: Sequence[PayerInvoice], language: Language, *, are_emails_seen: bool = False
) -> list[tuple[int | str, ...]]:
    """A row for each line of what is to be invoiced or reversed, under headings; amounts are texts with two decimals.
    Addresses are masked, unless a look at them was written down (`with_emails_seen`).

    Orders without a title, and those of which nothing is left to do, are left out.
    """
    wanted = [one for one in told if _is_wanted(one)]
    lines = await invoices.lines_of([one.invoice.order_id for one in wanted])
    rows: list[tuple[int | str, ...]] = [tuple(Text(zh=zh, en=en).in_(language) for zh, en in _HEADINGS)]
    for one in wanted:
        invoice = one.invoice
        for line in lines[invoice.order_id]:
            item = _WHOLE if line.no == 0 else _HELD if line.is_held else _RETIRED
            rows.append(
                (
                    one.order,
                    line.no,
                    STATES[invoice.state].in_(language),
                    beijing_day(invoice.paid_at).isoformat(),
                    one.payer.in_(language),
                    invoice.title or "",
                    invoice.tax_number or "",
                    (invoice.email if are_emails_seen else masked_email(invoice.email)) if invoice.email else "",
                    item.in_(language),
                    mass.exact_kg(line.mass_g) if line.mass_g else "",
                    invoice.currency.value,
                    decimal(line.amount_minor),
                    decimal(invoice.left_minor),
                    invoice.number or "",
                )
            )
    return rows


async def as_sheet(told: Sequence[PayerInvoice], language: Language, *, are_emails_seen: bool = False) -> bytes:
    """The rows as XLSX, in which nothing is a formula."""
    rows = await as_rows(told, language, are_emails_seen=are_emails_seen)
    return await sheets.written({Text(zh="发票", en="Invoices").in_(language): rows})


async def as_csv(told: Sequence[PayerInvoice], language: Language, *, are_emails_seen: bool = False) -> bytes:
    """The rows as CSV in UTF-8 with a mark, as spreadsheets of Windows want it; a text that begins as a formula would gets
    an apostrophe before it."""
    out = StringIO()
    rows = await as_rows(told, language, are_emails_seen=are_emails_seen)
    csv.writer(out, lineterminator="\r\n").writerows([_plain(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def decimal(minor: int) -> str:
    """`-12.50`"""
    sign, size = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{size // 100}.{size % 100:02d}"


def _plain(value: int | str) -> int | str:
    if isinstance(value, str) and value[:1] and value[0] in _FORMULA and not _is_amount(value):
        return f"'{value}"
    return value


def _is_amount(text: str) -> bool:
    """An amount below zero is a number, whoever reads it."""
    return text.startswith("-") and text[1:].replace(".", "", 1).isdigit() and text.isascii()
