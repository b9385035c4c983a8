"""Faults of the wire, ordered by the control plane for the next calls of a route, and how a broken answer leaves.

Before the effect: `timeout_before`, `500`, `502`, `429`, `code:NAME`. After it: `timeout_after`, `reset`,
`trickle`, `bad_json`, `unsigned`, `wrong_signature`. The form of a request is checked all the same.
"""

import asyncio
import base64
import re
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response
from litestar.types import ASGIApp, Receive, Scope, Send

from app.sandbox.far_side import FarSide, Refusal

ROUTES: Final = frozenset(
    {
        "jsapi",
        "h5",
        "native",
        "query",
        "close",
        "refund",
        "refund_query",
        "bill",
        "certificates",
        "login",
        "page_login",
        "content_text",
        "subscribe_message",
        "content_picture",
        "token",
        "*",
    }
)
BEFORE: Final = frozenset({"timeout_before", "500", "502", "429"})
AFTER: Final = frozenset({"timeout_after", "reset", "trickle", "bad_json", "unsigned", "wrong_signature"})

_CODE: Final = re.compile(r"code:[A-Z_]{2,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One call's misfortune."""

    kind: str
    hold_s: float
    """How long a time-out is silent, and how long a trickle takes in all; real seconds."""

    @property
    def is_before(self) -> bool:
        """Whether the call has no effect at all."""
        return self.kind in BEFORE or self.kind.startswith("code:")


def is_kind(kind: str) -> bool:
    """Whether a fault of that name exists."""
    return kind in BEFORE | AFTER or _CODE.fullmatch(kind) is not None


def order(far: FarSide, *, route: str, kind: str, times: int, hold_s: float) -> None:
    """Let it happen to the next `times` calls of the route; several orders follow one another."""
    far.truth.run("INSERT INTO fault (route, kind, left, hold_s) VALUES (?, ?, ?, ?)", route, kind, times, hold_s)


def take(far: FarSide, route: str) -> Fault | None:
    """The fault this call of the route meets; it is used up by being taken."""
    with far.truth.transaction():
        sql = "SELECT * FROM fault WHERE left > 0 AND route IN (?, '*') ORDER BY id LIMIT 1"
        found = far.truth.row(sql, route)
        if found is None:
            return None
        far.truth.run("UPDATE fault SET left = left - 1 WHERE id = ?", found["id"])
        return Fault(kind=found["kind"], hold_s=found["hold_s"])


async def strike_before(fault: Fault) -> Response[bytes] | None:
    """What the client gets instead of an effect; None means: go on.

    Raises:
        Refusal: the fault is one that WeChat itself would say, in a signed answer.
    """
    match fault.kind:
        case "timeout_before":
            await asyncio.sleep(fault.hold_s)
            return gateway_page(504)
        case "502":
            return gateway_page(502)
        case "500":
            raise Refusal(500, "SYSTEM_ERROR", "系统异常，请稍后重试", is_form=False)
        case "429":
            raise Refusal(429, "FREQUENCY_LIMITED", "频率超限", is_form=False)
        case kind if kind.startswith("code:"):
            raise Refusal(400, kind.removeprefix("code:"), "SANDBOX 样张", is_form=False)
        case _:
            return None


async def strike_after(fault: Fault, answer: Response[bytes]) -> Response[bytes]:
    """The answer as it reaches the client, or does not; the effect stands."""
    match fault.kind:
        case "timeout_after":
            await asyncio.sleep(fault.hold_s)
            return gateway_page(504)
        case "reset":
            return Cut(**_parts(answer))
        case "trickle":
            slow = Trickle(**_parts(answer))
            slow.hold_s = fault.hold_s
            return slow
        case "unsigned":
            kept = {name: value for name, value in answer.headers.items() if not name.startswith("Wechatpay-")}
            return Response(**_parts(answer) | {"headers": kept})
        case "wrong_signature":
            signature = base64.b64encode(bytes(256)).decode()
            return Response(**_parts(answer) | {"headers": answer.headers | {"Wechatpay-Signature": signature}})
        case _:
            return answer


def gateway_page(status: int) -> Response[bytes]:
    """What a proxy in front of WeChat says when nobody answers behind it: HTML, unsigned."""
    page = f"<html><body><h1>{status} SANDBOX 样张</h1></body></html>".encode()
    return Response(content=page, status_code=status, media_type="text/html; charset=utf-8")


class Cut(Response[bytes]):
    """An answer whose connection breaks in the middle of the body."""

    def to_asgi_response(self, *_: object, **__: object) -> ASGIApp:  # type: ignore[override]
        """An app that promises the whole and ends after half."""
        body, status, headers = _raw(self)

        async def cut(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.02)
            # Ending here, short of the promised length, makes the server drop the connection.
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return cut


class Trickle(Response[bytes]):
    """An answer that comes byte by byte."""

    hold_s: float

    def to_asgi_response(self, *_: object, **__: object) -> ASGIApp:  # type: ignore[override]
        """An app that takes `hold_s` seconds for the whole."""
        body, status, headers = _raw(self)
        pause_s = self.hold_s / max(1, len(body))

        async def trickle(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            for position in range(len(body)):
                await asyncio.sleep(pause_s)
                await send({"type": "http.response.body", "body": body[position : position + 1], "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return trickle


def _parts(answer: Response[bytes]) -> dict[str, Any]:
    return {
        "content": answer.content,
        "status_code": answer.status_code,
        "media_type": answer.media_type,
        "headers": answer.headers,
    }


def _raw(response: Response[bytes]) -> tuple[bytes, int, list[tuple[bytes, bytes]]]:
    headers = {
        **response.headers,
        "Content-Type": str(response.media_type),
        "Content-Length": str(len(response.content)),
    }
    return (
        response.content,
        response.status_code or 200,
        [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    )
