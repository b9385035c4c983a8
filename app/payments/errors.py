"""Facts about payments."""

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.text import Text


class PaymentUnknown(NotFound):
    """No such payment."""

    code = "payment.unknown"
    text = Text(zh="没有找到这笔支付。", en="No such payment.")


class PaymentOver(Conflict):
    """It is paid, closed or refunded: it cannot be opened again."""

    code = "payment.over"
    text = Text(
        zh="这笔支付已结束，请刷新页面查看结果。", en="This payment is over; reload the page to see the result."
    )


class ChannelRefused(Conflict):
    """The channel does not open this payment; `channel_code` is its own word."""

    code = "payment.channel_refused"
    text = Text(
        zh="支付渠道拒绝了请求（{channel_code}），请换一种方式。",
        en="The payment service refused ({channel_code}); please choose another way.",
    )


class MethodUnavailable(Invalid):
    """This channel or method cannot work here (WeChat's own payment needs a WeChat login)."""

    code = "payment.method_unavailable"
    text = Text(zh="当前环境不能使用这种支付方式。", en="This way to pay does not work here.")
    field = "/method"
