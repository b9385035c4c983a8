"""Facts about lost time that stop a use case."""

from app.kernel.errors import Conflict, Invalid
from app.kernel.text import Text


class MarkerMissing(Conflict):
    """This database had markers written, and the file store has none."""

    code = "recovery.marker_missing"
    text = Text(
        zh="文件存储中没有恢复标记，而数据库曾写过：接回原来的文件存储，或用账目页的副本（diandian recover --marker 文件）",
        en="the file store has no recovery marker, and this database had one written: bring the file store back, or a copy"
        " from the books page (diandian recover --marker FILE)",
    )


class MarkerUnfit(Invalid):
    """The file is no marker, or was changed."""

    code = "recovery.marker_unfit"
    text = Text(zh="恢复标记的文件不能读，或被改动过", en="the file is no recovery marker, or it was changed")


class CaseNotOpen(Conflict):
    """Nothing waits for a decision."""

    code = "recovery.case_not_open"
    text = Text(zh="没有等待决定的丢失时段", en="no lost time waits for a decision")


class SinceUnfit(Invalid):
    """Later than the last thing that the database knows, or too long ago."""

    code = "recovery.since_unfit"
    text = Text(
        zh="--since 应不晚于数据库最后一笔记账（{last}），且不早于 90 天前",
        en="--since must be no later than the last posting the database knows ({last}), and within 90 days",
    )


class ReasonUnfit(Invalid):
    """No reason, or one that does not fit on a line."""

    code = "recovery.reason_unfit"
    text = Text(zh="请写明理由：一行，至多 500 字", en="say why: one line of at most 500 characters")
