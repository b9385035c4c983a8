"""Files of certificates: drawn when first asked for, and given to their holder as soon as they are there."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from app import certificates
from app.kernel import ids
from app.kernel.text import Language
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.web.kit.responses.answers import KEYED, SIGNED_IN, answers
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

FILES: Final = limited("file", 240)
"""Guard of whatever gives files."""
_ASKING: Final = limited("draw", 60)
"""Files that are not there yet and nobody has asked for: each is a twentieth of a second of the drawing worker's."""
_WAITING_MOST: Final = 64
"""Requests of this process that wait for a file at a time; one more is told at once that it is being drawn."""
_LOOKS_S: Final = (0.03, 0.25)
"""How soon a waiting request looks again: at first, and at most."""
AGAIN_S: Final = 1
"""When to ask again for a file that is being drawn."""
_MEDIA: Final = {"pdf": "application/pdf", "png": "image/png"}
_waiting: list[None] = []

Wait = Annotated[
    int, QueryParameter(ge=0, le=10, description="Seconds to wait for a file that is being drawn; 等待秒数")
]


class DrawingView(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate stands; this file of it is being drawn. Ask again after `Retry-After`."""

    state: Literal["drawing"] = "drawing"
    file: Annotated[str, msgspec.Meta(examples=["zh.pdf"])]


@get(
    "/certificates/{certificate_id:str}/{name:str}",
    operation_id="getCertificateFile",
    summary="A file of a certificate: zh.pdf, zh.png, en.pdf, en.png / 证书文件",
    guards=[guards.known_or_key, FILES],
    security=KEYED,
    responses={
        200: ResponseSpec(
            bytes, description="The file, PDF or PNG", media_type="application/octet-stream", generate_examples=False
        )
    }
    | answers(
        DrawingView(file="zh.pdf"),
        FieldsInvalid, *SIGNED_IN, RequestsTooMany, certificates.CertificateUnknown, status=202,
    ),
)  # fmt: skip
async def get_file(
    request: Request[Any, Any, Any],
    certificate_id: FromPath[str],
    name: FromPath[str],
    person_id: NamedDependency[UUID],
    services: NamedDependency[Services],
    wait: Wait = 0,
) -> Response[Any]:
    """The file. A file is drawn when it is first asked for: 202 until it is there; with `wait` the answer waits for it."""
    data = await file_of(request, certificate_id, name, by=person_id, services=services, wait_s=wait)
    if data is None:
        return Response(DrawingView(file=name), status_code=202, headers=being_drawn())
    return given(data, certificate_id, name)


async def file_of(
    request: Request[Any, Any, Any], certificate_id: str, name: str, *, by: UUID, services: Services, wait_s: float
) -> bytes | None:
    """The bytes of a file, `zh.pdf`, of a certificate as its address shows it; None after `wait_s` seconds without it.

    Whoever asks for one that is not there has asked for its drawing.

    Raises:
        CertificateUnknown: no such certificate or file, or somebody else's.
        RequestsTooMany: too many that had to be drawn.
    """
    language, _, kind = name.partition(".")
    if language not in {"zh", "en"} or kind not in _MEDIA:
        raise certificates.CertificateUnknown
    uuid, wished = known_certificate(certificate_id), Language(language)
    return await drawn_file(request, uuid, wished, _kind(kind), by=by, services=services, wait_s=wait_s)


async def drawn_file(
    request: Request[Any, Any, Any],
    uuid: UUID,
    wished: Language,
    file_kind: certificates.FileKind,
    *,
    by: UUID,
    services: Services,
    wait_s: float,
) -> bytes | None:
    """The same, of a certificate's id in the database; for whatever kind of file there is."""

    async def fetch() -> bytes | None:
        return await certificates.fetch_file(
            uuid, wished, file_kind, by=by, files=services.gateways.files, keyring=services.keyring
        )

    data = await fetch()
    if data is not None:
        return data
    if not await certificates.is_wanted(uuid, wished, file_kind):
        await cast("Awaitable[None]", _ASKING(request, request.route_handler))  # a guard, asked only now
    await certificates.want(uuid, wished, file_kind, by=by)
    if len(_waiting) >= _WAITING_MOST:
        return None
    _waiting.append(None)
    try:
        until, look_s = asyncio.get_running_loop().time() + wait_s, _LOOKS_S[0]
        while data is None and (left_s := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(look_s, left_s))
            look_s = min(look_s * 1.3, _LOOKS_S[1])
            data = await fetch()
    finally:
        _waiting.pop()
    return data


def given(data: bytes, certificate_id: str, name: str) -> Response[Any]:
    """A file, for its holder's eyes and cache."""
    return Response(
        data,
        media_type=_MEDIA[name.partition(".")[2]],
        headers={
            "cache-control": "private, max-age=86400",
            "content-disposition": f'inline; filename="diandian-{certificate_id[-8:]}-{name}"',
        },
    )


def being_drawn() -> dict[str, str]:
    """Headers of an answer that says so."""
    return {"retry-after": str(AGAIN_S), "cache-control": "no-store"}


def file_url(certificate_id: UUID, language: Language, kind: str) -> str:
    """Where a file of a certificate is given to its holder."""
    return f"/api/v1/certificates/{ids.public('crt', certificate_id)}/{language.value}.{kind}"


def _kind(kind: str) -> certificates.FileKind:
    return "pdf" if kind == "pdf" else "png"


routes = Router(
    "/api/v1", route_handlers=[get_file], dependencies={"services": Provide(provide_services)}, tags=["people"]
)
