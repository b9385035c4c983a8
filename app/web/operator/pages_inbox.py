"""The inbox for the platform's people: what waits for a second person, whatever it is about."""

from typing import Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.views import inbox
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import DECIDERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.inbox_mapping import HERE, page, url

_STEP: Final = [staff(*DECIDERS), limited("approvals", 120, is_exact=True)]


@get(HERE, include_in_schema=False, guards=[staff(*DECIDERS)])
async def list_waiting(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What waits: for this reader, for others, by role and age."""
    return desk.page(await page(None, desk))


@get(f"{HERE}/{{approval:uuid}}", include_in_schema=False, guards=[staff(*DECIDERS)])
async def show(approval: FromPath[UUID], desk: NamedDependency[Desk]) -> Response[bytes]:
    """One of them in words, beside the list."""
    return desk.page(await page(approval, desk))


@post(f"{HERE}/{{approval:uuid}}/approve", include_in_schema=False, guards=_STEP, status_code=303)
async def approve(
    approval: FromPath[UUID], data: forms.Fields, desk: NamedDependency[Desk]
) -> Response[bytes] | Redirect:
    """The second person agrees to exactly what the page showed."""
    typed = data.get("typed", "")[:40]
    return await desk.step(
        data,
        lambda: inbox.approve(approval, seen=data.get("seen", "")[:64], typed=typed, by=desk.person_id),
        onward=url(approval),
        again=lambda fact: page(approval, desk, fact, typed_amount=typed),
    )


@post(f"{HERE}/{{approval:uuid}}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def send_back(
    approval: FromPath[UUID], data: forms.Fields, desk: NamedDependency[Desk]
) -> Response[bytes] | Redirect:
    """The second person says no, and why."""
    reason = data.get("reason", "")[:1000]
    return await desk.step(
        data,
        lambda: inbox.send_back(approval, reason=reason, seen=data.get("seen", "")[:64], by=desk.person_id),
        onward=url(approval),
        again=lambda fact: page(approval, desk, fact, typed_reason=reason),
    )


@post(f"{HERE}/{{approval:uuid}}/withdraw", include_in_schema=False, guards=_STEP, status_code=303)
async def withdraw(
    approval: FromPath[UUID], data: forms.Fields, desk: NamedDependency[Desk]
) -> Response[bytes] | Redirect:
    """Who proposed it takes it back."""
    reason = data.get("reason", "")[:1000]
    return await desk.step(
        data,
        lambda: inbox.withdraw(approval, reason=reason, by=desk.person_id),
        onward=url(approval),
        again=lambda fact: page(approval, desk, fact, typed_reason=reason),
    )


routes = Router(
    "/",
    route_handlers=[list_waiting, show, approve, send_back, withdraw],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
