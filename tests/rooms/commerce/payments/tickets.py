"""A kind of thing that exists in tests only: a ticket for some grams, sold, and given back gram by gram.

All that a room declares for its kind, on a table of its own beside the product's; nothing of the product knows it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from app.commerce import payments
from app.gateways.channels.base import Channel
from app.gateways.database import Tx, fetch, fetch_one
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.kernel.money import Currency, share_minor
from app.kernel.text import Text
from tests.conftest import Stand
from tests.rooms.conftest import connected

SCHEMA: Final = """
    CREATE SCHEMA tickets;
    CREATE TABLE tickets.ticket (
        id uuid PRIMARY KEY, amount_minor bigint NOT NULL, mass_g bigint NOT NULL, back_g bigint NOT NULL DEFAULT 0,
        payment_id uuid, cause text, is_back boolean NOT NULL DEFAULT false, CHECK (back_g BETWEEN 0 AND mass_g));
    CREATE TABLE tickets.given_back (
        ticket_id uuid NOT NULL, key text NOT NULL, amount_minor bigint NOT NULL, UNIQUE (ticket_id, key));
    CREATE FUNCTION tickets.sold(p_id uuid) RETURNS TABLE (subject_id uuid, currency text, amount_minor bigint, cause text)
    LANGUAGE sql STABLE AS $$ SELECT t.id, 'CNY', t.amount_minor, t.cause FROM tickets.ticket t
                              WHERE t.cause IS NOT NULL AND (p_id IS NULL OR t.id = p_id) $$;
    GRANT USAGE ON SCHEMA tickets TO ddt_app, {owner};
    GRANT SELECT, INSERT, UPDATE ON tickets.ticket, tickets.given_back TO ddt_app;
    GRANT SELECT ON tickets.ticket TO {owner};
    GRANT EXECUTE ON FUNCTION tickets.sold(uuid) TO ddt_app, {owner};
    INSERT INTO payment_subject_kind (kind, sold) VALUES ('ticket', 'tickets.sold');
    """
GONE: Final = """
    SET session_replication_role = replica;
    DELETE FROM payment WHERE subject_kind = 'ticket';
    DELETE FROM payment_subject_kind WHERE kind = 'ticket';
    DROP SCHEMA tickets CASCADE;
"""


@pytest.fixture
async def tickets(database: Stand) -> AsyncIterator[None]:
    """The kind is declared for one test."""
    async with connected(database.super_url) as admin:
        owner = urlsplit(database.owner_url).username  # another one on servers of your own
        await admin.execute(SCHEMA.replace("{owner}", f'"{owner}"'))
    yield
    async with connected(database.super_url) as admin:
        await admin.execute(GONE)


async def print_ticket(amount_minor: int, mass_g: int) -> UUID:
    """A ticket that nobody has paid."""
    id_ = uuid7()
    await fetch("INSERT INTO tickets.ticket (id, amount_minor, mass_g) VALUES ($1, $2, $3)", id_, amount_minor, mass_g)
    return id_


async def describe(ticket_id: UUID) -> payments.Description | None:
    """What the cashier shows."""
    row = await fetch_one("SELECT amount_minor FROM tickets.ticket WHERE id = $1", ticket_id)
    if row is None:
        return None
    return payments.Description(
        title=Text(zh="票", en="Ticket"), amount_minor=row["amount_minor"], currency=Currency.CNY,
        expires_at=utc_now() + timedelta(minutes=30),
    )  # fmt: skip


async def fulfil(paid: Sequence[tuple[UUID, UUID]], *, tx: Tx) -> None:
    """Sell what was paid for the first time, refund what was paid twice."""
    sales = []
    for ticket_id, payment_id in paid:
        subject = f"ticket:{ticket_id}"
        sold = await fetch_one(
            "UPDATE tickets.ticket SET payment_id = $2, cause = $3 WHERE id = $1 AND payment_id IS NULL RETURNING amount_minor",
            ticket_id, payment_id, payments.sale_cause(subject), tx=tx,
        )  # fmt: skip
        if sold is not None:
            sales.append(payments.Sale(subject=subject, amount_minor=sold["amount_minor"], currency=Currency.CNY))
        elif not await fetch("SELECT 1 FROM tickets.ticket WHERE payment_id = $1", payment_id, tx=tx):
            await payments.refund(payment_id, cause="paid_twice", tx=tx)
    await payments.sell(sales, tx=tx)


async def finish_refunds(ticket_ids: Sequence[UUID], *, tx: Tx) -> None:
    """All of its money is back."""
    whole = [id_ for id_ in ticket_ids if not await payments.holds_money(f"ticket:{id_}", tx=tx)]
    await fetch("UPDATE tickets.ticket SET is_back = true WHERE id = ANY($1::uuid[])", whole, tx=tx)


async def refundable(ticket_id: UUID, *, tx: Tx | None = None) -> Mapping[UUID, int]:
    """A ticket is its only line."""
    row = await fetch_one("SELECT * FROM tickets.ticket WHERE id = $1 AND cause IS NOT NULL", ticket_id, tx=tx)
    if row is None or row["back_g"] == row["mass_g"]:
        return {}
    return {ticket_id: row["amount_minor"] - _share(row, row["back_g"])}


async def give_back(line_id: UUID, mass_g: int, *, key: str, by: UUID, tx: Tx) -> int:
    """Give grams back and their money with them, once for each key."""
    row = await fetch_one("SELECT * FROM tickets.ticket WHERE id = $1 FOR UPDATE", line_id, tx=tx)
    assert row is not None
    known = await fetch_one(
        "SELECT amount_minor FROM tickets.given_back WHERE ticket_id = $1 AND key = $2", line_id, key, tx=tx
    )
    if known is not None:
        return int(known["amount_minor"])
    amount_minor = _share(row, row["back_g"] + mass_g) - _share(row, row["back_g"])
    await fetch("UPDATE tickets.ticket SET back_g = back_g + $2 WHERE id = $1", line_id, mass_g, tx=tx)
    await fetch("INSERT INTO tickets.given_back VALUES ($1, $2, $3)", line_id, key, amount_minor, tx=tx)
    if amount_minor:
        await payments.refund(
            row["payment_id"], cause=f"returned:{key}", amount_minor=amount_minor, reverses_sale=True, tx=tx
        )
    return amount_minor


async def expire_due(*, channels: Mapping[str, Channel]) -> int:
    """A ticket never expires."""
    return 0


def _share(row: Mapping[str, int], back_g: int) -> int:
    return share_minor(row["amount_minor"], part_g=back_g, whole_g=row["mass_g"])


TICKET: Final = payments.SubjectKind(
    describe=describe, fulfil=fulfil, finish_refunds=finish_refunds, refundable=refundable, give_back=give_back,
    expire_due=expire_due, sold="tickets.sold",
)  # fmt: skip
