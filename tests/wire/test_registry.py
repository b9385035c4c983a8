"""DRP-1 against the sandbox's registry: real signatures, every way to tamper, silence, repeats, final noes."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from app.gateways.registries.base import Cancelled, NeverHeard, Pending, Refused
from app.gateways.registries.drp import DrpKeys, signing
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import Unavailable
from app.sandbox import registry_keys
from tests.effort import moment_s
from tests.wire.registry_asking import issue, ours_for, wanted


@pytest.fixture
async def ours(sandbox):
    await issue(sandbox)
    one = ours_for(sandbox)
    yield one
    await one.aclose()


async def fault(sandbox, kind, route="submit", **more):
    await sandbox.control("POST", "registry/fault", {"route": route, "kind": kind} | more)


async def books(sandbox):
    return (await sandbox.control("GET", "registry/truth"))["cancellations"]


async def test_tonnes_are_cancelled_with_a_receipt_that_stands_by_itself(ours, sandbox):
    request = wanted()
    done = await ours.submit(request)
    assert isinstance(done, Cancelled)
    (row,) = await books(sandbox)
    assert (row["reference"], row["first"], row["last"], row["number"]) == (
        request.reference,
        1,
        3,
        done.receipt.number,
    )
    assert done.receipt.cancelled_on == beijing_day(utc_now())
    keys = registry_keys.ensure(sandbox.folder)
    key = signing.public_key(keys.registry_public_pem)
    assert signing.holds(key, signing.receipt_message(done.receipt.text), done.receipt.signature)
    assert not signing.holds(key, signing.receipt_message(done.receipt.text + " "), done.receipt.signature)


async def test_a_repeat_under_one_reference_is_one_cancellation(ours, sandbox):
    request = wanted()
    answers = [await ours.submit(request) for _ in range(3)] + [await ours.query(request)]
    assert len({answer.receipt.number for answer in answers}) == 1
    assert len(await books(sandbox)) == 1


async def test_an_order_that_reaches_the_desk_twice_is_one_cancellation(ours, sandbox):
    await fault(sandbox, "duplicate")
    assert isinstance(await ours.submit(wanted()), Cancelled)
    assert len(await books(sandbox)) == 1


async def test_a_reference_is_never_used_for_other_content(ours, sandbox):
    request = wanted()
    await ours.submit(request)
    other = wanted(first=4, last=4, reference=request.reference)
    assert await ours.submit(other) == Pending(code="REFERENCE_REUSED")
    assert await ours.query(other) == Pending(code="RECEIPT_MISMATCH")
    assert len(await books(sandbox)) == 1


async def test_what_was_never_sent_was_never_heard(ours):
    assert await ours.query(wanted()) == NeverHeard()


@pytest.mark.parametrize(
    ("first", "last", "serial", "code"),
    [
        (100, 101, None, "UNITS_UNKNOWN"),
        (1, 1, "CDCER-2020-0001-1-9", "UNITS_UNKNOWN"),
        (50, 60, None, "UNITS_CANCELLED"),
    ],
)
async def test_units_that_cannot_be_cancelled_are_a_final_no(ours, sandbox, first, last, serial, code):
    await ours.submit(wanted(first=55, last=55))
    answer = await ours.submit(wanted(first=first, last=last, **({"serial": serial} if serial else {})))
    assert isinstance(answer, Refused)
    assert answer.code == code


async def test_units_of_another_account_are_a_final_no(ours, sandbox):
    await issue(sandbox, serial="CDCER-2024-0009-1-5", first=1, last=5, account="DRP-SANDBOX-ACCOUNT-2")
    answer = await ours.submit(wanted(first=1, last=1, serial="CDCER-2024-0009-1-5"))
    assert isinstance(answer, Refused)
    assert answer.code == "UNITS_NOT_HELD"


FORGED = ["unsigned", "wrong_signature", "unknown_key", "stale", "other_question", "body"]


@pytest.mark.parametrize("kind", FORGED)
@pytest.mark.parametrize("route", ["submit", "query"])
async def test_an_answer_that_is_not_the_registrys_own_says_nothing(ours, sandbox, kind, route):
    request = wanted()
    if route == "query":
        await ours.submit(request)
    await fault(sandbox, kind, route)
    assert await getattr(ours, route)(request) == Pending(code="UNSIGNED")
    assert isinstance(await ours.query(request), Cancelled)  # it was done all the same


async def test_a_signed_answer_under_another_status_says_nothing(ours, sandbox):
    await fault(sandbox, "other_status")
    assert await ours.submit(wanted()) == Pending(code="UNSIGNED")


async def test_a_forged_refusal_is_no_refusal(ours, sandbox):
    await ours.submit(wanted(first=1, last=1))
    await fault(sandbox, "wrong_signature")
    assert await ours.submit(wanted(first=1, last=1)) == Pending(code="HTTP_422")


@pytest.mark.parametrize("kind", ["receipt_signature", "receipt_body"])
async def test_a_receipt_under_another_signature_proves_nothing(ours, sandbox, kind):
    await fault(sandbox, kind)
    assert await ours.submit(wanted()) == Pending(code="RECEIPT_UNSIGNED")


@pytest.mark.parametrize(
    "kind",
    ["receipt_reference", "receipt_tonnes", "receipt_range", "receipt_serial", "receipt_account", "receipt_registry"],
)
async def test_a_true_receipt_about_something_else_proves_nothing(ours, sandbox, kind):
    await fault(sandbox, kind)
    assert await ours.submit(wanted()) == Pending(code="RECEIPT_MISMATCH")


async def test_a_receipt_in_another_form_and_none_at_all_prove_nothing(ours, sandbox):
    await fault(sandbox, "receipt_field")
    assert await ours.submit(wanted()) == Pending(code="RECEIPT_UNREADABLE")
    await fault(sandbox, "no_receipt")
    assert await ours.submit(wanted(first=9, last=9)) == Pending(code="BAD_ANSWER")


async def test_a_final_no_is_believed_and_another_no_is_not_taken_for_one(ours, sandbox):
    await fault(sandbox, "refusal:ACCOUNT_CLOSED")
    assert isinstance(await ours.submit(wanted()), Refused)
    await fault(sandbox, "refusal:TRY_TOMORROW")
    assert await ours.submit(wanted()) == Pending(code="TRY_TOMORROW")
    await fault(sandbox, "500")
    assert await ours.submit(wanted()) == Pending(code="FAILED")


async def test_silence_before_and_after_the_effect_look_alike_and_are_told_apart_by_asking(ours, sandbox):
    await issue(sandbox)
    hurried = ours_for(sandbox, read_timeout_s=moment_s(0.2))
    lost, done = wanted(first=1, last=1), wanted(first=2, last=2)
    await fault(sandbox, "silence_before", hold_s=moment_s(0.5))
    assert await hurried.submit(lost) == Pending(code="TIMEOUT")
    await fault(sandbox, "silence_after", hold_s=moment_s(0.5))
    assert await hurried.submit(done) == Pending(code="TIMEOUT")
    assert await ours.query(lost) == NeverHeard()
    assert isinstance(await ours.query(done), Cancelled)
    await hurried.aclose()


async def test_what_was_accepted_is_final_later(ours, sandbox):
    request = wanted()
    await fault(sandbox, "delay", hold_s=20)
    assert await ours.submit(request) == Pending(code="ACCEPTED")
    await asyncio.sleep(0.25)
    assert isinstance(await ours.query(request), Cancelled)


async def test_without_a_connection_nothing_was_sent(sandbox):
    ours = ours_for(sandbox, base_url="http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await ours.submit(wanted())
    await ours.aclose()


# ---- what the registry refuses of us --------------------------------------------------------------------------------


async def test_another_account_key_or_clock_is_refused_and_takes_no_effect(ours, sandbox):
    sandbox.expect_refusals()
    stranger = registry_keys.fresh_private_pem()
    for changed in ({"account": "X"}, {"key_id": "X"}, {"private_key": stranger}):
        other = ours_for(sandbox, **changed)
        answer = await other.submit(wanted())
        assert isinstance(answer, Pending)
        await other.aclose()
    late = ours_for(sandbox, clock=lambda: utc_now() - timedelta(minutes=6))
    assert isinstance(await late.submit(wanted()), Pending)
    await late.aclose()
    assert await books(sandbox) == []
    assert {row["code"] for row in await sandbox.refusals()} == {"ACCOUNT", "KEY", "SIGNATURE", "TIMESTAMP"}


async def test_a_request_is_taken_once_and_only_as_it_was_signed(ours, sandbox):
    sandbox.expect_refusals()
    request = ours._signed("GET", "/drp/1/cancellations/UC-1", None, "a" * 32)
    async with httpx.AsyncClient(trust_env=False) as client:
        first, again = await client.send(request), await client.send(request)
        moved = ours._signed("GET", "/drp/1/cancellations/UC-1", None, "b" * 32)
        moved.url = httpx.URL(sandbox.url + "/drp/1/cancellations/UC-2")
        other = await client.send(moved)
        changed = ours._signed("POST", "/drp/1/cancellations", {"reference": "UC-1"}, "c" * 32)
        body = httpx.Request("POST", changed.url, headers=changed.headers, content=b'{"reference":"UC-2"}')
        altered = await client.send(body)
    assert first.json()["code"] == "NEVER_HEARD"
    assert [answer.json()["code"] for answer in (again, other, altered)] == ["REPLAYED", "SIGNATURE", "SIGNATURE"]


@pytest.mark.parametrize(
    "change", [{"tonnes": 4}, {"first": "1"}, {"first": -1}, {"beneficiary": ""}, {"extra": 1}, {"last": 0}]
)
async def test_another_form_of_an_order_is_refused_by_its_field(ours, sandbox, change):
    sandbox.expect_refusals()
    request = wanted()
    body = {
        "reference": request.reference, "programme": "CDCER", "serial": request.serial, "first": 1, "last": 3,
        "tonnes": 3, "beneficiary": "x",
    } | change  # fmt: skip
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.send(ours._signed("POST", "/drp/1/cancellations", body, f"{len(str(body)):032x}"))
    assert answer.status_code == 400
    assert await books(sandbox) == []


def test_keys_of_another_kind_are_refused_before_anything_is_sent(tmp_path):
    keys = registry_keys.ensure(tmp_path)
    given = {
        "registry": "R", "account": "A", "key_id": "K", "private_key": keys.client_private_pem,
        "registry_keys": {"R1": keys.registry_public_pem}, "base_url": "http://127.0.0.1:9",
    }  # fmt: skip
    DrpKeys(**given)
    for wrong in ({"private_key": "none"}, {"registry_keys": {}}, {"registry_keys": {"R1": "none"}}):
        with pytest.raises(ValueError, match=r"key|PEM"):
            DrpKeys(**given | wrong)
