"""WeChat's push in its secure mode: genuine ones, by an independent implementation, are read; bent in any part they are not."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from wechatpy.crypto import PrpCrypto
from wechatpy.utils import WeChatSigner

from app.gateways.wechat import FRESH_FOR, ContentAdvice, PictureSeen, PushForged, PushReader

NOW = datetime(2026, 11, 30, 2, 0, 0, tzinfo=UTC)
APPID, TOKEN, KEY = "wx0000000000000001", "t0ken" * 4, "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFA"
READER = PushReader(APPID, TOKEN, KEY)
MESSAGE = {
    "ToUserName": "gh_1", "FromUserName": "oTEST", "CreateTime": 1, "MsgType": "event", "Event": "wxa_media_check",
    "appid": APPID, "trace_id": "abc-1", "version": 2, "errcode": 0, "errmsg": "ok",
    "detail": [{"strategy": "content_model", "errcode": 0, "suggest": "risky", "label": 20002, "prob": 90}],
    "result": {"suggest": "risky", "label": 20002},
}  # fmt: skip
SEEN = PictureSeen("abc-1", ContentAdvice("risky", 20002))


def wechatpys_signature(*parts):
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def sealed(message=None, *, appid=APPID, key=KEY):
    """By wechatpy, which shares no line with us."""
    text = json.dumps(MESSAGE if message is None else message)
    return PrpCrypto(base64.b64decode(key + "=")).encrypt(text, appid).decode()


def pushed(message=None, *, at=NOW, token=TOKEN, encrypted=None, **how):
    """Query and body of a push."""
    encrypted = encrypted or sealed(message, **how)
    stamp, nonce = str(int(at.timestamp())), "1320562132"
    query = {
        "signature": "0" * 40, "timestamp": stamp, "nonce": nonce, "openid": "oTEST", "encrypt_type": "aes",
        "msg_signature": wechatpys_signature(token, stamp, nonce, encrypted),
    }  # fmt: skip
    return query, json.dumps({"ToUserName": "gh_1", "Encrypt": encrypted}).encode()


def test_a_genuine_push_tells_what_was_seen():
    assert READER.read(*pushed(), NOW) == SEEN


@pytest.mark.parametrize("letter", range(0, 40, 3))
def test_a_signature_that_differs_in_one_letter_is_refused(letter):
    query, body = pushed()
    bent = list(query["msg_signature"])
    bent[letter] = "0" if bent[letter] != "0" else "1"
    with pytest.raises(PushForged):
        READER.read(query | {"msg_signature": "".join(bent)}, body, NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "1"}, {"nonce": "1320562133"}, {"nonce": ""}, {"timestamp": ""}, {"timestamp": "-1"},
        {"timestamp": "1e9"}, {"encrypt_type": "raw"}, {"encrypt_type": ""}, {"msg_signature": ""},
        {"msg_signature": "é"}, {"nonce": "１"}, {"timestamp": "٣"},
    ],
    ids=str,
)  # fmt: skip
def test_a_query_that_differs_in_one_value_is_refused(change):
    query, body = pushed()
    with pytest.raises(PushForged):
        READER.read(query | change, body, NOW)


@pytest.mark.parametrize("name", ["timestamp", "nonce", "encrypt_type", "msg_signature"])
def test_a_query_without_one_of_them_is_refused(name):
    query, body = pushed()
    del query[name]
    with pytest.raises(PushForged):
        READER.read(query, body, NOW)


def test_a_ciphertext_that_differs_in_any_byte_is_refused_though_it_is_signed_anew():
    raw = base64.b64decode(sealed())
    taken = []
    for at in range(0, len(raw), 5):
        bent = bytearray(raw)
        bent[at] ^= 1
        try:
            seen = READER.read(*pushed(encrypted=base64.b64encode(bytes(bent)).decode()), NOW)
        except PushForged:
            continue
        if seen == SEEN and at >= 16:  # the first sixteen bytes of the plain text are random and say nothing
            taken.append(at)
    assert not taken


def test_a_ciphertext_bent_by_somebody_without_the_token_is_refused():
    query, body = pushed()
    encrypted = json.loads(body)["Encrypt"]
    for at in range(0, len(encrypted), 7):
        letter = "A" if encrypted[at] != "A" else "B"
        bent = json.dumps({"Encrypt": encrypted[:at] + letter + encrypted[at + 1 :]}).encode()
        with pytest.raises(PushForged):
            READER.read(query, bent, NOW)


@pytest.mark.parametrize(
    "encrypted", ["AAAA", "!!!", "é", base64.b64encode(bytes(32)).decode(), base64.b64encode(bytes(48)).decode(), "A"]
)
def test_a_ciphertext_of_another_form_is_refused(encrypted):
    with pytest.raises(PushForged):
        READER.read(*pushed(encrypted=encrypted), NOW)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"<xml></xml>", b'{"Encrypt":1}', b"\xff", b"[" * 90_000, b'{"Encrypt":null}']
)
def test_a_body_of_another_form_is_refused(body):
    query, _ = pushed()
    with pytest.raises(PushForged):
        READER.read(query, body, NOW)


def test_a_push_for_another_mini_program_is_refused():
    with pytest.raises(PushForged):
        READER.read(*pushed(appid="wx0000000000000002"), NOW)


def test_a_push_under_another_key_or_token_is_refused():
    with pytest.raises(PushForged):
        READER.read(*pushed(key=KEY[::-1]), NOW)
    with pytest.raises(PushForged):
        READER.read(*pushed(token="other"), NOW)


@pytest.mark.parametrize(
    "late", [FRESH_FOR + timedelta(seconds=1), timedelta(days=1), -FRESH_FOR - timedelta(seconds=1)]
)
def test_an_old_push_once_more_is_refused(late):
    query, body = pushed()
    with pytest.raises(PushForged):
        READER.read(query, body, NOW + late)


def test_a_plain_message_is_not_believed_though_the_plain_signature_is_right():
    query, _ = pushed()
    plain = query | {"signature": wechatpys_signature(TOKEN, query["timestamp"], query["nonce"])}
    del plain["encrypt_type"]
    with pytest.raises(PushForged):
        READER.read(plain, json.dumps(MESSAGE).encode(), NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"Event": "user_enter_tempsession"}, {"trace_id": 1}, {"result": None}, {"result": {"suggest": "pass"}},
        {"errcode": -1008}, {"errcode": None}, {"appid": "wx0000000000000002"}, {"result": {"suggest": None, "label": 100}},
    ],
    ids=str,
)  # fmt: skip
def test_a_genuine_push_that_says_nothing_of_a_picture_is_forgotten(change):
    assert READER.read(*pushed(MESSAGE | change), NOW) is None


def test_the_console_is_greeted_only_with_the_right_signature():
    stamp = str(int(NOW.timestamp()))
    query = {"timestamp": stamp, "nonce": "9", "echostr": "hello", "signature": wechatpys_signature(TOKEN, stamp, "9")}
    assert READER.read_greeting(query, NOW) == "hello"
    with pytest.raises(PushForged):
        READER.read_greeting(query | {"signature": "0" * 40}, NOW)
    with pytest.raises(PushForged):
        READER.read_greeting(query, NOW + timedelta(days=1))


def test_neither_token_nor_key_is_shown():
    assert TOKEN not in repr(READER)
    assert KEY not in repr(READER)


@pytest.mark.parametrize("key", ["", "short", "é" * 43, "+" * 43])
def test_a_key_of_another_form_is_refused(key):
    with pytest.raises(ValueError, match="43"):
        PushReader(APPID, TOKEN, key)
