"""Agreeing, and taking it back."""

from uuid import UUID

from tortoise.exceptions import IntegrityError

from app.foundation.consents.errors import ConsenterGone, ConsenterMinor, ConsentOutdated
from app.foundation.consents.rules import ConsentPlace, ConsentPurpose, ConsentTexts
from app.gateways.database import Tx, constraint, detail, fetch
from app.kernel.text import Language


async def give(
    person_id: UUID,
    purpose: ConsentPurpose,
    *,
    version: int,
    language: Language,
    place: ConsentPlace,
    texts: ConsentTexts,
    tx: Tx | None = None,
) -> None:
    """They agree to the text of `version` as it is shown in `language`. Repeated: no second row.

    Raises:
        ConsentOutdated: `version` is not the present one; nothing was written.
        ConsenterGone: nobody is there to agree.
        ConsenterMinor: they are under 14, and the purpose shows or tells of them.
    """
    present = texts.present(purpose)
    if version != present.version:
        raise ConsentOutdated(version=present.version)
    try:
        await fetch(
            "SELECT consents.give($1, $2, $3, $4, $5, $6)",
            person_id, purpose, version, language, present.digest(language), place, tx=tx,
        )  # fmt: skip
    except IntegrityError as refusal:
        match constraint(refusal):
            case "consent_person_active":
                raise ConsenterGone from refusal
            case "consent_of_age":
                raise ConsenterMinor from refusal
            case "consent_version_ascends":  # another process has a newer text already
                raise ConsentOutdated(version=int(detail(refusal) or version)) from refusal
        raise


async def withdraw(person_id: UUID, purpose: ConsentPurpose, *, place: ConsentPlace, tx: Tx | None = None) -> None:
    """They take it back, whatever version they had agreed to. Repeated, or where they had not agreed: nothing happens."""
    await fetch("SELECT consents.withdraw($1, $2, $3)", person_id, purpose, place, tx=tx)
