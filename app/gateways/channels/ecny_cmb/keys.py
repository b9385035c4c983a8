"""What a merchant must hand in: numbers, keys, addresses. Read from settings elsewhere and handed down."""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from app.gateways.channels.ecny_cmb import signing

_NUMBER: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")
_ASCII: Final = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class EcnyKeys:
    """One merchant of China Merchants Bank's gateway (招商银行聚合支付). Secrets stay out of its repr.

    Raises:
        ValueError: something the wire would refuse, or something to trust is missing.
    """

    merchant: str
    """商户号 (`merId`)."""
    cashier: str
    """收银员 (`userId`): the bank's number of one till of the merchant; every call of one order names the same."""
    app_id: str
    app_secret: str = field(repr=False)
    private_key: str = field(repr=False)
    """64 hexadecimal digits; signs every request and every answer to a notice."""
    bank_public_keys: tuple[str, ...]
    """Base64 of ASN.1. More than one while the bank changes its key: a message under any of them is believed."""
    terminal: str = "DIANDIAN01"
    """受理终端编号 (`terminalNo`)."""
    terminal_ip: str
    """Of the machine that asks, as the bank knows it."""
    trade_place: str
    """交易地点 (`tradePlace`): for a merchant of the network the address of its platform."""
    platform: str = ""
    """网络交易平台名称 (`platformName`); the bank demands it of a merchant of the network."""
    base_url: str = "https://api.cmbchina.com"
    bill_url: str = "https://api.cmbchina.com/bill/check"
    """Bills have an address and a way to sign of their own."""
    file_url: str = ""
    """Where bills' files are fetched, scheme and host; empty is where `bill_url` is. Only there, whatever an answer says."""
    notify_url: str
    user_agent: str = "diandian"

    def __post_init__(self) -> None:
        signing.private_key(self.private_key)
        if not self.bank_public_keys:
            raise ValueError("without a public key of the bank nothing can be believed")
        for key in self.bank_public_keys:
            signing.public_key(key)
        for name in ("merchant", "cashier", "terminal"):
            if not _NUMBER.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} is 1 to 32 digits and Latin letters")
        for name in ("app_id", "app_secret"):
            if not _ASCII.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} is 1 to 128 visible ASCII characters")
        ipaddress.ip_address(self.terminal_ip)
        if not 1 <= len(self.trade_place) <= 128 or len(self.platform) > 40:
            raise ValueError("trade_place has 1 to 128 characters, platform at most 40")
        if len(self.notify_url) > 256:
            raise ValueError("notify_url has at most 256 characters")

    @property
    def file_base(self) -> str:
        """Scheme and host of the bills' files."""
        parts = urlsplit(self.file_url or self.bill_url)
        return f"{parts.scheme}://{parts.netloc}"
