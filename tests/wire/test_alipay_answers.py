"""Alipay's answers: believed on the raw piece that was signed, and on nothing that only looks like it."""

import json
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import hashes

from app.gateways.channels.alipay.reading import Unreadable, cut
from app.gateways.channels.base import Closed, Done, Pending, Trade, Unknown
from app.kernel.errors import Unavailable
from app.kernel.money import Currency
from tests.wire.alipay_forging import REFERENCE, TRADE_NO, answer, http, node, our_side, signature, told
from tests.wire.wechatpay_forging import NOW, far_side

TRADE = Trade(
    reference=REFERENCE, theirs=None, method="precreate", amount_minor=62, currency=Currency.CNY, expires_at=NOW
)
NODE = "alipay_trade_query_response"
PAID = node(told())
LESS = node(told(total_amount="0.01"))
SIGN = signature(PAID)


async def asked(body: str | bytes, status: int = 200, **changed) -> object:
    """What our side makes of this answer to a question about a trade."""
    async with far_side(lambda _: http(body, status)) as far:
        ours = our_side(gateway_url=f"{far.url}/gateway.do", **changed)
        try:
            return await ours.query(TRADE)
        finally:
            await ours.aclose()


GENUINE = {
    "as-it-is": answer(PAID),
    "signature-first": f'{{"sign":"{SIGN}","{NODE}":{PAID}}}',
    "blanks-between": f'\n{{ "{NODE}" :\t{PAID} ,\r\n "sign":"{SIGN}" }}\n',
    "slashes-not-escaped": answer(node(told(), slashes=False)),
    "ascii-only": answer(json.dumps(told())),
    "blanks-inside": answer(json.dumps(told(), indent=1, ensure_ascii=False)),
    "certificate-number": f'{{"{NODE}":{PAID},"alipay_cert_sn":"a5b5","sign":"{SIGN}"}}',
    "brace-in-a-text": answer(node(told(subject='a}b{"c}'))),
    "node-in-a-text-before": f'{{"note":"{NODE}\\":{{","{NODE}":{PAID},"sign":"{SIGN}"}}',
    "another-node-before": f'{{"alipay_trade_query":{{}},"{NODE}":{PAID},"sign":"{SIGN}"}}',
}


@pytest.mark.parametrize("body", GENUINE.values(), ids=GENUINE.keys())
async def test_a_genuine_answer_is_believed_however_it_is_written(body):
    word = await asked(body)
    assert isinstance(word, Done), word
    assert (word.reference, word.transaction_id, word.amount_minor) == (REFERENCE, TRADE_NO, 62)


FORGED = {
    "unsigned": (f'{{"{NODE}":{PAID}}}', "UNSIGNED"),
    "sign-empty": (f'{{"{NODE}":{PAID},"sign":""}}', "UNSIGNED"),
    "sign-null": (f'{{"{NODE}":{PAID},"sign":null}}', "UNSIGNED"),
    "sign-inside-the-node": (f'{{"{NODE}":{node(told(sign=SIGN))}}}', "UNSIGNED"),
    "wrongly-signed": (answer(PAID, signer="stranger"), "UNSIGNED"),
    "signed-by-us": (answer(PAID, signer="merchant"), "UNSIGNED"),
    "another-amount": (f'{{"{NODE}":{PAID.replace("0.62", "0.63", 1)},"sign":"{SIGN}"}}', "UNSIGNED"),
    "slashes-changed": (f'{{"{NODE}":{node(told(), slashes=False)},"sign":"{SIGN}"}}', "UNSIGNED"),
    "written-again": (f'{{"{NODE}":{json.dumps(told(), sort_keys=True)},"sign":"{SIGN}"}}', "UNSIGNED"),
    "blank-added": (f'{{"{NODE}":{PAID[:-1]} }},"sign":"{SIGN}"}}', "UNSIGNED"),
    "letter-as-an-escape": (f'{{"{NODE}":{PAID.replace("E_S", "E" + chr(92) + "u005fS")},"sign":"{SIGN}"}}', "UNSIGNED"),
    "sign-with-blanks": (f'{{"{NODE}":{PAID},"sign":"{SIGN[:9]} {SIGN[9:]}"}}', "UNSIGNED"),
    "sha1": (answer(PAID, digest=hashes.SHA1()), "UNSIGNED"),
    "node-twice": (f'{{"{NODE}":{PAID},"{NODE}":{LESS},"sign":"{SIGN}"}}', "BAD_ANSWER"),
    "sign-twice": (f'{{"{NODE}":{PAID},"sign":"{SIGN}","sign":"x"}}', "BAD_ANSWER"),
    "genuine-node-in-a-text": (f'{{"x":{json.dumps(answer(PAID))},"{NODE}":{LESS},"sign":"{SIGN}"}}', "UNSIGNED"),
    "genuine-node-deeper": (f'{{"x":{{"{NODE}":{PAID}}},"sign":"{SIGN}"}}', "BAD_ANSWER"),
    "node-of-another-call": (answer(PAID, name="alipay_trade_close_response"), "BAD_ANSWER"),
    "node-and-error": (f'{{"error_response":{PAID},"{NODE}":{PAID},"sign":"{SIGN}"}}', "BAD_ANSWER"),
    "key-twice-inside": (answer(PAID[:-1] + ',"total_amount":"0.62"}'), "BAD_ANSWER"),
    "something-follows": (answer(PAID) + "{}", "BAD_ANSWER"),
    "an-array": (f"[{answer(PAID)}]", "BAD_ANSWER"),
    "node-is-a-text": (answer(json.dumps(PAID)), "BAD_ANSWER"),
    "nothing": ("", "BAD_ANSWER"),
    "half": (answer(PAID)[:200], "BAD_ANSWER"),
    "nan": (answer(PAID[:-1] + ',"x":NaN}'), "BAD_ANSWER"),
    "deep": ('{"x":' * 100_000, "BAD_ANSWER"),
    "html": ("<html>502</html>", "BAD_ANSWER"),
    "gbk": (answer(PAID).encode("gbk"), "BAD_ANSWER"),
    "unsigned-error": (f'{{"{NODE}":{{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}}}}', "UNSIGNED"),
    "unsigned-error-of-the-gateway": ('{"error_response":{"code":"40002","sub_code":"isv.invalid-signature"}}', "UNSIGNED"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "word"), FORGED.values(), ids=FORGED.keys())
async def test_an_answer_that_nobody_signed_so_decides_nothing(body, word):
    assert await asked(body) == Pending(code=word)


@pytest.mark.parametrize("status", [301, 400, 404, 500, 502, 504])
async def test_any_other_status_decides_nothing_whatever_is_signed(status):
    assert await asked(answer(PAID), status) == Pending(code=f"HTTP_{status}")


STATUSES = {
    "waiting": ({"trade_status": "WAIT_BUYER_PAY", "send_pay_date": None}, Pending(code="WAIT_BUYER_PAY")),
    "closed-unpaid": ({"trade_status": "TRADE_CLOSED", "send_pay_date": None}, Closed(code="TRADE_CLOSED")),
    "new-word": ({"trade_status": "TRADE_PENDING"}, Pending(code="TRADE_PENDING")),
    "no-word": ({"trade_status": None}, Pending(code="SHAPE")),
    "another-trade": ({"out_trade_no": "P0000000000000000000000002"}, Pending(code="MISMATCH")),
    "no-reference": ({"out_trade_no": None}, Pending(code="MISMATCH")),
    "paid-without-a-time": ({"send_pay_date": None}, Pending(code="MISMATCH")),
    "paid-without-a-number": ({"trade_no": None}, Pending(code="MISMATCH")),
    "paid-under-words": ({"trade_no": "paid"}, Pending(code="MISMATCH")),
    "not-there": (
        {"code": "40004", "sub_code": "ACQ.TRADE_NOT_EXIST", "out_trade_no": None},
        Unknown(code="ACQ.TRADE_NOT_EXIST"),
    ),
    "not-there-in-another-code": ({"code": "20000", "sub_code": "ACQ.TRADE_NOT_EXIST"}, Pending(code="ACQ.TRADE_NOT_EXIST")),
    "their-trouble": ({"code": "20000", "sub_code": "isp.unknow-error"}, Pending(code="isp.unknow-error")),
    "their-system": ({"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"}, Pending(code="ACQ.SYSTEM_ERROR")),
    "code-is-a-number": ({"code": 10000}, Pending(code="SHAPE")),
}  # fmt: skip


@pytest.mark.parametrize(("changed", "word"), STATUSES.values(), ids=STATUSES.keys())
async def test_a_status_means_what_is_documented_and_nothing_else_is_money(changed, word):
    assert await asked(answer(node(told(**changed)))) == word


@pytest.mark.parametrize("status", ["TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_CLOSED"])
async def test_what_was_paid_stays_paid_whether_finished_or_refunded_since(status):
    assert isinstance(await asked(answer(node(told(trade_status=status)))), Done)


AMOUNTS = [
    "1e2", "1.001", "１００", "0.6２", "+0.62", "-0.62", " 0.62", "0.62 ", "0,62", "0.", ".62", "0.620", "0", "0.00", "",
    "NaN", "0x1", "99999999999.00", "1_000.00", "0.62\n", 62, 0.62, None, True, ["0.62"], {"amount": "0.62"},
]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS, ids=repr)
async def test_an_amount_that_is_not_plainly_written_is_no_money(amount):
    text = node({**told(), "total_amount": amount})
    assert await asked(answer(text)) == Pending(code="MISMATCH")


@pytest.mark.parametrize(
    ("text", "fen"), [("0.62", 62), ("0.6", 60), ("62", 6200), ("0.01", 1), ("1234567.89", 123456789)]
)
async def test_an_amount_in_yuan_becomes_fen(text, fen):
    word = await asked(answer(node(told(total_amount=text))))
    assert isinstance(word, Done)
    assert word.amount_minor == fen


async def test_a_trade_across_a_border_says_its_own_currency():
    word = await asked(answer(node(told(trans_currency="USD"))))
    assert isinstance(word, Done)
    assert word.currency == "USD"  # which our row is not in: the room parks it


@pytest.mark.parametrize(
    "stamp", ["2026-11-22T09:59:50", "2026-11-22 09:59", "2026-02-30 09:59:50", "22/11/2026", "２０２６-11-22 09:59:50"]
)
async def test_a_time_that_is_not_plainly_written_is_no_payment(stamp):
    assert await asked(answer(node(told(send_pay_date=stamp)))) == Pending(code="MISMATCH")


async def test_a_time_is_beijings():
    word = await asked(answer(PAID))
    assert isinstance(word, Done)
    assert word.at.isoformat() == "2026-11-22T01:59:50+00:00"


async def test_a_call_goes_in_the_body_in_beijing_time_and_never_in_the_address():
    async with far_side(lambda _: http(answer(PAID))) as far:
        ours = our_side(gateway_url=f"{far.url}/gateway.do")
        await ours.query(TRADE)
        await ours.aclose()
    head = far.heads[0].decode()
    assert head.startswith("POST /gateway.do HTTP/1.1\r\n")
    assert "application/x-www-form-urlencoded;charset=utf-8" in head
    fields = {name: values[0] for name, values in parse_qs(far.bodies[0].decode()).items()}
    assert (fields["timestamp"], fields["sign_type"], fields["charset"]) == ("2026-11-22 10:00:00", "RSA2", "utf-8")
    assert json.loads(fields["biz_content"]) == {"out_trade_no": REFERENCE}


async def test_nothing_is_sent_where_nobody_listens():
    ours = our_side()
    with pytest.raises(Unavailable):
        await ours.query(TRADE)
    await ours.aclose()


@pytest.mark.parametrize(
    "raw", [b"", b"null", b"{}", b'{"a":1}', b'{"sign":"x"}', b"\xff", b'{"a" 1}', b'{"a":1,}', b"{1:2}"]
)
def test_what_is_not_the_answer_asked_for_is_unreadable(raw):
    with pytest.raises(Unreadable):
        cut(raw, NODE)
