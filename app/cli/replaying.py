"""Work that was set aside, at the terminal: what it is, and trying it again."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from tortoise import Tortoise

from app import outbox, wiring
from config.settings import Settings


async def dead(settings: Settings, *, limit: int) -> list[outbox.Dead]:
    """The rows set aside, the longest first."""
    await wiring.open_database(settings)
    try:
        return await outbox.dead(limit=limit)
    finally:
        await Tortoise.close_connections()


async def replay(settings: Settings, ids: Sequence[int]) -> list[int]:
    """Bring these rows back, or all of them where none is named; answers those that came back."""
    await wiring.open_database(settings)
    try:
        return await outbox.replay(ids or [row.id for row in await outbox.dead(limit=10_000)])
    finally:
        await Tortoise.close_connections()


def tell_dead(rows: Sequence[outbox.Dead], *, as_json: bool) -> int:
    """Tell them on standard output; answers the exit code: 1 where somebody must look."""
    if as_json:
        told = [
            asdict(row) | {name: getattr(row, name).isoformat() for name in ("recorded_at", "dead_at")} for row in rows
        ]
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return 1 if rows else 0
    for row in rows:
        counts = f"failures {row.failures}, deaths {row.tries}"
        click.echo(f"{row.id:>10}  {row.job:<20} {row.subject:<48} since {row.dead_at:%Y-%m-%d %H:%M:%S}Z  {counts}")
        click.echo(f"{'':>10}  {row.last_error or ''}")
    if not rows:
        click.echo("nothing is set aside")
    return 1 if rows else 0


def tell_replayed(asked: Sequence[int], back: Sequence[int]) -> int:
    """Tell which rows are tried again; answers the exit code: 1 where one that was named was not set aside."""
    for id_ in back:
        click.echo(f"{id_} is tried again")
    missing = sorted(set(asked) - set(back))
    for id_ in missing:
        click.echo(f"✘ {id_} is not set aside", err=True)
    if not (back or missing):
        click.echo("nothing is set aside")
    return 1 if missing else 0
