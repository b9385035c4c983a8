"""`diandian recover`: what lost time asks for, and doing it."""

import sys
from datetime import datetime
from pathlib import Path

import click

from app.cli.output import say
from app.cli.setup import credentials, done, read_settings


@click.command("recover")
@click.option("--since", metavar="TIME", help="From when on time is lost: 2026-11-30T12:00:00+08:00, or with Z.")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; without this it is told and nothing changes.")
@click.option("--by", "email", envvar="DIANDIAN_OPERATOR_EMAIL", help="An administrator, who signs in here.")
@click.option("--second", envvar="DIANDIAN_SECOND_EMAIL", help="The second person, who signs in here as well.")
@click.option("--reason", help="Why, on one line.")
@click.option("--marker", "copy", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A copy of the marker, where the file store has lost it.")  # fmt: skip
def recover(
    *, since: str | None, is_applied: bool, email: str | None, second: str | None, reason: str | None, copy: Path | None
) -> None:
    """Make up for lost time, after a failover that lost seconds or a restore to a moment.

    Without --apply it tells what would be done. With it, an administrator (--by) and a second person (--second) decide:
    grams and register numbers that may have been given are set aside for good, channels are asked, and what they were paid
    for nothing we know goes back. Said again it goes on where it was; exit 1 while something is left.
    """
    from app.cli.operations import recovering

    moment = _moment(since)
    settings = read_settings()
    held = copy.read_bytes() if copy is not None else None
    if not is_applied:
        sys.exit(done(recovering.tell(settings, moment, held)))
    who = other = None
    if email and second and reason:
        who = credentials(email)
        other = credentials(second, password_from="DIANDIAN_SECOND_PASSWORD")  # noqa: S106 - a name
    sys.exit(done(recovering.apply(settings, moment, held, who=who, second=other, reason=reason or "")))


def _moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise click.UsageError(
            say(
                "--since 应为带时区的时刻，如 2026-11-30T12:00:00+08:00。",
                "--since takes a moment with its zone, such as 2026-11-30T12:00:00+08:00.",
            )
        )
    return moment
