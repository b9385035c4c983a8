"""The verbs of 微信支付 on the wire: every answer is believed only under the platform's signature.

An answer we cannot believe or read is `Pending`, for it was sent and may have had its effect.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Final
from urllib.parse import quote, urlencode

from app.gateways.channels.base import (
    Bill,
    BillLine,
    Charge,
    Closed,
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
from app.gateways.channels.wechatpay import bill_reading, reading, signing
from app.gateways.channels.wechatpay.asking import READ_TIMEOUT_S, Answer, Wire
from app.gateways.channels.wechatpay.billing import fetch_bill
from app.gateways.channels.wechatpay.keys import WeChatPayKeys
from app.gateways.channels.wechatpay.methods import H5, JSAPI, LABEL, MARK, METHODS, NAME, NATIVE
from app.gateways.channels.wechatpay.trusting import open_resource
from app.kernel.clock import Clock, rfc3339, utc_now
from app.kernel.money import Currency

_TRANSACTIONS: Final = "/v3/pay/transactions"
_REFUNDS: Final = "/v3/refund/domestic/refunds"

# The documented final words of a refusal, per call. A word that is missing here leaves the question open.
_CLOSED: Final = frozenset({"ORDER_CLOSED", "ORDERCLOSED"})
_NEVER_MADE: Final = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST"})
_PAID: Final = frozenset({"ORDERPAID", "ORDER_PAID"})
_OPEN_REFUSED: Final = _CLOSED | {
    "PARAM_ERROR", "APPID_MCHID_NOT_MATCH", "MCH_NOT_EXISTS", "NO_AUTH", "OPENID_MISMATCH", "RULE_LIMIT",
}  # fmt: skip
_NO_REFUND: Final = frozenset({"RESOURCE_NOT_EXISTS"})
_REFUND_REFUSED: Final = frozenset({
    "PARAM_ERROR", "INVALID_REQUEST", "MCH_NOT_EXISTS", "NO_AUTH", "RESOURCE_NOT_EXISTS", "USER_ACCOUNT_ABNORMAL",
})  # fmt: skip


class WeChatPay:
    """微信支付 API v3 for one merchant, its mini-program and its official account.

    Keeps nothing but connections and the platform's keys.
    """

    name: str = NAME
    label = LABEL
    mark: str = MARK
    methods: tuple[Method, ...] = METHODS

    def __init__(self, keys: WeChatPayKeys, *, clock: Clock = utc_now, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        self._keys = keys
        self._clock = clock
        self._wire = Wire(keys, clock=clock, read_timeout_s=read_timeout_s)

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Ask for what the payer needs; repeated with the same charge it answers the same trade.

        A call-up with a `return_url` is paid on a page in WeChat's browser, whose call-up names the
        app id; the mini-program's does not.

        A charge past its time is not sent and is `Pending` (`EXPIRED`): the platform would refuse its form, which
        says nothing about what became of it when it was sent before.

        Raises:
            Unavailable: nothing could be sent.
        """
        if charge.expires_at <= self._clock():
            return Pending(code="EXPIRED")
        answer = await self._wire.ask("POST", f"{_TRANSACTIONS}/{charge.method}", _charge_body(charge, self._keys))
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return answer.judged(_OPEN_REFUSED)
        match charge.method:
            case JSAPI.code:
                prepay_id = reading.token(answer.content, "prepay_id")
                return Opening(call_up=self._call_up(prepay_id, charge)) if prepay_id else Pending(code="BAD_ANSWER")
            case H5.code:
                page = reading.link(answer.content, "h5_url", ("https://", "http://"))
                return Opening(redirect_url=_with_return(page, charge)) if page else Pending(code="BAD_ANSWER")
            case _:
                code_url = reading.link(answer.content, "code_url", ("weixin://", "https://", "http://"))
                return Opening(code_url=code_url) if code_url else Pending(code="BAD_ANSWER")

    async def advance(self, trade: Trade) -> TradeStatus:
        """The platform takes the money itself once the payer agrees: there is nothing to do but to ask.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await self.query(trade)

    async def query(self, trade: Trade) -> TradeStatus:
        """What became of a payment.

        Past its time an unpaid trade stays `Pending` (`NOTPAY`) until it is closed: the platform never says expired.

        Raises:
            Unavailable: nothing could be sent.
        """
        number = quote(trade.reference, safe="")
        target = f"{_TRANSACTIONS}/out-trade-no/{number}?{urlencode({'mchid': self._keys.mchid})}"
        answer = await self._wire.ask("GET", target)
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return Unknown(code=answer.code) if answer.says(_NEVER_MADE) else answer.undecided
        if answer.content.get("out_trade_no") != trade.reference:
            return Pending(code="MISMATCH")
        word, _ = reading.read_payment(answer.content, mchid=self._keys.mchid, appids=self._keys.appids)
        return word

    async def close(self, trade: Trade) -> Ending:
        """Nobody shall pay this any more. What the platform has never heard of nobody can pay: its codes come from it.

        Raises:
            Unavailable: nothing could be sent.
        """
        target = f"{_TRANSACTIONS}/out-trade-no/{quote(trade.reference, safe='')}/close"
        answer = await self._wire.ask("POST", target, {"mchid": self._keys.mchid})
        if isinstance(answer, Pending):
            return StillOpen(code=answer.code)
        if answer.status == 204:
            return Closed(code="CLOSED")
        if answer.says(_PAID):
            return Paid(code=answer.code)
        # 202 USER_PAYING: somebody is typing a password right now; it may end either way.
        return Closed(code=answer.code) if answer.says(_CLOSED | _NEVER_MADE) else StillOpen(code=answer.code)

    async def refund(self, refund: Refund) -> Outcome:
        """Give money back; on every doubt send the same refund again. `Done` carries the refund's own numbers.

        Raises:
            Unavailable: nothing could be sent.
        """
        assert 0 < refund.refund_minor <= refund.total_minor, refund
        assert refund.currency is Currency.CNY, refund
        body: dict[str, object] = {
            "out_trade_no": refund.reference,
            "out_refund_no": refund.refund_reference,
            "notify_url": self._keys.notify_url,
            "amount": {
                "refund": refund.refund_minor,
                "total": refund.total_minor,
                "currency": str(refund.currency),
            },
        }
        if refund.reason:
            body["reason"] = signing.wire_text(refund.reason, limit=80)
        answer = await self._wire.ask("POST", _REFUNDS, body)
        if isinstance(answer, Pending):
            return answer
        if not answer.succeeded:
            return answer.judged(_REFUND_REFUSED)
        if answer.content.get("out_trade_no") != refund.reference:
            return Pending(code="MISMATCH")
        return _refund_outcome(answer, refund.refund_reference)

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        """What became of a refund. `Unknown` means it never arrived: send the same one again.

        Raises:
            Unavailable: nothing could be sent.
        """
        answer = await self._wire.ask("GET", f"{_REFUNDS}/{quote(refund.refund_reference, safe='')}")
        if isinstance(answer, Pending):
            return answer
        if answer.succeeded:
            return _refund_outcome(answer, refund.refund_reference)
        return Unknown(code=answer.code) if answer.says(_NO_REFUND) else answer.undecided

    async def read_notice(self, raw: RawRequest) -> Notice:
        """Signature and freshness first, then the cipher, then the words.

        A notice of another merchant or app, or one whose figures are not exactly as documented, is authentic
        and returned with its `mismatch`.

        Raises:
            NotAuthentic: forged, stale, or not readable under our keys.
            Unavailable: it names a platform certificate that could not be fetched.
        """
        await self._wire.verify(raw.headers, raw.body)
        try:
            envelope = reading.read_envelope(raw.body)
            sealed, now = envelope.sealed, self._clock()
            opened = open_resource(self._keys, sealed.nonce, sealed.associated_data, sealed.ciphertext, now=now)
            return reading.read_notice(envelope, opened, mchid=self._keys.mchid, appids=self._keys.appids)
        except reading.Unreadable:
            raise NotAuthentic("shape") from None

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """204 for accepted; one 401 for whatever is not authentic; 503 for our own trouble, so that it comes again."""
        if retry:
            return _failure(503, "稍后重试")
        return (
            RawResponse(status=204, body=b"", media_type="application/json") if accepted else _failure(401, "验签失败")
        )

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        """The trade bill of that day of Beijing (交易账单), from ten o'clock of the next day on.

        Raises:
            Unavailable: nothing could be sent.
        """
        return await fetch_bill(self._wire, day)

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        """Its payments by order amount (订单金额) and its refunds by what was asked back (申请退款金额).

        Raises:
            BillUnfit: see `bill_reading`.
        """
        return bill_reading.read_bill(bill, mchid=self._keys.mchid)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._wire.aclose()

    def _call_up(self, prepay_id: str, charge: Charge) -> Mapping[str, str]:
        timestamp, nonce, package = str(int(self._clock().timestamp())), secrets.token_hex(16), f"prepay_id={prepay_id}"
        appid = _appid(charge, self._keys)
        message = signing.call_up_message(appid=appid, timestamp=timestamp, nonce=nonce, package=package)
        fields = {
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._wire.sign(message),
        }
        return fields if charge.return_url is None else {"appId": appid, **fields}


def _charge_body(charge: Charge, keys: WeChatPayKeys) -> dict[str, object]:
    assert charge.amount_minor > 0, charge.amount_minor
    assert charge.currency is Currency.CNY, charge.currency
    body: dict[str, object] = {
        "appid": _appid(charge, keys),
        "mchid": keys.mchid,
        "description": signing.wire_text(charge.description, limit=127),
        "out_trade_no": charge.reference,
        "time_expire": rfc3339(charge.expires_at),
        "notify_url": keys.notify_url,
        "amount": {"total": charge.amount_minor, "currency": str(charge.currency)},
    }
    match charge.method:
        case JSAPI.code:
            assert charge.payer is not None, charge.reference
            body["payer"] = {"openid": charge.payer.id}
        case H5.code:
            assert charge.payer_ip is not None, charge.reference
            body["scene_info"] = {"payer_client_ip": charge.payer_ip, "h5_info": {"type": "Wap"}}
        case _:
            assert charge.method == NATIVE.code, charge.method
    return body


def _appid(charge: Charge, keys: WeChatPayKeys) -> str:
    appid = (charge.payer and charge.payer.app_id) or keys.appid
    assert appid in keys.appids, appid
    return appid


def _with_return(page: str, charge: Charge) -> str:
    if charge.return_url is None:
        return page
    return f"{page}{'&' if '?' in page else '?'}redirect_url={quote(charge.return_url, safe='')}"


def _refund_outcome(answer: Answer, refund_reference: str) -> Outcome:
    if answer.content.get("out_refund_no") != refund_reference:
        return Pending(code="MISMATCH")
    outcome, _ = reading.read_refund(answer.content, status="status")
    return outcome


def _failure(status: int, message: str) -> RawResponse:
    body = json.dumps({"code": "FAIL", "message": message}, ensure_ascii=False).encode()
    return RawResponse(status=status, body=body, media_type="application/json")
