"""How far a claim reaches: what was emitted, what was retired for it, and which part of the one the other covers. Pure."""

from dataclasses import dataclass
from typing import Final

from app.kernel.text import Text
from app.registry.claims.judging.rules import Standing

_HUNDREDTHS: Final = 10_000
_STATED: Final = {
    Standing.STANDS: Text(zh="声明成立", en="the claim stands"),
    Standing.OPEN: Text(zh="声明待定", en="the claim is open"),
    Standing.BLOCKED: Text(zh="声明不成立", en="the claim does not stand"),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Emission and retired grams of one claim, with all that was retired for it."""

    emission_g: int
    """0: not stated."""
    retired_g: int

    @property
    def is_stated(self) -> bool:
        """Whether there is an emission to compare with."""
        return self.emission_g > 0

    @property
    def is_full(self) -> bool:
        """Whether at least all that was emitted is retired; never where nobody said how much that is."""
        return self.is_stated and self.retired_g >= self.emission_g

    @property
    def percent(self) -> str | None:
        """Retired of emitted, two decimals, rounded down, so that 99.999 % is never 100 %; None: not stated."""
        if not self.is_stated:
            return None
        whole, part = divmod(self.retired_g * _HUNDREDTHS // self.emission_g, 100)
        return f"{whole}.{part:02d}"

    @property
    def text(self) -> Text:
        """The figure in words."""
        if self.percent is None:
            return Text(zh="排放量未申报", en="emission not stated")
        if self.is_full:
            return Text(zh=f"覆盖 {self.percent}%", en=f"{self.percent} % covered")
        return Text(zh=f"部分抵消，覆盖 {self.percent}%", en=f"offset in part, {self.percent} % covered")


def stated(standing: Standing, reach: Reach) -> Text:
    """How a claim stands, never without its figure: one that reaches less than all is an offset and nothing else."""
    if standing is Standing.STANDS and not reach.is_full:
        return reach.text
    said = _STATED[standing]
    return Text(zh=f"{said.zh}，{reach.text.zh}", en=f"{said.en}, {reach.text.en}")
