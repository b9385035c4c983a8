"""Whether what is asked for in parts can be ordered at all; every refusal names its field."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.commerce.orders.errors import (
    MandateMissing,
    MandateUnfit,
    MassUnfit,
    PartsUnfit,
    PartyUnknown,
    PeriodUnfit,
    ProfileUnused,
    SubjectUnfit,
)
from app.commerce.orders.rules import GRAMS_MOST, PARTS_MOST, TEXT_MOST, NewLine, NewPart, is_plain
from app.commerce.orders.writing import NewJointOrder
from app.foundation import fonts, identity
from app.foundation.identity import PartyCard, PartyKind
from app.kernel.days import is_plausible
from app.registry import holdings
from app.registry.claims import CLAIMING
from app.registry.holdings.errors import MixUnfit
from app.registry.holdings.mix_rules import masses
from app.registry.holdings.recognition_rules import demand_accepted

_SHA256_BYTES = 32


async def check(order: NewJointOrder) -> None:
    """Refuse what cannot be ordered, the first thing wrong first.

    Raises:
        PartsUnfit: no line, or more than 200.
        AccountUnknown: an account is not the payer's.
        MassUnfit: nothing to retire, a figure below zero, or more than there can be.
        MixUnfit: its masses are not the part's together, or one of its shares would give less than a gram.
        ProgrammeNotAccepted: the scheme that the part names does not accept a programme of its mix.
        PeriodUnfit: it ends before it begins, or lies in years nobody means.
        MandateMissing: somebody pays for another, is not giving, and does not say on which ground.
        MandateUnfit: a document without its digest, or texts that cannot be printed.
        SubjectUnfit: a subject that cannot be printed.
        ProfileUnused: a rule profile is named, and nothing is claimed, or not by an organisation.
        PartyUnknown: nobody has this id.
        NotPrintable: a text or the name of an organisation that the certificate could not show.
    """
    parts, payer_id = order.parts, order.payer_id
    if not 1 <= len(order.lines) <= PARTS_MOST:
        raise PartsUnfit(most=PARTS_MOST)
    for at, part in enumerate(parts):
        _check_part(part, f"/parts/{at}", payer_id=payer_id)
    known = await identity.introduce([payer_id, *(part.claim.beneficiary_id for part in parts)])
    if payer_id not in known:
        raise PartyUnknown(field="/payer")
    await _check_holds(order)
    for at, part in enumerate(parts):
        claim = part.claim
        if claim.beneficiary_id not in known:
            raise PartyUnknown(field=f"/parts/{at}/beneficiary")
        is_claim = (
            claim.purpose in CLAIMING
            and not part.funding.is_given
            and known[claim.beneficiary_id].kind is PartyKind.ORGANISATION
        )
        if claim.profile is not None and not is_claim:
            raise ProfileUnused(field=f"/parts/{at}/profile")
    await fonts.demand(_printed(parts, known, payer_id))


async def _check_holds(order: NewJointOrder) -> None:
    accounts = await holdings.find_accounts([hold.account_id for hold in order.holds]) if order.holds else {}
    for at, hold in enumerate(order.holds):
        if not 1 <= hold.mass_g <= GRAMS_MOST:
            raise MassUnfit(field=f"/holds/{at}/grams", most=GRAMS_MOST)
        _check_mix(hold, f"/holds/{at}/mix")
        if hold.account_id not in accounts or accounts[hold.account_id].owner_id != order.payer_id:
            raise holdings.AccountUnknown(field=f"/holds/{at}/account")


def _printed(parts: Sequence[NewPart], known: Mapping[UUID, PartyCard], payer_id: UUID) -> dict[str, str | None]:
    """What of an order is printed on its certificates, by field."""
    texts: dict[str, str | None] = {"/payer": _both(known[payer_id])}
    for at, part in enumerate(parts):
        field = f"/parts/{at}"
        texts[f"{field}/beneficiary"] = _both(known[part.claim.beneficiary_id])
        texts[f"{field}/subject"] = part.claim.subject
        if part.mandate is not None:
            texts[f"{field}/mandate/ground"] = part.mandate.ground
            texts[f"{field}/mandate/document"] = part.mandate.document
    return texts


def _both(card: PartyCard) -> str | None:
    return None if card.name is None else f"{card.name.zh} {card.name.en}"


def _check_part(part: NewPart, field: str, *, payer_id: UUID) -> None:
    claim = part.claim
    if claim.emission_g < 0 or not 1 <= part.mass_g <= GRAMS_MOST:
        raise MassUnfit(field=f"{field}/grams", most=GRAMS_MOST)
    _check_mix(part, f"{field}/mix")
    for name, day in (("period_from", claim.period_from), ("period_to", claim.period_to)):
        if not is_plausible(day):
            raise PeriodUnfit(field=f"{field}/{name}")
    if claim.period_from > claim.period_to:
        raise PeriodUnfit(field=f"{field}/period_to")
    if claim.subject is not None and not is_plain(claim.subject):
        raise SubjectUnfit(field=f"{field}/subject", longest=TEXT_MOST)
    if part.mandate is None:
        if claim.beneficiary_id != payer_id and not part.funding.is_given:
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


def _check_mix(part: NewLine, field: str) -> None:
    try:
        wanted = masses(part.mass_g, part.mix)
    except MixUnfit as unfit:
        raise MixUnfit(field=field, **unfit.facts) from unfit
    if wanted is not None and 0 in wanted.values():
        raise MixUnfit(field=field, problem_zh="有一份不足 1 克", problem_en="one of its shares is less than a gram")
    if part.accepting is not None:
        demand_accepted(part.mix, part.accepting, field=field)
