"""What was judged of one retirement, for whoever asks later."""

from dataclasses import dataclass
from uuid import UUID

from app.gateways.database import fetch_one
from app.retirements.errors import RetirementUnknown
from app.retirements.judging import CLAIMING
from app.retirements.rules import RetirementState
from app.retirements.verdicts import Verdict, find_verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A retirement, whether anything is claimed with it, and every verdict that was kept."""

    retirement_id: UUID
    number: str
    state: RetirementState
    is_claim: bool
    """An organisation says that something is neutral; without it nobody judges."""
    verdicts: tuple[Verdict, ...]
    """In the order in which they were kept; a second one follows an actual figure."""


async def recall(number: str) -> Judged:
    """What was judged of the retirement of this printed number; two queries.

    Raises:
        RetirementUnknown: there is none.
    """
    row = await fetch_one(
        "SELECT r.id, r.number, r.state, p.kind = 'organisation' AND r.purpose = ANY($2::text[]) AS is_claim"
        " FROM retirement r JOIN party p ON p.id = r.beneficiary_id WHERE r.number = $1",
        number, [purpose.value for purpose in CLAIMING],
    )  # fmt: skip
    if row is None:
        raise RetirementUnknown
    kept = await find_verdicts([row["id"]])
    return Judged(
        retirement_id=row["id"],
        number=row["number"],
        state=RetirementState(row["state"]),
        is_claim=row["is_claim"],
        verdicts=kept.get(row["id"], ()),
    )
