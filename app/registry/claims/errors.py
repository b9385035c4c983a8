"""What the room refuses, and why."""

from app.kernel.errors import Conflict, Invalid, RuleBroken
from app.kernel.text import Text


class ProfileUnknown(RuleBroken):
    """No rule profile of that name; the facts name those there are."""

    code = "claims.profile_unknown"
    text = Text(
        zh="没有名为 {name} 的规则档；现有：{known}。", en="There is no rule profile {name}; there are {known}."
    )


class ProfileFileBroken(Invalid):
    """A profile that may not be used; the place of the first fault is named."""

    code = "claims.profile_file_broken"
    text = Text(zh="规则档 {file}，{place}：{problem_zh}", en="Rule profile {file}, {place}: {problem_en}")


class ClaimUnreadable(Invalid):
    """A claim as it was handed in cannot be judged; `field` is the JSON Pointer of the first fault."""

    code = "claims.claim_unreadable"
    text = Text(zh="声明的 {place}：{problem_zh}", en="In the claim, {place} {problem_en}")


class AnnexUnreadable(Invalid):
    """A table of cases that is not the report's annex; the row of the first fault is named."""

    code = "claims.annex_unreadable"
    text = Text(zh="{file} 第 {row} 行：{problem_zh}", en="{file}, row {row}: {problem_en}")


class VerdictsUnreadable(Invalid):
    """A document that `to_document` did not write, or that was changed since."""

    code = "claims.verdicts_unreadable"
    text = Text(zh="无法读取判定文件：{problem_zh}", en="The verdicts cannot be read: {problem_en}")


class PeriodNotOver(Conflict):
    """The claimed period is not over: a figure entered now would be a forecast too."""

    code = "claims.period_not_over"
    text = Text(
        zh="声明期到 {last} 才结束，请届时填写实际排放量。", en="The claimed period ends on {last}; come back then."
    )


class FigureFinal(Conflict):
    """Another actual figure was entered and covered."""

    code = "claims.figure_final"
    text = Text(
        zh="实际排放量已核实为 {actual_g} 克，不可更改。", en="The actual figure is settled at {actual_g} g and stays."
    )
