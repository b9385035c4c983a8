"""Facts about retirements that stop a use case."""

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class RetirementUnknown(NotFound):
    """No retirement has this number."""

    code = "retirement.unknown"
    text = Text(zh="没有找到这笔注销，请核对编号。", en="No such retirement; please check its number.")


class NamingForbidden(Forbidden):
    """Whether an organisation is named with a retirement is said by its own members."""

    code = "retirement.naming_forbidden"
    text = Text(
        zh="只有受益机构的成员可以表示同意或反对署名。",
        en="Only a member of the organisation that benefits may agree or object to being named.",
    )


class RetirementFinal(Conflict):
    """It is settled: the grams are gone, and nobody can give them back."""

    code = "retirement.final"
    text = Text(zh="注销已经完成，不可撤回。", en="The retirement is settled and cannot be withdrawn.")


class ReasonMissing(Invalid):
    """A withdrawal without a reason, or with one that is too long."""

    code = "retirement.reason_missing"
    text = Text(zh="请填写撤回原因，最多 {longest} 个字。", en="Please give a reason of at most {longest} characters.")
    field = "/reason"


class NothingPending(Conflict):
    """There is no claim whose period was still running when its grams were retired."""

    code = "retirement.nothing_pending"
    text = Text(zh="这笔注销没有待核实的声明。", en="This retirement has no claim that waits for its actual figure.")


class HeldClaimUnfit(Invalid):
    """Nothing to retire, or a period or a subject that cannot be."""

    code = "retirement.held_claim_unfit"
    text = Text(
        zh="请检查注销量、声明期（不早于 1990 年，结束日不早于开始日）与中和对象。",
        en="Please check the mass, the period (from 1990 on, not ending before it begins) and the subject.",
    )


class HeldKeyUsedOtherwise(Conflict):
    """The same key was used for another retirement of a holding."""

    code = "retirement.held_key_used_otherwise"
    text = Text(
        zh="同一 Idempotency-Key 已用于内容不同的请求。", en="This Idempotency-Key was used for another request."
    )


class TwoPeopleNeeded(RuleBroken):
    """More than one person of an organisation may retire of its holding alone."""

    code = "retirement.two_people_needed"
    text = Text(
        zh="一次注销超过 {most} 克，须由本机构另一人复核同意。",
        en="Above {most} g another person of the organisation must agree.",
    )
    field = "/grams"
