"""What holds for each programme: how its serials are read and where it is at home. Pure.

The one place to open for a new programme, beside its name in `rules.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.credits.errors import SerialUnreadable
from app.credits.rules import Programme
from app.credits.serial_rules import SERIAL_LENGTH, Parser, RawOnly, Serial, normalised, read_plain, read_vcu
from app.kernel.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRules:
    """The rules of one programme, as data."""

    parser: Parser
    allows_raw_only: bool
    """Whether a lot may come with a certificate number instead of a serial that can be read."""
    region: Text
    division_code: str
    """GB/T 2260 code of the region that issues; empty where it is no region of China."""
    country: str | None
    """Where all its projects are (ISO 3166-1), or None: each serial or row says."""


# Source of regions: the programmes' own founding papers (渝环〔2021〕111号 for CQCER, the 2024-01 guidance for forestry).
# Who recognises it: config/recognition. No programme but Verra publishes its serial's format.
PROGRAMMES: Final[Mapping[Programme, ProgrammeRules]] = {
    Programme.CCER: ProgrammeRules(
        parser=read_plain("CCER"),
        allows_raw_only=True,
        region=Text(zh="全国", en="China"),
        division_code="",
        country="CN",
    ),
    Programme.CDCER: ProgrammeRules(
        parser=read_plain("CDCER"),
        allows_raw_only=True,
        region=Text(zh="成都市", en="Chengdu"),
        division_code="510100",
        country="CN",
    ),
    Programme.CQCER: ProgrammeRules(
        parser=read_plain("CQCER"),
        allows_raw_only=True,
        region=Text(zh="重庆市", en="Chongqing"),
        division_code="500000",
        country="CN",
    ),
    Programme.VCU: ProgrammeRules(
        parser=read_vcu,
        allows_raw_only=False,  # every VCU has a serial that says all we need
        region=Text(zh="国际", en="international"),
        division_code="",
        country=None,
    ),
    Programme.FORESTRY: ProgrammeRules(
        parser=read_plain("FORESTRY"),
        allows_raw_only=True,
        region=Text(zh="四川省", en="Sichuan"),
        division_code="510000",
        country="CN",
    ),
}


def parse(programme: Programme, raw: str) -> Serial | RawOnly:
    """Read a registry's serial by its programme's parser; its inclusive end becomes our exclusive stop.

    Raises:
        SerialUnreadable: it has another form and the programme takes none but its own, or it is empty, too
            long, or holds more tonnes than there can be.
    """
    rules = PROGRAMMES[programme]
    key = normalised(raw)
    if key and len(raw) <= SERIAL_LENGTH and key.isprintable():
        try:
            serial = rules.parser(raw)
        except ValueError as impossible:
            raise SerialUnreadable(serial=raw, programme=programme.value) from impossible
        if serial is not None:
            return serial
        if rules.allows_raw_only:
            return RawOnly(raw, key)
    raise SerialUnreadable(serial=raw, programme=programme.value)


def read_serial(programme: Programme, raw: str) -> Serial:
    """As `parse`, for who needs the tonnes numbered.

    Raises:
        SerialUnreadable: the parser cannot read it.
    """
    serial = parse(programme, raw)
    if isinstance(serial, RawOnly):
        raise SerialUnreadable(serial=raw, programme=programme.value)
    return serial
