"""Why a certificate says what it says of its claim: every finding, as it was frozen with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from app.registry import claims, retirements


class Explained(StrEnum):
    """Whether there are findings, and if not, why."""

    JUDGED = "judged"
    """A rule profile judged what is claimed."""
    NOTHING_CLAIMED = "nothing_claimed"
    """A person's honour, a gift or a donation: nothing is said to be neutral, so nobody judges it."""
    NOT_JUDGED = "not_judged"
    """An organisation's claim that no profile has judged: nothing is known of it, for good or ill."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The findings behind one edition of a certificate."""

    state: Explained
    verdict: retirements.Verdict | None = None
    """At settling, as it was kept and as the record names it; None where nobody judged."""
    upstream: retirements.Verdict | None = None
    """Of the same claim, once all its grams were cancelled at their registry. It comes after the record; None: not yet."""
    is_trued_up: bool = False
    """This edition tells what was really emitted in a period that was not over when the grams were retired."""
    figure: claims.FigureReach | None = None
    """How far the claim reaches today by its actual figure; the record cannot know it."""

    @property
    def found(self) -> claims.Verdicts | None:
        """At settling, read."""
        return claims.read_document(self.verdict.document) if self.verdict else None

    @property
    def found_upstream(self) -> claims.Verdicts | None:
        """After the upstream cancellation, read."""
        return claims.read_document(self.upstream.document) if self.upstream else None

    @property
    def in_force(self) -> claims.Verdicts | None:
        """Of the two, the one by which the claim goes now."""
        return claims.in_force(self.found, self.found_upstream) if self.found else None


async def explain(record: Mapping[str, Any]) -> Explanation:
    """What was found of the claim in a certificate's frozen record, and what was found after its upstream cancellation.

    Of an earlier edition its own, not the later one's.
    """
    judged = await retirements.recall(record["retirement_number"])
    if (named := record.get("verdict")) is None:
        state = Explained.NOT_JUDGED if judged.is_claim else Explained.NOTHING_CLAIMED
        return Explanation(state, figure=judged.figure)
    kept = [
        one
        for one in judged.verdicts
        if (sha256(one.document.encode()).hexdigest(), one.judged_on.isoformat())
        == (named["sha256"], named["judged_on"])
    ]
    assert kept, f"{record['number']} names a verdict that was not kept"
    return Explanation(
        Explained.JUDGED,
        kept[0],
        upstream=judged.upstream_of(kept[0]),
        is_trued_up=record.get("supersedes") is not None,
        figure=judged.figure,
    )
