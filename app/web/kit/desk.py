"""Who sits at a console: what each page of theirs needs, and one step of theirs, done or refused on the page itself.

A handler that changes something says three things: what to do, where to go on, and how the page looks again.

    return await desk.step(
        data, lambda: identity.verify_organisation(verification, seen=data.get("seen", ""), by=desk.person_id),
        onward=HERE, again=lambda fact: _page(desk, fact),
    )
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.response import Redirect

from app.foundation import identity
from app.foundation.identity import Role, RoleMissing
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.views.errors import FormExpired
from app.views.services import Services
from app.web.kit.requests import cookies
from app.web.kit.responses import html, steps
from app.web.kit.responses.html import View
from app.web.kit.security import forms
from app.web.kit.security.guards import Session
from app.web.kit.security.signing_in import HELD, form_token, shown_links

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """One request of somebody who is signed in with a password."""

    request: Request[Any, Any, Any]
    session: Session
    language: Language
    services: Services

    @property
    def person_id(self) -> UUID:
        """Who it is."""
        return self.session.person_id

    @property
    def now(self) -> datetime:
        """The platform's clock."""
        return self.services.gateways.clock()

    async def roles(self) -> frozenset[Role]:
        """What they may do for the platform, asked now."""
        return await identity.platform_roles(self.person_id)

    async def demand(self, role: Role) -> None:
        """Refuse whoever does not have this very role: who only reviews does not propose.

        Raises:
            RoleMissing
        """
        if role not in await self.roles():
            raise RoleMissing

    def demand_seal(self, data: Mapping[str, Any]) -> None:
        """The same as `forms.sealed_form`, inside a step: what was typed into an old page comes back with a new one.

        Raises:
            FormExpired
        """
        token = cookies.read(self.request.scope, cookies.SESSION)
        if token is None or not forms.is_genuine(str(data.get(forms.FIELD, "")), token, key=self.services.form_key):
            raise FormExpired

    def frame(self, here: str, fact: DomainError | None = None) -> dict[str, Any]:
        """What a `Console` knows besides its roles; `fact` is why the last step was refused."""
        return {
            "here": here,
            "sandbox": self.services.issuer.is_sandbox,
            "csrf_token": form_token(self.request, self.services),
            "notice": fact.message().in_(self.language) if fact else None,
            "links": shown_links(self.request.scope["state"].get(HELD, frozenset())),
            "fault_field": (fact.field or "").lstrip("/") if fact else "",
        }

    def page(self, view: View, fact: DomainError | None = None) -> Response[bytes]:
        """The page; after a refusal with the status of its fact."""
        return steps.refused(view, fact, self.language) if fact else html.page(view, self.language)

    async def step(
        self,
        form: Mapping[str, Any],
        doing: Callable[[], Awaitable[T]],
        *,
        onward: str | Callable[[T], str],
        again: Callable[[DomainError], Awaitable[View]],
        refusals: tuple[type[DomainError], ...] = (DomainError,),
    ) -> Response[bytes] | Redirect:
        """Do what a form of this session asks for and go on; where it is refused by one of `refusals`, or the form is of
        another session, the page again with why and what was typed."""

        async def do() -> T:
            self.demand_seal(form)
            return await doing()

        return await steps.take(
            do(),
            onward=lambda done: Redirect(onward if isinstance(onward, str) else onward(done), status_code=303),
            again=again,
            language=self.language,
            refusals=(FormExpired, *refusals),
        )


async def provide_desk(
    request: Request[Any, Any, Any],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Desk:
    """Litestar's dependency `desk`."""
    return Desk(request, session, language, services)
