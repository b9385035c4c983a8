"""Facts about retirements that stop a use case."""

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound
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
