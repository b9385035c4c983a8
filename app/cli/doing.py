"""What every short verb needs: the settings or the faults in them, and its work done or told in one line why not."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from app.kernel.errors import DomainError
    from app.kernel.text import Language
    from config.settings import Settings

T = TypeVar("T")
OWN_TOKEN = "DIANDIAN_OPERATOR_TOKEN"  # noqa: S105 - the name of a variable
OWN_EMAIL = "DIANDIAN_OPERATOR_EMAIL"


def fail(faults: list[str]) -> NoReturn:
    """Print each fault on a line of its own and leave with 1."""
    for fault in faults:
        click.echo(f"✘ {fault}", err=True)
    sys.exit(1)


def read_settings() -> "Settings":
    """The settings, or one line for each fault in them and exit 1."""
    from config.loading import load
    from config.settings import SettingsUnfit

    try:
        return load()
    except SettingsUnfit as unfit:
        fail(unfit.faults)


def read_language() -> "Language":
    """The reader's, by the terminal's locale."""
    from app.kernel.text import choose_language

    return choose_language(os.environ.get("LC_ALL") or os.environ.get("LANG") or "en")


def told(fact: "DomainError", language: "Language") -> str:
    """A refusal in the reader's language, with its code, and the field at fault where one is."""
    where = f"{fact.field} · " if fact.field else ""
    return f"{fact.message().in_(language)} ({where}{fact.code})"


def credentials(email: str, *, password_from: str = "DIANDIAN_OPERATOR_PASSWORD") -> tuple[str, str]:  # noqa: S107 - a name
    """The email, and its password: from the environment, else asked for. None is needed where the shell is signed in."""
    if password_from == "DIANDIAN_OPERATOR_PASSWORD" and os.environ.get(OWN_TOKEN):  # noqa: S105 - a name
        return email, ""
    password = os.environ.get(password_from) or click.prompt(f"Password of {email}", hide_input=True, err=True)
    return email, str(password)


def done(work: Coroutine[Any, Any, T]) -> T:
    """What a short verb's work answers; whatever stops it is told in one line, with exit 1."""
    import asyncpg
    from tortoise.exceptions import DBConnectionError, OperationalError

    from app.kernel.errors import DomainError
    from config.logging import configure_logging
    from config.settings import SettingsUnfit

    configure_logging(stream=sys.stderr.buffer, level="WARNING")  # standard output is for the answer
    try:
        return asyncio.run(work)
    except SettingsUnfit as unfit:
        fail(unfit.faults)
    except DomainError as fact:
        fail([told(fact, read_language())])
    except (
        OSError,
        TimeoutError,
        DBConnectionError,
        OperationalError,
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
    ) as trouble:
        fail([f"the database: {type(trouble).__name__}: {trouble}", "`diandian doctor` looks closer"])


@contextlib.asynccontextmanager
async def database(settings: "Settings") -> AsyncIterator[None]:
    """The application's pool, open for the block."""
    from tortoise import Tortoise

    from app import wiring

    await wiring.open_database(settings)
    try:
        yield
    finally:
        await Tortoise.close_connections()
