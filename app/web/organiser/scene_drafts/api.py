"""JSON for organisers who set scenes up by a program of theirs: the same drafts, the same power, the same words."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, delete, get, patch, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import scenarios
from app.foundation import approvals, fonts, identity
from app.foundation.identity import Role
from app.kernel import ids
from app.kernel.text import Language
from app.scenarios import (
    OrganiserUnverified,
    ScenarioPublished,
    SceneDraftChanged,
    SceneDraftsTooMany,
    SceneDraftTooLarge,
    SceneDraftUnknown,
    SceneDraftWaits,
)
from app.views import estimates
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.scene_drafts.checking import demand_texts
from app.views.scene_drafts.content import Content, read, written
from app.views.scene_drafts.draft_json import (
    EXAMPLE,
    DraftForm,
    DraftsView,
    DraftView,
    NewDraftForm,
    ProposeForm,
    changed,
    demand_fit,
    draft_id,
    view,
)
from app.views.scene_drafts.errors import SceneDraftUnfit
from app.views.scene_drafts.proposing import put_forward
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.responses.problems import documented
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_CHANGE = (guards.of_kind("operator", guards.KEY), limited("scene_draft", 600, is_exact=True))
_REFUSED = (*READ, *SIGNED_IN, RequestsTooMany, SceneDraftUnknown, identity.RoleMissing)


@post(
    "/scene-drafts",
    operation_id="beginSceneDraft",
    summary="Begin a scene / 新建场景草稿",
    guards=list(_CHANGE),
    security=KEYED,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, SceneDraftsTooMany,
        SceneDraftTooLarge, SceneDraftUnfit, fonts.NotPrintable, status=201,
    ),
)  # fmt: skip
async def begin_draft(
    request: Request[Any, Any, Any],
    data: JSONBody[NewDraftForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[DraftView]:
    """Everything but the organisation may be said later. Nobody else sees a draft, and nothing is sold in it."""

    async def may() -> UUID:
        organisation_id = ids.parse("org", data.organisation)
        if organisation_id is None:
            raise identity.RoleMissing(field="/organisation")
        await identity.demand_role(person_id, organisation_id, Role.SPONSOR, field="/organisation")
        return organisation_id

    async def make() -> DraftView:
        organisation_id = await may()
        content = changed(Content(), data, await request.body())
        demand_fit(content)
        await demand_texts(written(content))
        begun = await scenarios.begin(organisation_id, written(content), by=person_id)
        return await _shown(begun, person_id, language, services)

    return await answer_once(request, make, actor=person_id, key=idempotency_key, may=may)


@get(
    "/scene-drafts",
    operation_id="listSceneDrafts",
    summary="Your scenes to be / 本机构的场景草稿",
    guards=[guards.of_kind("operator", guards.KEY)],
    security=KEYED,
    responses=answers(DraftsView(drafts=(EXAMPLE,)), *SIGNED_IN),
)
async def list_drafts(
    person_id: NamedDependency[UUID], language: NamedDependency[Language], services: NamedDependency[Services]
) -> DraftsView:
    """Drafts of the organisations that you set up scenes for now, and what became of each; discarded ones are left out."""
    own = [card.id for card, roles in await identity.own_organisations(person_id) if Role.SPONSOR in roles]
    found = await scenarios.kept_of(own, today=estimates.today())
    return DraftsView(drafts=tuple([await view(one, language, services) for one in found]))


@get(
    "/scene-drafts/{draft:str}",
    operation_id="getSceneDraft",
    summary="One scene to be / 查询场景草稿",
    guards=[guards.of_kind("operator", guards.KEY), limited("look", 240)],
    security=KEYED,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, SceneDraftUnknown, identity.RoleMissing, RequestsTooMany),
)
async def get_draft(
    draft: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> DraftView:
    """What is said so far, what is missing, and how it counts."""
    return await _shown(draft_id(draft), person_id, language, services)


@patch(
    "/scene-drafts/{draft:str}",
    operation_id="changeSceneDraft",
    summary="Change a scene to be / 修改场景草稿",
    guards=list(_CHANGE),
    security=KEYED,
    responses=answers(
        EXAMPLE,
        *_REFUSED,
        SceneDraftChanged,
        ScenarioPublished,
        SceneDraftTooLarge,
        SceneDraftUnfit,
        fonts.NotPrintable,
    ),
)
async def change_draft(
    request: Request[Any, Any, Any],
    draft: FromPath[str],
    data: JSONBody[DraftForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> DraftView:
    """Fields that are left out stay, `null` takes one away. What waits for the platform stays as it was put forward."""
    uuid = draft_id(draft)
    kept = await scenarios.find_kept(uuid, by=person_id, today=estimates.today())
    content = changed(read(kept.content), data, await request.body())
    demand_fit(content)
    await demand_texts(written(content))
    await scenarios.keep(uuid, written(content), revision=data.revision, by=person_id)
    return await _shown(uuid, person_id, language, services)


@delete(
    "/scene-drafts/{draft:str}",
    operation_id="discardSceneDraft",
    summary="Discard a scene to be / 放弃场景草稿",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=204,
    responses=documented(
        FieldsInvalid, *SIGNED_IN, RequestsTooMany, SceneDraftUnknown, identity.RoleMissing, SceneDraftWaits
    ),
)
async def discard_draft(draft: FromPath[str], person_id: NamedDependency[UUID]) -> None:
    """It leaves the lists; `restore` brings it back."""
    await scenarios.discard(draft_id(draft), by=person_id)


@post(
    "/scene-drafts/{draft:str}/restore",
    operation_id="restoreSceneDraft",
    summary="Take a draft up again / 恢复场景草稿",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(EXAMPLE, FieldsInvalid, *SIGNED_IN, RequestsTooMany, SceneDraftUnknown, identity.RoleMissing),
)
async def restore_draft(
    draft: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> DraftView:
    """As it was when it was discarded."""
    uuid = draft_id(draft)
    await scenarios.restore(uuid, by=person_id)
    return await _shown(uuid, person_id, language, services)


@post(
    "/scene-drafts/{draft:str}/propose",
    operation_id="proposeScene",
    summary="Ask for a scene to be opened / 提请发布场景",
    guards=list(_CHANGE),
    security=KEYED,
    status_code=200,
    responses=answers(
        EXAMPLE, *_REFUSED, SceneDraftChanged, ScenarioPublished, SceneDraftUnfit, OrganiserUnverified,
        fonts.NotPrintable, approvals.NotTheMaker,
    ),
)  # fmt: skip
async def propose_scene(
    draft: FromPath[str],
    data: JSONBody[ProposeForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> DraftView:
    """A reviewer of the platform opens it, as this revision says. The same again is what waits already."""
    uuid = draft_id(draft)
    await put_forward(
        uuid, revision=data.revision, by=person_id, factor_set=services.factor_set, now=services.gateways.clock()
    )
    return await _shown(uuid, person_id, language, services)


async def _shown(uuid: UUID, person_id: UUID, language: Language, services: Services) -> DraftView:
    kept = await scenarios.find_kept(uuid, by=person_id, today=estimates.today())
    return await view(kept, language, services)


routes = Router(
    "/api/v1",
    route_handlers=[
        begin_draft, list_drafts, get_draft, change_draft, discard_draft, restore_draft, propose_scene,
    ],
    dependencies={"services": Provide(provide_services)},
    tags=["scenes"],
)  # fmt: skip
