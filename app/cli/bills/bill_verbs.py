"""The verbs about channels' bills."""

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.output import line, say
from app.cli.setup import credentials, done, read_settings

_EMAIL = "DIANDIAN_OPERATOR_EMAIL"
_BY = click.option(
    "--by", "email", envvar=_EMAIL, required=True, help=f"Somebody of the platform's finance (or {_EMAIL})."
)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")


@click.group("bill", cls=TypedGroup)
def bill_group() -> None:
    """Channels' bills by day: compared with our payments and ledger, what differs, who signed."""


@bill_group.command("list")
@click.option("--channel", help="Of one channel only, by its own name.")
@limited(50)
@_AS_JSON
def list_bills(*, channel: str | None, limit: int, as_json: bool) -> None:
    """Bills by day and channel, the latest first: what each adds up to, and what differs."""
    from app.cli.bills import acting, printing

    printing.print_bills(done(acting.listed(read_settings(), channel=channel, limit=limit)), as_json=as_json)


@bill_group.command("show")
@click.argument("day")
@_AS_JSON
def show_day(*, day: str, as_json: bool) -> None:
    """The DAY three ways, such as 2026-11-28: bill, our payments, ledger; what differs, and who signed it."""
    from app.cli.bills import acting, printing

    printing.print_day(done(acting.one_day(read_settings(), day)), as_json=as_json)


@bill_group.command("differences")
@click.option("--all", "is_all", is_flag=True, help="Those that are over too.")
@limited(200)
@_AS_JSON
def list_differences(*, is_all: bool, limit: int, as_json: bool) -> None:
    """What differs and is open, the oldest first, each with its next step."""
    from app.cli.bills import acting, printing

    found = done(acting.differences(read_settings(), is_open=None if is_all else True, limit=limit))
    printing.print_differences(found, as_json=as_json)


@bill_group.command("fetch")
@click.argument("channel")
@click.argument("day")
@_BY
def fetch_bill(*, channel: str, day: str, email: str) -> None:
    """Ask CHANNEL for its bill of DAY once more; the same file again changes nothing."""
    from app.cli.bills import acting

    word = done(acting.fetch(read_settings(), channel, day, who=credentials(email)))
    line(say(f"{channel} {day}：{word}", f"{channel} {day}: {word}"))


@bill_group.command("ask")
@click.argument("difference")
@_BY
def ask_about(*, difference: str, email: str) -> None:
    """Ask the channel now about the payment or refund of a DIFFERENCE (bdf_…), and take its word."""
    from app.cli.bills import acting, printing

    printing.print_asked(done(acting.ask(read_settings(), difference, who=credentials(email))))


@bill_group.command("take")
@click.argument("difference")
@_BY
def take(*, difference: str, email: str) -> None:
    """Look after a DIFFERENCE (bdf_…) from now on."""
    from app.cli.bills import acting

    done(acting.take(read_settings(), difference, who=credentials(email)))
    line(say(f"{difference} 由你负责", f"{difference} is yours to look after"))


@bill_group.command("explain")
@click.argument("difference")
@click.option("--reason", required=True, help="Why it differs; final, and seen by whoever signs the day.")
@click.option("--evidence", default="", help="What shows it, such as the number of a transfer or of a case.")
@click.option("--missing", "is_missing", is_flag=True, help="The money is missing, and stays so.")
@_BY
def explain(*, difference: str, reason: str, evidence: str, is_missing: bool, email: str) -> None:
    """Say why a DIFFERENCE (bdf_…) is, and end it."""
    from app.cli.bills import acting

    said = acting.Said(reason=reason, evidence=evidence, is_missing=is_missing)
    done(acting.explain(read_settings(), difference, said, who=credentials(email)))
    line(say(f"{difference} 已了结", f"{difference} is over"))


@bill_group.command("sign")
@click.argument("day")
@_BY
def sign(*, day: str, email: str) -> None:
    """Sign DAY as the first of two; it is closed once another person approves that."""
    from app.cli.approvals import print_proposed
    from app.cli.bills import acting

    print_proposed([done(acting.sign(read_settings(), day, who=credentials(email)))])
