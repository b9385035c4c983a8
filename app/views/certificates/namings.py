"""By whose word an organisation is named with what was retired for it, as pages and JSON tell it now."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec

from app.certificates import Naming
from app.certificates.naming_rules import UNNAMED, VERIFIED, naming_in
from app.foundation import identity
from app.kernel.text import Language, Text
from app.registry import retirements
from app.views.certificates.coverage import TextView


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The organisation that may claim a retirement."""

    naming: Naming
    is_verified: bool
    name: Text
    """Its name, or that it is not named."""

    @property
    def told(self) -> Text:
        """By whose word, and whether it is verified; of one that is not named the former alone."""
        if not self.naming.is_named:
            return self.naming.text
        verified, by = VERIFIED[self.is_verified], self.naming.text
        return Text(zh=f"{verified.zh}，{by.zh}", en=f"{verified.en}, {by.en}")


class NamingView(msgspec.Struct, frozen=True, kw_only=True):
    """By whose word the organisation is named."""

    state: Naming
    """`own`: it paid itself; `agreed`, `objected`: one of its members said so; `payer`: the payer names it, by the mandate in
    the record; `nobody`: it is not named."""
    is_verified: Annotated[bool, msgspec.Meta(description="Whether two people of the platform have seen its papers.")]
    name: TextView
    text: TextView


async def named(record: dict[str, Any], holder_id: UUID) -> Named | None:
    """The organisation of a record as it is named today; None of a person."""
    if record["kind"] == "honorary" or record.get("parties") is None:
        return None
    number = record["retirement_number"]
    said = await retirements.find_naming([number])
    card = (await identity.introduce([holder_id]))[holder_id]
    naming = naming_in(record, agrees=said.get(number))
    if naming is None or card.name is None:
        return None
    # A name that is frozen on paper stays what it was then; one that is not there is today's.
    frozen = next((one["name"] for one in record["parties"]["named"] if "beneficiary" in one["roles"]), None)
    name = Text(zh=frozen["zh"], en=frozen["en"]) if frozen else card.name
    return Named(naming=naming, is_verified=card.is_verified, name=name if naming.is_named else UNNAMED)


def naming_view(one: Named | None) -> NamingView | None:
    """The same in JSON."""
    if one is None:
        return None
    told = one.told
    return NamingView(
        state=one.naming,
        is_verified=one.is_verified,
        name=TextView(zh=one.name.zh, en=one.name.en),
        text=TextView(zh=told.zh, en=told.en),
    )


def told_in(one: Named | None, language: Language) -> str | None:
    """What stands beside the name on a page."""
    return one.told.in_(language) if one else None
