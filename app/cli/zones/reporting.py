"""`diandian zone report`: the closing report of a zone, as one file."""

from dataclasses import dataclass
from pathlib import Path

from app import wiring
from app.cli.output import line, say
from app.cli.setup import database
from app.cli.signing_in import Credentials, acting
from app.foundation import consents
from app.foundation.consents import ConsentTexts
from app.foundation.identity import Keyring
from app.gateways.files import open_store
from app.views.zones import report
from app.views.zones.report import Fetched
from config.places import CONSENTS
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class _Names:
    """What names are read with."""

    keyring: Keyring
    consents: ConsentTexts


async def fetched(settings: Settings, slug: str, *, who: Credentials) -> Fetched:
    """The pack: the one that is kept, or a draft.

    Raises:
        Whatever `report.fetch` raises.
    """
    async with database(settings), acting(settings, who) as by:
        return await report.fetch(
            slug,
            by=by,
            services=_Names(wiring.keyring(settings), consents.load_texts(CONSENTS)),
            issuer=wiring.issuer(settings),
            files=open_store(settings),
            press=lambda: wiring.press(settings),
        )


def write(found: Fetched, to: Path) -> None:
    """Write the file and say what it is."""
    to.write_bytes(found.data)
    state = say("定稿", "final") if found.is_final else say("草稿，专区尚未结束", "a draft: the zone is open")
    line(f"{to}  {state}  SHA-256 {found.sha256}", hang=4)
