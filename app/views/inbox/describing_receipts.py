"""What a receipt of our bank says, and what becomes of a parked message, in words."""

from collections.abc import Mapping
from typing import Any, Final

from app.commerce.payments import read_subject
from app.kernel import money
from app.kernel.ids import public
from app.kernel.money import Currency
from app.kernel.text import Text
from app.views.inbox.describing import Description, Line

_PREFIXES: Final = {"order": "ord"}
"""How a subject's kind is shown; of others the id is."""


def bank_receipt(said: Mapping[str, Any], before: Mapping[str, Any]) -> Description:
    """Money that came to our account, for a payment by transfer; in a list its payer is masked, as in what is signed."""
    minor = int(said["amount_minor"])
    amount = money.text(minor, Currency(said["currency"]))
    payer: Text | None = before.get("payer")
    name = before.get("payer_name", said["payer_name"])
    late = (Line(_LATE, _LATE_MEANS),) if before.get("is_late") else ()
    return Description(
        title=Text(zh=f"到账 {amount}", en=f"{amount} came in"),
        about=_same(f"{name} · {said['remark']}"),
        figure=_same(amount),
        typed=f"{minor // 100}.{minor % 100:02d}",
        unit=said["currency"],
        lines=(
            Line(Text(zh="到账金额", en="Amount"), _same(amount)),
            Line(Text(zh="付款人（银行所载）", en="Payer, as the bank says"), _same(name)),
            *((Line(Text(zh="订单的付款机构", en="Who the order is charged to"), payer),) if payer else ()),
            Line(Text(zh="银行流水号", en="The bank’s number"), _same(said["bank_number"])),
            Line(Text(zh="到账日", en="Value day"), _same(said["value_day"])),
            Line(Text(zh="附言", en="Remark"), _same(said["remark"])),
            Line(Text(zh="支付事项", en="Paid for"), _same(_subject(said["paid_for"]))),
            *late,
        ),
        outcome=Text(
            zh="请对照银行流水逐项核对。同意后立即记为已支付，订单继续办理；退款需另行两人办理。",
            en="Compare each line with the bank’s list. It is paid at once and the order goes on; giving money back takes two"
            " people again.",
        ),
    )


def parked_notice(said: Mapping[str, Any], _: Mapping[str, Any]) -> Description:
    """What becomes of a message of a channel that fits no payment of ours."""
    is_refund = said["decision"] == "refund"
    amount = money.text(int(said["amount_minor"]), Currency(said["currency"])) if is_refund else None
    title = (
        Text(zh=f"退回挂账款项 {amount}", en=f"Give {amount} back that fits nothing")
        if is_refund
        else Text(zh="挂账来信不作处理", en="Leave a parked notice as it is")
    )
    minor = int(said["amount_minor"] or 0)
    return Description(
        title=title,
        about=_same(f"{said['channel']} · {said['reference'] or '—'}"),
        figure=_same(amount) if amount else None,
        typed=f"{minor // 100}.{minor % 100:02d}" if is_refund else None,
        unit=said["currency"] or "",
        lines=(
            *((Line(Text(zh="退回金额", en="Amount"), _same(amount)),) if amount else ()),
            Line(Text(zh="渠道", en="Channel"), _same(said["channel"])),
            Line(Text(zh="渠道交易号", en="The channel’s number"), _same(said["transaction_id"] or "—")),
            Line(Text(zh="通知所载我方单号", en="Our number, as it says"), _same(said["reference"] or "—")),
            Line(Text(zh="挂账原因", en="Why it is parked"), _same(said["fact"] or "—")),
            Line(Text(zh="理由", en="Reason"), _same(said["reason"])),
        ),
        outcome=Text(zh="同意后由渠道原路退回给付款人。", en="The channel gives it back to whoever paid.")
        if is_refund
        else Text(
            zh="同意后不再列入待办，通知原文保留。", en="Nobody is asked about it any more; the message is kept."
        ),
        link=f"/operator/notices?open={said['notice']}",
    )


def _subject(subject: str) -> str:
    kind, id_ = read_subject(subject)
    return public(_PREFIXES[kind], id_) if kind in _PREFIXES else str(id_)


def _same(text: object) -> Text:
    return Text(zh=str(text), en=str(text))


_LATE: Final = Text(zh="已过保留期", en="Late")
_LATE_MEANS: Final = Text(
    zh="减排量已不再保留：仍有可售的照常交付，没有的全额退回（两人办理）。",
    en="Its credits no longer wait: delivered while some are open, else all of it goes back, by two people.",
)
