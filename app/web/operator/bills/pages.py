"""Channels' bills for the platform's finance: by day, one day with its signing, and what differs."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.commerce import bills
from app.foundation.identity import Role
from app.kernel.errors import DomainError
from app.views import bills as words
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses.html import View
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping
from app.web.operator.bills import days, differences
from app.web.operator.bills.differences import DIFFERENCES, HERE, day_url

_READ: Final = [staff(*TRANSFER_READERS)]
_STEP: Final = [*_READ, limited("bills", 120, is_exact=True)]


@get(HERE, include_in_schema=False, guards=_READ)
async def list_bills(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Bills by day and channel."""
    return desk.page(await days.every_bill(desk))


@get(f"{HERE}/{{day:str}}", include_in_schema=False, guards=_READ)
async def show_day(desk: NamedDependency[Desk], day: FromPath[str]) -> Response[bytes]:
    """One day: three ways, what differs, who signs."""
    return desk.page(await days.one_day(words.day_of_address(day), desk))


@post(f"{HERE}/{{day:str}}/fetch", include_in_schema=False, guards=_STEP, status_code=303)
async def fetch(desk: NamedDependency[Desk], day: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Ask a channel for its bill once more."""
    await desk.demand(Role.FINANCE)
    wanted = words.day_of_address(day)
    gateways = desk.services.gateways
    return await desk.step(
        data,
        lambda: bills.fetch_one_bill(
            data.get("channel", "")[:16],
            wanted,
            channels=gateways.channels,
            files=gateways.files,
            keyring=desk.services.keyring,
            now=desk.now,
        ),
        onward=day_url(wanted),
        again=lambda fact: days.one_day(wanted, desk, fact),
    )


@post(f"{HERE}/{{day:str}}/propose", include_in_schema=False, guards=_STEP, status_code=303)
async def propose(desk: NamedDependency[Desk], day: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Sign a day as the first of two; it waits in the inbox for the second."""
    await desk.demand(Role.FINANCE)
    wanted = words.day_of_address(day)
    return await desk.step(
        data,
        lambda: bills.propose_day(wanted, by=desk.person_id),
        onward=lambda proposed: inbox_mapping.url(proposed.id),
        again=lambda fact: days.one_day(wanted, desk, fact),
    )


@get(DIFFERENCES, include_in_schema=False, guards=_READ)
async def list_differences(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What differs, the oldest that is open first; one of them beside the list."""
    return desk.page(await differences.every_difference(desk))


@post(f"{DIFFERENCES}/{{number:str}}/take", include_in_schema=False, guards=_STEP, status_code=303)
async def take(desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Look after one from now on."""
    await desk.demand(Role.FINANCE)
    return await desk.step(
        data,
        lambda: bills.take(words.find_id(number), by=desk.person_id),
        onward=_opening(number),
        again=lambda fact: differences.every_difference(desk, fact, opened=number),
    )


@post(f"{DIFFERENCES}/{{number:str}}/ask", include_in_schema=False, guards=_STEP, status_code=303)
async def ask(desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Ask the channel about one now."""
    await desk.demand(Role.FINANCE)
    return await desk.step(
        data,
        lambda: bills.ask_about(words.find_id(number), by=desk.person_id, channels=desk.services.gateways.channels),
        onward=_opening(number),
        again=lambda fact: differences.every_difference(desk, fact, opened=number),
    )


@post(f"{DIFFERENCES}/{{number:str}}/explain", include_in_schema=False, guards=_STEP, status_code=303)
async def explain(desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Say why one differs."""
    await desk.demand(Role.FINANCE)
    reason, evidence = data.get("reason", "")[:400], data.get("evidence", "")[:200]
    is_missing = data.get("is_missing", "") == "yes"

    async def again(fact: DomainError) -> View:
        return await differences.every_difference(
            desk, fact, opened=number, reason=reason, evidence=evidence, is_missing=is_missing
        )

    return await desk.step(
        data,
        lambda: bills.explain(
            words.find_id(number), reason=reason, evidence=evidence, is_missing=is_missing, by=desk.person_id
        ),
        onward=_opening(number),
        again=again,
    )


def _opening(number: str) -> str:
    return f"{DIFFERENCES}?state=all&open={number}"


routes = Router(
    "/",
    route_handlers=[list_bills, show_day, fetch, propose, list_differences, take, ask, explain],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
