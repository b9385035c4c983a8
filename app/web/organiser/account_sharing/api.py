"""JSON for a bank's or an employer's program: asking one person for their account, and reading what they granted."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.foundation import identity
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.programmes import sharing
from app.views.account_sharing.share_json import (
    EXAMPLE,
    EXAMPLE_ACCOUNT,
    SharedAccountView,
    ShareRequestForm,
    ShareRequestsView,
    ShareRequestView,
    account_view,
    new_request,
    request_view,
)
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_BY_KEY = guards.of_kind(guards.KEY)
_NOT_KEPT = {"cache-control": "no-store"}


@post(
    "/sharing/requests",
    operation_id="askForAccount",
    summary="Ask one person for their account / 请求查询个人碳账户",
    guards=[_BY_KEY, limited("share_ask", 120, is_exact=True)],
    security=KEYED,
    responses=answers(
        EXAMPLE, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, identity.RoleMissing, sharing.SharePowerMissing,
        sharing.ShareUnfit, sharing.ShareKeyUsedOtherwise, status=201,
    ),
)  # fmt: skip
async def ask_for_account(
    request: Request[Any, Any, Any],
    data: JSONBody[ShareRequestForm],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[ShareRequestView]:
    """Give the code or the link to one person: whoever opens it first and answers is the one. You are told of no answer;
    read the account, and see what it gives."""

    async def ask() -> ShareRequestView:
        new = new_request(data)
        if new is None:
            raise sharing.ShareUnfit(
                field="/period_to", problem_zh="期间的结束早于开始", problem_en="the period ends before it begins"
            )
        today = beijing_day(services.gateways.clock())
        asked = await sharing.ask(new, by=person_id, key=idempotency_key, today=today)
        return request_view(asked, services.issuer.public_url)

    return await answer_once(request, ask, actor=person_id, key=idempotency_key)


@get(
    "/sharing/requests",
    operation_id="listAccountRequests",
    summary="What you asked for / 已发起的查询请求",
    guards=[_BY_KEY, limited("look", 240)],
    security=KEYED,
    responses=answers(
        ShareRequestsView(requests=(EXAMPLE,)), *SIGNED_IN, RequestsTooMany, identity.RoleMissing,
        sharing.SharePowerMissing,
    ),
)  # fmt: skip
async def list_account_requests(
    person_id: NamedDependency[UUID], services: NamedDependency[Services]
) -> Response[ShareRequestsView]:
    """Who answered is not among it."""
    found = await sharing.list_requests(by=person_id)
    view = ShareRequestsView(requests=tuple(request_view(one, services.issuer.public_url) for one in found))
    return Response(view, headers=_NOT_KEPT)


@get(
    "/sharing/requests/{request_id:str}/account",
    operation_id="readSharedAccount",
    summary="Read what was granted / 查询已授权的碳账户",
    guards=[_BY_KEY, limited("share_read", 240, is_exact=True)],
    security=KEYED,
    responses=answers(
        EXAMPLE_ACCOUNT, FieldsInvalid, *SIGNED_IN, RequestsTooMany, identity.RoleMissing, sharing.ShareUnknown,
        sharing.ShareRevoked, sharing.ShareExpired,
    ),
)  # fmt: skip
async def read_shared_account(
    request_id: FromPath[str], person_id: NamedDependency[UUID]
) -> Response[SharedAccountView]:
    """The books that the person granted, as they stand now. Each read is written down, and the person sees it. A blank
    answer says nothing: nobody answered yet, or with a no, or there is nothing to tell."""
    known = ids.parse("shr", request_id)
    if known is None:
        raise sharing.ShareUnknown
    return Response(account_view(await sharing.read(known, by=person_id)), headers=_NOT_KEPT)


routes = Router(
    "/api/v1",
    route_handlers=[ask_for_account, list_account_requests, read_shared_account],
    dependencies={"services": Provide(provide_services)},
    tags=["sharing"],
)
