"""Addresses of PostgreSQL, and the one way in which a connection is made to one: by serve, worker, migrate and doctor alike.

An address is a URL: `postgresql://user:password@one:5432,two:5433/diandian?sslmode=verify-full&sslrootcert=…`, a socket's
folder stands in its query (`?host=/run/…`). asyncpg reads what belongs to TLS and files of passwords. Several hosts are
asked one after the other, each with its share of the time, until one is what is needed: asyncpg by itself would spend all
of it on a first one that is switched off, and would end at a server that is just starting or shutting down.

Nothing is told at the start of the application's own sessions but their name: a pooler refuses it, or drops it silently.
What they rest on are settings of the role (`ROLE_SETTINGS`), and a session in which they are not in force is not used.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg

CONNECT_S: Final = 5.0
"""For making a connection, over all hosts of its address."""
_HOST_S_LEAST: Final = 1.0
ROLE_SETTINGS: Final[Mapping[str, str]] = {
    "lock_timeout": "5s",
    # A process that is frozen inside a transaction lets go of its rows; whoever takes over finds them.
    "idle_in_transaction_session_timeout": "10s",
    # Whoever asked has given up long before: of a client that vanished behind a pooler nothing else tells the server.
    "statement_timeout": "60s",
    # Debian's server compiles what it takes for expensive, each time anew, and a function that must not read a whole
    # table looks so: without this a purge of guests took 2 s for a query of 2 ms.
    "jit": "off",
    "timezone": "UTC",
}
"""What the application's role has, by `ALTER ROLE … SET`. A time-out may be shorter, and is never none."""
ALIVE: Final[Mapping[str, str]] = {
    # A machine that vanished holds its rows and advisory locks no longer than this.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
Need = Literal["writes", "application", "replica", "any"]
"""`writes`: a server that takes writes. `application`: besides, a role with `ROLE_SETTINGS`. `replica`: the same role, of a
server that only follows. `any`: whoever answers."""
_SESSION: Final = """
SELECT pg_backend_pid() AS pid, pg_is_in_recovery() AS follows, current_setting('transaction_read_only') = 'on' AS only_reads,
       current_user::text AS role, current_setting('lock_timeout') AS lock_timeout,
       current_setting('idle_in_transaction_session_timeout') AS idle_in_transaction_session_timeout,
       current_setting('statement_timeout') AS statement_timeout,
       current_setting('jit') AS jit, current_setting('TimeZone') AS timezone
"""
_READ_BY_ASYNCPG: Final = frozenset(
    {
        "host", "port", "user", "password", "database", "dbname", "passfile", "service", "krbsrvname", "gsslib",
        "sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword", "sslnegotiation",
        "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs",
    }
)  # fmt: skip
"""What may stand in the query. asyncpg sends any other name to the server, at the start."""
_OF_PRIMARIES: Final = frozenset({"any", "primary", "read-write"})
_OF_REPLICAS: Final = frozenset({"any", "standby", "prefer-standby", "read-only"})
_TIMES: Final = ("lock_timeout", "idle_in_transaction_session_timeout", "statement_timeout")
_UNIT_S: Final = {"us": 1e-6, "ms": 1e-3, "s": 1, "min": 60, "h": 3600, "d": 86_400}
_TIME: Final = re.compile(r"(\d+)(us|ms|s|min|h|d)?")
_NEXT: Final = ("08", "53300", "57P0")
"""SQLSTATEs after which the next host is asked: out of connections, ending, starting."""


class AddressUnfit(ValueError):
    """An address that cannot be read; the text says why, and shows nothing of it."""


class ReadOnlyServer(ConnectionError):
    """The server only reads: a standby, or a primary that was told to."""


class NoReplica(ConnectionError):
    """The server follows nobody, so that nothing tells how far behind it is."""


class SessionUnfit(ConnectionError):
    """The role's settings are not in force: `diandian migrate` sets them."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, how it is signed in to, and what it must be. `repr` shows none of it."""

    url: str = field(repr=False)
    need: Need = "application"

    async def connect(self, **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - asyncpg's own keywords
        """A connection to the first host that is what is needed; raises as `connect`."""
        return await connect(self.url, need=self.need, **options)


@dataclass(frozen=True, slots=True)
class Session:
    """What a connection is like from within."""

    role: str
    follows: bool
    only_reads: bool
    is_pooled: bool
    """Whether something between us and the server hands its connections around."""
    lacking: tuple[str, ...]
    """Of `ROLE_SETTINGS`, what is not in force."""


def places(url: str) -> list[tuple[str | None, int]]:
    """Every host of an address with its port, in their order; None: wherever PostgreSQL's own default is.

    Raises:
        AddressUnfit: a port is no number, or there are neither one port nor as many as hosts.
    """
    try:
        parts = urlsplit(url)
    except ValueError as refusal:
        raise AddressUnfit(str(refusal)) from refusal
    query = dict(parse_qsl(parts.query))
    told = parts.netloc.rpartition("@")[2] or query.get("host", "")
    ports = query.get("port", "5432").split(",")
    hosts = told.split(",")
    if len(ports) not in {1, len(hosts)}:
        raise AddressUnfit(f"{len(ports)} ports for {len(hosts)} hosts")
    found: list[tuple[str | None, int]] = []
    for number, one in enumerate(unquote(each) for each in hosts):
        host, port = (one, "") if one.startswith("/") else _host_and_port(one)
        port = port or ports[number % len(ports)]
        if not port.isdecimal() or not 0 < int(port) < 65_536:
            raise AddressUnfit(f"port {port!r}")
        found.append((host or None, int(port)))
    return found


def unfit(url: str, *, is_replica: bool = False) -> str | None:
    """What an address says that cannot be kept, in a few words; None where all of it can."""
    try:
        places(url)
    except AddressUnfit as refusal:
        return str(refusal)
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    if others := sorted(query.keys() - _READ_BY_ASYNCPG):
        return ", ".join(others)
    wanted = query.get("target_session_attrs", "any")
    return None if wanted in (_OF_REPLICAS if is_replica else _OF_PRIMARIES) else f"target_session_attrs={wanted}"


async def connect(url: str, *, need: Need = "writes", timeout: float = CONNECT_S, **options: Any) -> asyncpg.Connection:  # noqa: ANN401, ASYNC109 - asyncpg's own keywords
    """A connection to the first host of an address that is what is needed.

    Raises:
        ReadOnlyServer, NoReplica, SessionUnfit: those that answer are not.
        OSError, TimeoutError, asyncpg.PostgresError: nobody answers, or not to this role.
    """
    known = _asked_next.setdefault((url, need), places(url))
    each_s = max(_HOST_S_LEAST, timeout / len(known))
    last: BaseException = AddressUnfit("no host")
    for place in tuple(known):
        try:
            return await _connect_to(place, url, need, timeout=each_s, **options)
        except (OSError, TimeoutError) as trouble:
            last = trouble
        except asyncpg.PostgresError as refusal:
            if not (refusal.sqlstate or "").startswith(_NEXT):
                raise  # whom this one does not let in, the others do not either
            last = refusal
        except asyncio.CancelledError:
            _put_last(place, known)  # whoever waited for it has no more time
            raise
        _put_last(place, known)
    raise last


async def connect_to_look(url: str, *, need: Need = "writes", **options: Any) -> asyncpg.Connection:  # noqa: ANN401 - the same
    """A connection to the host that is what is needed, as everybody else is led to it; where none is, to whichever answers,
    so that somebody can be told what is wrong with it.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError: nobody answers, or not to this role.
    """
    try:
        return await connect(url, need=need, **options)
    except OSError:
        return await connect(url, need="any", **options)


_asked_next: Final[dict[tuple[str, Need], list[tuple[str | None, int]]]] = {}
"""Hosts of each address in the order in which this process asks them: whichever was of no use comes last, so that one that
is switched off costs its time once, not with every connection."""


def _put_last(place: tuple[str | None, int], known: list[tuple[str | None, int]]) -> None:
    known.remove(place)
    known.append(place)


async def _connect_to(
    place: tuple[str | None, int],
    url: str,
    need: Need,
    *,
    timeout: float,  # noqa: ASYNC109 - asyncpg's own
    **options: Any,  # noqa: ANN401 - the same
) -> asyncpg.Connection:
    host, port = place
    connection = await asyncpg.connect(
        url, host=host, port=port, timeout=timeout, target_session_attrs="any", **options
    )
    try:
        _demand(need, await look(connection, timeout=timeout) if need != "any" else None)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def look(connection: asyncpg.Connection, *, timeout: float = CONNECT_S) -> Session:  # noqa: ASYNC109 - asyncpg's own
    """What a connection is like.

    A pooler makes up the number by which a session may be cancelled; PostgreSQL's is its process's own.
    """
    row = await connection.fetchrow(_SESSION, timeout=timeout)
    return Session(
        role=row["role"],
        follows=row["follows"],
        only_reads=row["only_reads"],
        is_pooled=row["pid"] != connection.get_server_pid(),
        lacking=tuple(name for name, wanted in ROLE_SETTINGS.items() if not _is_in_force(name, row[name], wanted)),
    )


def role_statements(role: str) -> list[str]:
    """What gives a role its settings; for whoever may change it."""
    quoted = '"' + role.replace('"', '""') + '"'
    return [f"ALTER ROLE {quoted} SET {name} = '{value}'" for name, value in ROLE_SETTINGS.items()]


def seconds(setting: str) -> float:
    """A time-out as PostgreSQL shows it (`5s`, `500ms`, `1min`, `0`), in seconds."""
    found = _TIME.fullmatch(setting)
    assert found, setting
    return int(found[1]) * _UNIT_S[found[2] or "ms"]


def _is_in_force(name: str, found: str, wanted: str) -> bool:
    if name in _TIMES:
        return 0 < seconds(found) <= seconds(wanted)
    return found in {wanted, "Etc/UTC", "GMT"} if name == "timezone" else found == wanted


def _demand(need: Need, session: Session | None) -> None:
    if session is None:
        return
    if need == "replica":
        if not session.follows:
            raise NoReplica("follows nobody")
    elif session.follows or session.only_reads:
        raise ReadOnlyServer("a standby" if session.follows else "default_transaction_read_only is on")
    if need != "writes" and session.lacking:
        raise SessionUnfit(f"{session.role}: {', '.join(session.lacking)}")


def _host_and_port(one: str) -> tuple[str, str]:
    if one.startswith("["):
        host, _, port = one[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = one.partition(":")
    return host, port
