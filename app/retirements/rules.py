"""Words of a retirement. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.kernel.text import Text


class Purpose(StrEnum):
    """What a retirement is for (用途): one value."""

    PERSONAL = "personal"
    """A person's own footprint."""
    EVENT = "event"
    """An event, or a visit to its scene, which counts towards the event."""
    ORGANISATION = "organisation"
    """What a company or an agency emitted in a period."""
    PRODUCT = "product"
    """A stated quantity of a product."""
    SITE = "site"
    """A place: a scenic area, a branch, a building."""
    MEETING = "meeting"
    """A meeting, or a batch of them."""
    JUDICIAL = "judicial"
    """Restoration that a court ordered; it serves no other claim."""
    ADMINISTRATIVE = "administrative"
    """Restoration that an agency ordered; it serves no other claim."""
    TREE_PLANTING = "tree_planting"
    """Obligatory tree planting, counted once; it serves no other claim."""
    DONATION = "donation"
    """Given to somebody else's neutrality, by whoever had the credits."""
    GIFT = "gift"
    """Paid ahead by a sponsor for whoever came."""

    @property
    def text(self) -> Text:
        """For certificates and pages."""
        return _PURPOSES[self]

    @property
    def needs_mandate(self) -> bool:
        """Whether somebody may pay for another's retirement only where it is said on which ground."""
        return self not in {Purpose.DONATION, Purpose.GIFT}


_PURPOSES: Final = {
    Purpose.PERSONAL: Text(zh="个人碳中和", en="Personal footprint"),
    Purpose.EVENT: Text(zh="活动碳中和", en="Event"),
    Purpose.ORGANISATION: Text(zh="组织碳中和", en="Organisation"),
    Purpose.PRODUCT: Text(zh="产品碳中和", en="Product"),
    Purpose.SITE: Text(zh="零碳场景", en="Site"),
    Purpose.MEETING: Text(zh="会议碳中和", en="Meeting"),
    Purpose.JUDICIAL: Text(zh="司法替代性生态修复", en="Judicial restoration"),
    Purpose.ADMINISTRATIVE: Text(zh="行政替代性生态修复", en="Administrative restoration"),
    Purpose.TREE_PLANTING: Text(zh="义务植树折抵", en="Obligatory tree planting"),
    Purpose.DONATION: Text(zh="捐赠", en="Donation"),
    Purpose.GIFT: Text(zh="赠碳", en="Gift"),
}


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


@dataclass(frozen=True, slots=True)
class Mandate:
    """On which ground somebody pays for another (受托书). Public: it stands on the certificate."""

    ground: str
    """In words: 受托代购协议 2023-07."""
    document: str | None = None
    """The name of the document that says so."""
    sha256: bytes | None = None
    """Of the document's bytes; None exactly where there is none."""
