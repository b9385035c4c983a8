"""Verifying organisations: one of ours says which papers were seen, another agrees; the database asks both for roles."""

from datetime import datetime
from uuid import UUID

from app.foundation import approvals, fonts
from app.foundation.approvals import Approval, Proposal, State
from app.foundation.identity.access.enrolling import card, platform_roles
from app.foundation.identity.access.returning_applications import send_back
from app.foundation.identity.access_errors import (
    OrganisationKnown,
    OrganisationNameMissing,
    PapersMissing,
    PowerMissing,
    VerificationImpossible,
)
from app.foundation.identity.access_rules import REASON_MOST, Verification
from app.foundation.identity.errors import OrganisationUnknown
from app.foundation.identity.models import Organisation
from app.foundation.identity.rules import NAMES_MOST, OrganisationCard, OrganisationKind, Register, Role
from app.gateways.database import TROUBLE, Tx, constraint, fetch, fetch_one, transaction
from app.kernel.clock import utc_now
from app.kernel.graphemes import tidied
from app.kernel.text import Text

PAPERS_MOST = 500
MAKERS = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
"""Who may write an organisation down and propose it."""
KIND = "organisation_verification"
"""Of its approvals, whose subject is the organisation."""


async def add_organisation(
    name: Text, *, kind: OrganisationKind, register: Register, papers: str, by: UUID, now: datetime
) -> tuple[UUID, UUID]:
    """Write an organisation down and propose its verification; the ids of both.

    Raises:
        PowerMissing, OrganisationNameMissing, PapersMissing: nothing was written.
        NotPrintable: a name that no certificate could show.
        OrganisationKnown: the register number is there already.
    """
    if not MAKERS & await platform_roles(by):
        raise PowerMissing
    name = Text(zh=tidied(name.zh), en=tidied(name.en))
    if not all(1 <= len(text) <= NAMES_MOST for text in (name.zh, name.en)):
        raise OrganisationNameMissing
    await fonts.demand({"/name_zh": name.zh, "/name_en": name.en})
    papers = _papers(papers)
    try:
        async with transaction() as tx:
            made = await Organisation.create(
                using_db=tx,
                name_zh=name.zh,
                name_en=name.en,
                kind=kind,
                is_verified=False,
                created_at=now,
                country=register.country,
                register_number=register.number,
            )
            return made.id, (await _propose(made.id, papers, by=by, tx=tx)).id
    except TROUBLE as refusal:
        if constraint(refusal) == "organisation_register_key":
            raise OrganisationKnown from refusal
        raise


async def propose_verification(organisation_id: UUID, *, papers: str, by: UUID) -> UUID:
    """Propose an organisation that is there, again after it was sent back; the approval's id.

    Raises:
        OrganisationUnknown, PapersMissing, VerificationImpossible: it cannot be verified.
        ApprovalRoleMissing, ApprovalPending: `by` has no role for it, or it waits already.
    """
    papers = _papers(papers)
    async with transaction() as tx:
        return (await _propose(organisation_id, papers, by=by, tx=tx)).id


async def verify_organisation(verification_id: UUID, *, seen: str, by: UUID) -> None:
    """The second person agrees to exactly what they were shown: `seen` is its digest.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, DeciderInterested, ApprovalRoleMissing: nothing changed.
        VerificationImpossible: the organisation is another than was proposed, or verified by now.
    """
    try:
        async with transaction() as tx:
            approved = await approvals.approve(verification_id, seen=seen, by=by, tx=tx)
            await fetch("SELECT identity.verify_organisation($1)", approved.id, tx=tx)
    except TROUBLE as refusal:
        if constraint(refusal) in {"organisation_verification_subject", "organisation_verification_seen"}:
            raise VerificationImpossible from refusal
        raise


async def end_verification(verification_id: UUID, *, reason: str, by: UUID) -> State:
    """Send it back as a second person, or withdraw it as its maker.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalReasonUnfit, ApprovalRoleMissing: nothing changed.
    """
    async with transaction() as tx:
        found = await approvals.find(verification_id, tx=tx)
        if found.maker_id == by:
            return (await approvals.withdraw(found.id, by=by, reason=reason.strip() or None, tx=tx)).state
        ended = await approvals.send_back(found.id, reason=reason, seen=found.sha256, by=by, tx=tx)
        if ended.reason is not None:  # where it signed itself up, its own people are told why, and mend it
            await send_back(
                UUID(found.said()["applicant"]), reason=ended.reason[:REASON_MOST], by=by, now=utc_now(), tx=tx
            )
        return ended.state


async def find_verification(verification_id: UUID) -> Verification:
    """One of them, waiting or decided.

    Raises:
        ApprovalUnknown: there is none.
    """
    found = await approvals.find(verification_id)
    if found.kind != KIND:
        raise approvals.ApprovalUnknown
    return (await _verifications([found]))[0]


async def open_verifications(*, limit: int = 200) -> list[Verification]:
    """What waits for a second person, oldest first."""
    return await _verifications(await approvals.list_waiting(kind=KIND, limit=limit))


async def count_open_verifications() -> int:
    """How many those are."""
    return sum(one.count for one in await approvals.count_waiting() if one.kind.code == KIND)


async def _propose(organisation_id: UUID, papers: str, *, by: UUID, tx: Tx) -> Approval:
    row = await fetch_one("SELECT * FROM organisation WHERE id = $1", organisation_id, tx=tx)
    if row is None:
        raise OrganisationUnknown
    if row["is_verified"] or row["register_number"] is None:
        raise VerificationImpossible
    facts = {name: row[name] for name in ("kind", "name_zh", "name_en", "country", "register_number")}
    wanted = Proposal(
        subject=str(organisation_id), payload=facts | {"applicant": str(organisation_id), "papers": papers}
    )
    return await approvals.propose(KIND, wanted, by=by, tx=tx)


async def _verifications(found: list[Approval]) -> list[Verification]:
    rows = await fetch(
        "SELECT * FROM organisation WHERE id = ANY($1::uuid[])", [UUID(one.said()["applicant"]) for one in found]
    )
    cards = {str(row["id"]): card(row) for row in rows}
    return [_verification(one, cards[one.said()["applicant"]]) for one in found]


def _verification(one: Approval, organisation: OrganisationCard) -> Verification:
    assert one.maker_id is not None, "what is founded is not proposed"
    return Verification(
        one.id, organisation, one.said().get("papers", ""), one.sha256, one.maker_id, one.proposed_at, one.state,
        one.decider_id, one.reason,
    )  # fmt: skip


def _papers(typed: str) -> str:
    papers = typed.strip()
    if not 1 <= len(papers) <= PAPERS_MOST:
        raise PapersMissing
    return papers
