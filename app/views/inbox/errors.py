"""Facts about deciding that stop a use case."""

from app.kernel.errors import Conflict, Invalid
from app.kernel.text import Text


class AmountDiffers(Invalid):
    """What was typed to confirm is not the figure that is decided about."""

    code = "inbox.amount_differs"
    text = Text(zh="输入的数量与提请的不一致。", en="What you typed is not the figure that was proposed.")
    field = "/typed"


class KindNotDecidedHere(Conflict):
    """No room of this program approves such a thing from the inbox."""

    code = "inbox.kind_not_decided_here"
    text = Text(zh="“{label_zh}”不在待办中同意。", en="{label_en} is not approved from the inbox.")
