"""The doctor at the database: server, role, schema, workers, queues, clock, and what the drawing workers told."""

from datetime import UTC, datetime
from typing import Any, Final

import asyncpg

from app import opening, wiring
from app.cli.operations.doctor_recovery import look_at_recovery
from app.cli.reporting import Check, State, same
from app.foundation import fonts
from app.gateways.channels.table import CHANNELS
from app.gateways.database import TROUBLE
from app.gateways.fitness import Finding
from app.gateways.postgresql.addresses import connect_to_look
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry import credits
from config.faults import EXAMPLES
from config.settings import PROJECT, Settings
from workers.subscriptions import RENDER, SETTLE, by_kind

SKEW_S_MOST: Final = 2.0
OLD_S: Final = 60
"""A row that waits longer than this is not simply about to be done."""
_AWAY: Final = (TimeoutError, ValueError, *TROUBLE)
_LEVEL: Final = "SELECT name FROM tortoise_migrations ORDER BY applied_at DESC, id DESC LIMIT 1"
_KINDS: Final = {
    SETTLE: ("settling worker", "diandian worker"),
    RENDER: ("drawing worker", "diandian worker --render"),
}
# Connections tell their processes (`wiring.process_name`); of another role's PostgreSQL shows no name.
_PROCESSES: Final = """
SELECT split_part(application_name, ' ', 2) AS kind, count(DISTINCT (application_name, client_addr)) AS processes
FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'diandian %' GROUP BY 1
"""
_QUEUES: Final = """
SELECT queue, count(*) FILTER (WHERE dead_at IS NULL) AS open, count(*) FILTER (WHERE dead_at IS NOT NULL) AS aside,
       extract(epoch FROM clock_timestamp() - min(recorded_at) FILTER (WHERE dead_at IS NULL)) AS oldest_s
FROM outbox_message WHERE id IN (
    SELECT message_id FROM outbox_open UNION ALL SELECT id FROM outbox_message WHERE dead_at IS NOT NULL AND done_at IS NULL)
GROUP BY queue
"""
# Messages of a day lie together (migrations/sql/outbox_by_day.sql); what begins without a place lies among the rest.
_DAYS: Final = """
WITH today AS (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day)
SELECT (SELECT max(d.day) FROM outbox.days() AS d (day)) AS last, t.day AS today,
       (SELECT count(*) FROM outbox_message_rest) AS rest
FROM today t
"""


async def look_at_database(settings: Settings, refused: State) -> list[Check]:
    """The server, our role, the schema, the workers, the queues and the clock; `refused` is the state of what only
    production refuses."""
    if not settings.database_url:
        fix = Text(
            zh=f"例如 DATABASE_URL={EXAMPLES['database_url']}；试用时 make demo 或 make up 会带来一个",
            en=f"such as DATABASE_URL={EXAMPLES['database_url']}; `make demo` or `make up` bring one",
        )
        return [Check("database", refused, Text(zh="没有 DATABASE_URL", en="no DATABASE_URL"), fix)]
    try:
        found = await opening.findings(settings)
        # Past a pooler, and whatever the server is: what is wrong with it is told below.
        connection = await connect_to_look(settings.database_direct_url or settings.database_url)
    except _AWAY as trouble:
        kind = type(trouble).__name__
        fix = Text(
            zh="看服务器是否在运行，DATABASE_URL 的地址、角色与口令是否正确",
            en="is the server up, and does DATABASE_URL name it, its role and its password?",
        )
        return [Check("database", "fault", Text(zh=f"连不上：{kind}", en=f"no connection: {kind}"), fix)]
    try:
        said = f"PostgreSQL {connection.get_settings().server_version.partition(' ')[0]}"
        return [
            Check("database", "good", Text(zh=f"{said} 有应答", en=f"{said} answers")),
            *(_told(one, refused) for one in found),
            *await _schema(connection),
            *await _channels(connection, settings),
            *await _rates(connection, settings),
            *await _workers(connection),
            *await _days(connection),
            await _clock(connection),
            await _drawing(connection, settings),
            *await look_at_recovery(connection, settings, refused),
        ]
    finally:
        await connection.close(timeout=2)


def _told(one: Finding, refused: State) -> Check:
    state: State = "good" if one.is_fit else "fault" if one.is_needed else refused
    return Check(one.name, state, one.detail, one.fix)


async def _schema(connection: Any) -> list[Check]:  # noqa: ANN401 - asyncpg is typed in part only
    head = max(path.stem for path in (PROJECT / "migrations").glob("[0-9]*.py"))
    try:
        level = await connection.fetchval(_LEVEL)
        rows = await connection.fetch("SELECT kind, job, queue FROM outbox_subscription")
    except asyncpg.PostgresError as refusal:
        return [Check("migrations", "fault", same(type(refusal).__name__), _to(head))]
    known = {tuple(row) for row in rows}
    wanted = {(kind, job, queue) for kind, jobs in by_kind().items() for job, queue in (jobs or ((None, None),))}
    differing = sorted({str(row[0]) for row in known ^ wanted})
    lines = Text(zh=f"{len(wanted)} 行，一致", en=f"{len(wanted)} lines, equal")
    none = Text(zh="没有迁移过", en="none")
    mapped = Text(
        zh="运行 diandian migrate，它把任务表写成与程序一致；然后重启工作进程",
        en="run `diandian migrate`, which writes the map as the program has it; then restart the workers",
    )
    return [
        Check("migrations", "good" if level == head else "fault", same(level) if level else none, _to(head)),
        Check(
            "map of jobs", "fault" if differing else "good", same(", ".join(differing)) if differing else lines, mapped
        ),
    ]


async def _channels(connection: Any, settings: Settings) -> list[Check]:  # noqa: ANN401 - the same
    """Whether what each way to be paid that is set up would hold for us has its account; without one no money is posted."""
    kinds = [kind for kind in CHANNELS if kind.is_set_up(settings.channels.get(kind.name, {}))]
    try:
        rows = await connection.fetch("SELECT path, unit FROM ledger_account WHERE path LIKE 'clearing:%'")
    except asyncpg.PostgresError:
        return []  # the schema's own line says so
    there = {(row["path"], row["unit"]) for row in rows}
    lacking = sorted(
        {kind.name for kind in kinds for unit in kind.currencies if (f"clearing:{kind.name}", unit) not in there}
    )
    if not kinds:
        return []
    fix = Text(
        zh=f"以表的所有者运行 diandian migrate，它为 {', '.join(lacking)} 开立清算账户",
        en=f"run `diandian migrate` as the owner of the tables: it opens the clearing account of {', '.join(lacking)}",
    )
    told = same(", ".join(lacking or (kind.name for kind in kinds)))
    return [Check("channels", "fault" if lacking else "good", told, fix)]


async def _rates(connection: Any, settings: Settings) -> list[Check]:  # noqa: ANN401 - the same
    """Whether orders in dollars can be priced, where a way to pay is set up that takes them."""
    kinds = [kind for kind in CHANNELS if kind.is_set_up(settings.channels.get(kind.name, {}))]
    if all(credits.RATED not in kind.currencies for kind in kinds):
        return []
    today = beijing_day(utc_now())
    try:
        day = await connection.fetchval(
            "SELECT max(day) FROM exchange_rate WHERE currency = $1 AND day <= $2", credits.RATED.value, today
        )
    except asyncpg.PostgresError:
        return []  # the schema's own line says so
    fix = Text(
        zh=("没有美元价目的减排量暂不以美元出售：diandian rate propose 录入，另一人 diandian rate confirm 复核"),
        en=(
            "what has no price list in dollars is not sold in dollars: `diandian rate propose`, and another person"
            " `diandian rate confirm`"
        ),
    )
    if day is None:
        return [Check("exchange rate", "note", Text(zh="还没有复核过的汇率", en="none is confirmed yet"), fix)]
    age = (today - day).days
    said = Text(zh=f"{day} 的，{age} 天前", en=f"of {day}, {age} days ago")
    return [Check("exchange rate", "good" if age <= settings.exchange_rate_days else "note", said, fix)]


def _to(head: str) -> Text:
    return Text(
        zh=f"以表的所有者（DATABASE_OWNER_URL）运行 diandian migrate：程序在 {head}",
        en=f"run `diandian migrate` as the owner of the tables (DATABASE_OWNER_URL): the program is at {head}",
    )


async def _workers(connection: Any) -> list[Check]:  # noqa: ANN401 - the same
    """Which workers are connected, and what waits for them."""
    try:
        counts = {row["kind"]: row["processes"] for row in await connection.fetch(_PROCESSES)}
        waiting = {row["queue"]: row for row in await connection.fetch(_QUEUES)}
    except asyncpg.PostgresError:
        return []  # the schema's own line says so
    checks = []
    for kind, (name, verb) in _KINDS.items():
        row = waiting.get(kind)
        oldest_s = int(row["oldest_s"] or 0) if row else 0
        checks += [_worker(name, verb, counts.get(kind, 0), oldest_s=oldest_s), _queue(kind, row, verb)]
    return checks


async def _days(connection: Any) -> list[Check]:  # noqa: ANN401 - the same
    """Whether the messages of tomorrow have a place of their own, and what lies among the rest."""
    try:
        row = await connection.fetchrow(_DAYS)
    except asyncpg.PostgresError:
        return []  # the schema's own line says so
    last, rest = row["last"], row["rest"]
    until = Text(zh=f"按日存放，备到 {last}", en=f"lie by day, with places up to {last}")
    none = Text(zh="没有按日的存放处", en="no day has a place")
    kept = Text(zh=f"；其余 {rest:,} 条", en=f"; {rest:,} among the rest")
    told = until if last else none
    said = Text(zh=told.zh + kept.zh, en=told.en + kept.en)
    if last is not None and last > row["today"]:
        return [Check("messages", "good", said)]
    fix = Text(
        zh="启动工作进程，它每分钟预备七天；之前的消息存在其余之中，逐行清除",
        en="start a worker, which makes seven days ahead; until then messages lie among the rest and are deleted row by row",
    )
    return [Check("messages", "note", said, fix)]


def _worker(name: str, verb: str, processes: int, *, oldest_s: int) -> Check:
    """None is a fault only where somebody waits for it: an installation is looked at before it is started, too."""
    if processes:
        return Check(name, "good", Text(zh=f"{processes} 个进程已连接", en=f"{processes} connected"))
    return Check(
        name,
        "fault" if oldest_s >= OLD_S else "note",
        Text(zh="没有进程连接", en="none is connected"),
        Text(
            zh=f"启动一个：{verb}；已启动的话，看它的日志与 DATABASE_URL（须与这里同一角色）",
            en=f"start one: `{verb}`; if one runs, see its log and its DATABASE_URL (the same role as here)",
        ),
    )


def _queue(queue: str, row: Any, verb: str) -> Check:  # noqa: ANN401 - the same
    waiting, aside = (row["open"], row["aside"]) if row else (0, 0)
    oldest_s = int(row["oldest_s"] or 0) if row else 0
    said = Text(
        zh=f"待办 {waiting:,}" + (f"，最久 {oldest_s:,} 秒" if waiting else "") + f"，搁置 {aside:,}",
        en=f"{waiting:,} open" + (f", the oldest {oldest_s:,} s" if waiting else "") + f", {aside:,} set aside",
    )
    if aside:
        fix = Text(
            zh="diandian outbox dead 给出原因；排除后 diandian outbox replay --all",
            en="`diandian outbox dead` tells why; when that is mended, `diandian outbox replay --all`",
        )
        return Check(f"queue {queue}", "fault", said, fix)
    if oldest_s < OLD_S:
        return Check(f"queue {queue}", "good", said)
    fix = Text(
        zh=f"看 {verb} 的日志里的 job.failed；进程不够就再启动一个",
        en=f"see job.failed in the log of `{verb}`; where one process is too few, start another",
    )
    return Check(f"queue {queue}", "note", said, fix)


async def _clock(connection: Any) -> Check:  # noqa: ANN401 - the same
    asked_at = datetime.now(UTC)
    theirs = await connection.fetchval("SELECT clock_timestamp()")
    answered_at = datetime.now(UTC)
    # By how much they surely differ: the way there and back is no difference.
    skew_s = max((asked_at - theirs).total_seconds(), (theirs - answered_at).total_seconds(), 0.0)
    state: State = "good" if skew_s < SKEW_S_MOST else "fault"
    said = Text(zh=f"与数据库相差 {skew_s:.3f} 秒", en=f"{skew_s:.3f} s from the database's")
    fix = Text(
        zh="两边都用 NTP 校时（timedatectl set-ntp true）：渠道拒绝过期的签名",
        en="let NTP set both clocks (timedatectl set-ntp true): channels refuse old signatures",
    )
    return Check("clock", state, said, fix)


async def _drawing(connection: Any, settings: Settings) -> Check:  # noqa: ANN401 - the same
    """Whether names are checked against what the drawing workers told, and whether that is what is here."""
    fix = Text(
        zh="启动出证进程（diandian worker --render）；在此之前以本机字体为准",
        en="start the drawing worker (`diandian worker --render`); until then this machine's fonts answer",
    )
    try:
        digests = [row["digest"] for row in await connection.fetch(fonts.IN_USE)]
    except asyncpg.PostgresError as refusal:
        return Check("fonts", "note", same(type(refusal).__name__), fix)
    if not digests:
        said = Text(zh="出证进程还没有报告字体", en="the drawing worker has not told its fonts yet")
        return Check("fonts", "note", said, fix)
    here = fonts.find_fonts([folder for folder in wiring.font_folders(settings) if folder.is_dir()]).coverage.digest
    told = ", ".join(digest.hex()[:12] for digest in digests)
    if digests == [here]:
        said = Text(
            zh=f"出证进程的字体（{told}）与这里相同", en=f"the drawing worker told its fonts ({told}), as they are here"
        )
        return Check("fonts", "good", said)
    fix = Text(
        zh="姓名只能用所有出证进程都有的字体：给它们装同样的字体",
        en="names may be written in what all drawing workers have: give them the same fonts",
    )
    said = Text(
        zh=f"出证进程的字体（{told}）与这里不同", en=f"the drawing worker told other fonts than are here ({told})"
    )
    return Check("fonts", "note", said, fix)
