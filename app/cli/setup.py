"""What every short verb needs: the settings or the faults in them, and its work done or told in one line why not."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from app.cli.output import fail, line, read_language, say, why

if TYPE_CHECKING:
    from app.kernel.errors import DomainError
    from app.kernel.text import Language
    from config.faults import Fault
    from config.settings import Settings

__all__ = [
    "OWN_EMAIL",
    "OWN_TOKEN",
    "credentials",
    "database",
    "describe_error",
    "describe_trouble",
    "done",
    "fail",
    "is_database_trouble",
    "read_language",
    "read_settings",
    "refuse_settings",
    "session_of",
]  # fmt: skip

T = TypeVar("T")
OWN_TOKEN = "DIANDIAN_OPERATOR_TOKEN"  # noqa: S105 - the name of a variable
OWN_EMAIL = "DIANDIAN_OPERATOR_EMAIL"


def read_settings() -> "Settings":
    """The settings, or each fault in them with what to do, and exit 1."""
    from config.loading import load
    from config.settings import SettingsUnfit

    try:
        return load()
    except SettingsUnfit as unfit:
        refuse_settings(unfit.faults)


def refuse_settings(faults: "Sequence[Fault]") -> NoReturn:
    """Print each fault with its own remedy, and leave with 1."""
    for fault in faults:
        line(f"✘ {say(fault.zh, fault)}", err=True)
        line(f"  → {say(fault.fix_zh, fault.fix_en)}", err=True)
    raise SystemExit(1)


def describe_error(fact: "DomainError", language: "Language") -> str:
    """A refusal in the reader's language, with its code, and the field at fault where one is."""
    where = f"{fact.field} · " if fact.field else ""
    return f"{fact.message().in_(language)} ({where}{fact.code})"


def credentials(email: str, *, password_from: str = "DIANDIAN_OPERATOR_PASSWORD") -> tuple[str, str]:  # noqa: S107 - a name
    """The email, and its password: from the environment, else asked for. None is needed where the shell is signed in."""
    if password_from == "DIANDIAN_OPERATOR_PASSWORD" and session_of(email):  # noqa: S105 - a name
        return email, ""
    question = say(f"{email} 的密码", f"Password of {email}")
    # Out of a pipe nothing is echoed, and Python would complain that it cannot hide it.
    password = os.environ.get(password_from) or click.prompt(question, hide_input=sys.stdin.isatty(), err=True)
    return email, str(password)


def session_of(email: str) -> str | None:
    """The token of the shell's session where it is theirs; whoever else is named signs in for the one verb."""
    whose = os.environ.get(OWN_EMAIL) or email
    return os.environ.get(OWN_TOKEN) if email.strip().casefold() == whose.strip().casefold() else None


def done(work: Coroutine[Any, Any, T]) -> T:
    """What a short verb's work answers; whatever stops it is told in one line, with exit 1."""
    from app.kernel.errors import DomainError
    from config.logging import configure_logging
    from config.settings import SettingsUnfit

    configure_logging(stream=sys.stderr.buffer, level="ERROR")  # standard output is for the answer
    try:
        return asyncio.run(work)
    except SettingsUnfit as unfit:
        refuse_settings(unfit.faults)
    except DomainError as fact:
        fail([describe_error(fact, read_language())])
    except BrokenPipeError:
        raise
    except Exception as trouble:
        if isinstance(trouble, OSError) and trouble.filename:
            fail([why(trouble)])
        if not is_database_trouble(trouble):
            raise
        line(f"✘ {describe_trouble(trouble)}", err=True)
        line("  → " + say("diandian doctor 会仔细检查", "`diandian doctor` looks closer"), err=True)
        raise SystemExit(1) from trouble


def is_database_trouble(trouble: Exception) -> bool:
    """Whether the database refused, was silent, or is another than we think."""
    import asyncpg
    from tortoise.exceptions import DBConnectionError, OperationalError

    from app.kernel.errors import Unavailable

    return isinstance(
        trouble,
        OSError | TimeoutError | DBConnectionError | OperationalError | Unavailable | asyncpg.PostgresError
        | asyncpg.InterfaceError,
    )  # fmt: skip


def describe_trouble(trouble: BaseException) -> str:
    """What keeps the database from answering, and what to do where that is known."""
    import asyncpg

    chain = list(_chain(trouble))
    kind = type(chain[-1]).__name__
    if _is_any(chain, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.UndefinedFunctionError):
        return say(
            f"数据库还没有迁移到本程序的版本（{kind}）：先运行 diandian migrate",
            f"the database is not at this program's version ({kind}): run `diandian migrate` first",
        )
    if _is_any(chain, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError):
        return say(
            f"数据库拒绝登录（{kind}）：检查 DATABASE_URL 的库名、角色与口令",
            f"the database refuses the sign-in ({kind}): see name, role and password in DATABASE_URL",
        )
    if _is_any(chain, asyncpg.InsufficientPrivilegeError):
        return say(
            f"数据库角色没有所需的权限（{kind}）：DATABASE_URL 应用 ddt_app，DATABASE_OWNER_URL 应用表的所有者",
            f"the role may not do that ({kind}): DATABASE_URL is for ddt_app, DATABASE_OWNER_URL for the owner",
        )
    if _is_any(chain, OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError):
        return say(
            f"数据库没有应答（{kind}）：看它是否在运行，DATABASE_URL 是否指向它",
            f"the database does not answer ({kind}): is it up, and does DATABASE_URL name it?",
        )
    return say(f"数据库出错（{kind}）", f"the database: {kind}: {trouble}")


def _chain(trouble: BaseException | None) -> Iterator[BaseException]:
    while trouble is not None:
        yield trouble
        trouble = trouble.__cause__ or trouble.__context__


def _is_any(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(one, kinds) for one in chain)


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
