"""Verifying organisations: one of ours says which papers were seen, another agrees; the database asks both for roles."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.gateways.database import TROUBLE, Row, constraint, fetch, fetch_one, fetch_value, transaction
from app.identity.access_errors import (
    OrganisationKnown,
    OrganisationNameMissing,
    PapersMissing,
    PowerMissing,
    SecondPersonNeeded,
    VerificationChanged,
    VerificationImpossible,
    VerificationOver,
    VerificationUnknown,
)
from app.identity.access_rules import Verification, VerificationState
from app.identity.enrolling import card, house_roles
from app.identity.errors import OrganisationUnknown
from app.identity.models import Organisation
from app.identity.rules import NAMES_MOST, OrganisationKind, Register, Role
from app.kernel.errors import DomainError
from app.kernel.ids import uuid7
from app.kernel.text import Text

PAPERS_MOST = 500
MAKERS = frozenset({Role.ADMINISTRATOR, Role.OPERATOR})
"""Who may write an organisation down and propose it."""
CHECKERS = frozenset({Role.ADMINISTRATOR, Role.REVIEWER})
"""Who may agree."""
_REFUSALS: dict[str, type[DomainError]] = {
    "organisation_verification_power": PowerMissing,
    "organisation_verification_subject": VerificationImpossible,
    "organisation_verification_open_key": VerificationOver,
    "organisation_verification_waits": VerificationOver,
    "organisation_verification_seen": VerificationChanged,
    "organisation_verification_two_people_check": SecondPersonNeeded,
}


async def add_organisation(
    name: Text, *, kind: OrganisationKind, register: Register, papers: str, by: UUID, now: datetime
) -> tuple[UUID, UUID]:
    """Write an organisation down and propose its verification; the ids of both.

    Raises:
        PowerMissing, OrganisationNameMissing, PapersMissing: nothing was written.
        OrganisationKnown: the register number is there already.
    """
    if not MAKERS & await house_roles(by):
        raise PowerMissing
    if not all(1 <= len(text.strip()) <= NAMES_MOST for text in (name.zh, name.en)):
        raise OrganisationNameMissing
    papers = _papers(papers)
    try:
        async with transaction() as tx:
            made = await Organisation.create(
                using_db=tx,
                name_zh=name.zh.strip(),
                name_en=name.en.strip(),
                kind=kind,
                is_verified=False,
                created_at=now,
                country=register.country,
                register_number=register.number,
            )
            verification_id = uuid7()
            await fetch(
                "SELECT identity.propose_verification($1, $2, $3, $4)", verification_id, made.id, papers, by, tx=tx
            )
            return made.id, verification_id
    except TROUBLE as refusal:
        if constraint(refusal) == "organisation_register_key":
            raise OrganisationKnown from refusal
        raise _told(refusal) from refusal


async def propose_verification(organisation_id: UUID, *, papers: str, by: UUID) -> UUID:
    """Propose an organisation that is there, again after it was sent back; the proposal's id.

    Raises:
        OrganisationUnknown, PapersMissing, PowerMissing, VerificationImpossible, VerificationOver.
    """
    verification_id = uuid7()
    if await fetch_one("SELECT 1 FROM organisation WHERE id = $1", organisation_id) is None:
        raise OrganisationUnknown
    await _ask(
        "SELECT identity.propose_verification($1, $2, $3, $4)", verification_id, organisation_id, _papers(papers), by
    )
    return verification_id


async def verify_organisation(verification_id: UUID, *, seen: str, by: UUID) -> None:
    """The second person agrees to exactly what they were shown: `seen` is its fingerprint.

    Raises:
        VerificationUnknown, VerificationOver, VerificationChanged, SecondPersonNeeded, PowerMissing: nothing changed.
    """
    await find_verification(verification_id)
    try:
        digest = bytes.fromhex(seen)
    except ValueError:
        raise VerificationChanged from None
    await _ask("SELECT identity.verify_organisation($1, $2, $3)", verification_id, by, digest)


async def end_verification(verification_id: UUID, *, reason: str, by: UUID) -> VerificationState:
    """Send it back as a second person, or withdraw it as its maker.

    Raises:
        VerificationUnknown, VerificationOver, PowerMissing: nothing changed.
    """
    await find_verification(verification_id)
    (row,) = await _ask(
        "SELECT identity.end_verification($1, $2, $3) AS state", verification_id, by, reason.strip()[:PAPERS_MOST]
    )
    return VerificationState(row["state"])


async def find_verification(verification_id: UUID) -> Verification:
    """One of them, waiting or decided.

    Raises:
        VerificationUnknown: there is none.
    """
    row = await fetch_one(f"{_SELECT} WHERE v.id = $1", verification_id)
    if row is None:
        raise VerificationUnknown
    return _verification(row)


async def open_verifications(*, limit: int = 200) -> list[Verification]:
    """What waits for a second person, oldest first."""
    rows = await fetch(f"{_SELECT} WHERE v.state = 'proposed' ORDER BY v.proposed_at LIMIT $1", limit)
    return [_verification(row) for row in rows]


async def count_open_verifications() -> int:
    """How many those are."""
    return int(await fetch_value("SELECT count(*) FROM organisation_verification WHERE state = 'proposed'"))


_SELECT = (
    "SELECT v.id AS verification_id, v.papers, v.sha256, v.maker_id, v.proposed_at, v.state, v.checker_id, v.reason,"
    " o.* FROM organisation_verification v JOIN organisation o ON o.id = v.organisation_id"
)


def _verification(row: Row) -> Verification:
    return Verification(
        row["verification_id"], card(row), row["papers"], row["sha256"].hex(), row["maker_id"], row["proposed_at"],
        VerificationState(row["state"]), row["checker_id"], row["reason"],
    )  # fmt: skip


def _papers(typed: str) -> str:
    papers = typed.strip()
    if not 1 <= len(papers) <= PAPERS_MOST:
        raise PapersMissing
    return papers


async def _ask(statement: str, *values: Any) -> list[Row]:  # noqa: ANN401 - a statement's values
    try:
        return await fetch(statement, *values)
    except TROUBLE as refusal:
        raise _told(refusal) from refusal


def _told(refusal: BaseException) -> BaseException:
    fact = _REFUSALS.get(constraint(refusal) or "")
    return fact() if fact is not None else refusal
