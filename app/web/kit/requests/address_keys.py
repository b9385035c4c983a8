"""Under what an unpaid order counts for the address it came from: never the address itself, a keyed hash of its part."""

import hmac
from hashlib import sha256
from ipaddress import IPv6Address
from typing import Any, Final

from litestar.connection import ASGIConnection

from app.views.services import Services
from app.web.kit.requests.addresses import plain, prefix

_BYTES: Final = 16


def customer_part(host: str, *, ipv6_prefix: int) -> str | None:
    """An IPv4 address, or the leading bits of an IPv6 address that a provider gives to one customer; None for neither."""
    address = plain(host)
    if address is None:
        return None
    return prefix(address, ipv6_prefix) if isinstance(address, IPv6Address) else str(address)


def address_key(connection: ASGIConnection[Any, Any, Any, Any], services: Services) -> bytes | None:
    """Sixteen bytes that are the same for all who come from one address; None where it is unknown."""
    client = connection.client
    part = customer_part(client.host, ipv6_prefix=services.ipv6_prefix) if client is not None else None
    if part is None:
        return None
    return hmac.new(services.keyring.index_key, b"order.address:" + part.encode(), sha256).digest()[:_BYTES]
