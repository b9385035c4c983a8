"""The keys of an organisation on a page: make one, copy it once, end it."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import Role
from app.foundation.identity.keys.rules import GIVABLE
from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.views.api_keys import known_key
from app.views.console import Console, Tone
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services

HERE: Final = "/organiser/keys"
_TONES: Final[dict[str, Tone]] = {"good": "done", "expired": "void", "revoked": "void", "ended": "void"}
_STEP: Final = [by_password, limited("key", 20, is_exact=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key in the list; POST `key` to `revoke_action`."""

    id: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    maker: str
    expires_on: str
    last_used_on: str | None
    state: str
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOrganisation:
    """An organisation to choose."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysPage(Console):
    """Keys. POST to the page itself with `organisation`, `name`, `role_<name>` and `days`."""

    template: ClassVar[str] = "organiser/keys.html"

    organisations: tuple[KeyOrganisation, ...]
    """For which this reader makes keys."""
    keys: tuple[KeyRow, ...]
    givable: tuple[str, ...]
    revoke_action: str = f"{HERE}/revoke"
    base_url: str
    made: str | None = None
    """Just made; shown this once."""
    typed: dict[str, str]


@get(HERE, include_in_schema=False, guards=[by_password])
async def show_keys(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The keys of the reader's organisations."""
    return desk.page(await _page(desk))


@post(HERE, include_in_schema=False, guards=_STEP, status_code=200)
async def make(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes]:
    """A key, shown this once."""
    try:
        desk.demand_seal(data)
        organisation_id = ids.parse("org", data.get("organisation", ""))
        if organisation_id is None:
            raise identity.keys.KeyPowerMissing
        days = data.get("days", "")
        made = await identity.keys.make(
            organisation_id, data.get("name", ""), [role for role in Role if f"role_{role.value}" in data],
            days=int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0, by=desk.person_id, now=desk.now,
        )  # fmt: skip
    except DomainError as fact:
        return desk.page(await _page(desk, fact, typed=dict(data)), fact)
    answer = desk.page(await _page(desk, made=made.text))
    answer.headers["cache-control"] = "no-store"
    return answer


@post(f"{HERE}/revoke", include_in_schema=False, guards=_STEP, status_code=303)
async def revoke(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """End a key."""
    return await desk.step(
        data,
        lambda: identity.keys.end(known_key(data.get("key", "")), by=desk.person_id),
        onward=HERE,
        again=lambda fact: _page(desk, fact),
    )


async def _page(
    desk: Desk,
    fact: DomainError | None = None,
    *,
    made: str | None = None,
    typed: dict[str, str] | None = None,
) -> KeysPage:
    own = {card.id: roles for card, roles in await identity.own_organisations(desk.person_id)}
    cards = await identity.keys.keyed_organisations(desk.person_id)
    rows: list[KeyRow] = []
    for card in cards:
        found = await identity.keys.list_of(card.id, by=desk.person_id, keyring=desk.services.keyring, now=desk.now)
        rows += [
            KeyRow(
                id=ids.public("key", one.id),
                name=one.name,
                organisation=card.name.in_(desk.language),
                roles=tuple(role.value for role in one.roles),
                maker=one.maker or f"#{ids.public('per', one.maker_id)[-5:]}",
                expires_on=beijing_day(one.expires_at).isoformat(),
                last_used_on=one.last_used_on,
                state=one.state.value,
                tone=_TONES[one.state],
            )
            for one in found
        ]
    held = {role for card in cards for role in own[card.id]}
    frame: dict[str, Any] = desk.frame(HERE, fact)
    return KeysPage(
        **frame,
        roles=(),
        door="organiser",
        organisations=tuple(
            KeyOrganisation(id=ids.public("org", card.id), name=card.name.in_(desk.language)) for card in cards
        ),
        keys=tuple(rows),
        givable=tuple(role.value for role in GIVABLE if role in held),
        base_url=desk.services.issuer.public_url,
        made=made,
        typed=typed or {},
    )


routes = Router(
    "/",
    route_handlers=[show_keys, make, revoke],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
