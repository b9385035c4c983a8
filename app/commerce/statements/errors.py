"""Facts about bank statements."""

from dataclasses import dataclass

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class CellFault:
    """One thing wrong with a file: where, and what would be right."""

    place: str
    """`C7`, or `7` for a whole row; empty for the file."""
    text: Text


class StatementUnfit(Invalid):
    """The file cannot be taken: every fault is listed, and nothing of it was kept."""

    code = "statement.unfit"
    text = Text(
        zh="文件中有 {count} 处需要更正，未导入任何内容。第一处：{first_zh}",
        en="Things to correct in this file: {count}. Nothing was taken in. The first: {first_en}",
    )
    field = "/file"

    def __init__(self, faults: tuple[CellFault, ...]) -> None:
        assert faults
        first = faults[0]
        where = (f"{first.place}：", f"{first.place}: ") if first.place else ("", "")
        super().__init__(count=len(faults), first_zh=where[0] + first.text.zh, first_en=where[1] + first.text.en)
        self.faults = faults


class StatementWithoutFile(Invalid):
    """No file came with the form."""

    code = "statement.no_file"
    text = Text(zh="请选择银行对账单文件（CSV 或 XLSX）。", en="Choose the bank’s statement, a CSV or XLSX file.")
    field = "/file"


class StatementWithoutAccount(Conflict):
    """The platform has no bank account: nobody can transfer to it."""

    code = "statement.no_account"
    text = Text(
        zh="尚未设置收款账户（DIANDIAN_BANK_…），不能导入对账单。",
        en="No bank account is set up (DIANDIAN_BANK_…), so no statement is taken in.",
    )


class StatementUnknown(NotFound):
    """No such statement; one that was read and never taken is kept for a day."""

    code = "statement.unknown"
    text = Text(
        zh="没有找到这份对账单；读取后未导入的，一天后删除，请重新上传。",
        en="No such statement. One that was read and not taken in is deleted after a day; upload it again.",
    )


class FindingUnknown(NotFound):
    """No such finding."""

    code = "statement.finding_unknown"
    text = Text(zh="没有找到这项差异。", en="No such finding.")


class FindingClosed(Conflict):
    """It is settled, or somebody has explained it."""

    code = "statement.finding_closed"
    text = Text(zh="这项差异已经了结。", en="This finding is settled or explained already.")


class FindingWithoutRow(Conflict):
    """It is about a recorded transfer that no statement has: there is no row to record."""

    code = "statement.finding_without_row"
    text = Text(
        zh="对账单中没有这一笔，不能据此登记。",
        en="No statement has this transfer, so there is nothing to record.",
    )


class FindingReasonUnfit(Invalid):
    """A reason of one line is needed; evidence is on one line where it is given."""

    code = "statement.reason_unfit"
    text = Text(
        zh="请在一行内写明（2 字以上，最多 {most} 字）。",
        en="Write it on one line, with two characters at least and {most} at most.",
    )
