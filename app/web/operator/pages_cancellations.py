"""Upstream cancellation for the platform's people: one proposes and reports, another looks and confirms."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from app import cancellations, identity
from app.cancellations import Mode, Upload
from app.identity import Role
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.errors import FormExpired, NoSuchPage, NotSignedIn
from app.views.house import House
from app.web.kit.house import provide_house
from app.web.kit.requests import cookies
from app.web.kit.responses import html, problems
from app.web.kit.security import forms
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import staff, to_sign_in
from app.web.operator import filling

_UPLOAD_BYTES: Final = cancellations.EVIDENCE_BYTES_MAX + 16 * 1024
"""The proof and the form around it."""
_MEDIA: Final = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_STEP = [staff(Role.OPERATOR, Role.REVIEWER), limited("cancellation", 120, is_exact=True)]
"""Each step asks for the form's seal itself, so that what was typed into an old page comes back with a new one."""


@get("/operator/cancellations", include_in_schema=False, guards=[staff()])
async def list_all(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """Each lot's gap, and what waits for somebody."""
    return html.page(await filling.every_lot(request, session, language, house), language)


@post("/operator/cancellations", include_in_schema=False, guards=_STEP, status_code=303)
async def propose(
    request: Request[Any, Any, Any],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Propose the next tonnes of a lot."""
    await _demand(session, Role.OPERATOR)
    try:
        _demand_seal(request, data, house)
        reference = await cancellations.propose(
            data.get("lot", "")[:64],
            mode=_mode(data.get("mode", "")),
            by=session.person_id,
            beneficiary=house.issuer.name,
            wired=house.gateways.registries.keys(),
            seen=data.get("tonnes"),
        )
    except DomainError as fact:
        return await _list(fact, request, session, language, house)
    return Redirect(filling.url(reference), status_code=303)


@get("/operator/cancellations/propose", include_in_schema=False, guards=[staff(Role.OPERATOR)])
async def ask_propose(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """Which tonnes of a lot would be proposed, and how; nothing has happened yet."""
    await _demand(session, Role.OPERATOR)
    lot, mode = (request.query_params.get(name, "")[:64] for name in ("lot", "mode"))
    try:
        return html.page(await filling.proposal(lot, _mode(mode), request, session, language, house), language)
    except DomainError as fact:
        return await _list(fact, request, session, language, house)


@get("/operator/cancellations/{reference:str}/withdraw", include_in_schema=False, guards=[staff(Role.OPERATOR)])
async def ask_withdraw(
    request: Request[Any, Any, Any],
    reference: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Whether it is meant, and why; nothing has happened yet."""
    found = await cancellations.find(reference)
    if not filling.can_withdraw(found, session.person_id):
        return Redirect(filling.url(reference), status_code=303)
    view = await filling.one(found, request, session, language, house)
    return html.page(filling.as_question(view), language)


@post("/operator/cancellations/{reference:str}/withdraw", include_in_schema=False, guards=_STEP, status_code=303)
async def withdraw(
    request: Request[Any, Any, Any],
    reference: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """Who proposed takes it back, and says why."""
    await _demand(session, Role.OPERATOR)
    reason = data.get("reason", "")[:1000]
    try:
        _demand_seal(request, data, house)
        await cancellations.withdraw(reference, reason=reason, by=session.person_id)
    except (cancellations.ReasonUnfit, FormExpired) as fact:
        found = await cancellations.find(reference)
        view = await filling.one(
            found, request, session, language, house, notice=fact.message().in_(language), typed_reason=reason
        )
        return html.page(filling.as_question(view), language, status=problems.status_of(type(fact)))
    except DomainError as fact:
        return await _refused(fact, reference, request, session, language, house)
    return Redirect(filling.url(reference), status_code=303)


@get("/operator/cancellations/{reference:str}", include_in_schema=False, guards=[staff()])
async def show(
    request: Request[Any, Any, Any],
    reference: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes]:
    """One cancellation: what is to be agreed to, its proof, what happened so far, what this reader may do."""
    found = await cancellations.find(reference)
    return html.page(await filling.one(found, request, session, language, house), language)


@post(
    "/operator/cancellations/{reference:str}/report",
    include_in_schema=False,
    guards=_STEP,
    status_code=303,
    request_max_body_size=_UPLOAD_BYTES,
)
async def report(
    request: Request[Any, Any, Any],
    reference: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """What the registry answered, with the proof."""
    await _demand(session, Role.OPERATOR)
    number, day = (str(data.get(name, ""))[:80] for name in ("registry_reference", "cancelled_on"))
    file = data.get("evidence")
    try:
        _demand_seal(request, data, house)
        await cancellations.report(
            reference,
            registry_reference=number,
            cancelled_on=day,
            proof=Upload(name=file.filename, data=await file.read()) if isinstance(file, UploadFile) else _NO_FILE,
            by=session.person_id,
            files=house.gateways.files,
        )
    except DomainError as fact:
        typed = {"typed_reference": number, "typed_day": day}
        return await _refused(fact, reference, request, session, language, house, **typed)
    return Redirect(filling.url(reference), status_code=303)


@post("/operator/cancellations/{reference:str}/approve", include_in_schema=False, guards=_STEP, status_code=303)
async def approve(
    request: Request[Any, Any, Any],
    reference: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second person agrees to exactly what the page showed."""
    await _demand(session, Role.REVIEWER)
    try:
        _demand_seal(request, data, house)
        await cancellations.approve(reference, seen=data.get("seen", ""), by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, reference, request, session, language, house)
    return Redirect(filling.url(reference), status_code=303)


@post("/operator/cancellations/{reference:str}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def send_back(
    request: Request[Any, Any, Any],
    reference: FromPath[str],
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    house: NamedDependency[House],
) -> Response[bytes] | Redirect:
    """The second person says no, and why."""
    await _demand(session, Role.REVIEWER)
    reason = data.get("reason", "")[:1000]
    try:
        _demand_seal(request, data, house)
        await cancellations.send_back(reference, reason=reason, seen=data.get("seen", ""), by=session.person_id)
    except DomainError as fact:
        return await _refused(fact, reference, request, session, language, house, typed_reason=reason)
    return Redirect(filling.url(reference), status_code=303)


@get("/operator/cancellations/{reference:str}/evidence", include_in_schema=False, guards=[staff()])
async def evidence(reference: FromPath[str], house: NamedDependency[House]) -> Response[bytes]:
    """The proof. Shown by a browser only where it is a picture, and never run: it came from outside."""
    found, data = await cancellations.read_evidence(reference, files=house.gateways.files)
    if data is None or found.evidence_kind is None:
        raise NoSuchPage
    kind = found.evidence_kind.value
    place = "inline" if kind in {"png", "jpg"} else "attachment"
    return Response(
        data,
        media_type=_MEDIA[kind],
        headers={
            "content-disposition": f'{place}; filename="{found.reference}.{kind}"',
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "private, no-store",
        },
    )


_NO_FILE: Final = Upload(name="", data=b"")


def _mode(typed: str) -> Mode:
    return Mode.REGISTRY if typed == Mode.REGISTRY else Mode.HAND


async def _demand(session: Session, role: Role) -> None:
    """Who only reviews does not propose, who only proposes does not review."""
    if role not in await identity.house_roles(session.person_id):
        raise identity.RoleMissing


def _demand_seal(request: Request[Any, Any, Any], data: Mapping[str, Any], house: House) -> None:
    """The form is one that this session was shown."""
    session_token = cookies.read(request.scope, cookies.SESSION)
    given = str(data.get(forms.FIELD, ""))
    if session_token is None or not forms.is_genuine(given, session_token, key=house.form_key):
        raise FormExpired


async def _list(
    fact: DomainError, request: Request[Any, Any, Any], session: Session, language: Language, house: House
) -> Response[bytes]:
    view = await filling.every_lot(request, session, language, house, notice=fact.message().in_(language))
    return html.page(view, language, status=problems.status_of(type(fact)))


async def _refused(
    fact: DomainError,
    reference: str,
    request: Request[Any, Any, Any],
    session: Session,
    language: Language,
    house: House,
    **typed: str,
) -> Response[bytes]:
    found = await cancellations.find(reference)
    view = await filling.one(found, request, session, language, house, notice=fact.message().in_(language), **typed)
    return html.page(view, language, status=problems.status_of(type(fact)))


routes = Router(
    "/",
    route_handlers=[
        list_all,
        ask_propose,
        propose,
        show,
        report,
        approve,
        send_back,
        ask_withdraw,
        withdraw,
        evidence,
    ],
    dependencies={"house": Provide(provide_house)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
