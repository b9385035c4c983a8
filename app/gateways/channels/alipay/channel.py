"""The verbs of 支付宝 on the wire: every answer is believed only under the platform's signature.

An answer we cannot believe or read is `Pending`, for it was sent and may have had its effect.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from app.gateways.channels.alipay import bills, reading, writing
from app.gateways.channels.alipay.asking import READ_TIMEOUT_S, Answer, Wire
from app.gateways.channels.alipay.billing import fetch_bill
from app.gateways.channels.alipay.keys import AlipayKeys
from app.gateways.channels.alipay.login import AlipayLogin
from app.gateways.channels.alipay.methods import CREATE, LABEL, MARK, METHODS, NAME, WAP
from app.gateways.channels.base import (
    Bill,
    BillLine,
    Charge,
    Closed,
    Done,
    Ending,
    Method,
    NoBill,
    NotAuthentic,
    Notice,
    Opening,
    Outcome,
    Paid,
    Pending,
    RawRequest,
    RawResponse,
    Refund,
    Refused,
    StillOpen,
    Trade,
    TradeStatus,
    Unknown,
)
from app.kernel.clock import Clock, utc_now

# The documented final words of a refusal, per call. A word that is missing here leaves the question open.
_NEVER_MADE: Final = frozenset({"ACQ.TRADE_NOT_EXIST"})
_ENDED: Final = frozenset({"ACQ.TRADE_STATUS_ERROR", "ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS"})
_OPEN_REFUSED: Final = frozenset({
    "ACQ.TRADE_HAS_CLOSE", "ACQ.INVALID_PARAMETER", "ACQ.ACCESS_FORBIDDEN", "ACQ.PARTNER_ERROR", "ACQ.SELLER_NOT_EXIST",
    "ACQ.BUYER_NOT_EXIST", "ACQ.BUYER_SELLER_EQUAL", "ACQ.TOTAL_FEE_EXCEED", "ACQ.EXIST_FORBIDDEN_WORD",
    "isv.insufficient-isv-permissions",
})  # fmt: skip
_REFUND_REFUSED: Final = frozenset({
    "ACQ.INVALID_PARAMETER", "ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_FINISHED", "ACQ.TRADE_HAS_CLOSE",
    "ACQ.TRADE_STATUS_ERROR", "ACQ.TRADE_NOT_ALLOW_REFUND", "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "ACQ.REFUND_FEE_ERROR",
    "ACQ.REASON_TRADE_REFUND_FEE_ERR", "ACQ.DISCORDANT_REPEAT_REQUEST", "ACQ.BUYER_NOT_EXIST",
    "isv.insufficient-isv-permissions",
})  # fmt: skip


class Alipay:
    """支付宝 for one merchant. Keeps nothing but connections and keys."""

    name: str = NAME
    label = LABEL
    mark: str = MARK
    methods: tuple[Method, ...] = METHODS

    def __init__(self, keys: AlipayKeys, *, clock: Clock = utc_now, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._keys = keys
        self._clock = clock
        self._wire = Wire(keys, clock=clock, read_timeout_s=read_timeout_s)
        self.sign_in = AlipayLogin(keys.app_id, self._wire)

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Ask for what the payer needs; repeated with the same charge it leads to the same trade.

        For a phone's browser nothing is sent: the address we sign is the platform's cashier, and each signing has its
        own second. A charge whose time is over, or nearly, is not sent and is `Pending` (`EXPIRED`).

        Raises:
            Unavailable: nothing could be sent.
        """
        if writing.is_too_late(charge, self._clock()):
            return Pending(code="EXPIRED")
        if charge.method == CREATE.code and not writing.is_buyer(charge.payer, app_id=self._keys.app_id):
            return Refused(code="NOT_A_BUYER", text="the payer is not known by an id of Alipay's")
        content = writing.order(charge, app_id=self._keys.app_id, now=self._clock())
        if charge.method == WAP.code:
            return Opening(redirect_url=self._page(content, charge))
        answer = await self._wire.ask(f"alipay.trade.{charge.method}", content, notify_url=self._keys.notify_url)
        if isinstance(answer, Pending):
            return answer
        return _opening(answer, charge) if answer.succeeded else answer.judged(_OPEN_REFUSED)

    async def advance(self, trade: Trade) -> TradeStatus:
        """The platform takes the money itself once the payer agrees: there is nothing to do but to ask.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await self.query(trade)

    async def query(self, trade: Trade) -> TradeStatus:
        """What became of a payment; `Unknown` until its payer has scanned the code or signed in.

        Raises:
            Unavailable: nothing could be sent.
        """
        answer = await self._wire.ask("alipay.trade.query", {"out_trade_no": trade.reference})
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return Unknown(code=answer.code) if answer.says(_NEVER_MADE) else answer.undecided
        return reading.read_trade(answer.content, trade.reference)

    async def close(self, trade: Trade) -> Ending:
        """Nobody shall pay this any more.

        What the platform has never heard of can still be begun by a code or a link in somebody's hand, so that it is
        `StillOpen` until both are worthless: the platform ends them a minute before the trade's time (`writing.MARGIN`).
        `alipay.trade.cancel` is never used: it would refund what was paid meanwhile.

        Raises:
            Unavailable: nothing could be sent.
        """
        answer = await self._wire.ask("alipay.trade.close", {"out_trade_no": trade.reference})
        if isinstance(answer, Pending):
            return StillOpen(code=answer.code)
        if answer.succeeded:
            is_ours = answer.content.get("out_trade_no") == trade.reference
            return Closed(code="CLOSED") if is_ours else StillOpen(code="MISMATCH")
        if answer.says(_NEVER_MADE):
            is_worthless = self._clock() >= trade.expires_at
            return Closed(code=answer.code) if is_worthless else StillOpen(code=answer.code)
        return await self._ending(trade, answer.code) if answer.says(_ENDED) else StillOpen(code=answer.code)

    async def refund(self, refund: Refund) -> Outcome:
        """Give money back; on every doubt send the same refund again.

        The answer says `fund_change`, whether money moved just now, and the sum of all refunds, never this one's
        amount: whether this one has moved is asked for.

        Raises:
            Unavailable: nothing could be sent.
        """
        answer = await self._wire.ask("alipay.trade.refund", writing.refund(refund))
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return answer.judged(_REFUND_REFUSED)
        if answer.content.get("out_trade_no") != refund.reference:
            return Pending(code="MISMATCH")
        outcome = await self.query_refund(refund)
        return Pending(code=outcome.code) if isinstance(outcome, Unknown) else outcome

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        """What became of a refund. `Unknown` means it never arrived or failed: send the same one again.

        Raises:
            Unavailable: nothing could be sent.
        """
        asked = {
            "out_trade_no": refund.reference,
            "out_request_no": refund.refund_reference,
            "query_options": ["gmt_refund_pay"],
        }
        answer = await self._wire.ask("alipay.trade.fastpay.refund.query", asked)
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return Unknown(code=answer.code) if answer.says(_NEVER_MADE) else answer.undecided
        return reading.read_refund(answer.content, reference=refund.reference, refund_reference=refund.refund_reference)

    async def read_notice(self, raw: RawRequest) -> Notice:
        """The signature over all fields first, then its time, then the words.

        A notice of another merchant or app, or one whose figures are not exactly as documented, is authentic and
        returned with its `mismatch`.

        Raises:
            NotAuthentic: forged, stale, or no form of the platform's.
        """
        fields = reading.read_form(raw.body)
        if not await self._wire.signed_fields(fields):
            raise NotAuthentic("signature")
        return reading.read_notice(fields, app_id=self._keys.app_id, seller_id=self._keys.seller_id, now=self._clock())

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """Exactly `success`; `failure` for what is not authentic (401) and for our own trouble (503): it comes again."""
        status = 503 if retry else 200 if accepted else 401
        body = b"success" if accepted and not retry else b"failure"
        return RawResponse(status=status, body=body, media_type="text/plain")

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        """The bill of that day of Beijing (业务账单), from the next morning on.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await fetch_bill(self._wire, day, gateway_url=self._keys.gateway_url, now=self._clock())

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        """What moved, line by line.

        Raises:
            BillUnfit: a heading is missing, a line has no sense, or its sums do not agree.
        """
        return bills.read(bill.content, bill.encoding, seller_id=self._keys.seller_id)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    def _page(self, content: Mapping[str, object], charge: Charge) -> str:
        assert charge.return_url is not None, charge.reference
        return self._wire.address(
            "alipay.trade.wap.pay", content, notify_url=self._keys.notify_url, return_url=charge.return_url
        )

    async def _ending(self, trade: Trade, code: str) -> Ending:
        """One word for what is paid, closed or just being paid: only its status tells them apart."""
        match await self.query(trade):
            case Done():
                return Paid(code=code)
            case Closed(code=ended):
                return Closed(code=ended)
            case _:
                return StillOpen(code=code)


def _opening(answer: Answer, charge: Charge) -> Opening | Pending:
    if answer.content.get("out_trade_no") != charge.reference:
        return Pending(code="MISMATCH")
    if charge.method == CREATE.code:
        number = reading.number(answer.content, "trade_no")
        return Opening(call_up={"tradeNO": number}) if number else Pending(code="BAD_ANSWER")
    code_url = reading.link(answer.content, "qr_code")
    return Opening(code_url=code_url) if code_url else Pending(code="BAD_ANSWER")
