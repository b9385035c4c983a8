"""What a registry's serial is once it is read, and what makes two texts the same serial. Pure.

How each registry's serials are read: `serial_form_rules.py`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

from app.kernel.mass import GRAMS_PER_TONNE
from app.kernel.text import Text
from app.registry.credits.serials.registry_rules import Registry

SERIAL_LENGTH: Final = 200
"""The longest serial or certificate number we take, in characters."""
MOST_TONNES: Final = 10**12
"""More than any block holds; the grams still fit a bigint."""


@dataclass(frozen=True, slots=True)
class Serial:
    """A block of whole tonnes as a registry numbered it; [block_start, block_stop), half-open."""

    raw: str
    """Byte for byte as the registry wrote it."""
    key: str
    """As `normalised` writes it."""
    registry: Registry | None
    """None: counted by us, within a certificate."""
    series: str
    """What the numbers count within, its registry first: two blocks of one series never overlap."""
    block_start: int
    block_stop: int
    project: str | None = None
    """The project's number, where the serial holds one; so with the vintage and the country."""
    vintage_start: date | None = None
    vintage_end: date | None = None
    country: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    """Every part of the serial by its name, those without a published meaning too."""

    @property
    def tonnes(self) -> int:
        """How many there are; a registry's range includes both its ends."""
        return self.block_stop - self.block_start

    @property
    def mass_g(self) -> int:
        """The grams of the block."""
        return self.tonnes * GRAMS_PER_TONNE

    @property
    def series_id(self) -> int:
        """63 bits of the series' SHA-256, for the exclusion constraint; PostgreSQL computes the same."""
        return key63(self.series)


@dataclass(frozen=True, slots=True)
class RawOnly:
    """A serial that says nothing about its tonnes: two people must say it instead."""

    raw: str
    key: str
    registry: Registry | None
    """Whose marks it bears; None: nobody's that we know."""
    rule: Text
    """Why it says nothing about its tonnes."""


class Impossible(ValueError):
    """A text that has a registry's form, or its marks, and cannot be its serial."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


_DASHES: Final = re.compile(
    "[~\u00ad\u02d7\u058a\u05be\u1806\u2010-\u2015\u2043\u2053\u207b\u208b\u2212\u223c\u2e17\u2e1a\u2e3a\u2e3b"
    "\u301c\u3030\u30a0\u30fc\ufe31\ufe32\ufe58\ufe63\uff0d\uff70]"
)
_HAN: Final = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_NO_LETTER: Final = re.compile(f"[^0-9A-Z{_HAN}]")
_ZEROS: Final = re.compile("(?<![0-9])0+(?=[0-9])")
_WORDED: Final = re.compile(
    "(?<![A-Z])(CCER|CDCER|CQCER|SCLC)([^0-9A-Z]*)([12][0-9]{3})([^0-9A-Z]*(?:NO[^0-9A-Z]*)?)(?<![0-9])([0-9A-Z]+)"
)
"""A batch of ours; what stands in its gaps may be words: `CDCER 2022 年第 0113 批`, `CDCER 2022 No. 113`."""
_WORD: Final = re.compile(f"[{_HAN}A-Z]")
_BATCH: Final = re.compile("(?<![A-Z])(?:CCER|CDCER|CQCER|SCLC)[^0-9A-Z]*[12][0-9]{3}[^0-9A-Z]+[0-9A-Z]+")


def normalised(raw: str) -> str:
    """A serial in one spelling: NFKC, every dash and tilde `-`, one space for any, none around, upper case; a batch of
    ours without words between its parts."""
    text = unicodedata.normalize("NFKC", _DASHES.sub("-", raw))
    return _WORDED.sub(_unworded, " ".join(_DASHES.sub("-", text).upper().split()))


def _unworded(found: re.Match[str]) -> str:
    mark, before, year, between, batch = found.groups()
    return f"{mark}-{year}-{batch}" if _WORD.search(before + between) else found[0]


def without_zeros(text: str) -> str:
    """The text without zeros that only pad a number: `CDCER-2022-0113` is `CDCER-2022-113`."""
    return _ZEROS.sub("", text)


def names_of(*keys: str) -> frozenset[str]:
    """What a lot's normalised serial and certificate are known by, whatever stands between their letters and digits.

    Also the batch of ours that such a text begins with. `credits.names_of` in PostgreSQL is the same function.
    """
    texts = [text for key in keys for text in (key, *_BATCH.findall(key)[:1])]
    return frozenset(
        name for text in texts for name in (_NO_LETTER.sub("", text), _NO_LETTER.sub("", without_zeros(text))) if name
    )


def foreign_letter(key: str) -> str | None:
    """The first character that is no Latin letter, Chinese character, ASCII digit, space or mark: look-alikes make doubles."""
    for character in key:
        kind = unicodedata.category(character)
        if kind[0] in "LMNC" and _NO_LETTER.match(character):
            return character
    return None


def key63(text: str) -> int:
    """63 bits of a text's SHA-256; `credits.key63` in PostgreSQL is the same function.

    Two texts with one key would refuse each other's blocks: an error on the safe side.
    """
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 1


def certified(scheme: str, certificate_number: str, *, raw: str, tonnes: int) -> Serial:
    """The serial of a lot whose registry numbers no tonnes: we count them from 1 within its certificate."""
    return Serial(
        raw=raw,
        key=normalised(raw),
        registry=None,
        series=f"{scheme}:certificate:{normalised(certificate_number)}",
        block_start=1,
        block_stop=tonnes + 1,
    )


def is_same_project(written: str, number: str) -> bool:
    """Whether a serial's project and a row's are one: `0003`, `3`, `VCS-3` and `VCS0003` are; `GS7080` and `7080` too."""
    ours, theirs = _project(written), _project(number)
    if ours is None or theirs is None or ours[1] != theirs[1]:
        return False
    return theirs[0] in {"", ours[0] or "VCS"}


def _project(number: str) -> tuple[str, int] | None:
    match = re.fullmatch("(VCS|GS|ACR|CAR)?[- ]*([0-9]{1,18})", normalised(number))
    return (match[1] or "", int(match[2])) if match else None
