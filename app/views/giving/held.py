"""Gifts in somebody's own account: what is left of each, every use of it, and retiring more."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import msgspec

from app import certificates, footprint, scenarios
from app.certificates import NAME_PURPOSE
from app.footprint import Calculation
from app.foundation import identity
from app.kernel import ids, mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.programmes import gifts
from app.programmes.gifts import HeldGift, NewUse, Use
from app.registry import retirements
from app.views import estimates
from app.views.giving.collecting import public_id
from app.views.orders.ordering import fit_name
from app.views.personal.figures import fit_grams
from app.views.services import Services


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """What was retired of a gift in an account, once."""

    id: Annotated[str, msgspec.Meta(examples=["gus_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    grams: int
    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    """For a visit to which."""
    emission_grams: int
    at: str
    retirement_number: str | None = None
    certificate_url: str | None = None
    """Null while it is written."""


class HeldView(msgspec.Struct, frozen=True, kw_only=True):
    """A gift that went into your account."""

    gift: Annotated[str, msgspec.Meta(examples=["gft_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    giver: str
    scene: Annotated[str, msgspec.Meta(examples=["H7QP3K"])]
    grams: int
    left_grams: int
    """Neither used, nor given on, nor promised to others."""
    left_text: str
    given_grams: int = 0
    """Of it, what another person took."""
    offered_grams: int = 0
    """Of it, what codes that stand promise to others."""
    is_from_person: bool = False
    """Somebody gave it on: it is for a visit or a figure of your own, and goes no further."""
    is_there: bool
    """False for a moment after collecting: it is yours, and a worker brings it."""
    collected_at: str
    uses: tuple[UseView, ...]
    """The newest first."""


EXAMPLE: Final = HeldView(
    gift="gft_01JD8Q9T5K3V2M7N4P6R8S0W1X", giver="示例城市总工会", scene="H7QP3K", grams=20_000, left_grams=15_458,
    left_text="15.5 kg", is_there=True, collected_at="2026-11-29T10:12:00+08:00",
    uses=(
        UseView(
            id="gus_01JD8Q9T5K3V2M7N4P6R8S0W1X", grams=4_542, scene="H7QP3K", emission_grams=4_542,
            at="2026-11-29T10:15:00+08:00", retirement_number="R-20261129-7K3M9QFX",
            certificate_url="/c/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
        ),
    ),
)  # fmt: skip


async def views(held: Sequence[HeldGift], language: Language) -> list[HeldView]:
    """These gifts with their uses, in the reader's words."""
    uses = await gifts.uses_of([one.id for one in held])
    causes = [gifts.use_cause(one.id) for one in uses]
    found = await retirements.find_by_causes(causes) if causes else {}
    issued = await certificates.of_causes(causes) if causes else {}
    scene_ids = {one.scenario_id for one in held} | {one.scenario_id for one in uses}
    scenes = await scenarios.find_many(list(scene_ids), today=estimates.today()) if scene_ids else {}
    givers = await identity.introduce([one.sponsor_id for one in held])

    def use_view(one: Use) -> UseView:
        cause = gifts.use_cause(one.id)
        return UseView(
            id=ids.public("gus", one.id), grams=one.mass_g, scene=scenes[one.scenario_id].code,
            emission_grams=one.emission_g, at=rfc3339(one.used_at),
            retirement_number=found[cause].number if cause in found else None,
            certificate_url=f"/c/{ids.public('crt', issued[cause])}" if cause in issued else None,
        )  # fmt: skip

    def view(one: HeldGift) -> HeldView:
        giver = givers[one.sponsor_id].name
        assert giver is not None, one.sponsor_id
        return HeldView(
            gift=public_id(one.id), giver=giver.in_(language), scene=scenes[one.scenario_id].code, grams=one.mass_g,
            left_grams=one.left_g, left_text=mass.text(one.left_g), given_grams=one.given_g, offered_grams=one.offered_g,
            is_from_person=one.is_from_person, is_there=one.is_there,
            collected_at=rfc3339(one.collected_at),
            uses=tuple(use_view(use) for use in uses if use.held_id == one.id),
        )  # fmt: skip

    return [view(one) for one in held]


async def use(
    held_id: UUID,
    mass_g: int,
    *,
    by: UUID,
    key: str,
    name: str,
    language: Language,
    services: Services,
    visit: tuple[UUID, Calculation] | None = None,
    figure_id: UUID | None = None,
) -> UUID:
    """Retire grams of a gift in this person's account, for a visit or for a figure that they kept.

    The name, if there is one, stands on the paper from the start.

    Raises:
        NameUnfit, NotPrintable: see `fit_name`.
        FigureUnknown: no such figure of theirs.
        MassNotOfFigure: more than the figure.
        Whatever `gifts.use_held` raises.
    """
    plain = await fit_name(name)
    whose = await gifts.whose(held_id, by=by)
    figure = (await footprint.find_figure(figure_id, by=by))[0] if figure_id is not None else None
    if figure is not None:
        fit_grams(mass_g, figure, field="/grams")
    sealed = await identity.seal(whose, plain, purpose=NAME_PURPOSE, keyring=services.keyring) if plain else None
    asked = NewUse(mass_g=mass_g, visit=visit, figure=figure, name_sealed=sealed, language=language.value)
    return await gifts.use_held(held_id, asked, by=by, key=key)
