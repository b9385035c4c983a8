"""How a registry's serial number is read: a VCU field by field, every other one as our import sheet asks. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Final

from app.kernel.mass import GRAMS_PER_TONNE

SERIAL_LENGTH: Final = 200
"""The longest serial or certificate number we take, in characters."""


@dataclass(frozen=True, slots=True)
class Serial:
    """A block of whole tonnes as a registry numbered it; [block_start, block_stop), half-open."""

    raw: str
    """Byte for byte as the registry wrote it."""
    key: str
    """NFKC, trimmed, upper case: what uniqueness is judged by."""
    scheme: str
    """Whose numbering it is: `VCS`, or the programme's own letters."""
    series: str
    """What the numbers count within: two blocks of one series may not overlap."""
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


Parser = Callable[[str], Serial | None]
"""Reads a serial; None where it has another form, ValueError where it has this form and cannot be."""

_VCU = re.compile(
    r"(?P<batch>[0-9]{1,15})-(?P<start>[0-9]{1,15})-(?P<end>[0-9]{1,15})-(?P<programme>VCS)-(?P<unit>VCU)-(?P<kind>[0-9]{1,6})"
    r"-(?P<registry>[A-Z]{1,10})-(?P<country>[A-Z]{2})-(?P<project>[0-9]{1,10})-(?P<from>[0-9]{8})-(?P<to>[0-9]{8})-(?P<flag>[01])"
)
MOST_TONNES: Final = 10**12
"""More than any block holds; the grams still fit a bigint."""
_PLAIN = re.compile(r"(?P<series>[A-Z0-9][A-Z0-9./-]*?)[-:](?P<start>[0-9]{1,15})[-~](?P<end>[0-9]{1,15})")


def normalised(raw: str) -> str:
    """A serial as uniqueness sees it: NFKC, without surrounding space, upper case."""
    return unicodedata.normalize("NFKC", raw).strip().upper()


def key63(text: str) -> int:
    """63 bits of a text's SHA-256; `credits.key63` in PostgreSQL is the same function.

    Two texts with one key would refuse each other's blocks: an error on the safe side.
    """
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big") >> 1


def read_vcu(raw: str) -> Serial | None:
    """Read `0001-000001-000100-VCS-VCU-003-VER-US-0003-01012020-31122020-1`: 100 tonnes, both ends included.

    The fields: batch, first and last unit, programme, unit, a number of unconfirmed meaning, registry,
    country, project, first and last day of the vintage (ddmmyyyy), and a flag of unconfirmed meaning.
    """
    key = normalised(raw)
    if (match := _VCU.fullmatch(key)) is None:
        return None
    start, stop = _block(match)
    first, last = _ddmmyyyy(match["from"]), _ddmmyyyy(match["to"])
    if first > last:
        raise ValueError(raw)
    return Serial(
        raw=raw,
        key=key,
        scheme=match["programme"],
        series=f"VCU:{int(match['batch'])}",
        block_start=start,
        block_stop=stop,
        project=match["project"],
        vintage_start=first,
        vintage_end=last,
        country=match["country"],
        fields=match.groupdict(),
    )


def read_plain(scheme: str) -> Parser:
    """A parser of `SERIES-start-end`, the form our import sheet asks for where a programme publishes none."""

    def read(raw: str) -> Serial | None:
        key = normalised(raw)
        if (match := _PLAIN.fullmatch(key)) is None:
            return None
        series = f"{scheme}:{match['series']}"
        start, stop = _block(match)
        return Serial(raw, key, scheme, series, start, stop, fields=match.groupdict())

    return read


def certified(scheme: str, certificate_number: str, *, raw: str, tonnes: int) -> Serial:
    """The serial of a lot whose registry numbers no tonnes: we count them from 1 within its certificate."""
    key = normalised(certificate_number)
    return Serial(
        raw=raw,
        key=normalised(raw),
        scheme=scheme,
        series=f"{scheme}:certificate:{key}",
        block_start=1,
        block_stop=tonnes + 1,
    )


def is_same_project(written: str, number: str) -> bool:
    """Whether a serial's project and a row's are one: `0003`, `3`, `VCS-3` and `VCS0003` are."""
    known = normalised(number).removeprefix("VCS").lstrip("- ")
    return known.isascii() and known.isdigit() and int(known) == int(written)


def _block(match: re.Match[str]) -> tuple[int, int]:
    start, end = int(match["start"]), int(match["end"])
    if not start <= end < start + MOST_TONNES:
        raise ValueError(match[0])
    return start, end + 1


def _ddmmyyyy(text: str) -> date:
    return date(int(text[4:]), int(text[2:4]), int(text[:2]))
