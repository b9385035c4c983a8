"""What every channel promises on its wire, tested once for all of them: a channel's own module inherits these.

A subclass sits beside a fixture `wire` that says how its far side is made to pay, to lie and to be silent.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from app.gateways.channels.base import (
    Approved,
    Channel,
    Charge,
    Closed,
    Done,
    Method,
    NotAuthentic,
    Opening,
    Paid,
    Pending,
    RawRequest,
    Refund,
    StillOpen,
    Trade,
    Unknown,
)
from app.kernel.clock import utc_now
from app.kernel.money import Currency

AMOUNT = 62


@dataclass
class Wire:
    """A channel and its far side."""

    channel: Channel
    method: Method
    number: Any
    """Makes a reference nobody has used."""

    @property
    def currency(self) -> Currency:
        """The one its method takes."""
        (only,) = self.method.currencies
        return only

    async def pays(self, trade: Trade) -> None:
        """The payer does all that is theirs."""
        raise NotImplementedError

    async def notice(self, trade: Trade, tamper: str | None = None) -> RawRequest:
        """The payer pays, and this notice tells us; `body`, `wrong_key`, `stale` and `other_amount` tamper with it."""
        raise NotImplementedError

    async def silent(self, verb: str) -> None:
        """The next call of this verb has its effect, and no answer."""
        raise NotImplementedError

    async def opened(self) -> Trade:
        """A trade whose payer stands before it."""
        charge = self.charge()
        opening = await self.channel.open(charge)
        assert isinstance(opening, Opening), opening
        return self.trade(charge, opening)

    def charge(self) -> Charge:
        return Charge(
            reference=self.number("P"),
            description="低碳大运",
            amount_minor=AMOUNT,
            currency=self.currency,
            method=self.method.code,
            expires_at=utc_now() + timedelta(minutes=30),
            payer_ip="203.0.113.7",
            return_url="https://example.org/o/1",
        )

    def trade(self, charge: Charge, opening: Opening | None = None) -> Trade:
        return Trade(
            reference=charge.reference,
            theirs=opening.theirs if opening else None,
            method=charge.method,
            amount_minor=charge.amount_minor,
            currency=charge.currency,
            expires_at=charge.expires_at,
        )

    async def paid(self) -> tuple[Trade, Done]:
        trade = await self.opened()
        await self.pays(trade)
        word = await self.channel.query(trade)
        if isinstance(word, Approved):
            word = await self.channel.advance(trade)
        assert isinstance(word, Done), word
        return trade, word


class ChannelPromises:
    """Inherited by the test class of each channel."""

    async def test_its_name_and_methods_fit_their_columns(self, wire: Wire) -> None:
        assert 2 <= len(wire.channel.name) <= 16
        assert len(wire.channel.mark) == 1
        assert all(0 < len(method.code) <= 32 and method.places for method in wire.channel.methods)
        assert wire.method in wire.channel.methods

    async def test_what_is_opened_gives_what_its_method_says(self, wire: Wire) -> None:
        charge = wire.charge()
        opening = await wire.channel.open(charge)
        assert isinstance(opening, Opening)
        given = {"call_up": opening.call_up, "redirect": opening.redirect_url, "qr": opening.code_url}
        assert [name for name, value in given.items() if value is not None] == [wire.method.gives]
        assert await wire.channel.open(charge) == opening

    async def test_what_is_paid_is_done_with_our_amount(self, wire: Wire) -> None:
        trade, done = await wire.paid()
        assert (done.reference, done.amount_minor, done.currency) == (trade.reference, AMOUNT, wire.currency)

    async def test_taking_twice_what_was_approved_takes_it_once(self, wire: Wire) -> None:
        trade, done = await wire.paid()
        again = await wire.channel.advance(trade)
        assert isinstance(again, Done)
        assert again.transaction_id == done.transaction_id

    async def test_its_notice_says_the_same_and_reads_the_same_twice(self, wire: Wire) -> None:
        trade = await wire.opened()
        raw = await wire.notice(trade)
        first, second = await wire.channel.read_notice(raw), await wire.channel.read_notice(raw)
        assert first == second
        assert isinstance(first.outcome, Done)
        assert (first.reference, first.outcome.amount_minor, first.mismatch) == (trade.reference, AMOUNT, None)
        asked = await wire.channel.query(trade)
        assert isinstance(asked, Done)
        assert first.outcome.transaction_id == asked.transaction_id

    @pytest.mark.parametrize("tamper", ["body", "wrong_key", "stale"])
    async def test_a_notice_that_was_tampered_with_is_not_authentic(self, wire: Wire, tamper: str) -> None:
        raw = await wire.notice(await wire.opened(), tamper)
        with pytest.raises(NotAuthentic):
            await wire.channel.read_notice(raw)

    async def test_another_amount_is_told_as_it_is_for_the_room_to_refuse(self, wire: Wire) -> None:
        notice = await wire.channel.read_notice(await wire.notice(await wire.opened(), "other_amount"))
        assert notice.mismatch is not None or (
            isinstance(notice.outcome, Done) and notice.outcome.amount_minor == AMOUNT + 1
        )

    async def test_what_nobody_opened_is_unknown_and_never_paid(self, wire: Wire) -> None:
        assert isinstance(await wire.channel.query(wire.trade(wire.charge())), Unknown)

    async def test_what_is_paid_cannot_be_closed(self, wire: Wire) -> None:
        trade, _ = await wire.paid()
        assert isinstance(await wire.channel.close(trade), Paid)

    async def test_closing_what_nobody_paid_says_closed_or_still_open_and_never_paid(self, wire: Wire) -> None:
        trade = await wire.opened()
        ending = await wire.channel.close(trade)
        assert isinstance(ending, Closed | StillOpen)
        if isinstance(ending, Closed):
            assert not isinstance(await wire.channel.query(trade), Done)

    async def test_a_refund_that_is_sent_again_gives_back_once(self, wire: Wire) -> None:
        trade, done = await wire.paid()
        refund = self._refund(wire, trade, done, AMOUNT)
        await asyncio.gather(wire.channel.refund(refund), wire.channel.refund(refund))
        outcome = await self._finished(wire, refund)
        assert isinstance(outcome, Done)
        assert (outcome.reference, outcome.amount_minor) == (refund.refund_reference, AMOUNT)
        more = await wire.channel.refund(self._refund(wire, trade, done, 1))
        assert not isinstance(more, Done)

    @pytest.mark.parametrize("verb", ["open", "query", "close", "refund"])
    async def test_silence_decides_nothing_and_the_next_call_finds_out(self, wire: Wire, verb: str) -> None:
        charge = wire.charge()
        if verb == "open":
            await wire.silent(verb)
            assert isinstance(await wire.channel.open(charge), Pending)
            assert isinstance(await wire.channel.open(charge), Opening)
            return
        if verb == "refund":
            trade, done = await wire.paid()
            refund = self._refund(wire, trade, done, AMOUNT)
            await wire.silent(verb)
            assert isinstance(await wire.channel.refund(refund), Pending)
            assert isinstance(await self._finished(wire, refund), Done)
            return
        trade = await wire.opened()
        await wire.silent(verb)
        if verb == "query":
            assert isinstance(await wire.channel.query(trade), Pending)
        else:
            assert isinstance(await wire.channel.close(trade), StillOpen)

    def _refund(self, wire: Wire, trade: Trade, done: Done, amount: int) -> Refund:
        return Refund(
            reference=trade.reference,
            transaction_id=done.transaction_id,
            refund_reference=wire.number("R"),
            refund_minor=amount,
            total_minor=AMOUNT,
            currency=wire.currency,
            reason="退",
        )

    async def _finished(self, wire: Wire, refund: Refund) -> object:
        for _ in range(200):
            outcome = await wire.channel.query_refund(refund)
            if not isinstance(outcome, Pending):
                return outcome
            await asyncio.sleep(0.02)
        return outcome
