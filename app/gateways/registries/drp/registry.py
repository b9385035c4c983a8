"""One call to the registry and its answer: signed on the way out, believed on the way back only under its signature."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx

from app.gateways.exchanging import exchange, open_client
from app.gateways.registries.base import Answer, Cancellation, NeverHeard, Pending, Refused
from app.gateways.registries.drp import reading, signing
from app.kernel.clock import Clock, utc_now

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

READ_TIMEOUT_S: Final = 10.0
"""How long the registry may be silent in the middle of a call."""
_CONNECTIONS_MAX: Final = 4
_ANSWER_BYTES_MAX: Final = 1 << 18
_PATH: Final = "/drp/1/cancellations"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrpKeys:
    """Our account at one registry, our key, theirs, and where it answers.

    Raises:
        ValueError: a key is of another kind, or there is nothing to trust.
    """

    registry: str
    """The registry's own name, as its receipts print it."""
    account: str
    key_id: str
    private_key: str = field(repr=False)
    """PEM, Ed25519."""
    registry_keys: Mapping[str, str]
    """The registry's key ids and PEMs; several while it changes its key."""
    base_url: str

    def __post_init__(self) -> None:
        signing.private_key(self.private_key)
        if not self.registry_keys:
            raise ValueError("no key of the registry is known")
        for pem in self.registry_keys.values():
            signing.public_key(pem)


class Drp:
    """A registry that speaks DRP-1."""

    def __init__(self, keys: DrpKeys, *, read_timeout_s: float = READ_TIMEOUT_S, clock: Clock = utc_now) -> None:
        self._keys = keys
        self._clock = clock
        self._key = signing.private_key(keys.private_key)
        self._theirs: Mapping[str, Ed25519PublicKey] = {
            name: signing.public_key(pem) for name, pem in keys.registry_keys.items()
        }
        self._read_timeout_s = read_timeout_s
        self._client = open_client(keys.base_url, read_timeout_s=read_timeout_s, connections_max=_CONNECTIONS_MAX)

    async def submit(self, request: Cancellation) -> Answer:
        """Ask for it. A registry that says it never heard of what it is just being told has not understood."""
        body = {
            "reference": request.reference,
            "programme": request.programme,
            "serial": request.serial,
            "first": request.first,
            "last": request.last,
            "tonnes": request.tonnes,
            "beneficiary": request.beneficiary,
        }
        answer = await self._ask("POST", _PATH, body, request)
        return Pending(code="NEVER_HEARD") if isinstance(answer, NeverHeard) else answer

    async def query(self, request: Cancellation) -> Answer:
        """What became of it."""
        return await self._ask("GET", f"{_PATH}/{request.reference}", None, request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, method: str, target: str, body: Mapping[str, object] | None, request: Cancellation) -> Answer:
        nonce = secrets.token_hex(16)
        answered = await exchange(
            self._client,
            self._signed(method, target, body, nonce),
            far_side="registry",
            read_timeout_s=self._read_timeout_s,
            answer_bytes_max=_ANSWER_BYTES_MAX,
        )
        if isinstance(answered, Pending):
            return answered
        status, headers, raw = answered
        if not self._is_authentic(nonce, status, headers, raw):
            # Whoever said so, it was not shown to be the registry: it may have done it all the same.
            return Pending(code="UNSIGNED" if 200 <= status < 300 else f"HTTP_{status}")
        try:
            return self._read(status, raw, request)
        except reading.Unreadable:
            return Pending(code="BAD_ANSWER")

    def _read(self, status: int, raw: bytes, request: Cancellation) -> Answer:
        if 200 <= status < 300:
            said = reading.read_answer(raw, request)
            if isinstance(said, Pending | Refused):
                return said
            key = self._theirs.get(said.key_id)
            if key is None or not signing.holds(key, signing.receipt_message(said.text), said.signature):
                return Pending(code="RECEIPT_UNSIGNED")
            return reading.read_receipt(said, request, registry=self._keys.registry, account=self._keys.account)
        code, message = reading.read_error(raw)
        if status == 404 and code == "NEVER_HEARD":
            return NeverHeard()
        if status == 422:
            return reading.refused_or_pending(code, message)
        return Pending(code=code)

    def _is_authentic(self, nonce: str, status: int, headers: Mapping[str, str], raw: bytes) -> bool:
        key_id, timestamp = headers.get("drp-key", ""), headers.get("drp-timestamp", "")
        key = self._theirs.get(key_id)
        if key is None or not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
            return False
        if abs(self._clock().timestamp() - int(timestamp)) > signing.FRESH_S:
            return False
        message = signing.answer_message(nonce=nonce, status=status, key_id=key_id, timestamp=timestamp, body=raw)
        return signing.holds(key, message, headers.get("drp-signature", ""))

    def _signed(self, method: str, target: str, body: Mapping[str, object] | None, nonce: str) -> httpx.Request:
        content = b"" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "diandian"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = self._client.build_request(method, target, content=content or None, headers=headers)
        timestamp = str(int(self._clock().timestamp()))
        message = signing.request_message(
            method=method,
            target=request.url.raw_path.decode(),
            account=self._keys.account,
            key_id=self._keys.key_id,
            timestamp=timestamp,
            nonce=nonce,
            body=content,
        )
        request.headers.update(
            {
                "DRP-Account": self._keys.account,
                "DRP-Key": self._keys.key_id,
                "DRP-Timestamp": timestamp,
                "DRP-Nonce": nonce,
                "DRP-Signature": signing.sign(self._key, message),
            }
        )
        return request
