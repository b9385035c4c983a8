"""The words of the room. Pure.

How serials are read: `serial_rules.py`; what holds for each programme: `programme_rules.py`.
"""

from enum import StrEnum

from app.kernel.text import Text


class Programme(StrEnum):
    """The programmes whose credits we hold, by the name they are traded under."""

    CCER = "CCER"
    """国家核证自愿减排量."""
    CDCER = "CDCER"
    """成都“碳惠天府”减排量."""
    CQCER = "CQCER"
    """重庆“碳惠通”减排量."""
    VCU = "VCU"
    """Verra's Verified Carbon Unit."""
    FORESTRY = "FORESTRY"
    """四川林草碳普惠减排量."""

    @property
    def meaning(self) -> Text:
        """What the letters stand for, or how the programme is known."""
        return _MEANINGS[self]

    @property
    def text(self) -> Text:
        """Letters and meaning together, where the letters do not stand beside it anyway."""
        if self is Programme.FORESTRY:
            return self.meaning
        return Text(zh=f"{self.value} {self.meaning.zh}", en=f"{self.value}, {self.meaning.en}")

    @property
    def short(self) -> Text:
        """What a line has room for: the letters, where people trade under letters."""
        if self is Programme.FORESTRY:  # the word is ours; nobody else calls it so
            return self.meaning
        return Text(zh=self.value, en=self.value)


_MEANINGS = {
    Programme.CCER: Text(zh="国家核证自愿减排量", en="China Certified Emission Reduction"),
    Programme.CDCER: Text(zh="碳惠天府减排量", en="Chengdu carbon inclusion"),
    Programme.CQCER: Text(zh="碳惠通减排量", en="Chongqing carbon inclusion"),
    Programme.VCU: Text(zh="国际核证碳单位", en="Verified Carbon Unit"),
    Programme.FORESTRY: Text(zh="林草碳普惠减排量", en="Sichuan forestry and grassland credit"),
}


class UnitKind(StrEnum):
    """What one tonne of a project is."""

    REDUCTION = "reduction"
    """减排: an emission that did not happen."""
    REMOVAL = "removal"
    """清除: carbon taken out of the air."""


class ProposalKind(StrEnum):
    """What of credits takes two people: the kinds of their approvals."""

    LOT = "lot"
    """A lot whose serial does not say what it covers."""
    CORRECTION = "lot_correction"
    """Facts about a lot that is here."""
    DOUBLE = "lot_double"
    """Whether a lot holds the tonnes of another."""


class DoubleDecision(StrEnum):
    """What two people say of a lot that was found to hold tonnes of an older one."""

    SAME = "same"
    """同一批吨: it is never sold."""
    APART = "apart"
    """不同的吨: the texts are alike, the tonnes are others; it is sold again."""


def serial_of_tonne(serial_raw: str, *, block_start: int, tonne: int) -> str:
    """The registry's number of one tonne of a lot, `tonne` counted from 0: `CCER-2022-0113 #417`.

    Gram g of a lot lies in tonne g // 1 000 000.
    """
    return f"{serial_raw} #{block_start + tonne}"
