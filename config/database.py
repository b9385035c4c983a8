"""How Tortoise meets PostgreSQL: one label, one history of migrations, UTC."""

from typing import Any, Final

from app.gateways.postgresql.addresses import ALIVE, ROLE_SETTINGS, Address

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
REPLICA_WAIT_S: Final = 0.5
"""How long somebody who may as well ask the primary waits for a connection to the replica."""
REPLICA_COMMAND_S: Final = 3.0
"""The longest that a statement may take there, before the primary is asked."""


def tortoise_config(
    url: str,
    *,
    pool_size: int,
    read_url: str = "",
    wait_s: float = 10,
    reads: int = 0,
    command_s: float = 60,
    name: str = "diandian",
    statement_cache: int = 100,
) -> dict[str, Any]:
    """The configuration for `Tortoise.init`, as the application's role; addresses are as `gateways.postgresql` reads them.

    With `read_url` there is a second connection, `replica`, for what `gateways.replica` asks there. `wait_s` is how
    long a caller waits for a free connection, `reads` how many of them requests that change something leave to others,
    `command_s` how long a statement may take, `name` who PostgreSQL shows,
    `statement_cache` how many prepared statements a connection keeps (0 behind a pooler).
    """
    pool = {
        # None ahead: one that cannot be made then fails whoever needs it, not the whole pool.
        "minsize": 0,
        "maxsize": pool_size,
        "pool_wait_s": wait_s,
        "pool_reads": reads,
        "command_timeout": command_s,
        "reset": _keep_as_it_is,
        "statement_cache_size": statement_cache,
        # Every client of PostgreSQL tells its name, so poolers take it.
        "server_settings": {"application_name": name},
    }
    pools = {"default": {**pool, "address": Address(url)}}
    if read_url:
        pools["replica"] = {
            **pool,
            "address": Address(read_url, need="replica"),
            "pool_wait_s": REPLICA_WAIT_S,
            "command_timeout": REPLICA_COMMAND_S,
        }
    return {
        "connections": {
            key: {"engine": "app.gateways.pool", "credentials": credentials} for key, credentials in pools.items()
        },
        "apps": {"models": {"models": MODELS, "default_connection": "default", "migrations": "migrations"}},
        "use_tz": True,
        "timezone": "UTC",
    }


def owner_config(owner_url: str, *, lock_timeout: str = "5s") -> dict[str, Any]:
    """The same as the owner of the tables, straight to the server: its sessions are told everything when they begin."""
    config = tortoise_config(owner_url, pool_size=2)
    credentials = config["connections"]["default"]["credentials"]
    credentials["address"] = Address(owner_url, need="writes")
    told = {
        **ROLE_SETTINGS,
        **ALIVE,
        "statement_timeout": "0",
        "lock_timeout": lock_timeout,
        # Inside a migration's transaction, before it says anything, all tables are described anew, in Python: on a busy
        # machine that takes longer than a request may do nothing there, and PostgreSQL would end the migration.
        "idle_in_transaction_session_timeout": "300s",
    }
    credentials["server_settings"] = {**credentials["server_settings"], **told}
    return config


async def _keep_as_it_is(_connection: object) -> None:
    """Given back to the pool, a connection needs no clean-up: ours set nothing that outlives a transaction.

    asyncpg's own costs a round trip after every statement; what was left open it still rolls back by itself.
    """


def __getattr__(name: str) -> Any:  # noqa: ANN401 - Tortoise's own command line reads a module attribute
    """`TORTOISE_ORM`, for Tortoise's own command line, from `DATABASE_OWNER_URL` or the file that it is in."""
    if name == "TORTOISE_ORM":
        from config.loading import examine  # settings need channels, and a pool needs neither

        return owner_config(examine()[0].database_owner_url)
    raise AttributeError(name)
