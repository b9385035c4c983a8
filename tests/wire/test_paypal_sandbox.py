"""PayPal's far side is as strict as PayPal, and tells of a repeated request what it told of the first."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.sandbox.paypal.keys import PayPalKeys, ensure
from app.sandbox.paypal.notifying import SCHEDULE_S
from tests.far_side import Sandbox
from tests.wire.paypal_asking import number

ORDERS = "/v2/checkout/orders"


@dataclass
class Merchant:
    """A client that nobody wrote with care."""

    http: httpx.AsyncClient
    keys: PayPalKeys
    token: str = ""

    async def call(self, method: str, path: str, body: Any = None, **changed: str | None) -> tuple[int, dict[str, Any]]:
        headers = {
            "authorization": f"Bearer {self.token}",
            "accept": "application/json",
            "content-type": "application/json",
            "paypal-request-id": number("I"),
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        sent = {name: value for name, value in headers.items() if value is not None}
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        answer = await self.http.request(method, path, content=content, headers=sent)
        return answer.status_code, answer.json()

    async def ask_token(self, *, secret: str | None = None, **changed: Any) -> tuple[int, dict[str, Any]]:
        pair = base64.b64encode(f"{self.keys.client_id}:{secret or self.keys.secret}".encode()).decode()
        asked = {
            "content": b"grant_type=client_credentials",
            "headers": {"authorization": f"Basic {pair}", "content-type": "application/x-www-form-urlencoded"},
        }
        answer = await self.http.post("/v1/oauth2/token", **asked | changed)
        return answer.status_code, answer.json()


@pytest.fixture
async def merchant(sandbox: Sandbox) -> AsyncIterator[Merchant]:
    sandbox.expect_refusals()
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=False) as http:
        one = Merchant(http, ensure(sandbox.folder))
        one.token = (await one.ask_token())[1]["access_token"]
        yield one


def order(**changed: Any) -> dict[str, Any]:
    reference = number("P")
    unit = {
        "reference_id": reference,
        "custom_id": reference,
        "invoice_id": reference,
        "description": "Carbon neutral",
        "amount": {"currency_code": "USD", "value": "0.62"},
    }
    context = {
        "return_url": "http://127.0.0.1:9/o/1",
        "cancel_url": "http://127.0.0.1:9/o/1",
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
    }
    asked: dict[str, Any] = {
        "intent": "CAPTURE",
        "purchase_units": [unit],
        "payment_source": {"paypal": {"experience_context": context}},
    }
    for path, value in changed.items():
        place = {"unit": unit, "context": context, "amount": unit["amount"]}.get(path.split("__")[0], asked)
        assert isinstance(place, dict)
        place[path.split("__")[-1]] = value
    return asked


def issue(told: dict[str, Any]) -> str:
    return str(told["details"][0]["issue"])


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"intent": "AUTHORIZE"}, 400, "INVALID_PARAMETER_VALUE"),
        ({"purchase_units": []}, 400, "INVALID_PARAMETER_VALUE"),
        ({"surprise": 1}, 400, "UNKNOWN_PARAMETER"),
        ({"unit__custom_id": ""}, 400, "INVALID_STRING_LENGTH"),
        ({"unit__invoice_id": "x" * 128}, 400, "INVALID_STRING_LENGTH"),
        ({"unit__description": 1}, 400, "INVALID_STRING_LENGTH"),
        ({"context__return_url": "not an address"}, 400, "INVALID_PARAMETER_SYNTAX"),
        ({"context__user_action": "PAY"}, 400, "INVALID_PARAMETER_VALUE"),
        ({"payment_source": {"card": {}}}, 400, "MISSING_REQUIRED_PARAMETER"),
        ({"amount__value": 0.62}, 422, "DECIMAL_PRECISION"),
        ({"amount__value": "1.001"}, 422, "DECIMAL_PRECISION"),
        ({"amount__value": "1e2"}, 422, "DECIMAL_PRECISION"),
        ({"amount__value": "１.００"}, 422, "DECIMAL_PRECISION"),
        ({"amount__value": "0.00"}, 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ({"unit__amount": {"currency_code": "JPY", "value": "1.00"}}, 422, "DECIMALS_NOT_SUPPORTED"),
        ({"unit__amount": {"currency_code": "CNY", "value": "1.00"}}, 422, "CURRENCY_NOT_SUPPORTED"),
        ({"unit__amount": {"currency_code": "usd", "value": "1.00"}}, 400, "INVALID_CURRENCY_CODE"),
    ],
)
async def test_an_order_that_is_not_as_documented_is_refused(merchant, changed, status, said):
    got, told = await merchant.call("POST", ORDERS, order(**changed))
    assert (got, issue(told)) == (status, said)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"intent":"CAPTURE","intent":"CAPTURE"}', b"\xff"])
async def test_what_is_no_json_object_is_refused(merchant, body):
    got, told = await merchant.call("POST", ORDERS, body)
    assert (got, issue(told)) == (400, "MALFORMED_REQUEST_JSON")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"authorization": None}, 401),
        ({"authorization": "Bearer made-up"}, 401),
        ({"accept": "text/html"}, 406),
        ({"content_type": "text/plain"}, 415),
        ({"paypal_request_id": None}, 400),
        ({"paypal_request_id": "x" * 109}, 400),
    ],
)
async def test_a_call_without_its_headers_is_refused(merchant, changed, status):
    assert (await merchant.call("POST", ORDERS, order(), **changed))[0] == status


async def test_a_token_is_for_whoever_has_the_secret_and_lives_nine_hours(merchant, sandbox):
    assert (await merchant.ask_token(secret="another"))[0] == 401
    assert (await merchant.ask_token(content=b"grant_type=password"))[0] == 400
    assert (await merchant.ask_token())[1]["expires_in"] == 32400
    made = (await merchant.call("POST", ORDERS, order()))[1]["id"]
    await sandbox.control("POST", "clock", {"offset_s": 9 * 3600 + 1})
    assert (await merchant.call("GET", f"{ORDERS}/{made}"))[0] == 401


async def test_one_id_is_one_order_and_never_another(merchant):
    asked, id_ = order(), number("I")
    first = await merchant.call("POST", ORDERS, asked, paypal_request_id=id_)
    second = await merchant.call("POST", ORDERS, asked, paypal_request_id=id_)
    assert (first[0], second[0], first[1]) == (201, 200, second[1])
    got, told = await merchant.call("POST", ORDERS, order(), paypal_request_id=id_)
    assert (got, issue(told)) == (422, "DUPLICATE_REQUEST_ID")


async def test_a_capture_that_was_declined_is_declined_again_under_the_same_id(merchant, sandbox):
    asked = order()
    made = (await merchant.call("POST", ORDERS, asked))[1]["id"]
    visit = {"reference": asked["purchase_units"][0]["custom_id"], "outcome": "declined"}
    await sandbox.control("POST", "channels/paypal/outcome", visit)
    id_ = number("I")
    assert (await merchant.call("POST", f"{ORDERS}/{made}/capture", {}, paypal_request_id=id_))[0] == 422
    await sandbox.control("POST", "channels/paypal/outcome", visit | {"outcome": "success"})
    got, told = await merchant.call("POST", f"{ORDERS}/{made}/capture", {}, paypal_request_id=id_)
    assert (got, issue(told)) == (422, "INSTRUMENT_DECLINED")
    assert (await merchant.call("POST", f"{ORDERS}/{made}/capture", {}))[1]["status"] == "COMPLETED"


async def test_two_orders_of_one_invoice_are_paid_once(merchant, sandbox):
    asked, told = order(), []
    for _ in range(2):
        made = (await merchant.call("POST", ORDERS, asked))[1]["id"]
        await sandbox.control("POST", "channels/paypal/outcome", {"reference": asked["purchase_units"][0]["custom_id"]})
        told.append(await merchant.call("POST", f"{ORDERS}/{made}/capture", {}))
    assert [status for status, _ in told] == [201, 422]
    assert issue(told[1][1]) == "DUPLICATE_INVOICE_ID"


async def test_a_window_of_transactions_has_a_month_at_most(merchant):
    path = "/v1/reporting/transactions?start_date={}&end_date={}"
    got, _ = await merchant.call("GET", path.format("2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z"))
    assert got == 400
    got, _ = await merchant.call("GET", path.format("2026-01-01T00:00:00Z", "2026-01-31T00:00:00Z"))
    assert got == 200


async def test_what_nobody_serves_is_refused_in_its_dialect(merchant):
    got, told = await merchant.call("GET", "/v2/checkout/nothing")
    assert (got, told["name"]) == (404, "RESOURCE_NOT_FOUND")


def test_notices_are_sent_again_twenty_five_times_within_three_days():
    assert len(SCHEDULE_S) == 25
    assert 0 <= 3 * 24 * 3600 - sum(SCHEDULE_S) < 60
