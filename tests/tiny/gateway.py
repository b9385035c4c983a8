"""Our side of the tiny channel's wire: JSON under an HMAC, both ways."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from app.gateways.channels.base import (
    Approved,
    Bill,
    BillKind,
    BillLine,
    BillUnfit,
    Charge,
    Closed,
    Done,
    Ending,
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
    Reversal,
    ReversalKind,
    StillOpen,
    Trade,
    TradeStatus,
    Unknown,
)
from app.gateways.channels.kinds import Kind, Knob, Surroundings, Values
from app.gateways.channels.methods import Gives, Method, Place, Rank
from app.gateways.exchanging import exchange, open_client
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.kernel.text import Language, Text

NAME: Final = "tiny"
LABEL: Final = Text(zh="小小支付", en="Tiny Pay")
SCAN: Final = Method(
    code="scan",
    label=LABEL,
    note=Text(zh="扫一扫，三天内付", en="Scan, and pay within three days"),
    places={Place.DESKTOP: Rank.ALSO, Place.PHONE: Rank.ALSO, Place.TERMINAL: Rank.ALSO},
    gives=Gives.QR,
    currencies=frozenset({Currency.CNY}),
    least_minor=10,
    waits=timedelta(days=3),
    lasts=timedelta(days=3),
    favoured_by=Language.EN,
)
CARD: Final = Method(
    code="card",
    label=Text(zh="小小卡", en="Tiny card"),
    note=Text(zh="用美元付", en="Pay in US dollars"),
    places={Place.DESKTOP: Rank.ALSO, Place.PHONE: Rank.ALSO, Place.TERMINAL: Rank.ALSO},
    gives=Gives.QR,
    currencies=frozenset({Currency.USD}),
    least_minor=100,
    lasts=timedelta(hours=3),
    favoured_by=Language.EN,
)
"""Takes a dollar at least."""
_FRESH: Final = timedelta(minutes=5)


class Tiny:
    """One merchant of the tiny channel."""

    name: str = NAME
    label = LABEL
    mark: str = "小"
    methods: tuple[Method, ...] = (SCAN, CARD)

    def __init__(self, url: str, key: str, *, read_timeout_s: float = 2.0) -> None:
        self._key = key.encode()
        self._client = open_client(url, read_timeout_s=read_timeout_s, connections_max=10)
        self._read_timeout_s = read_timeout_s

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        told = await self._ask(
            "open", reference=charge.reference, amount=charge.amount_minor, currency=charge.currency.value,
            until=charge.expires_at.timestamp(),
        )  # fmt: skip
        if isinstance(told, Pending):
            return told
        return Opening(code_url=f"tiny:{told['number']}", theirs=told["number"])

    async def advance(self, trade: Trade) -> TradeStatus:
        return self._word(await self._ask("capture", number=trade.theirs))

    async def query(self, trade: Trade) -> TradeStatus:
        if trade.theirs is None:
            return Unknown(code="NO_NUMBER")
        return self._word(await self._ask("query", number=trade.theirs))

    async def close(self, trade: Trade) -> Ending:
        match await self.query(trade):
            case Done():
                return Paid(code="PAID")
            case Closed(code=code):
                return Closed(code=code)
            case Approved():  # nothing moves unless we take it, and we shall not
                return Closed(code="NOT_TAKEN")
            case Unknown(code=code):  # a code in somebody's hand may still begin it
                return Closed(code=code) if trade.expires_at < utc_now() else StillOpen(code=code)
            case Pending(code=code):
                return StillOpen(code=code)

    async def refund(self, refund: Refund) -> Outcome:
        told = await self._ask(
            "refund", transaction=refund.transaction_id, refund=refund.refund_reference, amount=refund.refund_minor
        )
        if isinstance(told, Pending):
            return told
        if told["state"] == "NO":
            return Refused(code="NO", text="", is_over=True)
        return _done(told, reference=refund.refund_reference)

    async def query_refund(self, refund: Refund) -> Outcome | Unknown:
        return await self.refund(refund)  # the same number moves money once

    async def read_notice(self, raw: RawRequest) -> Notice:
        self._verify(raw.headers, raw.body)
        told = json.loads(raw.body)
        without_us = _reversal(told)
        if without_us is not None:
            return Notice(
                event_id=told["event"], kind=told["kind"], reference=told["reference"], refund_reference=None,
                outcome=Pending(code=told["kind"]), mismatch=None, content=raw.body.decode(), reversal=without_us,
            )  # fmt: skip
        word: TradeStatus = Approved(code="APPROVED") if told["kind"] == "approved" else _done(told, told["reference"])
        return Notice(
            event_id=told["event"],
            kind=told["kind"],
            reference=told["reference"],
            refund_reference=told.get("refund"),
            outcome=word,
            mismatch=None,
            content=raw.body.decode(),
        )

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        status = 503 if retry else 200 if accepted else 401
        return RawResponse(status=status, body=b"ok" if accepted else b"no", media_type="text/plain")

    async def fetch_bill(self, day: date) -> Bill | NoBill | Pending:
        told = await self._ask("bill", day=day.isoformat())
        if isinstance(told, Pending):
            return told
        rows = json.dumps(told["rows"]).encode()
        return Bill(day=day, content=rows, encoding="utf-8") if told["rows"] else NoBill(code="NONE")

    def read_bill(self, bill: Bill) -> tuple[BillLine, ...]:
        lines = []
        for number, row in enumerate(json.loads(bill.content), start=1):
            if type(row["amount"]) is not int or row["amount"] <= 0:
                raise BillUnfit("amount", number)
            is_refund = "refund" in row
            lines.append(
                BillLine(
                    kind=BillKind.REFUND if is_refund else BillKind.PAYMENT,
                    reference=row["reference"],
                    transaction_id=row["of"] if is_refund else row["transaction"],
                    refund_reference=row.get("refund", ""),
                    refund_id=row["transaction"] if is_refund else "",
                    amount_minor=row["amount"],
                    currency=Currency.CNY,
                    at=datetime.fromtimestamp(row["at"], UTC),
                )
            )
        return tuple(lines)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _ask(self, verb: str, **content: Any) -> Pending | dict[str, Any]:
        body = json.dumps(content).encode()
        request = self._client.build_request("POST", f"/{verb}", content=body, headers=self._signed(body))
        answer = await exchange(
            self._client, request, far_side=NAME, read_timeout_s=self._read_timeout_s, answer_bytes_max=1 << 16
        )
        if isinstance(answer, Pending):
            return answer
        status, headers, raw = answer
        try:
            self._verify(headers, raw)
        except NotAuthentic:
            return Pending(code="UNSIGNED")
        return json.loads(raw) if status == 200 else Pending(code=f"HTTP_{status}")

    def _word(self, told: Pending | dict[str, Any]) -> TradeStatus:
        if isinstance(told, Pending):
            return told
        match told["state"]:
            case "NONE":
                return Unknown(code="NONE")
            case "APPROVED":
                return Approved(code="APPROVED")
            case "CLOSED":
                return Closed(code="CLOSED")
            case "PAID":
                return _done(told, reference=told["reference"])
            case other:
                return Pending(code=other, is_unpaid=True)

    def _signed(self, body: bytes) -> Mapping[str, str]:
        at = str(utc_now().timestamp())
        return {"tiny-at": at, "tiny-sign": hmac.new(self._key, at.encode() + body, hashlib.sha256).hexdigest()}

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        at, sign = headers.get("tiny-at", ""), headers.get("tiny-sign", "")
        wanted = hmac.new(self._key, at.encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, sign):
            raise NotAuthentic("signature")
        if abs(datetime.fromtimestamp(float(at), UTC) - utc_now()) > _FRESH:
            raise NotAuthentic("timestamp")


def _reversal(told: dict[str, Any]) -> Reversal | None:
    if told["kind"] not in set(ReversalKind):
        return None
    return Reversal(
        kind=ReversalKind(told["kind"]),
        reversal_id=told["id"],
        reference=told["reference"],
        transaction_id=told["transaction"],
        amount_minor=told["amount"],
        currency=told["currency"],
        at=datetime.fromtimestamp(told["at"], UTC),
    )


def _done(told: dict[str, Any], reference: str) -> Done:
    return Done(
        reference=reference,
        transaction_id=told["transaction"],
        at=datetime.fromtimestamp(told["at"], UTC),
        amount_minor=told["amount"],
        currency=told["currency"],
    )


def build(values: Values, around: Surroundings) -> Tiny:
    assert around.notify_url.endswith("/notify/tiny")
    return Tiny(values["url"], values["key"])


KIND: Final = Kind(
    name=NAME,
    label=LABEL,
    mark=Tiny.mark,
    methods=Tiny.methods,
    knobs=(
        Knob(name="url", about="Where it answers.", found=LABEL, is_required=True, is_address=True),
        Knob(name="key", about="What both sides sign with.", found=LABEL, is_required=True, sandbox_start="tiny-"),
    ),
    build=build,
)


__all__ = ["CARD", "KIND", "NAME", "SCAN", "Tiny"]
