"""What a receiver checks, written after the published documents and nothing else.

Standard Webhooks 1.0.0; DingTalk 加签; Feishu 签名校验.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any, Final

_TOLERANCE_S: Final = 300


def standard(headers: Mapping[str, str], body: bytes, secrets: list[str], *, now_s: float) -> str:
    """`valid`, `unknown` where no secret is known, or what is wrong."""
    if not secrets:
        return "unknown"
    identity, stamp, given = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (identity and stamp.isdigit() and given):
        return "headers missing"
    if abs(now_s - int(stamp)) > _TOLERANCE_S:
        return "timestamp out of tolerance"
    content = b".".join((identity.encode(), stamp.encode(), body))
    for secret in secrets:
        digest = hmac.new(b64decode(secret[len("whsec_") :]), content, hashlib.sha256).digest()
        for one in given.split(" "):
            version, _, signature = one.partition(",")
            if version == "v1" and hmac.compare_digest(signature, b64encode(digest).decode()):
                return "valid"
    return "signature mismatch"


def dingtalk(query: Mapping[str, str], secrets: list[str], *, now_s: float) -> str:
    """The same for a DingTalk robot: both stand in the query, in milliseconds."""
    if not secrets:
        return "unknown"
    stamp = query.get("timestamp", "")
    if not stamp.isdigit() or abs(now_s * 1000 - int(stamp)) > 3_600_000:
        return "timestamp out of tolerance"
    for secret in secrets:
        digest = hmac.new(secret.encode(), (stamp + "\n" + secret).encode(), hashlib.sha256).digest()
        if hmac.compare_digest(query.get("sign", ""), b64encode(digest).decode()):
            return "valid"
    return "signature mismatch"


def feishu(told: Mapping[str, Any], secrets: list[str], *, now_s: float) -> str:
    """The same for a Feishu robot: both stand in the body, in seconds, and the text to sign is the key."""
    if not secrets:
        return "unknown"
    stamp = str(told.get("timestamp", ""))
    if not stamp.isdigit() or abs(now_s - int(stamp)) > 3600:
        return "timestamp out of tolerance"
    for secret in secrets:
        digest = hmac.new((stamp + "\n" + secret).encode(), digestmod=hashlib.sha256).digest()
        if hmac.compare_digest(str(told.get("sign", "")), b64encode(digest).decode()):
            return "valid"
    return "signature mismatch"
