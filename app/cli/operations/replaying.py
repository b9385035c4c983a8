"""Work that was set aside, at the terminal: what it is, and trying it again."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from tortoise import Tortoise

from app import wiring
from app.cli.listing import Listed, print_cut
from app.cli.output import line, say
from app.foundation import outbox
from config.settings import Settings


async def dead(settings: Settings, *, limit: int) -> Listed[outbox.Dead]:
    """The rows set aside, the longest first."""
    await wiring.open_database(settings)
    try:
        return Listed(await outbox.dead(limit=limit), await outbox.count_dead())
    finally:
        await Tortoise.close_connections()


async def replay(settings: Settings, ids: Sequence[int]) -> list[int]:
    """Bring these rows back, or all of them where none is named; answers those that came back."""
    await wiring.open_database(settings)
    try:
        return await outbox.replay(ids or [row.id for row in await outbox.dead(limit=10_000)])
    finally:
        await Tortoise.close_connections()


def print_dead(found: Listed[outbox.Dead], *, as_json: bool) -> int:
    """Tell them on standard output; answers the exit code: 1 where somebody must look."""
    if as_json:
        told = [
            asdict(row) | {name: getattr(row, name).isoformat() for name in ("recorded_at", "dead_at")}
            for row in found.rows
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return 1 if found.rows else 0
    for row in found.rows:
        line(f"{row.id:>10}  {row.job}  {row.subject}", hang=12)
        since = f"{row.dead_at:%Y-%m-%d %H:%M:%S}Z"
        failed = say(
            f"自 {since} 搁置；失败 {row.failures} 次，进程死亡 {row.tries} 次",
            f"since {since}, failures {row.failures}, deaths {row.tries}",
        )
        line(f"{'':>12}{failed}", hang=0)
        if row.last_error:
            line(f"{'':>12}{row.last_error}", hang=0)
    if not found.rows:
        line(_nothing())
    print_cut(found, as_json=False)
    return 1 if found.rows else 0


def print_replayed(asked: Sequence[int], back: Sequence[int]) -> int:
    """Tell which rows are tried again; answers the exit code: 1 where one that was named was not set aside."""
    for id_ in back:
        line(say(f"{id_} 将重新办理", f"{id_} is tried again"))
    missing = sorted(set(asked) - set(back))
    for id_ in missing:
        line(say(f"✘ {id_} 没有被搁置", f"✘ {id_} is not set aside"), err=True)
    if not (back or missing):
        line(_nothing())
    return 1 if missing else 0


def _nothing() -> str:
    return say("没有被搁置的任务", "nothing is set aside")
