"""Scenes that are being set up: saved step by step, by whoever looks after them, until they are put forward.

What a draft says is the views' business; here it is kept, once for every revision, and power is asked for each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app.foundation import approvals, identity
from app.foundation.approvals import Approval
from app.foundation.identity import Role
from app.gateways.database import Row, Tx, constraint, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7
from app.scenarios.drafting import Draft, draft, redraft
from app.scenarios.errors import (
    OrganiserUnverified,
    ScenarioPublished,
    SceneDraftChanged,
    SceneDraftsTooMany,
    SceneDraftTooLarge,
    SceneDraftUnknown,
    SceneDraftWaits,
)
from app.scenarios.publishing import KIND, propose_within
from app.scenarios.rules import Phase, ScenarioState, phase

DRAFTS_MOST: Final = 100
"""Of one organisation, discarded ones and scenes that opened aside."""


class DraftState(StrEnum):
    """How far it is."""

    DRAFT = "draft"
    """Being filled in; nobody but its organisation sees it."""
    WAITING = "waiting"
    """A reviewer of the platform has it."""
    RETURNED = "returned"
    """The reviewer said no, with a reason; it may be changed and put forward again."""
    OPEN = "open"
    """On sale, or will be on its first day."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """A draft as it was saved last, and what became of it."""

    id: UUID
    organisation_id: UUID
    content: Mapping[str, Any]
    revision: int
    gift_id: UUID
    scenario_id: UUID | None
    proposed_revision: int | None
    code: str | None
    """Of its scene; None: it was never put forward."""
    state: DraftState
    made_at: datetime
    changed_at: datetime
    waits_since: datetime | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    """Why it was returned."""

    @property
    def has_changed(self) -> bool:
        """Whether something was saved after it was put forward."""
        return self.proposed_revision is not None and self.revision != self.proposed_revision


async def begin(organisation_id: UUID, content: Mapping[str, Any], *, by: UUID, draft_id: UUID | None = None) -> UUID:
    """Save a new draft; the same `draft_id` again is the same draft, and stays as it is.

    Raises:
        RoleMissing: `by` sets up no scenes of this organisation, now.
        SceneDraftsTooMany, SceneDraftTooLarge
    """
    wanted = draft_id or uuid7()
    async with transaction() as tx:
        await identity.demand_role(by, organisation_id, Role.SPONSOR, field="/organisation", tx=tx)
        known = await fetch_value("SELECT organisation_id FROM scene_draft WHERE id = $1", wanted, tx=tx)
        if known is not None:
            if known != organisation_id:
                raise SceneDraftUnknown
            return wanted
        there = await fetch_value(
            "SELECT count(*) FROM scene_draft d LEFT JOIN scenario s ON s.id = d.scenario_id WHERE d.organisation_id = $1"
            " AND d.discarded_at IS NULL AND coalesce(s.state, 'draft') = 'draft'",
            organisation_id, tx=tx,
        )  # fmt: skip
        if there >= DRAFTS_MOST:
            raise SceneDraftsTooMany(most=DRAFTS_MOST)
        with _bounded():
            await fetch(
                "INSERT INTO scene_draft (id, organisation_id, content, revision, gift_id, made_at, changed_at)"
                " VALUES ($1, $2, $3, 1, $4, clock_timestamp(), clock_timestamp()) ON CONFLICT (id) DO NOTHING",
                wanted, organisation_id, _written(content), uuid7(), tx=tx,
            )  # fmt: skip
    return wanted


async def keep(draft_id: UUID, content: Mapping[str, Any], *, revision: int, by: UUID) -> int:
    """Save what was filled in, on top of the revision it was read at; answers the new one, the same where nothing changed.

    Raises:
        SceneDraftUnknown, RoleMissing: it is nothing of `by`'s, now.
        SceneDraftChanged: somebody saved it in between.
        ScenarioPublished: its scene is open, or was.
        SceneDraftTooLarge
    """
    async with transaction() as tx:
        row = await _lock(draft_id, by=by, tx=tx)
        if row["scene_state"] not in (None, "draft"):
            raise ScenarioPublished
        if msgspec.json.decode(row["content"]) == msgspec.json.decode(_written(content)):
            return int(row["revision"])
        if row["revision"] != revision:
            raise SceneDraftChanged
        with _bounded():
            await fetch(
                "UPDATE scene_draft SET content = $2, revision = revision + 1, changed_at = clock_timestamp() WHERE id = $1",
                draft_id, _written(content), tx=tx,
            )  # fmt: skip
    return revision + 1


async def discard(draft_id: UUID, *, by: UUID) -> None:
    """Put it away; `restore` brings it back. A repeat changes nothing.

    Raises:
        SceneDraftUnknown, RoleMissing: as `keep`.
        SceneDraftWaits: a reviewer has it, or it is open.
    """
    async with transaction() as tx:
        row = await _lock(draft_id, by=by, tx=tx, is_discarded_too=True)
        waiting = row["code"] and await approvals.find_open(KIND, row["code"], tx=tx)
        if waiting or row["scene_state"] not in (None, "draft"):
            raise SceneDraftWaits
        await fetch(
            "UPDATE scene_draft SET discarded_at = clock_timestamp() WHERE id = $1 AND discarded_at IS NULL",
            draft_id,
            tx=tx,
        )


async def restore(draft_id: UUID, *, by: UUID) -> None:
    """Take up again what was discarded; a repeat changes nothing.

    Raises:
        SceneDraftUnknown, RoleMissing: as `keep`.
    """
    async with transaction() as tx:
        await _lock(draft_id, by=by, tx=tx, is_discarded_too=True)
        await fetch("UPDATE scene_draft SET discarded_at = NULL WHERE id = $1", draft_id, tx=tx)


async def put_forward(draft_id: UUID, scene: Draft, *, revision: int, by: UUID) -> tuple[UUID, Approval]:
    """Write the scene down as this revision says, and ask for it to be opened: one transaction, and the same again is what
    waits already. Answers the scene and what waits.

    Raises:
        SceneDraftUnknown, RoleMissing, SceneDraftChanged, ScenarioPublished: as `keep`.
        OrganiserUnverified: two people have not verified its organisation yet.
        NotPrintable: as `draft`.
        NotTheMaker: somebody else's other text waits.
    """
    async with transaction() as tx:
        row = await _lock(draft_id, by=by, tx=tx)
        if row["revision"] != revision:
            raise SceneDraftChanged
        if row["scene_state"] not in (None, "draft"):
            raise ScenarioPublished
        assert scene.organisation_id == row["organisation_id"], draft_id
        card = await identity.find_organisation(row["organisation_id"])
        if card is None or not card.is_verified:
            raise OrganiserUnverified
        scenario_id: UUID | None = row["scenario_id"]
        if scenario_id is None:
            scenario_id = await draft(scene, tx=tx)
        elif row["proposed_revision"] != revision:
            await redraft(scenario_id, scene, tx=tx)
        await fetch(
            "UPDATE scene_draft SET scenario_id = $2, proposed_revision = $3 WHERE id = $1",
            draft_id, scenario_id, revision, tx=tx,
        )  # fmt: skip
        return scenario_id, await propose_within(scenario_id, by=by, tx=tx)


_SELECT: Final = (
    "SELECT d.id, d.organisation_id, d.content, d.revision, d.gift_id, d.scenario_id, d.proposed_revision, d.made_at,"
    " d.changed_at, d.discarded_at, s.code, s.state AS scene_state, s.starts_on, s.ends_on"
    " FROM scene_draft d LEFT JOIN scenario s ON s.id = d.scenario_id"
)


async def find_kept(draft_id: UUID, *, by: UUID, today: date, is_discarded_too: bool = False) -> KeptDraft:
    """One draft, for whoever sets up scenes of its organisation.

    Raises:
        SceneDraftUnknown, RoleMissing: as `keep`.
    """
    row = await fetch_one(f"{_SELECT} WHERE d.id = $1", draft_id)
    if row is None or (row["discarded_at"] is not None and not is_discarded_too):
        raise SceneDraftUnknown
    await _admit(row, by=by)
    return (await _told([row], today=today))[0]


async def kept_of(organisation_ids: Sequence[UUID], *, today: date) -> list[KeptDraft]:
    """The drafts of these organisations, saved last first, with what became of each; at most two hundred."""
    rows = await fetch(
        f"{_SELECT} WHERE d.organisation_id = ANY($1::uuid[]) AND d.discarded_at IS NULL"
        " ORDER BY d.changed_at DESC, d.id LIMIT 200",
        list(organisation_ids),
    )  # fmt: skip
    return await _told(rows, today=today)


async def _lock(draft_id: UUID, *, by: UUID, tx: Tx, is_discarded_too: bool = False) -> Row:
    """The row, for somebody who sets up scenes of its organisation."""
    row = await fetch_one(
        "SELECT d.*, s.code, s.state AS scene_state FROM scene_draft d LEFT JOIN scenario s ON s.id = d.scenario_id"
        " WHERE d.id = $1 FOR NO KEY UPDATE OF d",
        draft_id, tx=tx,
    )  # fmt: skip
    if row is None or (row["discarded_at"] is not None and not is_discarded_too):
        raise SceneDraftUnknown
    await _admit(row, by=by, tx=tx)
    return row


async def _admit(row: Row, *, by: UUID, tx: Tx | None = None) -> None:
    if not await identity.acts_for(by, row["organisation_id"], tx=tx):
        raise SceneDraftUnknown
    await identity.demand_role(by, row["organisation_id"], Role.SPONSOR, tx=tx)


async def _told(rows: Sequence[Row], *, today: date) -> list[KeptDraft]:
    said = await approvals.find_latest(KIND, [row["code"] for row in rows if row["code"]])
    return [_kept(row, said.get(row["code"]), today=today) for row in rows]


def _kept(row: Row, said: Approval | None, *, today: date) -> KeptDraft:
    is_waiting = said is not None and said.state is approvals.State.PROPOSED
    return KeptDraft(
        id=row["id"],
        organisation_id=row["organisation_id"],
        content=msgspec.json.decode(row["content"]),
        revision=row["revision"],
        gift_id=row["gift_id"],
        scenario_id=row["scenario_id"],
        proposed_revision=row["proposed_revision"],
        code=row["code"],
        state=_state(row, said, today=today),
        made_at=row["made_at"],
        changed_at=row["changed_at"],
        waits_since=said.proposed_at if said and is_waiting else None,
        decided_at=said.decided_at if said else None,
        reason=said.reason if said and said.state is approvals.State.RETURNED else None,
    )


def _state(row: Row, said: Approval | None, *, today: date) -> DraftState:
    if row["scene_state"] in (ScenarioState.PUBLISHED, ScenarioState.CLOSED):
        now = phase(ScenarioState(row["scene_state"]), row["starts_on"], row["ends_on"], today=today)
        return DraftState.ENDED if now is Phase.OVER else DraftState.OPEN
    match said.state if said else None:
        case approvals.State.PROPOSED:
            return DraftState.WAITING
        case approvals.State.RETURNED:
            return DraftState.RETURNED
        case _:
            return DraftState.DRAFT


def _written(content: Mapping[str, Any]) -> str:
    return msgspec.json.encode(content).decode()


class _bounded:  # noqa: N801 - used as a word: with _bounded()
    """What PostgreSQL refuses of a draft's content, in words."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: object) -> None:
        if isinstance(fault, IntegrityError) and constraint(fault) == "scene_draft_content_check":
            raise SceneDraftTooLarge from fault
