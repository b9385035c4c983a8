"""The programmes, and how a registry's serial number is read. Pure."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from app.credits.errors import SerialUnreadable
from app.kernel.mass import GRAMS_PER_TONNE
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


@dataclass(frozen=True, slots=True)
class Serial:
    """A block of whole tonnes as a registry numbered it; [block_start, block_stop), half-open."""

    raw: str
    key: str
    """NFKC, trimmed, upper case: what uniqueness is judged by."""
    series: str
    """What the numbers count within: two blocks of one series may not overlap."""
    block_start: int
    block_stop: int

    @property
    def mass_g(self) -> int:
        """The grams of the block."""
        return (self.block_stop - self.block_start) * GRAMS_PER_TONNE

    @property
    def series_id(self) -> int:
        """63 bits of the series' SHA-256, for the exclusion constraint.

        Two series with one hash would refuse each other's blocks: an error on the safe side.
        """
        return int.from_bytes(sha256(self.series.encode()).digest()[:8], "big") >> 1


_VCU = re.compile(
    r"(?P<batch>\d{1,15})-(?P<start>\d{1,15})-(?P<end>\d{1,15})-(?P<programme>VCS)-(?P<unit>VCU)-(?P<kind>\d+)-(?P<registry>[A-Z]+)"
    r"-(?P<country>[A-Z]{2})-(?P<project>\d+)-(?P<from>\d{8})-(?P<to>\d{8})-(?P<flag>[01])"
)
_MOST_TONNES = 10**12  # their grams still fit a bigint
_PLAIN = re.compile(r"(?P<series>[A-Z0-9][A-Z0-9./-]*?)[-:](?P<start>\d{1,15})[-~](?P<end>\d{1,15})")


def normalised(raw: str) -> str:
    """A serial as uniqueness sees it: NFKC, without surrounding space, upper case."""
    return unicodedata.normalize("NFKC", raw).strip().upper()


def read_serial(programme: Programme, raw: str) -> Serial:
    """Read a registry's serial; its inclusive end becomes our exclusive stop.

    A VCU is read field by field (0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1 is 100
    tonnes). The other programmes publish no format (docs/rooms/credits.md), so theirs is read as
    `SERIES-start-end`, the form our own import sheet asks for.

    Raises:
        SerialUnreadable: the text has another form, its end lies before its start, or it names more tonnes
            than there can be.
    """
    key = normalised(raw)
    match = (_VCU if programme is Programme.VCU else _PLAIN).fullmatch(key)
    if match is None:
        raise SerialUnreadable(serial=raw, programme=programme.value)
    start, end = int(match["start"]), int(match["end"])
    if not start <= end < start + _MOST_TONNES:
        raise SerialUnreadable(serial=raw, programme=programme.value)
    series = f"VCU:{int(match['batch'])}" if programme is Programme.VCU else f"{programme.value}:{match['series']}"
    return Serial(raw=raw, key=key, series=series, block_start=start, block_stop=end + 1)


def serial_of_tonne(serial_raw: str, *, block_start: int, tonne: int) -> str:
    """The registry's number of one tonne of a lot, `tonne` counted from 0: `CCER-2022-0113 #417`.

    Gram g of a lot lies in tonne g // 1 000 000.
    """
    return f"{serial_raw} #{block_start + tonne}"
