"""Reading the books."""

from collections.abc import Iterable

from app.gateways.database import Tx, fetch


async def balances(paths: Iterable[str], *, unit: str, tx: Tx | None = None) -> dict[str, int]:
    """The balance of each open account of `paths` in `unit`; an account that is not open is absent, not zero."""
    rows = await fetch(
        "SELECT path, balance FROM ledger_account WHERE unit = $1 AND path = ANY($2::text[])", unit, list(paths), tx=tx
    )
    return {row["path"]: row["balance"] for row in rows}


async def totals() -> dict[str, int]:
    """The sum of all balances of each unit; every one of them is zero, or the books are broken."""
    rows = await fetch("SELECT unit, sum(balance)::bigint AS total FROM ledger_account GROUP BY unit ORDER BY unit")
    return {row["unit"]: row["total"] for row in rows}
