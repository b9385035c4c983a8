"""Ways to pay as declared data: where each works, what it needs and gives, how long one waits for it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from app.kernel.money import Currency
from app.kernel.text import Language, Text
from app.kernel.workdays import end_of_workday

PHONE_WAITS = timedelta(minutes=30)
"""How long credits are set aside for whoever pays at once, with a phone in the hand."""


class Place(StrEnum):
    """Where the payer stands."""

    WECHAT = "wechat"
    """A page in WeChat's browser."""
    MINI_PROGRAM = "mini_program"
    """Our mini-program inside WeChat."""
    ALIPAY = "alipay"
    """A page in Alipay's browser."""
    ALIPAY_MINI_PROGRAM = "alipay_mini_program"
    """Our mini-program inside Alipay."""
    PHONE = "phone"
    """A phone's own browser."""
    DESKTOP = "desktop"
    """A browser on a computer."""
    TERMINAL = "terminal"
    """The command line, which can print a code or an address."""

    @property
    def is_in_wechat(self) -> bool:
        """Whether the app around it is WeChat, to which whoever signed in at our mini-program is somebody."""
        return self in {Place.WECHAT, Place.MINI_PROGRAM}


class Rank(StrEnum):
    """How near a method is to a place."""

    OWN = "own"
    """The place belongs to it: it comes first, in every language."""
    USUAL = "usual"
    """What people there expect."""
    ALSO = "also"
    """It works, in a roundabout way: a code to scan with another phone."""


class Need(StrEnum):
    """What a channel must be told besides the amount before it can open a payment."""

    PAYER = "payer"
    """Who the payer is to the app they stand in: an openid in WeChat, a user id or open id in Alipay."""
    ADDRESS = "address"
    """The payer's network address."""
    RETURN = "return"
    """Where their browser comes back to."""


class Gives(StrEnum):
    """What the payer's side gets when a payment is opened."""

    CALL_UP = "call_up"
    """Parameters by which the app around the page asks for the password."""
    REDIRECT = "redirect"
    """An address to go to."""
    QR = "qr"
    """The text of a code to scan."""
    TRANSFER = "transfer"
    """The account to transfer to, and what to write beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to pay at one channel."""

    code: str
    """Unique at its channel, at most 32 of `a-z0-9_`; what a payment's row keeps."""
    label: Text
    note: Text
    """One line: what happens when it is chosen."""
    places: Mapping[Place, Rank]
    """Where it works; nowhere else is it offered."""
    gives: Gives
    currencies: frozenset[Currency]
    needs: frozenset[Need] = frozenset()
    least_minor: int = 1
    """The smallest amount it takes, in minor units of its currency."""
    waits: timedelta = PHONE_WAITS
    """How long credits stay set aside for it, from the order's placing: days where money comes by bank."""
    workdays: int = 0
    """Working days that they wait, where a bank carries the money; 0: as `waits` says."""
    only_organisations: bool = False
    """Whether it is for what an organisation pays: two people look at each receipt, which no small order is worth."""
    lasts: timedelta
    """How long one attempt can be paid at most: the channel's own limit."""
    scanner: Text | None = None
    """Of one that gives a code: the app it is scanned with, as people call it; without it the method's own name is said."""
    is_abroad: bool = False
    """Whether whoever runs it is abroad and is told something of the payer: then they agree to that by itself, before."""
    favoured_by: Language | None = None
    """The readers to whom it is offered before methods that favour nobody; to the others it is offered after them."""

    def fits(self, *, currency: Currency, amount_minor: int) -> bool:
        """Whether it takes this amount, wherever the payer stands."""
        return currency in self.currencies and amount_minor >= self.least_minor

    def waits_until(self, placed_at: datetime) -> datetime:
        """Until when credits stay set aside for it."""
        return end_of_workday(placed_at, self.workdays) if self.workdays else placed_at + self.waits


@dataclass(frozen=True, slots=True)
class Offer:
    """A method with its channel."""

    channel: str
    mark: str
    """One character that stands for the channel on a page."""
    method: Method

    @property
    def key(self) -> str:
        """How doors name it: `<channel>.<method>`."""
        return f"{self.channel}.{self.method.code}"


class Declared(Protocol):
    """What a channel says of itself."""

    name: str
    mark: str
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who would pay how much, and where they stand."""

    place: Place
    language: Language
    currency: Currency
    amount_minor: int
    knows_payer: bool
    """Whether we know who they are to the app they stand in."""
    for_organisation: bool = False
    """Whether an organisation pays, by one of its people."""


def offers(channels: Iterable[Declared], here: Circumstances) -> list[Offer]:
    """The methods that work here, the likeliest first: the place's own, then by language, then by rank, then as declared."""
    found = [
        Offer(channel.name, channel.mark, method)
        for channel in channels
        for method in channel.methods
        if here.place in method.places
        and method.fits(currency=here.currency, amount_minor=here.amount_minor)
        and (here.knows_payer or Need.PAYER not in method.needs)
        and (here.for_organisation or not method.only_organisations)
    ]
    return sorted(found, key=lambda offer: _order(offer.method, here))


def _order(method: Method, here: Circumstances) -> tuple[bool, int, int]:
    rank = method.places[here.place]
    tongue = 1 if method.favoured_by is None else 0 if method.favoured_by is here.language else 2
    return rank is not Rank.OWN, tongue, list(Rank).index(rank)


def all_offers(channels: Iterable[Declared]) -> list[Offer]:
    """Every method there is, as declared."""
    return [Offer(channel.name, channel.mark, method) for channel in channels for method in channel.methods]
