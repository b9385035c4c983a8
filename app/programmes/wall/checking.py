"""Names are looked at before others see them: what the content check says of each, done to its turn."""

from typing import Final
from uuid import UUID

from app.foundation import identity, moderation
from app.foundation.identity import Keyring
from app.foundation.moderation import CheckState, ContentPurpose, Standing, WordList
from app.gateways.database import fetch
from app.programmes.wall.names import names_of
from app.programmes.wall.rules import Because
from app.programmes.wall.turns import hide, release

CHECKED_MOST: Final = 1_000
"""Turns that one look takes, the oldest first; people who wait longer than these are not waiting for a check."""
_TO_COME: Final = """
SELECT t.cause, t.person_id, t.moderation, t.name_check_id, c.name_sealed
FROM wall_turn t JOIN certificate c ON c.id = t.certificate_id
WHERE t.moderation <> 'hidden' AND (t.show_to IS NULL OR t.show_to > clock_timestamp())
ORDER BY t.id LIMIT $1
"""


async def check_names(*, words: WordList, keyring: Keyring) -> int:
    """Ask about the names of turns that are still to come, or on a screen: a name that passed is released where it waited, one
    that was refused is taken off in every scene. How many turns this changed.

    A name is asked about once, however many have it. Who gave none is called a visitor, and waits for nothing. What people
    are still to decide stays as it is, and the turn names its check: PostgreSQL does to it what is decided there, in the
    transaction that decides.
    """
    rows = await fetch(_TO_COME, CHECKED_MOST)
    names = await names_of(rows, keyring)
    known = await moderation.find_texts({name for name in names if name}, ContentPurpose.NAME, keyring=keyring)
    passed: list[str] = []
    linked: dict[str, UUID] = {}
    changed = 0
    for row, name in zip(rows, names, strict=True):
        standing = None
        if name:
            standing = known.get(name) or await _asked(row["person_id"], name, words=words, keyring=keyring)
            if standing is None:
                continue
            known[name] = standing
            if row["name_check_id"] != standing.check_id:
                linked[row["cause"]] = standing.check_id
        state = standing.state if standing else CheckState.PASSED
        if state is CheckState.REFUSED:
            changed += await hide(row["cause"], because=Because.HIDDEN)
        elif state is CheckState.PASSED and row["moderation"] == "waiting":
            passed.append(row["cause"])
    if linked:
        await fetch("SELECT wall.note_checks($1, $2)", list(linked), list(linked.values()))
    return changed + len(await release(passed))


async def _asked(person_id: UUID, name: str, *, words: WordList, keyring: Keyring) -> Standing | None:
    """The check of a name that nobody asked about so far; None of somebody who was erased meanwhile."""
    try:
        # Whoever is not known to WeChat is handed to people when it would be asked.
        return await moderation.ask_text(
            person_id, name, ContentPurpose.NAME, words=words, by_wechat=True, keyring=keyring
        )
    except identity.PersonGone:
        return None
