"""What we sign and what we believe, by python-alipay-sdk: RSA2 (PKCS1v15, SHA-256) and nothing else.

The library is used for that alone; its calls are blocking GETs and its reader of answers counts braces inside texts
(docs/wire/alipay.md). It is imported when a merchant of Alipay is set up: 8 MB that no other installation pays.
Source: 支付宝开放平台, 自行实现签名 / 自行实现验签 / 异步通知验签.
"""

import base64
import binascii
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from app.gateways.channels.alipay.keys import AlipayKeys
from app.gateways.channels.alipay.trusting import TrustedCertificates, pem_of
from app.kernel.clock import BEIJING

SIGN_TYPE: Final = "RSA2"
_BITS_LEAST: Final = 2048
_LIBRARY: Final = "python-alipay-sdk"


class Signer:
    """The keys of one merchant and of its platform, read once. In certificate mode it may learn a newer one of the platform.

    Raises:
        ValueError: a key that cannot be read, is not RSA, or is too short; certificates that do not belong together.
    """

    def __init__(self, keys: AlipayKeys) -> None:
        private = _private_pem(keys.app_private_key)
        self._client_for = partial(_client, keys.app_id, private)
        self._platforms = [self._client_for(_public_pem(key)) for key in keys.alipay_public_keys]
        self.trusted = TrustedCertificates(keys, app_public_pem=_public_of(private)) if keys.app_certificate else None

    def request(self, method: str, content: Mapping[str, object] | None, *, at: datetime, **fields: str) -> str:
        """One call as it is sent, `application/x-www-form-urlencoded`; `content` becomes its `biz_content`, None: it has none.

        `fields` are further ones, as `notify_url` and `return_url`. The stamp is Beijing time, whatever this machine's
        zone is: the library's own would be the machine's.
        """
        named = self.trusted.named if self.trusted is not None else {}
        timestamp = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
        # A new body for each call: `sign_data` writes into the one it is given.
        ours = self._any()
        body = ours.build_body(method, dict(content or {}), timestamp=timestamp, format="JSON", **named, **fields)
        if content is None:
            del body["biz_content"]
        return str(ours.sign_data(body))

    def signed_fields(self, fields: Mapping[str, str], *, at: datetime) -> bool:
        """Whether the platform signed these fields of a notice, whose own `sign` says so. A notice names no certificate."""
        signature = fields.get("sign", "")
        if fields.get("sign_type") != SIGN_TYPE or exact_base64(signature) is None:
            return False
        rest = {name: value for name, value in fields.items() if name != "sign"}
        # A copy for each: `verify` takes `sign_type` out of the dict it is given.
        return any(_holds(platform.verify, dict(rest), signature) for platform in self._believed(None, at))

    def signed_text(self, text: str, signature: str, *, certificate: str = "", at: datetime) -> bool:
        """Whether the platform signed this piece of an answer, exactly as it came; by that certificate where it names one."""
        if exact_base64(signature) is None:
            return False
        return any(_holds(platform._verify, text, signature) for platform in self._believed(certificate, at))  # noqa: SLF001 - its public way in would cut the answer again, wrongly

    def _any(self) -> Any:  # noqa: ANN401 - the library has no types
        if self._platforms or self.trusted is None:
            return self._platforms[0]
        return self._client_for(next(iter(self.trusted.keys.values())))

    def _believed(self, certificate: str | None, at: datetime) -> Iterator[Any]:
        """The keys that may have signed: the plain ones for what names no certificate, else that one's; None: any."""
        if not certificate or self.trusted is None:
            yield from self._platforms
        if self.trusted is None or certificate == "":
            return
        for name, public in self.trusted.valid(at).items():
            if certificate in {None, name}:
                yield self._client_for(public)


def exact_base64(text: str) -> bytes | None:
    """The bytes behind canonical base64; None otherwise: the library's decoder skips whatever it does not know."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if raw and base64.b64encode(raw).decode() == text else None


def _holds(verify: Any, *signed: object) -> bool:  # noqa: ANN401 - the library has no types
    try:
        return verify(*signed) is True
    except Exception:  # noqa: BLE001 - the library raises half a dozen kinds; each of them means no
        return False


@lru_cache(maxsize=8)
def _client(app_id: str, private_pem: str, public_pem: str) -> Any:  # noqa: ANN401 - the library has no types
    # Kept once made, since it keeps nothing but keys: reading one takes it 80 ms, fifty times as long as a signature.
    from alipay import AliPay

    # Its import sets a handler of its own at DEBUG (`dictConfig`): ours is the only one.
    library = logging.getLogger(_LIBRARY)
    library.handlers, library.propagate = [], True
    library.setLevel(logging.WARNING)
    untyped: Any = AliPay
    return untyped(
        appid=app_id, app_private_key_string=private_pem, alipay_public_key_string=public_pem, sign_type=SIGN_TYPE
    )


@lru_cache(maxsize=4)
def _private_pem(text: str) -> str:
    # Kept once read: OpenSSL takes 60 ms to prove the primes of a key.
    loaded = _load(text, serialization.load_pem_private_key, serialization.load_der_private_key, password=None)
    if not isinstance(loaded, RSAPrivateKey) or loaded.key_size < _BITS_LEAST:
        raise ValueError("the app's private key is not RSA of 2048 bits or more")
    return loaded.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(text: str) -> str:
    loaded = _load(text, serialization.load_pem_public_key, serialization.load_der_public_key)
    if not isinstance(loaded, RSAPublicKey) or loaded.key_size < _BITS_LEAST:
        raise ValueError("the platform's public key is not RSA of 2048 bits or more")
    return pem_of(loaded)


def _public_of(private_pem: str) -> str:
    loaded = serialization.load_pem_private_key(
        private_pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(loaded, RSAPrivateKey)
    return pem_of(loaded.public_key())


def _load(text: str, from_pem: Any, from_der: Any, **how: object) -> object:  # noqa: ANN401 - two loaders of one shape
    plain = text.strip()
    if plain.startswith("-----"):
        return from_pem(plain.encode(), **how)
    der = exact_base64("".join(plain.split()))
    if der is None:
        raise ValueError("a key is neither PEM nor base64")
    return from_der(der, **how)
