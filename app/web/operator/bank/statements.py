"""The bank's statements for the platform's finance: read a file, take it in, and end what does not fit."""

from typing import Annotated, Any, Final

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect

from app.commerce import statements
from app.foundation.identity import Role
from app.kernel.errors import DomainError
from app.views.errors import NotSignedIn
from app.views.orders import statements as words
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses.html import View
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import TRANSFER_READERS, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import inbox_mapping
from app.web.operator.bank import findings, showing
from app.web.operator.bank.showing import FINDINGS, HERE

_READ: Final = [staff(*TRANSFER_READERS)]
_STEP: Final = [*_READ, limited("statements", 120, is_exact=True)]
_UPLOAD_BYTES: Final = 9 * 1024 * 1024
"""The most a sheet may have, and the form around it."""


@get(HERE, include_in_schema=False, guards=_READ)
async def list_statements(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Statements, the latest first, and the form for another."""
    return desk.page(await showing.every_statement(desk))


@post(HERE, include_in_schema=False, guards=_STEP, status_code=303, request_max_body_size=_UPLOAD_BYTES)
async def read(
    desk: NamedDependency[Desk], data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
) -> Response[bytes] | Redirect:
    """Read a file; what it would do is shown before it counts, or every fault of it."""
    await desk.demand(Role.FINANCE)
    file = data.get("file")
    name = file.filename if isinstance(file, UploadFile) else ""
    content = await file.read() if isinstance(file, UploadFile) else b""
    return await desk.step(
        data,
        lambda: statements.read(
            name,
            content,
            by=desk.person_id,
            channels=desk.services.gateways.channels,
            keyring=desk.services.keyring,
            now=desk.now,
        ),
        onward=showing.url,
        again=lambda fact: showing.every_statement(desk, fact, file_name=name[:120]),
    )


@get(f"{HERE}/{{number:str}}", include_in_schema=False, guards=_READ)
async def show(desk: NamedDependency[Desk], number: FromPath[str]) -> Response[bytes]:
    """One statement and its rows."""
    return desk.page(await showing.one_statement(words.find_id(number), desk))


@post(f"{HERE}/{{number:str}}/take", include_in_schema=False, guards=_STEP, status_code=303)
async def take(desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Take one in as it was shown; what fits waits in the inbox for a second person."""
    await desk.demand(Role.FINANCE)
    statement_id = words.find_id(number)
    return await desk.step(
        data,
        lambda: statements.take(statement_id, by=desk.person_id, keyring=desk.services.keyring),
        onward=showing.url(statement_id),
        again=lambda fact: showing.one_statement(statement_id, desk, fact),
    )


@get(FINDINGS, include_in_schema=False, guards=_READ)
async def list_findings(desk: NamedDependency[Desk]) -> Response[bytes]:
    """What does not fit, the oldest that is open first; one of them beside the list."""
    return desk.page(await findings.every_finding(desk))


@post(f"{FINDINGS}/{{number:str}}/take", include_in_schema=False, guards=_STEP, status_code=303)
async def take_finding(
    desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields
) -> Response[bytes] | Redirect:
    """Look after one from now on."""
    await desk.demand(Role.FINANCE)
    return await desk.step(
        data,
        lambda: statements.take_finding(words.find_finding_id(number), by=desk.person_id),
        onward=findings.opening(number),
        again=lambda fact: findings.every_finding(desk, fact, opened=number),
    )


@post(f"{FINDINGS}/{{number:str}}/record", include_in_schema=False, guards=_STEP, status_code=303)
async def record(desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Record its row under a remark; it waits in the inbox for a second person."""
    await desk.demand(Role.FINANCE)
    remark = data.get("remark", "")[:40]
    return await desk.step(
        data,
        lambda: statements.record(
            words.find_finding_id(number), remark=remark, by=desk.person_id, keyring=desk.services.keyring
        ),
        onward=inbox_mapping.url,
        again=lambda fact: findings.every_finding(desk, fact, opened=number, remark=remark),
    )


@post(f"{FINDINGS}/{{number:str}}/explain", include_in_schema=False, guards=_STEP, status_code=303)
async def explain(desk: NamedDependency[Desk], number: FromPath[str], data: forms.Fields) -> Response[bytes] | Redirect:
    """Say what became of the money."""
    await desk.demand(Role.FINANCE)
    reason, evidence = data.get("reason", "")[:400], data.get("evidence", "")[:200]

    async def again(fact: DomainError) -> View:
        return await findings.every_finding(desk, fact, opened=number, reason=reason, evidence=evidence)

    return await desk.step(
        data,
        lambda: statements.explain(words.find_finding_id(number), reason=reason, evidence=evidence, by=desk.person_id),
        onward=findings.opening(number),
        again=again,
    )


routes = Router(
    "/",
    route_handlers=[list_statements, read, show, take, list_findings, take_finding, record, explain],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
