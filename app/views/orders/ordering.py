"""One order as a door shows it: placed from a scene, and the phase it is in, told from four rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app import certificates, footprint, scenarios
from app.certificates import NAME_PURPOSE
from app.commerce import orders, payments
from app.commerce.orders import OrderFacts, OrderState, RetireLine, cause_of
from app.commerce.payments import PaymentState, ReversalFacts
from app.foundation import fonts, identity
from app.kernel import mass
from app.kernel.clock import utc_now
from app.kernel.errors import Unavailable
from app.kernel.graphemes import graphemes, has_controls, tidied
from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.programmes import gifts
from app.registry import claims, retirements
from app.registry.credits import Programme
from app.registry.retirements import RetirementState
from app.views import estimates
from app.views.orders.order_page import OrderPhase
from app.views.services import Services

NAME_MOST: Final = 50
"""Graphemes: what a reader counts. The certificate shows as many in full, whatever they are written in."""
_POINTS_MOST: Final = 800
"""Code points; a family of four with skin tones takes eleven."""
HELD: Final = Text(zh="持有的碳信用", en="Carbon credits to hold")
"""What an order is called of which nothing is retired."""
OPEN: Final = frozenset({PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING})
"""Attempts that may still be paid."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far one line of an order is that retires."""

    retirement: retirements.RetirementStatus | None
    certificate_id: UUID | None
    figure: claims.FigureReach | None = None
    """Of an organisation's claim: how it stands by its actual figure."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an order stands."""

    order: OrderFacts
    phase: OrderPhase
    payments: list[payments.PaymentStatus]
    steps: Mapping[str, Step]
    """By cause, one for each line that retires, in the order of their numbers."""

    reversals: tuple[ReversalFacts, ...] = ()
    """What channels did about its payments without us, the earliest first."""

    @property
    def first(self) -> Step | None:
        """Of the first line that retires; a visitor's order has one."""
        return next(iter(self.steps.values()), None)

    @property
    def retirement_number(self) -> str | None:
        """Of the first line, once it is requested."""
        retirement = self.first.retirement if self.first else None
        return retirement.number if retirement else None

    @property
    def certificate_id(self) -> UUID | None:
        """Of the first line, once it is issued."""
        return self.first.certificate_id if self.first else None


async def place(
    scene: scenarios.Scene,
    *,
    mode: str,
    km: str,
    by: UUID,
    key: str,
    language: Language,
    services: Services,
    address_key: bytes | None = None,
    currency: Currency = Currency.CNY,
    least_minor: int = 1,
    may_buy_more: bool = False,
    gift_code: str = "",
) -> OrderFacts:
    """Compute, keep the figure and place the order; the same key answers the same order.

    `least_minor` and `may_buy_more` as `orders.NewOrder` has them. A `gift_code` that its holder does not use here still
    says of which of the scene's groups they are.

    Raises:
        ScenarioOver, ScenarioAhead: the scene is not open today.
        Whatever `estimates.compute` and `orders.place` raise.
    """
    estimates.demand_live(scene)
    assert scene.setup is not None, "a live scene has a setup"
    calculation = estimates.compute(scene, mode, km, services)
    footprint_id = await footprint.keep(calculation, by=by)
    return await orders.place(
        orders.NewOrder(
            footprint_id=footprint_id,
            scenario_id=scene.id,
            emission_g=calculation.total_g,
            step_g=scene.setup.step_g,
            programme=Programme(scene.setup.programme),
            currency=currency,
            rate_days=services.rate_days,
            least_minor=least_minor,
            may_buy_more=may_buy_more,
            language=language.value,
            purpose=claims.purpose_of(scene.kind, is_person=True),
            group_code=await _group_of(gift_code, scene, services),
        ),
        by=by,
        key=key,
        clock=services.gateways.clock,
        bounds=services.bounds,
        address_key=address_key,
    )


async def _group_of(gift_code: str, scene: scenarios.Scene, services: Services) -> str | None:
    if not gift_code.strip():
        return None
    return await gifts.group_of(gifts.code_hash(gift_code, keyring=services.keyring), scene.id)


async def progress(order: OrderFacts) -> Progress:
    """The order's phase: only the server's own rows decide, never what a browser came back with."""
    return (await progress_of([order]))[0]


async def progress_of(found: Sequence[OrderFacts]) -> list[Progress]:
    """The same of each of these orders, in their order; as many queries for many as for one, and none for none."""
    if not found:
        return []
    lines = [line for order in found for line in order.retire_lines]
    standings = await payments.statuses_of([cause_of(order.id) for order in found])
    requested = await retirements.find_by_causes([line.cause for line in lines])
    issued = await certificates.of_causes(list(requested)) if requested else {}
    figures = await _figures(lines, requested)
    paid = [subject for subject, tried in standings.items() if _is_paid(tried)]
    gone = await payments.list_reversals(paid) if paid else {}
    reached = []
    for order in found:
        tried = standings[cause_of(order.id)]
        steps = {
            line.cause: Step(requested.get(line.cause), issued.get(line.cause), figures.get(line.cause))
            for line in order.retire_lines
        }
        phase = _phase(order, tried, tuple(steps.values()))
        back = tuple(gone.get(cause_of(order.id), ()))
        reached.append(Progress(order=order, phase=phase, payments=tried, steps=steps, reversals=back))
    return reached


async def _figures(
    lines: Sequence[RetireLine], found: Mapping[str, retirements.RetirementStatus]
) -> dict[str, claims.FigureReach]:
    """By cause, of the organisations' claims among these lines; one query, and none for a person's order."""
    numbers = {
        line.cause: found[line.cause].number
        for line in lines
        if line.claim.beneficiary_kind is identity.PartyKind.ORGANISATION and line.cause in found
    }
    reached = await retirements.find_reach(numbers.values())
    return {cause: reached[number] for cause, number in numbers.items() if number in reached}


async def ask(at: Progress, services: Services) -> tuple[Progress, bool]:
    """Ask the channel now about the order's open payments, since somebody says that they have paid.

    Answers where the order stands then, and whether the channel was silent: it did not say itself that nothing was paid.
    """
    is_silent = False
    try:
        for standing in at.payments:
            if standing.state in OPEN:
                is_silent |= not await payments.ask(standing.id, channels=services.gateways.channels)
    except Unavailable:
        is_silent = True
    return await progress(await orders.recall(at.order.id)), is_silent


async def scene_of(order: OrderFacts) -> scenarios.Scene | None:
    """The scene of the order's first line; None where everything of it is held."""
    if order.scenario_id is None:
        return None
    return (await scenarios.find_many([order.scenario_id], today=estimates.today()))[order.scenario_id]


async def described(order: OrderFacts, language: Language) -> str:
    """What the payer reads at the channel: what for, and how much."""
    scene = await scene_of(order)
    return f"{(scene.title if scene else HELD).in_(language)} {mass.text(order.mass_g)} CO2e"


async def fit_name(name: str) -> str:
    """The name as it will stand on the certificate: blanks at its ends and doubled ones taken away.

    Raises:
        NameUnfit: too long, or with control characters.
        NotPrintable: with characters that the certificate could not show.
    """
    plain = tidied(name)
    if len(plain) > _POINTS_MOST or len(graphemes(plain)) > NAME_MOST or has_controls(plain):
        raise orders.NameUnfit(most=NAME_MOST)
    await fonts.demand({"/name": plain})
    return plain


async def name_order(order_id: UUID, name: str, *, by: UUID, services: Services) -> None:
    """Put a name on the order's certificate, sealed under its person's key; an empty one takes it off.

    Raises:
        NameUnfit, NotPrintable: see `fit_name`.
    """
    plain = await fit_name(name)
    whose = await orders.namer_of(order_id, by=by)
    sealed = await identity.seal(whose, plain, purpose=NAME_PURPOSE, keyring=services.keyring) if plain else None
    await orders.rename(order_id, by=whose, name_sealed=sealed)


async def name_of(order: OrderFacts, services: Services) -> str:
    """The name that the order has already, so that a page which is opened again does not take it off; empty where none."""
    sealed = await orders.sealed_name(order.id, by=order.person_id)
    if sealed is None:
        return ""
    name = await identity.unseal(order.person_id, sealed, purpose=NAME_PURPOSE, keyring=services.keyring)
    return name or ""


def _is_paid(standings: list[payments.PaymentStatus]) -> bool:
    """Only what was paid can have been given back or taken back."""
    return any(one.paid_at is not None for one in standings)


def _phase(order: OrderFacts, standings: list[payments.PaymentStatus], steps: tuple[Step, ...]) -> OrderPhase:
    if order.state in {OrderState.REFUNDING, OrderState.REFUNDED}:
        return OrderPhase.REFUNDING if order.state is OrderState.REFUNDING else OrderPhase.REFUNDED
    is_delivered = order.state is OrderState.PAID or bool(steps)  # what is held is in its accounts once it is paid
    if is_delivered and all(one.certificate_id is not None for one in steps):
        return OrderPhase.DONE
    if steps and all(one.retirement is not None and one.retirement.state is RetirementState.SETTLED for one in steps):
        return OrderPhase.CERTIFYING
    if order.state is OrderState.PAID or any(one.state is PaymentState.PAID for one in standings):
        return OrderPhase.RETIRING
    if order.state in {OrderState.EXPIRED, OrderState.CANCELLED}:
        return OrderPhase.CLOSED
    return _unpaid(order, standings)


def _unpaid(order: OrderFacts, standings: list[payments.PaymentStatus]) -> OrderPhase:
    """Past its time it is not at its end: until the channel has closed an attempt, somebody may just be paying it."""
    if order.expires_at > utc_now():
        return OrderPhase.UNPAID
    return OrderPhase.CONFIRMING if any(one.state in OPEN for one in standings) else OrderPhase.CLOSED
