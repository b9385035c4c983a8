"""What somebody says about a lot before it is ours, and whether it holds together. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.kernel.days import is_plausible
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.registry.credits.errors import LotUnfit, SerialDisagrees, SerialOfAnotherRegistry, SerialUnreadable
from app.registry.credits.programme_rules import PROGRAMMES, parse
from app.registry.credits.rules import Programme, UnitKind
from app.registry.credits.serials.serial_rules import (
    RawOnly,
    Serial,
    certified,
    is_same_project,
    names_of,
    normalised,
)

RAW_TONNES_MOST: Final = 100_000_000
"""More than any single lot of the programmes without a serial; a typing slip of zeros is met here."""
LABELS_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProject:
    """A project as an import names it; found again by programme and number."""

    programme: Programme
    number: str
    name: Text
    methodology: str
    unit_kind: UnitKind
    place: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLot:
    """A batch as an import names it; its mass is what its serial covers."""

    code: str
    project: NewProject
    serial: str
    vintage_start: date
    vintage_end: date
    issued_on: date
    trade_number: str | None = None
    tonnes: int | None = None
    """Compared with the serial; needed where the serial does not say."""
    certificate_number: str | None = None
    monitoring_start: date | None = None
    monitoring_end: date | None = None
    country: str | None = None
    """ISO 3166-1; None: as the serial or the programme says."""
    source_market: str | None = None
    labels: tuple[str, ...] = ()
    is_real: bool | None = None
    """真实; with `is_additional` (额外) and `is_permanent` (永久) what quality rules ask. None: nobody has said."""
    is_additional: bool | None = None
    is_permanent: bool | None = None


@dataclass(frozen=True, slots=True)
class FitLot:
    """A lot whose parts agree, with its serial read."""

    lot: NewLot
    serial: Serial
    country: str
    is_raw_only: bool
    """Whether it opens only after two people have agreed."""

    @property
    def names(self) -> frozenset[str]:
        """What its serial and its certificate are known by, over all programmes."""
        return names_of(self.serial.key, normalised(self.lot.certificate_number or ""))


def fit(lot: NewLot) -> FitLot:
    """The lot with its serial read and every part compared.

    Raises:
        SerialUnreadable, SerialOfAnotherRegistry, SerialDisagrees, LotUnfit: the first of its `faults`.
    """
    for fault in faults(lot):
        raise fault
    programme = lot.project.programme
    read = _read(lot)
    if isinstance(read, RawOnly):
        assert lot.certificate_number is not None and lot.tonnes is not None, "a fault otherwise"
        serial = certified(
            programme.value, lot.certificate_number, raw=read.raw or lot.certificate_number, tonnes=lot.tonnes
        )
    else:
        serial = read
    country = lot.country or serial.country or PROGRAMMES[programme].country
    assert country is not None, "a programme without a country has it in its serials"
    return FitLot(lot, serial, country, is_raw_only=isinstance(read, RawOnly))


def faults(lot: NewLot) -> Iterator[DomainError]:
    """Everything about the lot that cannot be, each with its field."""
    yield from _texts(lot)
    yield from _days(lot)
    try:
        read = _read(lot)
    except (SerialUnreadable, SerialOfAnotherRegistry) as fault:
        yield fault
        return
    if isinstance(read, RawOnly):
        yield from _raw_faults(lot, read)
    else:
        yield from _disagreements(lot, read)
    known = PROGRAMMES[lot.project.programme].country
    if known is not None and lot.country not in {None, known}:
        yield _unfit(
            "/country",
            "国家",
            "country",
            Text(zh=f"该机制的项目都在 {known}", en=f"must be {known} for this programme"),
        )


def _read(lot: NewLot) -> Serial | RawOnly:
    programme = lot.project.programme
    if not lot.serial.strip() and lot.certificate_number and PROGRAMMES[programme].allows_raw_only:
        return RawOnly(lot.serial, "", None, _NO_SERIAL)
    return parse(programme, lot.serial)


def _raw_faults(lot: NewLot, read: RawOnly) -> Iterator[DomainError]:
    """What a lot lacks whose serial says no tonnes. Its certificate must not say them either: that would be a serial."""
    needed = Text(
        zh=f"序列号{read.rule.zh}，须填写（数量为正整数吨）",
        en=f"needed, since the serial {read.rule.en} (whole tonnes)",
    )
    if lot.certificate_number is None:
        yield _unfit("/certificate_number", "证书编号", "certificate number", needed)
    else:
        try:
            said = parse(lot.project.programme, lot.certificate_number)
        except (SerialUnreadable, SerialOfAnotherRegistry) as fault:
            yield type(fault)(**fault.facts, field="/certificate_number")
        else:
            if isinstance(said, Serial):
                yield _unfit("/certificate_number", "证书编号", "certificate number", _HOLDS_A_BLOCK)
    if lot.tonnes is None or not 1 <= lot.tonnes <= RAW_TONNES_MOST:
        yield _unfit("/tonnes", "数量", "tonnes", needed)


def _disagreements(lot: NewLot, serial: Serial) -> Iterator[DomainError]:
    number = lot.project.number
    if serial.project is not None and not is_same_project(serial.project, number):
        yield _disagrees("/project_number", "项目编号", "project", serial.project, number)
    said = (serial.vintage_start, serial.vintage_end)
    for field, text, written, given in (
        ("vintage_start", _START, said[0], lot.vintage_start),
        ("vintage_end", _END, said[1], lot.vintage_end),
        ("country", _COUNTRY, serial.country, lot.country),
        ("tonnes", _TONNES, serial.tonnes, lot.tonnes),
    ):
        if written is not None and given is not None and written != given:
            yield _disagrees(f"/{field}", text.zh, text.en, str(written), str(given))


def _texts(lot: NewLot) -> Iterator[DomainError]:
    project = lot.project
    wanted = (
        ("/code", "批次编号", "batch number", lot.code, 64),
        ("/project_number", "项目编号", "project number", project.number, 64),
        ("/project_zh", "项目名称", "project name", project.name.zh, 200),
        ("/project_en", "项目英文名称", "English project name", project.name.en, 200),
        ("/methodology", "方法学编号", "methodology", project.methodology, 64),
        ("/place_zh", "项目所在地", "place", project.place.zh, 100),
        ("/place_en", "项目所在地英文", "English place", project.place.en, 100),
        ("/trade_number", "成交编号", "trade number", lot.trade_number, 64),
        ("/certificate_number", "证书编号", "certificate number", lot.certificate_number, 200),
        ("/source_market", "来源市场", "source market", lot.source_market, 100),
        *(("/labels", "标签", "labels", label, 50) for label in lot.labels),
    )
    for field, zh, en, text, most in wanted:
        if text is None:
            continue
        if not text.strip() or len(text) > most or not text.isprintable():
            reason = Text(zh=f"须为 1 至 {most} 个可见字符", en=f"must be 1 to {most} printable characters")
            yield _unfit(field, zh, en, reason)
    if len(lot.labels) > LABELS_MOST:
        yield _unfit("/labels", "标签", "labels", Text(zh=f"最多 {LABELS_MOST} 个", en=f"at most {LABELS_MOST}"))
    country = lot.country
    if country is not None and not (
        len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()
    ):
        yield _unfit("/country", "国家", "country", Text(zh="须为两位大写字母代码", en="must be a two-letter code"))


def _days(lot: NewLot) -> Iterator[DomainError]:
    named = (
        ("/vintage_start", "年份起", "vintage start", lot.vintage_start),
        ("/vintage_end", "年份止", "vintage end", lot.vintage_end),
        ("/issued_on", "签发日期", "day of issue", lot.issued_on),
        ("/monitoring_start", "监测期起", "start of the monitoring period", lot.monitoring_start),
        ("/monitoring_end", "监测期止", "end of the monitoring period", lot.monitoring_end),
    )
    for field, zh, en, day in named:
        if day is not None and not is_plausible(day):
            yield _unfit(field, zh, en, _NO_SUCH_YEAR)
    if lot.vintage_start > lot.vintage_end:
        yield _unfit("/vintage_end", "年份止", "end of the vintage", _BEFORE)
    start, end = lot.monitoring_start, lot.monitoring_end
    if (start is None) != (end is None):
        reason = Text(zh="起止日期须同时填写", en="give both its days or none")
        yield _unfit("/monitoring_end", "监测期", "monitoring period", reason)
    elif start is not None and end is not None and start > end:
        yield _unfit("/monitoring_end", "监测期止", "end of the monitoring period", _BEFORE)


_NO_SUCH_YEAR: Final = Text(zh="须在 1990 年至 2199 年之间", en="must lie between 1990 and 2199")
_BEFORE: Final = Text(zh="早于起始日", en="lies before its start")
_NO_SERIAL: Final = Text(zh="未填写", en="is not given")
_HOLDS_A_BLOCK: Final = Text(
    zh="写明了吨号，请填入序列号一栏", en="names its tonnes: it belongs into the column of the serial"
)
_START: Final = Text(zh="年份起", en="vintage start")
_END: Final = Text(zh="年份止", en="vintage end")
_COUNTRY: Final = Text(zh="国家", en="country")
_TONNES: Final = Text(zh="数量（吨）", en="tonnes")


def _unfit(field: str, zh: str, en: str, reason: Text) -> LotUnfit:
    return LotUnfit(field=field, what_zh=zh, what_en=en, reason_zh=reason.zh, reason_en=reason.en)


def _disagrees(field: str, zh: str, en: str, written: str, given: str) -> SerialDisagrees:
    return SerialDisagrees(field=field, what_zh=zh, what_en=en, written=written, given=given)
