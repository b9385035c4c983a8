"""Inboxes: each takes what is posted to it, says whether its signature holds, and behaves as it was told."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from app.sandbox.far_side import FarSide
from app.sandbox.webhooks import checking

_KEPT_MOST: Final = 200
BEHAVIOURS: Final = ("ok", "error", "redirect", "slow", "silent", "huge", "gone", "refused")
"""What an inbox answers with: `slow` trickles, `silent` holds the line, `huge` does not end, `refused` is a robot's no."""


@post("/webhooks/{inbox:str}", status_code=200)
async def receive(request: Request[Any, Any, Any], far: FarSide, inbox: str) -> Response[Any] | Stream:
    """A program's inbox."""
    body = await request.body()
    headers = {name.lower(): value for name, value in request.headers.items()}
    found = checking.standard(headers, body, _secrets(far, inbox), now_s=time.time())
    behaviour = _keep(far, inbox, "standard", headers.get("webhook-id", ""), body, headers, found)
    return await _answer(behaviour, {"received": True}, {"received": False}, far)


@post("/webhooks/robots/{kind:str}/{inbox:str}", status_code=200)
async def hear(request: Request[Any, Any, Any], far: FarSide, kind: str, inbox: str) -> Response[Any] | Stream:
    """The group chat behind a robot."""
    body, secrets, found = await request.body(), _secrets(far, inbox), "unknown"
    told = json.loads(body)
    text = (told.get("text") or told.get("content") or {}).get("content" if kind != "feishu" else "text", "")
    if kind == "dingtalk":
        found = checking.dingtalk(dict(request.query_params), secrets, now_s=time.time())
    elif kind == "feishu":
        found = checking.feishu(told, secrets, now_s=time.time())
    behaviour = _keep(far, inbox, kind, "", str(text).encode(), {}, found)
    name, good = (
        ("code", {"code": 0, "msg": "success"}) if kind == "feishu" else ("errcode", {"errcode": 0, "errmsg": "ok"})
    )
    if found not in {"valid", "unknown"}:
        behaviour = "refused"
    return await _answer(
        behaviour, good, {name: 19021 if kind == "feishu" else 310000, "errmsg": "sign not match"}, far
    )


@get("/webhooks/{inbox:str}")
async def show(far: FarSide, inbox: str) -> list[dict[str, Any]]:
    """What came into an inbox, the newest first."""
    rows = far.truth.rows(
        "SELECT at, kind, event, body, signature FROM webhook_got WHERE inbox = ? ORDER BY id DESC LIMIT 50", inbox
    )
    return [{**row, "body": bytes(row["body"]).decode("utf-8", "replace")} for row in rows]


ROUTES: Final[list[HTTPRouteHandler]] = [receive, hear, show]


def _secrets(far: FarSide, inbox: str) -> list[str]:
    row = far.truth.row("SELECT secrets FROM webhook_inbox WHERE name = ?", inbox)
    return list(json.loads(row["secrets"])) if row else []


def _keep(far: FarSide, inbox: str, kind: str, event: str, body: bytes, headers: dict[str, str], signature: str) -> str:
    """Write it down; how this inbox behaves."""
    with far.truth.transaction():
        far.truth.run(
            "INSERT INTO webhook_got (at, inbox, kind, event, body, headers, signature) VALUES (?, ?, ?, ?, ?, ?, ?)",
            far.truth.now(), inbox, kind, event, body, json.dumps(headers), signature,
        )  # fmt: skip
        far.truth.run("DELETE FROM webhook_got WHERE id <= (SELECT max(id) FROM webhook_got) - ?", 50 * _KEPT_MOST)
    row = far.truth.row("SELECT behaviour FROM webhook_inbox WHERE name = ?", inbox)
    return str(row["behaviour"]) if row else "ok"


async def _answer(behaviour: str, good: dict[str, Any], bad: dict[str, Any], far: FarSide) -> Response[Any] | Stream:
    if behaviour in {"slow", "huge"}:
        return Stream(_trickle() if behaviour == "slow" else _flood(), status_code=500)
    if behaviour == "redirect":
        return Response("", status_code=302, headers={"location": f"{far.base_url}/webhooks/elsewhere"})
    if behaviour == "silent":
        await asyncio.sleep(60)
    status = {"error": 500, "gone": 410}.get(behaviour, 200)
    return Response(good if behaviour in {"ok", "silent"} else bad, status_code=status)


async def _trickle() -> AsyncIterator[bytes]:
    for _ in range(600):
        yield b"."
        await asyncio.sleep(0.1)


async def _flood() -> AsyncIterator[bytes]:
    for _ in range(4096):
        yield b"x" * 65_536
