"""Pages for anybody: home, the verification form and its answer, files that WeChat and browsers ask for."""

from typing import Any

from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import certificates, scenarios
from app.certificates.rules import VERIFY_CODE_LENGTH, read_record, title_now
from app.kernel import ids
from app.kernel.text import Language
from app.programmes import donations, sharing
from app.views import estimates
from app.views.certificates.figures import figure_line
from app.views.certificates.namings import named, told_in
from app.views.certificates.slices import judged, mandate, party_lines, reach, slice_lines, subject
from app.views.certificates.upstream import proofs_of, upstream_by
from app.views.errors import NoSuchPage
from app.views.services import Services
from app.web.kit import wechat_files
from app.web.kit.responses import html, pages
from app.web.kit.security.limits import limited
from app.web.kit.security.scanning import scan
from app.web.kit.services import provide_services
from app.web.public.account_statements import account_statement
from app.web.public.api import masked_holder
from app.web.public.contributions import contribution
from app.web.public.looking_up import GUESSING, PAPERS, look_up, reader_of, unknown_page
from app.web.public.posters import poster_url
from app.web.public.suspensions import notes_on
from app.web.public.views import CodeHint, HomePage, SceneCard, Verified, VerifyFormPage, VerifyPage

_MEDIA = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
_ROBOTS = b"User-agent: *\nDisallow: /o/\nDisallow: /c/\nDisallow: /me\nDisallow: /v/\nDisallow: /V/\nDisallow: /api/\n"


@get("/", include_in_schema=False)
async def home(language: NamedDependency[Language], services: NamedDependency[Services]) -> Response[bytes]:
    """What this is, a code to enter, scenes that are open."""
    return html.page(await _home(language, services), language, is_kept=True)


@get("/go", include_in_schema=False)
async def go(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes] | Redirect:
    """From a typed code to its scene."""
    typed = request.query_params.get("code", "").strip()[:32]
    try:
        scene = await scan(typed, request)
    except scenarios.ScenarioUnknown:
        return html.page(await _home(language, services, typed=typed, unknown=True), language, status=404)
    return Redirect(f"/s/{scene.code}", status_code=303)


@get("/verify", include_in_schema=False, guards=[limited("verify_form", 600)])
async def verify_form(
    request: Request[Any, Any, Any], language: NamedDependency[Language], services: NamedDependency[Services]
) -> Response[bytes] | Redirect:
    """Asks for a verification code; a code that cannot be one is told so, without a look at the table."""
    typed = request.query_params.get("code", "").strip()[:32]
    hint = None
    if typed:
        plain = ids.read_code(typed, length=VERIFY_CODE_LENGTH)
        if plain is None:
            hint = CodeHint.SHAPE
        elif ids.read_checked_code(plain, length=VERIFY_CODE_LENGTH) is None:
            hint = CodeHint.CHECK
        else:
            return Redirect(f"/v/{plain}", status_code=303)
    view = VerifyFormPage(here="/verify", sandbox=services.issuer.is_sandbox, typed=typed, hint=hint)
    return html.page(view, language, is_kept=True)


@get(["/v/{code:str}", "/V/{code:str}"], include_in_schema=False, guards=[GUESSING.guard])
async def verified(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes]:
    """The public part of a certificate; unknown codes all look the same. Upper case is what the QR code holds."""
    reader = reader_of(request, services)
    try:
        found = await look_up(code, request, reader=reader, papers=PAPERS)
    except certificates.CertificateUnknown:
        return unknown_page(code, language, sandbox=services.issuer.is_sandbox)
    if found.paper == donations.CONTRIBUTION.code:
        return html.page(contribution(found, services, language), language)
    if found.paper == sharing.ACCOUNT_STATEMENT.code:
        return html.page(account_statement(found, services, language), language)
    return html.page(await reader.ask(lambda: _verified(found, language, services)), language)


async def _verified(found: certificates.Verified, language: Language, services: Services) -> VerifyPage:
    record = read_record(found.record_json)
    upstream = upstream_by(record, found.cancellations)
    organisation = await named(record, found.holder_id)
    explained = await certificates.explain(record) if record["kind"] != "honorary" else None  # an honour asks no table
    figure = explained.figure if explained else None
    return VerifyPage(
        here=f"/v/{record['verify_code']}",
        sandbox=services.issuer.is_sandbox,
        code=record["verify_code"],
        poster_url=await poster_url(record["verify_code"], language),
        share_url=f"{services.issuer.public_url}/v/{record['verify_code']}",
        share_origin=services.issuer.public_url,
        found=Verified(
            number=record["number"],
            masked_name=organisation.name.in_(language) if organisation else masked_holder(found, services, language),
            naming=told_in(organisation, language),
            mass_g=record["mass_g"],
            subject=subject(record, language),
            title=title_now(record, figure).in_(language),
            figure=figure_line(figure, language, record),
            reach=reach(record, language, figure),
            parties=party_lines(
                record, language, beneficiary=organisation.name.in_(language) if organisation else None
            ),
            mandate=mandate(record),
            judged=judged(record, explained, language),
            slices=slice_lines(record, language),
            suspended=await notes_on(record["lines"], language),
            retired_at=estimates.instant(record["retired_at"]),
            retirement_number=record["retirement_number"],
            upstream=upstream.state,
            proofs=proofs_of(upstream),
            issuer=record["issuer"][language.value],
            sha256=found.record_sha256.hex(),
            superseded_by=found.superseded_by,
            ring=estimates.ring(record["number"], 100),
        ),
    )


@get("/static/{folder:str}/{name:str}", include_in_schema=False, sync_to_thread=False)
def static_file(folder: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """One of our own scripts or pictures. Its address changes with its content, so it may be kept for ever."""
    known = _files().get(f"{folder}/{name}")
    if known is None:
        raise NoSuchPage
    return Response(
        known,
        media_type=_MEDIA["." + name.rpartition(".")[2]],
        headers={"cache-control": "public, max-age=31536000, immutable"},
    )


@get("/favicon.ico", include_in_schema=False, sync_to_thread=False)
def favicon() -> Redirect:
    """Browsers ask for it by this name whatever a page says."""
    return Redirect(pages.static_url("citizen/icon.svg"), status_code=302)


@get("/robots.txt", include_in_schema=False, sync_to_thread=False)
def robots() -> Response[bytes]:
    """Scenes and the home page may be found; what belongs to one person may not."""
    return Response(_ROBOTS, media_type="text/plain", headers={"cache-control": "public, max-age=86400"})


@get("/{name:str}", include_in_schema=False)
async def root_file(name: FromPath[str]) -> Response[bytes]:
    """The files by which WeChat checks the domain; nothing else lives at the root."""
    return await wechat_files.answer(name)


_kept: dict[str, bytes] = {}


def _files() -> dict[str, bytes]:
    if not _kept:
        for path in pages.STATIC.glob("*/*"):
            if path.suffix in _MEDIA:
                _kept[path.relative_to(pages.STATIC).as_posix()] = path.read_bytes()
    return _kept


async def _home(language: Language, services: Services, *, typed: str = "", unknown: bool = False) -> HomePage:
    open_now = await scenarios.live(limit=6, today=estimates.today())
    return HomePage(
        here="/",
        sandbox=services.issuer.is_sandbox,
        scenes=tuple(
            SceneCard(
                url=f"/s/{scene.code}",
                title=scene.title.in_(language),
                organiser=scene.organiser.in_(language),
                held_on=scene.starts_on,
                neutralised=scene.retirements,
            )
            for scene in open_now
        ),
        typed=typed,
        unknown=unknown,
        landscape=estimates.landscape("diandian"),
    )


routes = Router(
    "/",
    route_handlers=[home, go, verify_form, verified, static_file, favicon, robots, root_file],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
