"""Signing in at an app around a mini-program: what it tells of the person behind a code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from app.gateways.channels.methods import Place
from app.gateways.watching import watched
from app.kernel.errors import NotFound, Unauthenticated
from app.kernel.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AppIdentity:
    """Who somebody is to an app. Personal data: neither id stands in the repr."""

    openid: str = field(repr=False)
    """Of this person in this app."""
    unionid: str | None = field(default=None, repr=False)
    """Of this person in all apps of one owner; None where the app is bound to no owner's account, or there is no such thing."""


class AppCodeRefused(Unauthenticated):
    """The app does not take this login code: it is wrong, used, or too old."""

    code = "app.login_code_refused"
    text = Text(zh="登录已失效，请重新登录。", en="This login has expired; please sign in again.")


class AppUnknown(NotFound):
    """No mini-program of ours is in that app, or nobody has set it up."""

    code = "app.unknown"
    text = Text(zh="这里没有接入该平台的登录。", en="Nobody can sign in by that app here.")


class SignIn(Protocol):
    """The sign-in of the mini-program that a channel's own app is."""

    app_id: str
    """Whose codes it exchanges, and within which the ids it tells are somebody's."""
    place: Place
    """Where somebody stands who signed in so."""

    async def exchange(self, code: str) -> AppIdentity:
        """Who obtained the code.

        Raises:
            AppCodeRefused: the app's own no: unknown, used or too old.
            Unavailable: silence, or an answer that says nothing about the code.
        """


def sign_ins_of(channels: Mapping[str, object]) -> dict[str, SignIn]:
    """Of those channels whose own app may be a mini-program, over their connections; watched like any far side."""
    found = {name: getattr(channel, "sign_in", None) for name, channel in channels.items()}
    return {name: watched(f"{name}_login", one) for name, one in found.items() if one is not None}
