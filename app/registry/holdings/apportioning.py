"""How many grams of each programme demands would take, for whoever must name a price before anything is set aside."""

from collections.abc import Sequence

from app.gateways.database import Tx, fetch
from app.registry.credits import Programme
from app.registry.holdings.mix_rules import Mix, masses
from app.registry.holdings.mix_rules import apportion as divide
from app.registry.holdings.reading import giving
from app.registry.holdings.rules import PLATFORM, Account


async def apportion(
    demands: Sequence[tuple[int, Mix]], *, account: Account = PLATFORM, tx: Tx
) -> list[dict[Programme, int]]:
    """The grams of each programme for each demand, in their order, one taking what the one before it left.

    Nothing is read where every mix says its grams by itself; one statement where a preference depends on what is
    open now. Nothing is held: whoever reserves afterwards may find that others were faster.

    Raises:
        CreditsExhausted: a demand that depends on it finds less; without a preference only `reserve` looks.
        MixUnfit: the masses of a mix are not its demand.
    """
    known = [masses(mass_g, mix) for mass_g, mix in demands]
    if all(one is not None for one in known):
        return [{name: grams for name, grams in one.items() if grams > 0} for one in known if one is not None]
    rows = await fetch(
        f"SELECT l.programme, sum(a.balance)::bigint AS open_g FROM {giving(account)}"
        " WHERE l.programme = ANY($2::text[]) AND a.balance > 0 GROUP BY l.programme",
        str(account), sorted({name.value for _, mix in demands for name in mix.programmes}), tx=tx,
    )  # fmt: skip
    return divide(demands, {Programme(row["programme"]): row["open_g"] for row in rows})
