"""Whether what is asked for in parts can be ordered at all; every refusal names its field."""

from collections.abc import Sequence
from uuid import UUID

from app import identity
from app.orders.errors import (
    MandateMissing,
    MandateUnfit,
    MassUnfit,
    PartsUnfit,
    PartyUnknown,
    PeriodUnfit,
    SharesUnfit,
    SubjectUnfit,
)
from app.orders.rules import GRAMS_MOST, PARTS_MOST, TEXT_MOST, NewPart, is_plain, is_whole, split

_SHA256_BYTES = 32


async def check(parts: Sequence[NewPart], *, payer_id: UUID) -> None:
    """Refuse what cannot be ordered, the first thing wrong first.

    Raises:
        PartsUnfit: no part, or more than 200.
        MassUnfit: nothing to retire, a figure below zero, or more than there can be.
        SharesUnfit: the shares are not 100 % of different programmes, or one of them would give less than a gram.
        PeriodUnfit: it ends before it begins.
        MandateMissing: somebody pays for another, is not giving, and does not say on which ground.
        MandateUnfit: a document without its digest, or texts that cannot be printed.
        SubjectUnfit: a subject that cannot be printed.
        PartyUnknown: nobody has this id.
    """
    if not 1 <= len(parts) <= PARTS_MOST:
        raise PartsUnfit(most=PARTS_MOST)
    for at, part in enumerate(parts):
        _check_part(part, f"/parts/{at}", payer_id=payer_id)
    known = await identity.introduce([payer_id, *(part.beneficiary_id for part in parts)])
    if payer_id not in known:
        raise PartyUnknown(field="/payer")
    for at, part in enumerate(parts):
        if part.beneficiary_id not in known:
            raise PartyUnknown(field=f"/parts/{at}/beneficiary")


def _check_part(part: NewPart, field: str, *, payer_id: UUID) -> None:
    if part.emission_g < 0 or not 1 <= part.mass_g <= GRAMS_MOST:
        raise MassUnfit(field=f"{field}/grams", most=GRAMS_MOST)
    if not is_whole(part.mix) or min(split(part.mass_g, part.mix)) == 0:
        raise SharesUnfit(field=f"{field}/mix")
    if part.period_from > part.period_to:
        raise PeriodUnfit(field=f"{field}/period_to")
    if part.subject is not None and not is_plain(part.subject):
        raise SubjectUnfit(field=f"{field}/subject", longest=TEXT_MOST)
    if part.mandate is None:
        if part.beneficiary_id != payer_id and part.purpose.needs_mandate:
            raise MandateMissing(field=f"{field}/mandate")
        return
    documents = (part.mandate.document is None, part.mandate.sha256 is None)
    texts = [text for text in (part.mandate.ground, part.mandate.document) if text is not None]
    digest = part.mandate.sha256
    if (
        len(set(documents)) > 1
        or not all(map(is_plain, texts))
        or (digest is not None and len(digest) != _SHA256_BYTES)
    ):
        raise MandateUnfit(field=f"{field}/mandate", longest=TEXT_MOST)
