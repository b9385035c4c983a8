"""Grams that were bought go into the account they were bought for."""

from collections.abc import Mapping

from app.gateways.database import Tx
from app.registry.holdings.calling import call
from app.registry.holdings.rules import Account


async def deliver(targets: Mapping[str, Account], *, reason: str, actor: str | None = None, tx: Tx) -> set[str]:
    """Move what is held for these causes into these accounts, set-based; answers those that were held.

    Each is a line of the journal of transfers under its cause, once: what was delivered, used or given back before is
    passed over.

    Raises:
        AccountUnknown: an account has no row.
    """
    rows = await call(
        "SELECT cause FROM holdings.deliver($1::text[], $2::text[], $3, $4)",
        list(targets), [str(account) for account in targets.values()], reason, actor,
        cause=next(iter(targets), ""), tx=tx,
    )  # fmt: skip
    return {row["cause"] for row in rows}
