"""Why money of an order goes back, and what its channel did without us, in words for its payer."""

from collections.abc import Sequence
from typing import Final

from app.commerce.payments import ReversalFacts
from app.kernel import money
from app.kernel.clock import beijing_day
from app.kernel.reversal import ReversalKind
from app.kernel.text import Text
from app.registry.retirements import RetirementState
from app.views.orders.ordering import Progress

_CREDITS_GONE: Final = Text(
    zh="付款到达时，预留的减排量已经售完，款项全额原路退回。",
    en="When the payment arrived the reserved credits were gone; all of it goes back the way it came.",
)
_TAKEN_BACK: Final = Text(
    zh="订单已按你的要求撤回，款项全额原路退回。",
    en="The order was taken back as you asked; all of it goes back the way it came.",
)
_GIVEN_BACK: Final = Text(
    zh="持有的碳信用已按你的要求退回，款项原路退回。",
    en="The credits that were held were given back as you asked; their money goes back the way it came.",
)


def reason_of(at: Progress) -> Text:
    """Why the money of an order that is being refunded, or was, goes back."""
    is_taken_back = any(
        step.retirement is not None and step.retirement.state is RetirementState.WITHDRAWN for step in at.steps.values()
    )
    return _GIVEN_BACK if at.order.back_minor else _TAKEN_BACK if is_taken_back else _CREDITS_GONE


def told_of(reversals: Sequence[ReversalFacts]) -> tuple[Text, ...]:
    """What a channel did without us, one sentence each, the earliest first."""
    return tuple(_sentence(one) for one in reversals)


def _sentence(one: ReversalFacts) -> Text:
    amount, day = money.text(one.amount_minor, one.currency), beijing_day(one.at).isoformat()
    match one.kind:
        case ReversalKind.MERCHANT_REFUND:
            return Text(
                zh=f"{day} 已由支付渠道退回 {amount}。已注销的减排量不会恢复，证书继续有效。",
                en=f"On {day} {amount} was given back through the payment channel. What is retired stays retired, and"
                " certificates stay valid.",
            )
        case ReversalKind.REVERSED:
            return Text(
                zh=f"{day} 支付渠道撤销了 {amount} 的付款。已注销的减排量不会恢复，证书继续有效。",
                en=f"On {day} the payment channel reversed {amount}. What is retired stays retired, and certificates stay"
                " valid.",
            )
        case ReversalKind.DISPUTE_OPENED:
            return Text(
                zh=f"{day} 付款人就 {amount} 提出了争议，支付渠道正在处理。",
                en=f"On {day} the payer disputed {amount}; the payment channel is looking into it.",
            )
        case ReversalKind.DISPUTE_WON:
            return Text(
                zh=f"{day} 争议已结束，{amount} 的付款有效。",
                en=f"On {day} the dispute ended: the payment of {amount} stands.",
            )
