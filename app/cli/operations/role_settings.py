"""Giving the application's role the settings that its sessions rest on: a pooler tells none of them at their start."""

import asyncio
import contextlib
import random
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import asyncpg

from app.gateways.database import TROUBLE
from app.gateways.postgresql.addresses import connect_to_look, look, role_statements

APPLICATION: Final = "ddt_app"
"""The role that migrations make and grant to."""
_TRIES: Final = 8
_AT_ONCE: Final = frozenset({"XX000", "23505"})
"""PostgreSQL's words where two change one role at the same instant: `tuple concurrently updated`, and a key that is there."""
_TOLD: Final = "SELECT coalesce(rolconfig, '{}') FROM pg_roles WHERE rolname = $1"


async def give_role_settings(owner: Any, app_url: str) -> list[str]:  # noqa: ANN401 - asyncpg is typed in part only
    """Give them as the owner, else as the role itself, which may always change its own; answers the statements that neither
    may say, for an administrator. Where they are told already nothing is changed.
    """
    role = (unquote(urlsplit(app_url).username or "") if app_url else "") or APPLICATION
    statements = role_statements(role)
    if await _are_told(owner, role, statements):
        return []
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await _say(owner, statements)
        return []
    if not app_url:
        return statements
    try:
        session = await connect_to_look(app_url, statement_cache_size=0)
    except (TimeoutError, *TROUBLE):
        return statements  # the role is new and has no password yet, or others are not let in from here
    try:
        await _say(session, role_statements((await look(session)).role))
    except TROUBLE:
        return statements
    finally:
        await session.close(timeout=2)
    return []


async def _are_told(owner: Any, role: str, statements: list[str]) -> bool:  # noqa: ANN401 - the same
    """Whether the role has each of them, letter by letter; a role that is not there has none."""
    told = {line.casefold() for line in await owner.fetchval(_TOLD, role) or ()}
    wanted = {line.partition(" SET ")[2].replace(" = ", "=").replace("'", "").casefold() for line in statements}
    return wanted <= told


async def _say(connection: Any, statements: list[str]) -> None:  # noqa: ANN401 - the same
    for number in range(_TRIES):
        try:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement)
        except asyncpg.PostgresError as refusal:
            if refusal.sqlstate not in _AT_ONCE or number == _TRIES - 1:
                raise
            await asyncio.sleep(random.uniform(0, 0.05 * 2**number))  # noqa: S311 - jitter, not a secret
        else:
            return
