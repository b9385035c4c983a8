"""Two readings that are not ours: OpenSSL's command verifies what the sandbox signs, and PayPal's own message of 2017."""

import base64
import json
import shutil
import subprocess
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from app.gateways.channels.base import NotAuthentic, RawRequest
from app.gateways.channels.paypal import signing
from app.gateways.channels.paypal.keys import CERTIFICATES_URL
from app.gateways.channels.paypal.reading import MISMATCH
from app.gateways.channels.paypal.trusting import certificate_path, read_certificates, signing_key
from app.sandbox.paypal.keys import SIGNER, ensure
from tests.far_side import NoticeDoor, Sandbox
from tests.wire.paypal_asking import opened, ours_for, outcome

VECTORS = Path(__file__).parents[2].parent / "shared" / "vectors" / "paypal_webhook.json"


@pytest.fixture
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("no openssl here: its package is called openssl")
    return found


async def told(sandbox: Sandbox, door: NoticeDoor, tamper: str | None = None) -> RawRequest:
    """The notice that a payer has approved, or the one of the capture with its tamper."""
    await sandbox.control("POST", "paypal/webhook", {"url": door.url})
    ours = ours_for(sandbox)
    trade = await opened(ours)
    if tamper is not None:
        await sandbox.control("POST", "channels/paypal/notify", {"reference": trade.reference, "tamper": tamper})
    await outcome(sandbox, trade)
    await ours.advance(trade)
    await ours.aclose()
    captures = [one for one in await door.wait(2) if b'"PAYMENT.CAPTURE' in one.body]
    return RawRequest(body=captures[0].body, headers=captures[0].headers)


async def test_openssl_verifies_signature_and_chain_of_the_sandboxs_notice(sandbox, notice_door, openssl, tmp_path):
    raw, keys = await told(sandbox, notice_door), ensure(sandbox.folder)
    for name, pem in (("root", keys.root_pem), ("authority", keys.authority_pem), ("leaf", keys.leaf_pem)):
        (tmp_path / f"{name}.pem").write_text(pem)
    headers = raw.headers
    line = "|".join([
        headers["paypal-transmission-id"], headers["paypal-transmission-time"], keys.webhook_id, str(zlib.crc32(raw.body)),
    ])  # fmt: skip
    (tmp_path / "line").write_text(line)
    (tmp_path / "signature").write_bytes(base64.b64decode(headers["paypal-transmission-sig"]))

    def run(*arguments: str) -> str:
        return subprocess.run([openssl, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    (tmp_path / "key.pem").write_text(run("x509", "-in", "leaf.pem", "-noout", "-pubkey"))
    assert "Verified OK" in run("dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "line")
    chain = ("verify", "-purpose", "sslserver", "-verify_hostname", SIGNER, "-CAfile", "root.pem")
    assert "leaf.pem: OK" in run(*chain, "-untrusted", "authority.pem", "leaf.pem")


@pytest.mark.parametrize(
    "tamper",
    [
        "body", "spaces", "signature", "no_signature", "wrong_key", "stale", "early", "algorithm", "elsewhere", "simulator",
        "other_webhook", "other_authority", "expired",
    ],
)  # fmt: skip
async def test_what_the_sandbox_forges_is_not_authentic(sandbox, notice_door, tamper):
    raw = await told(sandbox, notice_door, tamper)
    ours = ours_for(sandbox)
    with pytest.raises(NotAuthentic):
        await ours.read_notice(raw)
    await ours.aclose()


@pytest.mark.parametrize(
    ("lie", "mismatch"), [("other_merchant", "merchant"), ("unknown_order", None), ("not_completed", None)]
)
async def test_what_the_sandbox_says_wrongly_and_signs_truly_moves_nothing_of_ours(sandbox, notice_door, lie, mismatch):
    raw = await told(sandbox, notice_door, lie)
    ours = ours_for(sandbox)
    notice = await ours.read_notice(raw)
    assert notice.mismatch == mismatch
    await ours.aclose()


async def test_after_its_key_was_rotated_the_next_notice_is_read_and_the_one_before_too(sandbox, notice_door):
    before = await told(sandbox, notice_door)
    notice_door.deliveries.clear()
    name = (await sandbox.control("POST", "paypal/keys/rotate"))["certificate"]
    after = await told(sandbox, notice_door)
    assert after.headers["paypal-cert-url"].endswith(name)
    ours = ours_for(sandbox)
    for raw in (after, before):
        assert (await ours.read_notice(raw)).mismatch is None
    await ours.aclose()


async def test_disputes_reversals_and_refunds_by_others_are_told_and_read(sandbox, notice_door):
    await told(sandbox, notice_door)
    reference = (await sandbox.truth())["channels"]["paypal"]["trades"][0]["reference"]
    await sandbox.control("POST", "paypal/dispute", {"reference": reference})
    await sandbox.control("POST", "paypal/console_refund", {"reference": reference, "amount_minor": 10})
    await sandbox.control("POST", "paypal/reversal", {"reference": reference})
    ours = ours_for(sandbox)
    notices = [
        await ours.read_notice(RawRequest(body=one.body, headers=one.headers))
        for one in (await notice_door.wait(5))[2:]
    ]
    (trade,) = (await sandbox.truth())["channels"]["paypal"]["trades"]
    assert {(one.kind, one.mismatch, one.reference, one.outcome) for one in notices} == {
        ("CUSTOMER.DISPUTE.CREATED", None, reference, MISMATCH),
        ("PAYMENT.CAPTURE.REFUNDED", None, reference, MISMATCH),
        ("PAYMENT.CAPTURE.REVERSED", None, reference, MISMATCH),
    }
    read = [one.reversal for one in notices if one.reversal is not None]
    assert {(one.kind, one.amount_minor, one.currency, one.reference) for one in read} == {
        ("dispute_opened", trade["amount_minor"], "USD", reference),
        ("merchant_refund", 10, "USD", reference),
        ("reversed", trade["amount_minor"] - 10, "USD", reference),
    }
    assert {one.transaction_id for one in read} == {trade["transaction_id"]}
    assert len({one.reversal_id for one in read}) == 3
    await ours.aclose()


@pytest.fixture(scope="module")
def case() -> dict[str, Any]:
    if not VECTORS.exists():
        pytest.skip(f"no known answers here: {VECTORS.name} is kept beside the repository, in ../shared/vectors")
    (only,) = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
    return only


def signed_by_paypal(case: dict[str, Any], *, webhook_id: str | None = None, body: str | None = None) -> bool:
    given = case["input"]
    claim = signing.read_claim({name.lower(): value for name, value in given["headers"].items()})
    leaf = x509.load_pem_x509_certificate(given["leaf_certificate_pem"].encode())
    message = claim.message(webhook_id or given["webhook_id"], (body or given["body"]).encode())
    return signing.verifies(leaf.public_key(), message, claim.signature)


def test_paypals_own_message_holds_over_exactly_its_line(case):
    expected, given = case["expected"], case["input"]
    claim = signing.read_claim({name.lower(): value for name, value in given["headers"].items()})
    assert claim.message(given["webhook_id"], given["body"].encode()).decode() == expected["signed_string"]
    assert zlib.crc32(given["body"].encode()) == expected["crc32_decimal"]
    assert signed_by_paypal(case)


def test_paypals_own_message_with_another_webhook_or_body_does_not_hold(case):
    wrong_webhook, wrong_body, _ = case["negative"] if "negative" in case else case["expected"]["negative"]
    assert not signed_by_paypal(case, webhook_id=wrong_webhook["webhook_id"])
    assert not signed_by_paypal(case, body=wrong_body["body"])


def test_paypals_own_chain_held_at_its_date_and_not_today(case):
    given = case["input"]
    chain = read_certificates((given["leaf_certificate_pem"] + given["intermediate_pem"]).encode())
    roots = read_certificates(given["root_pem"].encode())
    then = datetime.fromisoformat(given["validation_time"]).astimezone(UTC)
    name = case["expected"]["subject_cn"]
    assert signing_key(chain, roots=roots, signer=name, now=then)
    for signer, now in ((name, datetime.now(UTC)), ("messageverificationcerts.paypal.com", then)):
        with pytest.raises(NotAuthentic):
            signing_key(chain, roots=roots, signer=signer, now=now)


def test_the_address_of_paypals_own_message_is_refused(case):
    url = case["input"]["headers"]["PAYPAL-CERT-URL"]
    for origin in (CERTIFICATES_URL, "https://api.sandbox.paypal.com"):
        assert certificate_path(url, origin=origin) is None
