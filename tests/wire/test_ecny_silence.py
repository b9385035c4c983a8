"""Faults of e-CNY's wire: whatever does not come back under the bank's signature, or says that it does not know, decides
nothing."""

import pytest

from app.gateways.channels.base import Closed, Done, Opening, Pending, StillOpen
from tests.effort import moment_s
from tests.wire.ecny_asking import back, charge, fault, ours_for, pay, trade

WORDS = {
    "500": "SYSTERM_ERROR",
    "502": "HTTP_502",
    "429": "OPERATING_FREQUENTLY",
    "code:SYSTERM_MAINTAINING": "SYSTERM_MAINTAINING",
    "code:SIGN_ERROR": "UNSIGNED",
    "code:A_WORD_OF_NEXT_YEAR": "A_WORD_OF_NEXT_YEAR",
    "reset": "RESET",
    "bad_json": "BAD_ANSWER",
    "unsigned": "UNSIGNED",
    "wrong_signature": "UNSIGNED",
}


@pytest.fixture
async def ours(sandbox):
    sandbox.expect_refusals()
    channel = ours_for(sandbox, read_timeout_s=moment_s(0.5))
    yield channel
    await channel.aclose()


CALLS = {
    "open": lambda ours, asked, _: ours.open(asked),
    "query": lambda ours, asked, _: ours.query(trade(asked)),
    "close": lambda ours, asked, _: ours.close(trade(asked)),
    "refund": lambda ours, _, refund: ours.refund(refund),
    "refund_query": lambda ours, _, refund: ours.query_refund(refund),
}
HAVE_THEIR_EFFECT = {"reset", "bad_json", "unsigned", "wrong_signature"}


@pytest.mark.parametrize("verb", CALLS)
async def test_no_fault_of_the_wire_decides_and_the_next_call_finds_out(ours, sandbox, verb):
    """All faults on one order, one after the other: each leaves the question open, and nothing is done twice."""
    asked = charge()
    refund = back(asked, None, 62)
    if verb != "open":
        assert isinstance(await ours.open(asked), Opening)
    if verb.startswith("refund"):
        await pay(sandbox, asked.reference)
    if verb == "refund_query":
        await ours.refund(refund)
    # A close has its effect once: what comes back of it then is below.
    for kind, code in WORDS.items():
        if verb != "close" or kind not in HAVE_THEIR_EFFECT:
            await fault(sandbox, verb, kind)
            outcome = await CALLS[verb](ours, asked, refund)
            assert outcome == (StillOpen(code=code) if verb == "close" else Pending(code=code)), kind
    expected = {"open": Opening, "query": Pending, "close": Closed}.get(verb, Pending | Done)
    assert isinstance(await CALLS[verb](ours, asked, refund), expected)
    books = (await sandbox.truth())["channels"]["ecny_cmb"]
    assert (len(books["trades"]), len(books["refunds"])) == (1, verb.startswith("refund"))


@pytest.mark.parametrize("kind", sorted(HAVE_THEIR_EFFECT))
async def test_a_close_whose_answer_is_lost_is_still_open_until_it_is_asked_again(ours, sandbox, kind):
    asked = charge()
    await ours.open(asked)
    await fault(sandbox, "close", kind)
    assert await ours.close(trade(asked)) == StillOpen(code=WORDS[kind])
    assert (await ours.close(trade(asked))).code == "C"


async def test_an_answer_about_another_order_decides_nothing(ours, sandbox):
    """An answer names no question: what was truly signed for one order must not count for another."""
    first, second = charge(), charge()
    await ours.open(first)
    await ours.open(second)
    await pay(sandbox, first.reference)
    ask = ours._ask

    async def swapped(verb, content):
        return await ask(
            verb, {name: first.reference if value == second.reference else value for name, value in content.items()}
        )

    ours._ask = swapped
    assert await ours.query(trade(second)) == Pending(code="MISMATCH")
    assert await ours.open(second) == Pending(code="ORDER_PAID")
