"""A campaign's logo: kept as the PNG that we drew of it, shown beside its gift, taken away at any time."""

from typing import Final
from uuid import UUID

from app.foundation import audit
from app.gateways.database import fetch, fetch_value, transaction
from app.gateways.files import FileStore
from app.gateways.waiting import Threads
from app.programmes.gifts.errors import CampaignOver
from app.programmes.gifts.logo_rules import draw
from app.programmes.gifts.reading import find_campaign
from app.programmes.gifts.rules import CampaignState, Logo
from app.programmes.gifts.setting_up import demand_power, locked

_DRAWING: Final = Threads(1, waiting_most=8)
"""One at a time in a process: what unpacking takes of memory, it takes once."""


async def set_logo(campaign_id: UUID, data: bytes, *, by: UUID, files: FileStore) -> None:
    """Draw the picture anew and show it beside the gift, in place of another; the same picture again changes nothing.

    The file is there before the row says so. A file that no campaign names is shown to nobody.

    Raises:
        CampaignUnknown, RoleMissing: `by` runs no such campaign; nothing was drawn.
        CampaignOver: it has ended.
        LogoUnfit: it is no picture that we draw; which rule it breaks is said.
        Crowded: too many pictures wait to be drawn.
        Unavailable: the file could not be kept.
    """
    campaign = await find_campaign(campaign_id)
    await demand_power(campaign, by=by)
    if campaign.state is CampaignState.ENDED:
        raise CampaignOver
    drawn = await _DRAWING.run(draw, data, account=str(by))
    await files.keep(_file_name(drawn.logo.sha256), drawn.png)
    await _name(campaign_id, drawn.logo, by=by)


async def drop_logo(campaign_id: UUID, *, by: UUID) -> None:
    """Show no logo beside the gift any more, also of one that has ended; a repeat changes nothing.

    Raises:
        CampaignUnknown, RoleMissing: `by` runs no such campaign.
    """
    await _name(campaign_id, None, by=by)


async def read_logo(sha256: bytes, *, files: FileStore) -> bytes | None:
    """The PNG with this digest, for anybody; None where no campaign names it.

    Raises:
        Crowded, Unavailable: of `FileStore.fetch`.
    """
    if not await fetch_value("SELECT EXISTS (SELECT FROM gift_campaign WHERE logo_sha256 = $1)", sha256):
        return None
    return await files.fetch(_file_name(sha256))


async def _name(campaign_id: UUID, logo: Logo | None, *, by: UUID) -> None:
    async with transaction() as tx:
        campaign = await locked(campaign_id, by=by, tx=tx)
        if logo is not None and campaign.state is CampaignState.ENDED:
            raise CampaignOver
        if logo == campaign.logo:
            return
        await fetch(
            "UPDATE gift_campaign SET logo_sha256 = $2, logo_width = $3, logo_height = $4 WHERE id = $1",
            campaign_id, *((logo.sha256, logo.width, logo.height) if logo else (None, None, None)), tx=tx,
        )  # fmt: skip
        await audit.record(
            "gift.changed", str(campaign_id), before=_told(campaign.logo), after=_told(logo), by=by, tx=tx
        )


def _file_name(sha256: bytes) -> str:
    return f"{sha256.hex()}.png"


def _told(logo: Logo | None) -> dict[str, str | None]:
    return {"logo": logo.sha256.hex() if logo else None}
