"""What a PostgreSQL server and our role there must be like for production to rest on them."""

from dataclasses import dataclass
from typing import Final

import asyncpg

from app.gateways.postgresql.addresses import Need, Session, connect_to_look, look, role_statements
from app.kernel.text import Text

_WANTED: Final = (
    # name of PostgreSQL's setting, values that will do, what to do
    (
        "fsync",
        ("on",),
        Text(
            zh="设 fsync = on：否则断电会丢失或损坏已提交的数据",
            en="set fsync = on: without it a power cut loses or breaks what was committed",
        ),
    ),
    (
        "full_page_writes",
        ("on",),
        Text(
            zh="设 full_page_writes = on：否则写坏的页无法修复",
            en="set full_page_writes = on: torn pages cannot be repaired without it",
        ),
    ),
    (
        "synchronous_commit",
        ("on", "local", "remote_write", "remote_apply"),
        Text(
            zh="设 synchronous_commit = on，角色上也是：off 会承认崩溃后丢掉的提交",
            en="set synchronous_commit = on, for the role too: off acknowledges what a crash forgets",
        ),
    ),
    (
        "data_checksums",
        ("on",),
        Text(
            zh="停库后运行 pg_checksums --enable：否则磁盘损坏无人察觉",
            en="run pg_checksums --enable on the stopped server: rot on disk goes unseen without",
        ),
    ),
    (
        "wal_level",
        ("replica", "logical"),
        Text(
            zh="设 wal_level = replica：否则无法恢复到某一时刻",
            en="set wal_level = replica: no backup to a point in time without it",
        ),
    ),
    (
        "TimeZone",
        ("UTC", "Etc/UTC", "GMT"),
        Text(
            zh="设 timezone = 'UTC'：日期由我们按北京时间划分，不由服务器",
            en="set timezone = 'UTC': days are cut in Beijing time by us, never by the server",
        ),
    ),
)
_ROLE: Final = r"""
WITH book AS (
    SELECT c.oid, c.relname::text AS name, c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
      AND (c.relname LIKE 'ledger\_%'
           OR c.relname IN ('retirement_slice', 'retirement_allocation', 'certificate', 'holding_transfer')))
SELECT current_user::text AS role,
       EXISTS (SELECT FROM pg_roles r WHERE r.rolsuper AND pg_has_role(current_user, r.oid, 'MEMBER')) AS is_superuser,
       coalesce(array_agg(name ORDER BY name) FILTER (WHERE pg_has_role(current_user, relowner, 'MEMBER')), '{}') AS owned,
       coalesce(array_agg(name ORDER BY name) FILTER (
           WHERE has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
              OR has_any_column_privilege(oid, 'INSERT, UPDATE')), '{}') AS writable
FROM book
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at in the database: whether production may rest on it, and what to do where not."""

    name: str
    is_fit: bool
    detail: Text
    fix: Text
    is_needed: bool = False
    """Whether nothing works without it, in a rehearsal either."""


async def examine(url: str, *, direct_url: str = "", read_url: str = "", statement_cache: int = 0) -> list[Finding]:
    """What production must know of the server and of the role behind this address, and of the ways there.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError: nobody answers, or not to this role; at the address or past a pooler.
    """
    # No settings of ours: what the server gives this role by itself is the question. No statement of ours is left behind
    # on what may be a pooler's connection.
    connection = await connect_to_look(url, statement_cache_size=0)
    try:
        session = await look(connection)
        found = dict(await connection.fetch("SELECT name, setting FROM pg_settings"))
        role = await connection.fetchrow(_ROLE)
    finally:
        await connection.close(timeout=2)
    direct = await _look_at(direct_url) if direct_url else session
    owned, writable = ", ".join(role["owned"]), ", ".join(role["writable"])
    fix = Text(
        zh="DATABASE_URL 用 ddt_app 登录：迁移只授予它所需的权限",
        en="let DATABASE_URL sign in as ddt_app, which migrations grant what it needs and no more",
    )
    name, is_superuser = role["role"], role["is_superuser"]
    who = Text(zh=f"{name}，超级用户", en=f"{name}, a superuser") if is_superuser else _same(name)
    owner = _same(f"{name}: {owned}") if owned else Text(zh="另一个角色", en="another role")
    writer = _same(f"{name}: {writable}") if writable else Text(zh="只经函数", en="functions only")
    return [
        _writes(session, direct),
        _way(session, direct, has_direct=bool(direct_url), statement_cache=statement_cache),
        _settings_of(session),
        Finding("role", not is_superuser, who, fix),
        Finding("owner of the books", not owned, owner, fix),
        Finding("writer of the books", not writable, writer, fix),
        *(Finding(name, found.get(name) in good, _same(found.get(name, "?")), fix) for name, good, fix in _WANTED),
        *([await _replica(read_url, statement_cache)] if read_url else []),
    ]


def _writes(session: Session, direct: Session) -> Finding:
    fix = Text(
        zh="让 DATABASE_URL（与 DATABASE_DIRECT_URL）指向主库；主备都写上时，我们自己找主库",
        en="let DATABASE_URL (and DATABASE_DIRECT_URL) lead to the primary; where it names both, we find it",
    )
    for one in (session, direct):
        if one.follows:
            return Finding("primary", False, Text(zh="只读的备库", en="a standby, which only reads"), fix, True)
        if one.only_reads:
            return Finding("primary", False, Text(zh="只读", en="read-only"), fix, True)
    return Finding("primary", True, Text(zh="可写", en="takes writes"), fix, True)


def _way(session: Session, direct: Session, *, has_direct: bool, statement_cache: int) -> Finding:
    """Whether what belongs to one session has one, and no statement is left behind for others."""
    fix = Text(
        zh="连接池之后须设 DATABASE_DIRECT_URL（绕过它，直连服务器）与 DIANDIAN_STATEMENT_CACHE=0",
        en="behind a pooler set DATABASE_DIRECT_URL, past it to the server itself, and DIANDIAN_STATEMENT_CACHE=0",
    )
    if not session.is_pooled and not direct.is_pooled:
        return Finding("pooler", True, Text(zh="没有", en="none"), fix, True)
    if direct.is_pooled:
        which = "DATABASE_DIRECT_URL" if has_direct else "DATABASE_URL"
        zh = f"{which} 经过连接池" + ("" if has_direct else "，而没有 DATABASE_DIRECT_URL")
        en = f"{which} leads through one" + ("" if has_direct else ", and there is no DATABASE_DIRECT_URL")
        return Finding("pooler", False, Text(zh=zh, en=en), fix, True)
    if statement_cache:
        zh, en = f"有，而预备语句缓存为 {statement_cache}", f"there, and the statement cache is {statement_cache}"
        return Finding("pooler", False, Text(zh=zh, en=en), fix, True)
    return Finding("pooler", True, Text(zh="有，并有直连地址", en="there, with a direct address past it"), fix, True)


def _settings_of(session: Session) -> Finding:
    statements = "; ".join(role_statements(session.role))
    fix = Text(
        zh=f"运行 diandian migrate；它无权时由管理员执行：{statements}",
        en=f"run `diandian migrate`; where it may not, let an administrator say: {statements}",
    )
    lacking = ", ".join(session.lacking)
    told = Text(zh=f"缺少 {lacking}", en=f"without {lacking}") if lacking else Text(zh="已生效", en="in force")
    return Finding("role settings", not lacking, told, fix, True)


async def _replica(url: str, statement_cache: int) -> Finding:
    """Never needed: whatever is wrong with it, the primary is asked."""
    fix = Text(
        zh="让 DATABASE_READ_URL 指向流复制的备库，角色为 ddt_app；否则公开页面也读主库",
        en="let DATABASE_READ_URL lead to a streaming standby, as ddt_app; until then public pages read the primary, too",
    )
    try:
        session = await _look_at(url, "replica")
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as trouble:
        kind = type(trouble).__name__
        return Finding("replica", False, Text(zh=f"连不上：{kind}", en=f"no connection: {kind}"), fix)
    if not session.follows:
        return Finding("replica", False, Text(zh="不是备库", en="follows nobody"), fix)
    if session.is_pooled and statement_cache:
        cache = Text(zh="经过连接池，而预备语句缓存不为 0", en="through a pooler, and the statement cache is not 0")
        return Finding(
            "replica", False, cache, Text(zh="DIANDIAN_STATEMENT_CACHE=0", en="DIANDIAN_STATEMENT_CACHE=0"), True
        )
    return Finding("replica", True, Text(zh="备库", en="a standby"), fix)


async def _look_at(url: str, need: Need = "writes") -> Session:
    connection = await connect_to_look(url, need=need, statement_cache_size=0)
    try:
        return await look(connection)
    finally:
        await connection.close(timeout=2)


def _same(text: str) -> Text:
    return Text(zh=text, en=text)
