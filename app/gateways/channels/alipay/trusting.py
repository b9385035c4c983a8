"""Which certificates of the platform we believe in certificate mode: those handed in, and newer ones of the same holder."""

import base64
import binascii
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.gateways.channels.alipay import certificates
from app.gateways.channels.alipay.keys import AlipayKeys

_CONTENT_MOST: Final = 64 << 10


class TrustedCertificates:
    """The platform's certificates by their names. Grows when a newer one is learned, never shrinks; past its time none counts.

    Raises:
        ValueError: files that cannot be read, or do not belong together.
    """

    def __init__(self, keys: AlipayKeys, *, app_public_pem: str) -> None:
        app = certificates.read(keys.app_certificate)[0]
        if pem_of(certificates.key_of(app)) != app_public_pem:
            raise ValueError("the app's certificate is not of the app's private key")
        self._roots = certificates.read(keys.root_certificates, may_skip=True)
        chains = [certificates.read(pem) for pem in keys.alipay_certificates]
        for chain in chains:
            if len(chain) > 1 and not certificates.leads_to(chain, self._roots, handed_in=chain[1:]):
                raise ValueError("Alipay's certificate does not lead to Alipay's roots: are both of one environment?")
        self._handed_in = [chain[0] for chain in chains]
        self._between = [above for chain in chains for above in chain[1:]]
        self._known = {certificates.name_of(one): one for one in self._handed_in}
        self.keys: dict[str, str] = {name: pem_of(certificates.key_of(one)) for name, one in self._known.items()}
        """Public keys in PEM, by the certificate's name."""
        self.named: Final = {
            "app_cert_sn": certificates.name_of(app),
            "alipay_root_cert_sn": certificates.names_of_roots(self._roots),
        }
        """What every call says of the certificates on our side."""

    def valid(self, at: datetime) -> dict[str, str]:
        """Public keys of the certificates that hold at that time, by their names."""
        return {name: key for name, key in self.keys.items() if certificates.is_valid(self._known[name], at)}

    def learn(self, name: str, content: str, *, at: datetime) -> str | None:
        """Believe a certificate that the platform handed out, base64 of PEM; why not, or None.

        Whoever handed it out proved nothing by that: it must be of that name, of the same holder and authority as one
        handed in, and lead to a root.
        """
        try:
            if len(content) > _CONTENT_MOST:
                return "too long"
            chain = certificates.read(base64.b64decode(content, validate=True).decode("ascii"))
            public = pem_of(certificates.key_of(chain[0]))
        except (binascii.Error, ValueError):
            return "unreadable"
        if certificates.name_of(chain[0]) != name:
            return "another name"
        if not certificates.is_successor(chain[0], self._handed_in):
            return "another holder"
        if not certificates.leads_to(chain, self._roots, handed_in=self._between, at=at):
            return "no chain to a root"
        self._known[name], self.keys[name] = chain[0], public
        return None

    def ends_at(self) -> datetime:
        """Until when the last of those handed in holds."""
        return max(one.not_valid_after_utc for one in self._handed_in)


def pem_of(key: RSAPublicKey) -> str:
    """A public key in PEM."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def ends_of(pem: str) -> datetime:
    """Until when the first certificate of a file holds.

    Raises:
        ValueError: there is none to read.
    """
    return certificates.read(pem)[0].not_valid_after_utc
