"""Who changed what others pay or may claim, as it was written down."""

import json
from collections.abc import Mapping
from typing import Any

import click

from app import wiring
from app.cli.listing import Listed, print_cut
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.words import word
from app.foundation import audit, identity
from app.foundation.audit import Entry
from app.kernel import ids
from app.kernel.clock import BEIJING
from config.settings import Settings

History = Listed[tuple[Entry, str]]
"""Each change with whoever made it, by name where they have one."""


async def changes(settings: Settings, noun: str | None, *, limit: int) -> History:
    """The latest changes whose action begins with the noun; of everything without one."""
    async with database(settings):
        keyring, entries = wiring.keyring(settings), await audit.history(noun=noun, limit=limit)
        names = {
            actor_id: await identity.name_of(actor_id, keyring=keyring) or ids.public("per", actor_id)
            for actor_id in {entry.actor_id for entry in entries}
            if actor_id is not None
        }
        total = await audit.count_history(noun=noun)
        return Listed(
            [(entry, names[entry.actor_id] if entry.actor_id else say("系统", "the system")) for entry in entries],
            total,
        )


def print_history(found: History, *, as_json: bool) -> None:
    """Each change in two lines, or all of them as one JSON document."""
    if as_json:
        document = [
            {
                "at": entry.at.isoformat(),
                "by": ids.public("per", entry.actor_id) if entry.actor_id else None,
                "action": entry.action,
                "about": entry.about,
                "before": entry.before,
                "after": entry.after,
            }
            for entry, _ in found.rows
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        print_cut(found, as_json=True)
        return
    if not found.rows:
        line(say("还没有变更", "nothing was changed yet"))
    for entry, name in found.rows:
        at, action = f"{entry.at.astimezone(BEIJING):%Y-%m-%d %H:%M}", word(entry.action)
        line(f"{at}  {action}  {entry.about}  " + say(f"由 {name}", f"by {name}"), hang=4)
        line(f"    {_side(entry.before)}  →  {_side(entry.after)}")
    print_cut(found, as_json=False)


def _side(facts: Mapping[str, Any] | None) -> str:
    return (
        say("无", "nothing")
        if facts is None
        else " ".join(f"{name}={value}" for name, value in facts.items() if value not in ("", None))
    )
