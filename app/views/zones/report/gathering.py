"""What a closing report says, gathered once for both languages, the sheet and the pictures."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.certificates import Issuer
from app.foundation import identity
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.programmes import donations
from app.programmes.donations import FactorUse, Method
from app.registry import credits, retirements
from app.registry.credits import LotFacts
from app.registry.retirements import SettledRetirement
from app.views.zones import board_story
from app.views.zones.board_story import BoardStory, NameServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it, at one instant."""

    board: BoardStory
    owner: Text
    is_closed: bool
    """False: a draft, and every page says so."""
    retirements: tuple[SettledRetirement, ...]
    """Of the zone's account, the first one first; mostly it is one."""
    lots: dict[int, LotFacts]
    methods: tuple[Method, ...]
    factors: tuple[FactorUse, ...]
    made_at: datetime
    issuer: Issuer


async def read(slug: str, *, services: NameServices, issuer: Issuer) -> Report:
    """Everything that is known of a zone and its event now.

    Raises:
        ZoneUnknown: there is none.
    """
    board = await board_story.read(slug, services)
    ids: list[UUID] = list(dict.fromkeys(one.retirement_id for one in board.donations if one.retirement_id is not None))
    settled = await retirements.find_settled(ids) if ids else []
    owner = (await identity.introduce([board.zone.owner_id]))[board.zone.owner_id].name
    assert owner is not None, "an organisation has a name"
    return Report(
        board=board,
        owner=owner,
        is_closed=await donations.is_closed(board.zone),
        retirements=tuple(settled),
        lots=await credits.describe_lots([cut.lot_id for one in settled for cut in one.slices]),
        methods=tuple(await donations.methods_of(board.zone)),
        factors=tuple(await donations.factors_of(board.zone)),
        made_at=utc_now(),
        issuer=issuer,
    )
