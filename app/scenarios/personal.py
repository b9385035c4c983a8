"""The scene of claims about somebody's own footprint (个人碳足迹): nobody scans it, and it belongs to no organiser.

Source: docs/decisions/0077-personal-figures-are-claims-of-one-scene.md. PostgreSQL takes this row in no other form
(`scenario_personal_check`).
"""

from datetime import date
from typing import Final
from uuid import UUID

from app.gateways.database import fetch
from app.scenarios.opening import Scene, find_many
from app.scenarios.rules import PERSONAL_CODE, ScenarioKind, ScenarioState

PERSONAL_ID: Final = UUID("00000000-0000-7000-8000-000000000001")


async def personal_scene(*, today: date) -> Scene:
    """The one there is; the first who asks writes it down."""
    found = await find_many([PERSONAL_ID], today=today)
    if not found:
        await fetch(
            "INSERT INTO scenario (id, code, kind, state, organiser_zh, organiser_en, title_zh, title_en, setup, created_at)"
            " VALUES ($1, $2, $3, $4, '本人', 'The person themself', '个人碳足迹', 'Personal carbon footprint',"
            """ '{"modes": [], "programme": "CDCER"}', clock_timestamp()) ON CONFLICT DO NOTHING""",  # two keys say so
            PERSONAL_ID, PERSONAL_CODE, ScenarioKind.PERSON.value, ScenarioState.PUBLISHED.value,
        )  # fmt: skip
        found = await find_many([PERSONAL_ID], today=today)
    return found[PERSONAL_ID]
