"""Facts about the books that stop a use case."""

from app.kernel.errors import Conflict
from app.kernel.text import Text


class BalanceTooLow(Conflict):
    """An account would fall below its floor. Nothing has moved."""

    code = "ledger.balance_too_low"
    text = Text(zh="余额不足。", en="The balance is too low.")


class TransferConflict(Conflict):
    """This cause was posted before with other content. Nothing has moved."""

    code = "ledger.transfer_conflict"
    text = Text(zh="同一事由已有内容不同的记账。", en="This cause was posted before with other content.")


class AccountUnknown(Conflict):
    """A leg names an account that is not open, or two legs name one account. Nothing has moved."""

    code = "ledger.account_unknown"
    text = Text(zh="账户不存在。", en="There is no such account.")


class MovementRefused(Conflict):
    """A transfer of this kind may not move between these accounts, or not under this cause. Nothing has moved."""

    code = "ledger.movement_refused"
    text = Text(
        zh="这类记账不得在这些账户之间进行。", en="A transfer of this kind may not move between these accounts."
    )
