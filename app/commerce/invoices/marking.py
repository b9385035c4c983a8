"""A person of finance says that an invoice was made, or reversed, in the tax authority's system."""

from uuid import UUID

import asyncpg
from tortoise.exceptions import BaseORMException

from app.commerce.invoices.errors import InvoiceAmountChanged, InvoiceNotAsked
from app.commerce.invoices.rules import fitting_number
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import again, constraint, fetch, transaction
from app.kernel.ids import uuid7

_FACTS = {"invoice_amount_seen": InvoiceAmountChanged, "invoice_asked": InvoiceNotAsked}


async def mark(order_id: UUID, *, seen_minor: int, number: str, by: UUID) -> None:
    """Mark what is to be invoiced of an order as invoiced, or what went back since as reversed (`seen_minor` below zero).

    `seen_minor` is the amount that was shown; pressed twice, the second finds nothing to mark. `number` may be empty.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        InvoiceNumberUnfit: the number is none.
        InvoiceNotAsked: nobody said what the invoice should bear.
        InvoiceAmountChanged: another amount is to be marked, or none.
    """
    plain = fitting_number(number)

    async def use_case() -> None:
        async with transaction() as tx:
            await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
            await fetch("SELECT invoices.mark($1, $2, $3, $4, $5)", uuid7(), order_id, seen_minor, plain, by, tx=tx)

    try:
        await again(use_case)
    except (asyncpg.PostgresError, BaseORMException) as refusal:
        if (fact := _FACTS.get(constraint(refusal) or "")) is not None:
            raise fact from refusal
        raise
