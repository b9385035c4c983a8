"""JSON for mini-programs: which messages to ask for on 领取证书, and what was answered."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from app.foundation import messages
from app.foundation.identity import SessionKind
from app.foundation.messages import Answer, MessageKind
from app.views.errors import RequestsTooMany
from app.views.services import Services
from app.web.kit.responses.answers import BEARER, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_CITIZEN = guards.of_kind(SessionKind.CITIZEN.value)


class TemplateView(msgspec.Struct, frozen=True, kw_only=True):
    """A template to ask for by `wx.requestSubscribeMessage`."""

    kind: MessageKind
    template_id: Annotated[str, msgspec.Meta(examples=["SANDBOX-certificate"])]
    unused: int
    """Messages of this kind that this person has agreed to and was not sent; ask only where it is 0."""


class TemplatesView(msgspec.Struct, frozen=True, kw_only=True):
    """All of them; none where we send no messages."""

    items: tuple[TemplateView, ...]


class AnswerForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `wx.requestSubscribeMessage` gave for one template. `filter` of WeChat's is told as `ban`."""

    template_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    answer: Answer


class AnswersForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one asking. An accept is good for one message."""

    answers: Annotated[tuple[AnswerForm, ...], msgspec.Meta(min_length=1, max_length=3)]


_EXAMPLE = TemplatesView(
    items=(TemplateView(kind=MessageKind.CERTIFICATE, template_id="SANDBOX-certificate", unused=1),)
)


@get(
    "/me/messages",
    operation_id="listMessageTemplates",
    summary="Messages to ask for / 可订阅的消息",
    guards=[guards.signed_in, limited("look", 240)],
    security=BEARER,
    responses=answers(_EXAMPLE, *SIGNED_IN, RequestsTooMany),
)
async def list_templates(
    person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> Response[TemplatesView]:
    """Ask for `certificate` once, when somebody taps 领取证书, and for `refund` on the page of an order whose money goes
    back (`refunding`); a no is not asked again by us."""
    return await _templates(person_id, services)


@post(
    "/me/messages",
    operation_id="answerMessages",
    summary="What was answered / 订阅结果",
    guards=[_CITIZEN, limited("message_answer", 30, is_exact=True)],
    security=BEARER,
    responses=answers(_EXAMPLE, *READ, *SIGNED_IN, RequestsTooMany, messages.TemplateUnknown),
    status_code=200,
)
async def answer(
    data: JSONBody[AnswersForm],
    key: IdempotencyKey,
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
) -> Response[TemplatesView]:
    """One key for one asking: sent again, it is no second yes."""
    await messages.keep_answers(
        {one.template_id: one.answer for one in data.answers},
        by=person_id,
        key=key,
        templates=services.gateways.message_templates,
        now=services.gateways.clock(),
    )
    return await _templates(person_id, services)


async def _templates(person_id: UUID, services: Services) -> Response[TemplatesView]:
    items = [
        TemplateView(
            kind=MessageKind(kind), template_id=template_id,
            unused=await messages.unused_of(person_id, MessageKind(kind)),
        )
        for kind, template_id in services.gateways.message_templates.items()
    ]  # fmt: skip
    return Response(TemplatesView(items=tuple(items)), headers={"cache-control": "no-store"})


routes = Router(
    "/api/v1",
    route_handlers=[list_templates, answer],
    dependencies={"services": Provide(provide_services)},
    tags=["people"],
)
