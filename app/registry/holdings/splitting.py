"""What was set aside for a set of people is set aside for each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.gateways.database import Tx
from app.kernel.ids import uuid7
from app.registry.holdings.calling import call
from app.registry.holdings.rules import Portion


@dataclass(frozen=True, slots=True)
class Piece:
    """What one cause gets of the reservation of another."""

    whole: str
    """The cause that is split."""
    cause: str
    portions: tuple[Portion, ...]


async def split(pieces: Sequence[Piece], *, tx: Tx) -> set[str]:
    """Split reservations into these pieces, set-based; no gram moves. Answers the causes that are held now.

    The pieces of a whole are all of it, lot by lot, or PostgreSQL refuses. One that is not held any more, as when it was
    split before, is passed over with its pieces.
    """
    if not pieces:
        return set()
    lines = [(no, portion) for no, piece in enumerate(pieces, start=1) for portion in piece.portions]
    rows = await call(
        "SELECT cause FROM holdings.split($1, $2, $3, $4, $5, $6)",
        [piece.whole for piece in pieces],
        [uuid7() for _ in pieces],
        [piece.cause for piece in pieces],
        [no for no, _ in lines],
        [portion.lot_id for _, portion in lines],
        [portion.mass_g for _, portion in lines],
        cause=pieces[0].cause,
        tx=tx,
    )
    return {row["cause"] for row in rows}
