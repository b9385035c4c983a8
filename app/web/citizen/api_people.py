"""JSON for mini-programs and scripts: signing in, and the certificates one holds."""

from typing import Annotated, Any, cast
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from app import certificates
from app.certificates import CertificateFacts
from app.foundation import identity
from app.gateways.channels.sign_in import AppCodeRefused, AppUnknown
from app.gateways.wechat import LoginCodeRefused
from app.kernel import ids, mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language
from app.registry.claims import FigureReach
from app.views.certificates import record_form, upstream
from app.views.certificates.coverage import COVERAGE_EXAMPLE, CoverageView
from app.views.certificates.figures import FigureView, coverage_now, figure_view, figures_of
from app.views.errors import CursorMalformed, FieldsInvalid, RequestsTooMany, Silent
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.web.citizen.api_files import file_url
from app.web.kit.requests import visit
from app.web.kit.requests.places import device_of
from app.web.kit.responses import paging
from app.web.kit.responses.answers import BEARER, KEYED, READ, SIGNED_IN, answers
from app.web.kit.responses.problems import documented
from app.web.kit.security import guards
from app.web.kit.security.limits import limited
from app.web.kit.security.newcomers import new_guest
from app.web.kit.services import provide_services


class WeChatForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `wx.login` gave."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """A token to send as `Authorization: Bearer`; it is told once and kept by us as a digest."""

    token: str
    kind: identity.SessionKind
    expires_at: str
    is_new: bool


_SESSION = SessionView(
    token="Zk3vQp0r8xLw2nYt5cHs7dKj1mFb9aGe4uIo6yTqRzA",  # noqa: S106 - an example, nobody's
    kind=identity.SessionKind.CITIZEN,
    expires_at="2026-12-22T10:02:07+08:00",
    is_new=True,
)


@post(
    "/sessions/wechat",
    operation_id="signInWithWeChat",
    summary="Mini-program login / 小程序登录",
    guards=[limited("login", 30, is_exact=True, by_address=True)],
    responses=answers(_SESSION, *READ, RequestsTooMany, LoginCodeRefused, identity.BeingErased, Silent, status=201),
)
async def sign_in_with_wechat(
    request: Request[Any, Any, Any],
    data: JSONBody[WeChatForm],
    services: NamedDependency[Services],
    language: NamedDependency[Language],
) -> SessionView:
    """Exchange the code of `wx.login`, good once for five minutes, for a token of ours."""
    signed_in = await identity.sign_in_with_wechat(
        data.code,
        wechat=services.gateways.wechat,
        appid=services.wechat_appid,
        keyring=services.keyring,
        now=services.gateways.clock(),
        language=language,
        device=device_of(request),
    )
    return _session(signed_in)


class AppForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the app around our mini-program gave: in Alipay `my.getAuthCode` with the scope `auth_base`."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


@post(
    "/sessions/apps/{app_name:str}",
    operation_id="signInWithApp",
    summary="Login of a mini-program in another app / 其他平台小程序登录",
    guards=[limited("login", 30, is_exact=True, by_address=True)],
    responses=answers(
        _SESSION, *READ, RequestsTooMany, AppUnknown, AppCodeRefused, identity.BeingErased, Silent, status=201
    ),
)
async def sign_in_with_app(
    app_name: FromPath[str],
    data: JSONBody[AppForm],
    services: NamedDependency[Services],
    language: NamedDependency[Language],
) -> SessionView:
    """Exchange such a code, good once, for a token of ours. `app_name` is the name of the app's way to pay, as
    `listPaymentMethods` tells it. Whoever comes by two apps is two people here."""
    app = services.gateways.sign_ins.get(app_name)
    if app is None:
        raise AppUnknown
    signed_in = await identity.sign_in_with_app(
        data.code, app=app, keyring=services.keyring, now=services.gateways.clock(), language=language
    )
    return _session(signed_in)


@post(
    "/sessions/guest",
    operation_id="openGuestSession",
    summary="A session without a login / 访客会话",
    guards=[new_guest],
    responses=answers(msgspec.structs.replace(_SESSION, kind=identity.SessionKind.GUEST), RequestsTooMany, status=201),
)
async def open_guest_session(
    request: Request[Any, Any, Any], services: NamedDependency[Services], language: NamedDependency[Language]
) -> SessionView:
    """Somebody new, with no personal datum."""
    return _session(
        await identity.open_guest_session(
            language, keyring=services.keyring, now=services.gateways.clock(), device=device_of(request)
        )
    )


@delete(
    "/sessions/current",
    operation_id="signOut",
    summary="End this session / 退出",
    guards=[guards.signed_in],
    security=BEARER,
    responses=documented(*SIGNED_IN),
)
async def sign_out(request: Request[Any, Any, Any], services: NamedDependency[Services]) -> None:
    """The token is refused from now on."""
    token = visit.of(request.scope).token
    assert token is not None, "the guard has found one"
    await identity.sign_out(token, services.gateways.clock())


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate for its holder."""

    id: Annotated[str, msgspec.Meta(examples=["crt_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    number: Annotated[str, msgspec.Meta(examples=["DD-20261122-SC-7K3M9QFX2"])]
    verify_code: Annotated[str, msgspec.Meta(examples=["7K3M9QFX2R"])]
    verify_url: str
    title: str
    grams: int
    mass_text: str
    retirement_number: str
    issued_at: str
    files: dict[str, str]
    """Address by language and kind: `zh.pdf`, `zh.png`, `en.pdf`, `en.png`. Each is drawn when it is first asked for."""
    record: record_form.Record
    """The frozen record; its own bytes, as they were hashed, stand under `/api/v1/verify/…`."""
    coverage: CoverageView
    """How far its claim reaches today: by the actual figure where there is one, else by the record."""
    figure: FigureView | None
    """How the claim stands by its actual figure; null while there is none and none is overdue."""
    superseded_by: str | None
    """Number of the latest version, where this is an earlier one."""
    upstream: upstream.UpstreamView
    """How far it is cancelled at the registry too, now."""


_CERTIFICATE = CertificateView(
    id="crt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    number="DD-20261122-SC-7K3M9QFX2",
    verify_code="7K3M9QFX2R",
    verify_url="/v/7K3M9QFX2R",
    title="示例职工欢乐跑",
    grams=12_400,
    mass_text="12.4 kg",
    retirement_number="R-20261122-7K3M9QFX",
    issued_at="2026-11-22T10:02:09+08:00",
    files={"zh.pdf": "/api/v1/certificates/crt_01JD8Q9T5K3V2M7N4P6R8S0W1X/zh.pdf"},
    record=record_form.EXAMPLE,
    coverage=COVERAGE_EXAMPLE,
    figure=None,
    superseded_by=None,
    upstream=upstream.EXAMPLE,
)


@get(
    "/certificates",
    operation_id="listCertificates",
    summary="My certificates / 我的证书",
    guards=[guards.known_or_key],
    security=KEYED,
    responses=answers(
        paging.Page[CertificateView](items=(_CERTIFICATE,), next=None, has_more=False),
        FieldsInvalid, CursorMalformed, *SIGNED_IN, of=paging.Page[CertificateView],
    ),
)  # fmt: skip
async def list_certificates(
    person_id: NamedDependency[UUID],
    language: NamedDependency[Language],
    limit: paging.Limit = 20,
    after: paging.After = None,
) -> paging.Page[CertificateView]:
    """What this person holds, the latest first."""
    found = await certificates.list_of(person_id, limit=limit + 1, after=paging.read(after, UUID))
    records = [one.record for one in found]
    shown = list(zip(found, await upstream.upstream_of(records), await figures_of(records), strict=True))
    return paging.cut(shown, limit, key=lambda one: one[0].id, show=lambda one: _view(*one, language))


@get(
    "/certificates/{certificate_id:str}",
    operation_id="getCertificate",
    summary="One of my certificates / 一张证书",
    guards=[guards.known_or_key],
    security=KEYED,
    responses=answers(_CERTIFICATE, FieldsInvalid, *SIGNED_IN, certificates.CertificateUnknown),
)
async def get_certificate(
    certificate_id: FromPath[str], person_id: NamedDependency[UUID], language: NamedDependency[Language]
) -> Response[CertificateView]:
    """A certificate this person holds."""
    found = await certificates.find(known_certificate(certificate_id), by=person_id)
    (cover,) = await upstream.upstream_of([found.record])
    (figure,) = await figures_of([found.record])
    return Response(_view(found, cover, figure, language), headers={"cache-control": "no-store"})


def _session(signed_in: identity.SignedIn) -> SessionView:
    session = signed_in.session
    return SessionView(
        token=signed_in.token,
        kind=session.kind,
        expires_at=rfc3339(session.expires_at),
        is_new=signed_in.is_new,
    )


def _view(
    one: CertificateFacts, cover: upstream.UpstreamView, figure: FigureReach | None, language: Language
) -> CertificateView:
    record = one.record
    return CertificateView(
        id=ids.public("crt", one.id),
        number=one.number,
        verify_code=one.verify_code,
        verify_url=f"/v/{one.verify_code}",
        title=record["subject"][language.value],
        grams=record["mass_g"],
        mass_text=mass.text(record["mass_g"]),
        retirement_number=record["retirement_number"],
        issued_at=rfc3339(one.issued_at),
        files={f"{each}.{kind}": file_url(one.id, each, kind) for each in Language for kind in ("pdf", "png")},
        record=cast("record_form.Record", record),  # as it was frozen, without a field more or less
        coverage=coverage_now(record, figure),
        figure=figure_view(figure),
        superseded_by=one.superseded_by,
        upstream=cover,
    )


routes = Router(
    "/api/v1",
    route_handlers=[
        sign_in_with_wechat, sign_in_with_app, open_guest_session, sign_out, list_certificates, get_certificate,
    ],
    dependencies={"services": Provide(provide_services)},
    tags=["people"],
)  # fmt: skip
