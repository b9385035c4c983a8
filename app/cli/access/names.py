"""Seeing a person's name at the terminal, for a reason that they are shown."""

import click

from app import wiring
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import privacy
from app.views.privacy import unmasking
from app.views.privacy.unmasking import SeenName
from config.settings import Settings


async def see(settings: Settings, number: str, who: Credentials, *, reason: str, said: str) -> SeenName:
    """The names behind an order's number or a certificate's code; written down first.

    Raises:
        WrongCredentials, SignInLocked: of `who`.
        LookReasonMissing, PersonUnfound, RoleMissing: nothing was shown.
    """
    ground = privacy.read_ground(reason, said)
    async with database(settings), acting(settings, who) as by:
        return await unmasking.see_name(number, ground, by=by, keyring=wiring.keyring(settings))


def print_name(seen: SeenName) -> None:
    """Both names; what is not there is said to be so."""
    none = say("没有填写", "nothing given")
    click.echo(seen.own or none)
    if seen.on_paper is not None:
        click.echo(say(f"证书上：{seen.on_paper}", f"on the certificate: {seen.on_paper}"))
    line(say("已记录，本人可在隐私页看到。", "written down; the person reads it on their privacy page"), err=True)
