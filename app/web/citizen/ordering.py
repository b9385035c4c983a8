"""One order as a door shows it: placed from a scene, and the phase it is in, told from four rooms."""

from dataclasses import dataclass
from uuid import UUID

from app import certificates, footprint, identity, orders, payments, retirements, scenarios
from app.certificates import NAME_PURPOSE
from app.credits import Programme
from app.kernel.clock import utc_now
from app.kernel.money import Currency
from app.kernel.text import Language
from app.orders import OrderFacts, OrderState, cause_of
from app.payments import PaymentState
from app.web.citizen import figuring
from app.web.citizen.views import OrderPhase
from app.web.house import House

NAME_LENGTH_MAX = 40


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an order stands."""

    order: OrderFacts
    phase: OrderPhase
    payments: list[payments.Standing]
    retirement_number: str | None
    certificate_id: UUID | None


async def place(
    scene: scenarios.Scene, *, mode: str, km: str, by: UUID, key: str, language: Language, house: House
) -> OrderFacts:
    """Compute, keep the figure and place the order; the same key answers the same order.

    Raises:
        ScenarioOver, ScenarioAhead: the scene is not open today.
        Whatever `figuring.compute` and `orders.place` raise.
    """
    match scene.phase:
        case scenarios.Phase.OVER:
            raise scenarios.ScenarioOver
        case scenarios.Phase.AHEAD:
            raise scenarios.ScenarioAhead
        case scenarios.Phase.LIVE:
            pass
    assert scene.setup is not None, "a live scene has a setup"
    calculation = figuring.compute(scene, mode, km, house)
    footprint_id = await footprint.keep(calculation, by=by)
    return await orders.place(
        orders.NewOrder(
            footprint_id=footprint_id,
            scenario_id=scene.id,
            emission_g=calculation.total_g,
            step_g=scene.setup.step_g,
            programme=Programme(scene.setup.programme),
            currency=Currency.CNY,
            language=language.value,
        ),
        by=by,
        key=key,
        clock=house.gateways.clock,
    )


async def progress(order: OrderFacts) -> Progress:
    """The order's phase: only the server's own rows decide, never what a browser came back with."""
    cause = cause_of(order.id)
    standings = await payments.standing(cause)
    retirement = await retirements.find_by_cause(cause)
    certificate_id = await certificates.of_cause(cause) if retirement else None
    return Progress(
        order=order,
        phase=_phase(order, standings, retirement, certificate_id),
        payments=standings,
        retirement_number=retirement.number if retirement else None,
        certificate_id=certificate_id,
    )


async def ask(progress: Progress, house: House) -> None:
    """Ask the channel now about the order's open payments: somebody says that they have paid."""
    for standing in progress.payments:
        if standing.state in {PaymentState.CREATED, PaymentState.PENDING, PaymentState.CLOSING}:
            await payments.ask(standing.id, channels=house.gateways.channels)


def fit_name(name: str) -> str:
    """The name as it will stand on the certificate: blanks at its ends and doubled ones taken away.

    Raises:
        NameUnfit: too long, or with characters that cannot be printed.
    """
    plain = " ".join(name.split())
    if len(plain) > NAME_LENGTH_MAX or not plain.isprintable():
        raise orders.NameUnfit
    return plain


async def name_order(order_id: UUID, name: str, *, by: UUID, house: House) -> None:
    """Put a name on the order's certificate, sealed under its person's key; an empty one takes it off.

    Raises:
        NameUnfit: see `fit_name`.
    """
    plain = fit_name(name)
    sealed = await identity.seal(by, plain, purpose=NAME_PURPOSE, keyring=house.keyring) if plain else None
    await orders.rename(order_id, by=by, name_sealed=sealed)


def _phase(
    order: OrderFacts,
    standings: list[payments.Standing],
    retirement: retirements.Standing | None,
    certificate_id: UUID | None,
) -> OrderPhase:
    if certificate_id is not None:
        return OrderPhase.DONE
    if retirement is not None and retirement.state is retirements.RetirementState.SETTLED:
        return OrderPhase.CERTIFYING
    if order.state in {OrderState.REFUNDING, OrderState.REFUNDED}:
        return OrderPhase.REFUNDED
    if order.state is OrderState.PAID or any(one.state is PaymentState.PAID for one in standings):
        return OrderPhase.RETIRING
    if order.state in {OrderState.EXPIRED, OrderState.CANCELLED} or order.expires_at <= utc_now():
        return OrderPhase.CLOSED
    return OrderPhase.UNPAID
