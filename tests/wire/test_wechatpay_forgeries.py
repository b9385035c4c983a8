"""Every way to bend a genuine notice: each is refused as not authentic, none is read, none is another error."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.channels.base import NotAuthentic, RawRequest
from tests.wire.wechatpay_forging import (
    NOW,
    SERIAL,
    certificate,
    compact,
    envelope,
    far_side,
    genuine,
    our_side,
    seal,
    signed,
    transaction,
)

HEX = f"{SERIAL:X}"
Forgery = Callable[[], RawRequest]


def header(name: str, value: str | None) -> Forgery:
    """The genuine notice with one header replaced, or left out where `value` is None."""

    def forge() -> RawRequest:
        raw = genuine()
        kept = {known: text for known, text in raw.headers.items() if known != f"wechatpay-{name}"}
        return replace(raw, headers=kept if value is None else kept | {f"wechatpay-{name}": value})

    return forge


def bent(name: str, change: Callable[[str], str]) -> Forgery:
    """The genuine notice with one header computed from its genuine value."""

    def forge() -> RawRequest:
        raw = genuine()
        return replace(raw, headers={**raw.headers, f"wechatpay-{name}": change(raw.headers[f"wechatpay-{name}"])})

    return forge


def body(change: Callable[[bytes], bytes]) -> Forgery:
    """The genuine headers over a changed body."""

    def forge() -> RawRequest:
        raw = genuine()
        changed = change(raw.body)
        assert changed != raw.body
        return replace(raw, body=changed)

    return forge


def outer(**changed: Any) -> Forgery:
    """Truly signed, but its envelope is not as documented: the platform never sends this."""
    return lambda: signed(compact(envelope(transaction()) | changed))


def resource(**changed: Any) -> Forgery:
    """Truly signed, with a resource that does not open under our key."""

    def forge() -> RawRequest:
        notice = envelope(transaction())
        notice["resource"] |= changed
        return signed(json.dumps(notice).encode())

    return forge


def inner(content: bytes) -> Forgery:
    """Truly signed and sealed around something that is not one JSON object."""
    return lambda: signed(compact(envelope(content)))


def raw_outer(text: bytes) -> Forgery:
    """Truly signed bytes that are not a notice."""
    return lambda: signed(text)


def swapped_headers() -> RawRequest:
    return replace(genuine(), headers=genuine(transaction(out_trade_no="P0000000000000000000000002")).headers)


def line_moved_into_the_nonce() -> RawRequest:
    """The signed text stays the same while the body loses its first line."""
    raw = signed(b"a line\n" + genuine().body)
    nonce = raw.headers["wechatpay-nonce"] + "\na line"
    return RawRequest(body=genuine().body, headers={**raw.headers, "wechatpay-nonce": nonce})


def rewritten(**how: Any) -> Callable[[bytes], bytes]:
    return lambda raw: json.dumps(json.loads(raw), **how).encode()


def upper_hex_of_key_id(text: str) -> str:
    return text.encode().hex().upper()


def flipped(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


def spare_bits(text: str) -> str:
    """Another last letter that decodes to the same bytes: 256 bytes leave four bits over."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    changed = text[:-3] + letters[letters.index(text[-3]) ^ 1] + "=="
    assert base64.b64decode(changed) == base64.b64decode(text)
    return changed


def at(**delta: float) -> Forgery:
    return lambda: genuine(at=NOW + timedelta(**delta))


SEALED = seal(compact(transaction()))
TAG_BROKEN = base64.b64encode(base64.b64decode(SEALED)[:-1] + b"\0").decode()

FORGERIES: dict[str, Forgery] = {
    # 1. nothing signed
    "no-signature": header("signature", None),
    "empty-signature": header("signature", ""),
    "no-timestamp": header("timestamp", None),
    "no-nonce": header("nonce", None),
    "no-serial": header("serial", None),
    "no-headers-at-all": lambda: replace(genuine(), headers={}),
    "no-headers-from-this-machine": lambda: replace(genuine(), headers={"host": "127.0.0.1", "x-real-ip": "127.0.0.1"}),
    # 2. something changed after signing
    "body-one-letter": body(lambda raw: raw.replace(b"EV-2026", b"EV-2027")),
    "body-first-byte": body(lambda raw: b"[" + raw[1:]),
    "body-last-byte": body(lambda raw: raw[:-1] + b"]"),
    "body-cut-short": body(lambda raw: raw[:-1]),
    "body-with-newline": body(lambda raw: raw + b"\n"),
    "body-with-space": body(lambda raw: b" " + raw),
    "body-with-bom": body(lambda raw: b"\xef\xbb\xbf" + raw),
    "body-empty": body(lambda _: b""),
    "body-rewritten-with-spaces": body(rewritten()),
    "body-rewritten-ascii": body(rewritten(separators=(",", ":"), ensure_ascii=True)),
    "body-rewritten-sorted": body(rewritten(sort_keys=True, separators=(",", ":"), ensure_ascii=False)),
    "body-slashes-escaped": body(lambda raw: raw.replace(b"encrypt-resource", b"encrypt\\u002dresource")),
    "body-kind-changed": body(lambda raw: raw.replace(b"TRANSACTION.SUCCESS", b"REFUND.SUCCESS")),
    "body-extra-key": body(lambda raw: raw[:-1] + b',"x":1}'),
    "body-gbk": body(lambda raw: raw.decode().encode("gbk")),
    "headers-of-another-notice": swapped_headers,
    "nonce-changed": bent("nonce", flipped),
    "nonce-swallows-a-line-of-the-body": line_moved_into_the_nonce,
    "nonce-not-ascii": header("nonce", "随机串"),
    "timestamp-one-later": bent("timestamp", lambda text: str(int(text) + 1)),
    "timestamp-padded": bent("timestamp", lambda text: "0" + text),
    "timestamp-with-sign": bent("timestamp", lambda text: "+" + text),
    "timestamp-with-space": bent("timestamp", lambda text: " " + text),
    "timestamp-with-underscore": bent("timestamp", lambda text: text[:4] + "_" + text[4:]),
    "timestamp-full-width": bent("timestamp", lambda text: text.translate({48 + d: 0xFF10 + d for d in range(10)})),
    "timestamp-float": bent("timestamp", lambda text: text + ".0"),
    "timestamp-milliseconds": bent("timestamp", lambda text: text + "000"),
    "timestamp-words": header("timestamp", "now"),
    "timestamp-gigantic": header("timestamp", "9" * 5000),
    "signature-one-letter": bent("signature", flipped),
    "signature-spare-bits": bent("signature", spare_bits),
    "signature-cut-short": bent("signature", lambda text: text[:-4]),
    "signature-twice": bent("signature", lambda text: text + text),
    "signature-not-base64": header("signature", "!!!!"),
    "signature-url-alphabet": bent("signature", lambda text: "-_" + text[2:]),
    "signature-with-newline": bent("signature", lambda text: text[:64] + "\n" + text[64:]),
    "signature-not-ascii": header("signature", "签名"),
    "signature-of-zeros": header("signature", base64.b64encode(bytes(256)).decode()),
    "signature-lower-case": bent("signature", str.lower),
    "signature-type-sm2": header("signature-type", "WECHATPAY2-SM2-WITH-SM3"),
    "signature-type-none": header("signature-type", "none"),
    # 3. keys and serials
    "wrong-key-right-serial": lambda: genuine(signer="stranger"),
    "merchants-own-key": lambda: genuine(signer="merchant"),
    "certificate-key-under-public-key-id": lambda: genuine(signer="certificate"),
    "public-key-under-certificate-serial": lambda: genuine(serial=HEX),
    "stranger-under-certificate-serial": lambda: genuine(signer="stranger", serial=HEX),
    "right-key-unknown-serial": lambda: genuine(signer="certificate", serial="5" * 40),
    "right-key-unknown-public-key-id": lambda: genuine(serial="PUB_KEY_ID_0000000000000000000000000000"),
    "public-key-id-lower-case": bent("serial", str.lower),
    "public-key-id-in-hex": bent("serial", upper_hex_of_key_id),
    "serial-empty": header("serial", ""),
    "serial-with-0x": lambda: genuine(signer="certificate", serial="0x" + HEX),
    "serial-with-sign": lambda: genuine(signer="certificate", serial="+" + HEX),
    "serial-with-underscore": lambda: genuine(signer="certificate", serial=HEX[:4] + "_" + HEX[4:]),
    "serial-full-width": lambda: genuine(signer="certificate", serial="５" + HEX[1:]),
    "serial-gigantic": header("serial", "F" * 5000),
    "sha1-signature": lambda: genuine(scheme=hashes.SHA1()),
    "sha512-signature": lambda: genuine(scheme=hashes.SHA512()),
    # 5. the cipher
    "gcm-tag-broken": resource(ciphertext=TAG_BROKEN),
    "gcm-nonce-empty": resource(nonce=""),
    "gcm-nonce-of-1": resource(nonce="n"),
    "gcm-nonce-of-13": resource(nonce="n0nce00000013"),
    "gcm-nonce-of-13-truly-sealed": resource(
        nonce="n0nce00000013", ciphertext=seal(compact(transaction()), nonce="n0nce00000013")
    ),
    "gcm-nonce-wrong": resource(nonce="n0nce0000002"),
    "gcm-nonce-number": resource(nonce=123456789012),
    "gcm-nonce-surrogate": resource(nonce="\ud800" * 4),
    "gcm-not-base64": resource(ciphertext="碳中和!!"),
    "gcm-base64-with-newline": resource(ciphertext=SEALED[:64] + "\n" + SEALED[64:]),
    "gcm-shorter-than-tag": resource(ciphertext=base64.b64encode(b"x" * 15).decode()),
    "gcm-empty": resource(ciphertext=""),
    "gcm-null": resource(ciphertext=None),
    "gcm-wrong-aad": resource(associated_data="refund"),
    "gcm-no-aad": resource(associated_data=""),
    "gcm-aad-number": resource(associated_data=1),
    "gcm-wrong-key": lambda: signed(compact(envelope(transaction(), key="w" * 32))),
    "gcm-sm4": resource(algorithm="AEAD_SM4_GCM"),
    "gcm-algorithm-null": resource(algorithm=None),
    # 6. time
    "301-s-old": at(seconds=-301),
    "301-s-ahead": at(seconds=301),
    "300-s-old": at(seconds=-300),
    "six-minutes-old": at(minutes=-6),
    "yesterday": at(days=-1),
    "tomorrow": at(days=1),
    # 7. the platform's own probe
    "signtest-probe": bent("signature", lambda text: "WECHATPAY/SIGNTEST/" + text),
    # truly signed, but nothing the platform would write
    "not-json": raw_outer(b"<xml/>"),
    "json-null": raw_outer(b"null"),
    "json-array": raw_outer(b"[]"),
    "json-deep": raw_outer(b"[" * 100_000),
    "json-not-utf8": raw_outer(b"\xff\xfe{}"),
    "json-huge-number": raw_outer(b'{"id":' + b"9" * 5000 + b"}"),
    "json-nan": raw_outer(b'{"id":NaN}'),
    "outer-key-twice": lambda: signed(compact(envelope(transaction()))[:-1] + b',"id":"EV-2"}'),
    "outer-no-id": outer(id=None),
    "outer-id-number": outer(id=1),
    "outer-id-too-long": outer(id="E" * 65),
    "outer-id-with-nul": outer(id="EV\0"),
    "outer-kind-lower-case": outer(event_type="transaction.success"),
    "outer-plain-resource": outer(resource_type="plain-resource"),
    "outer-no-resource": outer(resource=None),
    "outer-resource-text": outer(resource="x"),
    "inner-not-json": inner(b"paid"),
    "inner-array": inner(b"[]"),
    "inner-not-utf8": inner(b"\xff"),
    "inner-key-twice": inner(compact(transaction())[:-1] + b',"mchid":"1900000002"}'),
    "inner-amount-twice": inner(compact(transaction()).replace(b'"total":62', b'"total":1,"total":62')),
    "inner-infinity": inner(compact(transaction()).replace(b'"total":62', b'"total":Infinity')),
}


def nothing_new(_: bytes) -> bytes:
    """The platform has no certificate beyond those we know: a merchant in public-key mode gets this."""
    return b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_notice_is_not_authentic(forgery):
    async with far_side(nothing_new) as far:
        ours = our_side(base_url=far.url)
        try:
            with pytest.raises(NotAuthentic):
                await ours.read_notice(forgery())
        finally:
            await ours.aclose()


def test_there_are_at_least_sixty_ways_to_forge():
    assert len(FORGERIES) >= 60


async def test_the_notice_that_is_bent_is_itself_accepted():
    assert (await our_side().read_notice(genuine())).mismatch is None


async def test_a_replay_is_refused_after_five_minutes_and_the_next_day():
    raw, later = genuine(), [NOW]
    ours = our_side(now=lambda: later[0])
    assert (await ours.read_notice(raw)).mismatch is None
    for wait in (timedelta(minutes=5), timedelta(days=1)):
        later[0] = NOW + wait
        with pytest.raises(NotAuthentic, match="timestamp"):
            await ours.read_notice(raw)


async def test_a_replay_at_another_tenant_does_not_open():
    other = our_side(mchid="1900000002", api_v3_key="o" * 32)
    with pytest.raises(NotAuthentic, match="cipher"):
        await other.read_notice(genuine())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("signtest-probe", "probe"),
        ("301-s-old", "timestamp"),
        ("wrong-key-right-serial", "signature"),
        ("right-key-unknown-public-key-id", "serial"),
        ("gcm-tag-broken", "cipher"),
        ("gcm-sm4", "cipher"),
        ("inner-key-twice", "shape"),
    ],
)
async def test_the_counter_learns_why_but_the_answer_is_one(name, reason):
    ours = our_side()
    with pytest.raises(NotAuthentic) as refused:
        await ours.read_notice(FORGERIES[name]())
    assert refused.value.reason == reason


async def test_a_stale_probe_of_an_unknown_serial_asks_nobody():
    async with far_side(nothing_new) as far:
        ours = our_side(base_url=far.url)
        with pytest.raises(NotAuthentic):
            await ours.read_notice(genuine(serial="5" * 40, at=NOW - timedelta(minutes=6)))
        assert not far.heads


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        pytest.param(NOW - timedelta(days=9), NOW - timedelta(seconds=1), id="expired"),
        pytest.param(NOW + timedelta(seconds=1), NOW + timedelta(days=9), id="not-yet-valid"),
    ],
)
async def test_a_certificate_outside_its_time_signs_nothing(starts, ends):
    pem = certificate("timed", serial=SERIAL + 7, starts_at=starts, ends_at=ends)
    ours = our_side(platform_certificates=(pem,))
    with pytest.raises(NotAuthentic, match="serial"):
        await ours.read_notice(genuine(signer="timed", serial=f"{SERIAL + 7:X}"))


GENUINE = genuine()
OURS = our_side()


@given(position=st.integers(0, len(GENUINE.body) - 1), mask=st.integers(1, 255))
@settings(max_examples=120, deadline=None)
async def test_no_changed_byte_of_a_body_passes(position, mask):
    changed = bytearray(GENUINE.body)
    changed[position] ^= mask
    with pytest.raises(NotAuthentic):
        await OURS.read_notice(replace(GENUINE, body=bytes(changed)))


@given(
    name=st.sampled_from(["timestamp", "nonce", "signature"]),
    position=st.integers(0, 400),
    letter=st.characters(codec="utf-8"),
)
@settings(max_examples=120, deadline=None)
async def test_no_changed_letter_of_a_header_passes(name, position, letter):
    value = GENUINE.headers[f"wechatpay-{name}"]
    position %= len(value)
    changed = value[:position] + letter + value[position + 1 :]
    if changed == value:
        return
    with pytest.raises(NotAuthentic):
        await OURS.read_notice(replace(GENUINE, headers={**GENUINE.headers, f"wechatpay-{name}": changed}))


@given(content=st.binary(max_size=200))
@settings(max_examples=120, deadline=None)
async def test_whatever_is_truly_signed_but_no_notice_is_refused_quietly(content):
    with pytest.raises(NotAuthentic):
        await OURS.read_notice(signed(content))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=5,
)


@given(name=st.sampled_from(sorted(transaction())), value=json_values)
@settings(max_examples=120, deadline=None)
async def test_no_value_inside_an_authentic_notice_breaks_the_reading(name, value):
    content = json.dumps(transaction(**{name: value})).encode()
    notice = await OURS.read_notice(signed(compact(envelope(content))))
    assert notice.kind == "TRANSACTION.SUCCESS"
    assert notice.content == content.decode()
