"""The verbs about exchange rates: proposed by one, confirmed by another."""

from datetime import datetime
from uuid import UUID

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.setup import OWN_EMAIL, credentials, done, read_settings

_BY = click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with; the password is asked for."
)


@click.group("rate", cls=TypedGroup)
def rate_group() -> None:
    """What a US dollar is worth in yuan, for orders in dollars."""


@rate_group.command("list")
@limited(50)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_rates(*, limit: int, as_json: bool) -> None:
    """The confirmed rates, the newest first, and whether one may be used today."""
    from app.cli.credits.rates import listed, print_rates

    print_rates(done(listed(read_settings(), limit=limit)), as_json=as_json)


@rate_group.command("propose")
@click.argument("rate")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Of the source, in Beijing; without, today.")
@click.option("--source", required=True, help="Who publishes it, in words.")
@click.option("--url", required=True, help="Where it stands: an address that begins with https://.")
@_BY
def propose_rate(*, rate: str, day: datetime | None, source: str, url: str, email: str) -> None:
    """Propose that a US dollar was worth RATE yuan, such as 7.1234, on a day; another person confirms it."""
    from app.cli.approvals import print_proposed
    from app.cli.credits.rates import propose

    told = (rate, day.date() if day else None, source, url)
    print_proposed([done(propose(read_settings(), told, who=credentials(email)))])


@rate_group.command("confirm")
@click.argument("approval", type=click.UUID)
@click.argument("sha256")
@_BY
def confirm_rate(*, approval: UUID, sha256: str, email: str) -> None:
    """Agree to the rate proposed under APPROVAL whose text has the digest SHA256; whoever proposed it cannot."""
    from app.cli.approvals import print_decided
    from app.cli.credits.rates import confirm

    print_decided(done(confirm(read_settings(), approval, sha256, who=credentials(email))))
