"""Money that waited is earned: each sale under a cause of its own, all of a set in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.gateways.database import Tx
from app.kernel.money import Currency
from app.registry import ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One subject that is sold for what was paid for it."""

    subject: str
    amount_minor: int
    currency: Currency


def sale_cause(subject: str) -> str:
    """The cause under which the ledger has the sale of a subject; the row that is sold keeps it."""
    return f"sale:{subject}"


async def sell(sales: Sequence[Sale], *, tx: Tx) -> None:
    """Post these sales, `prepaid` to `sales`; a repeat changes nothing.

    The rows must say before that they are sold, for which amount and under which cause: PostgreSQL asks their room, and
    refuses more than was paid.
    """
    await ledger.post_many(
        [
            ledger.Transfer(
                cause=sale_cause(sale.subject),
                kind="sale",
                legs=(
                    ledger.Leg("prepaid", sale.currency, -sale.amount_minor),
                    ledger.Leg("sales", sale.currency, sale.amount_minor),
                ),
            )
            for sale in sales
        ],
        tx=tx,
    )
