"""P5: transfers through our ledger against pgledger in the same PostgreSQL, single and in batches of fifty.

Both sides do the same work for every transfer: two balances, two entries with the balance they left, a floor that is
looked at, a history that can be read. Ours also keeps the cause, so that a repeat moves nothing, and refuses any later
change. pgledger's SQL is not part of this project: whoever measures gives it with PGLEDGER_SQL=path (pgledger.sql of
github.com/pgr0ss/pgledger, with the function `uuid_to_ulid` it asks for, in one file or as `a.sql:b.sql`).
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from tests.benchmarks.ground import Ground
from tests.benchmarks.harness import CannotRun, Finding, Line, Spread, Wishes, ratio, say
from tests.benchmarks.pgbench import pgbench, transactions_per_s

BATCH: Final = 50
ACCOUNTS: Final = 10_000
CLIENTS: Final = 16
AT_LEAST: Final = 1.1
HOT_BATCH_AT_LEAST: Final = 4.5

_UNIT: Final = "P5"
_FUNDS: Final = 1_000_000_000
_RUN_S: Final = 60.0
_POSTED: Final = "SELECT count(*) FROM ledger_transfer WHERE cause LIKE 'p5.%'"
_CREATED: Final = "SELECT count(*) FROM pgledger_transfers"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a transaction moves."""

    name: str
    is_hot: bool
    """All transfers have one source, on which every client waits."""
    size: int
    target: float


SHAPES: Final = (
    Shape("random pairs, single", is_hot=False, size=1, target=AT_LEAST),
    Shape("hot source, single", is_hot=True, size=1, target=AT_LEAST),
    Shape(f"random pairs, batch of {BATCH}", is_hot=False, size=BATCH, target=AT_LEAST),
    Shape(f"hot source, batch of {BATCH}", is_hot=True, size=BATCH, target=HOT_BATCH_AT_LEAST),
)


async def measure(here: Ground, wishes: Wishes) -> Finding:
    """Rotations of every shape, ours and theirs in turn; afterwards both sides' books are asked whether they add up."""
    if pgbench() is None:
        raise CannotRun("pgbench is not installed (Debian: postgresql-contrib or postgresql)")
    theirs = _their_sql()
    seconds = 2 if wishes.is_quick else 5
    await _open_ours(here)
    if theirs is not None:
        await _open_theirs(here, theirs)
    rates: dict[tuple[str, str], list[float]] = {}
    for rotation in range(wishes.rotations):
        for shape in SHAPES:
            for side in ("ours", "theirs") if theirs is not None else ("ours",):
                rate = await _run(here, shape, side, seconds=seconds, tag=f"{rotation}", seed=wishes.seed + rotation)
                rates.setdefault((shape.name, side), []).append(rate)
            told = " against ".join(f"{rates[shape.name, side][-1]:,.0f}/s" for side in _sides(rates, shape))
            say(f"P5 rotation {rotation + 1}: {shape.name}: {told}")
    notes = [await _ours_add_up(here), *([await _theirs_add_up(here)] if theirs is not None else [])]
    return Finding(list(_lines(rates)), notes)


# ---- the two sides --------------------------------------------------------------------------------------------------


async def _open_ours(here: Ground) -> None:
    connection = await asyncpg.connect(here.servers.database_url("ddt_owner"))
    try:
        await connection.execute(
            "INSERT INTO ledger_movement (kind, cause, family, source, target)"
            " SELECT kind, 'p5.%', $1, 'p5', 'p5' FROM unnest(ARRAY['move', 'fund']) AS kind",
            _UNIT,
        )
        await connection.execute(
            "INSERT INTO ledger_account (path, unit, kind, floor, balance)"
            " SELECT path, $2, kind, 0, 0 FROM unnest($1::text[], $3::text[]) AS w (path, kind)",
            [f"p5:{number}" for number in range(1, ACCOUNTS + 1)] + ["p5:hot", "p5:world"],
            _UNIT, ["ordinary"] * ACCOUNTS + ["pool", "external"],
        )  # fmt: skip
        for first in range(1, ACCOUNTS + 1, 2_000):
            paths = [f"p5:{number}" for number in range(first, first + 2_000)]
            await _fund(connection, f"p5.fund.{first}", paths, _FUNDS)
        await _fund(connection, "p5.fund.hot", ["p5:hot"], _FUNDS * 1_000)
    finally:
        await connection.close()
    await _settle(here.super_url)


async def _fund(connection: Any, cause: str, paths: list[str], amount: int) -> None:
    await connection.execute(
        "SELECT ledger.post($1, 'fund', $2, $3, $4)",
        cause, [*paths, "p5:world"], [_UNIT] * (len(paths) + 1), [amount] * len(paths) + [-amount * len(paths)],
    )  # fmt: skip


def _their_sql() -> str | None:
    given = os.environ.get("PGLEDGER_SQL", "")
    if not given:
        return None
    try:
        return "\n".join(Path(name).read_text("utf-8") for name in given.split(":"))
    except OSError as refusal:
        raise CannotRun(f"PGLEDGER_SQL cannot be read: {refusal}") from refusal


async def _open_theirs(here: Ground, sql: str) -> None:
    connection = await here.super()
    try:
        await connection.execute("DROP DATABASE IF EXISTS pgledger WITH (FORCE)")
        await connection.execute("CREATE DATABASE pgledger")
    finally:
        await connection.close()
    connection = await asyncpg.connect(_their_url(here))
    try:
        try:
            await connection.execute(sql)
        except asyncpg.PostgresError as refusal:
            raise CannotRun(f"PGLEDGER_SQL is not what this benchmark knows: {refusal}") from refusal
        # Their ids have 26 characters behind the prefix; ours say which account it is.
        await connection.execute(
            "INSERT INTO pgledger_accounts (id, name, currency, balance, allow_negative_balance, allow_positive_balance,"
            " created_at, updated_at) SELECT 'pgla_' || lpad(n::text, 26, '0'), 'p5', 'USD', $1, false, true, now(), now()"
            " FROM generate_series(0, $2::int) AS n",
            _FUNDS * 1_000, ACCOUNTS,
        )  # fmt: skip
    finally:
        await connection.close()
    await _settle(_their_url(here))


def _their_url(here: Ground) -> str:
    return here.servers.database_url("postgres", database="pgledger")


async def _settle(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


# ---- the scripts: both draw the same accounts, and both are handed them as expressions ----------------------------


def _script(shape: Shape, side: str, tag: str) -> str:
    lines = ["\\set n :n + 1"]
    pairs = []
    for number in range(shape.size):
        # No two transfers of a batch share their target, so that neither side can add two of them up.
        lines.append(f"\\set b{number} 1 + (random(0, {ACCOUNTS // shape.size - 1}) * {shape.size} + {number})")
        if not shape.is_hot:
            lines.append(f"\\set a{number} 1 + (:b{number} + random(1, {ACCOUNTS} - 2)) % {ACCOUNTS}")
        pairs.append(("hot" if shape.is_hot else f"a{number}", f"b{number}"))
    lines.append(_our_call(pairs, tag) if side == "ours" else _their_call(pairs))
    return "\n".join(lines) + "\n"


def _our_call(pairs: list[tuple[str, str]], tag: str) -> str:
    def path(name: str) -> str:
        return "'p5:' || 'hot'" if name == "hot" else f"'p5:' || :{name}::text"

    size = len(pairs)
    paths = _array(path(name) for pair in pairs for name in pair)
    units = _array([f"'{_UNIT}'"] * 2 * size)
    amounts = _array(["-1, 1"] * size) + "::bigint[]"
    cause = f"'p5.{tag}.' || :client_id::text || '.' || :n::text"
    if size == 1:
        return (
            f"SELECT posted_at, is_new FROM ledger.post_as_application({cause}, 'move', {paths}, {units}, {amounts});"
        )
    causes = _array(f"{cause} || '.{number}'" for number in range(size))
    kinds = _array(["'move'"] * size)
    nobody = _array(["NULL"] * size) + "::text[]"
    of = _array(f"{number}, {number}" for number in range(1, size + 1))
    return (
        "SELECT no, posted_at, is_new FROM"
        f" ledger.post_many_as_application({causes}, {kinds}, {nobody}, {of}, {paths}, {units}, {amounts});"
    )


def _array(items: Iterable[str]) -> str:
    return f"ARRAY[{', '.join(items)}]"


def _their_call(pairs: list[tuple[str, str]]) -> str:
    def account(name: str) -> str:
        number = "'0'" if name == "hot" else f":{name}::text"
        return f"'pgla_' || lpad({number}, 26, '0')"

    if len(pairs) == 1:
        ((source, target),) = pairs
        return f"SELECT id, created_at FROM pgledger_create_transfer({account(source)}, {account(target)}, 1);"
    rows = ", ".join(f"({account(source)}, {account(target)}, 1)::transfer_request" for source, target in pairs)
    return f"SELECT id, created_at FROM pgledger_create_transfers(transfer_requests => ARRAY[{rows}]);"


async def _run(here: Ground, shape: Shape, side: str, *, seconds: int, tag: str, seed: int) -> float:
    """Transfers a second."""
    url = here.servers.database_url("ddt_app") if side == "ours" else _their_url(here)
    script = _script(shape, side, f"{tag}.{SHAPES.index(shape)}")
    options = ("-c", str(CLIENTS), "-T", str(seconds), "-D", "n=0", f"--random-seed={seed}")
    return await transactions_per_s(url, script, *options, most_s=_RUN_S) * shape.size


# ---- what it says ---------------------------------------------------------------------------------------------------


def _sides(rates: dict[tuple[str, str], list[float]], shape: Shape) -> list[str]:
    return [side for side in ("ours", "theirs") if (shape.name, side) in rates]


def _lines(rates: dict[tuple[str, str], list[float]]) -> Iterator[Line]:
    for shape in SHAPES:
        ours, theirs = rates[shape.name, "ours"], rates.get((shape.name, "theirs"))
        target = f"≥ {shape.target:g} ×"
        if theirs is None:
            yield Line(id="P5", what=shape.name, measured="no pgledger", target=target, figures={"per_second": ours})
            continue
        spread = ratio(ours, theirs)
        yield Line(
            id="P5",
            what=shape.name,
            measured=f"{spread.median:.2f} ×",
            spread=spread.text(),
            target=target,
            is_met=spread.median >= shape.target,
            figures={"per_second": ours, "pgledger_per_second": theirs},
        )
    for shape in SHAPES:
        for side, who in (("ours", "ours"), ("theirs", "pgledger")):
            if (shape.name, side) in rates:
                spread = Spread.of(rates[shape.name, side])
                yield Line(
                    id="P5",
                    what=f"  {shape.name}: {who}",
                    measured=f"{spread.median:,.0f}/s",
                    spread=spread.text(",.0f"),
                )


async def _ours_add_up(here: Ground) -> str:
    connection = await here.super()
    try:
        moved = await connection.fetchval(_POSTED)
        broken = await connection.fetchval(
            "SELECT count(*) FROM (SELECT e.balance, sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.id) AS running"
            " FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id WHERE a.unit = $1) AS s"
            " WHERE s.balance <> s.running",
            _UNIT,
        )
        total = await connection.fetchval("SELECT sum(balance) FROM ledger_account WHERE unit = $1", _UNIT)
    finally:
        await connection.close()
    if broken or total:
        raise CannotRun(f"our books do not add up: {broken} entries, a total of {total}")
    return f"P5: {CLIENTS} clients, {ACCOUNTS:,} accounts. Ours: {moved:,} transfers, every running balance re-added."


async def _theirs_add_up(here: Ground) -> str:
    connection = await asyncpg.connect(_their_url(here))
    try:
        moved = await connection.fetchval(_CREATED)
        entries = await connection.fetchval("SELECT count(*) FROM pgledger_entries")
        total = await connection.fetchval("SELECT sum(balance) FROM pgledger_accounts")
    finally:
        await connection.close()
    if entries != 2 * moved or total != _FUNDS * 1_000 * (ACCOUNTS + 1):
        raise CannotRun("pgledger's books do not add up")
    return f"P5: pgledger: {moved:,} transfers, two entries each. Without PGLEDGER_SQL the lines have no ratio."
