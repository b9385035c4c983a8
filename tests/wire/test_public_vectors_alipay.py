"""Known answers of other people's implementations of Alipay, where the folder with them lies beside the checkout."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509.oid import NameOID

from app.gateways.channels.alipay import certificates, reading
from app.gateways.channels.base import Done, NotAuthentic
from app.sandbox.alipay import certificates as far_certificates
from app.sandbox.alipay import keys as far_keys
from app.sandbox.alipay import signing as far_signing
from tests.wire.alipay_forging import form, our_side

ROOTS = (
    ("Ant Financial Certification Authority R1", "Certification Authority", "Ant Financial", 0x1FCFA18D6A480D11),
    (
        "iTrusChina Class 2 Root CA - G3",
        "China Trust Network",
        "iTrusChina",
        0x10C764E9D560384212D9C08FD10E373FDD0FB396,
    ),
)
VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "alipay.json"


@pytest.fixture(scope="module")
def cases() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip(f"no known answers here: {VECTORS.name} is kept beside the repository, in ../shared/vectors")
    return {case["id"]: case for case in json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]}


def merchant_of(case: dict[str, Any]) -> Any:
    """Our side as the merchant of a known notice, a minute after it was sent."""
    fields = case["input"]["form"]
    certificate = x509.load_pem_x509_certificate(case["input"]["alipay_public_cert_pem"].encode())
    public = certificate.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return our_side(
        app_id=fields["app_id"],
        seller_id=fields["seller_id"],
        alipay_public_keys=(public.decode(),),
        now=datetime(2023, 12, 21, 8, 27, 45, tzinfo=UTC),
    )


def test_every_known_case_has_a_test_here(cases):
    assert set(cases) == {"alipay-notify-plus-and-chinese-yansongda", "alipay-request-sign-yansongda"}


async def test_a_true_notice_is_read(cases):
    case = cases["alipay-notify-plus-and-chinese-yansongda"]
    fields = case["input"]["form"]
    notice = await merchant_of(case).read_notice(form(fields))
    assert notice.mismatch is None
    assert notice.reference == fields["out_trade_no"]
    assert notice.outcome == Done(
        reference=fields["out_trade_no"],
        transaction_id=fields["trade_no"],
        at=datetime(2023, 12, 21, 8, 26, 43, tzinfo=UTC),
        amount_minor=1,
        currency="CNY",
    )


async def test_the_same_notice_is_read_in_certificate_mode_by_the_true_certificate(cases):
    case = cases["alipay-notify-plus-and-chinese-yansongda"]
    fields, chain = case["input"]["form"], case["input"]["alipay_public_cert_pem"]
    # The merchant's own certificate and the roots are not among the known answers: of both, stand-ins.
    private, public = far_keys.pair()
    held = certificates.read(chain)
    ours = our_side(
        app_id=fields["app_id"],
        seller_id=fields["seller_id"],
        app_private_key=private,
        alipay_public_keys=(),
        app_certificate=far_certificates._issue(
            held[1].subject, public, None, private, at=datetime(2023, 1, 1, tzinfo=UTC)
        ),
        alipay_certificates=(chain,),
        root_certificates=chain[chain.rindex("-----BEGIN") :],
        now=datetime(2023, 12, 21, 8, 27, 45, tzinfo=UTC),
    )
    notice = await ours.read_notice(form(fields))
    assert isinstance(notice.outcome, Done)
    assert fields["seller_id"] in held[0].subject.rfc4514_string()  # whose certificate it is


def test_the_names_of_alipays_roots_are_made_as_everybody_knows_them(cases):
    """The file itself is not among the known answers; issuer and serial of its two roots by RSA are public."""
    case = cases["alipay-request-sign-yansongda"]
    private, public = far_keys.pair()
    names = []
    for common, unit, organisation, serial in ROOTS:
        parts = ((NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, organisation),
                 (NameOID.ORGANIZATIONAL_UNIT_NAME, unit), (NameOID.COMMON_NAME, common))  # fmt: skip
        name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
        made = x509.CertificateBuilder(name, name, load_pem_public_key(public.encode()), serial)
        made = made.not_valid_before(datetime(2018, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2038, 1, 1, tzinfo=UTC))
        names.append(made.sign(load_pem_private_key(private.encode(), None), SHA256()))
    assert certificates.names_of_roots(names) == case["input"]["params"]["alipay_root_cert_sn"]


async def test_every_known_change_of_it_is_refused(cases):
    case = cases["alipay-notify-plus-and-chinese-yansongda"]
    assert len(case["negative"]) >= 2
    for negative in case["negative"]:
        with pytest.raises(NotAuthentic):
            await merchant_of(case).read_notice(form(case["input"]["form"] | negative["change"]))


def test_the_far_sides_text_of_a_notice_is_the_known_one(cases):
    case = cases["alipay-notify-plus-and-chinese-yansongda"]
    assert far_signing.notice_text(case["input"]["form"]) == case["expected"]["signed_string"]
    assert reading.instant(case["input"]["form"]["notify_time"]) is not None


def test_the_far_side_signs_and_believes_a_request_as_others_do(cases):
    case = cases["alipay-request-sign-yansongda"]
    text = far_signing.request_text(case["input"]["params"])
    assert text == case["expected"]["string_to_sign"]
    assert far_signing.holds(case["input"]["app_public_key_pem"], text, case["expected"]["sign"])
    assert not far_signing.holds(case["input"]["app_public_key_pem"], text + " ", case["expected"]["sign"])
