"""Which of the platform's keys we believe, and whether a message was signed by one of them just now.

Two kinds of key live side by side while a merchant moves from platform certificates to the public key, and
notices switch between them at random: a message is checked by the serial it names itself.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.gateways.channels.base import NotAuthentic
from app.gateways.channels.wechatpay import signing
from app.gateways.channels.wechatpay.keys import WeChatPayKeys
from app.gateways.channels.wechatpay.reading import Unreadable, read_certificates
from app.kernel.clock import Clock
from app.kernel.errors import Unavailable

FRESH_FOR_S: Final = 300
"""A message this old, or this far ahead, is refused; a notice sent again carries a new time."""
FETCH_PAUSE: Final = timedelta(minutes=1)
"""Certificates are fetched at most so often, however many unknown serials arrive."""
_PROBE: Final = "WECHATPAY/SIGNTEST/"
_TIME: Final = re.compile(r"[0-9]{1,12}")
_NONCE: Final = re.compile(r"[\x21-\x7e]{1,128}")

Message = tuple[Mapping[str, str], bytes]
"""Headers with names in lower case, and the exact body."""


@dataclass(frozen=True, slots=True)
class _Trusted:
    """A platform key and, for a certificate, when it holds."""

    key: RSAPublicKey
    starts_at: datetime
    ends_at: datetime


class KeyRing:
    """The platform's keys. Grows when a certificate is fetched, never shrinks; a certificate past its time is refused.

    `fetch` asks for the certificate list: None where the platform has none for us.
    """

    def __init__(self, keys: WeChatPayKeys, *, fetch: Callable[[], Awaitable[Message | None]], clock: Clock) -> None:
        self._keys = keys
        self._fetch = fetch
        self._clock = clock
        self._fetching = asyncio.Lock()
        self._fetched_at: datetime | None = None
        self._was_silent = False
        always = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        self._known: dict[int | str, _Trusted] = {
            name: _Trusted(signing.public_key(pem), *always) for name, pem in keys.platform_public_keys.items()
        }
        for pem in keys.platform_certificates:
            self._known |= _certificate(pem)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Return if a believed key signed this message within the last 300 s.

        Raises:
            NotAuthentic: it did not.
            Unavailable: the message names a certificate we lack and the list could not be fetched.
        """
        claim = self._fresh(headers, body)
        if claim.serial not in self._known and isinstance(claim.serial, int):
            await self._refresh()
        self._check(claim, self._known)

    def _fresh(self, headers: Mapping[str, str], body: bytes) -> "_Claim":
        signature = headers.get("wechatpay-signature", "")
        if signature.startswith(_PROBE):
            # The platform sends wrong signatures on purpose, to see whether we look.
            raise NotAuthentic("probe")
        if not signature or headers.get("wechatpay-signature-type", signing.SCHEME) != signing.SCHEME:
            raise NotAuthentic("signature")
        timestamp, nonce = headers.get("wechatpay-timestamp", ""), headers.get("wechatpay-nonce", "")
        if not _TIME.fullmatch(timestamp) or abs(self._clock().timestamp() - int(timestamp)) >= FRESH_FOR_S:
            raise NotAuthentic("timestamp")
        if not _NONCE.fullmatch(nonce):
            raise NotAuthentic("signature")
        serial = signing.serial_of(headers.get("wechatpay-serial", ""))
        if serial is None:
            raise NotAuthentic("serial")
        return _Claim(serial, signing.platform_message(timestamp=timestamp, nonce=nonce, body=body), signature)

    def _check(self, claim: "_Claim", known: Mapping[int | str, _Trusted]) -> None:
        trusted = known.get(claim.serial)
        if trusted is None or not trusted.starts_at <= self._clock() <= trusted.ends_at:
            raise NotAuthentic("serial")
        if not signing.verifies(trusted.key, claim.message, claim.signature):
            raise NotAuthentic("signature")

    async def _refresh(self) -> None:
        # Whoever waits here finds the pause begun, and looks among the keys the first one brought.
        async with self._fetching:
            now = self._clock()
            if self._fetched_at is None or abs(now - self._fetched_at) >= FETCH_PAUSE:
                self._fetched_at, self._was_silent = now, True
                answer = await self._fetch()
                self._was_silent = False
                if answer is not None:
                    self._admit(*answer)
            if self._was_silent:
                raise Unavailable("wechatpay: the platform certificates could not be fetched a moment ago")

    def _admit(self, headers: Mapping[str, str], body: bytes) -> None:
        """Take new certificates in: each opened by our APIv3 key, the answer signed by one we know or by one in it.

        The tag of the cipher is what makes the first answer authentic: nobody else has the key. Its signature adds
        that the answer is of now.
        """
        now, fresh = self._clock(), dict[int | str, _Trusted]()
        try:
            for sealed in read_certificates(body):
                pem = open_resource(self._keys, sealed.nonce, sealed.associated_data, sealed.ciphertext, now=now)
                fresh |= _certificate(pem.decode())
            self._check(self._fresh(headers, body), fresh | self._known)
        except (NotAuthentic, Unreadable, ValueError):
            return
        self._known = fresh | self._known


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who a message says signed it, over what."""

    serial: int | str
    message: bytes
    signature: str


def open_resource(keys: WeChatPayKeys, nonce: str, associated_data: str, ciphertext: str, *, now: datetime) -> bytes:
    """The plain bytes under the APIv3 key, or under the one before it while that is still believed.

    Raises:
        NotAuthentic: `cipher`, under neither.
    """
    for key in keys.api_v3_keys_at(now):
        try:
            return signing.decrypt(key, nonce=nonce, associated_data=associated_data, ciphertext=ciphertext)
        except NotAuthentic:
            continue
    raise NotAuthentic("cipher")


def _certificate(pem: str) -> dict[int | str, _Trusted]:
    certificate = x509.load_pem_x509_certificate(pem.encode())
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the platform's certificate is not RSA")  # noqa: TRY004 - a wrong value, not a wrong type in code
    return {certificate.serial_number: _Trusted(key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)}
