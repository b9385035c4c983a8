"""Figures of one's own: computed, kept in the account, and retired for through the ordinary ordering and cashier."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from app import footprint, scenarios
from app.commerce import orders
from app.footprint import Calculation, FigureFacts
from app.kernel import ids
from app.kernel.mass import GRAMS_PER_KG, exact_kg
from app.kernel.money import Currency
from app.kernel.text import Language
from app.kernel.typed import typed_number
from app.registry import claims, retirements
from app.registry.claims import Purpose
from app.registry.credits import Programme
from app.views import estimates
from app.views.personal.errors import MassNotOfFigure
from app.views.personal.typed_inputs import Typed, read_period
from app.views.services import Services

_DIGITS_MOST = 12


def of_inputs(span: footprint.Span, inputs: Mapping[str, object], *, on: str, year: int | None, today: date) -> Typed:
    """The calculator's own inputs for a day or a year; of the day or year the field is named as the interface calls it.

    Raises:
        DayUnfit: it is none that figures can be of.
        InputUnknown: `mode` or `activity_year` stand among the inputs.
    """
    said = {"span": span.value, "on": on, "activity_year": "" if year is None else str(year)}
    period = read_period(said, today=today)
    own = {"mode": span.value, "activity_year": period.first.year}
    for name in own:
        if name in inputs:
            raise footprint.InputUnknown(field=f"/{name}", name=name)
    return Typed(span, {**inputs, **own}, period)


def compute(typed: Typed, services: Services) -> Calculation:
    """The figure of what was typed, by the present factors.

    Raises:
        Invalid, RuleBroken: the first faulty input.
        NothingEmitted: nothing was filled in, or all of it is zero.
    """
    return footprint.calculate("personal", typed.inputs, services.factor_set)


async def keep(typed: Typed, *, by: UUID, key: str, services: Services) -> UUID:
    """Compute, and keep the figure in this person's account; the same key keeps one figure.

    Raises: as `compute`.
        FigureKeyUsed: the key stands for another figure.
    """
    return await footprint.keep_figure(compute(typed, services), span=typed.span, period=typed.period, by=by, key=key)


async def retired_g(figure: FigureFacts, *, of: UUID) -> int:
    """What was retired for a figure until now; 0 is a sum that was read."""
    return (await retirements.retired_for([figure.footprint_id], of=of)).get(figure.footprint_id, 0)


def typed_grams(typed: str, figure: FigureFacts) -> int:
    """Kilograms as they were typed, in grams.

    Raises:
        MassNotOfFigure: they are no such number, none, or more than the figure.
    """
    whole, _, part = (typed_number(typed, "kg", "公斤", "千克") or "").partition(".")
    if not whole or len(whole) > _DIGITS_MOST or len(part) > 3:
        raise MassNotOfFigure(field="/kg", most=exact_kg(figure.total_g))
    return fit_grams(int(whole) * GRAMS_PER_KG + int((part or "0").ljust(3, "0")), figure)


def fit_grams(mass_g: int, figure: FigureFacts, *, field: str = "/kg") -> int:
    """The grams, where they are some and no more than the figure.

    Raises:
        MassNotOfFigure: otherwise.
    """
    if not 0 < mass_g <= figure.total_g:
        raise MassNotOfFigure(field=field, most=exact_kg(figure.total_g))
    return mass_g


async def order(
    figure: FigureFacts,
    mass_g: int,
    *,
    by: UUID,
    key: str,
    language: Language,
    services: Services,
    address_key: bytes | None = None,
    currency: Currency = Currency.CNY,
    least_minor: int = 1,
    may_buy_more: bool = False,
) -> orders.OrderFacts:
    """Order grams to be retired for a kept figure, as its person's own claim (purpose personal, no event).

    A second order of a figure adds to the claim of the first.

    Raises:
        Whatever `orders.place` raises.
    """
    scene = await scenarios.personal_scene(today=estimates.today())
    assert scene.setup is not None, "it names the programme"
    root = await claims.root_of_figure(figure.footprint_id, of=by)
    return await orders.place(
        orders.NewOrder(
            footprint_id=figure.footprint_id,
            scenario_id=scene.id,
            emission_g=figure.total_g,
            step_g=1,
            programme=Programme(scene.setup.programme),
            currency=currency,
            rate_days=services.rate_days,
            least_minor=least_minor,
            may_buy_more=may_buy_more,
            language=language.value,
            purpose=Purpose.PERSONAL,
            supplements=root,
            period=figure.period,
            mass_g=mass_g,
        ),
        by=root.beneficiary_id if root else by,  # a claim's supplement is of whom the claim is
        key=key,
        clock=services.gateways.clock,
        bounds=services.bounds,
        address_key=address_key,
    )


def public_id(figure_id: UUID) -> str:
    """As a door shows it: `fig_…`."""
    return ids.public("fig", figure_id)


def figure_id(shown: str) -> UUID:
    """The figure behind `fig_…`.

    Raises:
        FigureUnknown: it is no such id at all.
    """
    uuid = ids.parse("fig", shown)
    if uuid is None:
        raise footprint.FigureUnknown
    return uuid
