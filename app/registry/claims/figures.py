"""What was really emitted, once the claimed period of a claim that was retired for ahead is over."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.gateways.database import Tx, fetch, fetch_as, fetch_value
from app.registry.claims.errors import FigureFinal, PeriodNotOver
from app.registry.claims.judging.profiles import Profile
from app.registry.claims.judging.true_up_rules import TrueUp, TrueUpState, true_up
from app.registry.claims.rules import ClaimFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a claim really emitted, and all that was retired for it when that was entered."""

    claim_id: UUID
    """The root."""
    actual_g: int
    retired_g: int


@dataclass(frozen=True, slots=True)
class Entered:
    """What an actual figure means, and whether it is new."""

    found: TrueUp
    is_new: bool


async def lock(root_id: UUID, *, tx: Tx) -> None:
    """Let one figure of a claim be entered at a time: its root is locked until the transaction ends."""
    await fetch("SELECT id FROM claim WHERE id = $1 FOR NO KEY UPDATE", root_id, tx=tx)


async def enter_figure(
    claim: ClaimFacts, actual_g: int, *, retired_g: int, profile: Profile, by: UUID, today: date, tx: Tx
) -> Entered:
    """Keep the actual figure of a claim and tell what follows from it; the caller has locked its root.

    `retired_g` is everything settled for the root and its supplements. Repeated, nothing changes.

    Raises:
        PeriodNotOver: the figure would be a forecast.
        FigureFinal: another figure was covered before.
    """
    assert actual_g >= 0, actual_g
    known = (await find_figures([claim.root_id], tx=tx)).get(claim.root_id)
    if known is not None and known.actual_g != actual_g:
        raise FigureFinal(actual_g=known.actual_g)
    found = true_up(claim.period, actual_g=actual_g, retired_g=retired_g, today=today, profile=profile)
    if found.state is TrueUpState.AHEAD:
        raise PeriodNotOver(last=claim.period_to.isoformat())
    id_ = await fetch_value(
        "INSERT INTO claim_figure (claim_id, actual_g, retired_g, state, missing_g, due_on, entered_by_id, entered_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, clock_timestamp())"
        " ON CONFLICT ON CONSTRAINT claim_figure_once_key DO NOTHING RETURNING id",
        claim.root_id, actual_g, retired_g, found.state.value, found.missing_g, found.due_on, by, tx=tx,
    )  # fmt: skip
    return Entered(found, id_ is not None)


async def find_figures(root_ids: Collection[UUID], *, tx: Tx | None = None) -> dict[UUID, Figure]:
    """The actual figures that were covered, by root."""
    found = await fetch_as(
        Figure,
        "SELECT claim_id, actual_g, retired_g FROM claim_figure WHERE claim_id = ANY($1::uuid[]) AND state = 'covered'",
        list(root_ids), tx=tx,
    )  # fmt: skip
    return {one.claim_id: one for one in found}
