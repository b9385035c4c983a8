"""Facts about payments."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
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


class CurrencyNotTaken(RuleBroken):
    """No way to pay that we have takes this currency."""

    code = "payment.currency_not_taken"
    text = Text(zh="目前没有支付方式接受 {currency}。", en="No way to pay takes {currency} at present.")
    field = "/currency"


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


class ChannelSilent(Conflict):
    """The channel did not answer, or is not set up here; the payment is as it was."""

    code = "payment.channel_silent"
    text = Text(
        zh="支付渠道没有回应，这笔支付保持原样，请稍后再查询。",
        en="The channel did not answer; the payment is as it was. Ask again later.",
    )


class NoticeUnknown(NotFound):
    """No message of a channel has this number."""

    code = "payment.notice_unknown"
    text = Text(zh="没有找到这条渠道通知。", en="No such notice.")


class NoticeNotParked(Conflict):
    """It fits a payment, or was decided about: nobody has to act."""

    code = "payment.notice_not_parked"
    text = Text(zh="这条通知已经处理完毕。", en="This notice is dealt with already.")


class NoticeHasNoMoney(Conflict):
    """It tells of no money that we could give back, or a payment, of ours or lost time, stands for it; it can be noted only."""

    code = "payment.notice_has_no_money"
    text = Text(
        zh="这条通知没有可退回的款项，或款项已由本平台的支付或丢失时段的退款承接；只能登记原因。",
        en="This notice tells of no money to give back, or a payment of ours or of lost time stands for it; it can only be"
        " noted.",
    )


class ReceiptRemarkUnknown(NotFound):
    """No payment by transfer has this remark."""

    code = "payment.receipt_remark_unknown"
    text = Text(
        zh="没有附言为此的待收转账。请核对银行流水；确认无误仍找不到的，请将款项原路退回付款人。",
        en="No transfer with this remark is expected. Look at the bank’s list again; where it is as typed, transfer the money"
        " back to its payer.",
    )
    field = "/remark"


class ReceiptAmountDiffers(Invalid):
    """Less or more came than this payment is for. Nothing is recorded."""

    code = "payment.receipt_amount_differs"
    text = Text(
        zh="应收 {wanted}，实到 {came}，不能登记。请将款项原路退回付款人，请其按应收金额一次转账。",
        en="{wanted} is expected and {came} came, so nothing is recorded. Transfer it back to its payer, who may transfer the"
        " exact amount at once.",
    )
    field = "/amount"


class ReceiptNumberUnfit(Invalid):
    """It is not a bank's number of a transfer."""

    code = "payment.receipt_number_unfit"
    text = Text(
        zh="银行流水号为 4 至 40 位数字、字母或连字符。", en="A bank’s number has 4 to 40 digits, letters or dashes."
    )
    field = "/bank_number"


class ReceiptPayerUnfit(Invalid):
    """The payer's name is missing, or too long."""

    code = "payment.receipt_payer_unfit"
    text = Text(
        zh="请按银行流水填写付款人名称，最多 {most} 个字。",
        en="Give the payer’s name as the bank says it, at most {most} characters.",
    )
    field = "/payer_name"


class ReceiptDayUnfit(Invalid):
    """Money of this payment cannot have come on that day."""

    code = "payment.receipt_day_unfit"
    text = Text(zh="到账日应在 {since} 至 {today} 之间。", en="The value day lies between {since} and {today}.")
    field = "/value_day"


class ReceiptUsed(Conflict):
    """The bank's number is recorded already: one receipt counts once, ever."""

    code = "payment.receipt_used"
    text = Text(
        zh="这个银行流水号已经登记过，一笔到账只能登记一次。",
        en="This number of the bank’s is recorded already; what came once counts once.",
    )
    field = "/bank_number"


class ReceiptPaymentPaid(Conflict):
    """This payment has its receipt: what came besides is nobody's here."""

    code = "payment.receipt_payment_paid"
    text = Text(
        zh="这笔转账已经到账，多出的款项请原路退回付款人。",
        en="This transfer has come already; what came besides is to be transferred back to its payer.",
    )
    field = "/remark"
