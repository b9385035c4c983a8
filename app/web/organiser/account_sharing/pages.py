"""An organisation's own page of sharing: whether it may ask, which of its keys do, and what was asked."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import OrganisationCard
from app.foundation.identity.keys.rules import KeyState
from app.kernel import ids
from app.kernel.errors import DomainError
from app.programmes import sharing
from app.programmes.sharing import Granularity
from app.views.account_sharing.share_json import link_of
from app.views.api_keys import known_key
from app.views.console import Console
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services

HERE: Final = "/organiser/sharing"
_REQUESTS_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """A key that is good; POST `key` and `organisation` to let it ask."""

    id: str
    name: str
    may_ask: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """Something that was asked. Who answered is not told."""

    code: str
    url: str
    purpose: str
    books: tuple[str, ...]
    granularity: Granularity
    period_from: date
    period_to: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderCard:
    """One of the reader's organisations."""

    id: str
    name: str
    is_enrolled: bool
    keys: tuple[KeyLine, ...]
    requests: tuple[RequestLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingPage(Console):
    """Whether they may ask, with which keys, and what was asked."""

    template: ClassVar[str] = "organiser/sharing.html"

    organisations: tuple[ReaderCard, ...]
    keys_url: str = "/organiser/keys"


@get(HERE, include_in_schema=False, guards=[by_password])
async def show_asking(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The organisations that the reader makes keys for."""
    return desk.page(await _page(desk))


@post(HERE, include_in_schema=False, guards=[by_password, limited("key", 20, is_exact=True)], status_code=303)
async def let_key_ask(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Let a key ask persons for their accounts, until it ends."""

    async def let() -> None:
        organisation_id = ids.parse("org", data.get("organisation", ""))
        if organisation_id is None:
            raise sharing.ReaderUnknown
        await sharing.let_ask(known_key(data.get("key", "")), organisation_id, by=desk.person_id)

    return await desk.step(data, let, onward=HERE, again=lambda fact: _page(desk, fact))


async def _page(desk: Desk, fact: DomainError | None = None) -> AskingPage:
    cards = await identity.keys.keyed_organisations(desk.person_id)
    return AskingPage(
        **desk.frame(HERE, fact),
        roles=(),
        door="organiser",
        organisations=tuple([await _card(desk, card) for card in cards]),
    )


async def _card(desk: Desk, card: OrganisationCard) -> ReaderCard:
    found = await identity.keys.list_of(card.id, by=desk.person_id, keyring=desk.services.keyring, now=desk.now)
    good = [one for one in found if one.state is KeyState.GOOD]
    asking = await sharing.keys_that_ask([one.id for one in good])
    return ReaderCard(
        id=ids.public("org", card.id),
        name=card.name.in_(desk.language),
        is_enrolled=await sharing.reader_of(card.id) is not None,
        keys=tuple(KeyLine(id=ids.public("key", one.id), name=one.name, may_ask=one.id in asking) for one in good),
        requests=await _requests(desk, card.id),
    )


async def _requests(desk: Desk, organisation_id: UUID) -> tuple[RequestLine, ...]:
    found = await sharing.list_of_organisation(organisation_id, limit=_REQUESTS_SHOWN)
    return tuple(
        RequestLine(
            code=one.code,
            url=link_of(one, desk.services.issuer.public_url),
            purpose=one.purpose.in_(desk.language),
            books=tuple(book.value for book in one.books),
            granularity=one.granularity,
            period_from=one.period_from,
            period_to=one.period_to,
            until=one.share_until,
        )
        for one in found
    )


routes = Router(
    "/",
    route_handlers=[show_asking, let_key_ask],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
