"""The first person: what shall be, written down for another to agree to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.foundation.approvals.errors import ApprovalPending, NotTheMaker
from app.foundation.approvals.reading import Approval, find, find_open, list_open
from app.foundation.approvals.refusing import facts
from app.foundation.approvals.rules import canonical
from app.gateways.database import Tx, fetch
from app.kernel.ids import uuid7


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What is to be written down of one kind."""

    subject: str
    """About what: of a kind with one open, one waits about each."""
    payload: object
    """An object of the room above; see `canonical`."""
    interested: Collection[UUID] = ()
    """Parties that the payload does not name, and whose people shall not decide either."""


async def propose(
    kind: str,
    proposal: Proposal,
    *,
    by: UUID,
    party: UUID | None = None,
    replaces: bool = False,
    tx: Tx,
) -> Approval:
    """Write it down as its maker. The same text again is the one that waits.

    `party` is the organisation whose people agree among themselves, of kinds that are so. With `replaces` a text of
    theirs that waits about the same subject is superseded by this one.

    Raises:
        ApprovalKindUnknown: nothing of this kind can be approved.
        ApprovalRoleMissing: `by` has no role for it now.
        ApprovalPending: another text about this subject waits.
        NotTheMaker: with `replaces`, and it is another person's.
    """
    if replaces:
        return await _replace(kind, proposal, by=by, party=party, tx=tx)
    (made,) = await propose_many(kind, [proposal], by=by, party=party, tx=tx)
    return made


async def propose_many(
    kind: str, proposals: Sequence[Proposal], *, by: UUID, party: UUID | None = None, tx: Tx
) -> list[Approval]:
    """The same for a set, in one round trip; in the order given.

    Raises:
        ApprovalKindUnknown, ApprovalRoleMissing, ApprovalPending: as `propose`; nothing of the set stands then.
    """
    texts = [canonical(one.payload) for one in proposals]
    subjects = [one.subject for one in proposals]
    waiting: list[Approval] = []
    while len({one.subject for one in waiting}) < len(set(subjects)):  # again where one was decided in between
        with facts(kind=kind):
            await fetch(
                "INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, party_id, interested, state,"
                " is_founding, is_one_open, proposed_at)"
                " SELECT w.id, $5::text, w.subject, w.payload, sha256(convert_to(w.payload, 'UTF8')), $6, $7,"
                " string_to_array(w.interested, ',')::uuid[], 'proposed', false, true, clock_timestamp()"
                " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS w (id, subject, payload, interested)"
                " WHERE NOT EXISTS (SELECT FROM approval a WHERE a.kind = $5::text AND a.subject = w.subject"
                "  AND a.state = 'proposed' AND a.payload = w.payload)"
                " ON CONFLICT (kind, subject) WHERE state = 'proposed' AND is_one_open DO NOTHING",
                [uuid7() for _ in texts], subjects, texts,
                [",".join(str(party_id) for party_id in one.interested) for one in proposals], kind, by, party, tx=tx,
            )  # fmt: skip
        waiting = await list_open(kind, subjects, tx=tx)
    found = {(one.subject, one.payload): one for one in waiting}
    for subject, text in zip(subjects, texts, strict=True):
        if (subject, text) not in found:
            raise ApprovalPending(subject=subject)
    return [found[key] for key in zip(subjects, texts, strict=True)]


async def _replace(kind: str, proposal: Proposal, *, by: UUID, party: UUID | None, tx: Tx) -> Approval:
    text = canonical(proposal.payload)
    old = await find_open(kind, proposal.subject, tx=tx)
    if old is None or old.payload == text:
        (made,) = await propose_many(kind, [proposal], by=by, party=party, tx=tx)
        return made
    if old.maker_id != by:
        raise NotTheMaker
    new_id = uuid7()
    with facts(kind=kind):
        # The old one ends first: one is open. What it points to stands when the transaction ends.
        await fetch("UPDATE approval SET state = 'superseded', superseded_by = $2 WHERE id = $1", old.id, new_id, tx=tx)
        await fetch(
            "INSERT INTO approval (id, kind, subject, payload, payload_sha256, maker_id, party_id, interested, state,"
            " is_founding, is_one_open, proposed_at)"
            " SELECT $1::uuid, $2::text, $3::text, $4::text, sha256(convert_to($4::text, 'UTF8')), $5, $6, $7::uuid[],"
            " 'proposed', false, true, clock_timestamp()",
            new_id, kind, proposal.subject, text, by, party, list(proposal.interested), tx=tx,
        )  # fmt: skip
    return await find(new_id, tx=tx)
