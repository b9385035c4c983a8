"""JSON for mini-programs and scripts: what one has agreed to."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose, ConsentState, Question
from app.gateways.database import transaction
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.views.errors import RequestsTooMany
from app.views.services import Services
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


class ConsentView(msgspec.Struct, frozen=True, kw_only=True):
    """One purpose: what is asked, and how this person stands to it."""

    purpose: ConsentPurpose
    version: int
    """Of the text below, the present one."""
    title: str
    text: str
    state: ConsentState
    """`given` alone is a yes. `outdated`: they agreed to an older text, which does not count any more."""
    given: bool
    at: str | None
    """When they last said something about it."""


class ConsentsView(msgspec.Struct, frozen=True, kw_only=True):
    """Every purpose."""

    items: tuple[ConsentView, ...]


class ConsentForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word about one purpose."""

    purpose: ConsentPurpose
    given: bool
    version: Annotated[int, msgspec.Meta(ge=1, le=32_767)]
    """Of the text that was shown; when withdrawing it may be any."""


class ConsentsForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words about some purposes; the others stay as they are."""

    items: Annotated[tuple[ConsentForm, ...], msgspec.Meta(min_length=1, max_length=len(ConsentPurpose))]


_CONSENTS = ConsentsView(
    items=(
        ConsentView(
            purpose=ConsentPurpose.WALL,
            version=2,
            title="大屏显示我的名字和头像",
            text="活动现场的大屏上，你中和后显示你在证书上填写的名字，以及你上传并通过审核的头像。",
            state=ConsentState.GIVEN,
            given=True,
            at="2026-11-29T10:02:07+08:00",
        ),
    )
)


@get(
    "/me/consents",
    operation_id="listConsents",
    summary="What I have agreed to / 我的授权",
    guards=[guards.signed_in],
    security=BEARER,
    responses=answers(_CONSENTS, *SIGNED_IN),
)
async def list_consents(
    person_id: NamedDependency[UUID], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[ConsentsView]:
    """Every purpose with its present text, agreed to or not."""
    return await _all(person_id, language, services)


@put(
    "/me/consents",
    operation_id="decideConsents",
    summary="Agree, or take it back / 同意或收回",
    guards=[guards.signed_in, limited("consent", 30, is_exact=True)],
    security=BEARER,
    responses=answers(
        _CONSENTS, *READ, *SIGNED_IN, RequestsTooMany, consents.ConsentOutdated, consents.ConsenterGone,
        consents.ConsenterMinor,
    ),
)  # fmt: skip
async def decide_consents(
    data: JSONBody[ConsentsForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[ConsentsView]:
    """All of it or nothing. Said again it changes nothing, so a repeat needs no key."""
    async with transaction() as tx:
        for one in data.items:
            if one.given:
                await consents.give(
                    person_id, one.purpose, version=one.version, language=language, place=ConsentPlace.API,
                    texts=services.consents, tx=tx,
                )  # fmt: skip
            else:
                await consents.withdraw(person_id, one.purpose, place=ConsentPlace.API, tx=tx)
    return await _all(person_id, language, services)


async def _all(person_id: UUID, language: Language, services: Services) -> Response[ConsentsView]:
    questions = await consents.ask(person_id, texts=services.consents)
    return Response(
        ConsentsView(items=tuple(_view(one, language) for one in questions)), headers={"cache-control": "no-store"}
    )


def _view(one: Question, language: Language) -> ConsentView:
    return ConsentView(
        purpose=one.text.purpose,
        version=one.text.version,
        title=one.text.title.in_(language),
        text=one.text.text.in_(language),
        state=one.standing.state,
        given=one.standing.is_given,
        at=rfc3339(one.standing.at) if one.standing.at else None,
    )


routes = Router(
    "/api/v1",
    route_handlers=[list_consents, decide_consents],
    dependencies={"services": Provide(provide_services)},
    tags=["people"],
)
