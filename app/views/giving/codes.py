"""A one-time code that its holder gives up: declined for good, or passed on once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from app import scenarios
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import Audience, Phase
from app.views.giving import collecting as given
from app.views.page import Page
from app.views.services import Services


class CodeStep(StrEnum):
    """Where the page of a code is."""

    ASKED = "asked"
    """What it means is said before it is done."""
    DECLINED = "declined"
    PASSED_ON = "passed_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage(Page):
    """A code that one does not want to use oneself. POST to `action` with `do` (`decline` or `pass_on`), `gift_code`, `intent`
    and `csrf_token`.
    """

    template: ClassVar[str] = "citizen/code.html"

    step: CodeStep
    title: str
    giver: str
    scene_url: str
    """Where one collects with this code, or pays oneself."""
    action: str
    gift_code: str
    intent: str
    csrf_token: str
    fault: str | None = None
    new_code: str | None = None
    """Told this once, where the code was passed on."""
    new_url: str | None = None


async def demand_codes(scene: scenarios.Scene) -> tuple[gifts.Campaign, Text]:
    """The scene's gift, which is for codes, and who gives.

    Raises:
        NoGift: there is none, or not for codes.
    """
    found = await given.offered(scene)
    if found is None or found.phase is Phase.DRAFT or found.campaign.audience is not Audience.CODES:
        raise gifts.NoGift
    return found.campaign, found.giver


async def decline(scene: scenarios.Scene, gift_code: str, *, services: Services) -> None:
    """The code dies.

    Raises:
        NoGift: see `demand_codes`.
        Whatever `gifts.decline` raises.
    """
    campaign, _ = await demand_codes(scene)
    await gifts.decline(campaign.id, gift_code, keyring=services.keyring)


async def pass_on(scene: scenarios.Scene, gift_code: str, *, by: UUID, services: Services) -> tuple[str, str]:
    """The code dies; the new one and its link.

    Raises:
        NoGift: see `demand_codes`.
        Whatever `gifts.pass_on` raises.
    """
    campaign, _ = await demand_codes(scene)
    code = await gifts.pass_on(campaign.id, gift_code, by=by, keyring=services.keyring)
    return code, f"{services.issuer.public_url}/s/{scene.code}?gift_code={code.replace('-', '')}"
