"""The verbs about webhooks: where your organisations are told of what happens, what came of it, a test, sending again."""

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.setup import OWN_EMAIL, credentials, done, read_settings

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_BY = click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with; the password is asked for."
)


@click.group("webhook", cls=TypedGroup)
def webhook_group() -> None:
    """Where your systems and groups are told of gifts; added and changed at /organiser/webhooks."""


@webhook_group.command("list")
@_BY
@_AS_JSON
def list_webhooks(*, email: str, as_json: bool) -> None:
    """The endpoints of your organisations (whe_…), and how they stand."""
    from app.cli.webhooks import listed, print_endpoints

    print_endpoints(done(listed(read_settings(), who=credentials(email))), as_json=as_json)


@webhook_group.command("log")
@click.argument("webhook")
@_BY
@limited(20)
@_AS_JSON
def log_of_webhook(*, webhook: str, email: str, limit: int, as_json: bool) -> None:
    """What WEBHOOK (whe_…) was told, the newest first, each with the latest of its tries."""
    from app.cli.webhooks import log, print_log

    print_log(done(log(read_settings(), webhook, limit=limit, who=credentials(email))), as_json=as_json)


@webhook_group.command("test")
@click.argument("webhook")
@_BY
def test_webhook(*, webhook: str, email: str) -> None:
    """Send WEBHOOK (whe_…) a message that says it is a test."""
    from app.cli.webhooks import print_sent, test

    print_sent(done(test(read_settings(), webhook, who=credentials(email))))


@webhook_group.command("redeliver")
@click.argument("webhook")
@click.argument("delivery")
@_BY
def redeliver(*, webhook: str, delivery: str, email: str) -> None:
    """Send WEBHOOK (whe_…) the DELIVERY (whd_…) again, under the id it had."""
    from app.cli.webhooks import print_sent
    from app.cli.webhooks import redeliver as again

    print_sent(done(again(read_settings(), webhook, delivery, who=credentials(email))))
