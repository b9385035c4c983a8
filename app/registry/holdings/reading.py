"""Reading who holds what."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.gateways.database import Tx, fetch
from app.registry.credits import Programme
from app.registry.holdings.rules import PLATFORM, Account, OpenLot


@dataclass(frozen=True, slots=True)
class Holding:
    """The grams a holder has of one lot, free of reservations."""

    programme: Programme
    lot_id: int
    mass_g: int


async def balances(account: Account, *, tx: Tx | None = None) -> list[Holding]:
    """What the holder has, by programme and lot, the oldest vintage first; lots with nothing left are absent.

    For the platform this is its whole stock, also what may not be sold now.
    """
    rows = await fetch(
        "SELECT l.programme, l.id, a.balance FROM credit_lot l"
        " JOIN ledger_account a ON a.path = holdings.account($1, l.id) AND a.unit = 'g:' || l.id"
        " WHERE a.balance > 0 ORDER BY l.programme, l.vintage_end, l.id",
        str(account), tx=tx,
    )  # fmt: skip
    return [Holding(Programme(row["programme"]), row["id"], row["balance"]) for row in rows]


async def open_lots(account: Account, programmes: Iterable[Programme], *, tx: Tx | None = None) -> list[OpenLot]:
    """The lots from which the holder may give: of the platform only what may be sold now, of others all they have.

    A lot that holds tonnes of another gives to nobody until two people have decided.
    """
    rows = await fetch(
        f"SELECT l.id, l.programme, l.vintage_end, a.balance AS open_g FROM {giving(account)}"
        " WHERE l.programme = ANY($2::text[]) AND a.balance > 0",
        str(account), [programme.value for programme in programmes], tx=tx,
    )  # fmt: skip
    return [OpenLot(row["id"], Programme(row["programme"]), row["vintage_end"], row["open_g"]) for row in rows]


def giving(account: Account) -> str:
    """The lots `l` and accounts `a` that a holder, named by $1, may give from."""
    lots = "credit_sellable_lot" if account == PLATFORM else "credit_standing_lot"
    return f"{lots} l JOIN ledger_account a ON a.path = holdings.account($1, l.id) AND a.unit = 'g:' || l.id"
