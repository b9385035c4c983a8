"""What is judged: a claim, the credits named for it, and the day they are retired. And what a judgement looks like.

`None` is always "not known", never "no" and never zero: a rule that needs it answers `unknown`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app.kernel.days import Month, Period, When, is_day
from app.kernel.text import Text


class EntityKind(StrEnum):
    """What kind of thing is said to be neutral (声明对象)."""

    PERSON = "person"
    """个人."""
    ORGANISATION = "organisation"
    """企业, 机关, 居委会: whoever keeps an inventory of its own."""
    PRODUCT = "product"
    """产品, 服务: bound to a quantity."""
    MEETING = "meeting"
    """会议."""
    EVENT = "event"
    """赛事, 会展, 演出."""
    SITE = "site"
    """网点, 会议室, 景区: one place of somebody's."""
    TERRITORY = "territory"
    """社区, 区县: a stretch of land with everybody in it."""

    @property
    def text(self) -> Text:
        """For a reason."""
        return Text(zh=_ENTITIES_ZH[self], en=self.value)


_ENTITIES_ZH = {
    EntityKind.PERSON: "个人",
    EntityKind.ORGANISATION: "组织",
    EntityKind.PRODUCT: "产品",
    EntityKind.MEETING: "会议",
    EntityKind.EVENT: "活动",
    EntityKind.SITE: "场所",
    EntityKind.TERRITORY: "地域",
}


class UnitKind(StrEnum):
    """What one tonne of a credit is."""

    REDUCTION = "reduction"
    """减排: an emission that did not happen."""
    REMOVAL = "removal"
    """清除: carbon taken out of the air."""
    ALLOWANCE = "allowance"
    """配额: the right to emit, given up."""

    @property
    def text(self) -> Text:
        """For a reason."""
        return Text(zh={"reduction": "减排", "removal": "清除", "allowance": "配额"}[self.value], en=self.value)


class Rule(StrEnum):
    """The rules of the table, in its order."""

    REDUCED_FIRST = "reduced_first"
    """先减排后抵消: own reductions recorded, the residual explained, a plan."""
    QUALITY = "quality"
    """真实, 额外, 永久; a reduction or a removal."""
    VINTAGE_5Y = "vintage_5y"
    """The credits' period ended at most so many months before the claimed period."""
    EX_POST = "ex_post"
    """The credits were issued, and their period was over, when they were retired."""
    RETIRED_12M = "retired_12m"
    """Retired at most so many months after the claimed period."""
    PERIOD_ENDED = "period_ended"
    """The claimed period was over when the credits were retired."""
    COVERS = "covers"
    """At least as much was retired as was emitted."""
    CREDIT_RANK = "credit_rank"
    """The profile accepts this type of credit, with a rank."""
    SCOPE = "scope"
    """The profile is made for this kind of subject."""
    METHODOLOGY = "methodology"
    """The credits' methodology was not suspended."""
    DOUBLE_CLAIM = "double_claim"
    """No earlier claim for the same subject and days."""


class Verdict(StrEnum):
    """What a rule says."""

    PASS = "pass"  # noqa: S105 - a word of the judgement, no secret
    """满足."""
    FAIL = "fail"
    """不满足."""
    PENDING = "pending"
    """待核实: the period is not over; it will be decided afterwards."""
    UNKNOWN = "unknown"
    """无法判定: what is known allows more than one answer."""
    NOT_APPLICABLE = "not_applicable"
    """不适用: no period is claimed, or the profile does not ask."""


class Severity(StrEnum):
    """What a failure means under a profile."""

    BLOCK = "block"
    """The claim of this profile is stopped."""
    WARN = "warn"
    """It is recorded and printed."""
    NONE = "none"
    """The profile does not ask."""


class Stage(StrEnum):
    """Which retirement the day belongs to; a profile may take only the second for final."""

    SETTLED = "settled"
    """Settled in our books."""
    UPSTREAM = "upstream"
    """Cancelled in the registry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierClaim:
    """An earlier claim for the same subject."""

    reference: str
    """Its retirement or certificate number."""
    period: Period | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody says that something was neutral in a period."""

    entity: EntityKind
    subject: str
    """What a reader calls it. It may be somebody's name: it never enters a finding."""
    period: Period | None
    """None: no period is claimed, as for a quantity of goods."""
    emission_g: int | None
    """The footprint, or its forecast while the period lasts."""
    retired_g: int = 0
    """Retired for this claim before, besides the lines now given."""
    are_reductions_recorded: bool | None = None
    """Whether own reductions stand in the plan or the inventory."""
    residual_reason: str | None = None
    """Why the rest cannot be avoided; the empty text: no reason is given."""
    plan_id: str | None = None
    """The management plan's number; the empty text: there is no plan."""
    earlier: tuple[EarlierClaim, ...] | None = ()
    """Earlier claims for this subject, whatever their days; None: nobody has looked."""

    def __post_init__(self) -> None:
        assert self.retired_g >= 0 and (self.emission_g is None or self.emission_g >= 0), self


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditLine:
    """A mass of one credit that is retired for the claim, with what is known of it."""

    credit: str
    """How a reader finds it again: the lot's code."""
    mass_g: int
    programme: str | None = None
    vintage_start: date | None = None
    vintage_end: date | None = None
    issued_on: date | None = None
    unit_kind: UnitKind | None = None
    is_real: bool | None = None
    is_additional: bool | None = None
    is_permanent: bool | None = None
    methodology: str | None = None
    suspended_from: date | None = None
    """From which day the methodology is suspended; None beside a known methodology: it is not."""
    country: str | None = None
    """Where the project is, ISO 3166: `CN`."""
    rank: int | None = None
    """The rank an operator gave it; None: the profile's own list decides."""

    def __post_init__(self) -> None:
        assert self.mass_g > 0, self
        days = (self.vintage_start, self.vintage_end, self.issued_on, self.suspended_from)
        assert all(day is None or is_day(day) for day in days), self


@dataclass(frozen=True, slots=True)
class Submission:
    """All that a rule may look at."""

    claim: Claim
    lines: tuple[CreditLine, ...]
    retired_on: When
    """The day in Beijing, or only its month, as imported cases have it."""

    def __post_init__(self) -> None:
        assert isinstance(self.retired_on, Month) or is_day(self.retired_on), self.retired_on

    @property
    def retired_g(self) -> int:
        """Retired for the claim in all."""
        return self.claim.retired_g + sum(line.mass_g for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one rule says of one submission, before a profile weighs it."""

    verdict: Verdict
    inputs: Mapping[str, Any]
    """What was looked at, as plain JSON: days and months as text, grams as integers; no name, no free text."""
    limit: str | int | None
    """The bound that was computed: a day as text, grams as an integer."""
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says under one profile, with everything it was decided by."""

    rule: Rule
    profile: str
    version: str
    verdict: Verdict
    severity: Severity
    inputs: Mapping[str, Any]
    limit: str | int | None
    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The judgement of one claim under one profile: a finding for every rule, in the order of the table."""

    profile: str
    version: str
    profile_sha256: str
    """Of the profile's content: two files with one version and other rules do not look alike."""
    retired_on: str
    stage: Stage
    is_final: bool
    """Whether this stage is the one the profile takes for final."""
    findings: tuple[Finding, ...]

    def of(self, rule: Rule) -> Finding:
        """The finding of one rule."""
        return next(finding for finding in self.findings if finding.rule is rule)
