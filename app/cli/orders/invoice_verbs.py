"""The verbs about invoices: what an organisation wants on one, what is to be invoiced, and that it was."""

from pathlib import Path

import click

from app.cli.arguments import TypedGroup
from app.cli.output import line, say
from app.cli.setup import credentials, done, read_language, read_settings

_EMAIL = "DIANDIAN_OPERATOR_EMAIL"
_SINCE = click.option("--since", default="", help="The first day on which it was paid, such as 2026-11-01; this month.")
_FINANCE = click.option(
    "--by", "email", envvar=_EMAIL, required=True, help=f"Somebody of the platform's finance (or {_EMAIL})."
)
_UNTIL = click.option("--until", default="", help="The last such day; today.")


@click.group("invoice", cls=TypedGroup)
def invoice_group() -> None:
    """Invoices of organisations: what stands on them, what is to be invoiced, and what was."""


@invoice_group.command("list")
@_SINCE
@_UNTIL
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_invoices(*, since: str, until: str, as_json: bool) -> None:
    """The orders that organisations paid on these days, with what is to be invoiced or reversed of each."""
    from app.cli.orders import invoicing

    invoicing.print_days(done(invoicing.of_days(read_settings(), since, until)), read_language(), as_json=as_json)


@invoice_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_FINANCE
@_SINCE
@_UNTIL
def export(*, file: Path, email: str, since: str, until: str) -> None:
    """Write what is to be invoiced or reversed into FILE, a row for each line: .xlsx, or CSV for any other name."""
    from app.cli.orders import invoicing

    asked = invoicing.exported(
        read_settings(), since, until, read_language(), is_xlsx=file.suffix == ".xlsx", who=credentials(email)
    )
    content = done(asked)
    file.write_bytes(content)
    line(say(f"已写入 {file}", f"written to {file}"))


@invoice_group.command("ask")
@click.argument("order")
@click.option(
    "--by", "email", envvar=_EMAIL, required=True, help=f"Somebody of the organisation that paid (or {_EMAIL})."
)
@click.option("--title", required=True, help="The title (抬头).")
@click.option("--tax-number", required=True, help="The tax number: 18 characters, or an older one of 15 or 20.")
@click.option("--to", "address", required=True, help="The e-mail address that receives the invoice.")
def ask(*, order: str, email: str, title: str, tax_number: str, address: str) -> None:
    """Say what the invoice of ORDER should bear; it can change until the invoice is made."""
    from app.cli.orders import invoicing

    asked = {"title": title, "tax_number": tax_number, "email": address}
    done(invoicing.ask(read_settings(), order, asked, who=credentials(email)))
    line(say("已保存开票信息", "saved"))


@invoice_group.command("mark")
@click.argument("order")
@_FINANCE
@click.option("--amount", required=True, help="The amount, as listed, such as 150.00; below zero what is reversed.")
@click.option("--number", default="", help="The invoice's own number, where there is one.")
def mark(*, order: str, email: str, amount: str, number: str) -> None:
    """Mark ORDER as invoiced, or what went back of it since as reversed; each amount once."""
    from app.cli.orders import invoicing

    done(invoicing.mark(read_settings(), order, amount, number, who=credentials(email)))
    line(say("已登记", "marked"))
