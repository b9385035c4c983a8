"""Exchange rates for the platform's finance: which count, whether one may be used today, and proposing another."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.views.errors import NotSignedIn
from app.views.prices import rates
from app.views.prices.rates import Listed
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import RATE_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping
from app.web.operator.views import RateRow, RatesPage

_HERE: Final = "/operator/rates"
_USED: Final = Text(zh="使用中", en="In use")
_OLD: Final = Text(zh="已过期", en="Too old")
_EARLIER: Final = Text(zh="较早", en="Earlier")


@get(_HERE, include_in_schema=False, guards=[staff(*RATE_READERS)])
async def list_rates(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The confirmed rates, the newest first, and the form for another."""
    return desk.page(await _page(desk))


@post(
    _HERE,
    include_in_schema=False,
    guards=[staff(*RATE_READERS), limited("rates", 60, is_exact=True)],
    status_code=303,
)
async def propose_rate(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Propose a rate; it waits in the inbox for a second person."""
    typed = rates.fields_of(data)
    return await desk.step(
        data,
        lambda: rates.propose(typed, by=desk.person_id),
        onward=lambda proposed: inbox_mapping.url(proposed.id),
        again=lambda fact: _page(desk, fact, typed=typed),
    )


async def _page(desk: Desk, fact: DomainError | None = None, *, typed: dict[str, str] | None = None) -> RatesPage:
    today, days = beijing_day(desk.now), desk.services.rate_days
    found = await rates.rates(today=today, days=days)
    return RatesPage(
        **desk.frame(_HERE, fact),
        roles=(),
        rows=tuple(_row(one, desk) for one in found.listed),
        refused=found.refused.in_(desk.language) if found.refused else None,
        days=days,
        typed=typed or {"day": today.isoformat()},
        today=today.isoformat(),
    )


def _row(one: Listed, desk: Desk) -> RateRow:
    state = _USED if one.is_used else _OLD if one.is_too_old else _EARLIER
    return RateRow(
        text=str(one.rate),
        day=one.rate.day,
        source=one.rate.source,
        url=one.rate.url,
        state=state.in_(desk.language),
        tone="done" if one.is_used else "todo" if one.is_too_old else "void",
    )


routes = Router(
    "/",
    route_handlers=[list_rates, propose_rate],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
