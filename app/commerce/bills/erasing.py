"""Erasing the bytes of bills whose legal time is over; what they said in lines and sums stays."""

from app.commerce.bills.sealing import name_of, plain_name_of
from app.gateways.database import fetch
from app.gateways.files import FileStore

ERASED_MOST = 50
"""Files in one round."""


async def erase_due(*, files: FileStore) -> int:
    """Erase files that came more than ten whole years ago; answers how many.

    The bytes go first: whoever dies in between finds them gone, and writes that down.

    Raises:
        Unavailable: the store refuses.
    """
    due = [row["id"] for row in await fetch("SELECT e AS id FROM bills.take_erasures($1) e", ERASED_MOST)]
    for file_id in due:
        for name in (name_of(file_id), plain_name_of(file_id)):
            await files.drop(name)
        await fetch("SELECT bills.erase($1)", file_id)
    return len(due)
