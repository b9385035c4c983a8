"""Who changed what others pay or may claim, as it was written down."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click

from app import audit, identity, wiring
from app.audit import Entry
from app.cli.doing import database
from app.kernel import ids
from app.kernel.clock import BEIJING
from config.settings import Settings

Told = Sequence[tuple[Entry, str]]
"""Each change with whoever made it, by name where they have one."""


async def changes(settings: Settings, noun: str | None, *, limit: int = 50) -> Told:
    """The latest changes whose action begins with the noun; of everything without one."""
    async with database(settings):
        keyring, entries = wiring.keyring(settings), await audit.history(noun=noun, limit=limit)
        names = {
            actor_id: await identity.name_of(actor_id, keyring=keyring) or ids.public("per", actor_id)
            for actor_id in {entry.actor_id for entry in entries}
        }
        return [(entry, names[entry.actor_id]) for entry in entries]


def tell(told: Told, *, as_json: bool) -> None:
    """Each change in two lines, or all of them as one JSON document."""
    if as_json:
        document = [
            {
                "at": entry.at.isoformat(),
                "by": ids.public("per", entry.actor_id),
                "action": entry.action,
                "about": entry.about,
                "before": entry.before,
                "after": entry.after,
            }
            for entry, _ in told
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    if not told:
        click.echo("nothing was changed yet")
    for entry, name in told:
        click.echo(f"{entry.at.astimezone(BEIJING):%Y-%m-%d %H:%M}  {entry.action:<22} {entry.about}  by {name}")
        click.echo(f"    {_side(entry.before)}  →  {_side(entry.after)}")


def _side(facts: Mapping[str, Any] | None) -> str:
    return "nothing" if facts is None else " ".join(f"{name}={value}" for name, value in facts.items() if value != "")
