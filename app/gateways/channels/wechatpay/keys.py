"""What a merchant must hand in: numbers, keys, addresses. Read from settings elsewhere and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

PREVIOUS_KEY_LIFE: Final = timedelta(hours=24)
"""How long messages under the replaced APIv3 key still arrive: the channel repeats a notice for 24 h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatPayKeys:
    """One merchant's identity, secrets, anchors of trust and addresses. Secrets stay out of its repr.

    Raises:
        ValueError: something the wire would refuse, or something to trust is missing altogether.
    """

    mchid: str
    appid: str
    """The mini-program the payer's openid belongs to."""
    page_appid: str | None = None
    """The official account (公众号) that openids of pages inside WeChat belong to, bound to the same merchant."""
    merchant_serial: str
    """Serial of the merchant's certificate, hexadecimal."""
    merchant_private_key: str = field(repr=False)
    """PEM, PKCS#8 or PKCS#1."""
    api_v3_key: str = field(repr=False)
    """32 bytes, used as they are."""
    previous_api_v3_key: str | None = field(default=None, repr=False)
    """The one before; believed for 24 h after the change."""
    api_v3_key_changed_at: datetime | None = None
    platform_public_keys: Mapping[str, str] = field(default_factory=dict)
    """`PUB_KEY_ID_…` → PEM. The first is the one we ask answers to be signed with."""
    platform_certificates: tuple[str, ...] = ()
    """PEM, by whose serials older messages are signed; more are fetched when one is missing."""
    base_url: str = "https://api.mch.weixin.qq.com"
    notify_url: str
    """Where notices arrive: no query string, the channel refuses one."""
    user_agent: str = "diandian"

    def __post_init__(self) -> None:
        for key in filter(None, (self.api_v3_key, self.previous_api_v3_key)):
            if len(key.encode()) != 32:
                raise ValueError("an APIv3 key has exactly 32 bytes")
        if (self.previous_api_v3_key is None) != (self.api_v3_key_changed_at is None):
            raise ValueError("a previous APIv3 key and the time of its change come together")
        if self.api_v3_key_changed_at is not None and self.api_v3_key_changed_at.tzinfo is None:
            raise ValueError("the time of a key's change needs its offset")
        if not all(name.startswith("PUB_KEY_ID_") for name in self.platform_public_keys):
            raise ValueError("a platform public key is named PUB_KEY_ID_…")
        if "?" in self.notify_url or "#" in self.notify_url:
            raise ValueError("notify_url carries no query string")

    @property
    def appids(self) -> frozenset[str]:
        """Every app a payment of ours may be of."""
        return frozenset(filter(None, (self.appid, self.page_appid)))

    def api_v3_keys_at(self, now: datetime) -> tuple[bytes, ...]:
        """The APIv3 keys to try at `now`, the current one first."""
        current = self.api_v3_key.encode()
        if self.previous_api_v3_key is None or self.api_v3_key_changed_at is None:
            return (current,)
        if now - self.api_v3_key_changed_at >= PREVIOUS_KEY_LIFE:
            return (current,)
        return (current, self.previous_api_v3_key.encode())
