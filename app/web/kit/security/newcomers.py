"""How many new guests an address may bring. A guest is free and brings a person's limits along, so a crowd of them counts
where it comes from."""

from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.gateways.postgresql import shares
from app.web.kit.requests import addresses
from app.web.kit.security.limiter import Limit, Limiter, Try

Connection = ASGIConnection[Any, Any, Any, Any]

GUESTS_PER_ADDRESS: Final = 3000
"""In an hour, where the entrance says nothing else."""


async def count_new_guest(connection: Connection) -> None:
    """Count a guest before they are made.

    Raises:
        RequestsTooMany: with the seconds to wait.
    """
    limiter: Limiter = connection.app.state.limiter
    most = connection.app.state.get("guests_per_address", GUESTS_PER_ADDRESS)
    await limiter.check(*by_address_of(connection, Limit("guest", most, 3600, is_exact=True)))


async def new_guest(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: `count_new_guest`. Who comes in does not stand behind those that change something."""
    shares.come_in()
    await count_new_guest(connection)


def by_address_of(connection: Connection, limit: Limit) -> list[Try]:
    """A try of somebody at this address; of IPv6 counted under two prefixes, the wider with more room."""
    accounts = addresses.accounts(host_of(connection))
    return [(Limit(limit.action, limit.count * times, limit.window_s, limit.is_exact), one) for one, times in accounts]


def host_of(connection: Connection) -> str | None:
    """The reader's address; None behind a socket file."""
    return connection.client.host if connection.client is not None else None
