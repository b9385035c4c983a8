"""Facts about retirements that stop a use case."""

from app.kernel.errors import Conflict, Invalid
from app.kernel.text import Text


class RetirementFinal(Conflict):
    """It is settled: the grams are gone, and nobody can give them back."""

    code = "retirement.final"
    text = Text(zh="注销已经完成，不可撤回。", en="The retirement is settled and cannot be withdrawn.")


class ReasonMissing(Invalid):
    """A withdrawal without a reason, or with one that is too long."""

    code = "retirement.reason_missing"
    text = Text(zh="请填写撤回原因，最多 {longest} 个字。", en="Please give a reason of at most {longest} characters.")
    field = "/reason"
