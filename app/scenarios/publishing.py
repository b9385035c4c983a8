"""Drafting, publishing and closing scenes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from app.foundation import audit, fonts, identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import random_code, uuid7
from app.kernel.text import Text
from app.scenarios.errors import ScenarioUnknown
from app.scenarios.rules import ScenarioKind, Setup

_FRESH_CODE_TRIES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A scene as its organiser describes it."""

    kind: ScenarioKind
    title: Text
    organiser: Text
    organisation_id: UUID | None
    starts_on: date
    ends_on: date
    setup: Setup
    code: str | None = None
    """Chosen by us where None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as the annual report's annex prints it."""

    number: int
    name: str
    organiser: str
    kind: ScenarioKind
    printed_kind: str
    mass_g: int
    month: str
    """YYYY-MM of its retirement."""


async def draft(scene: Draft) -> UUID:
    """Write a draft down; its code is random unless the draft names a free one.

    Raises:
        NotPrintable: a title or an organiser that no certificate could show.
    """
    await fonts.demand(
        {
            "/title_zh": scene.title.zh,
            "/title_en": scene.title.en,
            "/organiser_zh": scene.organiser.zh,
            "/organiser_en": scene.organiser.en,
        }
    )
    for _ in range(_FRESH_CODE_TRIES):
        id_ = await fetch_value(
            "INSERT INTO scenario (id, code, kind, state, organisation_id, organiser_zh, organiser_en, title_zh,"
            " title_en, starts_on, ends_on, setup, created_at)"
            " VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())"
            " ON CONFLICT ON CONSTRAINT scenario_code_key DO NOTHING RETURNING id",
            uuid7(), scene.code or random_code(6), scene.kind.value, scene.organisation_id, scene.organiser.zh,
            scene.organiser.en, scene.title.zh, scene.title.en, scene.starts_on, scene.ends_on,
            msgspec.json.encode(scene.setup).decode(),
        )  # fmt: skip
        if id_ is not None:
            return UUID(str(id_))
        if scene.code is not None:
            break
    raise AssertionError("no free code")


async def publish(scenario_id: UUID, *, by: UUID) -> str:
    """Open a draft to whoever scans its code; answers the code. A published scene stays as it is.

    Raises:
        RoleMissing: `by` opens no scenes of its organiser, now.
        ScenarioUnknown: there is none, or it is closed.
    """
    return await _move(scenario_id, "published", {"draft", "published"}, by=by)


async def close(scenario_id: UUID, *, by: UUID) -> None:
    """End a published scene for good; a repeat changes nothing.

    Raises:
        RoleMissing: `by` closes no scenes of its organiser, now.
        ScenarioUnknown: there is none, or it is a draft.
    """
    await _move(scenario_id, "closed", {"published", "closed"}, by=by)


async def _move(scenario_id: UUID, state: str, before: Collection[str], *, by: UUID) -> str:
    """Its organiser's sponsors may, and the platform's own operators."""
    async with transaction() as tx:
        row = await fetch_one(
            "SELECT code, state, organisation_id FROM scenario WHERE id = $1 FOR UPDATE", scenario_id, tx=tx
        )
        organisation_id = row["organisation_id"] if row else None
        if organisation_id is None or not await identity.acts_for(by, organisation_id, Role.SPONSOR, tx=tx):
            await identity.demand_platform_role(by, Role.OPERATOR, tx=tx)
        if row is None or row["state"] not in before:
            raise ScenarioUnknown
        if row["state"] != state:
            await fetch("UPDATE scenario SET state = $2 WHERE id = $1", scenario_id, state, tx=tx)
            await audit.record(
                f"scene.{state}", row["code"], before={"state": row["state"]}, after={"state": state}, by=by, tx=tx
            )
    return str(row["code"])


async def import_case(case: Case) -> bool:
    """Write a closed public case down; False where its number is known already."""
    row = await fetch_one(
        "INSERT INTO scenario (id, code, kind, state, organiser_zh, organiser_en, title_zh, title_en, reported_no,"
        " reported_kind, reported_month, reported_mass_g, created_at)"
        " VALUES ($1, $2, $3, 'closed', $4, $4, $5, $5, $6, $7, $8, $9, clock_timestamp())"
        " ON CONFLICT ON CONSTRAINT scenario_reported_no_key DO NOTHING RETURNING id",
        uuid7(), random_code(7), case.kind.value, case.organiser, case.name, case.number, case.printed_kind,
        case.month, case.mass_g,
    )  # fmt: skip
    return row is not None
