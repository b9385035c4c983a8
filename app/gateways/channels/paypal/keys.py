"""What a merchant must hand in: names, secrets, addresses, and whom to trust. Read from settings elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.gateways.channels.paypal.trusting import read_certificates

SIMULATOR: Final = "WEBHOOK_ID"
"""The id that PayPal's webhook simulator signs its made-up events with, truly: whoever expects it believes anybody."""
PRODUCTION_URL: Final = "https://api-m.paypal.com"
CERTIFICATES_URL: Final = "https://api.paypal.com"
SIGNER: Final = "messageverificationcerts.paypal.com"
_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")
_MERCHANT: Final = re.compile(r"[0-9A-Z]{8,24}")
_WEBHOOK: Final = re.compile(r"[0-9A-Za-z_-]{8,64}")
_ORIGIN: Final = re.compile(r"https?://[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?(:[0-9]{1,5})?")
_NAME: Final = re.compile(r"[0-9a-z]([0-9a-z.-]{0,251}[0-9a-z])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPalKeys:
    """One merchant's app at PayPal, its secret, addresses and anchors of trust. The secret stays out of its repr.

    Raises:
        ValueError: something PayPal would refuse, or whose notices anybody could write.
    """

    client_id: str
    client_secret: str = field(repr=False)
    merchant_id: str
    """Of the account that is paid (payer id of the merchant, 13 characters in production)."""
    webhook_id: str
    """Of our notices' address, as PayPal's dashboard gives it. It is part of what each notice's signature is over."""
    previous_webhook_id: str | None = None
    """The one before, while both addresses are still subscribed."""
    roots: str
    """PEM, one after the other: a notice's certificate must chain to one of them."""
    base_url: str = PRODUCTION_URL
    certificates_url: str = CERTIFICATES_URL
    """The one origin that certificates of notices are fetched from."""
    signer: str = SIGNER
    """The name that such a certificate must carry."""

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise ValueError(fault)

    def _faults(self) -> Iterator[str]:
        if not _ID.fullmatch(self.client_id) or ":" in self.client_id:
            yield "client_id is empty, or holds what no header can carry"
        if not _ID.fullmatch(self.client_secret):
            yield "secret is empty, or holds what no header can carry"
        if not _MERCHANT.fullmatch(self.merchant_id):
            yield "merchant_id has 8 to 24 of 0-9A-Z"
        if SIMULATOR in self.webhook_ids:
            yield "WEBHOOK_ID is the simulator's: anybody can have events signed with it"
        if not self.webhook_id or not all(_WEBHOOK.fullmatch(one) for one in self.webhook_ids):
            yield "a webhook id has 8 to 64 letters and digits"
        for url in (self.base_url, self.certificates_url):
            if not _ORIGIN.fullmatch(url):
                yield f"{url} is no origin: https://host, in lower case, without a path"
        if not _NAME.fullmatch(self.signer):
            yield "signer is no host name"
        if not read_certificates(self.roots.encode()):
            yield "roots holds no certificate"

    @property
    def webhook_ids(self) -> tuple[str, ...]:
        """Those that a notice may be signed for, the current one first."""
        return tuple(filter(None, (self.webhook_id, self.previous_webhook_id)))
