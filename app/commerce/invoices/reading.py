"""Which orders of organisations are to be invoiced, and how far each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from app.commerce.invoices.rules import EMAIL_PURPOSE, InvoiceState, state_of
from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import Row, fetch
from app.kernel.money import Currency

DAYS_MOST: Final = 366
_ORDERS: Final = (
    "SELECT o.id AS order_id, o.payer_id, o.currency, o.amount_minor, p.paid_at, invoices.net_minor(o.id) AS net_minor,"
    " a.title, a.tax_number, a.email_sealed, a.by_id,"
    " coalesce(sum(i.amount_minor) FILTER (WHERE i.kind = 'issued'), 0)::bigint AS issued_minor,"
    " coalesce(sum(i.amount_minor) FILTER (WHERE i.kind = 'reversed'), 0)::bigint AS reversed_minor,"
    " max(i.number) FILTER (WHERE i.kind = 'issued') AS number"
    " FROM purchase_order o JOIN payment p ON p.id = o.payment_id JOIN organisation g ON g.id = o.payer_id"
    " LEFT JOIN invoice_asking a ON a.order_id = o.id LEFT JOIN invoice i ON i.order_id = o.id"
    " WHERE {where} GROUP BY o.id, p.id, a.id ORDER BY p.paid_at, o.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line of an order, as an invoice lists it."""

    no: int
    """From 1; 0 for what a channel gave back or took back of the order as a whole."""
    is_held: bool
    """Held in an account; else retired."""
    mass_g: int
    """What stays of it."""
    amount_minor: int
    """Its price less what went back of it; below zero in the line 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderInvoice:
    """An order that an organisation paid."""

    order_id: UUID
    payer_id: UUID
    currency: Currency
    paid_at: datetime
    paid_minor: int
    net_minor: int
    """Paid less what went back, or is on its way back."""
    issued_minor: int
    reversed_minor: int
    number: str | None
    title: str | None
    tax_number: str | None
    email: str | None
    """None: nobody said it, or whoever did is forgotten."""
    asked_by: UUID | None
    """Who gave title and address; None: nobody did."""
    state: InvoiceState

    @property
    def left_minor(self) -> int:
        """What is to be invoiced now; below zero, what is to be reversed."""
        return self.net_minor - self.issued_minor + self.reversed_minor


async def list_days(since: date, until: date, *, keyring: Keyring, limit: int) -> list[OrderInvoice]:
    """The orders of organisations that were paid on these days of Beijing, both included, the earliest first."""
    where = (
        "p.paid_at >= $1::date::timestamp AT TIME ZONE 'Asia/Shanghai'"
        " AND p.paid_at < ($2::date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'"
    )
    return await _orders(await fetch(f"{_ORDERS.format(where=where)} LIMIT $3", since, until, limit), keyring)


async def list_own(person_id: UUID, *, keyring: Keyring, limit: int) -> list[OrderInvoice]:
    """The paid orders of the organisations for which this person acts, the earliest first."""
    rows = await fetch(f"{_ORDERS.format(where='identity.acts_for($1, o.payer_id)')} LIMIT $2", person_id, limit)
    return await _orders(rows, keyring)


async def lines_of(order_ids: Sequence[UUID]) -> dict[UUID, list[InvoiceLine]]:
    """The lines of these orders with what stays of each, in their order; together they are the order's `net_minor`."""
    found: dict[UUID, list[InvoiceLine]] = {id_: [] for id_ in order_ids}
    for row in await fetch("SELECT * FROM invoices.lines($1::uuid[]) ORDER BY order_id, no = 0, no", list(order_ids)):
        line = InvoiceLine(no=row["no"], is_held=row["is_held"], mass_g=row["mass_g"], amount_minor=row["amount_minor"])
        found[row["order_id"]].append(line)
    return found


async def _orders(rows: Sequence[Row], keyring: Keyring) -> list[OrderInvoice]:
    asked = [row for row in rows if row["email_sealed"] is not None]
    emails = await identity.unseal_many(
        [(row["by_id"], bytes(row["email_sealed"])) for row in asked], purpose=EMAIL_PURPOSE, keyring=keyring
    )
    email_of = {row["order_id"]: email for row, email in zip(asked, emails, strict=True)}
    return [
        OrderInvoice(
            order_id=row["order_id"],
            payer_id=row["payer_id"],
            currency=Currency(row["currency"]),
            paid_at=row["paid_at"],
            paid_minor=row["amount_minor"],
            net_minor=row["net_minor"],
            issued_minor=row["issued_minor"],
            reversed_minor=row["reversed_minor"],
            number=row["number"],
            title=row["title"],
            tax_number=row["tax_number"],
            email=email_of.get(row["order_id"]),
            asked_by=row["by_id"],
            state=state_of(
                is_asked=row["title"] is not None,
                net_minor=row["net_minor"],
                issued_minor=row["issued_minor"],
                reversed_minor=row["reversed_minor"],
            ),
        )
        for row in rows
    ]
