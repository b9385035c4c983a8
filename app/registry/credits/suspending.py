"""Methodologies: taking one off sale from a day on, and back."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.foundation import approvals, audit, identity, outbox
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import Tx, fetch, fetch_value, transaction
from app.kernel.text import Text
from app.registry.credits.errors import MethodologyUnknown, SuspensionUnfit
from app.registry.credits.events import MethodologyResumed, MethodologySuspended
from app.registry.credits.rules import Programme

_TEXT_MOST = 500
KEEPING: Final = (Role.OPERATOR, Role.REVIEWER)
"""Who proposes to take methodologies off sale, and back."""
METHODOLOGY_KIND: Final = "methodology"
"""Of the approvals, whose subject is programme and code."""


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


async def propose_suspension(suspension: Suspension, *, by: UUID) -> Approval:
    """Propose to sell no lot of this methodology from `suspended_from` on (that day included, in Beijing).

    What was retired stays retired, what is reserved may still be delivered. A methodology without a project yet
    is written down with the decision, so that a lot that comes later is not sold either.

    Raises:
        RoleMissing: `by` keeps no methodologies, now.
        SuspensionUnfit: code, note or source is missing or too long.
        ApprovalPending: another decision about it waits.
    """
    await identity.demand_platform_role(by, *KEEPING)
    _check(suspension)
    name = suspension.name or Text(zh="", en="")
    return await _propose(
        suspension.programme,
        suspension.code,
        {
            "suspended_from": suspension.suspended_from,
            "note_zh": suspension.note.zh,
            "note_en": suspension.note.en,
            "source": suspension.source,
            "name_zh": name.zh,
            "name_en": name.en,
        },
        by=by,
    )


async def propose_resuming(programme: Programme, code: str, *, source: str, by: UUID) -> Approval:
    """Propose that its lots are sold again; `source` says who decided it.

    Raises:
        RoleMissing: `by` keeps no methodologies, now.
        MethodologyUnknown: the programme has none of this code.
        SuspensionUnfit: no source.
        ApprovalPending: another decision about it waits.
    """
    await identity.demand_platform_role(by, *KEEPING)
    if not source.strip() or len(source) > _TEXT_MOST:
        raise SuspensionUnfit(field="/source")
    if await _state(programme, code) is None:
        raise MethodologyUnknown(programme=programme.value, methodology=code)
    more: dict[str, object] = {
        "suspended_from": None,
        "note_zh": "",
        "note_en": "",
        "source": source,
        "name_zh": "",
        "name_en": "",
    }
    return await _propose(programme, code, more, by=by)


async def approve_methodology(approval_id: UUID, *, seen: str, by: UUID) -> None:
    """Let it be suspended, or sold again, as it was proposed; what changed is written down (`audit`).

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, ApprovalRoleMissing: of `approvals.approve`.
    """
    async with transaction() as tx:
        approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
        said = approved.said()
        programme, code = Programme(said["programme"]), said["code"]
        before = await _state(programme, code, tx=tx)
        if not await fetch_value("SELECT credits.decide_methodology($1)", approved.id, tx=tx):
            return
        day = said["suspended_from"]
        event = (
            MethodologySuspended(programme=programme.value, methodology=code, suspended_from=date.fromisoformat(day))
            if day
            else MethodologyResumed(programme=programme.value, methodology=code)
        )
        await outbox.record(event, tx=tx)
        assert approved.maker_id is not None, "somebody proposed it"
        action = "methodology.suspended" if day else "methodology.resumed"
        await _tell(action, programme, code, before, by=approved.maker_id, tx=tx)


async def _propose(programme: Programme, code: str, more: dict[str, object], *, by: UUID) -> Approval:
    payload = {"programme": programme.value, "code": code} | more
    wanted = Proposal(subject=f"{programme.value} {code}", payload=payload)
    async with transaction() as tx:
        return await approvals.propose(METHODOLOGY_KIND, wanted, by=by, tx=tx)


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


async def _state(programme: Programme, code: str, *, tx: Tx | None = None) -> dict[str, object] | None:
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
