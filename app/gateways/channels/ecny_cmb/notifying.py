"""The bank's notices (支付结果通知, 退款结果通知): verified, read, concluded from, and answered under our signature."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Final

from app.gateways.channels.base import (
    Done,
    NotAuthentic,
    Notice,
    Outcome,
    Pending,
    RawRequest,
    RawResponse,
    TradeStatus,
    Unknown,
)
from app.gateways.channels.ecny_cmb import envelopes, reading, signing
from app.gateways.channels.ecny_cmb.asking import FAR_SIDE, Wire
from app.kernel.errors import Unavailable

AGE_MAX: Final = timedelta(days=3)
"""The bank repeats a notice for a day. It signs no time of sending, so that an older one is known by when its money moved;
asking the bank tells what became of that."""
ASKING_S: Final = 3.0
"""For the question behind a notice: whoever sent it waits for our answer, and sends again without one."""

Status = TradeStatus | Outcome | Unknown
Ask = Callable[[reading.NoticeContent], Coroutine[None, None, Status]]


class Once:
    """Asks about one payment or refund once at a time, for all notices of it that come meanwhile: a bank that repeats itself,
    or somebody who repeats the bank, does not make us ask as often.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._under_way: dict[tuple[bool, str], asyncio.Task[Status]] = {}

    async def __call__(self, told: reading.NoticeContent) -> Status:
        key = (told.is_refund, told.reference)
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._ask(told))
            task.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Ask no more."""
        left = list(self._under_way.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _over(self, key: tuple[bool, str], task: asyncio.Task[Status]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # whoever waited has it, or has given up


async def read_notice(raw: RawRequest, *, wire: Wire, now: datetime, ask: Once) -> Notice:
    """Signature first, then the words. `ask` asks the bank what became of the payment or refund that a notice names: those
    that are documented say of no state that it is reached, and then the bank's answer decides, never the notice.

    Raises:
        NotAuthentic: forged, old, or not readable.
        Unavailable: the bank had to be asked and gave no answer that decides: its notice shall come again.
    """
    try:
        fields = envelopes.read_form(raw.body)
        if fields.get("signMethod") != envelopes.SM2:
            raise NotAuthentic("cipher")
        if not await wire.is_banks(fields):
            raise NotAuthentic("signature")
        if fields.get("encoding") != envelopes.ENCODING:
            raise NotAuthentic("shape")
        content = envelopes.read_content(fields)
    except envelopes.Unreadable:
        raise NotAuthentic("shape") from None
    at = reading.moment(content)
    if at is not None and abs(now - at) > AGE_MAX:
        raise NotAuthentic("timestamp")
    told = reading.read_notice(content, merchant=wire.keys.merchant)
    outcome, mismatch = await _concluded(told, ask)
    return Notice(
        event_id=hashlib.sha256(signing.canonical(fields).encode()).hexdigest(),
        kind=("REFUND" if told.is_refund else "PAYMENT") + (f".{told.state}" if told.state else ""),
        # A refund's message does not name its payment.
        reference="" if told.is_refund else told.reference,
        refund_reference=told.reference if told.is_refund and told.reference else None,
        outcome=outcome,
        mismatch=mismatch,
        content=fields[envelopes.CONTENT],
    )


def answer(wire: Wire, *, status: int, codes: tuple[str, str], text: str = "") -> RawResponse:
    """Our answer to a notice. It names neither message nor time, so that one signature serves for all."""
    fields = {
        "returnCode": codes[0],
        "respCode": codes[1],
        "version": envelopes.VERSION,
        "encoding": envelopes.ENCODING,
        "signMethod": envelopes.SM2,
    } | ({"respMsg": text} if text else {})
    body = json.dumps(wire.signed(fields), ensure_ascii=False, separators=(",", ":")).encode()
    return RawResponse(status=status, body=body, media_type="application/json")


async def _concluded(told: reading.NoticeContent, ask: Once) -> tuple[TradeStatus | Outcome, str | None]:
    """What follows from a notice, and why it cannot be ours. Raises as `read_notice`."""
    if told.mismatch is not None or told.money is None:
        return Pending(code="MISMATCH"), told.mismatch
    if told.state:
        return told.money if told.state == "S" else Pending(code=told.state), None
    try:
        async with asyncio.timeout(ASKING_S):
            asked = await ask(told)
    except TimeoutError as silence:
        raise Unavailable(f"{FAR_SIDE}: no answer within {ASKING_S:g} s") from silence
    if isinstance(asked, Pending):
        # The bank knows more than it says just now. It repeats its notice, and of what was closed nobody else would tell.
        raise Unavailable(f"{FAR_SIDE}: {asked.code}")
    if not isinstance(asked, Done):
        return Pending(code="NO_STATE"), None
    # Of the time a notice may say less than an answer; of number and money it may not.
    same = (told.money.transaction_id, told.money.amount_minor, told.money.currency)
    is_same = (asked.transaction_id, asked.amount_minor, asked.currency) == same
    return (asked, None) if is_same else (Pending(code="MISMATCH"), "amount")
