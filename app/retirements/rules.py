"""Words of a retirement. Pure."""

from enum import StrEnum

from app.kernel.text import Text


class Purpose(StrEnum):
    """What a retirement is for (用途): one value."""

    PERSONAL = "personal"
    """A person's own footprint."""
    EVENT = "event"
    """A visit to an event's scene; it counts towards the event."""


class Payer(StrEnum):
    """Who paid (付款方)."""

    BENEFICIARY = "beneficiary"
    """The beneficiary paid."""

    @property
    def text(self) -> Text:
        """For the certificate."""
        return Text(zh="本人支付", en="Paid by the holder")


class RetirementState(StrEnum):
    """Requested, then settled; settled is final."""

    REQUESTED = "requested"
    """The grams are reserved; which ones they are is not yet decided."""
    SETTLED = "settled"
    """The grams are cut from their lots and gone for good."""
