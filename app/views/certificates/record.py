"""What the frozen record of a certificate says, as its holder's page and the public one both show it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLine:
    """The grams [start_g, stop_g) of one lot that were retired."""

    programme: str
    project: str
    lot: str
    """The lot's code."""
    serial: str
    """As the registry wrote it."""
    start_g: int
    stop_g: int

    @property
    def mass_g(self) -> int:
        return self.stop_g - self.start_g


@dataclass(frozen=True, slots=True)
class UpstreamProof:
    """A registry's confirmation that tonnes are cancelled there in which grams of the certificate lie."""

    lot: str
    registry_reference: str
    cancelled_on: date


class PartyRole(StrEnum):
    """What a party is to a retirement."""

    PAYER = "payer"
    """付款方."""
    HOLDER = "holder"
    """持有方: whose credits they were."""
    BENEFICIARY = "beneficiary"
    """受益方: who may claim it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """A party of a retirement whose parties are not all the same."""

    role: PartyRole
    name: str | None
    """Of an organisation; None of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """On which ground the payer pays for another."""

    ground: str
    document: str | None
    sha256: str | None


class Standing(StrEnum):
    """What a rule profile says of a claim."""

    STANDS = "stands"
    """声明成立."""
    OPEN = "open"
    """声明待定."""
    BLOCKED = "blocked"
    """声明不成立."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachLine:
    """How far the claim reaches: what was emitted, retired for it, and covered."""

    emission_g: int
    """0: not stated."""
    retired_g: int
    told: str
    """The coverage in words."""
    is_full: bool
    notes: tuple[str, ...] = ()
    """What else is claimed, in words: its days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """How the claim stands today by its actual figure, which the record cannot know."""

    told: str
    """Short, lapsed or covered, in a sentence."""
    actual_g: int | None
    """None: nobody entered it in time."""
    retired_g: int
    """All that is retired for the claim, supplements included."""
    coverage: str
    holds: bool
    """False: short or lapsed, so that nothing is said to stand."""
    paper_title: str | None = None
    """What the paper is called, which stays as it was frozen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedClaim:
    """What a rule profile says of the claim, by the judgement by which it goes now."""

    profile: str
    """With its version: `local@1`."""
    standing: Standing
    told: str
    """The same in words, with how far the claim reaches."""
    called: str | None
    """What it may be called, and what that waits for; None where it is stopped."""
