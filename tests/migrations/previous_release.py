"""What a release reads, writes and calls in the database, as sorted lines: columns, functions it may execute, grants, and the
map of jobs. `previous_release.txt` keeps those of the release before this one.

When a release is made, what it needs is captured for the next: `python -m tests.migrations.previous_release`.
"""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import asyncpg

from app.cli.operations.migrating import migrate
from app.embedded import start
from config.places import migration_head
from tests.migrations import catalogue
from tests.scratch import scratch
from workers.subscriptions import by_kind

KEPT: Final = Path(__file__).with_name("previous_release.txt")
COLUMN: Final = re.compile(r"column +(?P<name>[\w.]+) (?P<type>.+?)(?P<filled> NOT NULL)?(?: DEFAULT (?P<default>.+))?")
_FUNCTION: Final = re.compile(r"function +([\w.]+)\((.*)\) -> (.+?) (?:sql|plpgsql|internal|c)\b.*")
_GRANT: Final = re.compile(r"grant +(.+) ON (.+) TO ddt_app")


def needs(schema: Iterable[str]) -> set[str]:
    """Of the lines of a schema those that a program on it depends on, without what may change: bodies and defaults; `filled`
    is a column that is never NULL, `result` what a function that it may execute gives back.
    """
    found: set[str] = set()
    results: dict[str, str] = {}
    for line in schema:
        if column := COLUMN.fullmatch(line):
            found.add(f"column {column['name']} {column['type']}")
            found |= {f"filled {column['name']}"} if column["filled"] else set()
        elif function := _FUNCTION.fullmatch(line):
            results[f"{function[1]}({function[2]})"] = function[3]
        elif grant := _GRANT.fullmatch(line):
            found |= {f"grant {one} ON {grant[2]}" for one in grant[1].split(", ")}
    called = {name: result for name, result in results.items() if f"grant EXECUTE ON function {name}" in found}
    return found | {f"result {name} -> {result}" for name, result in called.items()}


def follows() -> set[str]:
    """The map of jobs, a line for each."""
    return {f"job {kind} {job} {queue}" for kind, jobs in by_kind().items() for job, queue in jobs}


def write(head: str, schema: Iterable[str]) -> None:
    """Keep what a release whose newest migration is `head` needs."""
    KEPT.write_text("\n".join([f"head {head}", *sorted(needs(schema) | follows())]) + "\n", "utf-8")


def read() -> tuple[str, set[str]]:
    """The newest migration of the previous release, and what it needs."""
    first, *lines = KEPT.read_text("utf-8").splitlines()
    return first.removeprefix("head "), set(lines)


async def _capture() -> None:
    with scratch("previous") as folder, start(folder) as servers:
        await migrate(servers.database_url("ddt_owner"), alone_g=0)
        connection = await asyncpg.connect(servers.database_url("postgres"))
        try:
            write(migration_head(), await catalogue.lines(connection))
        finally:
            await connection.close()


if __name__ == "__main__":
    asyncio.run(_capture())
