"""e-CNY as a row of the table of channels: its settings, and how it is built from them."""

import hashlib
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.base import Opening
from app.gateways.channels.ecny_cmb.channel import EcnyCmb
from app.gateways.channels.ecny_cmb.keys import EcnyKeys
from app.gateways.channels.ecny_cmb.methods import LABEL, MARK, METHODS, NAME
from app.gateways.channels.kinds import Kind, Knob, Surroundings, Values
from app.kernel.text import Text

_CONTRACT: Final = Text(zh="招商银行聚合收单开户资料", en="China Merchants Bank's papers of the merchant")
_APP: Final = Text(zh="招商银行开放平台分配", en="allotted by the bank's open platform")
_URL: Final = "https://api.cmbchina.com"
_BILL_URL: Final = "https://api.cmbchina.com/bill/check"
_TERMINAL: Final = "DIANDIAN01"
_TEST_HOST: Final = "cmburl.cn"
_TEST_KEY_SHA256: Final = "e5dffde7f9f6a7622070957901f192139addf9944080595b4c861e91a886ea6d"
_TOKEN: Final = re.compile(r"[\w-]{1,64}")

KNOBS: Final = (
    Knob(
        name="url", about="Where the bank's gateway answers.", default=_URL, is_address=True,
        found=Text(zh=f"例如 {_URL}", en=f"such as {_URL}"),
    ),
    Knob(name="merchant", about="商户号.", is_required=True, found=_CONTRACT, sandbox_start="SANDBOX"),
    Knob(
        name="cashier", about="收银员: the bank's number of a till of the merchant.", is_required=True, found=_CONTRACT,
    ),
    Knob(name="app_id", about="APP ID.", is_required=True, found=_APP, sandbox_start="SANDBOX"),
    Knob(name="app_secret", about="APP SECRET.", is_required=True, found=_APP, sandbox_start="SANDBOX"),
    Knob(
        name="private_key", about="The merchant's SM2 private key, 64 hexadecimal digits.", is_required=True,
        found=Text(zh="商户自行生成，公钥交给银行", en="made by the merchant; its public half goes to the bank"),
    ),
    Knob(
        name="public_key", about="The bank's SM2 public key, base64 of its ASN.1.", is_required=True, found=_CONTRACT,
    ),
    Knob(
        name="public_key_next", about="The one that the bank changes to; both are believed meanwhile.", found=_CONTRACT,
    ),
    Knob(
        name="terminal", about="受理终端编号.", default=_TERMINAL,
        found=Text(zh="自定，不含中文", en="chosen by the merchant, no Chinese"),
    ),
    Knob(
        name="terminal_ip", about="受理终端 IP: the address that our calls come from.", is_required=True,
        found=Text(zh="服务器出口地址", en="the address our servers are seen under"),
    ),
    Knob(
        name="trade_place", about="交易地点: for a merchant of the network the address of its platform.",
        is_required=True, found=Text(zh="平台网址", en="the platform's address"),
    ),
    Knob(name="platform", about="网络交易平台名称, where the bank demands it.", found=_CONTRACT),
    Knob(
        name="bill_url", about="Where the bank tells of its daily lists.", default=_BILL_URL, is_address=True,
        found=Text(zh=f"例如 {_BILL_URL}", en=f"such as {_BILL_URL}"),
    ),
    Knob(
        name="file_url", about="Scheme and host of the lists' files, where they are not the former's.", is_address=True,
        found=_CONTRACT,
    ),
)  # fmt: skip


def build(values: Values, around: Surroundings) -> EcnyCmb:
    """One merchant's channel.

    Raises:
        ValueError: keys that the wire would refuse, or nothing to trust.
    """
    return EcnyCmb(
        EcnyKeys(
            merchant=values["merchant"],
            cashier=values.get("cashier", ""),
            app_id=values.get("app_id", ""),
            app_secret=values.get("app_secret", ""),
            private_key=values.get("private_key", "").strip(),
            bank_public_keys=tuple(
                text for name in ("public_key", "public_key_next") if (text := values.get(name, "").strip())
            ),
            terminal=values.get("terminal") or _TERMINAL,
            terminal_ip=values.get("terminal_ip", ""),
            trade_place=values.get("trade_place", ""),
            platform=values.get("platform", ""),
            base_url=values.get("url") or _URL,
            bill_url=(values.get("bill_url") or _BILL_URL).rstrip("/"),
            file_url=values.get("file_url", ""),
            notify_url=around.notify_url,
        )
    )


def rehearsed(values: Values) -> Iterator[tuple[str, Text]]:
    """The bank's test system, and the key that its public test page names."""
    for name in ("url", "bill_url", "file_url"):
        host = urlsplit(values.get(name, "")).hostname or ""
        if host == _TEST_HOST or host.endswith(f".{_TEST_HOST}"):
            yield name, Text(zh=" 是银行的测试环境", en=" is the bank's test system")
    for name in ("public_key", "public_key_next"):
        if hashlib.sha256(values.get(name, "").strip().encode()).hexdigest() == _TEST_KEY_SHA256:
            yield name, Text(zh=" 是银行公开的测试公钥", en=" is the test key that the bank publishes")


def sandbox_page(opening: Opening) -> str | None:
    """The sandbox's cashier: its token is the code's last part."""
    token = (opening.code_url or "").rpartition("/")[2]
    return f"/cashier/{token}" if _TOKEN.fullmatch(token) else None


KIND: Final = Kind(
    name=NAME, label=LABEL, mark=MARK, methods=METHODS, knobs=KNOBS,
    build=build, rehearsed=rehearsed, sandbox_page=sandbox_page, bill_after=timedelta(hours=10, minutes=35),
)  # fmt: skip
