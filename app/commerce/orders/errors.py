"""Facts about orders."""

from app.kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from app.kernel.text import Text


class OrderUnknown(NotFound):
    """No such order, or somebody else's: both look the same."""

    code = "order.unknown"
    text = Text(zh="没有找到这个订单。", en="No such order.")


class OrderOver(Conflict):
    """The order is paid, expired or cancelled."""

    code = "order.over"
    text = Text(zh="这个订单已结束。", en="This order is over.")


class AbroadNotAgreed(Conflict):
    """Whoever runs this way to pay is abroad, and its payer has not agreed to what is told there. Nothing was told."""

    code = "order.abroad_not_agreed"
    text = Text(
        zh="这种付款方式要向境外提供信息，须先单独同意；也可以选择其他付款方式。",
        en="This way to pay tells something to a company abroad; agree to that first, or choose another way.",
    )
    field = "/method"


class KeyUsedOtherwise(Conflict):
    """The same key was used for another request before."""

    code = "order.key_used_otherwise"
    text = Text(
        zh="同一 Idempotency-Key 已用于内容不同的请求。", en="This Idempotency-Key was used for another request."
    )


class BelowLeast(RuleBroken):
    """It costs less than any way to pay takes, and its payer has not agreed to buy more. Nothing is kept."""

    code = "order.below_least"
    text = Text(
        zh="金额低于可支付的最低额 {least}；可以改为购买 {mass}，金额为 {least}。",
        en="This costs less than the {least} that can be paid at least; {least} would buy {mass}.",
    )
    field = "/buy_more"


class NameUnfit(Invalid):
    """The name for the certificate is longer than 50 characters, as a reader counts them, or has control characters.

    Characters that no font has are another fact: `text.not_printable`.
    """

    code = "order.name_unfit"
    text = Text(
        zh="姓名最多 {most} 个字，不能包含控制字符。",
        en="A name has at most {most} characters and no control characters.",
    )
    field = "/name"


class LinesUnfit(Invalid):
    """An order without a line, or with too many."""

    code = "order.lines_unfit"
    text = Text(zh="一个订单须有 1 至 {most} 项。", en="An order has between 1 and {most} lines.")
    field = "/lines"


class MassUnfit(Invalid):
    """Nothing to retire, a figure below zero, or more than there can be."""

    code = "order.mass_unfit"
    text = Text(
        zh="注销量须为 1 至 {most} 克，排放量不能为负。",
        en="The mass to retire must lie between 1 and {most} grams, an emission must not be negative.",
    )


class PeriodUnfit(Invalid):
    """A claim period that ends before it begins, or that begins before 1990 or ends after 2199."""

    code = "order.period_unfit"
    text = Text(
        zh="声明期须在 1990 年至 2199 年之间，结束日不能早于开始日。",
        en="A claim period lies between 1990 and 2199 and cannot end before it begins.",
    )


class MandateMissing(RuleBroken):
    """Somebody pays for another, is not giving, and does not say on which ground."""

    code = "order.mandate_missing"
    text = Text(
        zh="付款方与受益方不同，请填写代付依据。",
        en="Payer and beneficiary differ: please say on which ground one pays for the other.",
    )


class MandateUnfit(Invalid):
    """A document without its SHA-256 or the other way round, or a text that cannot be printed."""

    code = "order.mandate_unfit"
    text = Text(
        zh="受托文件须同时给出名称和 SHA-256，文字最多 {longest} 个字。",
        en="A mandate's document needs both a name and its SHA-256, in texts of at most {longest} characters.",
    )


class SubjectUnfit(Invalid):
    """A subject that is empty, too long, or cannot be printed."""

    code = "order.subject_unfit"
    text = Text(
        zh="中和对象最多 {longest} 个字，不能包含控制字符。",
        en="A subject has at most {longest} characters and no control characters.",
    )


class ProfileUnused(RuleBroken):
    """A rule profile for a line that says nothing to be neutral, or that is for a person."""

    code = "order.profile_unused"
    text = Text(
        zh="这一项没有机构的声明可供判定，请不要指定规则档。",
        en="This line makes no claim of an organisation that could be judged: please name no rule profile for it.",
    )


class PartyUnknown(NotFound):
    """No person or organisation has this id."""

    code = "order.party_unknown"
    text = Text(zh="没有找到这个机构或个人。", en="There is no such organisation or person.")


class LineUnknown(NotFound):
    """The order has no such line, or it is one that retires."""

    code = "order.line_unknown"
    text = Text(zh="订单中没有这一持有项。", en="The order has no such line that is held.")
    field = "/line"


class NothingToReturn(Conflict):
    """Less of the line is free in its account: what was retired, moved on or given back stands."""

    code = "order.nothing_to_return"
    text = Text(
        zh="这一项最多可退回 {most} 克；已注销、已转出或已赠出的不能退款。",
        en="At most {most} g of this line can be given back; what is retired, moved on or given cannot be refunded.",
    )
    field = "/grams"


class OrderFinal(Conflict):
    """Something of the order is settled, or it was not paid: nothing can be taken back."""

    code = "order.final"
    text = Text(zh="这个订单没有可以撤回的注销。", en="This order has nothing that can still be taken back.")


class OrderRetired(OrderFinal):
    """Something of the order is retired, which is for ever: its money cannot go back."""

    code = "order.retired"
    text = Text(
        zh="这个订单的减排量已经注销，注销不可撤回，因此不能退款；证书继续有效。",
        en="Carbon credits of this order are retired. Retirement is for ever, so the money cannot be refunded; its"
        " certificates stay valid.",
    )


class TooMuchUnpaid(Conflict):
    """With a person's other unpaid orders this one would set aside more than one person may; `order` is one of them."""

    code = "order.too_much_unpaid"
    text = Text(
        zh="未付款的订单最多可预留 {programme} {most}（含本单为 {unpaid}）。请先支付或取消订单 {order}，再下新单。",
        en="Unpaid orders may set aside at most {most} of {programme} (with this one {unpaid}). Please pay or cancel"
        " order {order} first.",
    )


class OrganisationTooMuchUnpaid(Conflict):
    """The same of an organisation, whoever placed the others for it."""

    code = "order.organisation_too_much_unpaid"
    text = Text(
        zh="该机构未付款的订单最多可预留 {programme} {most}（含本单为 {unpaid}）。请先支付或取消订单 {order}，再下新单。",
        en="An organisation's unpaid orders may set aside at most {most} of {programme} (with this one {unpaid}). Please"
        " pay or cancel order {order} first.",
    )


class TooManyUnpaid(Conflict):
    """The payer has as many unpaid orders as one may have; `order` is one of them."""

    code = "order.too_many_unpaid"
    text = Text(
        zh="同时最多可有 {most} 个未付款的订单。请先支付或取消订单 {order}，再下新单。",
        en="At most {most} orders may be unpaid at a time. Please pay or cancel order {order} first.",
    )


class NotQuoted(Conflict):
    """Only an order that is quoted and whose time is not over can be reserved by hand."""

    code = "order.not_quoted"
    text = Text(
        zh="只有处于报价状态且未过期的订单才能人工预留。",
        en="Only an order that is quoted, and whose time is not over, can be reserved by hand.",
    )


class ReservingReasonUnfit(Invalid):
    """Somebody reserves by hand without a reason, or with one that cannot be printed on a line."""

    code = "order.reserving_reason_unfit"
    text = Text(
        zh="请写明预留理由，最多 {longest} 个字。", en="Please say why, in at most {longest} characters on one line."
    )
    field = "/reason"
