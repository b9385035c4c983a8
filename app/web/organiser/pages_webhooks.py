"""Where an organisation's systems and groups are told of what happens: a list, each with its log, and what can be done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity, webhooks
from app.foundation.identity import OrganisationCard
from app.foundation.webhooks import Delivery, Endpoint, EndpointDraft, NewEndpoint
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views import listing
from app.views import webhooks as told
from app.views.console import Console
from app.views.errors import NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import by_password, to_sign_in
from app.web.kit.services import provide_services

_HERE: Final = "/organiser/webhooks"
_LOG_MOST: Final = 20
_TYPED: Final = ("organisation", "kind", "label", "url", "language")
_SHOWN_MOST: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """An endpoint of the list."""

    key: str
    """Its id, as addresses show it."""
    url: str
    organisation: str
    one: Endpoint
    is_overlapping: bool = False
    """Whether the secret before the present one still counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChoice:
    """An organisation that an endpoint may be added to."""

    key: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """A delivery of the log."""

    number: str
    event: str
    key: str
    """The kind of event."""
    one: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksPage(Console):
    """The endpoints of whoever reads it; one of them in the drawer, or the form for another."""

    template: ClassVar[str] = "organiser/webhooks.html"

    action: str
    organisations: tuple[OwnChoice, ...]
    """Those whose endpoints they look after."""
    rows: tuple[EndpointRow, ...]
    kinds: tuple[str, ...]
    """What endpoints choose from."""
    typed: dict[str, str]
    """Of the form; of each event a text that is not empty where its box is ticked."""
    open: EndpointRow | None = None
    log: tuple[LogRow, ...] = ()
    total: int = 0
    secret: str | None = None
    """Told this once."""
    closed_url: str = _HERE


@get(_HERE, include_in_schema=False, guards=[by_password])
async def show_webhooks(desk: NamedDependency[Desk]) -> Response[bytes]:
    """The list."""
    return desk.page(await _page(desk))


@post(
    _HERE, include_in_schema=False, guards=[by_password, limited("webhook_change", 60, is_exact=True)], status_code=303
)
async def change_webhooks(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """One step: added, changed, tested, paused, resumed, removed, sent again; or a new secret, which this page shows once."""
    do, shown = data.get("do", ""), data.get("webhook", "")
    if do in {"new", "rotate"}:
        try:
            desk.demand_seal(data)
            made = await _with_secret(desk, do, shown, data)
        except DomainError as fact:
            return desk.page(await _page(desk, fact, opened=shown, data=data), fact)
        response = desk.page(await _page(desk, opened=ids.public("whe", made.id), secret=made.secret))
        response.status_code = 200
        response.headers["cache-control"] = "no-store"
        return response

    async def step() -> None:
        await _step(desk, do, shown, data)

    onward = _HERE if do == "remove" else f"{_HERE}?open={shown}"
    return await desk.step(data, step, onward=onward, again=lambda fact: _page(desk, fact, opened=shown, data=data))


async def _with_secret(desk: Desk, do: str, shown: str, data: dict[str, str]) -> NewEndpoint:
    if do == "rotate":
        return await webhooks.rotate(told.endpoint_id(shown), by=desk.person_id, keyring=desk.services.keyring)
    draft = EndpointDraft(
        kind=data.get("kind", ""),
        label=data.get("label", "")[:_SHOWN_MOST],
        url=data.get("url", ""),
        events=await _chosen(data),
        language=_language(data),
        robot_secret=data.get("robot_secret") or None,
    )
    return await webhooks.add(
        told.organisation_id(data.get("organisation", "")), draft, by=desk.person_id, keyring=desk.services.keyring,
        sender=desk.services.gateways.webhooks,
    )  # fmt: skip


async def _step(desk: Desk, do: str, shown: str, data: dict[str, str]) -> None:
    uuid, by = told.endpoint_id(shown), desk.person_id
    steps: dict[str, Callable[[], Awaitable[Any]]] = {
        "pause": lambda: webhooks.pause(uuid, by=by),
        "resume": lambda: webhooks.resume(uuid, by=by),
        "remove": lambda: webhooks.remove(uuid, by=by),
        "test": lambda: webhooks.test(uuid, by=by),
        "redeliver": lambda: webhooks.redeliver(told.delivery_id(data.get("delivery", "")), endpoint_id=uuid, by=by),
    }
    if do == "change":
        events = await _chosen(data)
        await webhooks.change(uuid, label=data.get("label", ""), events=events, language=_language(data), by=by)
    elif (step := steps.get(do)) is None:
        raise webhooks.EndpointUnfit(field="/do", problem_zh="没有这一步", problem_en="there is no such step")
    else:
        await step()


async def _chosen(data: dict[str, str]) -> tuple[str, ...]:
    """The events whose boxes are ticked."""
    return tuple(kind for kind in await webhooks.kinds_to_choose() if data.get(kind))


def _language(data: dict[str, str]) -> Language:
    return Language.EN if data.get("language") == Language.EN else Language.ZH


async def _page(
    desk: Desk,
    fact: DomainError | None = None,
    *,
    opened: str | None = None,
    data: dict[str, str] | None = None,
    secret: str | None = None,
) -> WebhooksPage:
    asked = listing.read(_HERE, desk.request.query_params)
    own = await told.looked_after(desk.person_id)
    if not own:
        raise identity.RoleMissing
    rows = _rows(desk, own, await webhooks.endpoints_of([card.id for card in own]), asked)
    wanted = asked.open if opened is None else opened
    row = next((one for one in rows if one.key == wanted), None)
    kinds = tuple(await webhooks.kinds_to_choose())
    typed = {name: (data or {}).get(name, "")[:_SHOWN_MOST] for name in _TYPED}
    is_typed = data is not None and data.get("do") in {"new", "change"}
    if row is not None and not is_typed:
        typed |= {"label": row.one.label, "language": row.one.language}
    ticked = {kind for kind in kinds if (data or {}).get(kind)} if is_typed else set(row.one.events if row else kinds)
    typed |= dict.fromkeys(ticked, "1")
    return WebhooksPage(
        **desk.frame(asked.here, fact),
        section="/organiser",
        roles=(),
        door="organiser",
        action=_HERE,
        organisations=tuple(OwnChoice(key=ids.public("org", card.id), name=card.name.in_(desk.language)) for card in own),
        rows=rows,
        kinds=kinds,
        typed=typed,
        open=row,
        log=await _log(row) if row else (),
        total=await webhooks.count_deliveries(row.one.id) if row else 0,
        secret=secret,
    )  # fmt: skip


def _rows(
    desk: Desk, own: Sequence[OrganisationCard], found: Sequence[Endpoint], asked: listing.Asked
) -> tuple[EndpointRow, ...]:
    names = {card.id: card.name.in_(desk.language) for card in own}
    return tuple(
        EndpointRow(
            key=(key := ids.public("whe", one.id)),
            url=asked.opening(key),
            organisation=names[one.organisation_id],
            one=one,
            is_overlapping=one.previous_until is not None and one.previous_until > desk.now,
        )
        for one in found
    )  # fmt: skip


async def _log(row: EndpointRow) -> tuple[LogRow, ...]:
    found = await webhooks.deliveries_of(row.one.id, limit=_LOG_MOST)
    return tuple(
        LogRow(number=ids.public("whd", one.id), event=webhooks.message_id(one.event_id), key=one.kind, one=one)
        for one in found
    )


routes = Router(
    "/",
    route_handlers=[show_webhooks, change_webhooks],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
