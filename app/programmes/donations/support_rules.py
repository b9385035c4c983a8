"""Support in its own unit (其他支持): what it may be, in which unit, and how a quantity is written. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.kernel import money
from app.kernel.money import Currency
from app.kernel.text import Text

QUANTITY_MOST: Final = 10**13
"""A hundred thousand million yuan in fen: more than anybody gives."""
TOLD_MOST: Final = {"zh": 80, "en": 120}
"""Letters of what it is, in either language, as the table has them."""


class SupportKind(StrEnum):
    """What is given; none of it is a carbon credit."""

    GREEN_CERTIFICATE = "green_certificate"
    """绿证: green electricity certificates."""
    PROJECT = "project"
    """支持碳汇项目: something for a project that takes up carbon."""

    @property
    def text(self) -> Text:
        """As pages call it."""
        return _KINDS[self]


class SupportUnit(StrEnum):
    """In what it is counted."""

    CERTIFICATE = "certificate"
    """张: one certificate, of one megawatt hour."""
    FEN = "fen"
    """Money, in fen."""
    MU = "mu"
    """亩: a fifteenth of a hectare."""
    TREE = "tree"
    """株."""


UNITS: Final = {
    SupportKind.GREEN_CERTIFICATE: (SupportUnit.CERTIFICATE,),
    SupportKind.PROJECT: (SupportUnit.FEN, SupportUnit.MU, SupportUnit.TREE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """So much of a unit."""

    number: int
    unit: SupportUnit

    @property
    def text(self) -> Text:
        """As it is printed: `1,200 张`, `¥50,000.00`, `30 mu`."""
        if self.unit is SupportUnit.FEN:
            shown = money.text(self.number, Currency.CNY)
            return Text(zh=shown, en=shown)
        name = _UNITS[self.unit]
        more = "" if self.number == 1 or self.unit is SupportUnit.MU else "s"
        return Text(zh=f"{self.number:,} {name.zh}", en=f"{self.number:,} {name.en}{more}")


_KINDS: Final = {
    SupportKind.GREEN_CERTIFICATE: Text(zh="绿证", en="Green electricity certificates"),
    SupportKind.PROJECT: Text(zh="支持碳汇项目", en="Support of a sink project"),
}
_UNITS: Final = {
    SupportUnit.CERTIFICATE: Text(zh="张", en="certificate"),
    SupportUnit.MU: Text(zh="亩", en="mu"),
    SupportUnit.TREE: Text(zh="株", en="tree"),
}
