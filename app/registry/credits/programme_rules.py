"""What holds for each programme: which registries it draws from and where it is at home. Pure.

The one place to open for a new programme, beside its name in `rules.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.kernel.text import Text
from app.registry.credits.errors import SerialOfAnotherRegistry, SerialUnreadable
from app.registry.credits.rules import Programme
from app.registry.credits.serials.registry_rules import Registry
from app.registry.credits.serials.serial_form_rules import read
from app.registry.credits.serials.serial_rules import Impossible, RawOnly, Serial


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRules:
    """The rules of one programme, as data."""

    registries: tuple[Registry, ...]
    """Whose serials it takes; that of another registry is refused by name."""
    allows_raw_only: bool
    """Whether a lot may come with a certificate number instead of a serial that can be read."""
    region: Text
    division_code: str
    """GB/T 2260 code of the region that issues; empty where it is no region of China."""
    country: str | None
    """Where all its projects are (ISO 3166-1), or None: each serial or row says."""


# Source of regions: the programmes' own founding papers (渝环〔2021〕111号 for CQCER, the 2024-01 guidance for forestry).
# Who recognises it: config/recognition. Whose serials: `serial_form_rules.py`.
PROGRAMMES: Final[Mapping[Programme, ProgrammeRules]] = {
    Programme.CCER: ProgrammeRules(
        registries=(Registry.CCER,),
        allows_raw_only=True,
        region=Text(zh="全国", en="China"),
        division_code="",
        country="CN",
    ),
    Programme.CDCER: ProgrammeRules(
        registries=(Registry.CDCER,),
        allows_raw_only=True,
        region=Text(zh="成都市", en="Chengdu"),
        division_code="510100",
        country="CN",
    ),
    Programme.CQCER: ProgrammeRules(
        registries=(Registry.CQCER,),
        allows_raw_only=True,
        region=Text(zh="重庆市", en="Chongqing"),
        division_code="500000",
        country="CN",
    ),
    Programme.VCU: ProgrammeRules(
        registries=(Registry.VERRA,),
        allows_raw_only=False,  # every VCU has a serial that says all we need
        region=Text(zh="国际", en="international"),
        division_code="",
        country=None,
    ),
    Programme.FORESTRY: ProgrammeRules(
        registries=(Registry.SCLC,),
        allows_raw_only=True,
        region=Text(zh="四川省", en="Sichuan"),
        division_code="510000",
        country="CN",
    ),
}


def parse(programme: Programme, raw: str) -> Serial | RawOnly:
    """Read a registry's serial and compare whose it is; its inclusive end becomes our exclusive stop.

    Raises:
        SerialUnreadable: it cannot be a serial, or says no tonnes where the programme takes none but such.
        SerialOfAnotherRegistry: the programme draws from others than the one that numbered it.
    """
    rules = PROGRAMMES[programme]
    try:
        serial = read(raw)
    except Impossible as fault:
        raise unreadable(raw, programme, fault.reason) from fault
    if serial.registry is not None and serial.registry not in rules.registries:
        raise SerialOfAnotherRegistry(
            serial=raw,
            **_named(programme),
            registry_zh=serial.registry.text.zh,
            registry_en=serial.registry.text.en,
            registries_zh="、".join(one.text.zh for one in rules.registries),
            registries_en=", ".join(one.text.en for one in rules.registries),
        )
    if isinstance(serial, RawOnly) and not rules.allows_raw_only:
        raise unreadable(raw, programme, serial.rule)
    return serial


def unreadable(raw: str, programme: Programme, reason: Text) -> SerialUnreadable:
    """The refusal of this text, with its reason."""
    return SerialUnreadable(serial=raw, **_named(programme), reason_zh=reason.zh, reason_en=reason.en)


def _named(programme: Programme) -> dict[str, str]:
    return {"programme": programme.value, "programme_zh": programme.short.zh, "programme_en": programme.short.en}


def read_serial(programme: Programme, raw: str) -> Serial:
    """As `parse`, for who needs the tonnes numbered.

    Raises:
        SerialUnreadable, SerialOfAnotherRegistry: as `parse`, or it says no tonnes.
    """
    serial = parse(programme, raw)
    if isinstance(serial, RawOnly):
        raise unreadable(raw, programme, serial.rule)
    return serial
