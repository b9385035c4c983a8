"""What rule profiles say of retirements: kept once, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as
from app.registry.claims import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one version of one rule profile found at one stage."""

    retirement_id: UUID
    profile: str
    version: str
    judged_on: date
    """The Beijing day on which it was asked; the day it asked by stands in the document."""
    document: str
    """Canonical JSON of every finding, with its reason in both languages."""
    stage: Stage = Stage.SETTLED


async def keep_verdicts(verdicts: Sequence[Verdict], *, tx: Tx) -> list[UUID]:
    """Keep these verdicts, set-based; answers the retirements of those that are new.

    One that is kept already stays as it is: at settling for the same day and version, after the upstream
    cancellation for the same profile. Another transaction that keeps the same is waited for.
    """
    rows = await fetch(
        "INSERT INTO retirement_verdict (retirement_id, profile, version, judged_on, document, stage)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::text[], $6::text[])"
        " ON CONFLICT DO NOTHING RETURNING retirement_id",
        [one.retirement_id for one in verdicts],
        [one.profile for one in verdicts],
        [one.version for one in verdicts],
        [one.judged_on for one in verdicts],
        [one.document for one in verdicts],
        [one.stage.value for one in verdicts],
        tx=tx,
    )
    return [row["retirement_id"] for row in rows]


async def find_verdicts(retirement_ids: Sequence[UUID], *, tx: Tx | None = None) -> dict[UUID, tuple[Verdict, ...]]:
    """What was kept of these retirements, in the order it was kept; absent where nothing was."""
    if not retirement_ids:
        return {}
    kept = await fetch_as(
        Verdict,
        "SELECT retirement_id, profile, version, judged_on, document, stage FROM retirement_verdict"
        " WHERE retirement_id = ANY($1::uuid[]) ORDER BY id",
        list(retirement_ids), tx=tx,
    )  # fmt: skip
    found: dict[UUID, tuple[Verdict, ...]] = {}
    for one in kept:
        found[one.retirement_id] = (*found.get(one.retirement_id, ()), one)
    return found
