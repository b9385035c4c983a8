"""The verbs about approvals: what waits for a second person, and their word."""

from uuid import UUID

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.setup import OWN_EMAIL, credentials, done, read_settings

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_BY = click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with; the password is asked for."
)


@click.group("approvals", cls=TypedGroup)
def approval_group() -> None:
    """What takes two people: waiting, agreed, sent back."""


@approval_group.command("list")
@click.option("--kind", help="Of one kind only, such as lot or credit_price.")
@click.option("--role", help="For whoever has this role at the platform, such as reviewer.")
@limited(50)
@_AS_JSON
def list_approvals(*, kind: str | None, role: str | None, limit: int, as_json: bool) -> None:
    """What waits for a second person, the oldest first, each with the digest of its text."""
    from app.cli.approvals import print_waiting, waiting

    print_waiting(done(waiting(read_settings(), kind=kind, role=role, limit=limit)), as_json=as_json)


@approval_group.command("show")
@click.argument("approval", type=click.UUID)
@_AS_JSON
def show_approval(*, approval: UUID, as_json: bool) -> None:
    """One APPROVAL in words, its whole text, and what happened to it."""
    from app.cli.approvals import one, print_approval

    print_approval(done(one(read_settings(), approval)), as_json=as_json)


@approval_group.command("approve")
@click.argument("approval", type=click.UUID)
@click.argument("sha256")
@click.option("--amount", default="", help="Where tonnes are approved: how many, typed again.")
@_BY
def approve_approval(*, approval: UUID, sha256: str, amount: str, email: str) -> None:
    """Agree to the APPROVAL whose text has the digest SHA256; whoever proposed it cannot."""
    from app.cli.approvals import approve, print_decided

    print_decided(done(approve(read_settings(), approval, sha256, amount, credentials(email))))


@approval_group.command("return")
@click.argument("approval", type=click.UUID)
@click.argument("sha256")
@click.option("--reason", required=True, help="Why, in a sentence.")
@_BY
def return_approval(*, approval: UUID, sha256: str, reason: str, email: str) -> None:
    """Send the APPROVAL with the digest SHA256 back; it may be proposed again."""
    from app.cli.approvals import print_decided, send_back

    print_decided(done(send_back(read_settings(), approval, sha256, reason, credentials(email))))


@approval_group.command("withdraw")
@click.argument("approval", type=click.UUID)
@click.option("--reason", default="", help="Why, where the kind wants it.")
@_BY
def withdraw_approval(*, approval: UUID, reason: str, email: str) -> None:
    """Take back the APPROVAL that you proposed."""
    from app.cli.approvals import print_decided, withdraw

    print_decided(done(withdraw(read_settings(), approval, reason, credentials(email))))
