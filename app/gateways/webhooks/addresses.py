"""Which addresses may be told. Somebody else writes them, and our machine connects: so as little as possible is allowed.

An address is read by one strict pattern and put together again from its parts, so that no two readers can see two hosts
in it. What a name leads to is judged after it was resolved, every address of it, and that very address is connected to.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from app.gateways.webhooks.robots import PLACES, EndpointKind

PORTS: Final = frozenset({443, 8443})
"""What a receiver may listen on: other ports lead to services that were not meant to be spoken to by HTTP."""
URL_MOST: Final = 500
_URL: Final = re.compile(
    r"https://(?P<host>(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?P<top>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?))"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<target>/[!-\"$-\[\]-~]*)?",
    re.IGNORECASE,
)
"""ASCII alone (a name in other letters is written `xn--…`), no user, no fragment, no backslash, no space."""
_IS_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
"""A last label of this shape makes the whole an IPv4 address to some readers: 127.1, 0x7f.1, 017700000001."""

# Beside what `is_global` knows: addresses that carry an IPv4 address inside, and what is no single machine.
_CARRYING: Final = tuple(
    IPv6Network(one) for one in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_RELAYS: Final = ip_network("192.88.99.0/24")  # 6to4, RFC 7526


class Refusal(StrEnum):
    """Why an address is not told."""

    FORM = "form"
    """It is no `https://name/path`: another scheme, a user, an IP address, other letters, a name without a dot."""
    PORT = "port"
    HOST = "host"
    """A robot of this kind answers at its own host and path only."""
    PRIVATE = "private"
    """One of the addresses behind the name is not public."""
    UNKNOWN = "unknown"
    """Nothing stands behind the name."""


class AddressRefused(Exception):
    """This address is not told anything."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Place:
    """An address as it was read."""

    scheme: str
    host: str
    port: int
    target: str
    """Path and query, with the slash at the beginning."""


def read(kind: EndpointKind, url: str, *, ports: frozenset[int] = PORTS) -> Place:
    """The parts of an address that this kind of endpoint may have.

    Raises:
        AddressRefused: form, port, or host; nothing was resolved.
    """
    found = _URL.fullmatch(url) if len(url) <= URL_MOST else None
    if found is None or _IS_NUMBER.fullmatch(found["top"]) or len(found["host"]) > 253:
        raise AddressRefused(Refusal.FORM)
    port = int(found["port"] or 443)
    if port not in ports:
        raise AddressRefused(Refusal.PORT)
    place = Place("https", found["host"].lower(), port, found["target"] or "/")
    wanted = PLACES.get(kind)
    if wanted is not None and not (
        place.host == wanted.host and port == 443 and wanted.target.fullmatch(place.target) is not None
    ):
        raise AddressRefused(Refusal.HOST)
    return place


def is_public(address: str) -> bool:
    """Whether an IP address is one machine in the public internet, and carries no other address inside.

    Refused: loopback, private, link-local (clouds tell their secrets at 169.254.169.254), shared, multicast, reserved,
    and IPv6 addresses that a translator would lead to an IPv4 one: mapped, compatible, NAT64, 6to4, Teredo.
    """
    try:
        one = ip_address(address)
    except ValueError:  # with a zone behind it, which is link-local anyway
        return False
    if isinstance(one, IPv4Address):
        return one.is_global and not (one.is_multicast or one.is_reserved) and one not in _RELAYS
    assert isinstance(one, IPv6Address)
    if one not in _GLOBAL_UNICAST or any(one in carrying for carrying in _CARRYING):
        return False
    return one.is_global and not one.is_multicast
