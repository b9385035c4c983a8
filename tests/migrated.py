"""Databases that are migrated already: one process of a run makes them, the others copy the servers' folder."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from app.embedded import start
from tests.scratch import scratch

if TYPE_CHECKING:
    from tests.conftest import Stand

PROJECT: Final = Path(__file__).resolve().parent.parent
FIRST_RELEASE: Final = "0003_refunds_queue_lots_are_sellable"
"""The last migration of the first release, whose tables some tests fill and migrate on."""
_PLACE: Final = "DIANDIAN_TESTS_MIGRATED"
PATIENCE_S: Final = 1200
"""A command that takes longer hangs. Migrating a release with its rows takes 50 s on an idle machine; on one of two cores with
nineteen who want them, every migration as Tortoise alone makes it took more than 300 s."""
_KEEP: Final = "DIANDIAN_TESTS_KEEP"
"""A folder of the developer's own that keeps what a run has migrated, for the next run of the same sources."""
_SOURCES: Final = (
    "migrations",
    "app/embedded",
    "config/database.py",
    "app/cli/operations/applying.py",
    "app/cli/operations/migrating.py",
    "app/cli/operations/role_settings.py",
    "app/cli/operations/stepping.py",
    "app/gateways/postgresql/addresses.py",
    "tests/migrations/stepping.py",
    "workers",
    "requirements-dev.lock",
)
"""What the migrated folder is made from; models are described by the migrations, and are no part of it."""


@contextlib.contextmanager
def shared() -> Iterator[None]:
    """A place for the folder that the processes of this run copy; gone afterwards. For the process that begins it."""
    with _kept() if os.environ.get(_KEEP) else scratch("migrated") as folder:
        folder.chmod(0o711)  # PostgreSQL's own account passes through when we are root
        os.environ[_PLACE] = str(folder)
        yield


@contextlib.contextmanager
def _kept() -> Iterator[Path]:
    """The folder of these very sources below the one that keeps; of all the thirty newest stay."""
    digest = sha256()
    for source in (PROJECT / name for name in _SOURCES):
        for file in sorted(source.rglob("*.*")) if source.is_dir() else [source]:
            if file.suffix != ".pyc" and file.is_file():
                digest.update(file.relative_to(PROJECT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    keep = Path(os.environ[_KEEP])
    folder = keep / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    keep.chmod(0o711)
    folder.touch()
    for old in sorted(keep.iterdir(), key=lambda each: each.stat().st_mtime)[:-30]:
        shutil.rmtree(old, ignore_errors=True)
    yield folder


def fill(folder: Path) -> None:
    """Fill an empty folder for `app.embedded.start`. Outside of a run it stays empty, and who starts migrates."""
    if _PLACE not in os.environ:
        return
    place = Path(os.environ[_PLACE])
    data, made = place / "data", place / "made"
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(data, ignore_errors=True)  # left by a run that was killed
            with start(data) as servers:
                urls = [servers.database_url(role) for role in ("postgres", "ddt_owner", "ddt_app")]
                grow(*urls)
            made.touch()
    # With owners and modes, which PostgreSQL looks at.
    subprocess.run(["cp", "-a", f"{data}/.", f"{folder}/"], check=True)


def grow(super_url: str, owner_url: str, app_url: str) -> None:
    """Migrate an empty database, and keep two to copy from: one that is still empty, and one as it is now."""
    name = urlsplit(super_url).path[1:]
    maintenance = other(super_url, "postgres")
    owner = urlsplit(owner_url).username
    execute(maintenance, f'CREATE DATABASE {first(name)} TEMPLATE {name} OWNER "{owner}"')
    _run(["app.cli", "migrate"], {"DATABASE_URL": app_url, "DATABASE_OWNER_URL": owner_url})
    execute(maintenance, f"CREATE DATABASE {fresh(name)} TEMPLATE {name}")


def fresh(name: str) -> str:
    """The migrated database beside this one that nobody uses."""
    return f"{name}_fresh"


def untouched(stand: "Stand") -> str:
    """The superuser's address of that one: in the other, tests keep schemas of their own."""
    return other(stand.super_url, fresh(urlsplit(stand.super_url).path[1:]))


def first(name: str) -> str:
    """The one that becomes the first release, once a test asks for that."""
    return f"{name}_first"


def first_release(stand: "Stand") -> str:
    """The database with the tables of the first release, to copy from; made for whoever asks first."""
    name = first(urlsplit(stand.super_url).path[1:])
    if name not in _made:
        migrate(other(stand.owner_url, name), FIRST_RELEASE)
        _made.add(name)
    return name


_made: Final[set[str]] = set()


def migrate(owner_url: str, target: str) -> None:
    """One migration after the other, up to this one."""
    _run(["tests.migrations.stepping", owner_url, target], {})


def run_cli(stand: "Stand", *words: str) -> str:
    """Our own command against these addresses; answers what it said."""
    return _run(["app.cli", *words], stand.environment())


def execute(url: str, *statements: str) -> None:
    """Run statements one by one on a connection of their own, also from where a loop is running."""

    async def there() -> None:
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    failures: list[BaseException] = []

    def in_a_loop() -> None:
        try:
            asyncio.run(there())
        except BaseException as failure:  # noqa: BLE001 - raised below, in the caller's thread
            failures.append(failure)

    thread = Thread(target=in_a_loop)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def other(url: str, database: str) -> str:
    """The same server's address of another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}"
    return done.stdout
