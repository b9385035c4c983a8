"""A payment's row as its channel may be asked about it."""

from typing import Final

import msgspec

from app.gateways.channels.base import Opening, Trade
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
