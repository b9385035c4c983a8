"""Placing an order: a visitor's, or one of several lines."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.commerce.orders.checking import check, demand_power
from app.commerce.orders.errors import KeyUsedOtherwise
from app.commerce.orders.pricing import priced, prices_of, reaching
from app.commerce.orders.reading import HoldLine, Line, LineRow, OrderFacts, RetireLine, find_placed
from app.commerce.orders.rules import (
    RESERVED_FOR_S,
    Bounds,
    NewHoldLine,
    NewLine,
    NewRetireLine,
    OrderState,
)
from app.commerce.orders.setting_aside import Quoted, keep_within, set_aside
from app.commerce.orders.writing import NewJointOrder, write
from app.gateways import faults
from app.gateways.database import again, constraint, transaction
from app.kernel.clock import Clock, beijing_day
from app.kernel.days import Period
from app.kernel.ids import uuid7
from app.kernel.mass import to_retire_g
from app.kernel.money import Currency
from app.registry import claims, credits, holdings, ledger
from app.registry.claims import ClaimFacts, NewClaim, Purpose
from app.registry.credits import Programme
from app.registry.holdings import Mix
from app.registry.holdings.mix_rules import masses

_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What a visitor asks for; mass and price are computed here, never accepted."""

    footprint_id: UUID
    scenario_id: UUID
    emission_g: int
    step_g: int
    programme: Programme
    currency: Currency
    language: str
    rate_days: int = credits.RATE_DAYS
    """How old an exchange rate may be, where the price list is in another currency."""
    least_minor: int = 1
    """The smallest amount that its payer's ways to pay take."""
    may_buy_more: bool = False
    """Where it costs less, buy as many grams as this amount is worth: its payer has been told how many."""
    name_sealed: bytes | None = None
    purpose: Purpose = Purpose.PERSONAL
    supplements: ClaimFacts | None = None
    """The visitor's own claim that this adds to, such as a gift's that covers a part of the figure."""
    group_code: str | None = None
    """Of the scene's groups, where a code that the visitor holds says one; None: the default group, or that of the claim
    it adds to."""
    besides_g: int = 0
    """Grams of it that are retired for that claim: what is ordered is the rest, at least a gram."""
    period: Period | None = None
    """The days that a kept figure is of; None: the day of the order, as of a visit."""
    mass_g: int | None = None
    """What is ordered where its buyer named it; None: the whole figure, less `besides_g`."""


async def place(
    order: NewOrder,
    *,
    by: UUID,
    key: str,
    clock: Clock,
    bounds: Bounds | None = None,
    address_key: bytes | None = None,
) -> OrderFacts:
    """Quote, set the credits aside for half an hour and write the order down, in one transaction.

    A visitor claims the day of the visit, in Beijing, not the whole event; whoever retires for a figure of their account
    claims its days. `key` is the client's own for this intent: repeated, it answers the order that stands, in whatever
    state it is now, and nothing is reserved twice.

    Within `bounds`, which every door hands in: what may not be set aside unpaid is quoted. `address_key` is the keyed
    hash of where the visitor is, known as long as the order is unpaid.

    Raises:
        TooMuchUnpaid, TooManyUnpaid: this person has orders to pay or cancel first.
        CreditsExhausted: not enough credits of the programme are open; nothing is kept.
        PriceUnknown: the programme has no price today.
        RateUnknown, RateTooOld: its price is in another currency, and no rate may be used.
        BelowLeast: it costs less than `least_minor`, and nobody has agreed to buy more.
        KeyUsedOtherwise: the key stands for an order of another scene, mass or currency.
    """
    today, root = beijing_day(clock()), order.supplements
    days = order.period or (root.period if root else Period(today, today))
    claim = NewClaim(
        purpose=order.purpose,
        scenario_id=order.scenario_id,
        footprint_id=order.footprint_id,
        beneficiary_id=by,
        name_sealed=order.name_sealed,
        period_from=days.first,
        period_to=days.last,
        emission_g=order.emission_g,
        language=order.language,
        group_code=root.group_code if root else order.group_code,
        supplements_id=root.root_id if root else None,
    )
    line = NewRetireLine(
        claim=claim,
        mass_g=order.mass_g or max(1, to_retire_g(order.emission_g, step_g=order.step_g) - order.besides_g),
        mix=Mix.only(order.programme),
    )
    joint = NewJointOrder(
        payer_id=by, lines=(line,), currency=order.currency, language=order.language, rate_days=order.rate_days,
        least_minor=order.least_minor, may_buy_more=order.may_buy_more,
    )  # fmt: skip

    def is_same(known: OrderFacts) -> bool:
        asked = (claim.scenario_id, line.mass_g, order.currency)
        # A visit's figure is kept anew by each try; a figure of an account was kept before, and is the order's identity.
        is_of_figure = order.period is None or known.footprint_id == order.footprint_id
        return is_of_figure and (known.scenario_id, known.asked_g, known.currency) == asked

    try:
        return await _place_once(joint, is_same, by=by, key=key, clock=clock, bounds=bounds, address_key=address_key)
    except holdings.CreditsExhausted as exhausted:
        exhausted.field = None  # a visitor named no lines
        raise


async def place_joint(
    order: NewJointOrder, *, by: UUID, key: str, clock: Clock, bounds: Bounds | None = None
) -> OrderFacts:
    """The same for an order of 1 to 200 lines: each retires for one beneficiary, or is held in an account of the payer.

    A preference becomes grams of each programme here, by what is open now, line after line; these are what is priced.
    All of it is set aside and priced, or none; above what its payer may set aside unpaid it is only priced (`quoted`),
    and set aside when money comes or `reserve_quoted` says so. `by` is the person who acts, `order.payer_id` the party
    that pays.

    Raises:
        LinesUnfit, MassUnfit, MixUnfit, ProgrammeNotAccepted, PeriodUnfit, MandateMissing, MandateUnfit, SubjectUnfit:
            see `check`; the field is named.
        ProfileUnused: a rule profile where nothing is claimed.
        PartyUnknown: nobody has this id as payer or beneficiary.
        AccountUnknown: an account that is not the payer's.
        RoleMissing: `by` may not order for the payer now; a repeat is refused, too.
        CreditsExhausted, PriceUnknown, RateUnknown, RateTooOld: as `place`; the first names its line.
        OrganisationTooMuchUnpaid, TooMuchUnpaid, TooManyUnpaid: the payer has orders to pay or cancel first.
        KeyUsedOtherwise: the key stands for another order.
    """
    await check(order)

    def is_same(known: OrderFacts) -> bool:
        return (order.payer_id, order.currency, len(order.lines)) == (
            known.payer_id,
            known.currency,
            len(known.lines),
        ) and all(map(_is_same_line, order.lines, known.lines))

    try:
        return await _place_once(order, is_same, by=by, key=key, clock=clock, bounds=bounds)
    except holdings.CreditsExhausted as exhausted:
        exhausted.field = f"/lines{exhausted.field or '/0'}/mix"
        raise


async def _place_once(  # noqa: C901 - one clause for each way a try may end
    order: NewJointOrder,
    is_same: Callable[[OrderFacts], bool],
    *,
    by: UUID,
    key: str,
    clock: Clock,
    bounds: Bounds | None,
    address_key: bytes | None = None,
) -> OrderFacts:
    state, tries = OrderState.PLACED, 0
    while True:
        tries += 1
        await demand_power(order.payer_id, by=by, field="/payer")
        if (known := await _known(is_same, by=by, key=key)) is not None:
            return known
        try:
            placed = await again(
                partial(_place, order, by=by, key=key, clock=clock, bounds=bounds, address_key=address_key, state=state)
            )
        except Quoted:
            state = OrderState.QUOTED  # its grams were there a moment ago, and are free again
        except _Outpaced as outpaced:
            if tries >= _TRIES:
                raise outpaced.exhausted from None
        except ledger.BalanceTooLow:
            if tries >= _TRIES:
                raise  # else: others took the last grams of a lot in between; look at what is open now
        except IntegrityError as refusal:
            if constraint(refusal) != "purchase_order_person_intent_key":
                raise  # else: the same intent, from a second tap, was faster; it is read above
        else:
            faults.reach("order.placed")
            return placed


async def _known(is_same: Callable[[OrderFacts], bool], *, by: UUID, key: str) -> OrderFacts | None:
    known = await find_placed(key, by=by)
    if known is not None and not is_same(known):
        raise KeyUsedOtherwise
    return known


async def _place(
    order: NewJointOrder,
    *,
    by: UUID,
    key: str,
    clock: Clock,
    bounds: Bounds | None,
    address_key: bytes | None,
    state: OrderState,
) -> OrderFacts:
    order_id = uuid7()
    waits = timedelta(seconds=RESERVED_FOR_S)
    if state is OrderState.QUOTED and order.payer_id != by and bounds is not None:
        waits = bounds.quoted_for  # an organisation pays by its own ways, which take days
    async with transaction() as tx:
        asked_g = sum(line.mass_g for line in order.lines)
        order, today = await reaching(order, on=beijing_day(clock()), tx=tx)
        grams = await holdings.apportion([(one.mass_g, one.mix) for one in order.lines], tx=tx)
        today = today or await prices_of(order, grams, on=beijing_day(clock()), tx=tx)
        lines = await priced(order_id, order, grams, today, tx=tx)
        placed = await write(
            order_id,
            order,
            lines,
            by=by,
            key=key,
            state=state,
            waits=waits,
            address_key=address_key,
            rate=next((one.rate for one in today.values() if one.rate), None),
            needed_g=asked_g if sum(line.mass_g for line in order.lines) > asked_g else None,
            tx=tx,
        )
        if state is OrderState.PLACED:
            try:
                await set_aside(
                    lines, accepting=[one.accepting for one in order.lines], expires_at=placed.expires_at, tx=tx
                )
            except holdings.CreditsExhausted as exhausted:
                if any(masses(one.mass_g, one.mix) is None for one in order.lines):
                    raise _Outpaced(exhausted) from None  # what was open a moment ago is gone; the preference may go on
                raise
        if bounds is not None:
            await keep_within(placed, bounds, tx=tx)  # last: others of this payer or address wait until the commit
        faults.reach("order.before_commit")
    return placed


def _is_same_line(asked: NewLine, known: Line) -> bool:
    """Mixes are told by what was asked for: what a preference comes to differs from minute to minute."""
    scheme = asked.accepting.code if asked.accepting else None
    if (asked.mass_g, scheme) != (known.mass_g, known.scheme) or not _is_same_mix(asked.mass_g, asked.mix, known):
        return False
    match asked, known:
        case NewRetireLine(), RetireLine():
            is_same = claims.is_same(asked.claim, known.claim)
            return is_same and (asked.mandate, asked.funding) == (known.mandate, known.funding)
        case NewHoldLine(), HoldLine():
            return asked.account_id == known.account_id
    return False


def _is_same_mix(mass_g: int, mix: Mix, known: LineRow) -> bool:
    if known.mix is not None:
        return str(mix) == known.mix
    return masses(mass_g, mix) == {price.programme: price.mass_g for price in known.prices}


class _Outpaced(Exception):
    """Others took what a preference had found a moment ago: look again."""

    def __init__(self, exhausted: holdings.CreditsExhausted) -> None:
        super().__init__(exhausted)
        self.exhausted = exhausted
