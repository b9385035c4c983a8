"""The content check (内容安全) of the mini-program's server: texts at once, pictures later by a push in the secure mode.

What it finds depends on the text itself, so that a rehearsal can order it: `违规` or `risky` is a risk, `疑似` or `review` is
to be looked at, anything else passes. Of a picture the colour of its middle decides: red is a risk, blue to be looked at.
"""

import base64
import hashlib
import io
import json
import re
import secrets
import struct
from typing import Any, Final

import httpx
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from litestar import Request, Response, post
from litestar.background_tasks import BackgroundTask
from litestar.handlers import HTTPRouteHandler
from PIL import Image

from app.sandbox.addresses import is_loopback
from app.sandbox.far_side import FarSide
from app.sandbox.wechat.login import TOKEN_LIFE_S, LoginRefusal, serve

PUSH_URL: Final = "wechat.push_url"
"""The switch that says where pushes go, as the console of a mini-program does."""
_PICTURE_BYTES_MAX: Final = 10 * 1024 * 1024
_RED, _BLUE = "risky", "review"
_SCENES: Final = frozenset({1, 2, 3, 4})
_TEXT_MOST: Final = 2500

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS content_asked (
    trace_id TEXT PRIMARY KEY, kind TEXT NOT NULL, openid TEXT NOT NULL, at REAL NOT NULL, content TEXT NOT NULL,
    suggest TEXT, pushed TEXT);
"""


@post("/wxa/msg_sec_check")
async def check_text(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """What it advises about a text."""
    body, token = await request.body(), request.query_params.get("access_token", "")

    def tell() -> dict[str, Any]:
        asked = _asked(far, token, body)
        text = asked.get("content")
        if not isinstance(text, str) or not text or len(text) > _TEXT_MOST:
            raise LoginRefusal(47001)
        suggest = _of_text(text)
        trace_id = _note(far, "text", asked["openid"], text, suggest)
        return {
            "errcode": 0, "errmsg": "ok", "detail": [], "trace_id": trace_id,
            "result": {"suggest": suggest, "label": 100 if suggest == "pass" else 20003},
        }  # fmt: skip

    return await serve(request, far, "content_text", tell)


@post("/wxa/media_check_async")
async def check_picture(request: Request[Any, Any, Any], far: FarSide) -> Response[bytes]:
    """The name under which a picture is looked at; what was seen is pushed."""
    body, token = await request.body(), request.query_params.get("access_token", "")
    taken: list[tuple[str, str, str]] = []

    def tell() -> dict[str, Any]:
        asked = _asked(far, token, body)
        url = asked.get("media_url")
        if asked.get("media_type") != 2 or not isinstance(url, str):
            raise LoginRefusal(47001)
        trace_id = _note(far, "picture", asked["openid"], url, None)
        taken.append((trace_id, url, asked["openid"]))
        return {"errcode": 0, "errmsg": "ok", "trace_id": trace_id}

    answer = await serve(request, far, "content_picture", tell)
    if taken:
        answer.background = BackgroundTask(_look_and_push, far, *taken[0])
    return answer


async def push(far: FarSide, trace_id: str, *, suggest: str, openid: str, errcode: int = 0) -> str:
    """Send what was seen under a name, signed and encrypted; what was answered."""
    message = {
        "ToUserName": "gh_sandbox", "FromUserName": openid, "CreateTime": far.truth.stamp_now(), "MsgType": "event",
        "Event": "wxa_media_check", "appid": far.keys.appid, "trace_id": trace_id, "version": 2, "errcode": errcode,
        "errmsg": "ok" if errcode == 0 else "media error", "detail": [],
        "result": {"suggest": suggest, "label": 100 if suggest == "pass" else 20002},
    }  # fmt: skip
    url = far.truth.setting(PUSH_URL, "")
    if not is_loopback(url):
        return "nowhere"
    query, body = sealed_push(far, json.dumps(message, ensure_ascii=False).encode())
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.post(url, params=query, content=body, headers={"content-type": "application/json"})
    except httpx.HTTPError as silence:
        return type(silence).__name__
    return answer.text if answer.status_code == 200 else str(answer.status_code)


def sealed_push(far: FarSide, message: bytes) -> tuple[dict[str, str], bytes]:
    """Query and body of a push, as the secure mode sends it."""
    key = base64.b64decode(far.keys.push_aes_key + "=")
    whole = secrets.token_bytes(16) + struct.pack(">I", len(message)) + message + far.keys.appid.encode()
    padder = padding.PKCS7(256).padder()
    closer = Cipher(AES(key), CBC(key[:16])).encryptor()
    encrypted = base64.b64encode(closer.update(padder.update(whole) + padder.finalize()) + closer.finalize()).decode()
    stamp, nonce = str(far.truth.stamp_now()), str(secrets.randbelow(10**10))
    query = {
        "signature": _sha1(far.keys.push_token, stamp, nonce), "timestamp": stamp, "nonce": nonce,
        "encrypt_type": "aes", "msg_signature": _sha1(far.keys.push_token, stamp, nonce, encrypted),
    }  # fmt: skip
    return query, json.dumps({"ToUserName": "gh_sandbox", "Encrypt": encrypted}).encode()


ROUTES: Final[list[HTTPRouteHandler]] = [check_text, check_picture]


async def _look_and_push(far: FarSide, trace_id: str, url: str, openid: str) -> None:
    suggest, errcode = await _look(url)
    answer = await push(far, trace_id, suggest=suggest, openid=openid, errcode=errcode)
    far.truth.run("UPDATE content_asked SET suggest = ?, pushed = ? WHERE trace_id = ?", suggest, answer, trace_id)


async def _look(url: str) -> tuple[str, int]:
    """What is seen, and an error number where the picture cannot be had or read."""
    if not is_loopback(url):
        return "pass", -1008
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.get(url)
        if answer.status_code != 200 or len(answer.content) > _PICTURE_BYTES_MAX:
            return "pass", -1008
        with Image.open(io.BytesIO(answer.content), formats=("JPEG", "PNG", "WEBP")) as picture:
            middle = picture.convert("RGB").getpixel((picture.width // 2, picture.height // 2))
    except (httpx.HTTPError, OSError, ValueError):
        return "pass", -1008
    red, green, blue = middle  # type: ignore[misc]
    if red > 180 and green < 80 and blue < 80:
        return _RED, 0
    return (_BLUE, 0) if blue > 180 and red < 80 and green < 80 else ("pass", 0)


def _asked(far: FarSide, token: str, body: bytes) -> dict[str, Any]:
    """What every check holds: a living token, version 2, a scene, and somebody of this mini-program."""
    found = far.truth.row("SELECT made_at FROM access_token WHERE token = ?", token)
    if found is None or far.truth.now() >= found["made_at"] + TOKEN_LIFE_S:
        raise LoginRefusal(40001)
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        raise LoginRefusal(47001) from None
    if not isinstance(asked, dict) or asked.get("version") != 2 or asked.get("scene") not in _SCENES:
        raise LoginRefusal(47001)
    person = far.truth.row("SELECT max(made_at) AS at FROM login_code WHERE openid = ?", str(asked.get("openid")))
    if person is None or person["at"] is None:
        raise LoginRefusal(40003)
    if far.truth.now() >= person["at"] + 2 * 3600:
        raise LoginRefusal(61010)
    return asked


def _of_text(text: str) -> str:
    if re.search("违规|risky", text):
        return "risky"
    return "review" if re.search("疑似|review", text) else "pass"


def _note(far: FarSide, kind: str, openid: str, content: str, suggest: str | None) -> str:
    trace_id = secrets.token_hex(10)
    far.truth.run(
        "INSERT INTO content_asked VALUES (?, ?, ?, ?, ?, ?, NULL)",
        trace_id, kind, openid, far.truth.now(), content, suggest,
    )  # fmt: skip
    return trace_id


def _sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()
