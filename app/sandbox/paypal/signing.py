"""The signature of a webhook, as PayPal makes it.

Source: PayPal, Integrate webhooks, verify on your own server.
"""

import base64
import binascii

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from app.sandbox.paypal import keys


def line(transmission_id: str, time: str, webhook_id: str, body: bytes) -> bytes:
    """What is signed: four parts between bars, the last one the CRC-32 of the body as a decimal number."""
    return b"|".join([transmission_id.encode(), time.encode(), webhook_id.encode(), b"%d" % binascii.crc32(body)])


def sign(key_pem: str, message: bytes, *, algorithm: hashes.HashAlgorithm | None = None) -> str:
    """RSA, PKCS#1 v1.5, base64; SHA-256 unless told otherwise."""
    chosen = algorithm or hashes.SHA256()
    return base64.b64encode(keys.private_key(key_pem).sign(message, padding.PKCS1v15(), chosen)).decode("ascii")
