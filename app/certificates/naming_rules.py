"""By whose word the organisation that may claim a retirement is named. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from app.kernel.text import Language, Text

UNNAMED: Final = Text(zh="一家机构（未署名）", en="An organisation, not named")
"""The name of an organisation that is not named in public."""


class Naming(StrEnum):
    """By whose word an organisation is named as the one that may claim a retirement."""

    OWN = "own"
    """It paid itself: a member with the role placed the order."""
    AGREED = "agreed"
    """A member with the role agreed."""
    PAYER = "payer"
    """The payer names it, on the ground that its mandate tells; it has said nothing itself."""
    OBJECTED = "objected"
    """A member with the role objects."""
    NOBODY = "nobody"
    """Somebody else paid, without a mandate, and it has said nothing itself: it is not named."""

    @property
    def is_named(self) -> bool:
        """Whether its name is told in public."""
        return self in {Naming.OWN, Naming.AGREED, Naming.PAYER}

    @property
    def text(self) -> Text:
        """As it is told beside the name."""
        return _NAMINGS[self]


_NAMINGS: Final = {
    Naming.OWN: Text(zh="由该机构自行声明", en="stated by the organisation itself"),
    Naming.AGREED: Text(zh="该机构已同意署名", en="the organisation agreed to be named"),
    Naming.PAYER: Text(zh="由付款方指明", en="named by the payer"),
    Naming.OBJECTED: Text(zh="该机构反对署名", en="the organisation objects to being named"),
    Naming.NOBODY: Text(zh="该机构尚未同意署名", en="the organisation has not agreed to be named"),
}


VERIFIED: Final = {
    True: Text(zh="已核验的机构", en="verified organisation"),
    False: Text(zh="未核验的机构", en="organisation not verified"),
}


def named_by(*, is_own: bool, has_mandate: bool, agrees: bool | None) -> Naming:
    """By whose word an organisation is named; `agrees` is what its own members said last, None: nothing."""
    if agrees is not None:
        return Naming.AGREED if agrees else Naming.OBJECTED
    if is_own:
        return Naming.OWN
    return Naming.PAYER if has_mandate else Naming.NOBODY


def naming_in(record: Mapping[str, Any], *, agrees: bool | None = None) -> Naming | None:
    """By whose word the organisation of a record is named, with what its members said last; None of a person.

    Records before version 3 tell no naming: it follows from who paid and from the mandate.
    """
    parties = record.get("parties")
    if parties is None or record["kind"] == "honorary":
        return None
    mine = next((one for one in parties["named"] if "beneficiary" in one["roles"]), {"roles": ()})
    return named_by(is_own="payer" in mine["roles"], has_mandate=parties["mandate"] is not None, agrees=agrees)


def beneficiary_name(record: Mapping[str, Any], language: Language) -> str | None:
    """The beneficiary's name in the record: an organisation's; None of a person, which is not in it. An organisation
    that nobody with a right to it has named is told as one. A paper of no claim names its holder itself (`holder_name`)."""
    if (holder := record.get("holder_name")) is not None:
        return str(holder[language.value])
    if record.get("parties", {}).get("unnamed"):
        return UNNAMED.in_(language)
    for party in record.get("parties", {}).get("named", ()):
        if "beneficiary" in party["roles"]:
            return str(party["name"][language.value])
    return None
