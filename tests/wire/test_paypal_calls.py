"""How PayPal is called: one token for all, one id for each effect, and nothing said that must not be."""

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta

import pytest

from app.gateways.channels.base import Done, Opening, Pending, Refund, Trade, Unknown
from app.gateways.channels.paypal import CHECKOUT
from app.gateways.channels.paypal.kind import KIND
from app.gateways.channels.paypal.tokens import Token
from app.kernel.errors import Unavailable
from app.kernel.money import Currency
from app.sandbox.paypal.keys import knobs
from tests.wire.paypal_asking import charge
from tests.wire.paypal_forging import (
    CAPTURE,
    NOW,
    ORDER,
    REFERENCE,
    REFUND_REFERENCE,
    captured,
    certificate,
    compact,
    meeting,
    order,
    our_keys,
    refunded,
    root,
)

TRADE = Trade(
    reference=REFERENCE,
    theirs=ORDER,
    method=CHECKOUT.code,
    amount_minor=62,
    currency=Currency.USD,
    expires_at=NOW + timedelta(minutes=30),
)
REFUND = Refund(
    reference=REFERENCE,
    transaction_id=CAPTURE,
    refund_reference=REFUND_REFERENCE,
    refund_minor=20,
    total_minor=62,
    currency=Currency.USD,
    reason="未注销\n原路退回",
)


def saying(status, content):
    """Every call but the token's is answered so."""
    return lambda _method, path, _body: None if path == "/v1/oauth2/token" else (status, compact(content))


def tokens(*lives):
    """A token for each call for one, with these lives in turn; orders are approved."""
    left = list(lives)

    def answer(_method, path, _body):
        if path != "/v1/oauth2/token":
            return 200, compact(order("CREATED"))
        return 200, compact({"access_token": f"token-{len(left)}", "expires_in": left.pop(0)})

    return answer


async def test_one_token_serves_all_who_ask_at_once():
    async with meeting(answer=tokens(32400)) as (ours, far):
        await asyncio.gather(*(ours.query(TRADE) for _ in range(8)))
        (asked,) = (headers for _, path, headers, _ in far.asked if path == "/v1/oauth2/token")
        pair = base64.b64encode(b"client-id-of-the-tests:client-secret-of-the-tests").decode()
        assert asked["authorization"] == f"Basic {pair}"
        bearers = {headers["authorization"] for method, _, headers, _ in far.asked if method == "GET"}
        assert bearers == {"Bearer token-1"}


async def test_a_token_is_renewed_five_minutes_before_it_ends_and_serves_until_a_new_one_comes():
    now = [NOW]
    async with meeting(now=lambda: now[0], answer=tokens(1000, 1000)) as (ours, far):
        for seconds, fetched in ((0, 1), (699, 1), (701, 2), (1200, 2)):
            now[0] = NOW + timedelta(seconds=seconds)
            await ours.query(TRADE)
            assert far.paths("POST").count("/v1/oauth2/token") == fetched
        now[0] = NOW + timedelta(seconds=1500)  # the next is due, and the far side has none left
        assert isinstance(await ours.query(TRADE), Pending)
        assert len({headers["authorization"] for method, _, headers, _ in far.asked if method == "GET"}) == 2


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (401, {"error": "invalid_client"}),
        (500, {}),
        (200, {"access_token": "", "expires_in": 1}),
        (200, {"access_token": "t", "expires_in": "1"}),
        (200, {"access_token": "t", "expires_in": 0}),
        (200, {"access_token": "t\nx: y", "expires_in": 9}),
        (200, []),
    ],
)
async def test_without_a_token_nothing_is_sent(status, content):
    async with meeting(answer=lambda *_: (status, compact(content))) as (ours, far):
        with pytest.raises(Unavailable) as silence:
            await ours.query(TRADE)
        assert far.paths() == []
        assert "secret" not in str(silence.value)


async def test_a_token_that_is_refused_again_is_asked_for_no_third_time():
    async with meeting(answer=saying(401, {"error": "invalid_token"})) as (ours, far):
        assert await ours.query(TRADE) == Pending(code="invalid_token")
        assert far.paths("POST") == ["/v1/oauth2/token"] * 2
        assert len(far.paths()) == 2


async def test_every_post_has_an_id_of_its_reference_and_what_it_does():
    links = [{"rel": "payer-action", "href": "https://www.paypal.com/checkoutnow?token=" + ORDER}]
    async with meeting(answer=saying(201, order("APPROVED", links=links, update_time="2026-11-22T01:00:00Z"))) as (
        ours,
        far,
    ):
        asked = charge(reference=REFERENCE, expires_at=NOW + timedelta(hours=1))
        assert isinstance(await ours.open(asked), Opening)
        await ours.advance(TRADE)
        await ours.advance(TRADE)
        await ours.refund(REFUND)
        ids = [
            headers["paypal-request-id"]
            for method, path, headers, _ in far.asked
            if method == "POST" and path != "/v1/oauth2/token"
        ]
    assert ids[0] == f"open-{REFERENCE}"
    assert ids[1] == ids[2]
    assert ids[1].startswith(f"capture-{REFERENCE}-")
    assert ids[3] == f"refund-{REFUND_REFERENCE}"
    assert max(map(len, ids)) <= 108


async def test_a_capture_after_another_approval_has_another_id():
    ids = []
    for changed_at in ("2026-11-22T01:00:00Z", "2026-11-22T01:05:00Z"):
        async with meeting(answer=saying(200, order("APPROVED", update_time=changed_at))) as (ours, far):
            await ours.advance(TRADE)
            ids += [headers["paypal-request-id"] for _, path, headers, _ in far.asked if path.endswith("/capture")]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (order("COMPLETED", captured()), Done),
        (order("COMPLETED", captured(status="PARTIALLY_REFUNDED")), Done),
        (order("COMPLETED", captured(status="REFUNDED")), Done),
        (order("COMPLETED"), Pending),
        (order("COMPLETED", captured(status="PENDING")), Pending),
        (order("COMPLETED", captured(status="DECLINED")), Pending),
        (order("COMPLETED", captured(status="FAILED")), Pending),
        (order("COMPLETED", captured(status="SOMETHING_NEW")), Pending),
        (order("COMPLETED", captured(), captured(id="ANOTHER")), Pending),
        (order("COMPLETED", captured(amount={"currency_code": "USD", "value": "1e2"})), Pending),
        (order("COMPLETED", captured(), id="SOMEBODYELSES"), Pending),
        (order("SOMETHING_NEW"), Pending),
        (order("COMPLETED", captured(), purchase_units=[]), Pending),
        (order("COMPLETED", captured(custom_id="P0000000000000000000000002")), Pending),
    ],
)
async def test_only_one_completed_capture_of_ours_is_money(told, word):
    async with meeting(answer=saying(200, told)) as (ours, _):
        assert isinstance(await ours.query(TRADE), word)


@pytest.mark.parametrize(
    ("status", "content", "word"),
    [
        (404, {"name": "RESOURCE_NOT_FOUND", "details": [{"issue": "INVALID_RESOURCE_ID"}]}, Unknown),
        (404, {"name": "SOMETHING_ELSE"}, Pending),
        (422, {"name": "X", "details": [{"issue": "INVALID_RESOURCE_ID"}]}, Pending),
        (403, {"name": "NOT_AUTHORIZED"}, Pending),
        (500, {"details": [{"issue": "INVALID_RESOURCE_ID"}]}, Pending),
        (302, {}, Pending),
    ],
)
async def test_only_a_not_found_is_never_heard_of(status, content, word):
    async with meeting(answer=saying(status, content)) as (ours, _):
        assert isinstance(await ours.query(TRADE), word)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": {"currency_code": "USD", "value": "0.21"}},
        {"amount": {"currency_code": "EUR", "value": "0.20"}},
        {"invoice_id": "R0000000000000000000000002"},
        {"id": ""},
        {"create_time": None},
        {"status": "SOMETHING_NEW"},
    ],
)
async def test_a_refund_that_does_not_fit_is_not_done(changed):
    async with meeting(answer=saying(201, refunded(**changed))) as (ours, _):
        assert isinstance(await ours.refund(REFUND), Pending)


async def test_a_refund_of_what_was_never_captured_is_not_sent():
    async with meeting() as (ours, far):
        assert isinstance(await ours.refund(replace(REFUND, transaction_id=None)), Pending)
        assert far.asked == []


def test_no_secret_is_told():
    keys = our_keys()
    assert "client-secret-of-the-tests" not in repr(keys)
    assert "abc" not in repr(Token("abc", NOW))


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": ""}, {"client_id": "a:b"}, {"client_secret": ""}, {"client_secret": "a b"}, {"merchant_id": "lower"},
        {"webhook_id": ""}, {"webhook_id": "a|b|c|d|e"}, {"webhook_id": "WEBHOOK_ID"}, {"previous_webhook_id": "WEBHOOK_ID"},
        {"roots": ""}, {"roots": "no certificate"}, {"signer": "*"}, {"signer": "UPPER.paypal.com"},
        {"base_url": "https://api-m.paypal.com/"}, {"base_url": "ftp://api-m.paypal.com"},
        {"certificates_url": "https://API.paypal.com"}, {"certificates_url": "https://a@api.paypal.com"},
        {"certificates_url": "https://api.paypal.com/v1"}, {"certificates_url": "https://api.paypal.com#"},
    ],
)  # fmt: skip
def test_what_would_be_refused_or_believe_anybody_is_no_configuration(changed):
    with pytest.raises(ValueError, match=r".+"):
        our_keys(**changed)


def production(**changed):
    return {
        "client_id": "A" * 80,
        "secret": "E" * 80,
        "merchant_id": "ABCDEFGHJKLMN",
        "webhook_id": "1JE4291016473214C",
    } | changed


def test_production_takes_paypals_own_values():
    assert list(KIND.rehearsed(production(roots=root()))) == []


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("url", "https://api-m.sandbox.paypal.com"),
        ("url", "https://api-m.paypal.com.evil.example"),
        ("url", "https://127.0.0.1:8701"),
        ("certificates_url", "https://api.sandbox.paypal.com"),
        ("certificates_url", "https://evilpaypal.com"),
        ("signer", "messageverificationcerts.sandbox.paypal.com"),
        ("signer", "localhost"),
        ("webhook_id", "WEBHOOK_ID"),
        ("webhook_id_old", "WEBHOOK_ID"),
        ("roots", "no certificate"),
        ("roots", certificate("SANDBOX root", issuer="SANDBOX root", is_authority=True)),
    ],
)
def test_production_refuses_addresses_names_and_roots_of_a_rehearsal(knob, value):
    assert [name for name, _ in KIND.rehearsed(production(**{knob: value}))] == [knob]


def test_production_refuses_what_the_sandbox_marks_and_what_is_not_https(tmp_path):
    told = {name.removeprefix("paypal_"): value for name, value in knobs(tmp_path, "http://127.0.0.1:8701").items()}
    marked = {
        knob.name
        for knob in KIND.knobs
        if knob.sandbox_start and told.get(knob.name, "").startswith(knob.sandbox_start)
    }
    assert marked == {"client_id", "secret", "merchant_id", "webhook_id"}
    assert {knob.name for knob in KIND.knobs if knob.is_address} == {"url", "certificates_url"}
    assert {name for name, _ in KIND.rehearsed(told)} == {"signer", "roots"}
