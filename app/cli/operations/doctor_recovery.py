"""The doctor at what lost time would cost: a second server that has all that was acknowledged, and the marker outside."""

from typing import Any, Final

import asyncpg

from app.cli.reporting import Check, State, same
from app.commerce import recovery
from app.gateways.files import open_store
from app.kernel.errors import DomainError, Unavailable
from app.kernel.text import Text
from config.settings import Settings

# Our role sees how many follow, not which of them a commit waits for.
_STANDBY: Final = """
SELECT current_setting('synchronous_standby_names') AS names, current_setting('synchronous_commit') AS commit,
       (SELECT count(*) FROM pg_stat_replication) AS followers
"""
_RECOVER: Final = Text(
    zh="diandian recover --since 时刻 给出要做什么；两人同意前不注销、不出证",
    en="`diandian recover --since TIME` tells what to do; nothing is settled until two people decide",
)
_NOBODY_FOLLOWS: Final = Text(
    zh=(
        "启动备库；一时不行，就以超级用户 ALTER SYSTEM RESET synchronous_standby_names，"
        "再 SELECT pg_reload_conf()，备库回来后重新设置"
    ),
    en=(
        "begin the standby; where that takes time, as superuser ALTER SYSTEM RESET synchronous_standby_names and SELECT"
        " pg_reload_conf(), and set it again once one follows"
    ),
)
"""Found by walking: a doctor that was green while everybody was told to come again."""


async def look_at_recovery(connection: Any, settings: Settings, refused: State) -> list[Check]:  # noqa: ANN401 - asyncpg is typed in part only
    """Both; `refused` is the state of what only production refuses."""
    return [await _standby(connection, refused), *await _marker(connection, settings)]


async def _standby(connection: Any, refused: State) -> Check:  # noqa: ANN401 - the same
    row = await connection.fetchrow(_STANDBY)
    is_fit = bool(row["names"]) and row["commit"] in {"on", "remote_apply"}
    said = Text(
        zh=f"{row['names'] or '没有'}，synchronous_commit = {row['commit']}",
        en=f"{row['names'] or 'none'}, synchronous_commit = {row['commit']}",
    )
    fix = Text(
        zh=(
            "设 synchronous_standby_names 与 synchronous_commit = on 或 remote_apply：否则主库一坏，最后几秒已付款的订单就没了"
        ),
        en=(
            "set synchronous_standby_names, and synchronous_commit = on or remote_apply: without, the last seconds of"
            " orders that people paid are gone when this server dies"
        ),
    )
    if is_fit and not row["followers"]:
        return Check("synchronous standby", "fault", _nobody(row["names"]), _NOBODY_FOLLOWS)
    return Check("synchronous standby", "good" if is_fit else refused, said, fix)


def _nobody(names: str) -> Text:
    return Text(zh=f"{names}，但没有备库跟随：每次提交都在等待", en=f"{names}, and nobody follows: every commit waits")


async def _marker(connection: Any, settings: Settings) -> list[Check]:  # noqa: ANN401 - the same
    try:
        found = await recovery.examine(connection, open_store(settings))
    except asyncpg.PostgresError:
        return []  # the schema's own line says so
    except (DomainError, Unavailable) as trouble:
        return [Check("recovery marker", "fault", same(type(trouble).__name__), recovery.MarkerMissing.text)]
    if (marker := found.marker) is None:
        none = Text(zh="没有", en="none")
        if found.was_written:
            return [Check("recovery marker", "fault", none, recovery.MarkerMissing.text)]
        fix = Text(zh="注销进程启动后写出", en="the settling worker writes it")
        return [Check("recovery marker", "note", none, fix)]
    if found.is_short:
        said = Text(zh=f"历史短于第 {marker.no} 号标记", en=f"history is shorter than marker {marker.no} says")
        return [Check("recovery marker", "fault", said, _RECOVER)]
    said = Text(zh=f"第 {marker.no} 号，{marker.at}", en=f"number {marker.no} of {marker.at}")
    return [Check("recovery marker", "good", said)]
