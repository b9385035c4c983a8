"""Methodologies: taking one off sale from a day on, and back."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app import audit, identity, outbox
from app.credits.errors import MethodologyUnknown, SuspensionUnfit
from app.credits.events import MethodologyResumed, MethodologySuspended
from app.credits.rules import Programme
from app.gateways.database import Tx, fetch, transaction
from app.identity import Role
from app.kernel.text import Text

_TEXT_MOST = 500
KEEPING: Final = (Role.OPERATOR, Role.REVIEWER)
"""Who takes methodologies off sale, and back."""


@dataclass(frozen=True, slots=True)
class Methodology:
    """A method of one programme, and whether its lots may be sold."""

    programme: Programme
    code: str
    name: Text
    suspended_from: date | None
    """The first day without new sales, in Beijing; None: in force."""
    note: Text
    """Why, for the public; empty while in force."""
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """That a methodology is suspended, as somebody announced it."""

    programme: Programme
    code: str
    suspended_from: date
    note: Text
    source: str
    name: Text | None = None
    """None keeps the name it has; a methodology nobody has named yet gets its code."""


async def suspend_methodology(suspension: Suspension, *, by: UUID) -> None:
    """Sell no lot of this methodology from `suspended_from` on (that day included, in Beijing).

    What was retired stays retired, what is reserved may still be delivered. A methodology without a project yet
    is written down, so that a lot that comes later is not sold either. Repeated it changes nothing; another day
    or note replaces the first.

    Raises:
        RoleMissing: `by` keeps no methodologies, now.
        SuspensionUnfit: code, note or source is missing or too long.
    """
    await identity.demand_house_role(by, *KEEPING)
    _check(suspension)
    name = suspension.name or Text(zh="", en="")
    async with transaction() as tx:
        before = await _state(suspension.programme, suspension.code, tx=tx)
        changed = await fetch(
            "INSERT INTO credit_methodology AS m"
            " (id, programme, code, name_zh, name_en, suspended_from, note_zh, note_en, source)"
            " VALUES (gen_random_uuid(), $1, $2::text, coalesce(nullif($3::text, ''), $2::text),"
            " coalesce(nullif($4::text, ''), $2::text), $5, $6, $7, $8)"
            " ON CONFLICT ON CONSTRAINT credit_methodology_programme_code_key DO UPDATE SET"
            " name_zh = coalesce(nullif($3::text, ''), m.name_zh),"
            " name_en = coalesce(nullif($4::text, ''), m.name_en),"
            " suspended_from = excluded.suspended_from, note_zh = excluded.note_zh, note_en = excluded.note_en,"
            " source = excluded.source"
            " WHERE (m.suspended_from, m.note_zh, m.note_en, m.source)"
            " IS DISTINCT FROM (excluded.suspended_from, excluded.note_zh, excluded.note_en, excluded.source)"
            " RETURNING id",
            suspension.programme.value, suspension.code, name.zh, name.en, suspension.suspended_from,
            suspension.note.zh, suspension.note.en, suspension.source, tx=tx,
        )  # fmt: skip
        if changed:
            event = MethodologySuspended(
                programme=suspension.programme.value,
                methodology=suspension.code,
                suspended_from=suspension.suspended_from,
            )
            await outbox.record(event, tx=tx)
            await _tell("methodology.suspended", suspension.programme, suspension.code, before, by=by, tx=tx)


async def resume_methodology(programme: Programme, code: str, *, source: str, by: UUID) -> None:
    """Let its lots be sold again; `source` says who decided it. Repeated it changes nothing.

    Raises:
        RoleMissing: `by` keeps no methodologies, now.
        MethodologyUnknown: the programme has none of this code.
        SuspensionUnfit: no source.
    """
    await identity.demand_house_role(by, *KEEPING)
    if not source.strip() or len(source) > _TEXT_MOST:
        raise SuspensionUnfit(field="/source")
    async with transaction() as tx:
        known = await fetch(
            "SELECT suspended_from FROM credit_methodology WHERE programme = $1 AND code = $2 FOR UPDATE",
            programme.value, code, tx=tx,
        )  # fmt: skip
        if not known:
            raise MethodologyUnknown(programme=programme.value, methodology=code)
        if known[0]["suspended_from"] is None:
            return
        before = await _state(programme, code, tx=tx)
        await fetch(
            "UPDATE credit_methodology SET suspended_from = NULL, note_zh = '', note_en = '', source = $3"
            " WHERE programme = $1 AND code = $2",
            programme.value, code, source, tx=tx,
        )  # fmt: skip
        await outbox.record(MethodologyResumed(programme=programme.value, methodology=code), tx=tx)
        await _tell("methodology.resumed", programme, code, before, by=by, tx=tx)


async def list_methodologies(programme: Programme | None = None) -> list[Methodology]:
    """Every methodology we know, by programme and code."""
    rows = await fetch(
        "SELECT programme, code, name_zh, name_en, suspended_from, note_zh, note_en, source FROM credit_methodology"
        " WHERE $1::text IS NULL OR programme = $1 ORDER BY programme, code",
        programme.value if programme else None,
    )  # fmt: skip
    return [
        Methodology(
            programme=Programme(row["programme"]),
            code=row["code"],
            name=Text(zh=row["name_zh"], en=row["name_en"]),
            suspended_from=row["suspended_from"],
            note=Text(zh=row["note_zh"], en=row["note_en"]),
            source=row["source"],
        )
        for row in rows
    ]


async def _state(programme: Programme, code: str, *, tx: Tx) -> dict[str, object] | None:
    rows = await fetch(
        "SELECT suspended_from, note_zh, note_en, source FROM credit_methodology WHERE programme = $1 AND code = $2",
        programme.value, code, tx=tx,
    )  # fmt: skip
    return dict(rows[0]) if rows else None


async def _tell(
    action: str, programme: Programme, code: str, before: dict[str, object] | None, *, by: UUID, tx: Tx
) -> None:
    after = await _state(programme, code, tx=tx)
    await audit.record(action, f"{programme.value} {code}", before=before, after=after, by=by, tx=tx)


def _check(suspension: Suspension) -> None:
    code, note = suspension.code, suspension.note
    if not code.strip() or len(code) > 64 or not code.isprintable():
        raise SuspensionUnfit(field="/code")
    for field, text in (("/note_zh", note.zh), ("/note_en", note.en), ("/source", suspension.source)):
        if not text.strip() or len(text) > _TEXT_MOST:
            raise SuspensionUnfit(field=field)
