"""What was judged of one retirement, for whoever asks later."""

from dataclasses import dataclass
from uuid import UUID

from app.gateways.database import fetch_one
from app.registry import claims
from app.registry.claims import Stage
from app.registry.retirements.errors import RetirementUnknown
from app.registry.retirements.judging import IS_CLAIM
from app.registry.retirements.reaching import find_reach
from app.registry.retirements.rules import RetirementState
from app.registry.retirements.verdicts import Verdict, find_verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A retirement, whether anything is claimed with it, and every verdict that was kept."""

    retirement_id: UUID
    number: str
    state: RetirementState
    is_claim: bool
    """An organisation says that something is neutral; without it nobody judges."""
    verdicts: tuple[Verdict, ...]
    """In the order in which they were kept; a second one at settling follows an actual figure."""
    is_trued_up: bool
    """What was really emitted is known, and covered."""
    reach: claims.Reach
    """What was emitted, as it is known now, and all that was retired for it."""
    figure: claims.FigureReach | None
    """How far the claim reaches today by its actual figure; None while there is none and none is overdue."""

    def upstream_of(self, settled: Verdict) -> Verdict | None:
        """What was found after the upstream cancellation of the claim as this verdict judged it; None while nothing was.

        What was judged by a forecast is not judged there: that is the later verdict's, with the actual figure.
        """
        own = [one for one in self.verdicts if one.profile == settled.profile]
        if settled is not [one for one in own if one.stage is Stage.SETTLED][-1]:
            return None
        return next((one for one in own if one.stage is Stage.UPSTREAM), None)

    @property
    def in_force(self) -> claims.Verdicts | None:
        """The judgement by which the claim goes now; None where nobody judged."""
        settled = [one for one in self.verdicts if one.stage is Stage.SETTLED]
        if not settled:
            return None
        upstream = self.upstream_of(settled[-1])
        return claims.in_force(
            claims.read_document(settled[-1].document), claims.read_document(upstream.document) if upstream else None
        )


async def recall(number: str) -> Judged:
    """What was judged of the retirement of this printed number; three queries.

    Raises:
        RetirementUnknown: there is none.
    """
    row = await fetch_one(
        f"SELECT r.id, r.number, r.state, {IS_CLAIM} AS is_claim, c.emission_g,"
        " r.mass_g + retirements.settled_for(coalesce(c.supplements_id, c.id), r.id) AS retired_g"
        " FROM retirement r JOIN claim c ON c.id = r.claim_id WHERE r.number = $1",
        number,
    )
    if row is None:
        raise RetirementUnknown
    kept = await find_verdicts([row["id"]])
    figure = (await find_reach([number])).get(number)
    emission_g = row["emission_g"] if figure is None or figure.actual_g is None else figure.actual_g
    return Judged(
        retirement_id=row["id"],
        number=row["number"],
        state=RetirementState(row["state"]),
        is_claim=row["is_claim"],
        reach=claims.Reach(emission_g, row["retired_g"]),
        figure=figure,
        verdicts=kept.get(row["id"], ()),
        is_trued_up=figure is not None and figure.is_certified,
    )
