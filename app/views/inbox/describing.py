"""What a payload says, in words. Pure but for what stood before, which the caller hands over."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.commerce import payments
from app.foundation.approvals import Approval
from app.foundation.identity import OrganisationKind
from app.kernel import mass, money
from app.kernel.money import Currency
from app.kernel.text import Text
from app.registry.credits import DoubleDecision, Programme

_NOTHING: Final = Text(zh="", en="")


@dataclass(frozen=True, slots=True)
class Line:
    """One fact that is decided about."""

    label: Text
    value: Text
    before: Text | None = None
    """What stands now, where the decision changes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a person sees of an approval before they decide."""

    title: Text
    about: Text
    """What it is about, in one line of a list."""
    lines: tuple[Line, ...]
    figure: Text | None = None
    """How much, in one line of a list."""
    typed: str | None = None
    """What must be typed to agree: the digits of its tonnes; None: nothing."""
    unit: str = ""
    outcome: Text = _NOTHING
    """What happens on agreeing, and whether it can be undone."""
    is_ready: bool = True
    """False: it waits for its maker first."""
    link: str | None = None
    """Where more is shown."""


Said = Mapping[str, Any]
Before = Mapping[str, Any]
"""What stands now, by the payload's names."""

_FINAL: Final = Text(
    zh="同意后立即生效，不能撤销，只能更正。", en="It takes effect at once and is not undone, only corrected."
)


def as_written(one: Approval) -> Description:
    """Of a kind that nobody describes: every field by its name."""
    lines = tuple(Line(_same(name), _same(_plain(value))) for name, value in sorted(one.said().items()))
    return Description(title=one.label, about=_same(one.subject), lines=lines)


def lot(said: Said, _: Before) -> Description:
    """A lot whose serial does not say its tonnes."""
    project, tonnes = said["project"], int(said["tonnes"])
    programme = Programme(project["programme"]).text
    return Description(
        title=Text(zh=f"{tonnes:,} t {programme.zh}", en=f"{tonnes:,} t {programme.en}"),
        about=_same(said["code"]),
        figure=_same(f"{tonnes:,} t"),
        typed=str(tonnes),
        unit="t",
        lines=(
            Line(_PROJECT, Text(zh=project["name"]["zh"], en=project["name"]["en"])),
            Line(_NUMBER, _same(project["number"])),
            Line(_METHOD, _same(project["methodology"])),
            Line(_LOT, _same(said["code"])),
            Line(_SERIAL, _same(said["serial"] or "—")),
            Line(_CERTIFICATE, _same(said.get("certificate_number") or "—")),
            Line(_VINTAGE, _same(f"{said['vintage_start']} – {said['vintage_end']}")),
            Line(Text(zh="签发日", en="Issued on"), _same(said["issued_on"])),
            Line(Text(zh="数量", en="Tonnes"), _same(f"{tonnes:,} t")),
        ),
        outcome=Text(
            zh="同意后立即入库、可售，不能撤销，只能更正。",
            en="It is open for sale at once, and is not undone, only corrected.",
        ),
    )


def correction(said: Said, before: Before) -> Description:
    """Facts about a lot that are others than was thought."""
    changed = said["changes"]
    return Description(
        title=Text(zh="更正批次的记载", en="Correct what a lot says"),
        about=_same(said.get("code", said["lot_id"])),
        figure=Text(zh=f"{len(changed)} 项", en=f"{len(changed)} facts"),
        lines=(
            *(
                Line(_FACTS.get(name, _same(name)), _value(value), _value(before.get(name)))
                for name, value in sorted(changed.items())
            ),
            Line(_REASON, _same(said["note"])),
        ),
        outcome=_FINAL,
    )


def double(said: Said, _: Before) -> Description:
    """What a lot is that holds tonnes of an older one."""
    meaning = _DOUBLES[DoubleDecision(said["decision"])]
    return Description(
        title=meaning,
        about=_same(said["code"]),
        lines=(
            Line(_LOT, _same(said["code"])),
            Line(Text(zh="认定", en="Decision"), meaning),
            Line(_REASON, _same(said["note"])),
        ),
        outcome=_FINAL,
    )


def price(said: Said, before: Before) -> Description:
    """A line of a price list."""
    currency = Currency(said["currency"])
    amount = f"{money.text(said['per_tonne_minor'], currency)} / t"
    was = before.get("per_tonne_minor")
    programme = Programme(said["programme"]).short
    until = said["valid_to"]
    return Description(
        title=Text(zh=f"{programme.zh} {amount}", en=f"{programme.en} {amount}"),
        about=_same(f"{said['programme']} {said['currency']}"),
        figure=_same(amount),
        lines=(
            Line(
                Text(zh="每吨价格", en="Price of a tonne"),
                _same(amount),
                _same(f"{money.text(was, currency)} / t") if was is not None else None,
            ),
            Line(Text(zh="起始日", en="First day"), _same(said["valid_from"])),
            Line(
                Text(zh="截止日", en="Last day"),
                _same(until) if until else Text(zh="直到下一价格", en="until the next price"),
            ),
        ),
        outcome=Text(
            zh="同意后按起始日生效，之前的订单价格不变。",
            en="It holds from its first day; earlier orders keep their price.",
        ),
    )


def methodology(said: Said, before: Before) -> Description:
    """A methodology taken off sale, or sold again."""
    day = said["suspended_from"]
    title = (
        Text(zh="停用方法学", en="Suspend a methodology") if day else Text(zh="恢复方法学", en="Resume a methodology")
    )
    return Description(
        title=title,
        about=_same(f"{said['programme']} {said['code']}"),
        lines=(
            Line(_METHOD, _same(f"{said['programme']} {said['code']}")),
            Line(Text(zh="停售起始日", en="Not sold from"), _value(day), _value(before.get("suspended_from"))),
            *(
                (Line(Text(zh="公开说明", en="For the public"), Text(zh=said["note_zh"], en=said["note_en"])),)
                if day
                else ()
            ),
            Line(Text(zh="依据", en="Source"), _same(said["source"])),
        ),
        outcome=Text(zh="已注销的不受影响。", en="What was retired stays retired."),
    )


def cancellation(said: Said, _: Before) -> Description:
    """Whole tonnes of a lot at their registry."""
    tonnes, is_by_hand = int(said["tonnes"]), said["mode"] == "hand"
    evidence = said.get("evidence")
    proof = (
        (
            Line(Text(zh="登记机构编号", en="The registry's number"), _same(said["registry_reference"])),
            Line(Text(zh="注销日期", en="Cancelled on"), _same(said["cancelled_on"])),
            Line(Text(zh="凭证", en="Proof"), _same(f"{evidence['name']} · {evidence['sha256'][:16]}…")),
        )
        if evidence
        else ()
    )
    return Description(
        title=Text(zh=f"上游注销 {tonnes:,} t", en=f"Cancel {tonnes:,} t upstream"),
        about=_same(f"{said['reference']} · {said['lot']}"),
        figure=_same(f"{tonnes:,} t"),
        typed=str(tonnes),
        unit="t",
        lines=(
            Line(_LOT, _same(said["lot"])),
            Line(_SERIAL, _same(said["serial"])),
            Line(Text(zh="吨号", en="Tonnes no."), _same(f"#{said['first']} – #{said['last']}")),
            Line(_PROJECT, _same(said["project"])),
            Line(Text(zh="受益方", en="Beneficiary"), Text(zh=said["beneficiary"]["zh"], en=said["beneficiary"]["en"])),
            Line(
                Text(zh="办理方式", en="Way"),
                Text(zh="人工办理", en="by hand") if is_by_hand else Text(zh="接口办理", en="by wire"),
            ),
            *proof,
        ),
        outcome=Text(zh="同意后不能撤销。", en="It cannot be undone."),
        is_ready=not is_by_hand or evidence is not None,
        link=f"/operator/cancellations/{said['reference']}",
    )


def verification(said: Said, _: Before) -> Description:
    """Who an organisation is in law."""
    kind = _KINDS[OrganisationKind(said["kind"])]
    return Description(
        title=Text(zh=f"核验 {said['name_zh']}", en=f"Verify {said['name_en']}"),
        about=Text(zh=said["name_zh"], en=said["name_en"]),
        lines=(
            Line(Text(zh="名称", en="Name"), _same(f"{said['name_zh']} / {said['name_en']}")),
            Line(Text(zh="类型", en="Kind"), kind),
            Line(Text(zh="登记号", en="Register number"), _same(f"{said['country']} {said['register_number']}")),
            Line(Text(zh="所见材料", en="Papers seen"), _same(said["papers"])),
        ),
        outcome=Text(zh="同意后该机构可以邀请成员。", en="It may then invite its members."),
        link="/operator/organisations",
    )


def hand_refund(said: Said, _: Before) -> Description:
    """Money that went back another way than by its channel."""
    amount = money.text(said["amount_minor"], Currency(said["currency"]))
    is_lost = payments.is_of_lost_time(said.get("paid_for", ""))
    return Description(
        title=Text(zh=f"人工退款 {amount}", en=f"Refund {amount} by hand"),
        about=_same(said["reference"]),
        figure=_same(amount),
        lines=(
            Line(Text(zh="退款单号", en="Refund"), _same(said["reference"])),
            *((Line(Text(zh="所付事项", en="Paid for"), Text(zh="丢失时段", en="Lost time")),) if is_lost else ()),
            Line(Text(zh="金额", en="Amount"), _same(amount)),
            Line(Text(zh="拒绝的渠道", en="Refused by"), _same(said["channel"])),
            Line(Text(zh="转账凭证号", en="Number of the transfer"), _same(said["evidence"])),
            Line(_REASON, _same(said["reason"])),
        ),
        outcome=Text(zh="同意后丢失时段的这一步随之结束。", en="That step of lost time ends with it.")
        if is_lost
        else Text(zh="同意后订单随之结束。", en="The order ends with it."),
    )


def holding_retirement(said: Said, _: Before) -> Description:
    """What an organisation retires of its holding, above what one of its people may alone."""
    grams = mass.text(said["grams"])
    period = f"{said['period_from']} – {said['period_to']}"
    return Description(
        title=Text(zh=f"从持有中注销 {grams}", en=f"Retire {grams} from a holding"),
        about=_same(said["subject"] or period),
        figure=_same(grams),
        lines=(
            Line(Text(zh="数量", en="Mass"), _same(grams)),
            Line(Text(zh="组合", en="Mix"), _same(said["mix"])),
            Line(Text(zh="声明期", en="Period"), _same(period)),
            Line(Text(zh="中和对象", en="Subject"), _value(said["subject"])),
            Line(Text(zh="排放量", en="Emission"), _same(mass.text(said["emission_grams"]))),
        ),
        outcome=Text(zh="同意后立即注销，不可撤销。", en="The grams are retired at once, for ever."),
    )


def _same(text: object) -> Text:
    return Text(zh=str(text), en=str(text))


def _plain(value: object) -> str:
    return mass.text(value) if isinstance(value, int) and not isinstance(value, bool) and value > 10**12 else str(value)


def _value(value: object) -> Text:
    match value:
        case None:
            return Text(zh="无", en="none")
        case bool():
            return Text(zh="是", en="yes") if value else Text(zh="否", en="no")
        case list() | tuple():
            return _same("、".join(map(str, value)) or "—")
        case _:
            return _same(value)


_PROJECT: Final = Text(zh="项目", en="Project")
_NUMBER: Final = Text(zh="项目编号", en="Project number")
_METHOD: Final = Text(zh="方法学", en="Methodology")
_LOT: Final = Text(zh="批次", en="Lot")
_SERIAL: Final = Text(zh="序列号", en="Serial")
_CERTIFICATE: Final = Text(zh="登记凭证", en="Certificate")
_VINTAGE: Final = Text(zh="减排期", en="Vintage")
_REASON: Final = Text(zh="原因", en="Reason")
_FACTS: Final = {
    "labels": Text(zh="标签", en="Labels"),
    "is_real": Text(zh="真实性", en="Real"),
    "is_additional": Text(zh="额外性", en="Additional"),
    "is_permanent": Text(zh="永久性", en="Permanent"),
    "source_market": Text(zh="来源市场", en="Source market"),
    "monitoring_start": Text(zh="监测期起", en="Monitoring from"),
    "monitoring_end": Text(zh="监测期止", en="Monitoring to"),
}
_DOUBLES: Final = {
    DoubleDecision.SAME: Text(zh="同一批吨，永不出售", en="The same tonnes: never sold"),
    DoubleDecision.APART: Text(zh="不同的吨，恢复出售", en="Other tonnes: sold again"),
}
_KINDS: Final = {
    OrganisationKind.EXCHANGE: Text(zh="交易所", en="exchange"),
    OrganisationKind.COMPANY: Text(zh="企业", en="company"),
    OrganisationKind.AGENCY: Text(zh="机关单位", en="public agency"),
    OrganisationKind.ASSOCIATION: Text(zh="社会组织", en="association"),
    OrganisationKind.COURT: Text(zh="法院", en="court"),
}
