"""Faults of the sandbox: which leave an effect behind, and what the client sees of them."""

import json
import secrets
import time

import httpx
import pytest
from wechatpayv3.async_.type import RequestType


def number() -> str:
    return "T" + secrets.token_hex(12).upper()


async def open_native(oracle, order):
    code, message = await oracle.pay(description="碳中和", out_trade_no=order, amount={"total": 100})
    return code, message


async def is_known(sandbox, order):
    return any(row["out_trade_no"] == order for row in (await sandbox.truth())["trades"])


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("500", 500, "SYSTEM_ERROR"),
        ("429", 429, "FREQUENCY_LIMITED"),
        ("code:RULE_LIMIT", 400, "RULE_LIMIT"),
    ],
)
async def test_a_named_refusal_is_signed_and_has_no_effect(kind, status, code, sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": kind})
    order = number()
    told, message = await open_native(oracle, order)
    assert (told, json.loads(message)["code"]) == (status, code)
    assert not await is_known(sandbox, order)
    assert (await open_native(oracle, order))[0] == 200  # once only


async def test_a_502_is_a_page_of_the_proxy(sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": "502", "times": 2})
    for _ in range(2):
        code, message = await open_native(oracle, number())
        assert code == 502
        assert b"<html>" in message
    assert (await open_native(oracle, number()))[0] == 200


@pytest.mark.parametrize(("kind", "known"), [("timeout_before", False), ("timeout_after", True)])
async def test_a_time_out_comes_before_or_after_the_effect(kind, known, sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": kind, "hold_s": 3})
    oracle._core._client.timeout = httpx.Timeout(0.3)
    order = number()
    with pytest.raises(httpx.ReadTimeout):
        await open_native(oracle, order)
    assert await is_known(sandbox, order) is known


async def test_a_reset_cuts_the_answer_after_the_effect(sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": "reset"})
    order = number()
    with pytest.raises(httpx.RemoteProtocolError):
        await open_native(oracle, order)
    assert await is_known(sandbox, order)


async def test_a_trickle_takes_its_time_and_is_whole(sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": "trickle", "hold_s": 0.6})
    began = time.monotonic()
    code, message = await open_native(oracle, number())
    assert code == 200
    assert "code_url" in json.loads(message)
    assert time.monotonic() - began >= 0.6


@pytest.mark.parametrize("kind", ["unsigned", "wrong_signature"])
async def test_an_answer_without_a_good_signature_is_not_believed(kind, sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": kind})
    order = number()
    with pytest.raises(Exception, match=r"signature|algorithm"):
        await open_native(oracle, order)
    assert await is_known(sandbox, order)


async def test_bad_json_is_truly_signed(sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "native", "kind": "bad_json"})
    code, message = await open_native(oracle, number())
    assert code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(message)


async def test_a_fault_meets_its_own_route_only(sandbox, oracle):
    await sandbox.control("POST", "fault", {"route": "close", "kind": "500"})
    order = number()
    assert (await open_native(oracle, order))[0] == 200
    assert (await oracle.close(order))[0] == 500
    assert (await oracle.close(order))[0] == 204


async def test_the_form_of_a_request_is_checked_through_a_fault(sandbox, oracle):
    sandbox.expect_refusals()
    await sandbox.control("POST", "fault", {"route": "*", "kind": "502"})
    oracle._core._cert_serial_no = "0" * 40
    code, _ = await oracle._core.request("/v3/certificates", method=RequestType.GET)
    assert code == 401


@pytest.mark.parametrize("form", [{"route": "nowhere", "kind": "500"}, {"route": "native", "kind": "sabotage"}])
async def test_an_unknown_fault_is_not_taken(form, sandbox):
    with pytest.raises(AssertionError, match="400"):
        await sandbox.control("POST", "fault", form)
