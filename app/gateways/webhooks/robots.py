"""Robots of group chats: one text each, signed in their way, and a yes only where their own code says so.

Sources, read in 2026: WeCom `developer.work.weixin.qq.com/document/path/99110`, DingTalk
`open.dingtalk.com/document/orgapp/custom-robots-send-group-messages` with "加签", Feishu
`open.feishu.cn/document/client-docs/bot-v3/add-custom-bot` with "签名校验".
"""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import quote_plus

import msgspec

TEXT_MOST: Final = 500
"""Characters: below WeCom's 2 048 bytes in any script."""


class EndpointKind(StrEnum):
    """How an endpoint is told."""

    STANDARD = "standard"
    """A program of theirs, by Standard Webhooks."""
    WECOM = "wecom"
    """企业微信 group robot."""
    DINGTALK = "dingtalk"
    """钉钉 group robot."""
    FEISHU = "feishu"
    """飞书 group robot."""


@dataclass(frozen=True, slots=True)
class RobotPlace:
    """Where robots of a kind answer: nowhere else."""

    host: str
    target: re.Pattern[str]


PLACES: Final = {
    EndpointKind.WECOM: RobotPlace(
        "qyapi.weixin.qq.com", re.compile(r"/cgi-bin/webhook/send\?key=[0-9A-Za-z_-]{8,128}")
    ),
    EndpointKind.DINGTALK: RobotPlace("oapi.dingtalk.com", re.compile(r"/robot/send\?access_token=[0-9A-Za-z]{8,128}")),
    EndpointKind.FEISHU: RobotPlace("open.feishu.cn", re.compile(r"/open-apis/bot/v2/hook/[0-9A-Za-z_-]{8,128}")),
}
_YES: Final = {
    EndpointKind.WECOM: ("errcode",),
    EndpointKind.DINGTALK: ("errcode",),
    EndpointKind.FEISHU: ("code", "StatusCode"),
}
# What names somebody, or everybody, in one of the three: `@all`, `<@id>`, `<at user_id="all">`. The wide forms read the same.
_HARMLESS: Final = str.maketrans({"@": "＠", "<": "＜", ">": "＞"})


def harmless(text: str) -> str:
    """A text in which nothing mentions anybody, in at most `TEXT_MOST` characters of one line."""
    return " ".join(text.translate(_HARMLESS).split())[:TEXT_MOST]


def dressed(kind: EndpointKind, target: str, text: str, *, secret: str | None, now_s: float) -> tuple[str, bytes]:
    """Target and body for a robot. `secret` is what its group shows under 加签 or 签名校验; None: it has none."""
    text = harmless(text)
    match kind:
        case EndpointKind.WECOM:
            return target, _json({"msgtype": "text", "text": {"content": text}})
        case EndpointKind.DINGTALK:
            if secret is not None:
                timestamp = str(int(now_s * 1000))
                sign = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
                target += f"&timestamp={timestamp}&sign={quote_plus(base64.b64encode(sign))}"
            return target, _json({"msgtype": "text", "text": {"content": text}})
        case EndpointKind.FEISHU:
            told: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
            if secret is not None:
                timestamp = str(int(now_s))
                # The text is the key here, and what is signed is empty.
                sign = hmac.digest(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256)
                told = {"timestamp": timestamp, "sign": base64.b64encode(sign).decode(), **told}
            return target, _json(told)
        case EndpointKind.STANDARD:
            raise AssertionError("a program is no robot")


def is_yes(kind: EndpointKind, answer: bytes) -> bool:
    """Whether a robot's host says that the text is in the group. Whatever cannot be read is no yes."""
    try:
        told = msgspec.json.decode(answer)
    except msgspec.DecodeError:
        return False
    return isinstance(told, dict) and any(type(told.get(name)) is int and told[name] == 0 for name in _YES[kind])


def _json(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told)
