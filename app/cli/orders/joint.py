"""Joint orders from the terminal: read from a file as the API reads its body, looked at, placed, opened for payment."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from app import scenarios, wiring
from app.cli.listing import Listed
from app.cli.setup import database
from app.cli.signing_in import acting
from app.commerce import orders, payments
from app.commerce.orders import NewJointOrder, OrderFacts, Quotation
from app.commerce.payments import ChannelRefused, MethodUnavailable, PaymentOver
from app.foundation import identity
from app.foundation.identity import OrganisationCard, PartyCard
from app.gateways.channels.base import Opening
from app.gateways.channels.methods import Circumstances, Offer, Place
from app.gateways.channels.table import find_kind
from app.kernel.clock import beijing_day, utc_now
from app.kernel.errors import Unavailable
from app.kernel.ids import public
from app.kernel.text import Language
from app.registry import holdings
from app.registry.holdings import Recognition
from app.scenarios import Scene
from app.views import decoding, facts
from app.views.ids import order_id as known_order
from app.views.orders import ordering as door
from app.views.orders.joint import JointOrderForm, read_joint
from app.views.orders.lines import lines_of
from app.views.orders.order_lines import LinesShown
from config.places import RECOGNITION
from config.settings import Settings

Who = tuple[str, str]
"""Email and password."""
_ORDERS: Final = "ord"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the order in a file asks for, and what it would take now."""

    asked: NewJointOrder
    quotation: Quotation
    parties: dict[UUID, PartyCard]
    scenes: dict[UUID, Scene]
    key: str
    placed: OrderFacts | None
    """The order that stands under this key already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An order with where each of its lines stands."""

    progress: door.Progress
    lines: LinesShown
    number: str
    public_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """An order that waits for money, and how it is paid."""

    shown: Shown
    offer: Offer | None
    """How it is paid; None: no way to pay works at a terminal."""
    opening: Opening | None
    """What the payer needs for it; None: see `silence`."""
    till_url: str | None
    """In a rehearsal the page that stands for a phone."""
    silence: str | None
    """Why there is no code, in the reader's language."""


def read_form(raw: bytes) -> JointOrderForm:
    """The order that a file says.

    Raises:
        Invalid: no JSON, or a field of another form; the field is named.
    """
    try:
        form: JointOrderForm = decoding.decode(raw, JointOrderForm)
    except msgspec.MsgspecError as fault:
        raise facts.as_fact(fault) from fault
    return form


def key_of(form: JointOrderForm) -> str:
    """One key for what the file says, however its lines are broken."""
    said = msgspec.json.encode(form, order="deterministic")
    said = said.replace(
        b'"currency":"CNY",', b"", 1
    )  # of a file from before there was a choice, the key stays what it was
    return f"file-{sha256(said).hexdigest()[:40]}"


async def look(settings: Settings, raw: bytes, language: Language, *, who: Who | None, key: str | None) -> Looked:
    """What would be ordered; nothing is held, nobody is charged.

    Raises:
        Invalid, NotFound, RuleBroken: what the file says cannot be ordered; the field is named.
        WrongCredentials, RoleMissing: of `who`, where somebody signs in.
    """
    form = read_form(raw)
    key = key or key_of(form)
    async with database(settings), signed_in(settings, who) as person_id:
        asked = await read_joint(
            form,
            by=person_id,
            recognition=_recognition(settings),
            profiles=wiring.profiles(settings),
            rate_days=settings.exchange_rate_days,
            language=language,
        )
        quotation = await orders.quote_joint(asked, clock=utc_now)
        return Looked(
            asked=asked,
            quotation=quotation,
            parties=dict(
                await identity.introduce([asked.payer_id, *(line.claim.beneficiary_id for line in asked.retire_lines)])
            ),
            scenes=await scenarios.find_many(
                [line.claim.scenario_id for line in asked.retire_lines], today=beijing_day(utc_now())
            ),
            key=key,
            placed=await orders.find_placed(key, by=person_id) if person_id else None,
        )


async def place(
    settings: Settings, raw: bytes, language: Language, *, who: Who, key: str | None, method: str | None = None
) -> Placed:
    """Place the order and open its payment; a repeat answers the same order.

    Raises:
        As `look`, and CreditsExhausted, PriceUnknown, KeyUsedOtherwise.
    """
    form = read_form(raw)
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        asked = await read_joint(
            form,
            by=person_id,
            recognition=_recognition(settings),
            profiles=wiring.profiles(settings),
            rate_days=settings.exchange_rate_days,
            language=language,
        )
        order = await orders.place_joint(
            asked, by=person_id, key=key or key_of(form), clock=utc_now, bounds=wiring.bounds(settings)
        )
        return await _open(settings, order, person_id, language, method)


async def open_again(
    settings: Settings, number: str, language: Language, *, who: Who, method: str | None = None
) -> Placed:
    """The code of an order that waits for money, or where to transfer it to; `method` is its key, else the likeliest.

    Raises:
        OrderUnknown: no such order, or somebody else's.
        OrderOver: it is paid, expired or cancelled.
    """
    order_id = known_order(number)
    async with database(settings), signed_in(settings, who) as person_id:
        assert person_id is not None
        order = await orders.find(order_id, by=person_id)
        if order.state not in orders.UNPAID or order.expires_at <= utc_now():
            raise orders.OrderOver
        return await _open(settings, order, person_id, language, method)


async def parties(settings: Settings, words: str, *, limit: int) -> Listed[OrganisationCard]:
    """The organisations in whose name the words stand, by name."""
    async with database(settings):
        found = await identity.list_organisations(words, limit=limit)
        return Listed(found, await identity.count_organisations(words))


async def show(settings: Settings, number: str, language: Language) -> Shown:
    """An order, whoever placed it, with where its lines stand.

    Raises:
        OrderUnknown: no such order.
    """
    order_id = known_order(number)
    async with database(settings):
        return await _shown(settings, await orders.recall(order_id), language)


async def _open(
    settings: Settings, order: OrderFacts, person_id: UUID, language: Language, method: str | None
) -> Placed:
    shown = await _shown(settings, order, language)
    if order.state not in orders.UNPAID:
        return Placed(shown=shown, offer=None, opening=None, till_url=None, silence=None)
    gateways = wiring.gateways(settings)
    offer, opening, silence = None, None, None
    try:
        here = Circumstances(
            place=Place.TERMINAL,
            language=language,
            currency=order.currency,
            amount_minor=order.amount_minor,
            knows_payer=False,
            for_organisation=order.is_of_organisation,
        )
        offer = payments.choose(gateways.channels, method) if method else payments.first(gateways.channels, here)
        opening = await orders.pay(
            order.id,
            orders.Way(channel=offer.channel, method=offer.method),
            by=person_id,
            description=await door.described(order, language),
            channels=gateways.channels,
        )
        shown = await _shown(settings, await orders.find(order.id, by=person_id), language)  # it may wait longer now
    except (MethodUnavailable, orders.AbroadNotAgreed, ChannelRefused, PaymentOver) as fact:
        silence = fact.message().in_(language)
    except Unavailable as silent:
        silence = facts.as_fact(silent).message().in_(language)
    finally:
        await gateways.aclose()
    kind = find_kind(offer.channel) if offer else None
    till_url = kind.rehearsal_url(opening, settings.sandbox_url, back="") if kind and opening else None
    return Placed(shown=shown, offer=offer, opening=opening, till_url=till_url, silence=silence)


async def _shown(settings: Settings, order: OrderFacts, language: Language) -> Shown:
    progress = await door.progress(order)
    return Shown(
        progress=progress,
        lines=await lines_of(progress, language, _recognition(settings), most=None),
        number=public(_ORDERS, order.id),
        public_url=settings.public_url,
    )


async def _read(settings: Settings, form: JointOrderForm, *, by: UUID | None, language: Language) -> NewJointOrder:
    return await read_joint(
        form,
        by=by,
        recognition=_recognition(settings),
        profiles=wiring.profiles(settings),
        rate_days=settings.exchange_rate_days,
        language=language,
    )


def _recognition(settings: Settings) -> Recognition:
    return holdings.load_recognition(RECOGNITION / f"{settings.recognition}.csv")


@contextlib.asynccontextmanager
async def signed_in(settings: Settings, who: Who | None) -> AsyncIterator[UUID | None]:
    """The person behind an email and a password, signed out again at the end; None for nobody."""
    if who is None:
        yield None
        return
    async with acting(settings, who) as person_id:
        yield person_id
