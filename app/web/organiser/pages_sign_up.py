"""An organisation signs itself up, alone and without mail; afterwards its people see where that stands, and mend it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import OrganisationKind
from app.foundation.identity.applications.rules import Applicant, Application, Applied
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.views.console import Age, Console, age
from app.views.errors import NoSuchPage, NotSignedIn
from app.views.page import Page
from app.views.services import Services
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.responses import html, pages, steps
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import FACTOR, by_password, session_cookie, to_sign_in
from app.web.kit.services import provide_services

SIGN_UP: Final = "/organiser/sign-up"
STATUS: Final = "/organiser/application"
_FIELDS: Final = ("name_zh", "name_en", "kind", "country", "register_number", "purpose")
_KINDS: Final = tuple(kind.value for kind in OrganisationKind if kind is not OrganisationKind.EXCHANGE)
_TYPED_MOST: Final = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpPage(Page):
    """Asks for everything at once. POST to the page itself."""

    template: ClassVar[str] = "organiser/sign_up.html"

    csrf_token: str = ""
    notice: str | None = None
    fault_field: str = ""
    kinds: tuple[str, ...] = _KINDS
    typed: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationView:
    """One application; POST the fields of `typed` with `organisation` to the page itself."""

    id: str
    name: str
    kind: str
    number: str
    purpose: str
    state: str
    reason: str | None
    sent_at: datetime
    age: Age
    typed: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPage(Console):
    """Where it stands, and what can be done meanwhile."""

    template: ClassVar[str] = "organiser/application.html"

    applications: tuple[ApplicationView, ...]
    kinds: tuple[str, ...] = _KINDS


@get(SIGN_UP, include_in_schema=False, guards=[limited("sign_up_look", 60, sharing=4)])
async def show_sign_up(language: NamedDependency[Language], services: NamedDependency[Services]) -> Response[bytes]:
    """The form."""
    return html.page(SignUpPage(here=SIGN_UP, sandbox=services.issuer.is_sandbox), language)


@post(
    SIGN_UP,
    include_in_schema=False,
    guards=[
        forms.own_pages_only, limited("sign_up", 10, window_s=3600, is_exact=True, sharing=2, by_address=True),
    ],
    status_code=303,
)  # fmt: skip
async def sign_up(
    data: forms.Fields,
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Response[bytes] | Redirect:
    """An unverified organisation with its first sponsor, and the second factor next."""
    typed = {name: data.get(name, "")[:_TYPED_MOST] for name in (*_FIELDS, "name", "email")}

    async def send() -> identity.SignedIn:
        password = data.get("password", "")[:257]
        if password != data.get("password_again", "")[:257]:
            raise identity.PasswordsDiffer
        _, opened = await identity.applications.send(
            _applied(typed), Applicant(typed["name"], typed["email"], password), language=language,
            keyring=services.keyring, now=services.gateways.clock(),
        )  # fmt: skip
        return opened

    async def again(fact: DomainError) -> SignUpPage:
        return SignUpPage(
            here=SIGN_UP, sandbox=services.issuer.is_sandbox, notice=fact.message().in_(language),
            fault_field=(fact.field or "").lstrip("/"), typed=typed,
        )  # fmt: skip

    return await steps.take(
        send(),
        onward=lambda opened: Redirect(
            f"{FACTOR}?next={STATUS}", status_code=303, cookies=[session_cookie(opened, services)]
        ),
        again=again,
        language=language,
    )


@get(STATUS, include_in_schema=False, guards=[by_password])
async def show_status(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Where the applications of the reader's organisations stand."""
    return desk.page(await _page(desk))


@post(
    STATUS, include_in_schema=False, guards=[by_password, limited("sign_up_again", 20, is_exact=True)], status_code=303
)
async def send_again(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """What was sent back, mended."""
    typed = {name: data.get(name, "")[:_TYPED_MOST] for name in _FIELDS}

    async def send() -> None:
        organisation_id = ids.parse("org", data.get("organisation", ""))
        if organisation_id is None:
            raise NoSuchPage
        await identity.applications.send_again(
            organisation_id, _applied(typed), by=desk.person_id, keyring=desk.services.keyring, now=desk.now
        )

    return await desk.step(data, send, onward=STATUS, again=lambda fact: _page(desk, fact, typed))


def _applied(typed: dict[str, str]) -> Applied:
    kind = typed["kind"] if typed["kind"] in _KINDS else OrganisationKind.COMPANY.value
    return Applied(
        Text(zh=typed["name_zh"], en=typed["name_en"]),
        OrganisationKind(kind),
        identity.read_register(typed["country"], typed["register_number"]),
        typed["purpose"],
    )


async def _page(desk: Desk, fact: DomainError | None = None, typed: dict[str, str] | None = None) -> ApplicationPage:
    found = await identity.applications.own(desk.person_id, keyring=desk.services.keyring)
    return ApplicationPage(
        **desk.frame(STATUS, fact),
        roles=(),
        door="organiser",
        applications=tuple(_view(one, desk, typed) for one in found),
    )


def _view(one: Application, desk: Desk, typed: dict[str, str] | None) -> ApplicationView:
    card = one.organisation
    register = card.register
    return ApplicationView(
        id=ids.public("org", card.id),
        name=card.name.in_(desk.language),
        kind=pages.phrase(f"access.kind.{card.kind.value}", desk.language),
        number=f"{register.country} {register.number}" if register else "",
        purpose=one.purpose,
        state=one.state.value,
        reason=one.reason,
        sent_at=one.sent_at,
        age=age(one.sent_at, desk.now),
        typed=typed
        or {
            "name_zh": card.name.zh,
            "name_en": card.name.en,
            "kind": card.kind.value,
            "country": register.country if register else "CN",
            "register_number": register.number if register else "",
            "purpose": one.purpose,
        },
    )


routes = Router(
    "/",
    route_handlers=[show_sign_up, sign_up, show_status, send_again],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
