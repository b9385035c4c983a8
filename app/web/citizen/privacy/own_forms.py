"""Forms of these pages: an intent that is new on every page, and its token."""

from typing import Any

from litestar import Request

from app.kernel import ids
from app.views.errors import FormExpired
from app.views.services import Services
from app.web.kit.requests import visit
from app.web.kit.security import forms


def sealed(services: Services) -> dict[str, Any]:
    """`intent` and `csrf_token` of a page."""
    intent = str(ids.uuid7())
    return {"intent": intent, "csrf_token": forms.token(intent, key=services.form_key)}


def demand_own(data: dict[str, str], services: Services) -> None:
    """Refuse a form that no page of ours showed.

    Raises:
        FormExpired: see above.
    """
    if not forms.is_genuine(data.get(forms.FIELD, ""), data.get("intent", ""), key=services.form_key):
        raise FormExpired


def token_of(request: Request) -> str:  # type: ignore[type-arg]
    """The token of this session; a guard has found it."""
    token = visit.of(request.scope).token
    assert token is not None, "the guard has found one"
    return token


def device_words(device: str | None) -> tuple[str, str]:
    """Browser and system of a device, `other` each where it is not known."""
    browser, _, system = (device or "other.other").partition(".")
    return browser, system
