"""The verbs of PayPal on the wire: the payer approves, *we* take the money, and nobody but us.

So closing needs no call: what we do not capture nobody pays. An answer we cannot read is `Pending`, for it was sent
and may have had its effect; a POST is repeated under the same `PayPal-Request-Id` and then has it once.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from urllib.parse import quote

from app.gateways.channels.base import (
    Approved,
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
from app.gateways.channels.paypal import noticing, reading, signing
from app.gateways.channels.paypal.amounts import value_of
from app.gateways.channels.paypal.asking import READ_TIMEOUT_S, Answer, Wire
from app.gateways.channels.paypal.billing import fetch_bill, read_bill
from app.gateways.channels.paypal.keys import PayPalKeys
from app.gateways.channels.paypal.methods import CHECKOUT, LABEL, MARK, METHODS, NAME
from app.gateways.channels.paypal.trusting import Certificates, read_certificates
from app.kernel.clock import Clock, utc_now

ORDERS: Final = "/v2/checkout/orders"
CAPTURES: Final = "/v2/payments/captures"
SENT_FOR: Final = timedelta(days=3, hours=1)
"""How old a notice may be. It is sent again for three days, and nobody documents that its time is then written anew."""
AHEAD_MOST: Final = timedelta(minutes=5)

# The documented final words of a refusal, per call. A word that is missing here leaves the question open.
_OPEN_REFUSED: Final = frozenset({
    "CURRENCY_NOT_SUPPORTED", "DUPLICATE_INVOICE_ID", "INVALID_CURRENCY_CODE", "MAX_VALUE_EXCEEDED", "NOT_AUTHORIZED",
    "PAYEE_ACCOUNT_INVALID", "PAYEE_ACCOUNT_LOCKED_OR_CLOSED", "PAYEE_ACCOUNT_RESTRICTED", "PERMISSION_DENIED",
})  # fmt: skip
_NEVER_MADE: Final = frozenset({"INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"})
_CAPTURED: Final = frozenset({"ORDER_ALREADY_CAPTURED"})
"""Another call of ours was first: the order itself says how it ended."""
_BACK_TO_APPROVAL: Final = frozenset({"INSTRUMENT_DECLINED", "ORDER_NOT_APPROVED", "PAYER_ACTION_REQUIRED"})
_REFUND_REFUSED: Final = frozenset({
    "CAPTURE_FULLY_REFUNDED", "CAPTURE_NOT_REFUNDABLE", "INVALID_RESOURCE_ID", "NOT_AUTHORIZED",
    "PARTIAL_REFUND_NOT_ALLOWED", "PERMISSION_DENIED", "REFUND_AMOUNT_EXCEEDED", "REFUND_CAPTURE_CURRENCY_MISMATCH",
    "REFUND_FAILED_INSUFFICIENT_FUNDS", "REFUND_NOT_ALLOWED", "REFUND_TIME_LIMIT_EXCEEDED", "RESOURCE_NOT_FOUND",
})  # fmt: skip


class PayPal:
    """PayPal, Orders v2, for one merchant's app. Keeps nothing but connections, a token, and PayPal's certificates."""

    name: str = NAME
    label = LABEL
    mark: str = MARK
    methods: tuple[Method, ...] = METHODS

    def __init__(self, keys: PayPalKeys, *, clock: Clock = utc_now, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._keys = keys
        self._clock = clock
        self._wire = Wire(keys, clock=clock, read_timeout_s=read_timeout_s)
        self._certificates = Certificates(
            origin=keys.certificates_url,
            roots=read_certificates(keys.roots.encode()),
            signer=keys.signer,
            fetch=self._wire.fetch_certificate,
            clock=clock,
        )

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Make an order, and answer where its payer approves it; repeated with the same charge it answers the same order.

        A charge past its time is not sent and is `Pending` (`EXPIRED`).

        Raises:
            Unavailable: nothing could be sent.
        """
        if charge.expires_at <= self._clock():
            return Pending(code="EXPIRED")
        request_id = f"open-{charge.reference}"
        answer = await self._wire.ask("POST", ORDERS, _order_body(charge), request_id=request_id)
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return answer.judged(_OPEN_REFUSED)
        theirs, page = reading.number(answer.content), reading.approval_link(answer.content)
        if not theirs or not page:
            return Pending(code="BAD_ANSWER")
        return Opening(redirect_url=page, theirs=theirs)

    async def advance(self, trade: Trade) -> TradeStatus:
        """Take the money of an order that its payer has approved; whatever else it is, this answers what it is.

        The order is asked about first: a capture that its payer's bank declined must be asked for under another id once
        the payer has approved again, and when the order changed last is what tells the two apart.

        Raises:
            Unavailable: nothing could be sent.
        """
        order = await self._order(trade)
        if not isinstance(order, reading.Order):
            return order
        if not isinstance(order.status, Approved) or trade.theirs is None:
            return order.status
        answer = await self._wire.ask(
            "POST", f"{ORDERS}/{quote(trade.theirs, safe='')}/capture",
            request_id=f"capture-{trade.reference}-{hashlib.sha256(order.changed_at.encode()).hexdigest()[:16]}",
        )  # fmt: skip
        if isinstance(answer, Pending):
            return answer
        if answer.succeeded:
            return self._read(answer, trade).status
        if answer.says(_CAPTURED):
            status = await self.query(trade)
            return Pending(code=answer.code) if isinstance(status, Approved) else status
        return Pending(code=answer.code, is_unpaid=answer.says(_BACK_TO_APPROVAL))

    async def query(self, trade: Trade) -> TradeStatus:
        """What became of an order. One whose number we never got is `Unknown`: PayPal finds none by ours.

        Raises:
            Unavailable: nothing could be sent.
        """
        order = await self._order(trade)
        return order.status if isinstance(order, reading.Order) else order

    async def close(self, trade: Trade) -> Ending:
        """There is no such call, and none is needed: from now on we do not capture, so nobody pays this any more.

        It is asked about all the same: `Paid` once its capture is done, `StillOpen` while one is under way, or while
        PayPal is silent, so that a payment is closed on its word alone. A capture sent in the very moment in which the
        payment is given up may still come: that is a late payment like any other.

        Raises:
            Unavailable: nothing could be sent.
        """
        if trade.theirs is None:
            return Closed(code="NO_NUMBER")  # an order we cannot name we cannot capture
        order = await self._order(trade)
        if isinstance(order, reading.Order):
            match order.status:
                case Done():
                    return Paid(code="COMPLETED")
                case Approved(code=code) | Closed(code=code):
                    return Closed(code=code)
                case Pending(code=code, is_unpaid=True):
                    return Closed(code=code)
                case Pending(code=code) | Unknown(code=code):
                    return StillOpen(code=code)
        return Closed(code=order.code) if isinstance(order, Unknown) else StillOpen(code=order.code)

    async def refund(self, refund: Refund) -> Outcome:
        """Give money back; on every doubt send the same refund again. `Done` carries the refund's own numbers.

        Raises:
            Unavailable: nothing could be sent.
        """
        assert 0 < refund.refund_minor <= refund.total_minor, refund
        if refund.transaction_id is None:
            return Pending(code="NO_CAPTURE")
        body: dict[str, object] = {
            "amount": value_of(refund.refund_minor, refund.currency),
            "custom_id": refund.reference,
            "invoice_id": refund.refund_reference,
        }
        if note := _plain(refund.reason, most=255):
            body["note_to_payer"] = note
        answer = await self._wire.ask(
            "POST", f"{CAPTURES}/{quote(refund.transaction_id, safe='')}/refund", body,
            request_id=f"refund-{refund.refund_reference}",
        )  # fmt: skip
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return answer.judged(_REFUND_REFUSED)
        outcome, _ = reading.read_refund(answer.content, refund_reference=refund.refund_reference)
        if isinstance(outcome, Done) and (outcome.amount_minor, outcome.currency) != (
            refund.refund_minor, refund.currency.value,
        ):  # fmt: skip
            return Pending(code="MISMATCH")
        return outcome

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        """What became of a refund. PayPal finds none by our number, so the same refund is sent again: under its one
        `PayPal-Request-Id` it moves money once, and its latest state is answered.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await self.refund(refund)

    async def read_notice(self, raw: RawRequest) -> Notice:
        """Certificate, chain and signature first, then the words.

        Raises:
            NotAuthentic: forged, stale, or not an event.
            Unavailable: it names a certificate that could not be fetched.
        """
        await self._verify(raw)
        try:
            return noticing.read_notice(raw.body, merchant_id=self._keys.merchant_id)
        except reading.Unreadable:
            raise NotAuthentic("shape") from None

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """200 for accepted; one 401 for whatever is not authentic; 503 for our own trouble. PayPal reads the status alone."""
        status, said = (503, "RETRY") if retry else (200, "OK") if accepted else (401, "NOT_AUTHENTIC")
        return RawResponse(status=status, body=json.dumps({"status": said}).encode(), media_type="application/json")

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        """What PayPal moved on that day of Beijing, some three hours after its end.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await fetch_bill(self._wire.ask, day)

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        """The payments and refunds of a bill; fees, withdrawals and conversions are none."""
        return read_bill(bill.content)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    async def _order(self, trade: Trade) -> reading.Order | Pending | Unknown:
        if trade.theirs is None:
            return Unknown(code="NO_NUMBER")
        answer = await self._wire.ask("GET", f"{ORDERS}/{quote(trade.theirs, safe='')}")
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            gone = answer.status == 404 and answer.says(_NEVER_MADE)
            return Unknown(code=answer.code) if gone else answer.undecided
        return self._read(answer, trade)

    def _read(self, answer: Answer, trade: Trade) -> reading.Order:
        return reading.read_order(
            answer.content, reference=trade.reference, theirs=trade.theirs, merchant_id=self._keys.merchant_id
        )

    async def _verify(self, raw: RawRequest) -> None:
        claim = signing.read_claim(raw.headers)
        now, sent_at = self._clock(), datetime.fromisoformat(claim.sent_at).astimezone(UTC)
        if not now - SENT_FOR < sent_at < now + AHEAD_MOST:
            raise NotAuthentic("timestamp")
        key = await self._certificates.key(claim.certificate_url)
        for webhook_id in self._keys.webhook_ids:
            if signing.verifies(key, claim.message(webhook_id, raw.body), claim.signature):
                return
        raise NotAuthentic("signature")


def _order_body(charge: Charge) -> Mapping[str, object]:
    assert charge.method == CHECKOUT.code, charge.method
    assert charge.currency in CHECKOUT.currencies, charge.currency
    assert charge.return_url is not None, charge.reference
    return {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "reference_id": charge.reference,
                "custom_id": charge.reference,
                "invoice_id": charge.reference,
                "description": _plain(charge.description, most=127) or charge.reference,
                "amount": value_of(charge.amount_minor, charge.currency),
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": charge.return_url,
                    # Whoever cancels comes back to the same page, which asks us and never the address.
                    "cancel_url": charge.return_url,
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                }
            }
        },
    }


def _plain(text: str, *, most: int) -> str:
    """Without line breaks and other control characters, cut to what PayPal takes."""
    return "".join(letter if letter.isprintable() else " " for letter in text)[:most]
