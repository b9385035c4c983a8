"""The verbs of e-CNY at China Merchants Bank's gateway (招商银行聚合支付): every answer is believed only under its signature.

An answer we cannot believe or read is `Pending`, for it was sent and may have had its effect.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from app.gateways.channels.base import (
    Bill,
    BillLine,
    Charge,
    Closed,
    Done,
    Ending,
    Method,
    NoBill,
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
from app.gateways.channels.ecny_cmb import billing, notifying, reading
from app.gateways.channels.ecny_cmb.asking import READ_TIMEOUT_S, Answer, Wire
from app.gateways.channels.ecny_cmb.keys import EcnyKeys
from app.gateways.channels.ecny_cmb.methods import H5, LABEL, MARK, METHODS, NAME, TRANSACTION_TYPES
from app.gateways.channels.ecny_cmb.writing import charge_content, refund_reason
from app.kernel.clock import Clock, utc_now
from app.kernel.money import Currency

_ORDERS: Final = "/polypay/v1.0/mchorders"
_UNDECIDED: Final = frozenset({"SYSTERM_ERROR", "SYSTERM_MAINTAINING", "OPERATING_FREQUENTLY"})

# The documented final words of a refusal, per call (appendix 3). A word that is missing here leaves the question open.
_NEVER_MADE: Final = frozenset({"CMBORDERID_NOT_EXIST", "CMB_ORDERID_NOT_EXIST", "ORDERID_NOT_EXIST"})
_UNPAID: Final = frozenset({"UNPAIED_ORDER", "ORDERID_INVALID"})
_PAID: Final = frozenset({"ORDER_PAID"})
_MERCHANT: Final = frozenset({
    "MERID_NOT_EXIST", "MERID_NOT_LAWFUL", "USERID_NOT_EXIST", "USERID_CHECK_FAILED", "USERID_NOT_LAWFUL",
    "TXNAMT_NOT_LAWFUL", "CURRENCYCODE_NOT_LAWFUL", "NOTIFYURL_NOT_LAWFUL",
})  # fmt: skip
_OPEN_REFUSED: Final = _MERCHANT | {"ORDERID_INVALID", "TRADEAMOUNT_LIMITED", "MCH_DAILY_QUOTA_EXCEED"}
_REFUND_REFUSED: Final = frozenset({
    "MERID_MISMATCHED_ORDER", "OCMBORDERID_NOT_EXIST", "TXNAMT_ERROR", "REFUNDAMT_NOT_LAWFUL", "REFUNDAMT_ERROR",
    "NOT_ENOUGH", "TRADESTATE_NOT_LAWFUL", "TRADE_OVERDUE", "UNPAIED_ORDER",
})  # fmt: skip
_REFUND_KNOWN: Final = frozenset({"ORDERID_DUPLICATION"})


class EcnyCmb:
    """数字人民币 through China Merchants Bank, for one merchant. Keeps nothing but connections."""

    name: str = NAME
    label = LABEL
    mark: str = MARK
    methods: tuple[Method, ...] = METHODS

    def __init__(self, keys: EcnyKeys, *, clock: Clock = utc_now, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._keys = keys
        self._clock = clock
        self._wire = Wire(keys, clock=clock, read_timeout_s=read_timeout_s)
        self._asked_once = notifying.Once(self._ask_again)
        # Our answers to notices name neither message nor time: each is signed once.
        self._accepted = notifying.answer(self._wire, status=200, codes=("SUCCESS", "SUCCESS"))
        self._refused = notifying.answer(self._wire, status=401, codes=("FAIL", "FAIL"), text="验签失败")
        self._again = notifying.answer(self._wire, status=503, codes=("SUCCESS", "FAIL"), text="稍后重试")

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Ask for what the payer needs; repeated with the same charge it answers the same trade.

        A charge past its time is not sent and is `Pending` (`EXPIRED`): the bank would refuse its form, which says nothing
        about what became of it when it was sent before.

        Raises:
            Unavailable: nothing could be sent.
        """
        assert charge.currency is Currency.CNY, charge.currency
        assert charge.method in TRANSACTION_TYPES, charge.method
        if charge.expires_at <= self._clock():
            return Pending(code="EXPIRED")
        answer = await self._ask("ecny/unifiedOrder", charge_content(charge, self._keys))
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return answer.judged(_OPEN_REFUSED)
        if not self._is_about(answer, charge.reference):
            return Pending(code="MISMATCH")
        theirs = reading.number(answer.content, "cmbOrderId") or None
        if charge.method == H5.code:
            page = reading.link(answer.content, "invokeUrl")
            return Opening(redirect_url=page, theirs=theirs) if _is_page(page) else Pending(code="BAD_ANSWER")
        code = reading.link(answer.content, "qrCode")
        return Opening(code_url=code, theirs=theirs) if code else Pending(code="BAD_ANSWER")

    async def advance(self, trade: Trade) -> TradeStatus:
        """The bank takes the money itself once the payer agrees: there is nothing to do but to ask.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await self.query(trade)

    async def query(self, trade: Trade) -> TradeStatus:
        """What became of a payment. The bank answers for fifteen days.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await self._query(trade.reference)

    async def close(self, trade: Trade) -> Ending:
        """Nobody shall pay this any more. What the bank refuses to close it is asked about: a trade that is paid, closed or
        failed is told so. One it has never heard of may still begin by a code in somebody's hand, until its time is over.

        Raises:
            Unavailable: nothing could be sent.
        """
        answer = await self._ask("close", {"origOrderId": trade.reference})
        if isinstance(answer, Pending) or answer.says(_UNDECIDED):
            return StillOpen(code=answer.code)
        if answer.says(_PAID):
            return Paid(code=answer.code)
        if answer.says(_NEVER_MADE):
            is_over = trade.expires_at < self._clock()
            return Closed(code=answer.code) if is_over else StillOpen(code=answer.code)
        if not answer.succeeded:
            return _ending(await self._query(trade.reference), answer.code)
        state = reading.word(answer.content, "closeState")
        is_ours = self._is_about(answer, trade.reference, name="origOrderId")
        # `F`: it had failed before, and cannot be closed for that.
        return Closed(code=state) if is_ours and state in {"C", "F"} else StillOpen(code=state or "SHAPE")

    async def refund(self, refund: Refund) -> Outcome:
        """Give money back; on every doubt send the same refund again. `Done` carries the refund's own numbers.

        Raises:
            Unavailable: nothing could be sent.
        """
        assert 0 < refund.refund_minor <= refund.total_minor, refund
        assert refund.currency is Currency.CNY, refund
        content = {
            "orderId": refund.refund_reference,
            "origOrderId": refund.reference,
            "notifyUrl": self._keys.notify_url,
            "txnAmt": str(refund.total_minor),
            "refundAmt": str(refund.refund_minor),
            "currencyCode": "156",
        }
        if refund.transaction_id:  # the bank goes by its own number where it has both
            content["origCmbOrderId"] = refund.transaction_id
        if reason := refund_reason(refund.reason):
            content["refundReason"] = reason
        answer = await self._ask("refund", content)
        if isinstance(answer, Pending):
            return answer
        if answer.says(_REFUND_KNOWN):  # it has this number already: what became of it?
            known = await self.query_refund(refund)
            return Pending(code=answer.code) if isinstance(known, Unknown) else known
        return self._refund_outcome(answer, refund.refund_reference, "refundState")

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        """What became of a refund. `Unknown` means it never arrived: send the same one again.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await self._query_refund(refund.refund_reference)

    async def read_notice(self, raw: RawRequest) -> Notice:
        """Signature first, then the words. A notice without a state never means paid: the documented ones have none, so that
        the bank is asked, and its signed answer decides.

        Raises:
            NotAuthentic: forged, old, or not readable.
            Unavailable: the bank had to be asked and gave no answer that decides: its notice shall come again.
        """
        return await notifying.read_notice(raw, wire=self._wire, now=self._clock(), ask=self._asked_once)

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """SUCCESS under our signature; one 401 for all that is not authentic; 503 for our own trouble: it comes again."""
        return self._again if retry else self._accepted if accepted else self._refused

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        """The list of that day of Beijing (对账单), from 10:35 of the next day on.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await billing.fetch_bill(self._wire, day)

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        """What stands in it, in its order.

        Raises:
            BillUnfit: it cannot be read whole.
        """
        return billing.read_bill(bill, merchant=self._keys.merchant)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._asked_once.aclose()
        await self._wire.aclose()

    async def _ask(self, verb: str, content: Mapping[str, str]) -> Answer | Pending:
        ours = {"merId": self._keys.merchant, "userId": self._keys.cashier}
        return await self._wire.ask(f"{_ORDERS}/{verb}", {**ours, **content})

    async def _ask_again(self, told: reading.NoticeContent) -> notifying.Status:
        return await (self._query_refund if told.is_refund else self._query)(told.reference)

    async def _query(self, reference: str) -> TradeStatus:
        answer = await self._ask("orderquery", {"orderId": reference})
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            if answer.says(_NEVER_MADE):
                return Unknown(code=answer.code)
            return Pending(code=answer.code, is_unpaid=answer.says(_UNPAID))
        if not self._is_about(answer, reference):
            return Pending(code="MISMATCH")
        status, _ = reading.read_payment(answer.content, merchant=self._keys.merchant)
        return status

    async def _query_refund(self, reference: str) -> Outcome | Unknown:
        answer = await self._ask("refundquery", {"orderId": reference})
        if isinstance(answer, Pending):
            return answer
        if answer.says(_NEVER_MADE):
            return Unknown(code=answer.code)
        if not answer.succeeded:
            return answer.undecided
        return self._refund_outcome(answer, reference, "tradeState")

    def _refund_outcome(self, answer: Answer, reference: str, state: str) -> Outcome:
        if not answer.succeeded:
            return answer.judged(_REFUND_REFUSED)
        if not self._is_about(answer, reference):
            return Pending(code="MISMATCH")
        return reading.read_refund(answer.content, merchant=self._keys.merchant, state=state)

    def _is_about(self, answer: Answer, reference: str, *, name: str = "orderId") -> bool:
        """Whether it is of our merchant and that order: an answer names no question, so its content must."""
        return answer.content.get("merId") == self._keys.merchant and answer.content.get(name) == reference


def _ending(status: TradeStatus, refusal: str) -> Ending:
    """What a question says about a trade that the bank did not close."""
    match status:
        case Done():
            return Paid(code=refusal)
        case Closed(code=code):
            return Closed(code=code)
        case Pending(code=code) if code in {"D", "F", "ORDERID_INVALID"}:  # nobody can pay it, in the bank's own words
            return Closed(code=code)
        case _:
            return StillOpen(code=refusal)


def _is_page(link: str) -> bool:
    return link.startswith(("https://", "http://"))
