"""Facts about payments."""

from app.kernel.errors import Conflict, Invalid, NotFound
from app.kernel.text import Text


class PaymentUnknown(NotFound):
    """No such payment."""

    code = "payment.unknown"
    text = Text(zh="没有找到这笔支付。", en="No such payment.")


class SubjectUnknown(NotFound):
    """No room has declared a kind of thing that could be paid for under this subject. No money has moved."""

    code = "payment.subject_unknown"
    text = Text(zh="“{subject}”不是可以付款的事项。", en="{subject} is nothing that can be paid for.")


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


class RefundUnknown(NotFound):
    """No refund has this number."""

    code = "payment.refund_unknown"
    text = Text(zh="没有找到这笔退款。", en="No such refund.")


class RefundNotRefused(Conflict):
    """Only a refund that its channel refused for good waits for a person."""

    code = "payment.refund_not_refused"
    text = Text(
        zh="这笔退款没有被渠道拒绝，不需要人工处理。", en="The channel did not refuse this refund; nobody has to act."
    )


class RefundActUnfit(Invalid):
    """A reason, or the proof of a transfer, that is missing or does not fit on a line."""

    code = "payment.refund_act_unfit"
    text = Text(
        zh="请填写理由和转账凭证号，每项一行，最多 {longest} 个字。",
        en="Please give a reason, and the number of the transfer, each on one line of at most {longest} characters.",
    )


class RefundTooLarge(Conflict):
    """With what went back, or is on its way, this refund would be more than was paid. Nothing has moved."""

    code = "payment.refund_too_large"
    text = Text(zh="退款合计不能超过已付金额。", en="Refunds together cannot be more than was paid.")
