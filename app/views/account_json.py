"""How doors for organisations say an account, grams of it, and what it has."""

from typing import Annotated, Final
from uuid import UUID

import msgspec

from app.commerce.orders.rules import GRAMS_MOST
from app.kernel import ids
from app.registry import holdings

EXAMPLE_ACCOUNT: Final = "acc_01JD8Q9T5K3V2M7N4P6R8S0W1X"
AccountId = Annotated[str, msgspec.Meta(max_length=30, examples=[EXAMPLE_ACCOUNT])]
Grams = Annotated[int, msgspec.Meta(ge=1, le=GRAMS_MOST, examples=[100_000_000])]


def account_id(shown: str, field: str) -> UUID:
    """The account behind what an address shows.

    Raises:
        AccountUnknown: it is no account's id at all; `field` is where it stands.
    """
    uuid = ids.parse("acc", shown)
    if uuid is None:
        raise holdings.AccountUnknown(field=field)
    return uuid
