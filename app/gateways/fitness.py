"""What a PostgreSQL server and our role there must be like for production to rest on them."""

from dataclasses import dataclass
from typing import Final

import asyncpg

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


async def examine(url: str) -> list[Finding]:
    """What production must know of the server and of the role behind this address.

    Raises:
        OSError, TimeoutError, asyncpg.PostgresError: nobody answers, or not to this role.
    """
    # No settings of ours: what the server gives this role by itself is the question.
    connection = await asyncpg.connect(url, timeout=5)
    try:
        found = dict(await connection.fetch("SELECT name, setting FROM pg_settings"))
        role = await connection.fetchrow(_ROLE)
    finally:
        await connection.close(timeout=2)
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
        Finding("role", not is_superuser, who, fix),
        Finding("owner of the books", not owned, owner, fix),
        Finding("writer of the books", not writable, writer, fix),
        *(Finding(name, found.get(name) in good, _same(found.get(name, "?")), fix) for name, good, fix in _WANTED),
    ]


def _same(text: str) -> Text:
    return Text(zh=text, en=text)
