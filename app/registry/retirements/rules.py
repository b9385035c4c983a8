"""Words of a retirement. Pure."""

from enum import StrEnum
from typing import Final

from app.registry.claims.rules import Purpose


class Funding(StrEnum):
    """Whose the grams were, and how they came to be retired for the claim (资金来源)."""

    OWN = "own"
    """Held before, by whoever retires them."""
    GIFT = "gift"
    """Paid ahead by a sponsor for whoever came."""
    DONATION = "donation"
    """Given to somebody else's neutrality, by whoever had the credits."""
    ALLOWANCE = "allowance"
    """Out of what somebody set aside for others to draw on."""
    ORDER = "order"
    """Bought for this claim."""

    @property
    def is_given(self) -> bool:
        """Whether it was given: nothing is said to be neutral by it, and nobody asks on which ground."""
        return self in {Funding.GIFT, Funding.DONATION}


def told_purpose(purpose: Purpose, funding: Funding) -> str:
    """What records and API tell as the purpose: of what was given that it was, else what is claimed."""
    return funding.value if funding.is_given else purpose.value


class Payer(StrEnum):
    """Who paid, as the first release said it; only its migration still asks. Parties say it now."""

    BENEFICIARY = "beneficiary"
    """The beneficiary paid."""


class RetirementState(StrEnum):
    """Requested, then settled or withdrawn; both are final."""

    REQUESTED = "requested"
    """The grams are reserved; which ones they are is not yet decided."""
    SETTLED = "settled"
    """The grams are cut from their lots and gone for good."""
    WITHDRAWN = "withdrawn"
    """Given up before it was settled; the grams are back with their holder."""


REASON_LENGTH_MAX: Final = 200
