"""The names of people on certificates, opened for a screen: this room keeps none."""

from collections.abc import Sequence

from app.certificates import NAME_PURPOSE
from app.foundation import identity
from app.foundation.identity import Keyring
from app.gateways.database import Row


async def names_of(rows: Sequence[Row], keyring: Keyring) -> list[str | None]:
    """The name of each row, opened in one query; None where none was given, or it was erased."""
    sealed = [(row["person_id"], row["name_sealed"]) for row in rows if row["name_sealed"] is not None]
    opened = iter(await identity.unseal_many(sealed, purpose=NAME_PURPOSE, keyring=keyring)) if sealed else iter(())
    return [next(opened) if row["name_sealed"] is not None else None for row in rows]
