"""Every way to bend a genuine notice of PayPal: each is refused as not authentic, none is read, none is another error."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.channels.base import NotAuthentic, RawRequest
from app.gateways.channels.paypal import PayPal
from tests.wire.paypal_forging import (
    CERTIFICATES,
    LEAF,
    NOW,
    WEBHOOK,
    FarSide,
    captured,
    certificate,
    chain,
    compact,
    event,
    far_side,
    meeting,
    our_side,
    root,
    signed,
)

Forgery = Callable[[str], RawRequest]
"""Made for the origin of certificates."""
PREFIX = "paypal-"


def genuine(origin: str, resource: object | None = None, **how: Any) -> RawRequest:
    return signed(compact(event(captured() if resource is None else resource)), origin=origin, **how)


def header(name: str, value: str | None) -> Forgery:
    """The genuine notice with one header replaced, or left out where `value` is None."""

    def forge(origin: str) -> RawRequest:
        raw = genuine(origin)
        kept = {known: text for known, text in raw.headers.items() if known != PREFIX + name}
        return replace(raw, headers=kept if value is None else kept | {PREFIX + name: value})

    return forge


def bent(name: str, change: Callable[[str], str]) -> Forgery:
    """The genuine notice with one header computed from its genuine value."""

    def forge(origin: str) -> RawRequest:
        raw = genuine(origin)
        return replace(raw, headers={**raw.headers, PREFIX + name: change(raw.headers[PREFIX + name])})

    return forge


def body(change: Callable[[bytes], bytes]) -> Forgery:
    """The genuine headers over a changed body."""

    def forge(origin: str) -> RawRequest:
        raw = genuine(origin)
        changed = change(raw.body)
        assert changed != raw.body
        return replace(raw, body=changed)

    return forge


def address(change: Callable[[str], str]) -> Forgery:
    """Truly signed, and its certificate said to stand elsewhere."""
    return lambda origin: header("cert-url", change(origin))(origin)


def outer(**changed: Any) -> Forgery:
    """Truly signed, and no event as documented."""
    return lambda origin: signed(compact(event(captured()) | changed), origin=origin)


def plain(text: bytes) -> Forgery:
    """Truly signed bytes."""
    return lambda origin: signed(text, origin=origin)


def sent(**how: Any) -> Forgery:
    return lambda origin: genuine(origin, **how)


def rewritten(**how: Any) -> Callable[[bytes], bytes]:
    return lambda raw: json.dumps(json.loads(raw), **how).encode()


def flipped(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


def spare_bits(text: str) -> str:
    """Another last letter that decodes to the same bytes: 256 bytes leave four bits over."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    changed = text[:-3] + letters[letters.index(text[-3]) ^ 1] + "=="
    assert base64.b64decode(changed) == base64.b64decode(text)
    return changed


def other_headers(origin: str) -> RawRequest:
    other = signed(compact(event(captured(), id="WH-OTHER")), origin=origin, transmission="another-one")
    return replace(genuine(origin), headers=other.headers)


def part_moved(origin: str) -> RawRequest:
    """The signed line stays the same while the id takes over what was the time."""
    raw = genuine(origin)
    id_, sent_at = raw.headers["paypal-transmission-id"], raw.headers["paypal-transmission-time"]
    moved = {"paypal-transmission-id": f"{id_}|{sent_at}", "paypal-transmission-time": ""}
    return replace(raw, headers={**raw.headers, **moved})


def at(**delta: float) -> Forgery:
    return sent(at=NOW + timedelta(**delta))


LEAVES = {
    "CERT-other-authority": certificate("leaf", issuer="stranger"),
    "CERT-self-signed": certificate("leaf", issuer="leaf"),
    "CERT-expired": chain(certificate("leaf", issuer="authority", ends_at=NOW - timedelta(seconds=1))),
    "CERT-not-yet": chain(certificate("leaf", issuer="authority", starts_at=NOW + timedelta(seconds=1))),
    "CERT-other-name": chain(certificate("leaf", issuer="authority", host="www.paypal.com")),
    "CERT-evil-name": chain(
        certificate("leaf", issuer="authority", host="messageverificationcerts.paypal.com.evil.example")
    ),
    "CERT-star": chain(certificate("leaf", issuer="authority", host="*.com")),
    "CERT-client": chain(certificate("leaf", issuer="authority", usage=ExtendedKeyUsageOID.CLIENT_AUTH)),
    "CERT-elliptic": chain(certificate("leaf", issuer="authority", elliptic=True)),
    "CERT-no-chain": certificate("leaf", issuer="authority"),
    "CERT-by-a-leaf": certificate("leaf", issuer="middle") + chain(certificate("middle", issuer="authority")),
    "CERT-authority-itself": certificate("authority", issuer="root", is_authority=True),
    "CERT-empty": "",
    "CERT-no-pem": "<html>502</html>",
    "CERT-broken": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
}

FORGERIES: dict[str, Forgery] = {
    # 1. nothing signed
    "no-signature": header("transmission-sig", None),
    "empty-signature": header("transmission-sig", ""),
    "no-transmission-id": header("transmission-id", None),
    "no-time": header("transmission-time", None),
    "no-address": header("cert-url", None),
    "no-algorithm": header("auth-algo", None),
    "no-headers-at-all": lambda origin: replace(genuine(origin), headers={}),
    "no-headers-from-this-machine": lambda origin: replace(
        genuine(origin), headers={"host": "127.0.0.1", "x-real-ip": "127.0.0.1"}
    ),
    # 2. something changed after signing
    "body-one-letter": body(lambda raw: raw.replace(b"WH-2", b"WH-3")),
    "body-amount": body(lambda raw: raw.replace(b'"0.62"', b'"0.63"')),
    "body-last-byte": body(lambda raw: raw[:-1] + b"]"),
    "body-cut-short": body(lambda raw: raw[:-1]),
    "body-with-newline": body(lambda raw: raw + b"\n"),
    "body-with-space": body(lambda raw: b" " + raw),
    "body-with-bom": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "body-empty": body(lambda _: b""),
    "body-rewritten-with-spaces": body(rewritten(ensure_ascii=False)),
    "body-unicode-escaped-anew": body(rewritten(separators=(",", ":"), ensure_ascii=True)),
    "body-rewritten-sorted": body(rewritten(sort_keys=True, separators=(",", ":"), ensure_ascii=False)),
    "body-slashes-escaped": body(lambda raw: raw.replace(b"$ 0.62", b"\\u0024 0.62")),
    "body-kind-changed": body(lambda raw: raw.replace(b"CAPTURE.COMPLETED", b"CAPTURE.REFUNDED")),
    "body-extra-key": body(lambda raw: raw[:-1] + b',"x":1}'),
    "headers-of-another-notice": other_headers,
    "part-moved-into-the-id": part_moved,
    "transmission-id-changed": bent("transmission-id", flipped),
    "transmission-id-with-bar": bent("transmission-id", lambda text: text + "|"),
    "transmission-id-not-ascii": header("transmission-id", "编号"),
    "transmission-id-too-long": header("transmission-id", "a" * 65),
    "time-one-later": bent("transmission-time", lambda text: text[:-2] + "1Z"),
    "time-with-offset": bent("transmission-time", lambda text: text[:-1] + "+00:00"),
    "time-with-space": bent("transmission-time", lambda text: text + " "),
    "time-without-zone": bent("transmission-time", lambda text: text[:-1]),
    "time-full-width": bent("transmission-time", lambda text: "２" + text[1:]),
    "time-of-no-calendar": header("transmission-time", "2026-13-45T99:99:99Z"),
    "time-words": header("transmission-time", "now"),
    "signature-one-letter": bent("transmission-sig", flipped),
    "signature-spare-bits": bent("transmission-sig", spare_bits),
    "signature-cut-short": bent("transmission-sig", lambda text: text[:-4]),
    "signature-not-base64": header("transmission-sig", "!!!!"),
    "signature-url-alphabet": bent("transmission-sig", lambda text: "-_" + text[2:]),
    "signature-with-newline": bent("transmission-sig", lambda text: text[:64] + "\n" + text[64:]),
    "signature-of-zeros": header("transmission-sig", base64.b64encode(bytes(256)).decode()),
    # 3. and 8. keys, certificates, webhooks
    "wrong-key-right-certificate": sent(signer="stranger"),
    "key-of-the-authority": sent(signer="authority"),
    "simulator": sent(webhook="WEBHOOK_ID"),
    "another-webhook": sent(webhook="9GP028458E2496509"),
    "webhook-lower-case": sent(webhook=WEBHOOK.lower()),
    "checksum-in-hex": sent(checksum="1a2b3c4d"),
    "checksum-of-nothing": sent(checksum="0"),
    "sha1": sent(scheme=hashes.SHA1()),
    "sha1-said-so": sent(scheme=hashes.SHA1(), algorithm="SHA1withRSA"),
    "sha256-said-sha1": sent(algorithm="SHA1withRSA"),
    "algorithm-lower-case": sent(algorithm="sha256withrsa"),
    "algorithm-none": sent(algorithm="none"),
    "unknown-certificate": sent(name="CERT-nobody"),
    **{name: sent(name=name) for name in LEAVES},
    # 8. where the certificate is said to stand
    "address-elsewhere": address(lambda _: f"https://evil.example{CERTIFICATES}{LEAF}"),
    "address-begins-alike": address(lambda origin: f"{origin}.evil.example{CERTIFICATES}{LEAF}"),
    "address-real-host-evil-end": address(lambda _: f"https://api.paypal.com.evil{CERTIFICATES}{LEAF}"),
    "address-real-sandbox": address(lambda _: f"https://api.sandbox.paypal.com{CERTIFICATES}{LEAF}"),
    "address-as-user": address(lambda origin: f"{origin}@evil.example{CERTIFICATES}{LEAF}"),
    "address-with-user": address(lambda origin: origin.replace("//", "//paypal@") + CERTIFICATES + LEAF),
    "address-by-another-number": address(
        lambda origin: origin.replace("127.0.0.1", "2130706433") + CERTIFICATES + LEAF
    ),
    "address-other-port": address(lambda _: f"http://127.0.0.1:9{CERTIFICATES}{LEAF}"),
    "address-other-scheme": address(lambda origin: origin.replace("http:", "https:") + CERTIFICATES + LEAF),
    "address-file": address(lambda _: f"file://{CERTIFICATES}{LEAF}"),
    "address-upper-case": address(lambda origin: origin.replace("http", "HTTP") + CERTIFICATES + LEAF),
    "address-other-path": address(lambda origin: f"{origin}/v1/notifications/test"),
    "address-path-only": address(lambda origin: origin + CERTIFICATES),
    "address-climbs": address(lambda origin: f"{origin}{CERTIFICATES}../certs/{LEAF}"),
    "address-climbs-encoded": address(lambda origin: f"{origin}{CERTIFICATES}%2e%2e/certs/{LEAF}"),
    "address-two-slashes": address(lambda origin: f"{origin}/{CERTIFICATES}{LEAF}"),
    "address-with-query": address(lambda origin: f"{origin}{CERTIFICATES}{LEAF}?x=1"),
    "address-with-fragment": address(lambda origin: f"{origin}{CERTIFICATES}{LEAF}#x"),
    "address-backslash": address(lambda origin: f"{origin}\\@evil.example{CERTIFICATES}{LEAF}"),
    "address-newline": address(lambda origin: f"{origin}{CERTIFICATES}{LEAF}\n"),
    "address-not-ascii": address(lambda origin: f"{origin}{CERTIFICATES}证书"),
    "address-too-long": address(lambda origin: f"{origin}{CERTIFICATES}{'a' * 5000}"),
    # 6. time
    "four-days-old": at(days=-4),
    "three-days-and-an-hour-old": at(days=-3, hours=-1),
    "301-s-ahead": at(seconds=301),
    "tomorrow": at(days=1),
    # truly signed, but nothing PayPal would write
    "not-json": plain(b"<xml/>"),
    "json-null": plain(b"null"),
    "json-array": plain(b"[]"),
    "json-deep": plain(b"[" * 100_000),
    "json-not-utf8": plain(b"\xff\xfe{}"),
    "json-huge-number": plain(b'{"id":' + b"9" * 5000 + b"}"),
    "json-nan": plain(b'{"id":NaN}'),
    "key-twice": lambda origin: signed(compact(event(captured()))[:-1] + b',"id":"WH-2"}', origin=origin),
    "amount-twice": lambda origin: signed(
        compact(event(captured())).replace(b'"value":"0.62"', b'"value":"0.01","value":"0.62"'), origin=origin
    ),
    "no-id": outer(id=None),
    "id-number": outer(id=1),
    "id-too-long": outer(id="E" * 65),
    "id-with-nul": outer(id="WH\0"),
    "kind-lower-case": outer(event_type="payment.capture.completed"),
    "no-resource": outer(resource=None),
    "resource-text": outer(resource="x"),
}


@pytest.fixture(scope="module")
async def met() -> AsyncIterator[tuple[PayPal, FarSide]]:
    """Our side, which has fetched the genuine certificate already, and its PayPal."""
    async with meeting() as (ours, far):
        assert (await ours.read_notice(genuine(far.url))).mismatch is None
        yield ours, far


@asynccontextmanager
async def asked(name: str, met: tuple[PayPal, FarSide]) -> AsyncIterator[tuple[PayPal, FarSide]]:
    """The two that met; where a certificate of its own must be fetched, two of its own: only so many are, in a minute."""
    if not name.startswith(("CERT-", "unknown-")):
        yield met
        return
    async with meeting(certificates=LEAVES) as own:
        yield own


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_notice_is_not_authentic(met, name):
    async with asked(name, met) as (ours, far):
        with pytest.raises(NotAuthentic):
            await ours.read_notice(FORGERIES[name](far.url))


def test_there_are_at_least_sixty_ways_to_forge():
    assert len(FORGERIES) >= 60


@pytest.mark.parametrize("name", [name for name in FORGERIES if name.startswith("address-")])
async def test_an_address_that_is_not_exactly_paypals_is_never_asked(met, name):
    ours, far = met
    before = len(far.asked)
    with pytest.raises(NotAuthentic, match="serial"):
        await ours.read_notice(FORGERIES[name](far.url))
    assert len(far.asked) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("301-s-ahead", "timestamp"),
        ("simulator", "signature"),
        ("sha1-said-so", "signature"),
        ("CERT-expired", "serial"),
        ("address-elsewhere", "serial"),
        ("key-twice", "shape"),
    ],
)
async def test_the_counter_learns_why_but_the_answer_is_one(met, name, reason):
    async with asked(name, met) as (ours, far):
        with pytest.raises(NotAuthentic) as refused:
            await ours.read_notice(FORGERIES[name](far.url))
    assert refused.value.reason == reason


async def test_a_forgery_of_the_body_asks_for_no_certificate_twice(met):
    ours, far = met
    before = len(far.asked)
    for name in ("body-one-letter", "simulator", "wrong-key-right-certificate"):
        with pytest.raises(NotAuthentic):
            await ours.read_notice(FORGERIES[name](far.url))
    assert len(far.asked) == before


async def test_a_redirect_of_the_certificate_is_not_followed():
    async with far_side() as elsewhere, meeting(redirect=f"{elsewhere.url}{CERTIFICATES}{LEAF}") as (ours, far):
        with pytest.raises(NotAuthentic, match="serial"):
            await ours.read_notice(genuine(far.url))
        assert not elsewhere.asked


async def test_a_genuine_notice_of_another_merchants_root_is_not_ours():
    async with meeting(ours={"roots": certificate("stranger", issuer="stranger", is_authority=True)}) as (ours, far):
        with pytest.raises(NotAuthentic, match="serial"):
            await ours.read_notice(genuine(far.url))


@given(position=st.integers(0, len(genuine("").body) - 1), mask=st.integers(1, 255))
@settings(max_examples=60, deadline=None)
async def test_no_changed_byte_of_a_body_passes(met, position, mask):
    ours, far = met
    raw = genuine(far.url)
    changed = bytearray(raw.body)
    changed[position] ^= mask
    with pytest.raises(NotAuthentic):
        await ours.read_notice(replace(raw, body=bytes(changed)))


@given(content=st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
async def test_whatever_is_truly_signed_but_no_notice_is_refused_quietly(met, content):
    ours, far = met
    with pytest.raises(NotAuthentic):
        await ours.read_notice(signed(content, origin=far.url))


VALUES = (
    None, True, False, 0, -1, 62, 0.62, 10**15, "", "x", "0.62", "1e2", "COMPLETED", [], ["x"], {}, {"value": "0.62"},
    {"a": [1]},
    {"currency_code": "USD", "value": 62}, {"currency_code": 840, "value": "0.62"}, {"merchant_id": 1}, {"reason": []},
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(captured()))
async def test_no_value_inside_an_authentic_notice_breaks_the_reading(met, name):
    ours, far = met
    for value in VALUES:
        notice = await ours.read_notice(signed(json.dumps(event(captured(**{name: value}))).encode(), origin=far.url))
        assert notice.kind == "PAYMENT.CAPTURE.COMPLETED"


def test_nobody_can_be_set_up_to_believe_the_simulator():
    with pytest.raises(ValueError, match="simulator"):
        our_side(webhook_id="WEBHOOK_ID")
    with pytest.raises(ValueError, match="simulator"):
        our_side(previous_webhook_id="WEBHOOK_ID", roots=root())
