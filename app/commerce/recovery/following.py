"""What follows from a decision: bills are read as they come, and money for nothing we know goes back. Repeated until done."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final

import msgspec

from app.commerce import bills, payments
from app.commerce.recovery.bill_lines import paid_in
from app.gateways.channels.base import Bill, BillUnfit, Channel, NoBill, Pending, Refund
from app.gateways.channels.kinds import Kind
from app.gateways.channels.table import CHANNELS
from app.gateways.database import Row, fetch, fetch_value
from app.gateways.patience import ask_each, within
from app.kernel.clock import BEIJING
from app.kernel.errors import Unavailable
from app.kernel.ids import random_code, uuid7
from app.kernel.money import Currency

FETCH_S: Final = 60.0


async def go_on(*, channels: Mapping[str, Channel], now: datetime, kinds: Sequence[Kind] = CHANNELS) -> int:
    """One round: set aside what a lot could not give before, read the bills whose time has come, send what goes back.

    Answers how much there was to do. Each step is behind its own key; killed anywhere, the next round goes on from there.
    What it learnt settles what differs in the bills of that channel.
    """
    short = await fetch("SELECT DISTINCT case_id FROM recovery_quarantine WHERE taken < stop")
    for row in short:
        await fetch("SELECT recovery.take($1)", row["case_id"])
    after = {kind.name: kind.bill_after for kind in kinds if kind.bill_after is not None and kind.name in channels}
    days = [
        row
        for row in await fetch(
            "SELECT case_id, channel, day FROM recovery_day WHERE read_at IS NULL ORDER BY day, channel"
        )
        if row["channel"] in after
        and now >= datetime.combine(row["day"] + timedelta(days=1), time(), BEIJING) + after[row["channel"]]
    ]

    changed: set[str] = set()

    async def read(row: Row) -> None:
        if await _read(row, channels[row["channel"]]):
            changed.add(row["channel"])

    await ask_each(days, read, far_side=lambda row: row["channel"], what="bills", at_once=1)
    back = [
        row
        for row in await fetch(
            "SELECT channel, reference, transaction_id, amount_minor, currency, refund_reference FROM recovery_payment"
            " WHERE state = 'requested' ORDER BY id LIMIT 200"
        )
        if row["channel"] in channels
    ]

    async def send(row: Row) -> None:
        if await _send(row, channels[row["channel"]]):
            changed.add(row["channel"])

    await ask_each(back, send, far_side=lambda row: row["channel"], what="refunds")
    for channel in sorted(changed):
        await bills.compare_open(channel)
    return len(short) + len(days) + len(back)


async def _read(row: Row, channel: Channel) -> bool:
    """Whether the bill of a day told of money that we did not know."""
    case_id, day = row["case_id"], row["day"]
    try:
        answer = await within(channel.fetch_bill(day), seconds=FETCH_S)
        lines = channel.read_bill(answer) if isinstance(answer, Bill) else ()
    except (Unavailable, BillUnfit) as trouble:
        await fetch("SELECT recovery.hear_day($1, $2, $3, $4)", case_id, channel.name, day, type(trouble).__name__)
        return False
    match answer:
        case Pending(code=code):
            await fetch("SELECT recovery.hear_day($1, $2, $3, $4)", case_id, channel.name, day, code)
            return False
        case NoBill() | Bill():
            told = [
                {
                    "id": uuid7(),
                    "reference": line.reference,
                    "transaction_id": line.transaction_id,
                    "amount_minor": line.amount_minor,
                    "currency": line.currency.value,
                    "at": line.at,
                    "refund_reference": f"RF{random_code(24)}",
                    "returned_minor": returned_minor,
                }
                for line, returned_minor in paid_in(lines)
            ]
            found = await fetch_value(
                "SELECT recovery.read_day($1, $2, $3, $4::jsonb)",
                case_id, channel.name, day, msgspec.json.encode(told).decode(),
            )  # fmt: skip
            return bool(found)


async def _send(row: Row, channel: Channel) -> bool:
    """Give one payment back, under its number; whether its channel has said something final."""
    outcome = await within(
        channel.refund(
            Refund(
                reference=row["reference"],
                transaction_id=row["transaction_id"],
                refund_reference=row["refund_reference"],
                refund_minor=row["amount_minor"],
                total_minor=row["amount_minor"],
                currency=Currency(row["currency"]),
                reason="lost",
            )
        )
    )
    return bool(await payments.record_lost_answer(channel.name, row["refund_reference"], outcome))
