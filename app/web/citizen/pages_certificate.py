"""The H5 pages of what one holds: a certificate, and all of them."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import certificates, identity, orders, scenarios
from app.certificates import ANONYMOUS, NAME_PURPOSE, CertificateFacts
from app.certificates.rules import may_say_neutral
from app.kernel import ids
from app.kernel.text import Language
from app.web import guards, html, paging
from app.web.citizen import figuring, ordering
from app.web.citizen.api_people import file_url, known_id
from app.web.citizen.namings import named, told_in
from app.web.citizen.slices import judged, mandate, party_lines, reach, slice_lines, subject
from app.web.citizen.upstream import proofs_of, upstream_of
from app.web.citizen.views.certificate import CertificatePage
from app.web.citizen.views.mine import MineItem, MinePage
from app.web.citizen.views.order import OrderPhase
from app.web.guards import Session
from app.web.house import House, provide_house

_PIECE = 10
"""A ring each: more would make the page heavy."""
_ORDERS = 3


@get("/c/{certificate_id:str}", include_in_schema=False, guards=[guards.signed_in])
async def show_certificate(
    certificate_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """The certificate for its holder, with its picture as soon as that is drawn."""
    one = await certificates.find(known_id(certificate_id), by=session.person_id)
    return html.page(await _certificate(one, language, house), language)


@get("/me", include_in_schema=False)
async def mine(
    request: Request[Any, Any, Any],
    visitor: NamedDependency[Session | None],
    language: NamedDependency[Language],
    house: NamedDependency[House],
    after: paging.After = None,
) -> Response[bytes]:
    """What this browser's visitor holds; empty for somebody new."""
    items, rows, held, total_g = [], [], 0, 0
    if visitor is not None:
        rows = await certificates.list_of(visitor.person_id, limit=_PIECE + 1, after=paging.read(after, UUID))
        held, total_g = await certificates.total_of(visitor.person_id)
        items = [] if after else await _under_way(visitor.person_id, language)
    shown = rows[:_PIECE]
    view = MinePage(
        here=request.scope["path"],
        sandbox=house.issuer.is_sandbox,
        total_g=total_g,
        count=held,
        items=(*items, *(_item(one, language) for one in shown)),
        next_url=f"/me?after={paging.cursor(shown[-1].id)}" if len(rows) > _PIECE else None,
        ring=figuring.ring(str(visitor.person_id) if visitor else "nobody", 100 if held else 0),
    )
    return html.page(view, language)


async def _under_way(person_id: UUID, language: Language) -> list[MineItem]:
    """Orders that are no certificate yet: the way back to whoever left in the middle of paying."""
    found = await orders.under_way(person_id, limit=_ORDERS)
    own = [(order, order.scenario_id) for order in found if order.scenario_id is not None]  # what is held has no scene
    scenes = await scenarios.find_many([scene_id for _, scene_id in own], today=figuring.today())
    steps = [(await ordering.progress(order), scene_id) for order, scene_id in own]
    return [
        MineItem(
            url=f"/o/{ids.public('ord', at.order.id)}",
            title=scenes[scene_id].title.in_(language),
            mass_g=at.order.mass_g,
            at=at.order.placed_at,
            number=None,
            phase=at.phase,
            ring=figuring.ring(str(at.order.id), 0),
        )
        for at, scene_id in steps
        if at.phase is not OrderPhase.DONE
    ]


def _item(one: CertificateFacts, language: Language) -> MineItem:
    return MineItem(
        url=f"/c/{ids.public('crt', one.id)}",
        title=one.record["subject"][language.value],
        mass_g=one.record["mass_g"],
        at=one.issued_at,
        number=one.number,
        phase=OrderPhase.DONE,
        ring=figuring.ring(str(one.id), 100),
    )


async def _certificate(one: CertificateFacts, language: Language, house: House) -> CertificatePage:
    record, shown = one.record, ids.public("crt", one.id)
    name = None
    if one.name_sealed is not None:
        name = await identity.unseal(one.holder_id, one.name_sealed, purpose=NAME_PURPOSE, keyring=house.keyring)
    (upstream,) = await upstream_of([record])
    organisation = await named(record, one.holder_id)
    picture = language if (language.value, "png") in one.files else Language(one.language)
    return CertificatePage(
        here=f"/c/{shown}",
        sandbox=house.issuer.is_sandbox,
        number=one.number,
        holder=organisation.name.in_(language) if organisation else name or ANONYMOUS.in_(language),
        mass_g=record["mass_g"],
        scene_title=subject(record, language),
        called=record["title"][language.value],
        reach=reach(record, language),
        naming=told_in(organisation, language),
        is_neutral=may_say_neutral(record),
        is_statement=record["kind"] == "statement",
        parties=party_lines(record, language, beneficiary=organisation.name.in_(language) if organisation else None),
        mandate=mandate(record),
        judged=await judged(record, language),
        retirement_number=record["retirement_number"],
        retired_at=figuring.instant(record["retired_at"]),
        slices=slice_lines(record, language),
        upstream=upstream.state,
        proofs=proofs_of(upstream),
        image_url=file_url(one.id, picture, "png") if (picture.value, "png") in one.files else None,
        pdf_zh_url=file_url(one.id, Language.ZH, "pdf") + "?wait=10",
        pdf_en_url=file_url(one.id, Language.EN, "pdf") + "?wait=10",
        verify_code=one.verify_code,
        verify_url=f"/v/{one.verify_code}",
        share_url=f"{house.issuer.public_url}/v/{one.verify_code}",
        status_url=f"/api/v1/certificates/{shown}",
        ring=figuring.ring(str(one.id), 100),
    )


routes = Router(
    "/",
    route_handlers=[show_certificate, mine],
    dependencies={"house": Provide(provide_house)},
    include_in_schema=False,
)
