"""The verbs about credits: importing lots, deciding proposals, suspending methodologies, setting prices."""

import sys
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import click

from app.cli.doing import credentials, done, fail, read_settings

_PROGRAMME = click.Choice(["CCER", "CDCER", "CQCER", "VCU", "FORESTRY"], case_sensitive=False)
_DAY = click.DateTime(["%Y-%m-%d"])
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_BY = click.option("--by", "email", required=True, help="The email you sign in with; the password is asked for.")


@click.group("import")
def import_group() -> None:
    """Take files in: looked at first, taken in with --apply."""


@import_group.command("lots")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "is_applying", is_flag=True, help="Take the rows in, all of them or none.")
@click.option("--skip-bad", is_flag=True, help="With --apply: take the good rows although others are at fault.")
@click.option("--by", "email", help="Who types in the lots that take two people; the password is asked for.")
@click.option(
    "--template", type=click.Path(dir_okay=False, path_type=Path), help="Write an empty sheet: out.xlsx or .csv"
)
@_AS_JSON
def import_lots(
    *, file: Path | None, is_applying: bool, skip_bad: bool, email: str | None, template: Path | None, as_json: bool
) -> None:
    """Lots from a CSV or XLSX FILE: a verdict for each row; nothing changes without --apply. Exit 1 with a bad row."""
    from app.cli.importing import import_file, tell, write_template

    if (file is None) == (template is None):
        raise click.UsageError("Name a FILE, or --template for an empty one.")
    if template is not None:
        try:
            write_template(template)
        except (OSError, ValueError) as refusal:
            raise click.UsageError(str(refusal)) from refusal
        click.echo(str(template))
        return
    assert file is not None
    if skip_bad and not is_applying:
        raise click.UsageError("--skip-bad goes with --apply.")
    examined = done(
        import_file(read_settings(), file, is_applying=is_applying, skip_bad=skip_bad, credentials=_credentials(email))
    )
    sys.exit(tell(examined, as_json=as_json, is_applying=is_applying))


@click.group("lot")
def lot_group() -> None:
    """Lots that take two people."""


@lot_group.command("proposals")
@_AS_JSON
def list_proposals(*, as_json: bool) -> None:
    """What waits for a second person, each with the fingerprint of its text."""
    from app.cli.deciding import tell, waiting

    tell(done(waiting(read_settings())), as_json=as_json)


@lot_group.command("confirm")
@click.argument("proposal", type=click.UUID)
@click.argument("sha256")
@_BY
def confirm_proposal(*, proposal: UUID, sha256: str, email: str) -> None:
    """Confirm the PROPOSAL whose text has the fingerprint SHA256; whoever typed it cannot."""
    from app.cli.deciding import confirm

    lot_id = done(confirm(read_settings(), proposal, sha256, _asked(email)))
    click.echo(f"lot {lot_id}")


@lot_group.command("decline")
@click.argument("proposal", type=click.UUID)
@_BY
def decline_proposal(*, proposal: UUID, email: str) -> None:
    """Let the PROPOSAL come to nothing."""
    from app.cli.deciding import decline

    done(decline(read_settings(), proposal, _asked(email)))


@click.group("methodology")
def methodology_group() -> None:
    """Methodologies, and which of them are not sold."""


@methodology_group.command("list")
@_AS_JSON
def list_methodologies(*, as_json: bool) -> None:
    """Every methodology; a suspended one with its first day without sales."""
    from app.cli.keeping_methodologies import known, tell

    tell(done(known(read_settings())), as_json=as_json)


@methodology_group.command("suspend")
@click.argument("programme", type=_PROGRAMME)
@click.argument("code")
@click.option("--from", "from_", required=True, type=_DAY, help="The first day without new sales, in Beijing.")
@click.option("--note-zh", required=True, help="Why, for the public.")
@click.option("--note-en", required=True, help="The same in English.")
@click.option("--source", required=True, help="Who says so, and where.")
def suspend_methodology(*, programme: str, code: str, from_: datetime, note_zh: str, note_en: str, source: str) -> None:
    """Sell no lot of the methodology CODE from a day on; what was retired stays."""
    from app.cli.keeping_methodologies import suspend

    done(suspend(read_settings(), programme, code, from_.date(), (note_zh, note_en), source))


@methodology_group.command("resume")
@click.argument("programme", type=_PROGRAMME)
@click.argument("code")
@click.option("--source", required=True, help="Who decided it.")
def resume_methodology(*, programme: str, code: str, source: str) -> None:
    """Sell its lots again."""
    from app.cli.keeping_methodologies import resume

    done(resume(read_settings(), programme, code, source))


@methodology_group.command("load")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another file of suspensions."
)
def load_methodologies(*, file: Path | None) -> None:
    """Suspend what the project's data file says is suspended."""
    from app.cli.keeping_methodologies import load

    try:
        click.echo(f"{done(load(read_settings(), file))} methodologies are suspended by the file")
    except (KeyError, ValueError) as fault:
        fail([f"the file: {fault}"])


@click.group("price")
def price_group() -> None:
    """Price lists."""


@price_group.command("list")
@_AS_JSON
def list_prices(*, as_json: bool) -> None:
    """The prices of today and later."""
    from app.cli.keeping_prices import lines, tell

    tell(done(lines(read_settings())), as_json=as_json)


@price_group.command("set")
@click.argument("programme", type=_PROGRAMME)
@click.argument("per_tonne")
@click.option("--currency", default="CNY", show_default=True, type=click.Choice(["CNY", "USD"]))
@click.option("--from", "from_", required=True, type=_DAY, help="Its first day.")
@click.option("--to", type=_DAY, help="Its last day; without, until the next price begins.")
def set_price(*, programme: str, per_tonne: str, currency: str, from_: datetime, to: datetime | None) -> None:
    """Let a tonne cost PER_TONNE, such as 50.00, from a day on; the price before it ends the day before."""
    from app.cli.keeping_prices import minor, put

    try:
        per_tonne_minor = minor(per_tonne)
    except ValueError as refusal:
        raise click.UsageError(str(refusal)) from refusal
    last: date | None = to.date() if to else None
    done(put(read_settings(), programme, per_tonne_minor, currency, from_.date(), last))


def _asked(email: str) -> tuple[str, str]:
    """Email and password of whoever acts: of this shell, from the environment, or asked for at the terminal."""
    return credentials(email)


def _credentials(email: str | None) -> tuple[str, str] | None:
    return _asked(email) if email else None
