"""An organisation says what its invoice should bear."""

from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce.invoices.errors import InvoiceMade, InvoiceNotAsked
from app.commerce.invoices.rules import EMAIL_PURPOSE, NewAsking, fitting
from app.commerce.orders import OrderUnknown
from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import again, constraint, fetch, fetch_one, transaction
from app.kernel.ids import uuid7


async def ask(order_id: UUID, asked: NewAsking, *, by: UUID, keyring: Keyring) -> None:
    """Keep title, tax number and e-mail for a paid order of an organisation; said again they are what was said last.

    Raises:
        InvoiceTitleUnfit, InvoiceTaxNumberUnfit, InvoiceEmailUnfit: the field is named.
        OrderUnknown: no such order, or somebody else's.
        InvoiceNotAsked: it is not paid, or not by an organisation.
        RoleMissing: `by` only reads in the organisation whose order it is.
        InvoiceMade: it is invoiced.
    """
    plain = fitting(asked)
    sealed = await identity.seal(by, plain.email, purpose=EMAIL_PURPOSE, keyring=keyring)

    async def use_case() -> None:
        async with transaction() as tx:
            row = await fetch_one(
                "SELECT o.payer_id, o.payment_id IS NOT NULL AND g.id IS NOT NULL AS is_paid FROM purchase_order o"
                " LEFT JOIN organisation g ON g.id = o.payer_id WHERE o.id = $1 AND identity.acts_for($2, o.payer_id)",
                order_id, by, tx=tx,
            )  # fmt: skip
            if row is None:
                raise OrderUnknown
            if not row["is_paid"]:
                raise InvoiceNotAsked
            await identity.demand_role(by, row["payer_id"], *identity.ORDERING)
            await fetch(
                "INSERT INTO invoice_asking (id, order_id, title, tax_number, email_sealed, by_id, asked_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp()) ON CONFLICT ON CONSTRAINT invoice_asking_order_key"
                " DO UPDATE SET title = excluded.title, tax_number = excluded.tax_number, by_id = excluded.by_id,"
                " email_sealed = excluded.email_sealed, asked_at = excluded.asked_at",
                uuid7(), order_id, plain.title, plain.tax_number, sealed, by, tx=tx,
            )  # fmt: skip

    try:
        await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if constraint(refusal) == "invoice_asking_open":
            raise InvoiceMade from refusal
        raise
