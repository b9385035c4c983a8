"""Publishing a scene, which takes two people, and closing it, which takes one."""

from typing import Any, Final
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app.foundation import approvals, audit, identity
from app.foundation.approvals import Approval, Proposal
from app.foundation.identity import Role
from app.gateways.database import Row, Tx, constraint, fetch, fetch_one, transaction
from app.scenarios.errors import ScenarioChanged, ScenarioPublished, ScenarioUnknown

KIND: Final = "scene"
"""Of the approvals, whose subject is the code."""


async def propose(scenario_id: UUID, *, by: UUID) -> Approval:
    """Ask for a draft to be opened to whoever scans its code; nothing is open before a reviewer agrees.

    A sponsor of its organiser may, and an operator of the platform. The same again is what waits already; what `by`
    proposed before the draft was written anew is superseded.

    Raises:
        RoleMissing: `by` proposes no scenes of its organiser, now.
        ScenarioUnknown: there is none.
        ScenarioPublished: it is open, or was.
        NotTheMaker: somebody else's other text waits.
    """
    async with transaction() as tx:
        return await propose_within(scenario_id, by=by, tx=tx)


async def propose_within(scenario_id: UUID, *, by: UUID, tx: Tx) -> Approval:
    """The same in the transaction that has just written the draft."""
    row = await _lock(scenario_id, by=by, tx=tx)
    if row["state"] != "draft":
        raise ScenarioPublished
    wanted = Proposal(subject=row["code"], payload=_payload(row))
    return await approvals.propose(KIND, wanted, by=by, replaces=True, tx=tx)


async def approve(approval_id: UUID, *, seen: str, by: UUID) -> str:
    """Agree, as a reviewer who is not of the organiser: the scene is open. Answers its code.

    Raises:
        ApprovalUnknown, ApprovalDecided, ApprovalChanged, SamePerson, DeciderInterested, ApprovalRoleMissing: of
            `approvals.approve`.
        ScenarioChanged: the draft was written anew since.
    """
    code = (await approvals.find(approval_id)).subject
    try:
        async with transaction() as tx:
            await fetch("SELECT id FROM scenario WHERE code = $1 FOR UPDATE", code, tx=tx)  # as `propose` locks
            approved = await approvals.approve(approval_id, seen=seen, by=by, tx=tx)
            await fetch(
                "UPDATE scenario SET state = 'published', approval_id = $2 WHERE code = $1 AND state = 'draft'",
                code, approved.id, tx=tx,
            )  # fmt: skip
            await _record(code, "draft", "published", by=by, tx=tx)
    except IntegrityError as refusal:
        if constraint(refusal) == "scenario_two_people":
            raise ScenarioChanged from refusal
        raise
    return code


async def close(scenario_id: UUID, *, by: UUID) -> None:
    """End a published scene for good; a repeat changes nothing. Its organiser's sponsors may, and operators.

    Raises:
        RoleMissing: `by` closes no scenes of its organiser, now.
        ScenarioUnknown: there is none, or it is a draft.
    """
    async with transaction() as tx:
        row = await _lock(scenario_id, by=by, tx=tx)
        if row["state"] == "draft":
            raise ScenarioUnknown
        if row["state"] == "published":
            await fetch("UPDATE scenario SET state = 'closed' WHERE id = $1", scenario_id, tx=tx)
            await _record(row["code"], "published", "closed", by=by, tx=tx)


async def _lock(scenario_id: UUID, *, by: UUID, tx: Tx) -> Row:
    """The row, for somebody who looks after its organiser's scenes."""
    row = await fetch_one("SELECT * FROM scenario WHERE id = $1 FOR UPDATE", scenario_id, tx=tx)
    organisation_id = row["organisation_id"] if row else None
    if organisation_id is None or not await identity.acts_for(by, organisation_id, Role.SPONSOR, tx=tx):
        await identity.demand_platform_role(by, Role.OPERATOR, tx=tx)
    if row is None:
        raise ScenarioUnknown
    return row


async def _record(code: str, before: str, after: str, *, by: UUID, tx: Tx) -> None:
    await audit.record(f"scene.{after}", code, before={"state": before}, after={"state": after}, by=by, tx=tx)


def _payload(row: Row) -> dict[str, Any]:
    """What becomes public. PostgreSQL compares it with the row (`scenarios.facts_of`)."""
    return {
        "applicant": row["organisation_id"],
        "code": row["code"],
        "kind": row["kind"],
        "title": {"zh": row["title_zh"], "en": row["title_en"]},
        "organiser": {"zh": row["organiser_zh"], "en": row["organiser_en"]},
        "starts_on": row["starts_on"],
        "ends_on": row["ends_on"],
        "setup": msgspec.json.decode(row["setup"]) if row["setup"] else None,
    }
