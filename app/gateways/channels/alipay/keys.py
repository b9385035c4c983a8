"""What a merchant must hand in: numbers, keys, addresses. Read from settings elsewhere and handed down."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

GATEWAY: Final = "https://openapi.alipay.com/gateway.do"
_NUMBER: Final = re.compile(r"[0-9A-Za-z]{4,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayKeys:
    """One app of one merchant: its identity, its key, the platform's keys, addresses. The private key stays out of its repr.

    Raises:
        ValueError: something the wire would refuse, or nothing to trust.
    """

    app_id: str
    seller_id: str
    """The merchant's user number (PID), `2088…`: to whom every payment of ours must say that it went."""
    app_private_key: str = field(repr=False)
    """PEM, or the bare base64 that Alipay's key tool writes; PKCS#8 or PKCS#1, RSA of 2048 bits or more."""
    alipay_public_keys: tuple[str, ...] = ()
    """The platform's key (支付宝公钥, not our own 应用公钥), PEM or bare base64; while it changes, both."""
    app_certificate: str = ""
    """Certificate mode (公钥证书): the app's own certificate, PEM. With it every call names it, and answers name the
    platform's. Keys above and certificates may both be there while the app moves from one mode to the other."""
    alipay_certificates: tuple[str, ...] = ()
    """The platform's certificate with those above it, PEM, one file each; a newer one is fetched when an answer names it."""
    root_certificates: str = ""
    """The platform's roots, PEM, the file as it is downloaded: its name is over all of it."""
    gateway_url: str = GATEWAY
    notify_url: str
    """Where notices arrive."""

    def __post_init__(self) -> None:
        if not _NUMBER.fullmatch(self.app_id) or not _NUMBER.fullmatch(self.seller_id):
            raise ValueError("app_id and seller_id are numbers of the platform")
        together = (self.app_certificate, self.root_certificates, self.alipay_certificates)
        if any(together) and not all(together):
            raise ValueError("certificate mode needs three files: the app's certificate, Alipay's, and Alipay's roots")
        if not self.alipay_public_keys and not self.alipay_certificates:
            raise ValueError("without the platform's public key or certificate nothing it says can be believed")
        address = urlsplit(self.gateway_url)
        if address.scheme not in {"http", "https"} or not address.hostname or address.query or address.fragment:
            raise ValueError("the gateway's address has a host and no query string")
