"""Turns: lined up by consent, released or hidden by whoever looks at names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.foundation.identity import Keyring
from app.gateways.database import Tx, fetch, fetch_as, fetch_one
from app.programmes.wall.errors import ConsentMissing, NotForWall, WallClosed
from app.programmes.wall.names import names_of
from app.programmes.wall.rules import Because, Moderation
from app.programmes.wall.waking import nudge


async def line_up(certificate_ids: Sequence[UUID], *, version: int, tx: Tx | None = None) -> list[UUID]:
    """Line up the holders of these certificates who agree to the text of `version`; answers those newly lined up.

    Passed over: a scene without an open screen, somebody who did not agree, an organisation, restoration, and a cause that
    has its turn, so a repeat does nothing.
    """
    if not certificate_ids:
        return []
    rows = await fetch("SELECT line_up AS id FROM wall.line_up($1, $2)", list(certificate_ids), version, tx=tx)
    return [row["id"] for row in rows]


async def ask(certificate_id: UUID, *, version: int) -> None:
    """Its holder wants their certificate on the screen, and has agreed to `version`. Repeated: it has its turn.

    Raises:
        WallClosed: its scene has no open screen.
        NotForWall: it is never shown.
        ConsentMissing: they have not agreed.
    """
    if await line_up([certificate_id], version=version):
        nudge()
        return
    offered = await offer(certificate_id)
    if not offered.is_open:
        raise WallClosed
    if not offered.is_fit:
        raise NotForWall
    if not offered.has_turn:
        raise ConsentMissing


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Whether a certificate can be shown."""

    is_open: bool
    """Its scene has a screen that takes people."""
    is_fit: bool
    """It is a person's own, and nothing that was ordered."""
    has_turn: bool


async def offer(certificate_id: UUID) -> Offer:
    """Whether this certificate can be shown on the screen of its scene."""
    found = await fetch_as(
        Offer,
        "SELECT EXISTS (SELECT FROM wall_turn t WHERE t.cause = c.cause) AS has_turn,"
        " EXISTS (SELECT FROM wall_scene w WHERE w.scenario_id = c.scenario_id AND w.is_open) AS is_open,"
        " coalesce(k.purpose NOT IN ('judicial', 'administrative') AND p.kind = 'person' AND s.kind <> 'restoration', false)"
        " AS is_fit FROM certificate c JOIN party p ON p.id = c.holder_id LEFT JOIN claim k ON k.id = c.claim_id"
        " LEFT JOIN scenario s ON s.id = c.scenario_id WHERE c.id = $1",
        certificate_id,
    )
    return found[0] if found else Offer(is_open=False, is_fit=False, has_turn=False)


async def release(causes: Sequence[str]) -> list[str]:
    """These may be shown: whoever checks names and pictures says so. Answers those that waited for it."""
    if not causes:
        return []
    rows = await fetch("SELECT release AS cause FROM wall.release($1)", list(causes))
    nudge()
    return [row["cause"] for row in rows]


async def hide(cause: str, *, because: Because = Because.HIDDEN) -> bool:
    """Take a turn off every screen, or out of the line, for good; whether this did it. Repeated: nothing happens."""
    row = await fetch_one("SELECT wall.hide($1, $2) AS done", cause, because.value)
    assert row is not None
    nudge()
    return bool(row["done"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A turn as whoever looks after the scene sees it."""

    id: int
    cause: str
    no: int
    name: str | None
    mass_g: int
    moderation: Moderation
    because: Because | None
    asked_at: datetime
    show_from: datetime | None


async def list_turns(scene_id: int, *, keyring: Keyring, limit: int = 20) -> list[Listed]:
    """The last turns of a scene: those that wait for somebody to look first, then the newest."""
    rows = await fetch(
        "SELECT t.id, t.cause, t.no, t.moderation, t.hidden_because, t.asked_at, t.show_from, t.person_id, c.name_sealed,"
        " r.mass_g FROM wall_turn t JOIN certificate c ON c.id = t.certificate_id"
        " JOIN retirement r ON r.id = c.retirement_id"
        " WHERE t.scene_id = $1 ORDER BY t.moderation = 'waiting' DESC, t.id DESC LIMIT $2",
        scene_id, limit,
    )  # fmt: skip
    names = await names_of(rows, keyring)
    return [
        Listed(
            id=row["id"],
            cause=row["cause"],
            no=row["no"],
            name=name,
            mass_g=row["mass_g"],
            moderation=Moderation(row["moderation"]),
            because=Because(row["hidden_because"]) if row["hidden_because"] else None,
            asked_at=row["asked_at"],
            show_from=row["show_from"],
        )
        for row, name in zip(rows, names, strict=True)
    ]
