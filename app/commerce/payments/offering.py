"""Which ways to pay there are: asked by whoever lets somebody choose one."""

from collections.abc import Mapping

from app.commerce.payments.errors import MethodUnavailable
from app.gateways.channels.base import Channel
from app.gateways.channels.methods import Circumstances, Offer, Place, all_offers, offers
from app.kernel.money import Currency


def offer(channels: Mapping[str, Channel], here: Circumstances) -> list[Offer]:
    """The ways to pay that work in these circumstances, the likeliest first."""
    return offers(channels.values(), here)


def first(channels: Mapping[str, Channel], here: Circumstances) -> Offer:
    """The likeliest of them.

    Raises:
        MethodUnavailable: none works here.
    """
    found = offers(channels.values(), here)
    if not found:
        raise MethodUnavailable
    return found[0]


def least_minor(channels: Mapping[str, Channel], currency: Currency, *, place: Place | None) -> int | None:
    """The smallest amount of a currency that some way to pay takes from a person who stands there; None: none takes it.

    Without a `place`, wherever they may go to pay. An order is placed before its way to pay is chosen, so the smallest of
    all of them counts.
    """
    return min(
        (
            one.method.least_minor
            for one in all_offers(channels.values())
            if currency in one.method.currencies
            and not one.method.only_organisations
            and (place is None or place in one.method.places)
        ),
        default=None,
    )


def choose(channels: Mapping[str, Channel], key: str) -> Offer:
    """The way to pay of this key, `<channel>.<method>`, wherever its payer stands.

    Raises:
        MethodUnavailable: we have none of that name.
    """
    found = next((one for one in all_offers(channels.values()) if one.key == key), None)
    if found is None:
        raise MethodUnavailable
    return found
