"""微信支付 as a row of the table of channels: its settings, and how it is built from them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Final

from cryptography import x509

from app.gateways.channels.base import Opening
from app.gateways.channels.kinds import Kind, Knob, Surroundings, Values
from app.gateways.channels.wechatpay.channel import WeChatPay
from app.gateways.channels.wechatpay.keys import WeChatPayKeys
from app.gateways.channels.wechatpay.methods import LABEL, MARK, METHODS, NAME
from app.kernel.text import Text

_API: Final = Text(zh="微信支付商户平台，账户中心，API安全", en="WeChat Pay's merchant platform, API security")
_URL: Final = "https://api.mch.weixin.qq.com"
_TOKEN: Final = re.compile(r"[\w-]{1,64}")
_PEM_END: Final = "-----END CERTIFICATE-----"
_EXAMPLE_MERCHANT: Final = "1900000109"
"""Of WeChat's own examples, and the sandbox's: it belongs to nobody."""

KNOBS: Final = (
    Knob(
        name="url", about="Where WeChat Pay answers.", default=_URL, is_address=True,
        found=Text(zh=f"例如 {_URL}", en=f"such as {_URL}"),
    ),
    Knob(
        name="mchid", about="Merchant number.", is_required=True,
        found=Text(
            zh="微信支付商户平台，账户中心，商户信息", en="WeChat Pay's merchant platform, merchant information"
        ),
    ),
    Knob(
        name="serial", about="Serial of the merchant's certificate, hexadecimal.", is_required=True,
        found=Text(*("openssl x509 -in apiclient_cert.pem -noout -serial",) * 2),
    ),
    Knob(
        name="private_key", about="The merchant's private key, PEM.", is_required=True,
        found=Text(
            zh="商户平台下载的 apiclient_key.pem；可用 _FILE 指向它",
            en="apiclient_key.pem from the merchant platform; …_FILE may name it",
        ),
    ),
    Knob(
        name="apiv3_key", about="32 characters that decrypt notices.", is_required=True, found=_API,
        sandbox_start="SANDBOX",
    ),
    Knob(
        name="apiv3_key_old", about="The one before it, tried for 24 hours after the change below.", found=_API,
        sandbox_start="SANDBOX",
    ),
    Knob(
        name="apiv3_changed_at",
        about="When it changed, RFC 3339 with its offset; goes with the key before it.", found=_API,
    ),
    Knob(
        name="public_key_id", about="`PUB_KEY_ID_…` of the platform's public key.", found=_API,
        sandbox_start="PUB_KEY_ID_SANDBOX",
    ),
    Knob(name="public_key", about="The platform's public key, PEM.", found=_API),
    Knob(
        name="certificates", found=_API,
        about="Platform certificates, PEM, one after the other; both kinds are valid while the platform migrates.",
    ),
)  # fmt: skip


def build(values: Values, around: Surroundings) -> WeChatPay:
    """One merchant's channel.

    Raises:
        ValueError: keys that the wire would refuse, or nothing to trust.
    """
    changed_at, public_key_id = values.get("apiv3_changed_at"), values.get("public_key_id")
    return WeChatPay(
        WeChatPayKeys(
            mchid=values["mchid"],
            appid=around.mini_program_appid,
            page_appid=around.account_appid,
            merchant_serial=values.get("serial", ""),
            merchant_private_key=values.get("private_key", ""),
            api_v3_key=values.get("apiv3_key", ""),
            previous_api_v3_key=values.get("apiv3_key_old") or None,
            api_v3_key_changed_at=datetime.fromisoformat(changed_at) if changed_at else None,
            platform_public_keys={public_key_id: values.get("public_key", "")} if public_key_id else {},
            platform_certificates=tuple(_parts(values.get("certificates", ""))),
            base_url=values.get("url", _URL),
            notify_url=around.notify_url,
        )
    )


def rehearsed(values: Values) -> Iterator[tuple[str, Text]]:
    """The merchant of the examples; certificates of the sandbox, or none at all."""
    if values.get("mchid") == _EXAMPLE_MERCHANT:
        yield (
            "mchid",
            Text(
                zh=" 是微信文档和沙箱里的示例商户号", en=" is the number of WeChat's examples and of the sandbox"
            ),
        )  # fmt: skip
    for part in _parts(values.get("certificates", "")):
        try:
            certificate = x509.load_pem_x509_certificate(part.encode())
        except ValueError:
            yield "certificates", Text(zh=" 里有一段不是证书", en=" holds something that is no certificate")
            continue
        if "SANDBOX" in certificate.subject.rfc4514_string() + certificate.issuer.rfc4514_string():
            yield "certificates", Text(zh=" 里有沙箱的证书", en=" holds a certificate of the sandbox")


def certificates_end(values: Values) -> Iterator[tuple[str, datetime]]:
    """Of the platform's certificates the one that holds longest: newer ones are fetched while any is believed."""
    found = []
    for part in _parts(values.get("certificates", "")):
        with suppress(ValueError):
            found.append(x509.load_pem_x509_certificate(part.encode()).not_valid_after_utc)
    if found:
        yield "certificates", max(found)


def _parts(text: str) -> list[str]:
    return [part.strip() + "\n" + _PEM_END + "\n" for part in text.split(_PEM_END) if part.strip()]


def sandbox_page(opening: Opening) -> str | None:
    """The sandbox's cashier: its token is the code's last part, or the prepay id of a call-up."""
    token = ""
    if opening.code_url:
        token = opening.code_url.rpartition("pr=")[2]
    elif opening.call_up:
        token = opening.call_up.get("package", "").removeprefix("prepay_id=")
    return f"/cashier/{token}" if _TOKEN.fullmatch(token) else None


KIND: Final = Kind(
    name=NAME, label=LABEL, mark=MARK, methods=METHODS, knobs=KNOBS,
    build=build, rehearsed=rehearsed, certificates_end=certificates_end, sandbox_page=sandbox_page,
)  # fmt: skip
