"""What a reader of a scene's page chose and typed, from its query and its form, and the address that keeps it."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request

from app import scenarios
from app.kernel.money import Currency
from app.views import estimates
from app.views.prices.currencies import Currencies, currencies
from app.views.services import Services
from app.web.kit.requests.places import place_of

CODE_TYPED_MAX: Final = 60
_TYPED_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class Paid:
    """In which currency a reader pays, and in which they could."""

    currency: Currency
    choice: Currencies

    @property
    def least_minor(self) -> int:
        """The smallest amount of it that can be paid here."""
        return self.choice.least_minor[self.currency]


async def paid_in(request: Request[Any, Any, Any], setup: scenarios.Setup, services: Services, code: str) -> Paid:
    """The currency of this code where this browser may pay in it, else yuan."""
    today = estimates.today()
    choice = await currencies(setup.programme, services, place=place_of(request), today=today)
    return Paid(choice.chosen(code), choice)


@dataclass(frozen=True, slots=True)
class Said:
    """What a reader chose and typed."""

    mode: str
    km: str
    paid: Paid
    price: str | None = None
    """On the button they tapped, in the smallest unit; None: they saw none."""
    buys: str = ""
    """The grams that the button was for."""
    intent: str | None = None
    gift_code: str = ""


def said_in(data: dict[str, str], setup: scenarios.Setup, paid: Paid) -> Said:
    """A form's choices; the distance of another mode, which nobody typed, gives way where it does not fit."""
    mode, km = data.get("mode", ""), data.get("km", "")[:_TYPED_MAX]
    if mode in setup.modes and mode != data.get("was_mode") and km == data.get("was_km"):
        bounds = estimates.reach(setup, mode)
        way_km = estimates.plain_km(km)
        if way_km.isdecimal() and not bounds.km_min <= int(way_km) <= bounds.km_max:
            km = str(bounds.usual_km)
    return Said(
        mode=mode, km=km, paid=paid, price=data.get("price"), buys=data.get("buys", ""),
        gift_code=data.get("gift_code", "")[:CODE_TYPED_MAX],
    )  # fmt: skip


def is_said(said: Said, mode: str, usual_km: int) -> bool:
    """Whether anything is chosen or typed that the scene does not begin with."""
    begins = Said(mode, str(usual_km), replace(said.paid, currency=Currency.CNY))
    return said != begins


def address_of(scene: scenarios.Scene, said: Said) -> str:
    """The scene with these choices, so that it can be left and found again."""
    kept = {"gift_code": said.gift_code} if said.gift_code else {}
    if said.paid.currency is not Currency.CNY:
        kept["currency"] = said.paid.currency.value
    return f"/s/{scene.code}?{urlencode({'mode': said.mode, 'km': said.km} | kept)}"
