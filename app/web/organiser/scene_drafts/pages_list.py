"""The scenes of one's organisations, from the first word to the end; beginning one, discarding one, taking it up again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect
from markupsafe import Markup

from app import scenarios
from app.foundation import identity
from app.foundation.identity import OrganisationCard, Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.scenarios import DraftState, KeptDraft, Phase, Scene
from app.views import estimates
from app.views.console import Console
from app.views.errors import NotSignedIn
from app.views.scene_drafts import checking
from app.views.scene_drafts.checking import Faults
from app.views.scene_drafts.content import KINDS, Content, Step, read, written
from app.views.scene_drafts.draft_json import draft_id
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses import html
from app.web.kit.security import forms as sealed
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.scene_drafts import forms
from app.web.organiser.scene_drafts.page import LIST, page_of
from app.web.organiser.scene_drafts.pages import CHANGE
from app.web.organiser.scene_drafts.views import KindPage


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRow:
    """One scene, however far it is."""

    url: str
    title: str
    organiser: str
    code: str | None
    state: DraftState
    starts_on: date | None
    ends_on: date | None
    at: datetime | None
    """Saved last, waits since, or decided: whatever the state tells."""
    reason: str | None = None
    people: int = 0
    mass_g: int = 0
    ring: Markup
    draft: str = ""
    """To discard it; empty where that is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneListPage(Console):
    """Every scene of one's organisations."""

    template: ClassVar[str] = "organiser/scenes.html"

    rows: tuple[SceneRow, ...]
    can_begin: bool
    discarded: str = ""
    """`sdr_…` of the one just discarded, which may be taken up again."""


@get("/organiser/scenes", include_in_schema=False, guards=[by_password])
async def list_scenes(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The drafts and the scenes of the organisations that somebody sets up scenes for."""
    return desk.page(await _list(desk))


@get("/organiser/scenes/new", include_in_schema=False, guards=[by_password])
async def show_new(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The first step, before anything is saved."""
    return desk.page(await _new(desk))


@post("/organiser/scenes/new", include_in_schema=False, guards=[by_password, CHANGE], status_code=303)
async def begin(desk: NamedDependency[Desk], data: sealed.Fields) -> Response[bytes] | Redirect:
    """Save what fits as a new draft, and go on with it."""
    typed, shown = forms.as_typed(data), data.get("organisation", "")
    try:
        desk.demand_seal(data)
        organisation_id = ids.parse("org", shown)
        if organisation_id is None:
            raise identity.OrganisationUnknown(field="/organisation")
        changes, faults = await forms.read(Step.KIND, data)
        content = msgspec.structs.replace(Content(), **changes)
        new_id = ids.parse("sdr", data.get("draft", ""))
        begun = await scenarios.begin(organisation_id, written(content), by=desk.person_id, draft_id=new_id)
        kept = await scenarios.find_kept(begun, by=desk.person_id, today=estimates.today())
        if kept.content != written(content):  # a script has saved it before, and the page was not told yet
            content = msgspec.structs.replace(read(kept.content), **changes)
            await scenarios.keep(begun, written(content), revision=kept.revision, by=desk.person_id)
    except DomainError as fact:
        return desk.page(await _new(desk, fact, typed=typed), fact)
    kept = await scenarios.find_kept(begun, by=desk.person_id, today=estimates.today())
    if data.get("do", "keep") == "next":
        faults = checking.faults(content, Step.KIND, desk.services.factor_set) | faults
    if faults or data.get("do") == "keep":
        card = await identity.find_organisation(organisation_id)
        assert card is not None, organisation_id
        view = await page_of(desk, kept, "kind", card, typed=typed if faults else None, faults=faults)
        return html.page(view, desk.language, status=422 if faults and data.get("do") == "next" else 200)
    return Redirect(f"{LIST}/{ids.public('sdr', begun)}/counting", status_code=303)


@post("/organiser/scenes/{draft:str}/discard", include_in_schema=False, guards=[by_password, CHANGE], status_code=303)
async def discard(desk: NamedDependency[Desk], draft: FromPath[str], data: sealed.Fields) -> Response[bytes] | Redirect:
    """Put a draft away; the list offers to take it up again."""
    return await desk.step(
        data,
        lambda: scenarios.discard(draft_id(draft), by=desk.person_id),
        onward=lambda _: f"{LIST}?discarded={ids.public('sdr', draft_id(draft))}",
        again=lambda fact: _list(desk, fact),
    )


@post("/organiser/scenes/{draft:str}/restore", include_in_schema=False, guards=[by_password, CHANGE], status_code=303)
async def restore(desk: NamedDependency[Desk], draft: FromPath[str], data: sealed.Fields) -> Response[bytes] | Redirect:
    """Take up again what was discarded."""
    return await desk.step(
        data,
        lambda: scenarios.restore(draft_id(draft), by=desk.person_id),
        onward=LIST,
        again=lambda fact: _list(desk, fact),
    )


async def _organisers(person_id: UUID) -> list[OrganisationCard]:
    """Those that somebody sets up scenes for, now."""
    return [card for card, roles in await identity.own_organisations(person_id) if Role.SPONSOR in roles]


async def _list(desk: Desk, fact: DomainError | None = None) -> SceneListPage:
    own = await _organisers(desk.person_id)
    today, names = estimates.today(), {card.id: card.name.in_(desk.language) for card in own}
    drafts = await scenarios.kept_of(list(names), today=today)
    scenes = {one.id: one for one in await scenarios.of_organisations(list(names), today=today)}
    rows = [_of_draft(one, scenes, names, desk) for one in drafts]
    known = {one.scenario_id for one in drafts}
    rows += [_of_scene(one, names, desk) for one in scenes.values() if one.id not in known]
    gone = ids.parse("sdr", desk.request.query_params.get("discarded", ""))
    return SceneListPage(
        **desk.frame(LIST, fact),
        roles=(),
        door="organiser",
        section=LIST,
        rows=tuple(rows),
        can_begin=bool(own),
        discarded=ids.public("sdr", gone) if gone else "",
    )


def _of_draft(kept: KeptDraft, scenes: dict[UUID, Scene], names: dict[UUID, str], desk: Desk) -> SceneRow:
    content, shown = read(kept.content), ids.public("sdr", kept.id)
    scene = scenes.get(kept.scenario_id) if kept.scenario_id else None
    waiting = kept.waits_since if kept.state is DraftState.WAITING else None
    is_draft = kept.state in {DraftState.DRAFT, DraftState.RETURNED}
    title = scene.title if scene else content.title
    return SceneRow(
        url=f"/organiser/{kept.code}" if scene else f"{LIST}/{shown}/{_goes_on(kept, content, desk)}",
        title=title.in_(desk.language),
        organiser=names[kept.organisation_id],
        code=kept.code,
        state=kept.state,
        starts_on=scene.starts_on if scene else content.starts_on,
        ends_on=scene.ends_on if scene else content.ends_on,
        at=waiting or (kept.decided_at if kept.state is DraftState.RETURNED else kept.changed_at),
        reason=kept.reason,
        people=scene.retirements if scene else 0,
        mass_g=scene.mass_g if scene else 0,
        ring=estimates.ring(kept.code or kept.id.hex[-6:].upper(), 0 if is_draft else 60),
        draft=shown if is_draft else "",
    )


def _goes_on(kept: KeptDraft, content: Content, desk: Desk) -> str:
    """Where somebody goes on who comes back: the first step that misses something, else the last."""
    if kept.state is not DraftState.DRAFT:
        return Step.REVIEW.value
    missing = checking.faults(content, Step.REVIEW, desk.services.factor_set)
    return next((checking.step_of(name).value for name in missing), Step.REVIEW.value)


def _of_scene(scene: Scene, names: dict[UUID, str], desk: Desk) -> SceneRow:
    """One that was asked for at the terminal."""
    assert scene.organisation_id is not None, scene.code
    return SceneRow(
        url=f"/organiser/{scene.code}",
        title=scene.title.in_(desk.language),
        organiser=names[scene.organisation_id],
        code=scene.code,
        state=DraftState.ENDED if scene.phase is Phase.OVER else DraftState.OPEN,
        starts_on=scene.starts_on,
        ends_on=scene.ends_on,
        at=None,
        people=scene.retirements,
        mass_g=scene.mass_g,
        ring=estimates.ring(scene.code, 60),
    )


async def _new(
    desk: Desk, fact: DomainError | None = None, *, typed: dict[str, str] | None = None, faults: Faults | None = None
) -> KindPage:
    own = await _organisers(desk.person_id)
    if not own:
        raise identity.RoleMissing
    return KindPage(
        **desk.frame(f"{LIST}/new", fact),
        roles=(),
        door="organiser",
        section=LIST,
        draft="",
        step=Step.KIND,
        title="",
        organiser=own[0].name.in_(desk.language),
        revision=0,
        saved_at=None,
        state=DraftState.DRAFT,
        action=f"{LIST}/new",
        preview_url="",
        typed=typed or {},
        faults={name: text.in_(desk.language) for name, text in (faults or {}).items()},
        kinds=tuple(one.value for one in KINDS),
        organisers=_choices(own, desk),
        new_id=(typed or {}).get("draft") or ids.public("sdr", ids.uuid7()),
    )


def _choices(own: Sequence[OrganisationCard], desk: Desk) -> tuple[tuple[str, str], ...]:
    return tuple((ids.public("org", card.id), card.name.in_(desk.language)) for card in own)


routes = Router(
    "/",
    route_handlers=[list_scenes, show_new, begin, discard, restore],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
