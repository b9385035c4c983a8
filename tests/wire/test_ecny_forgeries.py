"""Every way to bend a genuine notice of e-CNY: each is refused as not authentic, none is read, none is another error."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.channels.base import NotAuthentic, RawRequest
from app.sandbox.ecny_cmb import keys as far_keys
from app.sandbox.ecny_cmb import sm2
from tests.wire.ecny_forging import (
    FIXED,
    NOW,
    compact,
    form,
    notice,
    our_side,
    payment,
    private,
    signed,
)

Forgery = Callable[[], RawRequest]
TEXT = compact(payment())
GENUINE = signed({**FIXED, "biz_content": TEXT})
NUMBERS = sm2.from_der(base64.b64decode(GENUINE["sign"]))
assert NUMBERS is not None
R, S = NUMBERS


def field(**changed: str | None) -> Forgery:
    """The genuine notice with fields replaced after the signing, or left out."""
    return lambda: form({name: value for name, value in {**GENUINE, **changed}.items() if value is not None})


def content(change: Callable[[str], str]) -> Forgery:
    """The genuine signature over a changed content."""

    def forge() -> RawRequest:
        changed = change(TEXT)
        assert changed != TEXT
        return form({**GENUINE, "biz_content": changed})

    return forge


def sign(change: Callable[[str], str]) -> Forgery:
    """The genuine message under a changed signature."""
    return lambda: form({**GENUINE, "sign": change(GENUINE["sign"])})


def numbers(r: int, s: int) -> Forgery:
    """The genuine message under these numbers in DER."""
    return lambda: form({**GENUINE, "sign": base64.b64encode(sm2.to_der((r, s))).decode()})


def raw(*parts: bytes) -> Forgery:
    """The genuine message under these bytes as a signature."""
    return lambda: form({**GENUINE, "sign": base64.b64encode(b"".join(parts)).decode()})


def body(change: Callable[[bytes], bytes]) -> Forgery:
    """The genuine bytes, changed."""

    def forge() -> RawRequest:
        whole = form(GENUINE)
        changed = change(whole.body)
        assert changed != whole.body
        return replace(whole, body=changed)

    return forge


def truly(fields: dict[str, str], **how: Any) -> Forgery:
    """Truly signed, but nothing the bank would write."""
    return lambda: form(signed(fields, **how))


def inner(text: str) -> Forgery:
    """Truly signed around a content that is not one JSON object."""
    return lambda: notice(text)


def wide(number: int) -> bytes:
    return number.to_bytes(32, "big")


def padded_der() -> bytes:
    """R with a zero byte too many: the same numbers for a lax reader."""
    r, s = (number.to_bytes(33, "big") for number in (R, S))
    parts = bytes((2, 34)) + b"\0" + r + bytes((2, 33)) + s
    return bytes((0x30, len(parts))) + parts


def long_length() -> bytes:
    """The length in two bytes, where one would do."""
    der = base64.b64decode(GENUINE["sign"])
    return bytes((0x30, 0x81, der[1])) + der[2:]


def rewritten(**how: Any) -> Callable[[str], str]:
    return lambda text: json.dumps(json.loads(text), **how)


def spare_bits(text: str) -> str:
    """Another last letter that decodes to the same bytes, where base64 leaves some over."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    place = len(text.rstrip("=")) - 1
    return text[:place] + letters[letters.index(text[place]) ^ 1] + text[place + 1 :] if "=" in text else text[1:]


FORGERIES: dict[str, Forgery] = {
    # 1. nothing signed
    "no-signature": field(sign=None),
    "empty-signature": field(sign=""),
    "empty-body": lambda: RawRequest(body=b"", headers={}),
    "only-content": lambda: form({"biz_content": TEXT}),
    "unsigned-from-this-machine": lambda: replace(form(FIXED | {"biz_content": TEXT}), headers={"host": "127.0.0.1"}),
    # 2. something changed after the signing
    "amount-changed": content(lambda text: text.replace('"txnAmt":"62"', '"txnAmt":"1"')),
    "order-changed": content(lambda text: text.replace("P0000", "P0001")),
    "state-added": content(lambda text: text.replace('"tradeState":"S"', '"tradeState":"R"')),
    "merchant-changed": content(lambda text: text.replace("308999", "308998")),
    "content-rewritten-with-spaces": content(rewritten()),
    "content-rewritten-sorted": content(rewritten(sort_keys=True, separators=(",", ":"))),
    "content-slashes-escaped": content(lambda text: text.replace('"EC"', '"\\u0045C"')),
    "content-with-blank": content(lambda text: " " + text),
    "content-with-line": content(lambda text: text + "\n"),
    "content-cut": content(lambda text: text[:-1]),
    "content-empty": field(biz_content=""),
    "content-missing": field(biz_content=None),
    "content-of-another-notice": field(biz_content=compact(payment(orderId="P0000000000000000000000002"))),
    "signature-of-another-notice": field(sign=signed({**FIXED, "biz_content": compact(payment(txnAmt="63"))})["sign"]),
    "version-changed": field(version="0.0.2"),
    "version-missing": field(version=None),
    "encoding-changed": field(encoding="GBK"),
    "encoding-missing": field(encoding=None),
    "method-changed-to-rsa": field(signMethod="01"),
    "method-missing": field(signMethod=None),
    "extra-field": field(returnCode="SUCCESS"),
    "extra-empty-field": field(mchReserved=""),
    "field-moved-into-the-content": lambda: form(
        {
            "biz_content": f"{TEXT}&encoding=UTF-8",
            "signMethod": "02",
            "version": "0.0.1",
            "sign": GENUINE["sign"],
        }
    ),
    "fields-moved-into-the-encoding": lambda: form(
        {"biz_content": TEXT, "encoding": "UTF-8&signMethod=02&version=0.0.1", "sign": GENUINE["sign"]}
    ),
    "field-twice": body(lambda whole: whole + b"&version=0.0.1"),
    "content-twice": body(lambda whole: whole + b"&biz_content=%7B%7D"),
    "signature-twice": body(lambda whole: whole + b"&sign=" + GENUINE["sign"].encode()),
    "plus-not-escaped": body(lambda whole: whole.replace(b"%22", b"+")),
    "escaped-twice": body(lambda whole: whole.replace(b"%", b"%25")),
    "as-json": lambda: RawRequest(body=compact(GENUINE).encode(), headers={}),
    "as-xml": lambda: RawRequest(body=b"<xml><sign>x</sign></xml>", headers={}),
    "not-utf8": body(lambda whole: whole.replace(b"%22", b"%FF", 1)),
    "bytes-beyond-ascii": body(lambda whole: whole + "&名=值".encode()),
    "name-with-blank": body(lambda whole: whole + b"&ver%20sion=1"),
    "a-thousand-fields": body(lambda whole: whole + b"".join(b"&a%d=1" % n for n in range(1000))),
    # 3. keys
    "wrong-key": lambda: notice(signer="stranger"),
    "merchants-own-key": lambda: notice(signer="merchant"),
    "banks-key-that-is-not-announced": lambda: notice(signer="next"),
    # 11. the signature itself
    "another-user-id": lambda: notice(identity="8765432187654321"),
    "empty-user-id": lambda: notice(identity=""),
    "raw-r-and-s": raw(wide(R), wide(S)),
    "raw-r-and-s-in-hex": sign(lambda _: f"{R:064x}{S:064x}"),
    "r-zero": numbers(0, S),
    "s-zero": numbers(R, 0),
    "both-zero": numbers(0, 0),
    "r-is-n": numbers(sm2.n, S),
    "s-is-n": numbers(R, sm2.n),
    "r-beyond-n": numbers(R + sm2.n, S),
    "s-beyond-n": numbers(R, S + sm2.n),
    "r-and-s-make-n": numbers(sm2.n - S, S),
    "s-negated": numbers(R, sm2.n - S),
    "swapped": numbers(S, R),
    "r-one-more": numbers(R + 1, S),
    "of-ones": numbers(1, 1),
    "gigantic": numbers(1 << 900, S),
    "der-number-padded": raw(padded_der()),
    "der-length-written-long": raw(long_length()),
    "der-with-something-behind": raw(base64.b64decode(GENUINE["sign"]), b"\0"),
    "der-cut": raw(base64.b64decode(GENUINE["sign"])[:-1]),
    "der-of-one-number": raw(bytes((0x30, 3, 2, 1, 1))),
    "der-negative": raw(bytes((0x30, 6, 2, 1, 0xFF, 2, 1, 0xFF))),
    "der-empty": raw(b"\x30\x00"),
    "signature-spare-bits": sign(spare_bits),
    "signature-cut": sign(lambda text: text[:-4]),
    "signature-doubled": sign(lambda text: text + text),
    "signature-lower-case": sign(str.lower),
    "signature-with-line": sign(lambda text: text[:40] + "\n" + text[40:]),
    "signature-with-blank": sign(lambda text: " " + text),
    "signature-url-alphabet": sign(lambda text: "-_" + text[2:]),
    "signature-not-base64": sign(lambda _: "签名"),
    "signature-gigantic": sign(lambda _: "A" * 100_000),
    # 6. time: the wire has none, so that the money's own is looked at
    "four-days-old": lambda: notice(payment(endDate="20261118")),
    "a-year-old": lambda: notice(payment(endDate="20251122")),
    "four-days-ahead": lambda: notice(payment(endDate="20261126")),
    # truly signed, but nothing the bank would write
    "truly-rsa": truly({**FIXED, "signMethod": "01", "biz_content": TEXT}),
    "truly-gbk": truly({**FIXED, "encoding": "GBK", "biz_content": TEXT}),
    "truly-without-content": truly(FIXED),
    "content-array": inner("[]"),
    "content-null": inner("null"),
    "content-text": inner('"paid"'),
    "content-not-json": inner("<xml/>"),
    "content-name-twice": inner(TEXT[:-1] + ',"txnAmt":"1"}'),
    "content-infinity": inner(TEXT.replace('"62"', "Infinity")),
    "content-deep": inner("[" * 50_000),
    "content-huge-number": inner('{"txnAmt":' + "9" * 5000 + "}"),
}

OURS = our_side()


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_notice_is_not_authentic(forgery):
    with pytest.raises(NotAuthentic):
        await OURS.read_notice(forgery())


def test_there_are_at_least_sixty_ways_to_forge():
    assert len(FORGERIES) >= 60


async def test_the_notice_that_is_bent_is_itself_accepted():
    told = await OURS.read_notice(form(GENUINE))
    assert told.mismatch is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no-signature", "signature"),
        ("wrong-key", "signature"),
        ("another-user-id", "signature"),
        ("method-changed-to-rsa", "cipher"),
        ("four-days-old", "timestamp"),
        ("content-name-twice", "shape"),
        ("as-json", "shape"),
    ],
)
async def test_the_counter_learns_why_but_the_answer_is_one(name, reason):
    with pytest.raises(NotAuthentic) as refused:
        await OURS.read_notice(FORGERIES[name]())
    assert refused.value.reason == reason


async def test_a_replay_is_the_same_message_for_three_days_and_then_none():
    """The wire signs no time of sending: within its time a replay is a repeat, which moves nothing."""
    later = [NOW]
    ours = our_side(now=lambda: later[0])
    raw_notice = form(GENUINE)
    first = await ours.read_notice(raw_notice)
    later[0] = NOW + timedelta(days=1)
    assert (await ours.read_notice(raw_notice)).event_id == first.event_id
    later[0] = NOW + timedelta(days=3)
    with pytest.raises(NotAuthentic, match="timestamp"):
        await ours.read_notice(raw_notice)


async def test_a_replay_at_another_merchants_door_is_not_ours():
    told = await our_side(merchant="308999150570003").read_notice(form(GENUINE))
    assert told.mismatch == "merchant"


async def test_both_keys_of_the_bank_are_believed_while_it_changes_them():
    public = tuple(far_keys.written(private(name)) for name in ("bank", "next"))
    ours = our_side(bank_public_keys=public)
    for signer in ("bank", "next"):
        assert (await ours.read_notice(notice(signer=signer))).mismatch is None
    with pytest.raises(NotAuthentic):
        await ours.read_notice(notice(signer="stranger"))


WHOLE = form(GENUINE).body


@given(position=st.integers(0, len(WHOLE) - 1), mask=st.integers(1, 127))
@settings(max_examples=60, deadline=None)
async def test_no_changed_byte_passes_as_another_message(position, mask):
    changed = bytearray(WHOLE)
    changed[position] ^= mask
    try:
        told = await OURS.read_notice(RawRequest(body=bytes(changed), headers={}))
    except NotAuthentic:
        return
    # The same text, escaped in the other case of letters (%7b): one message, and one event.
    assert told == await OURS.read_notice(form(GENUINE))
