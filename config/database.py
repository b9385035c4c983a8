"""How Tortoise meets PostgreSQL: one label, one history of migrations, UTC."""

import os
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

MODELS: Final = [
    f"app.{room}.models"
    for room in (
        "foundation.outbox",
        "foundation.intents",
        "foundation.audit",
        "foundation.approvals",
        "foundation.fonts",
        "foundation.consents",
        "registry.ledger",
        "foundation.identity",
        "foundation.identity.devices",
        "foundation.identity.links",
        "foundation.messages",
        "foundation.webhooks",
        "foundation.moderation",
        "foundation.avatars",
        "footprint",
        "registry.credits",
        "registry.holdings",
        "scenarios",
        "registry.claims",
        "commerce.payments",
        "commerce.orders",
        "commerce.bills",
        "commerce.statements",
        "commerce.invoices",
        "registry.retirements",
        "registry.cancellations",
        "certificates",
        "registry.books",
        "foundation.retention",
        "programmes.gifts",
        "programmes.zones",
        "programmes.donations",
        "programmes.wall",
        "programmes.sharing",
    )
]
"""Every file with tables, from the ground up."""


def tortoise_config(
    url: str,
    *,
    pool_size: int,
    role: str | None = None,
    wait_s: float = 10,
    command_s: float = 60,
    name: str = "diandian",
) -> dict[str, Any]:
    """The configuration for `Tortoise.init`; `url` is an ordinary PostgreSQL address.

    A socket's folder stands in the query (`postgresql://ddt_app@/diandian?host=/run/…`). With `role`, each
    connection takes that role on: for a login that is its member, as a developer's own server has. `wait_s` is how
    long a caller waits for a free connection, `command_s` how long a statement may take, `name` who PostgreSQL shows.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    settings = {
        "timezone": "UTC",
        "lock_timeout": "5s",
        # A process that is frozen inside a transaction lets go of its rows; whoever takes over finds them.
        "idle_in_transaction_session_timeout": "10s",
        # A machine that vanished holds its rows and advisory locks no longer than this.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        # Debian's server compiles what it takes for expensive, each time anew, and a function that must not read a whole
        # table looks so: without this a purge of guests took 2 s for a query of 2 ms.
        "jit": "off",
        "application_name": name,
    }
    return {
        "connections": {
            "default": {
                "engine": "app.gateways.pool",
                "credentials": {
                    "host": query["host"][0] if "host" in query else parts.hostname,
                    "port": int(query.get("port", [parts.port or 5432])[0]),
                    "user": unquote(parts.username) if parts.username else None,
                    "password": unquote(parts.password) if parts.password else None,
                    "database": unquote(parts.path.lstrip("/")),
                    "ssl": query["sslmode"][0] if "sslmode" in query else None,
                    # None ahead: one that cannot be made then fails whoever needs it, not the whole pool.
                    "minsize": 0,
                    "maxsize": pool_size,
                    "pool_wait_s": wait_s,
                    "timeout": 5,
                    "command_timeout": command_s,
                    "reset": _keep_as_it_is,
                    "server_settings": {**settings, "role": role} if role else settings,
                },
            }
        },
        "apps": {"models": {"models": MODELS, "default_connection": "default", "migrations": "migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


async def _keep_as_it_is(_connection: object) -> None:
    """Given back to the pool, a connection needs no clean-up: ours set nothing that outlives a transaction.

    asyncpg's own costs a round trip after every statement; what was left open it still rolls back by itself.
    """


def __getattr__(name: str) -> Any:  # noqa: ANN401 - Tortoise's own command line reads a module attribute
    """`TORTOISE_ORM`, for Tortoise's own command line, from `DATABASE_OWNER_URL`."""
    if name == "TORTOISE_ORM":
        return tortoise_config(os.environ["DATABASE_OWNER_URL"], pool_size=2)
    raise AttributeError(name)
