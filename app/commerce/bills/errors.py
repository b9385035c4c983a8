"""Facts about bills."""

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.text import Text


class BillUnknown(NotFound):
    """No bill of this channel is expected for this day: it is not over, too old, or nobody has paid there yet."""

    code = "bill.unknown"
    text = Text(zh="没有这个渠道这一天的账单。", en="No bill of this channel is expected for this day.")


class DifferenceUnknown(NotFound):
    """No such difference."""

    code = "bill.difference_unknown"
    text = Text(zh="没有找到这项差异。", en="No such difference.")


class DifferenceClosed(Conflict):
    """It is settled, or somebody has explained it."""

    code = "bill.difference_closed"
    text = Text(zh="这项差异已经了结。", en="This difference is settled or explained already.")


class DifferenceNotAsked(Conflict):
    """The channel cannot be asked about it: it is not a payment or refund of ours."""

    code = "bill.difference_not_asked"
    text = Text(
        zh="这项差异不能向渠道查询，请查明后说明原因。",
        en="The payment service cannot be asked about this one; find out, and say why.",
    )


class ReasonUnfit(Invalid):
    """A reason of one line is needed; evidence is on one line where it is given."""

    code = "bill.reason_unfit"
    text = Text(
        zh="请写明原因（2 字以上），一行写完，最多 {most} 字。",
        en="Say why on one line, with two characters at least and {most} at most.",
    )


class DaySigned(Conflict):
    """Two people have signed this day; its bills take no other file."""

    code = "bill.day_signed"
    text = Text(zh="这一天已由两人签认。", en="Two people have signed this day.")


class DayOpen(Conflict):
    """A bill of the day is missing, or a difference is open."""

    code = "bill.day_open"
    text = Text(
        zh="还不能签：{missing} 份账单未读取，{open} 项差异未了结。",
        en="It cannot be signed yet; bills missing: {missing}, differences open: {open}.",
    )


class DayChanged(Conflict):
    """Something of the day has changed since it was proposed; nobody signs what they did not see."""

    code = "bill.day_changed"
    text = Text(
        zh="提请之后这一天的数据有变化，请退回后重新提请。",
        en="The day has changed since it was proposed; send it back and propose it again.",
    )
