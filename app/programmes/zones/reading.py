"""Reading zones: what each is now, and in which one a scene is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value
from app.programmes.zones.document_rules import ZoneDocument
from app.programmes.zones.errors import ZoneUnknown

_document = msgspec.json.Decoder(ZoneDocument)
_ZONES: Final = (
    "SELECT z.id, z.slug, z.owner_id, z.account_id, z.created_at, e.version, e.document, e.document_sha256, e.published_at"
    " FROM zone z JOIN LATERAL (SELECT * FROM zone_edition e WHERE e.zone_id = z.id ORDER BY e.version DESC LIMIT 1) AS e"
    " ON true"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A zone as its newest edition says."""

    id: UUID
    slug: str
    owner_id: UUID
    """The organisation that answers for it."""
    account_id: UUID
    """Where what is given to it lies: `zone:<slug>`."""
    version: int
    document: ZoneDocument
    sha256: str
    """Of the document, as the database prints it."""
    created_at: datetime
    published_at: datetime
    """When this version was agreed to."""


async def find(slug: str, *, tx: Tx | None = None) -> Zone:
    """The zone of this slug as it is now.

    Raises:
        ZoneUnknown: there is none.
    """
    row = await fetch_one(f"{_ZONES} WHERE z.slug = $1", slug, tx=tx)
    if row is None:
        raise ZoneUnknown
    return _zone(row)


async def find_by_id(zone_id: UUID, *, tx: Tx | None = None) -> Zone:
    """The zone of this id as it is now.

    Raises:
        ZoneUnknown: there is none.
    """
    row = await fetch_one(f"{_ZONES} WHERE z.id = $1", zone_id, tx=tx)
    if row is None:
        raise ZoneUnknown
    return _zone(row)


async def of_scene(scene_id: UUID, *, tx: Tx | None = None) -> Zone | None:
    """The zone that this scene is in; None: in none."""
    row = await fetch_one(f"{_ZONES} JOIN zone_scene s ON s.zone_id = z.id WHERE s.scene_id = $1", scene_id, tx=tx)
    return _zone(row) if row else None


async def scenes_of(zone_id: UUID, *, tx: Tx | None = None) -> list[UUID]:
    """The scenes of a zone, in the order in which they came into it."""
    rows = await fetch("SELECT scene_id FROM zone_scene WHERE zone_id = $1 ORDER BY added_at, scene_id", zone_id, tx=tx)
    return [row["scene_id"] for row in rows]


async def list_all(*, limit: int = 100) -> list[Zone]:
    """The zones, the newest first."""
    return [_zone(row) for row in await fetch(f"{_ZONES} ORDER BY z.created_at DESC, z.slug LIMIT $1", limit)]


async def list_of(owner_ids: Collection[UUID]) -> list[Zone]:
    """The zones that these organisations answer for, the newest first."""
    rows = await fetch(
        f"{_ZONES} WHERE z.owner_id = ANY($1::uuid[]) ORDER BY z.created_at DESC, z.slug", list(owner_ids)
    )
    return [_zone(row) for row in rows]


async def count_all() -> int:
    """How many zones there are."""
    return int(await fetch_value("SELECT count(*) FROM zone"))


def _zone(row: Row) -> Zone:
    return Zone(
        id=row["id"],
        slug=row["slug"],
        owner_id=row["owner_id"],
        account_id=row["account_id"],
        version=row["version"],
        document=_document.decode(row["document"]),
        sha256=bytes(row["document_sha256"]).hex(),
        created_at=row["created_at"],
        published_at=row["published_at"],
    )
