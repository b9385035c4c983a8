"""Facts about orders."""

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.text import Text


class OrderUnknown(NotFound):
    """No such order, or somebody else's: both look the same."""

    code = "order.unknown"
    text = Text(zh="没有找到这个订单。", en="No such order.")


class OrderOver(Conflict):
    """The order is paid, expired or cancelled."""

    code = "order.over"
    text = Text(zh="这个订单已结束。", en="This order is over.")


class KeyUsedOtherwise(Conflict):
    """The same key was used for another request before."""

    code = "order.key_used_otherwise"
    text = Text(
        zh="同一 Idempotency-Key 已用于内容不同的请求。", en="This Idempotency-Key was used for another request."
    )


class NameUnfit(Invalid):
    """The name for the certificate is longer than 40 characters or has characters that cannot be shown."""

    code = "order.name_unfit"
    text = Text(
        zh="姓名最多 40 个字，不能包含控制字符。", en="A name has at most 40 characters and no control characters."
    )
    field = "/name"
