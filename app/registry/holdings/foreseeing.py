"""Which lots demands would take now, for whoever must show it before anything is ordered."""

from collections.abc import Sequence

from app.gateways.database import Tx
from app.registry.holdings.mix_rules import Foreseen, Mix
from app.registry.holdings.mix_rules import foresee as look_ahead
from app.registry.holdings.reading import open_lots
from app.registry.holdings.rules import PLATFORM, Account


async def foresee(
    demands: Sequence[tuple[int, Mix]], *, account: Account = PLATFORM, tx: Tx | None = None
) -> list[tuple[Foreseen, ...]]:
    """For each demand what it would take of each programme and lot, one taking what the one before it left.

    One statement. What is lacking is told (`missing_g`), not refused. Nothing is held: others may be faster.

    Raises:
        MixUnfit: the masses of a mix are not its demand.
    """
    programmes = {programme for _, mix in demands for programme in mix.programmes}
    return look_ahead(demands, await open_lots(account, sorted(programmes), tx=tx))
