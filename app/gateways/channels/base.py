"""What every way to be paid looks like from inside the house: the verbs and the words of a wire.

A channel keeps nothing. It returns refusals and raises `Unavailable` when nothing could be sent; silence
after sending is `Pending`, never a refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.kernel.money import Currency
from app.kernel.outcome import Done, Outcome, Pending, Refused

__all__ = [
    "Channel",
    "ChannelName",
    "Charge",
    "Done",
    "Method",
    "NotAuthentic",
    "Notice",
    "Opening",
    "Outcome",
    "Pending",
    "RawRequest",
    "RawResponse",
    "Refund",
    "Refused",
]


class ChannelName(StrEnum):
    """The channels we know, as stored and as shown in paths."""

    WECHATPAY = "wechatpay"
    """微信支付, API v3."""


class Method(StrEnum):
    """How the payer meets the channel."""

    JSAPI = "jsapi"
    """Inside WeChat: mini-program or an H5 page in its browser; needs the payer's openid."""
    H5 = "h5"
    """A phone's browser outside WeChat; needs the payer's address."""
    NATIVE = "native"
    """A QR code on another screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What the payer shall pay. The reference is ours, kept before it is sent, never sent with other content."""

    reference: str
    """Our order number at the channel: 20 to 32 of `0-9A-Z`."""
    description: str
    amount_minor: int
    currency: Currency
    method: Method
    expires_at: datetime
    payer_openid: str | None = None
    payer_appid: str | None = None
    """Whose openid that is, where it is not the mini-program's."""
    payer_ip: str | None = None
    return_url: str | None = None
    """Where the payer's browser comes back to; proves nothing. With JSAPI it says that the payer is on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the phone needs in order to pay: exactly one of the three."""

    jsapi: Mapping[str, str] | None = None
    """The five fields of the call-up: timeStamp, nonceStr, package, signType, paySign (and appId for H5 in WeChat)."""
    redirect_url: str | None = None
    """The channel's page to go to."""
    code_url: str | None = None
    """The text of a QR code to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money to give back. The same `refund_reference` is sent again on every doubt."""

    reference: str
    """Of the payment."""
    refund_reference: str
    refund_minor: int
    total_minor: int
    currency: Currency
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """A channel's message as it came: exact bytes, header names in lower case."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawResponse:
    """Our answer in the channel's dialect."""

    status: int
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An authentic message of a channel (支付通知): signature and freshness hold.

    Whether it fits our row is not yet asked.
    """

    event_id: str
    """Unique at the channel; the same id again is the same message again."""
    kind: str
    """The channel's event type: `TRANSACTION.SUCCESS`, `REFUND.SUCCESS` …"""
    reference: str
    """Our order number as the message states it; a refund's message names its payment too."""
    refund_reference: str | None
    outcome: Outcome
    mismatch: str | None
    """Why it cannot be ours, or cannot be read, although authentic; or None.

    `merchant`, `app`, `reference`, `amount`, `shape` or `kind`; the outcome is then never `Done`.
    """
    content: str
    """The decrypted resource, kept for whoever looks into a parked notice."""


class NotAuthentic(Exception):
    """A message that did not come from the channel, or not lately. One answer for every cause.

    `reason` is for the counter and the log only: `signature`, `timestamp`, `serial`, `cipher`, `shape`, `probe`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Channel(Protocol):
    """A way to be paid (渠道)."""

    name: ChannelName

    async def open(self, charge: Charge) -> Opening | Pending | Refused:
        """Ask for what the payer needs; repeated with the same charge it answers the same."""

    async def query(self, reference: str) -> Outcome:
        """What became of a payment, when no notice came. `Refused` means closed or never made."""

    async def close(self, reference: str) -> Outcome:
        """Nobody shall pay this any more. `Refused` is the channel's yes; `Done` never comes; paid is `Pending`."""

    async def refund(self, refund: Refund) -> Outcome:
        """Give money back; `Done` only when it has moved."""

    async def query_refund(self, refund_reference: str) -> Outcome:
        """What became of a refund."""

    async def read_notice(self, raw: RawRequest) -> Notice:
        """Verify, then read. Runs before any transaction.

        Raises:
            NotAuthentic: forged, stale, or not readable under our keys.
            Unavailable: a key had to be fetched and could not be.
        """

    def acknowledge(self, *, accepted: bool, retry: bool = False) -> RawResponse:
        """Our answer: accepted, not authentic, or (retry) our own trouble so that it is sent again."""

    async def aclose(self) -> None:
        """Close the connections."""
