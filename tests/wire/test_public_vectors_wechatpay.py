"""Known answers of other people's implementations, where the folder with them lies beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.gateways.channels.base import NotAuthentic
from app.gateways.channels.wechatpay import signing

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "wechatpay_v3.json"


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip(f"no known answers here: {VECTORS.name} is kept beside the repository, in ../shared/vectors")
    return {case["id"]: case for case in json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]}


def certificate_key(pem: str) -> RSAPublicKey:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def opens(given: dict[str, Any], ciphertext: str, **changed: str) -> bytes:
    read = given | changed
    return signing.decrypt(
        read["api_v3_key"].encode(),
        nonce=read["nonce"],
        associated_data=read["associated_data"],
        ciphertext=ciphertext,
    )


def test_every_known_case_has_a_test_here(cases):
    assert set(cases) == {
        "v3-rsa-sign-known-answer",
        "v3-authorization-canonical",
        "v3-aead-aes-256-gcm-java",
        "v3-request-h5-yansongda",
        "v3-certificate-resource-yansongda",
    }


def test_the_known_signature_verifies_under_its_certificate_and_its_bare_key(cases):
    case = cases["v3-rsa-sign-known-answer"]
    message, signature = case["input"]["message"].encode(), case["expected"]["signature"]
    assert signing.verifies(certificate_key(case["input"]["certificate_pem"]), message, signature)
    assert signing.verifies(signing.public_key(case["input"]["public_key_pem"]), message, signature)


def test_the_known_signature_verifies_for_no_other_message(cases):
    case = cases["v3-rsa-sign-known-answer"]
    key = signing.public_key(case["input"]["public_key_pem"])
    assert case["negative"]
    for negative in case["negative"]:
        assert not signing.verifies(key, negative["message"].encode(), case["expected"]["signature"])


def test_the_known_serial_is_the_number_of_its_certificate(cases):
    given = cases["v3-rsa-sign-known-answer"]["input"]
    certificate = x509.load_pem_x509_certificate(given["certificate_pem"].encode())
    assert signing.serial_of(given["certificate_serial_hex"]) == certificate.serial_number


def test_the_known_requests_have_the_known_message(cases):
    case = cases["v3-authorization-canonical"]
    for given, expected in zip(case["input"], case["expected"], strict=True):
        message = signing.request_message(
            method=given["method"],
            target=given["canonical_url"],
            timestamp=str(given["timestamp"]),
            nonce=given["nonce"],
            body=given["body"].encode(),
        )
        assert message == expected.encode()


def test_the_known_h5_request_is_rebuilt_from_its_parts_and_its_signature_verifies(cases):
    case = cases["v3-request-h5-yansongda"]
    method, target, timestamp, nonce, body = case["input"]["message"].removesuffix("\n").split("\n")
    message = signing.request_message(
        method=method, target=target, timestamp=timestamp, nonce=nonce, body=body.encode()
    )
    key = signing.public_key(case["input"]["public_key_pem"])
    assert signing.verifies(key, message, case["expected"]["signature"])
    assert not signing.verifies(key, message.replace(b"\\/", b"/"), case["expected"]["signature"])


def test_the_known_resource_opens(cases):
    case = cases["v3-aead-aes-256-gcm-java"]
    assert opens(case["input"], case["expected"]["ciphertext_base64"]) == case["input"]["plaintext"].encode()


def test_the_known_resource_opens_with_nothing_else(cases):
    case = cases["v3-aead-aes-256-gcm-java"]
    assert case["negative"]
    for negative in case["negative"]:
        changed = {name: value for name, value in negative.items() if name != "decrypts"}
        with pytest.raises(NotAuthentic, match="cipher"):
            opens(case["input"], case["expected"]["ciphertext_base64"], **changed)


def test_the_known_platform_certificate_comes_out_of_its_resource(cases):
    case = cases["v3-certificate-resource-yansongda"]
    plain = opens(case["input"], case["input"]["ciphertext_base64"])
    assert plain.decode().strip() == case["expected"]["plaintext"].strip()
    certificate = x509.load_pem_x509_certificate(plain)
    assert signing.serial_of(case["expected"]["certificate_serial"]) == certificate.serial_number
