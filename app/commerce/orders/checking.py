"""Whether an order of lines can be placed at all, every refusal naming its field; and whose power it takes."""

from collections.abc import Mapping
from uuid import UUID

from app.commerce.orders.errors import (
    LinesUnfit,
    MandateMissing,
    MandateUnfit,
    MassUnfit,
    PartyUnknown,
    PeriodUnfit,
    ProfileUnused,
    SubjectUnfit,
)
from app.commerce.orders.rules import GRAMS_MOST, LINES_MOST, TEXT_MOST, NewHoldLine, NewLine, NewRetireLine, is_plain
from app.commerce.orders.writing import NewJointOrder
from app.foundation import fonts, identity
from app.foundation.identity import PartyCard, PartyKind
from app.gateways.database import Tx
from app.kernel.days import is_plausible
from app.registry import holdings
from app.registry.claims import CLAIMING
from app.registry.holdings.errors import MixUnfit
from app.registry.holdings.mix_rules import masses
from app.registry.holdings.recognition_rules import demand_accepted

_SHA256_BYTES = 32


async def demand_power(payer_id: UUID, *, by: UUID, field: str | None = None, tx: Tx | None = None) -> None:
    """Refuse whoever may not order, pay, cancel and take back for the payer now; who placed an order counts for nothing.

    Raises:
        ApplicantUnverified: it signed itself up and nobody has verified it.
        RoleMissing: they are not the payer, and neither operator nor sponsor of it.
    """
    if by != payer_id:
        await identity.demand_role(by, payer_id, *identity.ORDERING, field=field, tx=tx)
        await identity.applications.demand_verified(payer_id, field=field, tx=tx)


async def check(order: NewJointOrder) -> None:
    """Refuse what cannot be ordered, the first thing wrong first.

    Raises:
        LinesUnfit: no line, or more than 200.
        AccountUnknown: an account is not the payer's.
        MassUnfit: nothing to retire, a figure below zero, or more than there can be.
        MixUnfit: its masses are not the line's together, or one of its shares would give less than a gram.
        ProgrammeNotAccepted: the scheme that the line names does not accept a programme of its mix.
        PeriodUnfit: it ends before it begins, or lies in years nobody means.
        MandateMissing: somebody pays for another, is not giving, and does not say on which ground.
        MandateUnfit: a document without its digest, or texts that cannot be printed.
        SubjectUnfit: a subject that cannot be printed.
        ProfileUnused: a rule profile is named, and nothing is claimed, or not by an organisation.
        PartyUnknown: nobody has this id.
        NotPrintable: a text or the name of an organisation that the certificate could not show.
    """
    payer_id = order.payer_id
    if not 1 <= len(order.lines) <= LINES_MOST:
        raise LinesUnfit(most=LINES_MOST)
    for at, line in enumerate(order.lines):
        if isinstance(line, NewRetireLine):
            _check_retire(line, f"/lines/{at}", payer_id=payer_id)
    known = await identity.introduce([payer_id, *(line.claim.beneficiary_id for line in order.retire_lines)])
    if payer_id not in known:
        raise PartyUnknown(field="/payer")
    await _check_holds(order)
    for at, line in enumerate(order.lines):
        if isinstance(line, NewHoldLine):
            continue
        claim = line.claim
        if claim.beneficiary_id not in known:
            raise PartyUnknown(field=f"/lines/{at}/beneficiary")
        is_claim = (
            claim.purpose in CLAIMING
            and not line.funding.is_given
            and known[claim.beneficiary_id].kind is PartyKind.ORGANISATION
        )
        if claim.profile is not None and not is_claim:
            raise ProfileUnused(field=f"/lines/{at}/profile")
    await fonts.demand(_printed(order, known))


async def _check_holds(order: NewJointOrder) -> None:
    holds = [(at, line) for at, line in enumerate(order.lines) if isinstance(line, NewHoldLine)]
    accounts = await holdings.find_accounts([hold.account_id for _, hold in holds]) if holds else {}
    for at, hold in holds:
        if not 1 <= hold.mass_g <= GRAMS_MOST:
            raise MassUnfit(field=f"/lines/{at}/grams", most=GRAMS_MOST)
        _check_mix(hold, f"/lines/{at}/mix")
        if hold.account_id not in accounts or accounts[hold.account_id].owner_id != order.payer_id:
            raise holdings.AccountUnknown(field=f"/lines/{at}/account")


def _printed(order: NewJointOrder, known: Mapping[UUID, PartyCard]) -> dict[str, str | None]:
    """What of an order is printed on its certificates, by field."""
    texts: dict[str, str | None] = {"/payer": _both(known[order.payer_id])}
    for at, line in enumerate(order.lines):
        if isinstance(line, NewHoldLine):
            continue
        field = f"/lines/{at}"
        texts[f"{field}/beneficiary"] = _both(known[line.claim.beneficiary_id])
        texts[f"{field}/subject"] = line.claim.subject
        if line.mandate is not None:
            texts[f"{field}/mandate/ground"] = line.mandate.ground
            texts[f"{field}/mandate/document"] = line.mandate.document
    return texts


def _both(card: PartyCard) -> str | None:
    return None if card.name is None else f"{card.name.zh} {card.name.en}"


def _check_retire(line: NewRetireLine, field: str, *, payer_id: UUID) -> None:
    claim = line.claim
    if claim.emission_g < 0 or not 1 <= line.mass_g <= GRAMS_MOST:
        raise MassUnfit(field=f"{field}/grams", most=GRAMS_MOST)
    _check_mix(line, f"{field}/mix")
    for name, day in (("period_from", claim.period_from), ("period_to", claim.period_to)):
        if not is_plausible(day):
            raise PeriodUnfit(field=f"{field}/{name}")
    if claim.period_from > claim.period_to:
        raise PeriodUnfit(field=f"{field}/period_to")
    if claim.subject is not None and not is_plain(claim.subject):
        raise SubjectUnfit(field=f"{field}/subject", longest=TEXT_MOST)
    if line.mandate is None:
        if claim.beneficiary_id != payer_id and not line.funding.is_given:
            raise MandateMissing(field=f"{field}/mandate")
        return
    documents = (line.mandate.document is None, line.mandate.sha256 is None)
    texts = [text for text in (line.mandate.ground, line.mandate.document) if text is not None]
    digest = line.mandate.sha256
    if (
        len(set(documents)) > 1
        or not all(map(is_plain, texts))
        or (digest is not None and len(digest) != _SHA256_BYTES)
    ):
        raise MandateUnfit(field=f"{field}/mandate", longest=TEXT_MOST)


def _check_mix(line: NewLine, field: str) -> None:
    try:
        wanted = masses(line.mass_g, line.mix)
    except MixUnfit as unfit:
        raise MixUnfit(field=field, **unfit.facts) from unfit
    if wanted is not None and 0 in wanted.values():
        raise MixUnfit(field=field, problem_zh="有一份不足 1 克", problem_en="one of its shares is less than a gram")
    if line.accepting is not None:
        demand_accepted(line.mix, line.accepting, field=field)
