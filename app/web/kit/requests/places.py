"""Where this browser is: the one place that reads what a browser calls itself, to offer a way to pay or to share, or to name
the device."""

from typing import Any

from litestar import Request

from app.foundation.identity import devices
from app.gateways.channels.methods import Place

_INSIDE = (("MicroMessenger", Place.WECHAT), ("AlipayClient", Place.ALIPAY))
_PHONES = ("Mobile", "Android", "iPhone")


def place_of(request: Request[Any, Any, Any]) -> Place:
    """Where the reader of a page stands, by the name their browser gives itself; a wrong name costs a wrong offer."""
    name = request.headers.get("user-agent", "")
    for word, place in _INSIDE:
        if word in name:
            return place
    return Place.PHONE if any(word in name for word in _PHONES) else Place.DESKTOP


def device_of(request: Request[Any, Any, Any]) -> str | None:
    """The device in two words of ours, for its owner's list of devices; what the browser called itself is not kept."""
    return devices.device_of(request.headers.get("user-agent", ""))
