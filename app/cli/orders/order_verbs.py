"""The verbs about joint orders: placing one from a file, paying it, showing any order with its statements."""

import json
import sys
from pathlib import Path

import click

from app.cli.arguments import TypedGroup
from app.cli.documents import read_document
from app.cli.listing import limited
from app.cli.output import line, say
from app.cli.setup import credentials, done, read_language, read_settings

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_EMAIL = "DIANDIAN_OPERATOR_EMAIL"
_METHOD = click.option("--method", help="How to pay, as the API's payment methods name it; by default the likeliest.")


@click.group("order", cls=TypedGroup)
def order_group() -> None:
    """Orders of organisations: several beneficiaries, mixes of programmes, one payment."""


@order_group.command("place")
@click.option(
    "--file",
    "path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The order as JSON: the body of POST /api/v1/orders/joint.",
)
@click.option("--yes", "is_placing", is_flag=True, help="Place it; without this nothing is ordered, only shown.")
@click.option("--by", "email", envvar=_EMAIL, help=f"The email you sign in with (or {_EMAIL}).")
@click.option("--key", help="One key, one order; by default it is made from what the file says.")
@_METHOD
@click.option("--example", "is_example", is_flag=True, help="Print a file to begin with, and do nothing else.")
@_AS_JSON
def place_order(
    *,
    path: Path | None,
    is_placing: bool,
    email: str | None,
    key: str | None,
    method: str | None,
    is_example: bool,
    as_json: bool,
) -> None:
    """Show what the order in a file would take and cost; with --yes place it.

    It is placed in your own name: you act for the organisation that pays, as its operator or sponsor, as over the API.
    --yes therefore needs --by and your password (asked for, or DIANDIAN_OPERATOR_PASSWORD). Whoever only looks needs
    neither. The same file placed twice is one order. Exit 1 where credits or a price are missing.

    `diandian order parties` tells the ids of organisations, `diandian scene list` the codes of scenes.
    """
    if is_example:
        from app.views.orders.joint import JOINT_ORDER

        click.echo(json.dumps(JOINT_ORDER, ensure_ascii=False, indent=2))
        return
    if path is None:
        raise click.UsageError(
            say("用 --file 给出订单，或用 --example 看范例。", "Name the order with --file, or say --example.")
        )
    if is_placing and not email:
        raise click.UsageError(
            say("--yes 需要 --by 邮箱：下单要署名。", "--yes needs --by EMAIL: an order is placed in somebody's name.")
        )
    raw = read_document(path)
    from app.cli.orders import joint, printing

    language, who = read_language(), credentials(email) if email else None
    looked = done(joint.look(read_settings(), raw, language, who=who, key=key))
    is_repeated = looked.placed is not None
    if not is_placing or not (is_repeated or looked.quotation.can_be_placed):
        sys.exit(printing.print_quoted(looked, language, is_signed_in=who is not None, as_json=as_json))
    if not as_json and not is_repeated:
        printing.print_quoted(looked, language, is_placing=True)
    assert who is not None
    placed = done(joint.place(read_settings(), raw, language, who=who, key=key, method=method))
    printing.print_placed(placed, language, as_json=as_json)


@order_group.command("parties")
@click.argument("words", nargs=-1)
@limited(200)
@_AS_JSON
def list_parties(*, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """The organisations a file may name, with their ids; with WORDS those in whose name they stand."""
    from app.cli.orders import joint, printing

    found = done(joint.parties(read_settings(), " ".join(words), limit=limit))
    printing.print_parties(found, read_language(), as_json=as_json)


@order_group.command("pay")
@click.argument("number")
@_METHOD
@click.option(
    "--by", "email", envvar=_EMAIL, required=True, help=f"Who placed it (or {_EMAIL}); asks for the password."
)
@_AS_JSON
def pay_order(*, number: str, method: str | None, email: str, as_json: bool) -> None:
    """Show how the order NUMBER is paid: a code for WeChat, or with `--method` another way, such as the account that a bank
    transfer goes to; again and again the same, until it is paid."""
    from app.cli.orders import joint, printing

    language = read_language()
    placed = done(joint.open_again(read_settings(), number, language, who=credentials(email), method=method))
    printing.print_placed(placed, language, as_json=as_json)


@order_group.command("show")
@click.argument("number")
@_AS_JSON
def show_order(*, number: str, as_json: bool) -> None:
    """Every line of the order NUMBER (ord_…) with its state, grams, serials and statement.

    For whoever keeps this machine: it reads the database of this installation and asks for no password.
    """
    from app.cli.orders import joint, printing

    language = read_language()
    shown = done(joint.show(read_settings(), number, language))
    printing.print_shown(shown, language, as_json=as_json)


@order_group.command("quoted")
@limited(200)
@_AS_JSON
def list_quoted(*, limit: int, as_json: bool) -> None:
    """The orders too large to be set aside unpaid: priced, waiting for money or for `order reserve`."""
    from app.cli.orders import staff_decisions

    staff_decisions.print_quoted_orders(
        done(staff_decisions.quoted(read_settings(), limit=limit)), read_language(), as_json=as_json
    )


@order_group.command("reserve")
@click.argument("number")
@click.option("--by", "email", envvar=_EMAIL, required=True, help=f"An operator of the platform (or {_EMAIL}).")
@click.option("--reason", required=True, help="Why it may hold its grams unpaid; kept with your name.")
@click.option(
    "--hours", default=24, show_default=True, type=click.IntRange(1, 720), help="How long it then waits for its money."
)
def reserve_order(*, number: str, email: str, reason: str, hours: int) -> None:
    """Let the quoted order NUMBER hold its grams before it is paid; asks for your password."""
    from app.cli.orders import staff_decisions

    order = done(staff_decisions.reserve(read_settings(), number, who=credentials(email), reason=reason, hours=hours))
    until = f"{order.expires_at:%Y-%m-%d %H:%M} UTC"
    line(
        say(f"{number} 已预留 {order.mass_g:,} g，到 {until} 为止", f"{number} holds {order.mass_g:,} g until {until}")
    )
