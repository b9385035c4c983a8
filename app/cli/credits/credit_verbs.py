"""The verbs about credits: importing lots, deciding about doubles, suspending methodologies, setting prices."""

import sys
from datetime import datetime
from pathlib import Path

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.output import line, say, why
from app.cli.setup import OWN_EMAIL, credentials, done, fail, read_language, read_settings

_PROGRAMME = click.Choice(["CCER", "CDCER", "CQCER", "VCU", "FORESTRY"], case_sensitive=False)
_DAY = click.DateTime(["%Y-%m-%d"])
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_BY = click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with; the password is asked for."
)


@click.group("import", cls=TypedGroup)
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
    from app.cli.credits.imports import import_file, print_import, write_template

    if (file is None) == (template is None):
        raise click.UsageError(
            say("给出一个文件，或用 --template 生成空白模板。", "Name a FILE, or --template for an empty one.")
        )
    if template is not None:
        try:
            write_template(template)
        except OSError as refusal:
            raise click.UsageError(why(refusal)) from refusal
        except ValueError as refusal:
            raise click.UsageError(str(refusal)) from refusal
        line(str(template))
        return
    assert file is not None
    if skip_bad and not is_applying:
        raise click.UsageError(say("--skip-bad 要与 --apply 一起用。", "--skip-bad goes with --apply."))
    examined = done(
        import_file(read_settings(), file, is_applying=is_applying, skip_bad=skip_bad, credentials=_credentials(email))
    )
    sys.exit(print_import(examined, read_language(), as_json=as_json, is_applying=is_applying))


@click.group("lot", cls=TypedGroup)
def lot_group() -> None:
    """Lots that take two people."""


@lot_group.command("doubles")
@_AS_JSON
def list_doubles(*, as_json: bool) -> None:
    """Lots of older books that hold tonnes of an older lot; none of them is sold until two people have decided."""
    from app.cli.doubles import doubles, print_doubles

    print_doubles(done(doubles(read_settings())), as_json=as_json)


@lot_group.command("double")
@click.argument("code")
@click.argument("decision", type=click.Choice(["same", "apart"]))
@click.option("--note", required=True, help="Why, in a sentence.")
@_BY
def propose_double(*, code: str, decision: str, note: str, email: str) -> None:
    """Say that the lot CODE is the SAME tonnes (never sold) or others (APART, sold again); another person confirms it."""
    from app.cli.approvals import print_proposed
    from app.cli.doubles import propose_double

    print_proposed([done(propose_double(read_settings(), code, decision, note, credentials(email)))])


@click.group("methodology", cls=TypedGroup)
def methodology_group() -> None:
    """Methodologies, and which of them are not sold."""


@methodology_group.command("list")
@_AS_JSON
def list_methodologies(*, as_json: bool) -> None:
    """Every methodology; a suspended one with its first day without sales."""
    from app.cli.credits.methodologies import known, print_methodologies

    print_methodologies(done(known(read_settings())), as_json=as_json)


@methodology_group.command("suspend")
@click.argument("programme", type=_PROGRAMME)
@click.argument("code")
@click.option("--from", "from_", required=True, type=_DAY, help="The first day without new sales, in Beijing.")
@click.option("--note-zh", required=True, help="Why, for the public.")
@click.option("--note-en", required=True, help="The same in English.")
@click.option("--source", required=True, help="Who says so, and where.")
@_BY
def suspend_methodology(
    *, programme: str, code: str, from_: datetime, note_zh: str, note_en: str, source: str, email: str
) -> None:
    """Propose to sell no lot of the methodology CODE from a day on; what was retired stays. Another person approves it."""
    from app.cli.approvals import print_proposed
    from app.cli.credits.methodologies import suspend

    day, note = from_.date(), (note_zh, note_en)
    print_proposed([done(suspend(read_settings(), programme, code, day, note, source, who=credentials(email)))])


@methodology_group.command("resume")
@click.argument("programme", type=_PROGRAMME)
@click.argument("code")
@click.option("--source", required=True, help="Who decided it.")
@_BY
def resume_methodology(*, programme: str, code: str, source: str, email: str) -> None:
    """Propose to sell its lots again; another person approves it."""
    from app.cli.approvals import print_proposed
    from app.cli.credits.methodologies import resume

    print_proposed([done(resume(read_settings(), programme, code, source, who=credentials(email)))])


@methodology_group.command("load")
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another file of suspensions."
)
@_BY
def load_methodologies(*, file: Path | None, email: str) -> None:
    """Propose to suspend what the project's data file says is suspended; another person approves each."""
    from app.cli.approvals import print_proposed
    from app.cli.credits.methodologies import load

    try:
        proposed, notes = done(load(read_settings(), file, who=credentials(email)))
    except (KeyError, ValueError) as fault:
        fail([say(f"文件有误：{fault}", f"the file: {fault}")])
    print_proposed(proposed)
    for note in notes:
        line(f"! {note.in_(read_language())}")


@click.group("price", cls=TypedGroup)
def price_group() -> None:
    """Price lists."""


@price_group.command("list")
@_AS_JSON
def list_prices(*, as_json: bool) -> None:
    """The prices of today and later."""
    from app.cli.credits.prices import lines, print_prices

    print_prices(done(lines(read_settings())), as_json=as_json)


@price_group.command("set")
@click.argument("programme", type=_PROGRAMME)
@click.argument("per_tonne")
@click.option("--currency", default="CNY", show_default=True, type=click.Choice(["CNY", "USD"]), help="Of the price.")
@click.option("--from", "from_", type=_DAY, help="Its first day, in Beijing; without, today. Not in the past.")
@click.option("--to", type=_DAY, help="Its last day; without, until the next price begins.")
@_BY
def set_price(
    *, programme: str, per_tonne: str, currency: str, from_: datetime | None, to: datetime | None, email: str
) -> None:
    """Propose that a tonne costs PER_TONNE, such as 50.00, from a day on; the price before it ends the day before.

    It stands once another person approves it, and stays in `diandian price history` with your name.
    """
    from app.cli.approvals import print_proposed
    from app.cli.credits.prices import minor, propose

    try:
        per_tonne_minor = minor(per_tonne)
    except ValueError as refusal:
        raise click.UsageError(str(refusal)) from refusal
    days = (from_.date() if from_ else None, to.date() if to else None)
    print_proposed([done(propose(read_settings(), programme, per_tonne_minor, currency, days, who=credentials(email)))])


@price_group.command("history")
@limited(50)
@_AS_JSON
def show_price_history(*, limit: int, as_json: bool) -> None:
    """Who set which price, and when; the latest first."""
    from app.cli.credits.history import changes, print_history

    print_history(done(changes(read_settings(), "price", limit=limit)), as_json=as_json)


def _credentials(email: str | None) -> tuple[str, str] | None:
    return credentials(email) if email else None
