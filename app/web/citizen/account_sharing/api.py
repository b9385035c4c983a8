"""JSON for a person's own programs: what is asked of them, their answers, who read, taking back, and statements."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app.commerce import orders
from app.foundation import fonts
from app.kernel.days import Period
from app.kernel.text import Language
from app.programmes import sharing
from app.views.account_sharing import own, own_json
from app.views.account_sharing.own_json import (
    EXAMPLE_ASKED,
    EXAMPLE_READ,
    EXAMPLE_SHARE,
    EXAMPLE_STATEMENT,
    AnswerForm,
    AskedView,
    ReadsView,
    SharesView,
    ShareView,
    StatementForm,
    StatementsView,
    StatementView,
)
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.web.citizen.account_sharing.codes import SHARE_CODES, found, known_share
from app.web.citizen.account_sharing.mapping import today
from app.web.kit.responses.answers import BEARER, ONCE, READ, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.security.idempotency import IdempotencyKey, answer_once
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_LOOKS: Final = (guards.signed_in, limited("look", 240))
_STEP: Final = (guards.signed_in, limited("share", 30, is_exact=True))
_STATEMENTS_MOST: Final = 20


@get(
    "/me/sharing",
    operation_id="listShares",
    summary="Whom I share my account with / 我授权的机构",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(SharesView(items=(EXAMPLE_SHARE,)), *SIGNED_IN, RequestsTooMany),
)
async def list_shares(
    person_id: NamedDependency[UUID], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[SharesView]:
    """Every request that was answered, refused and revoked ones as well."""
    known = await own.sharing_of(person_id, language, today=today(services))
    return _fresh(SharesView(items=tuple(map(own_json.share_view, known.shares))))


@get(
    "/me/sharing/reads",
    operation_id="listShareReads",
    summary="Who read my account / 查询记录",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(ReadsView(items=(EXAMPLE_READ,)), *SIGNED_IN, RequestsTooMany),
)
async def list_reads(
    person_id: NamedDependency[UUID], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[ReadsView]:
    """Each read with what it was answered; refused ones are written down as well."""
    known = await own.sharing_of(person_id, language, today=today(services))
    return _fresh(ReadsView(items=tuple(map(own_json.read_view, known.reads))))


@get(
    "/me/sharing/requests/{code:str}",
    operation_id="findShareRequest",
    summary="What somebody asks me for / 查看查询请求",
    guards=[*_LOOKS, SHARE_CODES.guard],
    security=BEARER,
    responses=answers(EXAMPLE_ASKED, FieldsInvalid, *SIGNED_IN, RequestsTooMany, sharing.ShareUnknown),
)
async def find_request(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[AskedView]:
    """The request behind the code that you were given. A code that is none is counted."""
    one = await found(request, code, session, services)
    names = await own.names_of([one.organisation_id])
    may_answer = await sharing.may_share(session.person_id)
    return _fresh(own_json.asked_view(one, names[one.organisation_id][language], language, may_answer=may_answer))


@put(
    "/me/sharing/requests/{code:str}/answer",
    operation_id="answerShareRequest",
    summary="Say yes or no to each book / 逐项答复",
    guards=[*_STEP, SHARE_CODES.guard],
    security=BEARER,
    responses=answers(
        EXAMPLE_SHARE, *READ, *SIGNED_IN, RequestsTooMany, sharing.ShareUnknown, sharing.ShareUnfit,
        sharing.ShareAnswered, sharing.ShareNotAllowed, sharing.ShareOver,
    ),
)  # fmt: skip
async def answer_request(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    data: JSONBody[AnswerForm],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[ShareView]:
    """Once; said again it changes nothing, so a repeat needs no key. Whoever asked is not told of a no."""
    one = await found(request, code, session, services)
    if set(data.books) != set(one.books):
        raise sharing.ShareUnfit(
            field="/books", problem_zh="请对所请求的每一本账答复同意或不同意",
            problem_en="please say yes or no to each book that is asked for, and to no other",
        )  # fmt: skip
    agreed = {book for book, is_given in data.books.items() if is_given}
    now = today(services)
    request_id = await sharing.answer(one.code, agreed, by=session.person_id, language=language, today=now)
    return await _share(request_id, session.person_id, language, services)


@put(
    "/me/sharing/{share:str}/revoke",
    operation_id="revokeShare",
    summary="Take a share back / 收回授权",
    guards=_STEP,
    security=BEARER,
    responses=answers(EXAMPLE_SHARE, FieldsInvalid, *SIGNED_IN, RequestsTooMany, sharing.ShareUnknown),
)
async def revoke_share(
    share: FromPath[str],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[ShareView]:
    """The next read is refused. Said again it changes nothing."""
    await sharing.revoke(known_share(share), by=person_id)
    return await _share(known_share(share), person_id, language, services)


@get(
    "/me/sharing/statements",
    operation_id="listStatements",
    summary="Statements of my account / 我的碳账户声明",
    guards=_LOOKS,
    security=BEARER,
    responses=answers(StatementsView(items=(EXAMPLE_STATEMENT,)), *SIGNED_IN, RequestsTooMany),
)
async def list_statements(person_id: NamedDependency[UUID]) -> Response[StatementsView]:
    """With the addresses of their files, which take the same token."""
    lines = await own.statements_of(person_id, most=_STATEMENTS_MOST)
    return _fresh(StatementsView(items=tuple(map(own_json.statement_view, lines))))


@post(
    "/me/sharing/statements",
    operation_id="makeStatement",
    summary="Make a statement of my account / 出具碳账户声明",
    guards=[guards.signed_in, limited("statement", 20, is_exact=True)],
    security=BEARER,
    responses=answers(
        EXAMPLE_STATEMENT, *READ, *SIGNED_IN, *ONCE, RequestsTooMany, orders.NameUnfit, fonts.NotPrintable,
        sharing.ShareUnfit, sharing.ShareKeyUsedOtherwise, status=201,
    ),
)  # fmt: skip
async def make_statement(
    request: Request[Any, Any, Any],
    data: JSONBody[StatementForm],
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    idempotency_key: IdempotencyKey,
) -> Response[StatementView]:
    """The figures as they stand now, kept for ever; the paper that anybody can verify follows in seconds."""

    async def make() -> StatementView:
        if data.period_from > data.period_to:
            raise sharing.ShareUnfit(
                field="/period_to", problem_zh="期间的结束早于开始", problem_en="the period ends before it begins"
            )
        statement_id = await own.make_statement(
            Period(data.period_from, data.period_to), data.granularity, data.name, by=person_id,
            key=idempotency_key, language=language, keyring=services.keyring, today=today(services),
        )  # fmt: skip
        return own_json.statement_view(await own.find_statement(statement_id))

    return await answer_once(request, make, actor=person_id, key=idempotency_key)


async def _share(request_id: UUID, by: UUID, language: Language, services: Services) -> Response[ShareView]:
    return _fresh(own_json.share_view(await own.find_card(request_id, language, by=by, today=today(services))))


def _fresh(view: Any) -> Response[Any]:  # noqa: ANN401 - each handler names its own
    return Response(view, headers={"cache-control": "no-store"})


routes = Router(
    "/api/v1",
    route_handlers=[
        list_shares, list_reads, find_request, answer_request, revoke_share, list_statements, make_statement,
    ],
    dependencies={"services": Provide(provide_services)},
    tags=["sharing"],
)  # fmt: skip
