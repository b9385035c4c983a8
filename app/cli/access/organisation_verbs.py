"""The verbs about organisations: written down by one of ours, verified by two."""

from uuid import UUID

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.output import line, say
from app.cli.setup import OWN_EMAIL, credentials, done, read_settings
from app.cli.words import word

_KINDS = click.Choice(["company", "agency", "court", "association"])
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_BY = click.option("--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with.")


@click.group("organisation", cls=TypedGroup)
def organisation_group() -> None:
    """Organisations: written down by one of ours, verified by two."""


@organisation_group.command("list")
@click.argument("words", required=False, default="")
@click.option("--waiting", "is_waiting", is_flag=True, help="Those that wait for a second person.")
@limited(50)
@_AS_JSON
def list_organisations(*, words: str, is_waiting: bool, limit: int, as_json: bool) -> None:
    """Those in whose name WORDS stand, with their ids; ✔ is verified."""
    from app.cli.access import organisations

    if is_waiting:
        organisations.print_all_waiting(done(organisations.waiting(read_settings(), limit=limit)), as_json=as_json)
    else:
        organisations.print_organisations(
            done(organisations.known(read_settings(), words, limit=limit)), as_json=as_json
        )


@organisation_group.command("add")
@click.option("--name-zh", required=True, help="Its name in Chinese, as its papers say it.")
@click.option("--name-en", required=True, help="The same in English.")
@click.option("--kind", required=True, type=_KINDS, help="What it is in law.")
@click.option("--country", default="CN", show_default=True, help="Two letters, ISO 3166-1.")
@click.option("--register-number", required=True, help="In China the unified social credit code (统一社会信用代码).")
@click.option("--papers", required=True, help="Which papers you have seen.")
@_BY
def add_organisation(
    *, name_zh: str, name_en: str, kind: str, country: str, register_number: str, papers: str, email: str
) -> None:
    """Write an organisation down, and propose it; another person verifies it."""
    from app.cli.access import organisations
    from app.kernel.text import Text

    _, proposed = done(
        organisations.add(
            read_settings(), Text(zh=name_zh, en=name_en), kind, (country, register_number), papers, credentials(email)
        )
    )
    organisations.print_waiting([proposed], as_json=False)


@organisation_group.command("propose")
@click.argument("organisation")
@click.option("--papers", required=True, help="Which papers you have seen.")
@_BY
def propose_organisation(*, organisation: str, papers: str, email: str) -> None:
    """Propose ORGANISATION (org_…) again, after it was sent back."""
    from app.cli.access import organisations

    organisations.print_waiting(
        [done(organisations.propose(read_settings(), organisation, papers, credentials(email)))], as_json=False
    )


@organisation_group.command("verify")
@click.argument("verification", type=click.UUID)
@click.argument("sha256")
@_BY
def verify_organisation(*, verification: UUID, sha256: str, email: str) -> None:
    """Agree to the VERIFICATION whose text has the fingerprint SHA256; whoever proposed it cannot."""
    from app.cli.access import organisations

    done(organisations.verify(read_settings(), verification, sha256, credentials(email)))
    line(say("已核验", "verified"))


@organisation_group.command("return")
@click.argument("verification", type=click.UUID)
@click.option("--reason", default="", help="Why.")
@_BY
def return_organisation(*, verification: UUID, reason: str, email: str) -> None:
    """Send the VERIFICATION back; whoever proposed it withdraws it."""
    from app.cli.access import organisations

    line(word(done(organisations.end(read_settings(), verification, reason, credentials(email))).value))
