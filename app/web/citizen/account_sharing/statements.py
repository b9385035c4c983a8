"""A statement of one's account: asked for on the page, then a PDF and the record as JSON, for its person alone."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import certificates
from app.certificates.numbering_rules import canonical
from app.kernel.days import Period, read_day
from app.kernel.text import Language
from app.programmes import sharing
from app.programmes.sharing import Granularity
from app.views import estimates
from app.views.account_sharing.own import HERE, make_statement
from app.views.certificates.certificate import DrawingPage
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.web.citizen import api_files
from app.web.citizen.account_sharing.mapping import sharing_page, today
from app.web.citizen.account_sharing.pages import demand_own_form
from app.web.kit.responses import html, steps
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

_FIELDS = ("period_from", "period_to", "granularity", "name")
_FILE_WAIT_S = 2.0
_RECORD = "record.json"


@post(
    f"{HERE}/statements",
    include_in_schema=False,
    guards=[guards.signed_in, limited("statement", 20, is_exact=True)],
    status_code=303,
)
async def make(
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """Keep the figures as they stand; the paper follows in seconds. The same form again makes no second one."""
    typed = {name: data.get(name, "")[:2_000] for name in _FIELDS}

    async def state() -> UUID:
        demand_own_form(data, services)
        return await make_statement(
            _period(typed),
            Granularity.MONTHS if typed["granularity"] == "months" else Granularity.TOTALS,
            typed["name"],
            by=session.person_id,
            key=data.get("intent", ""),
            language=language,
            keyring=services.keyring,
            today=today(services),
        )

    return await steps.take(
        state(),
        onward=lambda _: Redirect(f"{HERE}#statements", status_code=303),
        again=lambda fact: sharing_page(session, language, services, fact=fact, typed=typed),
        language=language,
    )


@get(
    f"{HERE}/statements/{{certificate_id:str}}/{{name:str}}",
    include_in_schema=False,
    guards=[guards.signed_in, api_files.FILES],
)
async def show_file(
    request: Request[Any, Any, Any],
    certificate_id: FromPath[str],
    name: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[Any]:
    """`zh.pdf`, `en.pdf`, or `record.json`: the very bytes whose digest the verification page tells."""
    paper = await certificates.find(
        known_certificate(certificate_id), by=session.person_id, paper=sharing.ACCOUNT_STATEMENT.code
    )
    if name == _RECORD:
        return Response(
            canonical(paper.record).encode(), media_type="application/json",
            headers={"cache-control": "no-store", "content-disposition": f'attachment; filename="{paper.number}.json"'},
        )  # fmt: skip
    data = await api_files.file_of(
        request, certificate_id, name, by=session.person_id, services=services, wait_s=_FILE_WAIT_S
    )
    if data is not None:
        return api_files.given(data, certificate_id, name)
    view = DrawingPage(
        here=f"{HERE}/statements/{certificate_id}/{name}",
        sandbox=services.issuer.is_sandbox,
        certificate_url=HERE,
        refresh_s=api_files.AGAIN_S,
        ring=estimates.ring(str(paper.id), 100),
    )
    answer = html.page(view, language, status=202)
    answer.headers.update(api_files.being_drawn())
    return answer


def _period(typed: dict[str, str]) -> Period:
    """The period that was typed.

    Raises:
        ShareUnfit: no days, or the wrong way round.
    """
    days = []
    for name in ("period_from", "period_to"):
        try:
            days.append(read_day(typed[name]))
        except ValueError:
            raise sharing.ShareUnfit(
                field=f"/{name}",
                problem_zh="请填写日期，例如 2026-01-31",
                problem_en="please give a day such as 2026-01-31",
            ) from None
    if days[0] > days[1]:
        raise sharing.ShareUnfit(
            field="/period_to", problem_zh="期间的结束早于开始", problem_en="the period ends before it begins"
        )
    return Period(*days)


routes = Router(
    "/",
    route_handlers=[make, show_file],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
