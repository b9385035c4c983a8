"""The far side of the tiny channel, on loopback, with its own book and its own signing."""

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

from tests.loopback import serving

BEIJING = timezone(timedelta(hours=8))
KEY = "tiny-key-of-the-far-side"


@dataclass
class FarSide:
    """Its trades by number, its refunds by reference; `silent` lets so many calls go without an answer, done all the same."""

    url: str = ""
    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    silent: int = 0
    defect: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None
    """What becomes of the lines of its bills before they leave."""
    now: Callable[[], float] = time.time
    """Its clock, as it stands on what moves; signatures are of this machine's."""
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def trade(self, reference: str) -> dict[str, Any]:
        return next(one for one in self.trades.values() if one["reference"] == reference)

    def scan(self, reference: str) -> None:
        """The payer scans the code: only now there is a trade."""
        one = self.trade(reference)
        one["state"] = "WAITING" if one["state"] == "NONE" else one["state"]

    def approve(self, reference: str) -> tuple[bytes, dict[str, str]]:
        """The payer agrees; nothing has moved. Answers the notice of it."""
        self.scan(reference)
        self.trade(reference)["state"] = "APPROVED"
        return self.notice(reference, "approved")

    def notice(self, reference: str, kind: str = "paid", tamper: str | None = None) -> tuple[bytes, dict[str, str]]:
        """A notice, or one that somebody has tampered with."""
        told = self.trade(reference) | {"kind": kind, "event": f"E{next(self._numbers):08d}"}
        if tamper == "other_amount":
            told["amount"] += 1
        body = json.dumps(told).encode()
        headers = sign(body, key="another" if tamper == "wrong_key" else KEY, ago_s=301 if tamper == "stale" else 0)
        return (body.replace(b"paid", b"pa1d") if tamper == "body" else body), headers

    def tells(
        self, reference: str, kind: str, *, id_: str, amount: int, lies: dict[str, Any] | None = None
    ) -> tuple[bytes, dict[str, str]]:
        """A notice of what it did without the merchant: `kind` of a dispute, a reversal or a refund at its console."""
        paid = next((one for one in self.trades.values() if one["reference"] == reference), {})
        told = {
            "kind": kind, "event": f"E{next(self._numbers):08d}", "reference": reference, "id": id_, "amount": amount,
            "transaction": paid.get("transaction", "X"), "at": time.time(), "currency": "CNY",
        }  # fmt: skip
        body = json.dumps(told | (lies or {})).encode()
        return body, sign(body)

    def answer(self, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
        match verb:
            case "open":
                return self._open(asked)
            case "bill":
                return {"rows": self.bill(date.fromisoformat(asked["day"]))}
            case "refund":
                return self._refund(asked)
        one = self.trades[asked["number"]]
        if verb == "capture" and one["state"] == "APPROVED":
            one |= {"state": "PAID", "transaction": f"X{one['number']}", "at": self.now()}
        return one

    def bill(self, day: date) -> list[dict[str, Any]]:
        """What moved on that day of Beijing: payments, and refunds with the number of what they give back."""
        paid = [one for one in self.trades.values() if one["state"] == "PAID"]
        names = {one["transaction"]: one["reference"] for one in paid}
        back = [
            {**one, "refund": number, "reference": names[one["of"]]}
            for number, one in self.refunds.items()
            if one["state"] == "BACK"
        ]
        rows = [one for one in paid + back if datetime.fromtimestamp(one["at"], BEIJING).date() == day]
        return self.defect(rows) if self.defect else rows

    def _open(self, asked: dict[str, Any]) -> dict[str, Any]:
        with contextlib.suppress(StopIteration):
            return self.trade(asked["reference"])
        number = f"N{next(self._numbers):08d}"
        self.trades[number] = {
            "number": number, "reference": asked["reference"], "amount": asked["amount"], "state": "NONE",
            "currency": asked.get("currency", "CNY"),
        }  # fmt: skip
        return self.trades[number]

    def _refund(self, asked: dict[str, Any]) -> dict[str, Any]:
        paid = next(one for one in self.trades.values() if one.get("transaction") == asked["transaction"])
        known = self.refunds.get(asked["refund"])
        if known is None:
            back = sum(one["amount"] for one in self.refunds.values() if one["of"] == asked["transaction"])
            if back + asked["amount"] > paid["amount"]:
                return {"state": "NO"}
            known = self.refunds[asked["refund"]] = {
                "state": "BACK", "of": asked["transaction"], "amount": asked["amount"], "at": self.now(),
                "currency": paid["currency"], "transaction": f"B{next(self._numbers):08d}",
            }  # fmt: skip
        return known

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            told = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(told["content-length"]))
            wanted = hmac.new(KEY.encode(), told["tiny-at"].encode() + body, hashlib.sha256).hexdigest()
            is_ours = wanted == told["tiny-sign"]
            answer = self.answer(head[0].split(" ")[1][1:], json.loads(body)) if is_ours else {"state": "FORGED"}
            if self.silent:
                self.silent -= 1
                await asyncio.sleep(1)
                return
            raw = json.dumps(answer).encode()
            lines = [f"{name}: {value}" for name, value in sign(raw).items()]
            head_out = "\r\n".join(
                ["HTTP/1.1 200 OK", f"content-length: {len(raw)}", "connection: close", *lines, "", ""]
            )
            writer.write(head_out.encode() + raw)
            await writer.drain()


def sign(body: bytes, *, key: str = KEY, ago_s: int = 0) -> dict[str, str]:
    at = str(time.time() - ago_s)
    return {"tiny-at": at, "tiny-sign": hmac.new(key.encode(), at.encode() + body, "sha256").hexdigest()}


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[FarSide]:
    far = FarSide()
    async with serving(far.serve) as port:
        far.url = f"http://127.0.0.1:{port}"
        yield far
