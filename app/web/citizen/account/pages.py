"""The account's own pages: `/me` with its three books and its history, `/me/grams`, and the yearly letter `/me/letter`."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide

from app import scenarios
from app.commerce import orders
from app.foundation import identity
from app.kernel import ids
from app.kernel.text import Language, Text
from app.programmes import gifts
from app.views import estimates
from app.views.listing import Filter
from app.views.mine import ConsentSwitch, MineHeld, MineItem
from app.views.orders import ordering
from app.views.orders.order_page import OrderPhase
from app.views.personal.account import AccountPage, GramsPage, LetterPage, year_ring
from app.views.personal.books import YearBooks, books_of, nothing, year_of
from app.views.personal.grams import PIECE as RANGES
from app.views.personal.grams import ProjectShare, held_of, projects_of, ranges_of
from app.views.personal.history import PIECE, Entry, Kind, entries_of
from app.views.services import Services
from app.web.citizen import pages_consents
from app.web.kit.responses import html, paging
from app.web.kit.security import guards
from app.web.kit.security.guards import Session
from app.web.kit.services import provide_services

_ORDERS: Final = 3
_GIFTS: Final = 10
_PROJECTS: Final = 3
_KINDS: Final = {
    Kind.ALL: Text(zh="全部", en="All"),
    Kind.RETIRED: Text(zh="注销", en="Retired"),
    Kind.GIFT: Text(zh="赠碳", en="Gifts"),
    Kind.EMITTED: Text(zh="排放", en="Emitted"),
    Kind.PAPERS: Text(zh="证书", en="Certificates"),
}
_RING: Final = Text(zh="{year} 年的年轮，一圈一个月", en="The rings of {year}, one a month")


@get("/me", include_in_schema=False)
async def show_account(
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Session | None],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    after: paging.After = None,
) -> Response[bytes]:
    """The account of this browser's visitor; empty for somebody new. `year` and `kind` stand in the address."""
    query, today = request.query_params, estimates.today()
    kind = next((one for one in Kind if one == query.get("kind")), Kind.ALL)
    is_first, person_id = after is None, visitor.person_id if visitor else None
    books = await books_of(person_id, today=today) if person_id else nothing(today)
    shown = year_of(books, query.get("year", ""), today=today)
    asked = {"year": str(shown.year)} if "year" in query else {}
    found: list[Entry] = []
    projects: list[ProjectShare] = []
    under_way: tuple[MineItem, ...] = ()
    held: tuple[MineHeld, ...] = ()
    switches: tuple[ConsentSwitch, ...] = ()
    if person_id:
        found = await entries_of(
            person_id, language, kind=kind, year=shown.year if asked else None, limit=PIECE + 1,
            after=paging.read(after, UUID),
        )  # fmt: skip
    if person_id and is_first:
        projects = await projects_of(person_id, language, year=shown.year)
        under_way, held = await _under_way(person_id, language), await _held(person_id, language)
        switches = await pages_consents.switches(person_id, language, services)
    chosen = asked | ({"kind": kind.value} if kind is not Kind.ALL else {})
    view = AccountPage(
        here=_address(chosen),
        sandbox=services.issuer.is_sandbox,
        books=shown,
        all_books=tuple(books),
        years=_years(books, shown, "/me"),
        ring=year_ring(str(person_id or "nobody"), shown, _RING.filled(year=shown.year).in_(language)),
        filters=tuple(
            Filter(label=label.in_(language), url=_address(asked | _said(each)) + "#history", is_on=each is kind)
            for each, label in _KINDS.items()
        ),
        entries=tuple(found[:PIECE]),
        next_url=_address(chosen | {"after": paging.cursor(found[PIECE - 1].id)}) if len(found) > PIECE else None,
        is_first=is_first,
        under_way=under_way,
        held=held,
        projects=tuple(projects[:_PROJECTS]),
        projects_more=max(0, len(projects) - _PROJECTS),
        consents=switches,
        is_empty=is_first and not (found or under_way or held or asked or kind is not Kind.ALL),
    )
    return html.page(view, language)


@get("/me/grams", include_in_schema=False, guards=[guards.signed_in])
async def show_grams(
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
    after: paging.After = None,
) -> Response[bytes]:
    """Every range that was retired for this person, and what they hold."""
    person_id, is_first = session.person_id, after is None
    found = await ranges_of(person_id, language, limit=RANGES + 1, after=paging.read(after, int))
    projects = await projects_of(person_id, language)
    view = GramsPage(
        here="/me/grams",
        sandbox=services.issuer.is_sandbox,
        retired_g=sum(one.mass_g for one in projects),
        projects=tuple(projects),
        ranges=tuple(found[:RANGES]),
        held=tuple(await held_of(person_id, language)) if is_first else (),
        next_url=f"/me/grams?after={paging.cursor(found[RANGES - 1].id)}" if len(found) > RANGES else None,
        is_first=is_first,
    )
    return html.page(view, language)


@get("/me/letter", include_in_schema=False, guards=[guards.signed_in])
async def show_letter(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """This year's three books in plain words, or those of `?year=`; made to be printed."""
    today = estimates.today()
    books = await books_of(session.person_id, today=today)
    shown = year_of(books, request.query_params.get("year", ""), today=today)
    best = max(shown.months, key=lambda one: one.own_g + one.given_g, default=None)
    view = LetterPage(
        here=f"/me/letter?year={shown.year}",
        sandbox=services.issuer.is_sandbox,
        books=shown,
        written_on=today,
        is_over=shown.year < today.year,
        years=_years(books, shown, "/me/letter"),
        ring=year_ring(str(session.person_id), shown, _RING.filled(year=shown.year).in_(language)),
        best_month=best.month if best else None,
        projects=tuple(await projects_of(session.person_id, language, year=shown.year)),
        landscape=estimates.landscape(f"letter:{shown.year}"),
    )
    return html.page(view, language)


def _years(books: list[YearBooks], shown: YearBooks, path: str) -> tuple[Filter, ...]:
    return tuple(
        Filter(label=str(one.year), url=f"{path}?year={one.year}", is_on=one is shown) for one in reversed(books[:4])
    )


def _address(chosen: dict[str, str]) -> str:
    return f"/me?{urlencode(chosen)}" if chosen else "/me"


def _said(kind: Kind) -> dict[str, str]:
    return {} if kind is Kind.ALL else {"kind": kind.value}


async def _under_way(person_id: UUID, language: Language) -> tuple[MineItem, ...]:
    """Orders that are no certificate yet: the way back to whoever left in the middle of paying; and what is held."""
    found = await orders.under_way(person_id, limit=_ORDERS)
    scene_ids = [order.scenario_id for order in found if order.scenario_id is not None]
    scenes = await scenarios.find_many(scene_ids, today=estimates.today()) if scene_ids else {}
    steps = await ordering.progress_of(found)
    return tuple(
        MineItem(
            url=f"/o/{ids.public('ord', at.order.id)}",
            title=(scenes[at.order.scenario_id].title if at.order.scenario_id else ordering.HELD).in_(language),
            mass_g=at.order.mass_g - sum(hold.back_g for hold in at.order.hold_lines),
            at=at.order.placed_at,
            phase=at.phase,
        )
        for at in steps
        if at.phase is not OrderPhase.DONE or not at.order.retire_lines
    )


async def _held(person_id: UUID, language: Language) -> tuple[MineHeld, ...]:
    """Gifts in their account, and the cards of which something is left."""
    held = (await gifts.held_by(person_id))[:_GIFTS]
    own = [one for one in await gifts.cards_of(person_id) if one.free_g][:_GIFTS]
    found = [(f"/g/{ids.public('gft', one.id)}", one.scenario_id, one.sponsor_id, one.left_g, False) for one in held]
    found += [("/card", one.scenario_id, one.sponsor_id, one.free_g, True) for one in own]
    scenes = await scenarios.find_many([one[1] for one in found], today=estimates.today()) if found else {}
    givers = await identity.introduce([one[2] for one in found]) if found else {}
    return tuple(
        MineHeld(
            url=url,
            title=scenes[scenario_id].title.in_(language),
            giver=name.in_(language) if (name := givers[sponsor_id].name) else "",
            left_g=left_g,
            is_card=is_card,
        )
        for url, scenario_id, sponsor_id, left_g, is_card in found
    )


routes = Router(
    "/",
    route_handlers=[show_account, show_grams, show_letter],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
