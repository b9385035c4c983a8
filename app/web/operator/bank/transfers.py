"""Bank transfers for the platform's finance: which are expected, and one person's half of taking one in."""

from typing import Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation.identity import Role
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Text
from app.views import listing
from app.views.console import age
from app.views.errors import NotSignedIn
from app.views.listing import Asked
from app.views.orders import receipts
from app.views.orders.receipts import Expected
from app.views.page import Amount
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping
from app.web.operator.bank.expected_views import TransferRow, TransfersPage

_HERE: Final = "/operator/transfers"
_MOST: Final = 1000
_STATES: Final = {
    "all": Text(zh="全部", en="All"),
    "expected": Text(zh="待到账", en="Expected"),
    "recorded": Text(zh="待复核", en="To be confirmed"),
}
_LATE: Final = Text(zh="已过保留期", en="Late")


@get(_HERE, include_in_schema=False, guards=[staff(*TRANSFER_READERS)])
async def list_expected(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The transfers that we wait for, the oldest first, and the form for what came."""
    return desk.page(await _page(desk))


@post(
    _HERE,
    include_in_schema=False,
    guards=[staff(*TRANSFER_READERS), limited("receipts", 120, is_exact=True)],
    status_code=303,
)
async def record(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Record one line of the bank's list; it waits in the inbox for a second person."""
    typed = receipts.fields_of(data)
    await desk.demand(Role.FINANCE)
    return await desk.step(
        data,
        lambda: receipts.record(typed, by=desk.person_id, keyring=desk.services.keyring),
        onward=lambda proposed: inbox_mapping.url(proposed.id),
        again=lambda fact: _page(desk, fact, typed=typed),
    )


async def _page(desk: Desk, fact: DomainError | None = None, *, typed: dict[str, str] | None = None) -> TransfersPage:
    asked = listing.read(_HERE, desk.request.query_params, {"state": tuple(_STATES)})
    found = await receipts.list_expected(limit=_MOST)
    counts = {state: sum(_is_of(one, state) for one in found) for state in _STATES}
    shown = [one for one in found if _is_of(one, asked.chosen["state"])]
    return TransfersPage(
        **desk.frame(asked.here, fact),
        roles=(),
        filters=tuple(
            asked.filter("state", one, label.in_(desk.language), counts[one]) for one, label in _STATES.items()
        ),
        rows=tuple(_row(one, asked, desk) for one in shown[asked.offset : asked.offset + listing.PIECE]),
        paging=asked.paging(len(shown)),
        typed=typed or {"remark": asked.open},
        today=beijing_day(desk.now).isoformat(),
    )


def _is_of(one: Expected, state: str) -> bool:
    return state == "all" or (one.transfer.proposed is not None) == (state == "recorded")


def _row(one: Expected, asked: Asked, desk: Desk) -> TransferRow:
    transfer = one.transfer
    is_late = transfer.expires_at <= desk.now
    state = "recorded" if transfer.proposed else "expected"
    said = _LATE if is_late and not transfer.proposed else _STATES[state]
    return TransferRow(
        remark=transfer.remark,
        url=inbox_mapping.url(transfer.proposed) if transfer.proposed else asked.opening(transfer.remark),
        payer=one.payer.in_(desk.language),
        order=one.order,
        amount=Amount(minor=transfer.amount_minor, currency=transfer.currency),
        age=age(transfer.created_at, desk.now),
        is_late=is_late,
        expires_at=transfer.expires_at,
        state=said.in_(desk.language),
        tone="todo" if transfer.proposed else "void" if is_late else "wait",
        is_open=asked.open == transfer.remark,
    )


routes = Router(
    "/",
    route_handlers=[list_expected, record],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
