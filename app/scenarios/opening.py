"""What a code opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import msgspec

from app.gateways.database import Row, Tx, fetch, fetch_one, fetch_value
from app.kernel.ids import read_code
from app.kernel.text import Text
from app.scenarios.errors import ScenarioUnknown
from app.scenarios.rules import PERSONAL_CODE, Phase, ScenarioKind, ScenarioState, SceneZone, Setup, phase

_setup = msgspec.json.Decoder(Setup)
_zone = msgspec.json.Decoder(SceneZone)
_CODE_LENGTHS = range(6, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene as a reader meets it."""

    id: UUID
    code: str
    kind: ScenarioKind
    phase: Phase
    title: Text
    organiser: Text
    organisation_id: UUID | None
    """Whose sponsors may look after it; None for a reported case."""
    starts_on: date | None
    ends_on: date | None
    setup: Setup | None
    """None for a reported case, which computes nothing."""
    retirements: int
    mass_g: int
    reported_no: int | None
    reported_kind: str | None
    reported_month: str | None
    zone: SceneZone | None = None
    """The zone that it is in, as its newest version says."""


_COLUMNS = (
    "s.id, s.code, s.kind, s.state, s.organisation_id, s.organiser_zh, s.organiser_en, s.title_zh, s.title_en,"
    " s.starts_on, s.ends_on, s.setup, s.reported_no, s.reported_kind, s.reported_month,"
    " coalesce(t.retirements, 0) AS retirements, coalesce(s.reported_mass_g, t.mass_g, 0) AS mass_g, z.said AS zone"
    " FROM scenario s LEFT JOIN scenario_tally t ON t.scenario_id = s.id"
    " LEFT JOIN scenario_zone z ON z.scenario_id = s.id"
)


async def open_scene(typed_code: str, *, today: date) -> Scene:
    """The scene behind a code as somebody scanned or typed it; one query.

    Raises:
        ScenarioUnknown: no such code, or still a draft; both look the same.
    """
    codes = (read_code(typed_code, length=length) for length in _CODE_LENGTHS)
    code = next((code for code in codes if code is not None and code != PERSONAL_CODE), None)
    row = await fetch_one(f"SELECT {_COLUMNS} WHERE s.code = $1 AND s.state <> 'draft'", code) if code else None
    if row is None:
        raise ScenarioUnknown
    return _scene(row, today=today)


async def find_many(scenario_ids: Sequence[UUID], *, today: date, tx: Tx | None = None) -> dict[UUID, Scene]:
    """The scenes of these ids, by id, drafts included."""
    rows = await fetch(f"SELECT {_COLUMNS} WHERE s.id = ANY($1::uuid[])", list(set(scenario_ids)), tx=tx)
    return {row["id"]: _scene(row, today=today) for row in rows}


async def recent(*, limit: int, after: int | None, today: date) -> list[Scene]:
    """Public cases of the annex by number, from after `after` on."""
    rows = await fetch(f"SELECT {_COLUMNS} WHERE s.reported_no > $1 ORDER BY s.reported_no LIMIT $2", after or 0, limit)
    return [_scene(row, today=today) for row in rows]


async def live(*, limit: int, today: date) -> list[Scene]:
    """Scenes anybody may enter today, newest first."""
    rows = await fetch(
        f"SELECT {_COLUMNS} WHERE s.state = 'published' AND s.starts_on <= $1 AND s.ends_on >= $1"
        " ORDER BY s.id DESC LIMIT $2",
        today, limit,
    )  # fmt: skip
    return [_scene(row, today=today) for row in rows]


async def count_told(*, today: date) -> tuple[int, int]:
    """How many scenes are open today, and how many public cases there are."""
    live_ones = await fetch_value(
        "SELECT count(*) FROM scenario WHERE state = 'published' AND starts_on <= $1 AND ends_on >= $1", today
    )
    return int(live_ones), int(await fetch_value("SELECT count(*) FROM scenario WHERE reported_no > 0"))


async def of_organisations(organisation_ids: Sequence[UUID], *, today: date) -> list[Scene]:
    """The opened scenes of these organisers, newest first, at most a hundred."""
    rows = await fetch(
        f"SELECT {_COLUMNS} WHERE s.organisation_id = ANY($1::uuid[]) AND s.state <> 'draft' ORDER BY s.id DESC LIMIT 100",
        list(organisation_ids),
    )
    return [_scene(row, today=today) for row in rows]


def _scene(row: Row, *, today: date) -> Scene:
    return Scene(
        id=row["id"],
        code=row["code"],
        kind=ScenarioKind(row["kind"]),
        phase=phase(ScenarioState(row["state"]), row["starts_on"], row["ends_on"], today=today),
        title=Text(zh=row["title_zh"], en=row["title_en"]),
        organiser=Text(zh=row["organiser_zh"], en=row["organiser_en"]),
        organisation_id=row["organisation_id"],
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        setup=_setup.decode(row["setup"]) if row["setup"] else None,
        retirements=row["retirements"],
        mass_g=row["mass_g"],
        reported_no=row["reported_no"],
        reported_kind=row["reported_kind"],
        reported_month=row["reported_month"],
        zone=_zone.decode(row["zone"]) if row["zone"] else None,
    )
