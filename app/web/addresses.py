"""Where a request comes from, as far as it is counted: never the address itself, a keyed hash of its customer's part."""

import hmac
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from litestar.connection import ASGIConnection

from app.web.house import House

_BYTES: Final = 16


def customer_part(host: str, *, ipv6_prefix: int) -> str | None:
    """An IPv4 address, or the leading bits of an IPv6 address that a provider gives to one customer; None for neither.

    An IPv4 address inside an IPv6 one (`::ffff:…`) is the IPv4 address.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        rest = 128 - ipv6_prefix
        return f"{IPv6Address(int(address) >> rest << rest)}/{ipv6_prefix}"
    return str(address)


def address_key(connection: ASGIConnection[Any, Any, Any, Any], house: House) -> bytes | None:
    """Sixteen bytes that are the same for all who come from one address; None where it is unknown."""
    client = connection.client
    part = customer_part(client.host, ipv6_prefix=house.ipv6_prefix) if client is not None else None
    if part is None:
        return None
    return hmac.new(house.keyring.index_key, b"order.address:" + part.encode(), sha256).digest()[:_BYTES]
