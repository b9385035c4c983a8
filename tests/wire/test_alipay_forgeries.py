"""Forged notices of Alipay, each one way of going wrong: none is authentic, none raises anything else."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from app.gateways.channels.base import Done, NotAuthentic, RawRequest
from tests.wire.alipay_forging import (
    FIELDS,
    REFERENCE,
    TRADE_NO,
    fields_of,
    form,
    genuine,
    notice_text,
    our_side,
    signature,
    signed,
)
from tests.wire.wechatpay_forging import NOW, public_pem

Forgery = Callable[[], RawRequest]


def field(name: str, value: str | None) -> Forgery:
    """Changed, added or left out after the signing."""
    return lambda: form({k: v for k, v in (fields_of(genuine()) | {name: value}).items() if v is not None})


def bent(name: str, how: Callable[[str], str]) -> Forgery:
    return field(name, how(fields_of(genuine())[name]))


def body(how: Callable[[bytes], bytes]) -> Forgery:
    return lambda: replace(genuine(), body=how(genuine().body))


def raw(content: bytes) -> Forgery:
    return lambda: RawRequest(body=content, headers={})


def told(**changed: str) -> Forgery:
    """Truly signed, but nothing the platform would send."""
    return lambda: genuine(changed)


def spare_bits(text: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    changed = text[:-3] + letters[letters.index(text[-3]) ^ 1] + "=="
    assert base64.b64decode(changed) == base64.b64decode(text)
    return changed


def flipped(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


def in_gbk() -> RawRequest:
    fields = FIELDS | {"charset": "GBK"}
    sign = signature(notice_text(fields).encode("gbk"))
    return RawRequest(body=urlencode(fields | {"sign": sign}, encoding="gbk").encode(), headers={})


def gbk_under_utf8() -> RawRequest:
    sign = signature(notice_text(FIELDS).encode("gbk"))
    return RawRequest(body=urlencode(FIELDS | {"sign": sign}, encoding="gbk").encode(), headers={})


def unsorted() -> RawRequest:
    text = "&".join(f"{k}={v}" for k, v in sorted(FIELDS.items(), reverse=True) if k != "sign_type")
    return form(FIELDS | {"sign": signature(text)})


def as_a_request() -> RawRequest:
    """As requests are signed, with the sign type in."""
    return form(FIELDS | {"sign": signature("&".join(f"{k}={v}" for k, v in sorted(FIELDS.items())))})


def encoded_before_signing() -> RawRequest:
    text = "&".join(f"{k}={quote(v, safe='')}" for k, v in sorted(FIELDS.items()) if k != "sign_type")
    return form(FIELDS | {"sign": signature(text)})


def hidden_in_a_subject() -> RawRequest:
    """Of a buyer who chose the subject: another amount comes out of it, and the true one disappears into a number."""
    fields = fields_of(genuine({"subject": f"x&total_amount=0.62&trade_no={TRADE_NO}", "total_amount": "0.01"}))
    fields |= {"subject": "x", "trade_no": f"{TRADE_NO}&total_amount=0.01&trade_no={TRADE_NO}", "total_amount": "0.62"}
    return form(fields)


def moved_into_another_field() -> RawRequest:
    """The text that was signed stays the same, and its fields are cut elsewhere."""
    fields = fields_of(genuine())
    fields["total_amount"] = f"{fields['total_amount']}&trade_no={fields.pop('trade_no')}"
    return form(fields)


SIGN = fields_of(genuine())["sign"]
FORGERIES: dict[str, Forgery] = {
    # 1. nothing signed
    "no-sign": field("sign", None),
    "empty-sign": field("sign", ""),
    "no-sign-type": field("sign_type", None),
    "empty-sign-type": field("sign_type", ""),
    "no-sign-from-this-machine": lambda: replace(field("sign", None)(), headers={"host": "127.0.0.1"}),
    "sign-in-a-header": lambda: replace(field("sign", None)(), headers={"sign": SIGN, "alipay-signature": SIGN}),
    # 2. something changed after signing
    "amount": field("total_amount", "6.20"),
    "amount-empty": field("total_amount", ""),
    "status": field("trade_status", "TRADE_FINISHED"),
    "reference": field("out_trade_no", "P0000000000000000000000002"),
    "trade-no": field("trade_no", TRADE_NO[:-1] + "2"),
    "seller": field("seller_id", "2088000000000002"),
    "app": field("app_id", "2021000000000002"),
    "notify-id": field("notify_id", "2026112200222100000000000000000002"),
    "notify-time": field("notify_time", "2026-11-22 10:00:01"),
    "version": field("version", "2.0"),
    "subject-space-for-plus": bent("subject", lambda text: text.replace("+", " ")),
    "subject-plus-for-percent": bent("subject", lambda text: text.replace("%2B", "+")),
    "subject-unescaped-html": bent("subject", lambda text: text.replace("&amp;", "&")),
    "subject-trailing-space": bent("subject", lambda text: text + " "),
    "extra-field": field("passback_params", "x"),
    "extra-empty-field": field("passback_params", ""),
    "extra-routing-field": field("channel", "alipay"),
    "field-left-out": field("point_amount", None),
    "field-name-in-capitals": lambda: form({k.replace("app_id", "APP_ID"): v for k, v in fields_of(genuine()).items()}),
    "fields-hidden-in-a-subject": hidden_in_a_subject,
    "field-hidden-in-a-name": lambda: form({"a=b&app_id": "x"} | fields_of(genuine())),
    "fields-cut-elsewhere": moved_into_another_field,
    "json-rewritten": bent("fund_bill_list", lambda text: json.dumps(json.loads(text))),
    "double-encoded": lambda: form({k: quote(v, safe="") for k, v in fields_of(genuine()).items()}),
    "plus-not-encoded": body(lambda raw: raw.replace(b"%2B", b"+")),
    "percent-not-encoded": body(lambda raw: raw.replace(b"%25", b"%")),
    "sign-of-another-notice": field("sign", fields_of(genuine({"total_amount": "0.01"}))["sign"]),
    # 3. a field twice: which one was signed?
    "amount-twice": body(lambda raw: raw + b"&total_amount=0.62"),
    "amount-twice-first": body(lambda raw: b"total_amount=0.01&" + raw),
    "sign-twice": body(lambda raw: raw + b"&" + urlencode({"sign": SIGN}).encode()),
    "sign-type-twice": body(lambda raw: raw + b"&sign_type=RSA2"),
    # 4. the signature itself
    "sign-one-letter": bent("sign", flipped),
    "sign-spare-bits": bent("sign", spare_bits),
    "sign-cut-short": bent("sign", lambda text: text[:-4]),
    "sign-twice-as-long": bent("sign", lambda text: text + text),
    "sign-without-padding": bent("sign", lambda text: text.rstrip("=")),
    "sign-with-a-blank": bent("sign", lambda text: text[:64] + " " + text[64:]),
    "sign-with-a-newline": bent("sign", lambda text: text[:64] + "\n" + text[64:]),
    "sign-with-a-letter-nobody-knows": bent("sign", lambda text: text[:64] + "!" + text[64:]),
    "sign-url-alphabet": bent("sign", lambda text: "-_" + text[2:]),
    "sign-lower-case": bent("sign", str.lower),
    "sign-hexadecimal": bent("sign", lambda text: base64.b64decode(text).hex()),
    "sign-not-base64": field("sign", "签名"),
    "sign-of-zeros": field("sign", base64.b64encode(bytes(256)).decode()),
    "sign-of-one-byte": field("sign", base64.b64encode(b"x").decode()),
    "sign-huge": field("sign", base64.b64encode(bytes(9000)).decode()),
    # 5. another key, another scheme
    "stranger": lambda: genuine(signer="stranger"),
    "our-own-key": lambda: genuine(signer="merchant"),
    "sha1": lambda: genuine(digest=hashes.SHA1()),
    "sha512": lambda: genuine(digest=hashes.SHA512()),
    "rsa-downgrade": lambda: genuine({"sign_type": "RSA"}, digest=hashes.SHA1()),
    "rsa-downgrade-afterwards": field("sign_type", "RSA"),
    "rsa2-in-small": field("sign_type", "rsa2"),
    "no-sign-type-at-all": lambda: genuine({"sign_type": None}),
    "sign-type-signed-too": as_a_request,
    "signed-in-another-order": unsorted,
    "signed-as-encoded": encoded_before_signing,
    # 6. charset
    "gbk": in_gbk,
    "gbk-under-utf-8": gbk_under_utf8,
    "charset-left-out": lambda: genuine({"charset": None}),
    "charset-unknown": told(charset="utf-7"),
    "half-a-letter": body(lambda raw: raw.replace(b"%E7%82%B9", b"%E7%82", 1)),
    "bytes-that-are-no-ascii": body(lambda raw: raw.replace(b"%E7%82%B9", b"\xe7\x82\xb9", 1)),
    # 7. no form
    "empty": raw(b""),
    "json": lambda: replace(genuine(), body=json.dumps(fields_of(genuine())).encode()),
    "xml": raw(b"<xml/>"),
    "no-value": raw(b"sign&sign_type=RSA2"),
    "nothing-but-separators": raw(b"&&&"),
    "cut-short": body(lambda raw: raw[: len(raw) // 2]),
    "semicolons": body(lambda raw: raw.replace(b"&", b";")),
    "too-many-fields": body(lambda raw: raw + b"".join(b"&x%d=1" % i for i in range(200))),
    "newline-at-the-end": body(lambda raw: raw + b"\n"),
    "bom": body(lambda raw: b"\xef\xbb\xbf" + raw),
    # 8. time
    "27-hours-old": told(notify_time="2026-11-21 07:00:00"),
    "yesterday-and-more": told(notify_time="2026-11-20 10:00:00"),
    "an-hour-ahead": told(notify_time="2026-11-22 11:00:00"),
    "eight-hours-ahead": told(notify_time="2026-11-22 18:00:00"),
    "no-time": lambda: genuine({"notify_time": None}),
    "time-of-words": told(notify_time="now"),
    "time-full-width": told(notify_time="２０２６-11-22 10:00:00"),
    "time-with-offset": told(notify_time="2026-11-22T10:00:00+08:00"),
    "time-that-is-none": told(notify_time="2026-13-45 10:00:00"),
    # 9. truly signed, without what tells it from another
    "no-notify-id": lambda: genuine({"notify_id": None}),
    "empty-notify-id": told(notify_id=""),
    "notify-id-too-long": told(notify_id="1" * 65),
    "notify-id-with-nul": told(notify_id="1\0"),
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_notice_is_not_authentic(forgery):
    with pytest.raises(NotAuthentic):
        await OURS.read_notice(forgery())


def test_there_are_at_least_sixty_ways_to_forge():
    assert len(FORGERIES) >= 60
    assert len({forgery().body for forgery in FORGERIES.values()}) >= 60


async def test_the_notice_that_is_bent_is_itself_accepted():
    notice = await OURS.read_notice(genuine())
    assert isinstance(notice.outcome, Done)
    assert (notice.reference, notice.outcome.amount_minor, notice.mismatch) == (REFERENCE, 62, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"passback_params": ""},
        {"subject": "a b+c%20d=e&f;g"},
        {"subject": "碳中和 🌱 “引号”"},
        {"notify_time": "2026-11-21 09:30:00"},
        {"notify_time": "2026-11-22 10:10:00"},
        {"charset": "UTF-8"},
    ],
    ids=["an-empty-field", "signs-in-a-text", "letters-of-four-bytes", "day-old", "clock-ten-minutes-slow", "capitals"],
)
async def test_what_is_odd_but_genuine_is_accepted(changed):
    assert isinstance((await OURS.read_notice(genuine(changed))).outcome, Done)


async def test_a_replay_at_another_merchants_is_never_money():
    other = our_side(app_id="2021000000000002")
    assert (await other.read_notice(genuine())).mismatch == "app"


async def test_while_the_platforms_key_changes_both_are_believed():

    both = our_side(alipay_public_keys=(public_pem("platform"), public_pem("platform-2")))
    for signer in ("platform", "platform-2"):
        assert isinstance((await both.read_notice(genuine(signer=signer))).outcome, Done)
    with pytest.raises(NotAuthentic):
        await both.read_notice(genuine(signer="stranger"))


async def test_a_replay_is_refused_two_days_later():
    later = our_side(now=NOW + timedelta(days=2))
    with pytest.raises(NotAuthentic, match="timestamp"):
        await later.read_notice(genuine())


OURS = our_side()
GENUINE = genuine()


@given(position=st.integers(0, len(GENUINE.body) - 1), letter=st.integers(0, 255))
@settings(max_examples=100, deadline=None)
async def test_no_changed_byte_of_a_body_passes_as_something_else(position, letter):
    changed = bytearray(GENUINE.body)
    changed[position] = letter
    if _means(bytes(changed)) == _means(GENUINE.body):
        return  # another spelling of the same: `+` and `%20`, `%2b` and `%2B`
    with pytest.raises(NotAuthentic):
        await OURS.read_notice(replace(GENUINE, body=bytes(changed)))


@given(name=st.sampled_from(sorted(FIELDS)), value=st.text(max_size=12))
@settings(max_examples=100, deadline=None)
async def test_no_value_inside_an_authentic_notice_breaks_the_reading(name, value):
    try:
        notice = await OURS.read_notice(form(signed(FIELDS | {name: value})))
    except (NotAuthentic, UnicodeEncodeError):
        return
    assert notice.mismatch is not None or notice.outcome is not None


def _means(raw_body: bytes) -> object:
    try:
        return fields_of(RawRequest(body=raw_body, headers={}))
    except ValueError:
        return None
