"""What one has agreed to, as switches on `/me`: each a form of its own, so that they work without a script."""

from typing import Final
from uuid import UUID

from litestar import Router, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect

from app.foundation import consents
from app.foundation.consents import ConsentPlace, ConsentPurpose, ConsentState
from app.kernel import ids
from app.kernel.text import Language
from app.views.errors import FormExpired
from app.views.mine import ConsentSwitch
from app.views.services import Services
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services

MINE: Final = "/me"
PRIVACY: Final = "/me/privacy"
"""The two pages that have the switches; a form says by `back` to which it returns."""


async def switches(person_id: UUID, language: Language, services: Services) -> tuple[ConsentSwitch, ...]:
    """The purposes as the page shows them."""
    intent = str(ids.uuid7())
    return tuple(
        ConsentSwitch(
            purpose=one.text.purpose,
            version=one.text.version,
            title=one.text.title.in_(language),
            text=one.text.text.in_(language),
            is_on=one.standing.is_given,
            is_asked_again=one.standing.state is ConsentState.OUTDATED,
            at=one.standing.at,
            intent=intent,
            csrf_token=forms.token(intent, key=services.form_key),
        )
        for one in await consents.ask(person_id, texts=services.consents)
    )


@post(
    "/me/consents",
    include_in_schema=False,
    guards=[guards.signed_in, limited("consent", 30, is_exact=True)],
    status_code=303,
)
async def switch(
    data: forms.Fields,
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Redirect:
    """Turn one switch, and back to the page. A text that has changed meanwhile is shown anew, and asked again."""
    if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
        raise FormExpired
    try:
        purpose, version = ConsentPurpose(data.get("purpose", "")), int(data.get("version", "")[:5])
    except ValueError:
        raise consents.PurposeUnknown from None
    if data.get("given") == "yes":
        await consents.give(
            session.person_id, purpose, version=version, language=language, place=ConsentPlace.PAGE,
            texts=services.consents,
        )  # fmt: skip
    else:
        await consents.withdraw(session.person_id, purpose, place=ConsentPlace.PAGE)
    back = PRIVACY if data.get("back") == PRIVACY else MINE
    return Redirect(f"{back}#consent-{purpose}", status_code=303)


routes = Router(
    "/", route_handlers=[switch], dependencies={"services": Provide(provide_services)}, include_in_schema=False
)
