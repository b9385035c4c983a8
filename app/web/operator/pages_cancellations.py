"""Upstream cancellation for the platform's people: one proposes and reports, another looks and confirms."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from app.foundation.identity import Role
from app.kernel.errors import DomainError
from app.registry import cancellations
from app.registry.cancellations import Mode, Upload
from app.views.errors import FormExpired, NoSuchPage, NotSignedIn
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses.html import View
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import mapping

_UPLOAD_BYTES: Final = cancellations.EVIDENCE_BYTES_MAX + 16 * 1024
"""The proof and the form around it."""
_MEDIA: Final = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
_STEP = [staff(Role.OPERATOR, Role.REVIEWER), limited("cancellation", 120, is_exact=True)]
_HERE: Final = "/operator/cancellations"


@get(_HERE, include_in_schema=False, guards=[staff()])
async def list_all(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Each lot's gap, and what waits for somebody."""
    return desk.page(await mapping.every_lot(desk))


@post(_HERE, include_in_schema=False, guards=_STEP, status_code=303)
async def propose(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Propose the next tonnes of a lot."""
    await desk.demand(Role.OPERATOR)

    return await desk.step(
        data,
        lambda: cancellations.propose(
            data.get("lot", "")[:64],
            mode=_mode(data.get("mode", "")),
            by=desk.person_id,
            beneficiary=desk.services.issuer.name,
            wired=desk.services.gateways.registries.keys(),
            seen=data.get("tonnes"),
        ),
        onward=mapping.url,
        again=lambda fact: mapping.every_lot(desk, fact),
    )


@get(f"{_HERE}/propose", include_in_schema=False, guards=[staff(Role.OPERATOR)])
async def ask_propose(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Which tonnes of a lot would be proposed, and how; nothing has happened yet."""
    await desk.demand(Role.OPERATOR)
    lot, mode = (desk.request.query_params.get(name, "")[:64] for name in ("lot", "mode"))
    try:
        return desk.page(await mapping.proposal(lot, _mode(mode), desk))
    except DomainError as fact:
        return desk.page(await mapping.every_lot(desk, fact), fact)


@get(f"{_HERE}/{{reference:str}}/withdraw", include_in_schema=False, guards=[staff(Role.OPERATOR)])
async def ask_withdraw(desk: NamedDependency[Desk], reference: FromPath[str]) -> Response[bytes] | Redirect:
    """Whether it is meant, and why; nothing has happened yet."""
    found = await cancellations.find(reference)
    if not mapping.can_withdraw(found, desk.person_id):
        return Redirect(mapping.url(reference), status_code=303)
    return desk.page(mapping.as_question(await mapping.one(found, desk)))


@post(f"{_HERE}/{{reference:str}}/withdraw", include_in_schema=False, guards=_STEP, status_code=303)
async def withdraw(
    desk: NamedDependency[Desk], reference: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """Who proposed takes it back, and says why."""
    reason = data.get("reason", "")[:1000]

    async def again(fact: DomainError) -> View:
        page = await mapping.one(await cancellations.find(reference), desk, fact, typed_reason=reason)
        return mapping.as_question(page) if isinstance(fact, cancellations.ReasonUnfit | FormExpired) else page

    return await _step(
        desk, Role.OPERATOR, reference, data,
        lambda: cancellations.withdraw(reference, reason=reason, by=desk.person_id),
        again,
    )  # fmt: skip


@get(f"{_HERE}/{{reference:str}}", include_in_schema=False, guards=[staff()])
async def show(desk: NamedDependency[Desk], reference: FromPath[str]) -> Response[bytes]:
    """One cancellation: what is to be agreed to, its proof, what happened so far, what this reader may do."""
    return desk.page(await mapping.one(await cancellations.find(reference), desk))


@post(
    f"{_HERE}/{{reference:str}}/report",
    include_in_schema=False,
    guards=_STEP,
    status_code=303,
    request_max_body_size=_UPLOAD_BYTES,
)
async def report(
    desk: NamedDependency[Desk],
    reference: FromPath[str],
    data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
) -> Response[bytes] | Redirect:
    """What the registry answered, with the proof."""
    number, day = (str(data.get(name, ""))[:80] for name in ("registry_reference", "cancelled_on"))
    file = data.get("evidence")

    async def do() -> None:
        await cancellations.report(
            reference,
            registry_reference=number,
            cancelled_on=day,
            proof=Upload(name=file.filename, data=await file.read()) if isinstance(file, UploadFile) else _NO_FILE,
            by=desk.person_id,
            files=desk.services.gateways.files,
        )

    return await _step(
        desk, Role.OPERATOR, reference, data, do, _shown_again(desk, reference, typed_reference=number, typed_day=day)
    )


@post(f"{_HERE}/{{reference:str}}/approve", include_in_schema=False, guards=_STEP, status_code=303)
async def approve(
    desk: NamedDependency[Desk], reference: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """The second person agrees to exactly what the page showed."""
    return await _step(
        desk, Role.REVIEWER, reference, data,
        lambda: cancellations.approve(reference, seen=data.get("seen", ""), by=desk.person_id),
        _shown_again(desk, reference),
    )  # fmt: skip


@post(f"{_HERE}/{{reference:str}}/return", include_in_schema=False, guards=_STEP, status_code=303)
async def send_back(
    desk: NamedDependency[Desk], reference: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """The second person says no, and why."""
    reason = data.get("reason", "")[:1000]
    return await _step(
        desk, Role.REVIEWER, reference, data,
        lambda: cancellations.send_back(reference, reason=reason, seen=data.get("seen", ""), by=desk.person_id),
        _shown_again(desk, reference, typed_reason=reason),
    )  # fmt: skip


@get(f"{_HERE}/{{reference:str}}/evidence", include_in_schema=False, guards=[staff()])
async def evidence(desk: NamedDependency[Desk], reference: FromPath[str]) -> Response[bytes]:
    """The proof. Shown by a browser only where it is a picture, and never run: it came from outside."""
    found, data = await cancellations.read_evidence(reference, files=desk.services.gateways.files)
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


async def _step(
    desk: Desk,
    role: Role,
    reference: str,
    data: Mapping[str, Any],
    act: Callable[[], Awaitable[object]],
    again: Callable[[DomainError], Awaitable[View]],
) -> Response[bytes] | Redirect:
    """One step of one cancellation, by somebody with this very role, from a form of this session."""
    await desk.demand(role)
    return await desk.step(data, act, onward=mapping.url(reference), again=again)


def _shown_again(desk: Desk, reference: str, **typed: str) -> Callable[[DomainError], Awaitable[View]]:
    async def again(fact: DomainError) -> View:
        return await mapping.one(await cancellations.find(reference), desk, fact, **typed)

    return again


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
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
