"""Readers of accounts for the platform's people: who is enrolled and why, proposing another, ending one."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import OrganisationKind, Role
from app.kernel import ids
from app.kernel.errors import DomainError
from app.programmes import sharing
from app.views.console import Console, Tone
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import ORGANISATION_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping

_HERE: Final = "/operator/readers"
_MOST: Final = 1000
_GUARDS: Final = [staff(*ORGANISATION_READERS), limited("organisations", 60, is_exact=True)]
_ENDERS: Final = frozenset({Role.OPERATOR, Role.REVIEWER, Role.ADMINISTRATOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRow:
    """An enrolment; POST `reader` to `end_action`."""

    id: str
    name: str
    ground: str
    enrolled_at: datetime
    ended_at: datetime | None
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadersPage(Console):
    """Readers of accounts. POST to the page itself with `organisation` and `ground`."""

    template: ClassVar[str] = "operator/readers.html"

    rows: tuple[ReaderRow, ...]
    choices: tuple[tuple[str, str], ...]
    """Verified organisations that are not enrolled: id and name."""
    may_propose: bool
    may_end: bool
    typed: dict[str, str]
    end_action: str = f"{_HERE}/end"


@get(_HERE, include_in_schema=False, guards=[staff(*ORGANISATION_READERS)])
async def list_readers(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Who may ask now, and who might."""
    return desk.page(await _page(desk))


@post(_HERE, include_in_schema=False, guards=_GUARDS, status_code=303)
async def propose_reader(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Propose one; it waits in the inbox for a second person."""
    typed = {name: data.get(name, "")[:400] for name in ("organisation", "ground")}
    organisation_id = ids.parse("org", typed["organisation"]) or UUID(int=0)
    return await desk.step(
        data,
        lambda: sharing.propose_reader(organisation_id, typed["ground"], by=desk.person_id),
        onward=lambda proposed: inbox_mapping.url(proposed.id),
        again=lambda fact: _page(desk, fact, typed=typed),
    )


@post(f"{_HERE}/end", include_in_schema=False, guards=_GUARDS, status_code=303)
async def end_reader(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """End one at once."""

    async def end() -> None:
        reader_id = ids.parse("rdr", data.get("reader", ""))
        if reader_id is None:
            raise sharing.ReaderUnknown
        await sharing.end_reader(reader_id, by=desk.person_id)

    return await desk.step(data, end, onward=_HERE, again=lambda fact: _page(desk, fact))


async def _page(desk: Desk, fact: DomainError | None = None, *, typed: dict[str, str] | None = None) -> ReadersPage:
    found, roles = await sharing.list_readers(), await desk.roles()
    cards = {card.id: card for card in await identity.list_organisations(limit=_MOST)}
    names = await identity.introduce({one.organisation_id for one in found}) if found else {}
    enrolled = {one.organisation_id for one in found if one.ended_at is None}
    return ReadersPage(
        **desk.frame(_HERE, fact),
        roles=(),
        rows=tuple(
            ReaderRow(
                id=ids.public("rdr", one.id),
                name=name.in_(desk.language) if (name := names[one.organisation_id].name) else "",
                ground=one.ground,
                enrolled_at=one.enrolled_at,
                ended_at=one.ended_at,
                tone="done" if one.ended_at is None else "void",
            )
            for one in found
        ),
        choices=tuple(
            (ids.public("org", card.id), card.name.in_(desk.language))
            for card in cards.values()
            if card.is_verified and card.kind is not OrganisationKind.EXCHANGE and card.id not in enrolled
        ),
        may_propose=Role.OPERATOR in roles,
        may_end=bool(_ENDERS & roles),
        typed=typed or {},
    )


routes = Router(
    "/",
    route_handlers=[list_readers, propose_reader, end_reader],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
