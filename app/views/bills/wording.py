"""What the room's words are called, and what readers type."""

from datetime import date
from typing import Final
from uuid import UUID

from app.commerce.bills import BillState, BillUnknown, Difference, DifferenceState, DifferenceUnknown, Nature, Step
from app.gateways.channels.table import find_kind
from app.kernel import days, ids
from app.kernel.errors import Invalid
from app.kernel.text import Text
from app.kernel.typed import typed_code

PREFIX: Final = "bdf"
"""Of a difference's number."""
BILL_STATES: Final = {
    BillState.EXPECTED: Text(zh="未到", en="Not there yet"),
    BillState.NONE: Text(zh="无交易", en="Nothing moved"),
    BillState.READ: Text(zh="已读取", en="Read"),
    BillState.UNFIT: Text(zh="读不了", en="Cannot be read"),
}
DIFFERENCE_STATES: Final = {
    DifferenceState.OPEN: Text(zh="未了结", en="Open"),
    DifferenceState.SETTLED: Text(zh="已一致", en="Settled"),
    DifferenceState.EXPLAINED: Text(zh="已说明", en="Explained"),
    DifferenceState.ACCEPTED: Text(zh="已承担", en="Accepted as missing"),
}
STEPS: Final = {
    Step.ASK: Text(zh="向渠道查询", en="Ask the service"),
    Step.EXPLAIN: Text(zh="查明并说明", en="Find out and explain"),
}
NATURES: Final = {
    Nature.BILL_ONLY: Text(zh="只在账单里", en="Only in the bill"),
    Nature.OURS_ONLY: Text(zh="只在我们这里", en="Only with us"),
    Nature.AMOUNT: Text(zh="金额不同", en="Another amount"),
    Nature.STATE: Text(zh="编号或状态不同", en="Another number or state"),
    Nature.REFUND_ONLY: Text(zh="渠道自行退款", en="A refund not of ours"),
    Nature.DUPLICATE: Text(zh="账单重复", en="Twice in bills"),
    Nature.LEDGER: Text(zh="账本不同", en="Another posting"),
}


class DayUnfit(Invalid):
    """It is no day."""

    code = "bill.day_unfit"
    text = Text(zh="请写出对账日，例如 2026-11-28。", en="Give the day, such as 2026-11-28.")
    field = "/day"


def find_day(typed: str) -> date:
    """The day that somebody typed.

    Raises:
        DayUnfit
    """
    try:
        return days.read_day(typed_code(typed))
    except ValueError as none:
        raise DayUnfit from none


def day_of_address(shown: str) -> date:
    """The day in an address of ours.

    Raises:
        BillUnknown: it is none.
    """
    try:
        return days.read_day(shown)
    except ValueError as none:
        raise BillUnknown from none


def number_of(difference_id: UUID) -> str:
    """`bdf_…`"""
    return ids.public(PREFIX, difference_id)


def find_id(shown: str) -> UUID:
    """The difference behind `bdf_…`.

    Raises:
        DifferenceUnknown: it is no such number at all.
    """
    uuid = ids.parse(PREFIX, shown)
    if uuid is None:
        raise DifferenceUnknown
    return uuid


def name_of(channel: str) -> Text:
    """How a channel is called; one that was taken from the table by its own name."""
    kind = find_kind(channel)
    return kind.label if kind else Text(zh=channel, en=channel)


def title_of(one: Difference) -> Text:
    """In one sentence what is the matter."""
    name = name_of(one.channel)
    is_unknown = one.nature is Nature.BILL_ONLY and one.payment_id is None
    title = _UNKNOWN if is_unknown else _TITLES[one.nature][one.moved == "refund"]
    return Text(zh=title.zh.format(name=name.zh), en=title.en.format(name=name.en))


_UNKNOWN: Final = Text(zh="{name}收了钱，我们没有这笔支付", en="{name} has money of a payment we do not know")
_TITLES: Final = {
    Nature.BILL_ONLY: (
        Text(zh="{name}收了钱，我们的订单还没有付款", en="{name} has the money, our order is unpaid"),
        Text(zh="{name}已退款，我们还没有记为已退", en="{name} has given back what we count as on its way"),
    ),
    Nature.OURS_ONLY: (
        Text(zh="我们记为已付，{name}的账单没有", en="Paid as we count, and in no bill of {name}"),
        Text(zh="我们记为已退，{name}的账单没有", en="Given back as we count, and in no bill of {name}"),
    ),
    Nature.AMOUNT: (
        Text(zh="{name}账单上的付款金额与我们不同", en="{name}’s bill has another amount than we do"),
        Text(zh="{name}账单上的退款金额与我们不同", en="{name}’s bill has another refund than we do"),
    ),
    Nature.STATE: (
        Text(zh="{name}的交易号与订单号对不上", en="{name}’s number goes with another order than ours"),
        Text(zh="{name}已退款，我们记的状态或付款不同", en="{name} gave back what we count otherwise"),
    ),
    Nature.REFUND_ONLY: (
        Text(zh="在{name}的商户平台退的款，不是我们发起", en="Given back at {name}’s own console, not by us"),
    )
    * 2,
    Nature.DUPLICATE: (
        Text(zh="{name}的账单里付款重复出现", en="A payment stands twice in {name}’s bills"),
        Text(zh="{name}的账单里退款重复出现", en="A refund stands twice in {name}’s bills"),
    ),
    Nature.LEDGER: (
        Text(zh="{name}与支付一致，账本记了别的金额", en="{name} and our row agree, the ledger moved otherwise"),
    )
    * 2,
}
"""Of a payment, and of a refund."""
