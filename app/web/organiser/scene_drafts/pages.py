"""The wizard's four steps, the two pages beside the second, and the preview: read, saved, gone on from."""

from typing import Final

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import scenarios
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.scenarios import DraftState, KeptDraft
from app.views import estimates
from app.views.errors import NoSuchPage, NotSignedIn
from app.views.scene_drafts import checking
from app.views.scene_drafts.content import Content, Step, read, written
from app.views.scene_drafts.draft_json import draft_id
from app.views.scene_drafts.paying import with_usual_window
from app.views.scene_drafts.previewing import preview
from app.views.scene_drafts.proposing import organiser_of, put_forward
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses import html
from app.web.kit.security import forms as sealed
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services
from app.web.organiser.scene_drafts import forms, groups, host
from app.web.organiser.scene_drafts.page import LIST, page_of

STEPS: Final = ("kind", "counting", "paying", "review")
_BESIDE: Final = frozenset({"host", "groups"})
"""Pages of the second step."""
_PAGES: Final = frozenset({*STEPS, *_BESIDE})
CHANGE: Final = limited("scene_draft", 600, is_exact=True)
"""A page saves while somebody types."""


@get("/organiser/scenes/{draft:str}/{step:str}", include_in_schema=False, guards=[by_password])
async def show_step(
    desk: NamedDependency[Desk], draft: FromPath[str], step: FromPath[str]
) -> Response[bytes] | Redirect:
    """One step as it was saved last; of a scene that is open there is only the last one."""
    if step not in _PAGES:
        raise NoSuchPage
    kept = await _own(desk, draft)
    if kept.state in {DraftState.OPEN, DraftState.ENDED} and step != "review":
        return Redirect(f"{LIST}/{ids.public('sdr', kept.id)}/review", status_code=303)
    return desk.page(await page_of(desk, kept, step, await organiser_of(kept)))


@post(
    "/organiser/scenes/{draft:str}/{step:str}", include_in_schema=False, guards=[by_password, CHANGE], status_code=303
)
async def take_step(
    desk: NamedDependency[Desk], draft: FromPath[str], step: FromPath[str], data: sealed.Fields
) -> Response[bytes] | Redirect:
    """Save what fits and go where the button says; what does not fit comes back as it was typed, with why at its field."""
    if step not in _PAGES:
        raise NoSuchPage
    kept = await _own(desk, draft)
    if step == "review":
        return await _propose(desk, kept, data)
    organiser = await organiser_of(kept)
    typed = forms.as_typed(data)
    try:
        desk.demand_seal(data)
        content, faults = await _read(desk, step, data, read(kept.content))
        await scenarios.keep(kept.id, written(content), revision=revision_of(data), by=desk.person_id)
    except DomainError as fact:
        return desk.page(await page_of(desk, await _own(desk, draft), step, organiser, fact, typed=typed), fact)
    going = data.get("do", "stay")
    if going == "next" and step not in _BESIDE:
        faults = checking.faults(content, Step(step), desk.services.factor_set) | faults
    if faults or going == "keep":
        view = await page_of(
            desk, await _own(desk, draft), step, organiser, typed=typed if faults else None, faults=faults
        )
        return html.page(view, desk.language, status=422 if faults and going != "keep" else 200)
    return Redirect(f"{LIST}/{ids.public('sdr', kept.id)}/{_onward(step, going)}", status_code=303)


@get("/organiser/scenes/{draft:str}/preview", include_in_schema=False, guards=[by_password])
async def show_preview(desk: NamedDependency[Desk], draft: FromPath[str]) -> Response[bytes]:
    """The scene's page from the draft: for its own people, in a frame of ours or alone; nothing on it can be pressed."""
    kept = await _own(desk, draft)
    query = desk.request.query_params
    language = Language.EN if query.get("in") == "en" else Language.ZH if query.get("in") == "zh" else desk.language
    is_framed = query.get("framed") == "1"
    here = f"{LIST}/{ids.public('sdr', kept.id)}"
    view = await preview(
        kept, read(kept.content), await organiser_of(kept), language, desk.services,
        here=f"{here}/preview", back_url=None if is_framed else f"{here}/{_where(query.get('from'))}",
    )  # fmt: skip
    return html.framed(view, language)


async def _own(desk: Desk, draft: str) -> KeptDraft:
    return await scenarios.find_kept(draft_id(draft), by=desk.person_id, today=estimates.today())


async def _read(desk: Desk, step: str, data: dict[str, str], content: Content) -> tuple[Content, checking.Faults]:
    """The draft with what fits of a form, and what does not."""
    if step == "groups":
        return await groups.read(data, content, desk.services.factor_set)
    if step != "host":
        changes, faults = await forms.read(Step(step), data)
        return with_usual_window(msgspec.structs.replace(content, **changes)), faults
    inputs, places = host.read(data, desk.services.factor_set)
    wanted = msgspec.structs.replace(content, event=inputs)
    refused = checking.host_fault(wanted, desk.services.factor_set)
    if refused is None:
        return wanted, {}
    pointer = (refused.field or "").lstrip("/")
    return content, {places.get(pointer, pointer): refused.message()}


async def _propose(desk: Desk, kept: KeptDraft, data: dict[str, str]) -> Response[bytes] | Redirect:
    async def do() -> None:
        await put_forward(
            kept.id, revision=revision_of(data), by=desk.person_id, factor_set=desk.services.factor_set, now=desk.now
        )

    organiser = await organiser_of(kept)

    async def again(fact: DomainError) -> html.View:
        return await page_of(desk, kept, "review", organiser, fact)

    return await desk.step(data, do, onward=f"{LIST}/{ids.public('sdr', kept.id)}/review", again=again)


def revision_of(data: dict[str, str]) -> int:
    """Of the draft that the form was filled with; what is none is one that nobody has."""
    text = data.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def _onward(step: str, going: str) -> str:
    if step in _BESIDE:
        return "host" if going == "host" else "counting"
    if going in _BESIDE:
        return going
    at = STEPS.index(step) + (1 if going == "next" else -1 if going == "back" else 0)
    return STEPS[max(0, min(at, len(STEPS) - 1))]


def _where(step: str | None) -> str:
    return step if step in _PAGES else "review"


routes = Router(
    "/",
    route_handlers=[show_step, take_step, show_preview],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
