"""The verbs about zones: proposed from a file by one, agreed to by another."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from app.cli.arguments import TypedGroup
from app.cli.listing import limited
from app.cli.setup import OWN_EMAIL, credentials, done, read_settings

_BY = click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with; the password is asked for."
)


@click.group("zone", cls=TypedGroup)
def zone_group() -> None:
    """Zones of events: data from a file, by two people."""


@zone_group.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_BY
def apply_zone(*, file: Path, email: str) -> None:
    """Propose what FILE says as the next version of its zone; the same again changes nothing."""
    from app.cli.zones.applying import apply, print_applied, read

    document = done(read(file.read_bytes(), file.name))  # before a password is asked for
    print_applied(done(apply(read_settings(), document, who=credentials(email))))


@zone_group.command("confirm")
@click.argument("approval", type=click.UUID)
@click.argument("sha256")
@_BY
def confirm_zone(*, approval: UUID, sha256: str, email: str) -> None:
    """Agree to the version proposed under APPROVAL whose text has the digest SHA256; whoever proposed it cannot."""
    from app.cli.approvals import print_decided
    from app.cli.zones.applying import confirm

    print_decided(done(confirm(read_settings(), approval, sha256, who=credentials(email))))


@zone_group.command("list")
@limited(50)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_zones(*, limit: int, as_json: bool) -> None:
    """The zones, the newest first."""
    from app.cli.zones.applying import listed, print_zones

    print_zones(done(listed(read_settings(), limit=limit)), as_json=as_json)


@zone_group.command("show")
@click.argument("slug")
def show_zone(*, slug: str) -> None:
    """All that the zone SLUG says now, as the JSON of its API."""
    from app.cli.zones.applying import print_shown, shown

    print_shown(done(shown(read_settings(), slug)))


@zone_group.command("support")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_support(*, slug: str, as_json: bool) -> None:
    """What was given to the zone SLUG in units of their own, never added to tonnes."""
    from app.cli.zones.supporting import listed, print_listed

    print_listed(done(listed(read_settings(), slug)), as_json=as_json)


@zone_group.command("record-support")
@click.argument("slug")
@click.argument("document", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--donor", required=True, help="Register number of a verified organisation, `CN 91510100MA0000002X`.")
@click.option(
    "--kind",
    required=True,
    type=click.Choice(["green_certificate", "project"]),
    help="Green electricity certificates, or support of a project.",
)
@click.option("--quantity", required=True, type=click.IntRange(min=1), help="A whole number of the unit; money in fen.")
@click.option(
    "--unit", required=True, type=click.Choice(["certificate", "fen", "mu", "tree"]), help="In what it is counted."
)
@click.option("--zh", required=True, help="What it is, in Chinese.")
@click.option("--en", required=True, help="What it is, in English.")
@click.option("--received", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day on which it was received.")
@_BY
def record_support(
    *, slug: str, document: Path, donor: str, kind: str, quantity: int, unit: str, zh: str, en: str, received: datetime,
    email: str,
) -> None:  # fmt: skip
    """Record what DOCUMENT shows was given to the zone SLUG; only its digest is taken, and a colleague of the owner agrees."""
    from app.cli.approvals import print_proposed
    from app.cli.zones.supporting import Typed, record
    from app.kernel.text import Text
    from app.programmes.donations import SupportKind, SupportUnit

    typed = Typed(
        donor=donor, kind=SupportKind(kind), quantity=quantity, unit=SupportUnit(unit), told=Text(zh=zh, en=en),
        received_on=received.date(), document=document,
    )  # fmt: skip
    print_proposed([done(record(read_settings(), slug, typed, who=credentials(email)))])


@zone_group.command("report")
@click.argument("slug")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_BY
def write_report(*, slug: str, file: Path, email: str) -> None:
    """Write the closing report of the zone SLUG to FILE, a ZIP; once the zone is closed it is always the same file."""
    from app.cli.zones.reporting import fetched, write

    write(done(fetched(read_settings(), slug, who=credentials(email))), file)
