"""Certificates of certificate mode (公钥证书): how the platform names one, and which of its own we believe. Pure.

A name (SN) is the MD5 of issuer and serial; it tells certificates apart and proves nothing. What proves is the chain to
a root of the merchant's own file, and the subject: the same authority issues the certificates of all merchants' apps,
so that a chain alone would believe any of them. Source: 支付宝开放平台, 公钥证书方式 / 自行实现验签; checked against the
known name of Alipay's roots.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_RSA_SIGNED: Final = "1.2.840.113549.1.1."
"""How the algorithms begin by which an RSA key signs; only such roots are part of the roots' name."""
_CHAIN_MOST: Final = 6
_BITS_LEAST: Final = 2048


def read(pem: str, *, may_skip: bool = False) -> list[x509.Certificate]:
    """The certificates of a file, in its order; `may_skip` leaves out those that this library cannot read.

    Alipay's file of roots holds some: of other curves than any it signs with for us, and one with a faulty encoding.

    Raises:
        ValueError: none, or one that cannot be read and may not be skipped.
    """
    found: list[x509.Certificate] = []
    for part in _PEM.findall(pem):
        try:
            found.append(x509.load_pem_x509_certificate(part.encode()))
        except (ValueError, UnsupportedAlgorithm):
            if not may_skip:
                raise ValueError("a certificate cannot be read") from None
    if not found:
        raise ValueError("there is no certificate in PEM")
    return found


def name_of(certificate: x509.Certificate) -> str:
    """Its name (SN), as calls and answers give it."""
    told = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()


def names_of_roots(roots: Sequence[x509.Certificate]) -> str:
    """The name of a file of roots: of those that RSA signed, joined in the file's order.

    Raises:
        ValueError: none is.
    """
    names = [name_of(one) for one in roots if _is_by_rsa(one)]
    if not names:
        raise ValueError("no root is signed by RSA")
    return "_".join(names)


def key_of(certificate: x509.Certificate) -> RSAPublicKey:
    """Its key.

    Raises:
        ValueError: it is not RSA of 2048 bits or more.
    """
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < _BITS_LEAST:
        raise ValueError("a certificate's key is not RSA of 2048 bits or more")
    return key


def leads_to(
    chain: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    *,
    handed_in: Sequence[x509.Certificate] = (),
    at: datetime | None = None,
) -> bool:
    """Whether the first of the chain was issued, through the others of it, under one of the roots; all valid at `at`, if given.

    `handed_in` came with the merchant's own files and may stand in the middle. A root's own signature is not looked at:
    it is trusted because it is in those files.
    """
    between = [*handed_in, *(other for other in chain[1:] if _is_authority(other))]
    one = chain[0]
    for _ in range(_CHAIN_MOST):
        if at is not None and not is_valid(one, at):
            return False
        if any(_issued(root, one) and (at is None or is_valid(root, at)) for root in roots):
            return True
        above = next((other for other in between if other != one and _issued(other, one)), None)
        if above is None:
            return False
        one = above
    return False


def is_valid(certificate: x509.Certificate, at: datetime) -> bool:
    """Whether it holds at that time, both ends included."""
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def is_successor(new: x509.Certificate, known: Sequence[x509.Certificate]) -> bool:
    """Whether it is of the same holder, by the same authority, as one that the merchant handed in."""
    return any(new.subject == one.subject and new.issuer == one.issuer for one in known)


def _issued(above: x509.Certificate, one: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    # Without this the holder of any app's certificate could issue one in the platform's name.
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _is_by_rsa(certificate: x509.Certificate) -> bool:
    return certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNED)
