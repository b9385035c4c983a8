"""How people stand to the purposes."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.foundation.consents.rules import NEVER, ConsentPurpose, ConsentStatus, ConsentTexts, Question, stands
from app.gateways.database import Tx, fetch, fetch_one

_LATEST: Final = "SELECT state, version, at FROM consent WHERE person_id = {} AND purpose = {} ORDER BY no DESC LIMIT 1"


async def status_of(
    person_id: UUID, purpose: ConsentPurpose, *, texts: ConsentTexts, tx: Tx | None = None
) -> ConsentStatus:
    """How one person stands to one purpose now."""
    row = await fetch_one(_LATEST.format("$1", "$2"), person_id, purpose, tx=tx)
    return stands(row["state"], row["version"], row["at"], texts.present(purpose)) if row else NEVER


async def status_of_many(
    person_ids: Sequence[UUID], purpose: ConsentPurpose, *, texts: ConsentTexts, tx: Tx | None = None
) -> dict[UUID, ConsentStatus]:
    """The same for each of these persons, in one statement; a person whom nobody knows never agreed."""
    rows = await fetch(
        f"SELECT p.id, c.* FROM unnest($1::uuid[]) p (id), LATERAL ({_LATEST.format('p.id', '$2')}) c",
        list(person_ids), purpose, tx=tx,
    )  # fmt: skip
    present = texts.present(purpose)
    known = {row["id"]: stands(row["state"], row["version"], row["at"], present) for row in rows}
    return {person_id: known.get(person_id, NEVER) for person_id in person_ids}


async def ask(person_id: UUID, *, texts: ConsentTexts, tx: Tx | None = None) -> tuple[Question, ...]:
    """Every purpose, in the order of `ConsentPurpose`: its present text, and how the person stands to it."""
    rows = await fetch(
        f"SELECT p.purpose, c.* FROM unnest($2::text[]) p (purpose), LATERAL ({_LATEST.format('$1', 'p.purpose')}) c",
        person_id, list(ConsentPurpose), tx=tx,
    )  # fmt: skip
    known = {
        row["purpose"]: stands(
            row["state"], row["version"], row["at"], texts.present(ConsentPurpose(row["purpose"]))
        )
        for row in rows
    }  # fmt: skip
    return tuple(Question(texts.present(purpose), known.get(purpose, NEVER)) for purpose in ConsentPurpose)
