"""Words that the lists of finance share: what a fact is called, how a refund stands, why a message is parked."""

from collections.abc import Mapping
from typing import Final

from app.kernel.text import Language, Text
from app.views.console import Tone

_FACTS: Final[Mapping[str, Text]] = {
    "reference": Text(zh="我方单号", en="Our number"),
    "theirs": Text(zh="渠道单号", en="The channel’s number"),
    "order": Text(zh="订单", en="Order"),
    "paid_for": Text(zh="所付事项", en="Paid for"),
    "payment": Text(zh="支付单号", en="Payment"),
    "last_word": Text(zh="渠道最后应答", en="The channel’s last word"),
    "back": Text(zh="已退回", en="Back with the payer"),
    "gone": Text(zh="渠道自行退回或撤销", en="Given back or reversed by the channel"),
    "cause": Text(zh="退款原因", en="Why it goes back"),
    "evidence": Text(zh="转账凭证号", en="Number of the transfer"),
    "kind": Text(zh="通知类型", en="Kind of notice"),
    "why": Text(zh="挂账原因", en="Why it is parked"),
    "decided": Text(zh="两人处理结果", en="What two people decided"),
    "reason": Text(zh="理由", en="Reason"),
}
REFUND_STATES: Final[Mapping[str, tuple[Text, Tone]]] = {
    "requested": (Text(zh="退款中", en="On its way"), "wait"),
    "refused": (Text(zh="渠道拒绝退款", en="Refused"), "todo"),
    "done": (Text(zh="已退回", en="Back with the payer"), "done"),
    "settled": (Text(zh="已人工退回", en="Given back by hand"), "done"),
}
CAUSES: Final[Mapping[str, Text]] = {
    "credits_gone": Text(zh="到账时减排量已售完", en="The credits were gone when the money came"),
    "paid_twice": Text(zh="同一订单付了两次", en="The order was paid twice"),
    "returned": Text(zh="按付款人要求退回", en="Given back as the payer asked"),
    "taken_back": Text(zh="按付款人要求撤回", en="Taken back as the payer asked"),
    "lost_time": Text(zh="丢失时段", en="Lost time"),
}
_PARKED: Final[Mapping[str, Text]] = {
    "unknown_payment": Text(zh="没有对应的支付单", en="No payment of ours has that number"),
    "unknown_refund": Text(zh="没有对应的退款单，或已人工退回", en="No such refund, or already given back by hand"),
    "second_payment": Text(zh="同一支付单的第二笔扣款", en="A second charge under one number"),
    "amount": Text(zh="金额不符", en="Another amount"),
    "currency": Text(zh="币种不符", en="Another currency"),
    "reference": Text(zh="单号不符", en="Another number"),
    "merchant": Text(zh="不是我方商户号", en="Another merchant"),
    "app": Text(zh="不是我方应用", en="Another app"),
    "shape": Text(zh="内容不合格式", en="Not as documented"),
    "kind": Text(zh="不认识的通知类型", en="A kind we do not know"),
    "not_paid": Text(zh="这笔支付尚未到账", en="Its payment is not paid yet"),
    "transaction": Text(zh="渠道单号不符", en="Another number of the channel"),
    "beyond_paid": Text(zh="超过可退余额", en="More than is left of what was paid"),
    "reversal_differs": Text(zh="与先前的通知金额不同", en="Another amount than it told before"),
}
DECIDED: Final[Mapping[str, Text]] = {
    "noted": Text(zh="登记原因，不作处理", en="Noted, nothing to be done"),
    "requested": Text(zh="正由渠道退回", en="On its way back"),
    "done": Text(zh="渠道已退回", en="Given back by the channel"),
    "refused": Text(zh="渠道拒绝退回", en="Refused by the channel"),
}


def fact(name: str, language: Language) -> str:
    """What a fact is called."""
    return _FACTS[name].in_(language)


def cause(code: str, language: Language) -> str:
    """Why a refund was asked for; a code nobody named as it is."""
    return CAUSES[code].in_(language) if code in CAUSES else code


def parked(code: str | None, language: Language) -> str:
    """Why a message is parked; a code nobody named as it is."""
    known = _PARKED.get(code or "")
    return known.in_(language) if known else code or "—"
