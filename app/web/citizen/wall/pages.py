"""The form on the page of a certificate: it works without a script."""

from litestar import Router, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app import certificates
from app.foundation.consents import ConsentPlace
from app.kernel import ids
from app.kernel.text import Language
from app.views.certificates.certificate import OnScreen
from app.views.errors import FormExpired
from app.views.ids import certificate_id as known_certificate
from app.views.services import Services
from app.views.wall import card
from app.web.kit.security import forms, guards
from app.web.kit.security.guards import Session
from app.web.kit.security.limits import limited
from app.web.kit.services import provide_services


async def on_screen(
    one: certificates.CertificateFacts, session: Session, language: Language, services: Services
) -> OnScreen | None:
    """What the page says of the screen, with its form; None where nothing is said."""
    found = await card.card_of(one, session.person_id, services)
    if found is None:
        return None
    intent, photos = str(ids.uuid7()), found.photos
    return OnScreen(
        state=found.state,
        said=card.said(found).in_(language),
        title=found.text.title.in_(language),
        text=found.text.text.in_(language),
        version=found.text.version,
        can_withdraw=found.state in {"moderation", "line", "soon", "on", "over", "photo_soon", "photo"},
        asks_again=found.asks_again,
        photo_s=photos.turn_s if photos and found.can_take_photo else None,
        photos_left=photos.left if photos else 0,
        is_screen_off=found.state == "over" and photos is not None and not photos.is_on,
        action=f"/c/{ids.public('crt', one.id)}/wall",
        ask_url=f"/api/v1/certificates/{ids.public('crt', one.id)}/wall",
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
    )


@post(
    "/c/{certificate_id:str}/wall",
    include_in_schema=False,
    guards=[guards.signed_in, limited("wall", 30, is_exact=True)],
    status_code=303,
)
async def decide(
    data: forms.Fields,
    certificate_id: FromPath[str],
    session: NamedDependency[Session],
    language: NamedDependency[Language],
    services: NamedDependency[Services],
) -> Redirect:
    """Agree where the box is ticked, take it back where that was asked, and back to the page."""
    if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
        raise FormExpired
    one = await certificates.find(known_certificate(certificate_id), by=session.person_id)
    version = data.get("version", "")
    if data.get("withdraw") == "yes":
        await card.withdraw(one, session.person_id, ConsentPlace.PAGE)
    elif data.get("agree") == "yes" and version.isascii() and version.isdigit() and len(version) < 5:
        await card.agree(one, session.person_id, int(version), language, ConsentPlace.PAGE, services)
    return Redirect(f"/c/{ids.public('crt', one.id)}#wall", status_code=303)


@post(
    "/c/{certificate_id:str}/wall/photo",
    include_in_schema=False,
    guards=[guards.signed_in, limited("wall", 30, is_exact=True)],
    status_code=303,
)
async def take_photo(
    data: forms.Fields,
    certificate_id: FromPath[str],
    session: NamedDependency[Session],
    services: NamedDependency[Services],
) -> Redirect:
    """They stand before the screen: their turn once more, and back to the page, which says when."""
    if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
        raise FormExpired
    one = await certificates.find(known_certificate(certificate_id), by=session.person_id)
    await card.take_photo(one, session.person_id)
    return Redirect(f"/c/{ids.public('crt', one.id)}#wall", status_code=303)


routes = Router(
    "/",
    route_handlers=[decide, take_photo],
    dependencies={"services": Provide(provide_services)},
    include_in_schema=False,
)
