"""Asking the channel about a payment or refund that only one of both knows, then comparing again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.commerce import payments
from app.commerce.bills.comparing import compare_open
from app.commerce.bills.errors import DifferenceClosed, DifferenceNotAsked, DifferenceUnknown
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.channels.base import Channel
from app.gateways.database import fetch, fetch_one, transaction
from app.gateways.patience import ask_each
from app.kernel.errors import Unavailable


async def ask_due(*, channels: Mapping[str, Channel], limit: int = 50) -> int:
    """Ask about the open differences whose time to be asked has come; answers how many.

    A lost payment is paid by the ordinary path, and its difference is settled by the comparing that follows.
    """
    rows = [row for row in await fetch("SELECT * FROM bills.take_asks($1)", limit) if row["channel"] in channels]

    async def one(row: dict[str, Any]) -> None:
        await _ask(row, channels=channels)

    await ask_each(rows, one, far_side=lambda row: row["channel"], what="bills_asked")
    for channel in {row["channel"] for row in rows}:
        await compare_open(channel)
    return len(rows)


async def ask_about(difference_id: UUID, *, by: UUID, channels: Mapping[str, Channel]) -> str:
    """A person of finance asks now; answers the channel's word.

    Raises:
        RoleMissing: `by` is nobody of the platform's finance, now.
        DifferenceUnknown, DifferenceClosed: see there.
        DifferenceNotAsked: it is no payment or refund of ours, or of another nature.
        Unavailable: the channel could not be reached, or was silent.
    """
    async with transaction() as tx:
        await identity.demand_platform_role(by, Role.FINANCE, tx=tx)
    row = await fetch_one("SELECT * FROM bills.take_asks(1, $1)", difference_id)
    if row is None or row["channel"] not in channels:
        known = await fetch_one("SELECT state FROM bill_difference WHERE id = $1", difference_id)
        if known is None:
            raise DifferenceUnknown
        raise DifferenceNotAsked if known["state"] == "open" else DifferenceClosed
    word = await _ask(row, channels=channels)
    await compare_open(row["channel"])
    return word


async def _ask(row: dict[str, Any], *, channels: Mapping[str, Channel]) -> str:
    try:
        if row["refund_id"] is not None:
            word = await payments.ask_refund_again(row["refund_id"], channels=channels)
        else:
            word = await payments.ask_again(row["payment_id"], channels=channels)
    except Unavailable:
        await fetch("SELECT bills.record_difference_answer($1, 'SILENT')", row["id"])
        raise
    await fetch("SELECT bills.record_difference_answer($1, $2)", row["id"], word)
    return word
