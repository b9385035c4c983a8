"""支付宝 as a row of the table of channels: its settings, and how it is built from them."""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.alipay import certificates
from app.gateways.channels.alipay.channel import Alipay
from app.gateways.channels.alipay.keys import GATEWAY, AlipayKeys
from app.gateways.channels.alipay.methods import LABEL, MARK, METHODS, NAME
from app.gateways.channels.alipay.trusting import ends_of
from app.gateways.channels.base import Opening
from app.gateways.channels.kinds import Kind, Knob, Surroundings, Values
from app.kernel.text import Text

_APP: Final = Text(zh="支付宝开放平台，控制台，应用", en="Alipay's open platform, console, your app")
_SIGNING: Final = Text(
    zh="支付宝开放平台，应用，开发设置，接口加签方式（密钥）", en="Alipay's open platform, your app, signing by key"
)
_CERTIFICATES: Final = Text(
    zh="支付宝开放平台，应用，开发设置，接口加签方式（证书），下载三个证书；可用 …_FILE 指向文件",
    en="Alipay's open platform, your app, signing by certificate: three files to download; …_FILE may name each",
)
_PEM_END: Final = "-----END PUBLIC KEY-----"
_TOKEN: Final = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_SANDBOX: Final = "SANDBOX"
_THEIR_SANDBOX: Final = "9021"
"""How app ids of Alipay's own sandbox begin."""
_THEIR_TEST: Final = re.compile(r"Ant Financial[^,+]* test\b")
"""How the authorities of that sandbox are called."""

KNOBS: Final = (
    Knob(
        name="url", about="Alipay's gateway.", default=GATEWAY, is_address=True,
        found=Text(zh=f"例如 {GATEWAY}", en=f"such as {GATEWAY}"),
    ),
    Knob(name="app_id", about="The app's number (APPID).", is_required=True, found=_APP, sandbox_start=_SANDBOX),
    Knob(
        name="seller_id", about="The merchant's user number (PID), 2088….", is_required=True, sandbox_start=_SANDBOX,
        found=Text(zh="支付宝开放平台，账户中心，商户信息", en="Alipay's open platform, account centre"),
    ),
    Knob(
        name="private_key", is_required=True, found=_SIGNING,
        about="The app's private key (应用私钥), PEM or the base64 of Alipay's key tool.",
    ),
    Knob(
        name="public_key", found=_SIGNING,
        about="Alipay's public key (支付宝公钥), never the app's own; PEM or base64. Two in PEM while it changes.",
    ),
    Knob(
        name="app_certificate", found=_CERTIFICATES,
        about="Certificate mode: the app's certificate (appCertPublicKey_….crt), PEM; with the two below.",
    ),
    Knob(
        name="certificate", found=_CERTIFICATES,
        about="Alipay's certificate (alipayCertPublicKey_RSA2.crt), PEM, the whole file.",
    ),
    Knob(
        name="root_certificate", found=_CERTIFICATES,
        about="Alipay's roots (alipayRootCert.crt), PEM, the whole file as it was downloaded.",
    ),
)  # fmt: skip


def build(values: Values, around: Surroundings) -> Alipay:
    """One merchant's channel.

    Raises:
        ValueError: keys that the wire would refuse, or nothing to trust.
    """
    certificate = values.get("certificate", "").strip()
    keys = AlipayKeys(
        app_id=values["app_id"],
        seller_id=values["seller_id"],
        app_private_key=values["private_key"],
        alipay_public_keys=tuple(_parts(values.get("public_key", ""))),
        app_certificate=values.get("app_certificate", "").strip(),
        alipay_certificates=(certificate,) if certificate else (),
        root_certificates=values.get("root_certificate", "").strip(),
        gateway_url=values.get("url", GATEWAY),
        notify_url=around.notify_url,
    )
    return Alipay(keys)


def also_required(values: Values) -> Iterator[str]:
    """All three files of certificate mode where one is set; without any, the platform's key."""
    files = ("app_certificate", "certificate", "root_certificate")
    yield from files if any(values.get(name) for name in files) else ("public_key",)


def rehearsed(values: Values) -> Iterator[tuple[str, Text]]:
    """The platform's own sandbox, by its address or by an app of it."""
    host = urlsplit(values.get("url", "")).hostname or ""
    if host == "alipaydev.com" or host.endswith(".alipaydev.com"):
        yield "url", Text(zh=" 是支付宝沙箱的网关", en=" is the gateway of Alipay's sandbox")
    if values.get("app_id", "").startswith(_THEIR_SANDBOX):
        yield "app_id", Text(zh=" 是支付宝沙箱里的应用", en=" is an app of Alipay's sandbox")
    for name in ("app_certificate", "certificate", "root_certificate"):
        yield from ((name, why) for why in _rehearsed_certificate(values.get(name, "")))


def _rehearsed_certificate(pem: str) -> Iterator[Text]:
    try:
        found = certificates.read(pem, may_skip=True) if pem else []
    except ValueError:
        yield Text(zh=" 里没有 PEM 格式的证书", en=" holds no certificate in PEM")
        return
    names = " ".join(one.subject.rfc4514_string() + one.issuer.rfc4514_string() for one in found)
    if _SANDBOX in names:
        yield Text(zh=" 里有沙箱的证书", en=" holds a certificate of the sandbox")
    elif _THEIR_TEST.search(names):
        yield Text(zh=" 是支付宝沙箱环境的证书", en=" is a certificate of Alipay's sandbox")


def certificates_end(values: Values) -> Iterator[tuple[str, datetime]]:
    """Of the app's certificate and of Alipay's; its roots outlive both."""
    for name in ("app_certificate", "certificate"):
        with suppress(ValueError):
            yield name, ends_of(values.get(name, ""))


def sandbox_page(opening: Opening) -> str | None:
    """The sandbox's cashier for a code or a call-up: by the code's last part, or by the trade's number. A link leads there
    by itself."""
    token = (opening.call_up or {}).get("tradeNO") or (opening.code_url or "").rpartition("/")[2]
    return f"/cashier/{token}" if _TOKEN.fullmatch(token) else None


def _parts(text: str) -> list[str]:
    if _PEM_END not in text:
        return [text] if text.strip() else []
    return [part.strip() + "\n" + _PEM_END + "\n" for part in text.split(_PEM_END) if part.strip()]


BILL_AFTER: Final = timedelta(hours=12)
"""Mostly it is made by nine; until it is, the platform says what it says of a day on which nothing moved (`billing`)."""

KIND: Final = Kind(
    name=NAME, label=LABEL, mark=MARK, methods=METHODS, knobs=KNOBS,
    build=build, also_required=also_required, rehearsed=rehearsed, certificates_end=certificates_end,
    sandbox_page=sandbox_page, bill_after=BILL_AFTER,
)  # fmt: skip
