"""A payment's or refund's row as its channel may be asked about it."""

from typing import Final

import msgspec

from app.gateways.channels.base import Opening, Refund, Trade
from app.gateways.database import Row
from app.kernel.money import Currency

COLUMNS: Final = "channel, reference, method, amount_minor, currency, expires_at, opening"


def trade_of(row: Row) -> Trade:
    """The trade of a row with `COLUMNS`."""
    opening = msgspec.json.decode(row["opening"], type=Opening) if row["opening"] else None
    return Trade(
        reference=row["reference"],
        theirs=opening.theirs if opening else None,
        method=row["method"],
        amount_minor=row["amount_minor"],
        currency=Currency(row["currency"]),
        expires_at=row["expires_at"],
    )


REFUND_COLUMNS: Final = (
    "r.reference AS refund_reference, r.amount_minor, r.cause, r.state, p.channel, p.reference, p.transaction_id,"
    " p.amount_minor AS total_minor, p.currency"
)


def refund_of(row: Row) -> Refund:
    """The refund of a row with `REFUND_COLUMNS`, of `payment_refund r` and its `payment p`."""
    return Refund(
        reference=row["reference"],
        transaction_id=row["transaction_id"],
        refund_reference=row["refund_reference"],
        refund_minor=row["amount_minor"],
        total_minor=row["total_minor"],
        currency=Currency(row["currency"]),
        reason=row["cause"].partition(":")[0],
    )
