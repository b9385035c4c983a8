"""`diandian methodology`: which there are, and which are not sold."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from app.cli.output import line, read_language, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, person_of
from app.foundation.approvals import Approval
from app.kernel.text import Text
from app.registry import credits
from app.registry.credits import KEEPING, Methodology, Programme, Suspension
from config.places import SUSPENDED
from config.settings import Settings


async def known(settings: Settings) -> list[Methodology]:
    """Every methodology, by programme and code."""
    async with database(settings):
        return await credits.list_methodologies()


async def suspend(
    settings: Settings,
    programme: str,
    code: str,
    suspended_from: date,
    note: tuple[str, str],
    source: str,
    *,
    who: Credentials,
) -> Approval:
    """Propose to suspend one from a day on."""
    suspension = Suspension(
        programme=Programme(programme.upper()),
        code=code,
        suspended_from=suspended_from,
        note=Text(zh=note[0], en=note[1]),
        source=source,
    )
    async with database(settings):
        return await credits.propose_suspension(suspension, by=await person_of(settings, who, *KEEPING))


async def resume(settings: Settings, programme: str, code: str, source: str, *, who: Credentials) -> Approval:
    """Propose to sell its lots again."""
    async with database(settings):
        by = await person_of(settings, who, *KEEPING)
        return await credits.propose_resuming(Programme(programme.upper()), code, source=source, by=by)


async def load(settings: Settings, file: Path | None, *, who: Credentials) -> tuple[list[Approval], Sequence[Text]]:
    """Propose to suspend what the file says; answers also what a reader of it may not see in it.

    Raises:
        KeyError, ValueError: a row of the file cannot be read; nothing was changed.
    """
    read = credits.read_suspensions(file or SUSPENDED)
    async with database(settings):
        by = await person_of(settings, who, *KEEPING)
        return [await credits.propose_suspension(one, by=by) for one in read.suspensions], read.notes


def print_methodologies(methodologies: Sequence[Methodology], *, as_json: bool) -> None:
    """Tell each in two lines."""
    if as_json:
        document = [
            {
                "programme": one.programme.value,
                "code": one.code,
                "name": {"zh": one.name.zh, "en": one.name.en},
                "suspended_from": one.suspended_from.isoformat() if one.suspended_from else None,
                "note": {"zh": one.note.zh, "en": one.note.en},
                "source": one.source,
            }
            for one in methodologies
        ]
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for one in methodologies:
        since = one.suspended_from
        state = say(f"{since} 起停售", f"not sold from {since} on") if since else say("有效", "in force")
        line(f"{one.programme.value:<9} {one.code:<24} {state}")
        line(f"  {one.name.in_(read_language())}", hang=0)
    if not methodologies:
        line(say("还没有方法学", "no methodology yet"))
