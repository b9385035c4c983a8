"""The H5 page of a gift in one's own account: what is left, retiring of it, and the certificate of each use."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

from litestar import Request, Response, Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from app import footprint, scenarios
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.mass import GRAMS_PER_KG, exact_kg
from app.kernel.text import Language, Text
from app.kernel.typed import typed_number
from app.programmes import gifts
from app.programmes.gifts import HeldGift
from app.views import estimates
from app.views.errors import FormExpired
from app.views.giving import collecting, held, logos
from app.views.giving.collecting import gift_id
from app.views.page import Page
from app.views.personal import figures
from app.views.personal.calculator import figure_title
from app.views.scene import LogoShown
from app.views.services import Services
from app.web.kit.responses import html, problems
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_REFRESH_S: Final = 2
_TYPED_MAX: Final = 200
UNFIT: Final = Text(
    zh="请填写大于 0 的千克数，最多三位小数。",
    en="Please give a number of kilograms above 0, with at most three decimals.",
)
_DIGITS_MOST: Final = 7
_FIGURES: Final = 12
_USES: Final = limited("use_gift", 30, is_exact=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseShown:
    """One use, and the way to its certificate."""

    mass_g: int
    at: datetime
    url: str | None
    """None while the certificate is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChoice:
    """A day or year of one's own that the grams may be retired for."""

    id: str
    title: str
    mass_g: int
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldPage(Page):
    """A gift in one's account. The form goes by POST to `{here}/use` with `kg`, `name`, `figure`, `intent`, `csrf_token`."""

    template: ClassVar[str] = "citizen/held.html"

    gift_id: str
    title: str
    scene_url: str
    giver: str
    logo: LogoShown | None = None
    mass_g: int
    left_g: int
    left_kg: str
    """The same as it may be typed: `2.031 kg`."""
    given_g: int
    offered_g: int
    is_from_person: bool
    """Somebody gave it on: it is retired for a figure of one's own."""
    figures: tuple[FigureChoice, ...]
    """None of them chosen: the visit for which it was collected."""
    emission_g: int
    collected_at: datetime
    is_there: bool
    uses: tuple[UseShown, ...]
    papers: int
    """How many certificates are there."""
    kg: str
    kg_fault: str | None = None
    name: str = ""
    name_fault: str | None = None
    notice: str | None = None
    intent: str
    csrf_token: str
    refresh_s: int | None
    """Something is on its way: the account's grams, or a certificate."""
    ring: Markup


@post("/g/{gift:str}/use", include_in_schema=False, guards=[guards.signed_in, forms.own_pages_only], status_code=303)
async def use_gift(
    request: Request[Any, Any, Any],
    gift: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Retire as many kilograms as were typed; what cannot be is said at its field, and what was typed stays."""
    uuid = gift_id(gift)
    one = await find_held(uuid, by=session.person_id)
    kg, name, intent, chosen = (data.get(field, "") for field in ("kg", "name", "intent", "figure"))
    typed = Typed(kg=kg, name=name, figure=chosen)
    try:
        if (counted := _USES(request, request.scope["route_handler"])) is not None:
            await counted
        if not forms.is_genuine(data.get(forms.FIELD, ""), f"{gift} {intent}", key=services.form_key):
            raise FormExpired
        mass_g = grams_of(kg)
        if mass_g is None:
            page = await page_of(one, session.person_id, language, services, typed, kg_fault=UNFIT.in_(language))
            return html.page(page, language, status=422)
        await held.use(
            uuid, mass_g, by=session.person_id, key=intent, name=name, language=language, services=services,
            figure_id=figures.figure_id(chosen) if chosen else None,
        )  # fmt: skip
    except DomainError as fact:
        said = {fact.field: fact.message().in_(language)}
        page = await page_of(
            one, session.person_id, language, services, typed, kg_fault=said.get("/grams"), name_fault=said.get("/name"),
            notice=None if fact.field in {"/grams", "/name"} else said[fact.field],
        )  # fmt: skip
        return html.page(page, language, status=problems.status_of(type(fact)))
    return Redirect(f"/g/{collecting.public_id(uuid)}", status_code=303)


async def find_held(held_id: UUID, *, by: UUID) -> HeldGift:
    """A gift in this person's account, collected by them or given to them by somebody.

    Raises:
        CollectionUnknown: there is none of theirs.
    """
    found = await gifts.held_by(by, held_id=held_id)
    if not found:
        raise gifts.CollectionUnknown
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form."""

    kg: str | None = None
    name: str = ""
    figure: str = ""


async def page_of(
    one: HeldGift,
    person_id: UUID,
    language: Language,
    services: Services,
    typed: Typed = Typed(),
    *,
    logo: gifts.Logo | None = None,
    kg_fault: str | None = None,
    name_fault: str | None = None,
    notice: str | None = None,
) -> HeldPage:
    """The page as the account stands now; the form begins with what the visit needs, as far as there is any."""
    one = await find_held(one.id, by=person_id)
    (told,) = await held.views([one], language)
    scene = (await scenarios.find_many([one.scenario_id], today=estimates.today()))[one.scenario_id]
    shown, intent = told.gift, str(ids.uuid7())
    uses = tuple(
        UseShown(mass_g=use.grams, at=datetime.fromisoformat(use.at), url=use.certificate_url) for use in told.uses
    )
    usual_g = min(one.left_g, max(0, one.emission_g - one.used_g) or one.left_g)
    return HeldPage(
        here=f"/g/{shown}",
        sandbox=services.issuer.is_sandbox,
        gift_id=shown,
        title=scene.title.in_(language),
        scene_url=f"/s/{scene.code}",
        giver=told.giver,
        logo=logos.shown(logo),
        mass_g=one.mass_g,
        left_g=one.left_g,
        left_kg=f"{exact_kg(one.left_g)} kg",
        given_g=one.given_g,
        offered_g=one.offered_g,
        is_from_person=one.is_from_person,
        figures=tuple(
            FigureChoice(
                id=(id_ := figures.public_id(each.id)),
                title=figure_title(each, language),
                mass_g=each.total_g,
                is_chosen=id_ == typed.figure,
            )
            for each in await footprint.list_figures(person_id, limit=_FIGURES)
            if each.is_newest
        ),
        emission_g=one.emission_g,
        collected_at=one.collected_at,
        is_there=one.is_there,
        uses=uses,
        papers=sum(use.url is not None for use in uses),
        kg=exact_kg(usual_g).replace(",", "") if typed.kg is None else typed.kg[:_TYPED_MAX],
        kg_fault=kg_fault,
        name=typed.name[:_TYPED_MAX],
        name_fault=name_fault,
        notice=notice,
        intent=intent,
        csrf_token=forms.token(f"{shown} {intent}", key=services.form_key),
        refresh_s=_REFRESH_S if not one.is_there or any(use.url is None for use in uses) else None,
        ring=estimates.ring(str(one.id), max(1, 100 * one.left_g // one.mass_g) if one.left_g else 0),
    )


def grams_of(typed: str) -> int | None:
    """Kilograms as they were typed, in grams; None where they are none."""
    whole, _, part = (typed_number(typed, "kg", "公斤", "千克") or "").partition(".")
    if not whole or len(whole) > _DIGITS_MOST or len(part) > 3:
        return None
    return int(whole) * GRAMS_PER_KG + int((part or "0").ljust(3, "0")) or None


routes = Router(
    "/",
    route_handlers=[use_gift],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
