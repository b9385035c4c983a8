"""The installed programs that the cluster is made of, the account they run as, and how they are begun."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.embedded import processes
from app.embedded.places import _nobody
from app.embedded.processes import Account
from app.embedded.servers import _binaries

_DEBIAN: Final = Path("/usr/lib/postgresql")
_MAJORS: Final = range(15, 19)
"""What the platform says it runs on; the oldest that is there is taken."""
_ALSO: Final = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Where Debian puts what only an administrator starts."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where they are, and as whom they run: `None` as ourselves."""

    postgres: Path
    """The folder of postgres, initdb and pg_basebackup."""
    pgbouncer: Path
    haproxy: Path
    valkey: Path
    account: Account | None


class Missing(Exception):
    """Programs that are not installed; the text names them and how they come."""


def find() -> Programs:
    """Look for all of them.

    Raises:
        Missing: at least one is not there.
    """
    postgres = next((each for each in _postgres() if (each / "pg_basebackup").exists()), None)
    pgbouncer, haproxy = _installed("pgbouncer"), _installed("haproxy")
    wanted = {
        "PostgreSQL 15 (postgresql-15)": postgres,
        "PgBouncer (pgbouncer)": pgbouncer,
        "HAProxy (haproxy)": haproxy,
    }
    if lacking := [name for name, found in wanted.items() if found is None]:
        raise Missing(f"not installed here: {', '.join(lacking)}; apt-get install the names in brackets")
    assert postgres is not None and pgbouncer is not None and haproxy is not None
    account = _nobody() if os.geteuid() == 0 else None
    return Programs(postgres, pgbouncer, haproxy, _binaries().valkey, account)


def begin(argv: Sequence[str | Path], *, log: Path, account: Account | None) -> "subprocess.Popen[bytes]":
    """Begin a program that ends with us, however we end; call it from the main thread, which is what it is tied to."""
    with log.open("ab") as said:
        return processes.spawn(argv, account=account, stop=signal.SIGKILL, output=said)


def run(argv: Sequence[str | Path], *, account: Account | None) -> None:
    """Run a short program to its end."""
    said = processes.run(argv, account=account)
    assert said is None, f"{Path(argv[0]).name}: {said}"


def own(path: Path, account: Account | None) -> None:
    """Give the file or folder to the account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def _postgres() -> list[Path]:
    if not _DEBIAN.is_dir():
        return []
    majors = [int(each.name) for each in _DEBIAN.iterdir() if re.fullmatch(r"\d+", each.name)]
    return [_DEBIAN / str(major) / "bin" for major in sorted(majors) if major in _MAJORS]


def _installed(name: str) -> Path | None:
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_ALSO))
    return Path(found) if found else None
