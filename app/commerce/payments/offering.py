"""Which ways to pay there are: asked by whoever lets somebody choose one."""

from collections.abc import Mapping

from app.commerce.payments.errors import MethodUnavailable
from app.gateways.channels.base import Channel
from app.gateways.channels.methods import Circumstances, Offer, all_offers, offers


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


def choose(channels: Mapping[str, Channel], key: str) -> Offer:
    """The way to pay of this key, `<channel>.<method>`, wherever its payer stands.

    Raises:
        MethodUnavailable: we have none of that name.
    """
    found = next((one for one in all_offers(channels.values()) if one.key == key), None)
    if found is None:
        raise MethodUnavailable
    return found
