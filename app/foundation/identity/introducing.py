"""Who a party is, as far as anybody may know."""

from collections.abc import Iterable
from uuid import UUID

from app.foundation.identity.rules import PartyCard, PartyKind
from app.gateways.database import Tx, fetch
from app.kernel.text import Text


async def introduce(party_ids: Iterable[UUID], *, tx: Tx | None = None) -> dict[UUID, PartyCard]:
    """The card of each of these persons and organisations that exists, by id; one query."""
    rows = await fetch(
        "SELECT p.id, p.kind, o.name_zh, o.name_en, o.is_verified FROM party p LEFT JOIN organisation o ON o.id = p.id"
        " WHERE p.id = ANY($1::uuid[])",
        list(set(party_ids)), tx=tx,
    )  # fmt: skip
    return {
        row["id"]: PartyCard(
            row["id"],
            PartyKind(row["kind"]),
            Text(zh=row["name_zh"], en=row["name_en"]) if row["name_zh"] is not None else None,
            is_verified=bool(row["is_verified"]),
        )
        for row in rows
    }
