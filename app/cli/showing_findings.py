"""What was judged of one retirement, at the terminal: by its number, or by its certificate's verification code."""

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from app.retirements import Judged
    from config.settings import Settings

_NUMBER_STARTS = "R-"


async def find(settings: "Settings", reference: str) -> "Judged":
    """The retirement of a number, or behind a code as it was typed, with every verdict that was kept.

    Raises:
        RetirementUnknown, CertificateUnknown: there is none.
        SettingsUnfit: production, and the database is not fit for it.
    """
    from app import certificates, retirements
    from app.certificates.rules import read_record
    from app.cli.doing import database

    async with database(settings):
        number = reference.strip().upper()
        if not number.startswith(_NUMBER_STARTS):
            number = read_record((await certificates.verify(reference)).record_json)["retirement_number"]
        return await retirements.recall(number)


def tell(judged: "Judged", *, as_json: bool) -> None:
    """Every verdict with its findings on standard output, the latest last."""
    from app import claims
    from app.cli.telling_claims import tell_verdicts

    if as_json:
        click.echo(json.dumps(_told(judged), ensure_ascii=False, indent=2))
        return
    click.echo(f"{judged.number} · {judged.state.value}")
    if not judged.verdicts:
        told = "未作判定：没有作出声明 / not judged: nothing is claimed"
        click.echo("未作判定 / not judged" if judged.is_claim else told)
    for verdict in judged.verdicts:
        found = claims.read_document(verdict.document)
        click.echo(f"\n{verdict.profile} {verdict.version} · {verdict.judged_on} 判定 judged\n")
        tell_verdicts(found)


def _told(judged: "Judged") -> dict[str, Any]:
    return {
        "retirement": judged.number,
        "state": judged.state.value,
        "claimed": judged.is_claim,
        "judged": [
            {"judged_on": one.judged_on.isoformat(), "verdicts": json.loads(one.document)} for one in judged.verdicts
        ],
    }
