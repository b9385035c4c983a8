"""The frozen record of a certificate as the API describes it.

The answers carry the record's own bytes, whose digest is told beside it; these types describe them for whoever writes a
program, and a test reads every record through them. Fields of later versions are absent from older records.
"""

from typing import Annotated, Final, Literal

import msgspec

from app.certificates import Naming
from app.registry.claims import Standing
from app.registry.credits import Programme
from app.views.certificates.coverage import TextView

Role = Literal["payer", "holder", "beneficiary"]


class RecordPeriod(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Both days included."""

    from_: Annotated[str, msgspec.Meta(examples=["2026-11-22"])]
    to: Annotated[str, msgspec.Meta(examples=["2026-11-22"])]


class RecordCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """How far the claim reaches; from version 3 on."""

    retired_g: int
    percent: str | None
    """Two decimals, rounded down; null where no emission is stated."""
    is_full: bool


class RecordBasis(msgspec.Struct, frozen=True, kw_only=True):
    """What the emission was computed from."""

    zh: str
    en: str
    calculator: str | None
    factor_set: str | None


class RecordLine(msgspec.Struct, frozen=True, kw_only=True):
    """A range of grams of one lot: from `start_g` up to, and without, `stop_g`."""

    programme: Programme
    programme_name: TextView
    project: TextView
    project_number: str
    methodology: str
    place: TextView
    vintage: Annotated[str, msgspec.Meta(examples=["2022"])]
    lot: str
    serial: str
    """Byte for byte as the registry wrote it."""
    tonnes: Annotated[str, msgspec.Meta(examples=["#113 – #115"])]
    start_g: int
    stop_g: int
    mass_g: int
    upstream: Literal["cancelled", "pending"]
    """As of the day of issue; `upstream` beside the record tells the present state."""


class RecordParty(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that is named."""

    roles: tuple[Role, ...]
    name: TextView
    is_verified: bool | None = None
    naming: Naming | None = None
    """Of a beneficiary: who says so."""


class RecordUnnamed(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation that is not named."""

    roles: tuple[Role, ...]
    naming: Naming


class RecordMandate(msgspec.Struct, frozen=True, kw_only=True):
    """On which ground the payer pays for another."""

    ground: str
    document: str | None
    sha256: str | None


class RecordParties(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays, holds and benefits; from version 2 on."""

    named: tuple[RecordParty, ...]
    unnamed: tuple[RecordUnnamed, ...] = ()
    persons: tuple[tuple[Role, ...], ...]
    """Which roles persons have; their names are never in the record."""
    mandate: RecordMandate | None


class RecordVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the rule profile said at settling; rule by rule under `…/findings`."""

    profile: str
    version: str
    judged_on: str
    standing: Standing
    pending: bool
    findings: tuple[tuple[str, str, str], ...]
    """Rule, verdict, severity."""
    sha256: str


class RecordZone(msgspec.Struct, frozen=True, kw_only=True):
    """What the zone of the scene had on its papers that day; from version 5 on, of scenes in a zone."""

    slug: str
    version: int
    name: TextView
    accent: Literal["green", "teal", "blue", "amber", "crimson"]
    line: TextView | None
    seal: TextView | None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What was frozen when the certificate was issued: page, paper and API show this and nothing else."""

    version: int
    number: str
    verify_code: str
    verify_url: str
    kind: Literal["honorary", "statement"]
    level: str | None = None
    title: TextView
    coverage: RecordCoverage | None = None
    verdict: RecordVerdict | None = None
    edition: int = 1
    supersedes: str | None = None
    subject: TextView
    organiser: TextView
    scenario_code: str
    purpose: Annotated[str, msgspec.Meta(examples=["event"])]
    """What is claimed: personal, event, organisation, product, site, meeting, judicial, administrative, tree_planting; or,
    of what was given, gift or donation."""
    subject_detail: str | None = None
    layer: Literal["own", "additional"] | None = None
    """`additional`: the scene's organiser covers these emissions already; absent before version 4."""
    period: RecordPeriod | None = None
    emission_g: int
    mass_g: int
    besides_g: int | None = None
    basis: RecordBasis | None = None
    lines: tuple[RecordLine, ...]
    retirement_number: str
    retired_at: str
    issued_at: str
    payer: TextView | None = None
    parties: RecordParties | None = None
    zone: RecordZone | None = None
    issuer: TextView
    sandbox: bool


EXAMPLE: Final = Record(
    version=3,
    number="DD-20261122-SC-7K3M9QFX2",
    verify_code="7K3M9QFX2R",
    verify_url="HTTPS://CARBON.EXAMPLE/V/7K3M9QFX2R",
    kind="honorary",
    level="offset",
    title=TextView(zh="碳中和电子荣誉证书", en="Certificate of Carbon Neutrality"),
    coverage=RecordCoverage(retired_g=12_400, percent="100.00", is_full=True),
    subject=TextView(zh="示例职工欢乐跑", en="Sample Workers' Fun Run"),
    organiser=TextView(zh="示例城市总工会", en="Sample City Trade Union"),
    scenario_code="H7QP3K",
    purpose="event",
    period=RecordPeriod(from_="2026-11-22", to="2026-11-22"),
    emission_g=12_400,
    mass_g=12_400,
    besides_g=0,
    basis=RecordBasis(
        zh="往返 46 km + 午餐 1 份", en="46 km there and back + 1 lunch", calculator="personal 1", factor_set="2025.1"
    ),
    lines=(
        RecordLine(
            programme=Programme.CDCER,
            programme_name=TextView(zh="碳惠天府减排量", en="Tanhui Tianfu reduction"),
            project=TextView(zh="示例绿道碳汇", en="Sample greenway sink"),
            project_number="CDCER-S-113",
            methodology="CDCER-001-V01",
            place=TextView(zh="四川（示例）", en="Sichuan (sample)"),
            vintage="2022",
            lot="CDCER-2022-0113",
            serial="CDCER-2022-0113-1-3000",
            tonnes="#113",
            start_g=112_417_000,
            stop_g=112_429_400,
            mass_g=12_400,
            upstream="pending",
        ),
    ),
    retirement_number="R-20261122-7K3M9QFX",
    retired_at="2026-11-22T10:02:08+08:00",
    issued_at="2026-11-22T10:02:09+08:00",
    payer=TextView(zh="本人支付", en="Paid by the holder"),
    parties=RecordParties(named=(), persons=(("payer", "holder", "beneficiary"),), mandate=None),
    issuer=TextView(zh="示例环境交易所", en="Sample Environment Exchange"),
    sandbox=True,
)
