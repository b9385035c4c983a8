"""Facts about content checks."""

from app.kernel.errors import Conflict, NotFound, RuleBroken
from app.kernel.text import Text


class WordFileBroken(Exception):
    """The word list is not as it must be; the message names file and fault."""


class CheckUnknown(NotFound):
    """There is no such check."""

    code = "moderation.unknown"
    text = Text(zh="没有这条审核记录。", en="There is no such check.")


class DecisionOvertaken(Conflict):
    """Somebody else has decided since the page was opened. Nothing was changed."""

    code = "moderation.overtaken"
    text = Text(
        zh="这条内容刚刚已有人处理，请看过现在的状态再决定。",
        en="Somebody has just decided this one; please look at it as it is now.",
    )


class HidingReasonMissing(RuleBroken):
    """Something is hidden for one of the reasons of the list."""

    code = "moderation.reason_missing"
    text = Text(zh="请选择不予展示的原因。", en="Please choose why it is not shown.")
