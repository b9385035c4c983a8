"""Who may call: everything about a request to `/v3/…` but its content.

Strict, since a client that passes here must pass at WeChat: exact bytes, exact path and query, the right
merchant and serial, a fresh timestamp, the headers WeChat asks for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.sandbox.far_side import FarSide, Refusal
from app.sandbox.wechatpay import signing

WINDOW_S: Final = 300
"""How far a client's clock may be from ours, in either direction."""
NONCE_MAX: Final = 64
"""Characters; WeChat recommends 32 and documents no maximum, so this one is generous."""

_SECONDS: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came: exact bytes; header names in lower case; `url` is path and query undecoded."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


def admit(far: FarSide, call: Call) -> None:
    """Let the call in, or say what is wrong with it.

    Raises:
        Refusal: 400, 401, 406 or 415, with the string we expected to see signed where the signature differs.
    """
    _check_headers(call)
    proof = signing.read_authorization(call.headers.get("authorization", ""))
    if proof is None:
        raise _unsigned("Http头Authorization值格式错误", expected=f'{signing.SCHEME} mchid="…",nonce_str="…",…')
    if proof["mchid"] != far.keys.mchid:
        raise _unsigned("商户号不存在", expected=far.keys.mchid, got=proof["mchid"])
    if proof["serial_no"] != far.keys.merchant_serial:
        raise _unsigned("商户证书序列号有误", expected=far.keys.merchant_serial, got=proof["serial_no"])
    if not 1 <= len(proof["nonce_str"]) <= NONCE_MAX:
        raise _unsigned("Http头Authorization随机串长度有误", got=proof["nonce_str"])
    now_s, stamp = far.truth.stamp_now(), proof["timestamp"]
    if not _SECONDS.fullmatch(stamp) or abs(now_s - int(stamp)) > WINDOW_S:
        raise _unsigned("Http头Authorization时间戳与当前时间相差过大", expected=str(now_s), got=stamp)
    message = signing.request_message(
        method=call.method, url=call.url, timestamp=stamp, nonce=proof["nonce_str"], body=call.body
    )
    if not signing.holds(far.keys.merchant_certificate_pem, message, proof["signature"]):
        raise _unsigned("签名错误，请检查后再试", expected=message.decode("utf-8", "replace"), got=proof["signature"])


def answer_serial(far: FarSide, wished: str | None) -> tuple[str, str]:
    """The serial and private key an answer is signed with: what the client's `Wechatpay-Serial` names.

    Without the header the newest platform certificate signs, as for merchants from before the public keys.

    Raises:
        Refusal: the named one is not ours.
    """
    if wished is None:
        newest = certificates(far)[0]
        return newest.serial, newest.key_pem
    if wished == far.keys.platform_public_key_id:
        return wished, far.keys.platform_private_key_pem
    for one in certificates(far):
        if same_serial(wished, one.serial):
            return one.serial, one.key_pem
    raise Refusal(
        400, "PARAM_ERROR", "Http头Wechatpay-Serial有误", expected=far.keys.platform_public_key_id, got=wished
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCertificate:
    """One certificate of the platform that is valid now."""

    serial: str
    pem: str
    key_pem: str


def certificates(far: FarSide) -> list[PlatformCertificate]:
    """The platform's certificates, newest first; the one of the keys folder is always the last."""
    first = PlatformCertificate(
        serial=far.keys.platform_certificate_serial,
        pem=far.keys.platform_certificate_pem,
        key_pem=far.keys.platform_certificate_key_pem,
    )
    rotated = far.truth.rows("SELECT serial, pem, key_pem FROM certificate ORDER BY made_at DESC, rowid DESC")
    return [PlatformCertificate(**row) for row in rotated] + [first]


def same_serial(one: str, other: str) -> bool:
    """Hex serials compare as numbers: case and leading zeros mean nothing."""
    try:
        return int(one, 16) == int(other, 16)
    except ValueError:
        return False


def _check_headers(call: Call) -> None:
    if not call.headers.get("user-agent"):
        raise Refusal(400, "PARAM_ERROR", "Http头缺少User-Agent", expected="User-Agent")
    accepted = {part.split(";")[0].strip() for part in call.headers.get("accept", "").split(",")}
    # `*/*` is what a client sends that did not think of it; WeChat lets it pass.
    if not accepted & {"application/json", "*/*"}:
        raise Refusal(406, "PARAM_ERROR", "Http头Accept须为application/json", got=call.headers.get("accept"))
    if call.method == "POST" and call.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Refusal(
            415, "PARAM_ERROR", "Http头Content-Type须为application/json", got=call.headers.get("content-type")
        )


def _unsigned(message: str, *, expected: str | None = None, got: str | None = None) -> Refusal:
    return Refusal(401, "SIGN_ERROR", message, expected=expected, got=got)
