"""Placing an order: a visitor's, or one of several parts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from tortoise.exceptions import IntegrityError

from app import credits, holdings, ledger
from app.credits import Programme
from app.gateways import faults
from app.gateways.database import Tx, again, constraint, fetch_one, transaction
from app.holdings import Mix
from app.holdings.mix_rules import masses
from app.kernel.clock import Clock, beijing_day
from app.kernel.ids import uuid7
from app.kernel.mass import to_retire_g
from app.kernel.money import Currency, price_minor
from app.orders.checking import check
from app.orders.demanding_power import demand_power
from app.orders.errors import KeyUsedOtherwise
from app.orders.reading import LineFacts, OrderFacts, PartFacts, find_placed
from app.orders.rules import RESERVED_FOR_S, NewPart, OrderState, part_cause
from app.orders.setting_aside import set_aside
from app.retirements import Purpose

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
    name_sealed: bytes | None = None
    purpose: Purpose = Purpose.PERSONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJointOrder:
    """What an organisation, or a person, asks for in several parts, paid as one; prices are computed here."""

    payer_id: UUID
    """The party that pays."""
    parts: tuple[NewPart, ...]
    currency: Currency
    language: str


async def place(order: NewOrder, *, by: UUID, key: str, clock: Clock) -> OrderFacts:
    """Quote, set the credits aside for half an hour and write the order down, in one transaction.

    A visitor claims the day of the visit, in Beijing, not the whole event. `key` is the client's own for this
    intent: repeated, it answers the order that stands, in whatever state it is now, and nothing is reserved twice.

    Raises:
        CreditsExhausted: not enough credits of the programme are open; nothing is kept.
        PriceUnknown: the programme has no price today.
        KeyUsedOtherwise: the key stands for an order of another scene or mass.
    """
    today = beijing_day(clock())
    part = NewPart(
        purpose=order.purpose,
        scenario_id=order.scenario_id,
        footprint_id=order.footprint_id,
        beneficiary_id=by,
        name_sealed=order.name_sealed,
        period_from=today,
        period_to=today,
        emission_g=order.emission_g,
        mass_g=to_retire_g(order.emission_g, step_g=order.step_g),
        mix=Mix.only(order.programme),
    )
    joint = NewJointOrder(payer_id=by, parts=(part,), currency=order.currency, language=order.language)

    def is_same(known: OrderFacts) -> bool:
        return (known.scenario_id, known.mass_g) == (part.scenario_id, part.mass_g)

    try:
        return await _place_once(joint, is_same, by=by, key=key, clock=clock)
    except holdings.CreditsExhausted as exhausted:
        exhausted.field = None  # a visitor named no parts
        raise


async def place_joint(order: NewJointOrder, *, by: UUID, key: str, clock: Clock) -> OrderFacts:
    """The same for an order of 1 to 200 parts: each retires for one beneficiary, from a mix of programmes.

    A preference becomes grams of each programme here, by what is open now, part after part; these are what is priced.
    All of it is set aside and priced, or none. `by` is the person who acts, `order.payer_id` the party that pays.

    Raises:
        PartsUnfit, MassUnfit, MixUnfit, ProgrammeNotAccepted, PeriodUnfit, MandateMissing, MandateUnfit, SubjectUnfit:
            see `check`; the field is named.
        ProfileUnused: a rule profile where nothing is claimed.
        PartyUnknown: nobody has this id as payer or beneficiary.
        RoleMissing: `by` may not order for the payer now; a repeat is refused, too.
        CreditsExhausted, PriceUnknown: as `place`; the first names its part.
        KeyUsedOtherwise: the key stands for another order.
    """
    await check(order.parts, payer_id=order.payer_id)

    def is_same(known: OrderFacts) -> bool:
        return _asked(order) == _stands(known) and all(map(_is_same_mix, order.parts, known.parts))

    try:
        return await _place_once(order, is_same, by=by, key=key, clock=clock)
    except holdings.CreditsExhausted as exhausted:
        exhausted.field = f"/parts{exhausted.field}/mix"
        raise


async def _place_once(
    order: NewJointOrder, is_same: Callable[[OrderFacts], bool], *, by: UUID, key: str, clock: Clock
) -> OrderFacts:
    for attempt in range(_TRIES):
        await demand_power(order.payer_id, by=by, field="/payer")
        if (known := await find_placed(key, by=by)) is not None:
            if not is_same(known):
                raise KeyUsedOtherwise
            return known
        try:
            placed = await again(lambda: _place(order, by=by, key=key, clock=clock))
        except _Outpaced as outpaced:
            if attempt == _TRIES - 1:
                raise outpaced.exhausted from None
            continue
        except ledger.BalanceTooLow:
            if attempt == _TRIES - 1:
                raise
            continue  # others took the last grams of a lot in between; look at what is open now
        except IntegrityError as refusal:
            if constraint(refusal) != "purchase_order_person_intent_key":
                raise
            continue  # the same intent, from a second tap, was faster; it is read above
        faults.reach("order.placed")
        return placed
    raise AssertionError("unreachable")


async def _place(order: NewJointOrder, *, by: UUID, key: str, clock: Clock) -> OrderFacts:
    order_id = uuid7()
    async with transaction() as tx:
        grams = await holdings.apportion([(part.mass_g, part.mix) for part in order.parts], tx=tx)
        parts = await _priced(order_id, order, grams, on=beijing_day(clock()), tx=tx)
        placed = await _write(order_id, order, parts, by=by, key=key, tx=tx)
        try:
            await set_aside(
                parts, accepting=[part.accepting for part in order.parts], expires_at=placed.expires_at, tx=tx
            )
        except holdings.CreditsExhausted as exhausted:
            if any(masses(part.mass_g, part.mix) is None for part in order.parts):
                raise _Outpaced(exhausted) from None  # what was open a moment ago is gone; the preference may go on
            raise
        faults.reach("order.before_commit")
    return placed


async def _priced(
    order_id: UUID, order: NewJointOrder, grams: Sequence[Mapping[Programme, int]], *, on: date, tx: Tx
) -> tuple[PartFacts, ...]:
    """The parts with their grams by programme and today's prices; each line is rounded up by itself."""
    prices: dict[Programme, int] = {}
    for programme in sorted({programme for own in grams for programme in own}):
        quote = await credits.quote(programme, order.parts[0].mass_g, currency=order.currency, on=on, tx=tx)
        prices[programme] = quote.per_tonne_minor
    return tuple(
        PartFacts(
            id=uuid7(),
            no=no,
            cause=part_cause(order_id, no, parts=len(order.parts)),
            purpose=part.purpose,
            scenario_id=part.scenario_id,
            subject=part.subject,
            footprint_id=part.footprint_id,
            beneficiary_id=part.beneficiary_id,
            has_name=part.name_sealed is not None,
            mandate=part.mandate,
            period_from=part.period_from,
            period_to=part.period_to,
            emission_g=part.emission_g,
            mass_g=part.mass_g,
            mix=None if part.mix.single else str(part.mix),
            scheme=part.accepting.code if part.accepting else None,
            profile=part.profile,
            lines=tuple(
                LineFacts(
                    programme=programme,
                    mass_g=mass_g,
                    per_tonne_minor=prices[programme],
                    amount_minor=price_minor(mass_g, per_tonne_minor=prices[programme]),
                )
                for programme, mass_g in own.items()
            ),
        )
        for no, (part, own) in enumerate(zip(order.parts, grams, strict=True), start=1)
    )


async def _write(
    order_id: UUID, order: NewJointOrder, parts: Sequence[PartFacts], *, by: UUID, key: str, tx: Tx
) -> OrderFacts:
    """Order, parts and lines in one statement, which the database adds up."""
    lines = [(part.id, line) for part in parts for line in part.lines]
    mass_g, amount_minor = sum(part.mass_g for part in parts), sum(line.amount_minor for _, line in lines)
    row = await fetch_one(
        "WITH o AS (INSERT INTO purchase_order (id, person_id, payer_id, intent_key, mass_g, amount_minor, currency,"
        " language, state, placed_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'placed', clock_timestamp(),"
        " clock_timestamp() + $9::interval) RETURNING placed_at, expires_at),"
        " p AS (INSERT INTO purchase_order_part (id, order_id, no, cause, purpose, scenario_id, subject, footprint_id,"
        " beneficiary_id, beneficiary_name_sealed, ground, mandate_name, mandate_sha256, period_from, period_to,"
        " emission_g, mass_g, mix, scheme, profile) SELECT t.id, $1, t.no, t.cause, t.purpose, t.scenario_id, t.subject,"
        " t.footprint_id, t.beneficiary_id, t.name, t.ground, t.document, t.sha256, t.period_from, t.period_to,"
        " t.emission_g, t.mass_g, t.mix, t.scheme, t.profile"
        " FROM unnest($10::uuid[], $11::int[], $12::text[], $13::text[], $14::uuid[], $15::text[], $16::uuid[],"
        " $17::uuid[], $18::bytea[], $19::text[], $20::text[], $21::bytea[], $22::date[], $23::date[], $24::bigint[],"
        " $25::bigint[], $31::text[], $32::text[], $33::text[]) AS t (id, no, cause, purpose, scenario_id, subject,"
        " footprint_id, beneficiary_id, name, ground, document, sha256, period_from, period_to, emission_g, mass_g, mix,"
        " scheme, profile)),"
        " l AS (INSERT INTO purchase_order_line (part_id, programme, mass_g, per_tonne_minor, amount_minor)"
        " SELECT t.part_id, t.programme, t.mass_g, t.per_tonne_minor, t.amount_minor FROM unnest($26::uuid[],"
        " $27::text[], $28::bigint[], $29::bigint[], $30::bigint[]) WITH ORDINALITY AS t (part_id, programme, mass_g,"
        " per_tonne_minor, amount_minor, at) ORDER BY t.at)"
        " SELECT placed_at, expires_at FROM o",
        order_id, by, order.payer_id, key, mass_g, amount_minor, order.currency.value, order.language,
        timedelta(seconds=RESERVED_FOR_S),
        [part.id for part in parts],
        [part.no for part in parts],
        [part.cause for part in parts],
        [part.purpose.value for part in parts],
        [part.scenario_id for part in parts],
        [part.subject for part in parts],
        [part.footprint_id for part in parts],
        [part.beneficiary_id for part in parts],
        [part.name_sealed for part in order.parts],
        [part.mandate.ground if part.mandate else None for part in parts],
        [part.mandate.document if part.mandate else None for part in parts],
        [part.mandate.sha256 if part.mandate else None for part in parts],
        [part.period_from for part in parts],
        [part.period_to for part in parts],
        [part.emission_g for part in parts],
        [part.mass_g for part in parts],
        [part_id for part_id, _ in lines],
        [line.programme.value for _, line in lines],
        [line.mass_g for _, line in lines],
        [line.per_tonne_minor for _, line in lines],
        [line.amount_minor for _, line in lines],
        [part.mix for part in parts],
        [part.scheme for part in parts],
        [part.profile for part in parts],
        tx=tx,
    )  # fmt: skip
    assert row is not None
    return OrderFacts(
        id=order_id,
        person_id=by,
        payer_id=order.payer_id,
        mass_g=mass_g,
        amount_minor=amount_minor,
        currency=order.currency,
        language=order.language,
        state=OrderState.PLACED,
        placed_at=row["placed_at"],
        expires_at=row["expires_at"],
        parts=tuple(parts),
    )


def _asked(order: NewJointOrder) -> object:
    """What a joint order is about, to compare a repeat with what stands; mixes by `_is_same_mix`."""
    parts = [
        (part.purpose, part.scenario_id, part.subject, part.beneficiary_id, part.mandate, part.period_from,
         part.period_to, part.emission_g, part.mass_g, part.accepting.code if part.accepting else None, part.profile)
        for part in order.parts
    ]  # fmt: skip
    return order.payer_id, order.currency, parts


def _stands(order: OrderFacts) -> object:
    parts = [
        (part.purpose, part.scenario_id, part.subject, part.beneficiary_id, part.mandate, part.period_from,
         part.period_to, part.emission_g, part.mass_g, part.scheme, part.profile)
        for part in order.parts
    ]  # fmt: skip
    return order.payer_id, order.currency, parts


def _is_same_mix(asked: NewPart, known: PartFacts) -> bool:
    """Told by what was asked for: what a preference comes to differs from minute to minute."""
    if known.mix is not None:
        return str(asked.mix) == known.mix
    return masses(asked.mass_g, asked.mix) == {line.programme: line.mass_g for line in known.lines}


class _Outpaced(Exception):
    """Others took what a preference had found a moment ago: look again."""

    def __init__(self, exhausted: holdings.CreditsExhausted) -> None:
        super().__init__(exhausted)
        self.exhausted = exhausted
