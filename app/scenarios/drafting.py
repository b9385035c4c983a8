"""Drafting scenes, and taking over the report's cases."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from app.foundation import fonts
from app.gateways.database import Tx, fetch_one, fetch_value
from app.kernel.ids import random_code, uuid7
from app.kernel.text import Language, Text
from app.scenarios.errors import GroupsUnfit, ScenarioUnknown
from app.scenarios.layer_rules import layers_fault
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


async def draft(scene: Draft, *, tx: Tx | None = None) -> UUID:
    """Write a draft down; its code is random unless the draft names a free one.

    Raises:
        NotPrintable: a title, an organiser or a group that no certificate could show.
        GroupsUnfit: its groups cannot be so.
    """
    await _check(scene)
    for _ in range(_FRESH_CODE_TRIES):
        id_ = await fetch_value(
            "INSERT INTO scenario (id, code, kind, state, organisation_id, organiser_zh, organiser_en, title_zh,"
            " title_en, starts_on, ends_on, setup, created_at)"
            " VALUES ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())"
            " ON CONFLICT ON CONSTRAINT scenario_code_key DO NOTHING RETURNING id",
            uuid7(), scene.code or random_code(6), scene.kind.value, scene.organisation_id, scene.organiser.zh,
            scene.organiser.en, scene.title.zh, scene.title.en, scene.starts_on, scene.ends_on,
            msgspec.json.encode(scene.setup).decode(), tx=tx,
        )  # fmt: skip
        if id_ is not None:
            return UUID(str(id_))
        if scene.code is not None:
            break
    raise AssertionError("no free code")


async def redraft(scenario_id: UUID, scene: Draft, *, tx: Tx | None = None) -> None:
    """Write a draft of the same organiser again; its code stays. What waits for a second person is then proposed anew.

    Raises:
        NotPrintable, GroupsUnfit: as `draft`.
        ScenarioUnknown: there is none, it is no draft any more, or another organiser's.
    """
    await _check(scene)
    row = await fetch_one(
        "UPDATE scenario SET kind = $3, organiser_zh = $4, organiser_en = $5, title_zh = $6, title_en = $7,"
        " starts_on = $8, ends_on = $9, setup = $10"
        " WHERE id = $1 AND organisation_id IS NOT DISTINCT FROM $2 AND state = 'draft' RETURNING id",
        scenario_id, scene.organisation_id, scene.kind.value, scene.organiser.zh, scene.organiser.en, scene.title.zh,
        scene.title.en, scene.starts_on, scene.ends_on, msgspec.json.encode(scene.setup).decode(), tx=tx,
    )  # fmt: skip
    if row is None:
        raise ScenarioUnknown


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


async def _check(scene: Draft) -> None:
    layers = scene.setup.layers
    if layers is not None and (fault := layers_fault(layers)) is not None:
        raise GroupsUnfit(field=fault.field, problem_zh=fault.problem.zh, problem_en=fault.problem.en)
    await fonts.demand(
        {
            "/title_zh": scene.title.zh,
            "/title_en": scene.title.en,
            "/organiser_zh": scene.organiser.zh,
            "/organiser_en": scene.organiser.en,
        }
        | {
            f"/groups/{at}/name/{language}": group.name.in_(language)
            for at, group in enumerate(layers.groups if layers else ())
            for language in Language
        }
    )
